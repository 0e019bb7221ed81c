"""What a job counts in tokens, by the formulas OpenAI publishes or that reproduce what it was seen to count.

Whole numbers throughout. A family without a formula of its own (dall-e, or one nobody has measured) counts as
gpt-image-2. Sources: OpenAI image generation guide (gpt-image-1 tables, partial images); measurements published in
OpenAI's developer forum, July 2026 (gpt-image-2 and 2.5); recorded answers, 2025 to August 2026 (text).

Text is counted with `o200k_base`, shipped in the package and read on first use in a sixth of a second: whoever
serves requests calls `warm_up` at start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isqrt
from typing import Final

from limner.job import QUALITIES, ImageFacts, ImageRequest, Quality, Size, Usage
from limner.vocabulary import o200k_base

PARTIAL_TOKENS: Final = 100
"""Of each unfinished picture a stream delivers. Source: OpenAI image generation guide."""


def usage_of(family: str, request: ImageRequest, images: Sequence[ImageFacts | None], *, partials: int) -> Usage:
    """Tokens of a finished job.

    request: with the size and quality that were drawn, neither left open. images: facts of its input pictures; one
    that is None counts as much as a picture can. partials: unfinished pictures delivered.
    """
    assert request.size is not None
    assert request.quality is not Quality.AUTO
    formula = _FORMULAS.get(family, _DEFAULT)
    picture_tokens = formula.output(request.quality, request.size)
    return _usage(formula, request, images, count_text(request.prompt), picture_tokens, partials)


def usage_bound(family: str, request: ImageRequest, images: Sequence[ImageFacts | None]) -> Usage:
    """The most tokens `request` may come to, whatever the engine chooses where size or quality are left open.

    Quick: no token is shorter than a byte, so the prompt is not counted.
    """
    formula = _FORMULAS.get(family, _DEFAULT)
    quality = formula.quality_worst if request.quality is Quality.AUTO else request.quality
    picture_tokens = formula.output(quality, request.size or formula.size_worst)
    prompt_tokens = len(request.prompt.encode("utf-8", "replace"))
    partials = request.partial_images if request.stream else 0
    return _usage(formula, request, images, prompt_tokens, picture_tokens, partials)


def _usage(
    formula: _Formula,
    request: ImageRequest,
    images: Sequence[ImageFacts | None],
    prompt_tokens: int,
    picture_tokens: int,
    partials: int,
) -> Usage:
    """picture_tokens: of each picture drawn."""
    fidelity_is_high = request.extra.get("input_fidelity") == "high"
    sizes = [_SIZE_UNKNOWN if facts is None else facts.size for facts in images]
    return Usage(
        text_input_tokens=prompt_tokens + formula.text_base + formula.text_per_image * len(sizes),
        image_input_tokens=sum(formula.image_input(size, fidelity_is_high) for size in sizes),
        image_output_tokens=request.n * picture_tokens + partials * PARTIAL_TOKENS,
    )


def count_text(text: str) -> int:
    """Tokens of `text` alone. Names of special tokens in it are plain text."""
    return o200k_base().count(text)


def warm_up() -> None:
    """Read the vocabulary, so that no request waits for it."""
    o200k_base()


@dataclass(frozen=True, slots=True)
class _Formula:
    """How one family counts.

    output: tokens of one picture. size_worst, quality_worst: those that cost most. image_input: tokens of one input
    picture, given whether `input_fidelity` is high. text_base, text_per_image: what the model adds to the prompt's own.
    """

    output: Callable[[Quality, Size], int]
    size_worst: Size
    quality_worst: Quality
    image_input: Callable[[Size, bool], int]
    text_base: int
    text_per_image: int


def _by_area(steps: Mapping[Quality, int], quality: Quality, size: Size) -> int:
    """gpt-image-2 and later: a grid of `steps` along the long side, its cells weighed by the picture's area."""
    long, short = max(size.width_px, size.height_px), min(size.width_px, size.height_px)
    across = steps[quality]
    down = (2 * across * short + long) // (2 * long)  # across * short / long, rounded half up
    return -(-across * down * (2_000_000 + size.area_px) // 4_000_000)


def _by_table(quality: Quality, size: Size) -> int:
    """gpt-image-1 and its kin: three sizes; any other counts as the one of its orientation."""
    orientation = (size.width_px > size.height_px) - (size.width_px < size.height_px)
    return _TABLE[quality][orientation]


def _patches(size: Size, _fidelity_is_high: bool) -> int:  # noqa: FBT001 - one of two readings of `image_input`
    """gpt-image-2 and later: 32-pixel patches after scaling to a long side of 1024 and to at most 1536 patches.

    A picture under 1024 is enlarged, at most to twice its size; one with too many patches is scaled by
    sqrt(1536 / patches), then by 0.99 until they fit. Scales are kept as the fraction num / den, squared where the
    root is taken, so that no rounding depends on floating point.
    """
    width, height = size.width_px, size.height_px
    # The long side once enlarged, over what it is.
    long = max(width, height)
    num, den = max(long, min(_LONG_PX, 2 * long)), long
    patches = _ceil_div(width * num, den * _PATCH_PX) * _ceil_div(height * num, den * _PATCH_PX)
    square_num, square_den = _PATCHES_MAX, max(patches, _PATCHES_MAX)
    while patches > _PATCHES_MAX:
        scaled = [_ceil_div(side * side * square_num, square_den * _PATCH_PX * _PATCH_PX) for side in (width, height)]
        patches = _ceil_sqrt(scaled[0]) * _ceil_sqrt(scaled[1])
        square_num, square_den = square_num * 99 * 99, square_den * 100 * 100
    return patches


def _tiles(size: Size, fidelity_is_high: bool) -> int:  # noqa: FBT001 - one of two readings of `image_input`
    """gpt-image-1 and its kin: 65, and 129 for each square the picture is long; far more at high fidelity."""
    long, short = max(size.width_px, size.height_px), min(size.width_px, size.height_px)
    fine = 0 if not fidelity_is_high else 4160 if long == short else 6240
    return 65 + 129 * _ceil_div(long, short) + fine


def _ceil_div(a: int, b: int) -> int:
    return -(-a // b)


def _ceil_sqrt(a: int) -> int:
    return isqrt(a - 1) + 1


_LONG_PX: Final = 1024
_PATCH_PX: Final = 32
_PATCHES_MAX: Final = 1536
_SIZE_UNKNOWN: Final = Size(1536, 1024)
"""Exactly 1536 patches."""

_LOW, _MEDIUM, _HIGH, _XHIGH, _MAX = QUALITIES
# A quality its family does not have counts as the nearest one it has.
_STEPS_2: Final[Mapping[Quality, int]] = {_LOW: 16, _MEDIUM: 48, _HIGH: 96, _XHIGH: 96, _MAX: 96}
_STEPS_2_5: Final[Mapping[Quality, int]] = {_LOW: 16, _MEDIUM: 24, _HIGH: 48, _XHIGH: 64, _MAX: 96}
_HIGH_ROW: Final = {0: 4160, -1: 6240, 1: 6208}
_TABLE: Final[Mapping[Quality, Mapping[int, int]]] = {
    _LOW: {0: 272, -1: 408, 1: 400},
    _MEDIUM: {0: 1056, -1: 1584, 1: 1568},
    _HIGH: _HIGH_ROW,
    _XHIGH: _HIGH_ROW,
    _MAX: _HIGH_ROW,
}
"""Quality -> square 0, portrait -1, landscape 1 -> tokens."""
_LARGEST_SQUARE: Final = Size(2880, 2880)
"""8,294,400 pixels, the most a picture may have; among those, the square has the most grid cells."""
_PORTRAIT: Final = Size(1024, 1536)

_DEFAULT: Final = _Formula(partial(_by_area, _STEPS_2), _LARGEST_SQUARE, _HIGH, _patches, text_base=6, text_per_image=1)
_GPT_2_5: Final = _Formula(
    partial(_by_area, _STEPS_2_5), _LARGEST_SQUARE, _MAX, _patches, text_base=10, text_per_image=1
)
_GPT_1: Final = _Formula(_by_table, _PORTRAIT, _HIGH, _tiles, text_base=6, text_per_image=16)
_FORMULAS: Final[Mapping[str, _Formula]] = {
    "gpt-image-2": _DEFAULT,
    "gpt-image-2.5": _GPT_2_5,
    "gpt-image-2.6": _GPT_2_5,
    "gpt-image-1": _GPT_1,
    "gpt-image-1.5": _GPT_1,
    "gpt-image-1-mini": _GPT_1,
}
