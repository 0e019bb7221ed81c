"""From checked wire values to the `ImageRequest` a job carries."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from limner.contract.sizes import AUTO
from limner.job import (
    COMPRESSION_DEFAULT,
    Background,
    Format,
    ImageRequest,
    Json,
    Kind,
    Moderation,
    Quality,
    Size,
)

LEGACY_QUALITIES: Final[Mapping[str, Quality]] = {"standard": Quality.AUTO, "hd": Quality.HIGH}
"""Qualities of dall-e models, and what they mean to any other."""

_Choice = TypeVar("_Choice", bound=StrEnum)

_EXTRAS: Final = (
    "input_fidelity", "complexity", "frame_count", "frame_duration_ms", "svg", "style",
)  # fmt: skip
"""Known fields an `ImageRequest` has no place of its own for."""


def request_of(kind: Kind, model_id: str, values: Mapping[str, Json], unknown: Mapping[str, Json]) -> ImageRequest:
    """The request behind `values`, which satisfy the field tables; `unknown` goes to `extra` as it came."""
    quality = _text(values, "quality") or Quality.AUTO
    size = _text(values, "size") or AUTO
    return ImageRequest(
        kind=kind,
        model=model_id,
        prompt=_text(values, "prompt") or "",
        n=_integer(values, "n", 1),
        size=None if size == AUTO else Size.of_text(size),
        quality=LEGACY_QUALITIES.get(quality) or Quality(quality),
        background=_chosen(values, "background", Background.AUTO),
        output_format=_chosen(values, "output_format", Format.PNG),
        compression=_integer(values, "output_compression", COMPRESSION_DEFAULT),
        moderation=_chosen(values, "moderation", Moderation.AUTO),
        stream=values.get("stream") is True,
        partial_images=_integer(values, "partial_images", 0),
        user=_text(values, "user"),
        safety_identifier=_text(values, "safety_identifier"),
        extra={**{name: values[name] for name in _EXTRAS if name in values}, **unknown},
    )


def _text(values: Mapping[str, Json], name: str) -> str | None:
    """The text sent under `name`; an empty one counts as none, as OpenAI reads `safety_identifier`."""
    value = values.get(name)
    return value if isinstance(value, str) and value else None


def _chosen(values: Mapping[str, Json], name: str, default: _Choice) -> _Choice:
    text = _text(values, name)
    return default if text is None else type(default)(text)


def _integer(values: Mapping[str, Json], name: str, default: int) -> int:
    value = values.get(name)
    return value if isinstance(value, int) else default
