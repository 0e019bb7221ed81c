"""The packed fonts' letters as outlines: what an SVG writes with, as nobody else has these fonts.

Reads WOFF 1.0 files with TrueType outlines, and of those what drawing needs. The fonts come with the program, so what
is not there is a defect and raises whatever it raises. Sources: W3C, WOFF File Format 1.0; OpenType 1.9, chapters cmap,
glyf, head, hhea, hmtx, loca.
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from typing import Final, TypeAlias

from limner.engines.sketch.art import font_file

_OnCurve: TypeAlias = tuple[float, float, bool]
"""A point of an outline, and whether the outline goes through it."""

_ON_CURVE: Final = 0x01
_X_SHORT: Final = 0x02
_Y_SHORT: Final = 0x04
_REPEATED: Final = 0x08
_X_SAME: Final = 0x10
_Y_SAME: Final = 0x20

_WORDS: Final = 0x0001
_OFFSETS: Final = 0x0002
_SCALED: Final = 0x0008
_MORE: Final = 0x0020
_SCALED_APART: Final = 0x0040
_SCALED_BY_MATRIX: Final = 0x0080

_UNICODE: Final = {(3, 1), (0, 3), (0, 4), (3, 10)}
"""Platform and encoding of tables that map Unicode."""
_SEGMENTS: Final = 4
"""The format of such tables that every font has."""


@lru_cache(maxsize=32)
def outlines(face: str, weight: int, subset: str) -> Outlines:
    """One subset of a packed face. Raises KeyError for one that is not packed."""
    return Outlines(font_file(face, weight, subset))


class Outlines:
    """The letters of one font. Lengths are shares of the font's size; y grows downwards from the baseline."""

    def __init__(self, data: bytes) -> None:
        self._tables = _tables_of(data)
        head = self._tables["head"]
        (self._em,) = struct.unpack_from(">H", head, 18)
        (long_offsets,) = struct.unpack_from(">h", head, 50)
        (glyphs,) = struct.unpack_from(">H", self._tables["maxp"], 4)
        (self._measured,) = struct.unpack_from(">H", self._tables["hhea"], 34)
        form, unit = (f">{glyphs + 1}I", 1) if long_offsets else (f">{glyphs + 1}H", 2)
        self._places = [place * unit for place in struct.unpack_from(form, self._tables["loca"])]
        self._glyphs = _characters(self._tables["cmap"])

    def __contains__(self, character: str) -> bool:
        return ord(character) in self._glyphs

    def width(self, text: str) -> float:
        """How far the pen moves over a text."""
        return sum(self._advance(self._glyph(character)) for character in text)

    def path(self, text: str, x: float, baseline: float, size: float, *, spread: float = 1.0) -> str:
        """The text as an SVG path, its pen starting at (x, baseline). spread: what its steps are multiplied by."""
        parts = []
        for character in text:
            glyph = self._glyph(character)
            parts += [_traced(contour, x, baseline, size / self._em) for contour in self._contours(glyph)]
            x += self._advance(glyph) * size * spread
        return "".join(parts)

    def _glyph(self, character: str) -> int:
        return self._glyphs.get(ord(character), 0)

    def _advance(self, glyph: int) -> float:
        # Of glyphs behind the last measured one, each is as wide as that.
        (units,) = struct.unpack_from(">H", self._tables["hmtx"], 4 * min(glyph, self._measured - 1))
        return float(units / self._em)

    def _contours(self, glyph: int) -> list[list[_OnCurve]]:
        start, end = self._places[glyph], self._places[glyph + 1]
        if start == end:
            return []
        data = self._tables["glyf"][start:end]
        (count,) = struct.unpack_from(">h", data)
        return _simple(data, count) if count >= 0 else self._composed(data)

    def _composed(self, data: bytes) -> list[list[_OnCurve]]:
        """A letter made of others, such as an A with its accent."""
        contours: list[list[_OnCurve]] = []
        at, flags = 10, _MORE
        while flags & _MORE:
            flags, part = struct.unpack_from(">HH", data, at)
            at += 4
            assert flags & _OFFSETS, "no packed font joins letters by their points"
            form = ">hh" if flags & _WORDS else ">bb"
            right, up = struct.unpack_from(form, data, at)
            at += struct.calcsize(form)
            shares = 1 if flags & _SCALED else 2 if flags & _SCALED_APART else 4 if flags & _SCALED_BY_MATRIX else 0
            scale = [number / 16384 for number in struct.unpack_from(f">{shares}h", data, at)]
            at += 2 * shares
            xx, xy, yx, yy = {0: [1, 0, 0, 1], 1: [*scale, 0, 0, *scale], 2: [*scale[:1], 0, 0, *scale[1:]]}.get(
                shares, scale
            )
            contours += [
                [(x * xx + y * yx + right, x * xy + y * yy + up, on) for x, y, on in contour]
                for contour in self._contours(part)
            ]
        return contours


def _tables_of(data: bytes) -> dict[str, bytes]:
    """The tables of a WOFF file, unpacked."""
    (count,) = struct.unpack_from(">H", data, 12)
    tables = {}
    for entry in range(count):
        name, start, packed, size, _ = struct.unpack_from(">4sIIII", data, 44 + 20 * entry)
        table = data[start : start + packed]
        tables[name.decode("ascii")] = zlib.decompress(table) if packed < size else table
    return tables


def _characters(table: bytes) -> dict[int, int]:
    """Code of a character -> number of its glyph."""
    (count,) = struct.unpack_from(">H", table, 2)
    for entry in range(count):
        platform, encoding, start = struct.unpack_from(">HHI", table, 4 + 8 * entry)
        (form,) = struct.unpack_from(">H", table, start)
        if (platform, encoding) in _UNICODE and form == _SEGMENTS:
            return _by_segments(table[start:])
    raise AssertionError("every packed font maps Unicode by segments")


def _by_segments(table: bytes) -> dict[int, int]:
    (doubled,) = struct.unpack_from(">H", table, 6)
    count = doubled // 2
    ends = struct.unpack_from(f">{count}H", table, 14)
    starts = struct.unpack_from(f">{count}H", table, 16 + doubled)
    shifts = struct.unpack_from(f">{count}H", table, 16 + 2 * doubled)
    places = 16 + 3 * doubled
    glyphs: dict[int, int] = {}
    for index, (first, last, shift) in enumerate(zip(starts, ends, shifts, strict=True)):
        place = places + 2 * index
        (offset,) = struct.unpack_from(">H", table, place)
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if offset:
                (glyph,) = struct.unpack_from(">H", table, place + offset + 2 * (code - first))
            if glyph:
                glyphs[code] = (glyph + shift) % 0x10000
    return glyphs


def _simple(data: bytes, count: int) -> list[list[_OnCurve]]:
    """A letter drawn by itself, in `count` closed lines."""
    ends = struct.unpack_from(f">{count}H", data, 10)
    (instructions,) = struct.unpack_from(">H", data, 10 + 2 * count)
    at = 12 + 2 * count + instructions
    points = ends[-1] + 1 if ends else 0
    flags: list[int] = []
    while len(flags) < points:
        flag = data[at]
        at += 1
        times = 1
        if flag & _REPEATED:
            times += data[at]
            at += 1
        flags += [flag] * times
    xs, at = _steps(data, at, flags, _X_SHORT, _X_SAME)
    ys, at = _steps(data, at, flags, _Y_SHORT, _Y_SAME)
    drawn = [(x, y, bool(flag & _ON_CURVE)) for x, y, flag in zip(xs, ys, flags, strict=True)]
    return [drawn[first:last] for first, last in zip((0, *(end + 1 for end in ends)), (end + 1 for end in ends))]  # noqa: B905 - each starts where the one before ends


def _steps(data: bytes, at: int, flags: list[int], short: int, same: int) -> tuple[list[float], int]:
    """One coordinate of every point, told as steps from point to point, and where its bytes end."""
    value, values = 0, []
    for flag in flags:
        if flag & short:
            value += data[at] if flag & same else -data[at]
            at += 1
        elif not flag & same:
            value += int.from_bytes(data[at : at + 2], signed=True)
            at += 2
        values.append(float(value))
    return values, at


def _traced(contour: list[_OnCurve], x: float, baseline: float, scale: float) -> str:
    """A closed line as an SVG path. Between two points beside the line it goes through the middle of them."""

    def at(point: _OnCurve) -> str:
        return f"{x + point[0] * scale:.2f} {baseline - point[1] * scale:.2f}"

    def between(first: _OnCurve, second: _OnCurve) -> _OnCurve:
        return (first[0] + second[0]) / 2, (first[1] + second[1]) / 2, True

    start = next((index for index, point in enumerate(contour) if point[2]), None)
    ring = [between(contour[-1], contour[0]), *contour] if start is None else [*contour[start:], *contour[:start]]
    path, pull = [f"M{at(ring[0])}"], None
    for point in (*ring[1:], ring[0]):
        if pull is None:
            if point[2]:
                path.append(f"L{at(point)}")
        else:
            path.append(f"Q{at(pull)} {at(point if point[2] else between(pull, point))}")
        pull = None if point[2] else point
    return "".join(path) + "Z"
