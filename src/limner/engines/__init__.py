"""The engines, one visible list.

An engine kind is a name, a model of its settings and a constructor without side effects. Adding one is a file beside
this one, a line in `KINDS` and a section in docs/engines.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from limner.clock import Clock
from limner.engine import Engine
from limner.engines.scripted import ScriptedEngine, ScriptedSettings
from limner.engines.sketch.settings import SketchSettings
from limner.engines.upstream.settings import UpstreamSettings


@dataclass(frozen=True, slots=True)
class EngineKind:
    """What the operator writes in `[engines.NAME]` beside `kind`, and what is built from it."""

    settings: type[BaseModel]
    build: Callable[[Any, Clock], Engine]


def _build_sketch(settings: SketchSettings, _clock: Clock) -> Engine:
    # Its drawing libraries take a third of a second to import: a gateway without sketch does not wait for them.
    from limner.engines.sketch.engine import SketchEngine  # noqa: PLC0415

    return SketchEngine(settings)


def _build_upstream(settings: UpstreamSettings, clock: Clock) -> Engine:
    # Its HTTP client takes 9 MB and 0.2 s: a gateway that asks nobody goes without.
    from limner.engines.upstream.engine import UpstreamEngine  # noqa: PLC0415

    return UpstreamEngine(settings, clock)


KINDS: Final[Mapping[str, EngineKind]] = {
    "sketch": EngineKind(SketchSettings, _build_sketch),
    "upstream": EngineKind(UpstreamSettings, _build_upstream),
    "scripted": EngineKind(ScriptedSettings, ScriptedEngine),
}
