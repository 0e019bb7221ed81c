"""The contact sheet: a fixed set of prompts, drawn to one page, to be looked at before and after every change.

The prompts are data, in `sheet.toml`; what their pictures must show is checked by `claims`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Final

import numpy as np

from limner.engines.sketch.art import font
from limner.engines.sketch.paint import paint
from limner.engines.sketch.reading import read_prompt
from limner.imaging.pixels import Pixels
from limner.imaging.resize import stretch
from limner.imaging.sheet import Sheet, Stencil, Typeface
from limner.job import Quality, Size

COLUMNS: Final = 10
_GAP_PX: Final = 10
_CAPTION_PX: Final = 44
_LETTER_PX: Final = 12
_LINES: Final = 2
_GROUND: Final = 250
_CHECKS: Final = (236, 250)
"""Greys of the squares that show through clear pixels."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A prompt of the sheet.

    topic: what it samples; claims: what its picture must show, as `claims` spells it; unmet: those of them that it does
    not show, with the reason.
    """

    topic: str
    text: str
    claims: tuple[str, ...]
    unmet: Mapping[str, str] = field(default_factory=dict)


@cache
def samples() -> tuple[Sample, ...]:
    """The prompts of the sheet, in its order."""
    return _read("sheet.toml")


@cache
def more_samples() -> tuple[Sample, ...]:
    """Further prompts with claims, which the sheet has no room for."""
    return _read("more.toml")


def _read(name: str) -> tuple[Sample, ...]:
    text = (resources.files("limner.engines.sketch") / name).read_text(encoding="utf-8")
    return tuple(
        Sample(entry["topic"], entry["text"], tuple(entry["claims"]), entry.get("unmet", {}))
        for entry in tomllib.loads(text)["prompts"]
    )


def seed_of(text: str) -> int:
    """The seed a prompt is drawn with when a request names none."""
    return int.from_bytes(sha256(text.encode("utf-8", "replace")).digest()[:4])


def draw_sample(sample: Sample, size: Size, quality: Quality) -> Pixels:
    """One picture of the sheet, as the engine would answer its prompt."""
    alone = read_prompt(sample.text).alone
    return paint(sample.text, size, seed=seed_of(sample.text), quality=quality, transparent=alone)


def contact_sheet(side_px: int, quality: Quality, drawn: Callable[[int, Pixels], None]) -> Pixels:
    """All pictures on one page, each `side_px` wide and high with its prompt below.

    Pictures are drawn at twice that size and halved. drawn: told each one's number, from 0, and its full size pixels.
    """
    rows = -(-len(samples()) // COLUMNS)
    pitch_x, pitch_y = side_px + _GAP_PX, side_px + _CAPTION_PX + _GAP_PX
    page = np.full((rows * pitch_y + _GAP_PX, COLUMNS * pitch_x + _GAP_PX, 4), _GROUND, np.uint8)
    page[..., 3] = 255
    size = Size(side_px, side_px)
    stencil = Stencil.closed(Size(page.shape[1], page.shape[0]))
    face = font("inter", 400, "latin", _LETTER_PX)
    for number, sample in enumerate(samples()):
        full = draw_sample(sample, Size(2 * side_px, 2 * side_px), quality)
        drawn(number, full)
        left, top = _GAP_PX + number % COLUMNS * pitch_x, _GAP_PX + number // COLUMNS * pitch_y
        ground = Sheet(_checkered(size))
        ground.lay(Sheet(stretch(full, size)))
        page[top : top + side_px, left : left + side_px] = ground.pixels()
        for line, words in enumerate(_lines(f"{number + 1}. {sample.text}", face, side_px)):
            stencil.write(words, face, left, top + side_px + (line + 1) * (_LETTER_PX + 4))
    sheet = Sheet(page)
    sheet.stain((40, 44, 52), stencil)
    return sheet.pixels()


def _checkered(size: Size) -> Pixels:
    rows, columns = np.mgrid[: size.height_px, : size.width_px] // 12
    pixels = np.full((size.height_px, size.width_px, 4), 255, np.uint8)
    pixels[..., :3] = np.array(_CHECKS, np.uint8)[(rows + columns) % 2][..., None]
    return pixels


def _lines(text: str, face: Typeface, width_px: int) -> Iterator[str]:
    """The text in as many lines as a caption has; what does not fit is left out."""
    line = ""
    left = _LINES
    for word in text.split():
        while face.width_px(word) > width_px:
            word = word[:-1]  # noqa: PLW2901  its end would run into the next caption
        longer = f"{line} {word}".strip()
        if line and face.width_px(longer) > width_px:
            yield line
            left -= 1
            if not left:
                return
            longer = word
        line = longer
    yield line
