"""What an operator can set of `kind = "endpoint"`."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr, model_validator


class WhenUnjudged(StrEnum):
    """What becomes of a request that the endpoint did not judge."""

    REFUSE = "refuse"
    ALLOW = "allow"


class EndpointSettings(BaseModel):
    """Settings of one server that speaks OpenAI's `/moderations`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("https://api.openai.com/v1"), description="Address of the server up to `/moderations`."
    )
    key: SecretStr | None = Field(default=None, description="The server's key; none is sent when absent.")
    model: str = Field(default="omni-moderation-latest", min_length=1, description="Model to ask the server for.")
    images: bool = Field(
        default=False,
        description="Send the pictures of an edit, too, made smaller; `false` has only its prompt judged.",
    )
    threshold_auto: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Score of any category from which a request with `moderation=auto` is refused; it also is when the "
        "server itself flags it.",
    )
    threshold_low: float = Field(
        default=0.9, gt=0, le=1, description="The same for `moderation=low`, whatever the server flags."
    )
    when_unjudged: WhenUnjudged = Field(
        default=WhenUnjudged.REFUSE,
        description="`refuse` answers 503 while the server does not judge; `allow` draws and logs it.",
    )
    timeout_s: float = Field(default=10.0, gt=0, le=120, description="Seconds for judging one request.")
    concurrency: int = Field(default=16, ge=1, description="Questions to the server under way at once.")

    @model_validator(mode="after")
    def _low_is_laxer(self) -> Self:
        if self.threshold_low < self.threshold_auto:
            raise ValueError("`threshold_low` is below `threshold_auto`; `low` is the laxer of the two")
        return self

    @property
    def address(self) -> str:
        """The server's base, without a slash at its end."""
        return str(self.base_url).rstrip("/")
