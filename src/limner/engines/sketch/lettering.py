"""Text in its place, and on pixels, with the packed fonts. Text is data here: no markup, no system fonts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from limner.engines.sketch.art import font, font_subsets
from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.outlines import outlines
from limner.engines.sketch.scene import Lettering
from limner.imaging.sheet import Sheet, Stencil
from limner.job import Size

WEIGHTS: Final[Mapping[str, int]] = {"inter": 700, "playfair-display": 700, "caveat": 700, "bebas-neue": 400}
"""Face -> the weight texts are set in."""
_SIZE_PX_MIN: Final = 8
_NEON: Final = (Colour.parse("#ff3d9a"), Colour.parse("#22e1ff"), Colour.parse("#ffd23f"))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in its place: where it begins, how wide it is, and the line its letters stand on. Pixels."""

    text: str
    left_px: float
    width_px: float
    baseline_px: float


@dataclass(frozen=True, slots=True)
class Typeset:
    """A text broken into lines as large as its box allows; no lines when nothing of it can be written."""

    lines: tuple[Line, ...]
    size_px: int


@dataclass(frozen=True, slots=True)
class Tones:
    """What a text is written with. shade: the colour of a soft edge around it; shade_gain: how strong that is."""

    ink: Colour
    shade: Colour
    shade_gain: float


@dataclass(frozen=True, slots=True)
class Coat:
    """One of several layers of light a neon text is made of. softness: of its edge, as a share of the letters' size."""

    colour: Colour
    softness: float
    gain: float


def write(sheet: Sheet, lettering: Lettering, unit_px: float, accent: Colour) -> None:
    """Write a text into its box on `sheet`, in place. unit_px: pixels per unit. accent: tints dark letters.

    The text is as large as its box allows, in up to four lines; what it covers decides between light and dark.
    """
    text = typeset(lettering, unit_px)
    if not text.lines:
        return
    stencil = Stencil.closed(sheet.size)
    for line in text.lines:
        _write_line(stencil, line, lettering.face, text.size_px)
    if lettering.kind == "neon":
        for coat in neon_coats(text.size_px):
            soft = stencil.softened(text.size_px * coat.softness, coat.gain) if coat.softness else stencil
            sheet.stain(_rgb(coat.colour), soft)
        return
    tones = tones_on(sheet, lettering, unit_px, accent)
    if lettering.kind != "plain":
        sheet.stain(_rgb(tones.shade), stencil.softened(shade_px(text.size_px), tones.shade_gain))
    sheet.stain(_rgb(tones.ink), stencil)


def typeset(lettering: Lettering, unit_px: float) -> Typeset:
    """A text's lines in its box. unit_px: pixels per unit."""
    left, top, box = _box(lettering, unit_px)
    lines, size_px = _fit(lettering.text, lettering.face, box)
    step = size_px * _LINE_STEP[lettering.face]
    first = top + (box.height_px - step * len(lines)) / 2 + step * 0.5 + size_px * 0.36
    widths = [_line_width(line, lettering.face, size_px) for line in lines]
    return Typeset(
        tuple(
            Line(line, left + (box.width_px - width) / 2, width, first + step * index)
            for index, (line, width) in enumerate(zip(lines, widths, strict=True))
        ),
        size_px,
    )


def tones_on(sheet: Sheet, lettering: Lettering, unit_px: float, accent: Colour) -> Tones:
    """What is readable on what lies in a text's box on `sheet`. unit_px: the sheet's pixels per unit."""
    left, top, box = _box(lettering, unit_px)
    if sheet.brightness(left, top, box) < _DARK_GROUND:
        return Tones(WHITE, _DARK_SHADE, 0.75)
    return Tones(_DARK_INK.mix(accent, 0.25), WHITE, 0.9)


def shade_px(size_px: float) -> float:
    """How soft the edge around letters of a size is."""
    return max(1.0, size_px * 0.07)


def neon_coats(size_px: int) -> tuple[Coat, ...]:
    """Letters as glass tubes, from below: a dark wall, a wide and a tight glow, and an almost white core."""
    colour = _NEON[size_px % len(_NEON)]
    return (
        Coat(Colour(10, 6, 24), 0.22, 2.0),
        Coat(colour, 0.22, 1.4),
        Coat(colour, 0.06, 2.0),
        Coat(colour.mix(WHITE, 0.82), 0.0, 1.0),
    )


def runs(line: str, face: str) -> list[tuple[str, str]]:
    """The line as (subset, text), neighbours of one subset together."""
    found: list[tuple[str, str]] = []
    for character in line:
        subset = _subset(face, character) or "latin"
        if found and found[-1][0] == subset:
            found[-1] = (subset, found[-1][1] + character)
        else:
            found.append((subset, character))
    return found


def _box(lettering: Lettering, unit_px: float) -> tuple[int, int, Size]:
    left, top, width, height = (
        round(edge * unit_px) for edge in (lettering.x, lettering.y, lettering.width, lettering.height)
    )
    return left, top, Size(max(1, width), max(1, height))


_LINE_STEP: Final = {"bebas-neue": 1.0, "caveat": 1.0, "playfair-display": 1.18, "inter": 1.16}
"""Face -> distance of lines for a size of 1."""
_DARK_GROUND: Final = 150.0
"""Brightness below which letters are white: a little above the middle, as white reads well on it."""
_DARK_INK: Final = Colour.parse("#1d2230")
_DARK_SHADE: Final = Colour.parse("#0b0d14")


def _rgb(colour: Colour) -> tuple[int, int, int]:
    return (colour.red, colour.green, colour.blue)


def _fit(text: str, face: str, box: Size) -> tuple[list[str], int]:
    """Lines and the size (px) at which they fill the box; no lines when nothing can be written."""
    text = "".join(character for character in text if character == " " or _subset(face, character))
    words = text.split()
    if not words:
        return [], 0
    if face == "bebas-neue":
        words = [word.upper() for word in words]
    best: tuple[list[str], int] = ([], 0)
    for count in range(1, min(4, len(words)) + 1):
        lines = _broken(words, count)
        widest = max(_line_width(line, face, 100) for line in lines)
        tallest = box.height_px / (len(lines) * _LINE_STEP[face])
        size_px = int(min(box.width_px / max(widest, 1) * 100, tallest))
        if size_px > best[1]:
            best = (lines, size_px)
    return (best[0], max(_SIZE_PX_MIN, best[1]))


def _broken(words: list[str], count: int) -> list[str]:
    """Words in `count` lines of about the same length."""
    lines: list[str] = []
    left = list(words)
    for remaining in range(count, 0, -1):
        target = len(" ".join(left)) / remaining
        line: list[str] = []
        while (
            left
            and (not line or len(" ".join([*line, left[0]])) <= target + len(left[0]) / 2)
            and len(left) >= remaining
        ):
            line.append(left.pop(0))
        lines.append(" ".join(line))
    if left:
        lines[-1] = " ".join([lines[-1], *left])
    return [line for line in lines if line]


@lru_cache(maxsize=2048)
def _subset(face: str, character: str) -> str | None:
    """The packed subset of a face that has the character; None when no subset has it."""
    weight = WEIGHTS[face]
    return next((subset for subset in font_subsets(face, weight) if character in outlines(face, weight, subset)), None)


def _line_width(line: str, face: str, size_px: int) -> float:
    return sum(font(face, WEIGHTS[face], subset, size_px).width_px(text) for subset, text in runs(line, face))


def _write_line(stencil: Stencil, line: Line, face: str, size_px: int) -> None:
    x = line.left_px
    for subset, text in runs(line.text, face):
        typeface = font(face, WEIGHTS[face], subset, size_px)
        stencil.write(text, typeface, x, line.baseline_px)
        x += typeface.width_px(text)
