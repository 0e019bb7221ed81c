"""Text on pixels, with the packed fonts. Text is data here: no markup, no system fonts."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from limner.engines.sketch.art import font, font_subsets
from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.scene import Lettering
from limner.imaging.sheet import Sheet, Stencil
from limner.job import Size

_WEIGHTS: Final = {"inter": 700, "playfair-display": 700, "caveat": 700, "bebas-neue": 400}
_SIZE_PX_MIN: Final = 8
_NEON: Final = (Colour.parse("#ff3d9a"), Colour.parse("#22e1ff"), Colour.parse("#ffd23f"))


def write(sheet: Sheet, lettering: Lettering, unit_px: float, accent: Colour) -> None:
    """Write a text into its box on `sheet`, in place. unit_px: pixels per unit. accent: tints dark letters.

    The text is as large as its box allows, in up to four lines; what it covers decides between light and dark.
    """
    left, top, width, height = (
        round(edge * unit_px) for edge in (lettering.x, lettering.y, lettering.width, lettering.height)
    )
    box = Size(max(1, width), max(1, height))
    lines, size_px = _fit(lettering.text, lettering.face, box)
    if not lines:
        return
    stencil = Stencil.closed(sheet.size)
    step = size_px * _LINE_STEP[lettering.face]
    y = top + (height - step * len(lines)) / 2
    for line in lines:
        x = left + (width - _line_width(line, lettering.face, size_px)) / 2
        _write_line(stencil, line, lettering.face, size_px, (x, y + step * 0.5 + size_px * 0.36))
        y += step
    if lettering.kind == "neon":
        _glow(sheet, stencil, size_px)
        return
    dark_ground = sheet.brightness(left, top, box) < _DARK_GROUND
    ink = WHITE if dark_ground else _DARK_INK.mix(accent, 0.25)
    shade = _DARK_SHADE if dark_ground else WHITE
    if lettering.kind != "plain":
        sheet.stain(_rgb(shade), stencil.softened(max(1.0, size_px * 0.07), 0.75 if dark_ground else 0.9))
    sheet.stain(_rgb(ink), stencil)


_LINE_STEP: Final = {"bebas-neue": 1.0, "caveat": 1.0, "playfair-display": 1.18, "inter": 1.16}
"""Face -> distance of lines for a size of 1."""
_DARK_GROUND: Final = 150.0
"""Brightness below which letters are white: a little above the middle, as white reads well on it."""
_DARK_INK: Final = Colour.parse("#1d2230")
_DARK_SHADE: Final = Colour.parse("#0b0d14")


def _rgb(colour: Colour) -> tuple[int, int, int]:
    return (colour.red, colour.green, colour.blue)


def _glow(sheet: Sheet, stencil: Stencil, size_px: int) -> None:
    """Letters as glass tubes: a dark wall, a wide and a tight glow, and an almost white core."""
    colour = _NEON[size_px % len(_NEON)]
    sheet.stain((10, 6, 24), stencil.softened(size_px * 0.22, 2.0))
    sheet.stain(_rgb(colour), stencil.softened(size_px * 0.22, 1.4))
    sheet.stain(_rgb(colour), stencil.softened(size_px * 0.06, 2.0))
    sheet.stain(_rgb(colour.mix(WHITE, 0.82)), stencil)


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
    code = ord(character)
    for subset, first, last in _RANGES:
        if first <= code <= last and subset in font_subsets(face, _WEIGHTS[face]):
            return subset
    return None


_RANGES: Final = (
    ("latin", 0x20, 0x7E), ("latin", 0xA0, 0xFF), ("latin-ext", 0x100, 0x24F), ("latin-ext", 0x1E00, 0x1EFF),
    ("greek", 0x370, 0x3FF), ("cyrillic", 0x400, 0x45F), ("latin", 0x2013, 0x2026), ("latin", 0x20AC, 0x20AC),
    ("latin", 0x2122, 0x2122),
)  # fmt: skip


def _runs(line: str, face: str) -> list[tuple[str, str]]:
    """The line as (subset, text), neighbours of one subset together."""
    runs: list[tuple[str, str]] = []
    for character in line:
        subset = _subset(face, character) or "latin"
        if runs and runs[-1][0] == subset:
            runs[-1] = (subset, runs[-1][1] + character)
        else:
            runs.append((subset, character))
    return runs


def _line_width(line: str, face: str, size_px: int) -> float:
    return sum(font(face, _WEIGHTS[face], subset, size_px).width_px(text) for subset, text in _runs(line, face))


def _write_line(stencil: Stencil, line: str, face: str, size_px: int, start: tuple[float, float]) -> None:
    x, baseline = start
    for subset, text in _runs(line, face):
        typeface = font(face, _WEIGHTS[face], subset, size_px)
        stencil.write(text, typeface, x, baseline)
        x += typeface.width_px(text)
