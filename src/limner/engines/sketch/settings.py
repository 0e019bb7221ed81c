"""What an operator can set of `kind = "sketch"`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class SketchSettings(BaseModel):
    """Settings of one sketch engine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    concurrency: int = Field(default=2, ge=1, le=64, description="Pictures drawn at once; more wait in the queue.")
