"""Which `size` texts a family accepts. Pure text and integers.

Sources: OpenAI API reference, parameter `size`; messages observed August 2026 except where the line says inferred.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from limner.contract.refusals import bad_choice, echo
from limner.errors import InvalidImageRequest
from limner.job import AREA_PX_MAX, EDGE_PX_MAX, Size

AUTO: Final = "auto"
MULTIPLE_PX: Final = 16
ASPECT_MAX: Final = 3
AREA_PX_MIN: Final = 655_360
_DIGITS_MAX: Final = 9
"""A longer number is over every limit already; converting it would only cost time."""

_SIZES_KEPT: Final = 256
"""Callers ask for the same few again and again."""

_PATTERN: Final = re.compile(r"([0-9]+)x([0-9]+)")


def parse_size(text: str, listed: Sequence[str]) -> Size | None:
    """The size `text` names, or None for `auto`.

    listed: the only sizes a family accepts; empty for a family with free sizes. Raises InvalidRequest for a value
    outside the list, InvalidImageRequest for one that breaks the rules of free sizes.
    """
    if listed and text not in listed:
        raise bad_choice("size", text, listed)
    if text == AUTO:
        return None
    return Size.of_text(text) if listed else _free_size(text)


@lru_cache(_SIZES_KEPT)
def size_named(text: str) -> Size | None:
    """The size a WIDTHxHEIGHT text names, whether any model draws it or not; None for any other text."""
    match = _PATTERN.fullmatch(text)
    if match is None or not all(number.strip("0") and len(number) <= _DIGITS_MAX for number in match.groups()):
        return None
    return Size(int(match[1]), int(match[2]))


@lru_cache(_SIZES_KEPT)
def _free_size(text: str) -> Size:
    match = _PATTERN.fullmatch(text)
    if match is None or not all(number.strip("0") for number in match.groups()):
        raise _refusal(text, "Expected WIDTHxHEIGHT, for example '1824x1024'.")
    if max(len(number) for number in match.groups()) > _DIGITS_MAX:
        raise _refusal(text, _EDGE)
    size = Size(int(match[1]), int(match[2]))
    long, short = max(size.width_px, size.height_px), min(size.width_px, size.height_px)
    if size.width_px % MULTIPLE_PX or size.height_px % MULTIPLE_PX:
        raise _refusal(text, f"Width and height must both be divisible by {MULTIPLE_PX}.")
    if long > EDGE_PX_MAX:
        raise _refusal(text, _EDGE)
    if long > ASPECT_MAX * short:
        raise _refusal(text, "The aspect ratio must be between 1:3 and 3:1.")  # inferred
    if size.area_px < AREA_PX_MIN:
        raise _refusal(text, "Requested resolution is below the current minimum pixel budget.")
    if size.area_px > AREA_PX_MAX:
        raise _refusal(text, "Requested resolution exceeds the current maximum pixel budget.")  # inferred
    return size


_EDGE: Final = f"The longest edge must be less than or equal to {EDGE_PX_MAX}."


def _refusal(text: str, why: str) -> InvalidImageRequest:
    return InvalidImageRequest(f"Invalid size '{echo(text)}'. {why}", param="size", code="invalid_value")
