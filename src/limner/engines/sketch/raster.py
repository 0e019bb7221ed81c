"""Layers to pixels: SVG through librsvg, and reflections in water. Knows nothing of prompts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyvips

from limner.engines.sketch.ink import Ink
from limner.engines.sketch.scene import Canvas, Mirror
from limner.imaging.pixels import Pixels
from limner.imaging.sheet import Sheet
from limner.job import Size


def draw(ink: Ink, canvas: Canvas, size: Size) -> Sheet:
    """A layer as a sheet of `size`, clear where nothing is drawn."""
    if size.area_px <= _PART_PX_MAX:
        return rendered(_document(ink, canvas, size))
    pixels = np.empty((size.height_px, size.width_px, 4), np.uint8)
    for top, part in _parts(ink, canvas, size):
        pixels[top : top + len(part)] = part
        # Not to be held while the next one is drawn.
        del part
    return Sheet(pixels)


def draw_on(sheets: Sequence[Sheet], ink: Ink, canvas: Canvas) -> None:
    """Lay a layer over each of `sheets`, all of one size, in place: what `draw` would give, never whole if large."""
    for top, part in _parts(ink, canvas, sheets[0].size):
        layer = Sheet(part)
        for sheet in sheets:
            sheet.lay(layer, top_px=top)
        del part, layer


def rendered(document: bytes) -> Sheet:
    """An SVG of our own as a sheet of the size it names. Never one of a stranger's: nothing in it is bounded."""
    return Sheet(_loaded(document).numpy())


def _parts(ink: Ink, canvas: Canvas, size: Size) -> Iterator[tuple[int, Pixels]]:
    """The layer from top to bottom with each part's first row, all of it at once when it is small."""
    image = _loaded(_document(ink, canvas, size))
    # Each part costs another walk through the drawing, so they are large.
    step = -(-size.height_px // -(-size.area_px // _PART_PX_MAX))
    for top in range(0, size.height_px, step):
        yield top, image.crop(0, top, size.width_px, min(step, size.height_px - top)).numpy()


def _document(ink: Ink, canvas: Canvas, size: Size) -> bytes:
    return ink.document(canvas.width, canvas.height, size.width_px, size.height_px)


def _loaded(document: bytes) -> pyvips.Image:
    return pyvips.Image.svgload_buffer(document, unlimited=True)


_PART_PX_MAX: Final = 4_200_000


def reflect(sheet: Sheet, mirror: Mirror, unit_px: float, *, phase: float = 0.0) -> None:
    """Lay a rippled reflection of what stands above the water onto it, in place.

    Rows are taken from the other side of the shore line and shifted sideways, more the nearer they are. phase: how far
    the ripples have come towards us, as a share of the way to the next one.
    """
    width, height = sheet.size.width_px, sheet.size.height_px
    top, bottom = round(mirror.top * unit_px), min(height, round(mirror.bottom * unit_px))
    if bottom - top < 2 or top < 2:  # noqa: PLR2004 - no water to speak of
        return
    source = sheet.pixels()[:top]
    depth = np.arange(bottom - top)
    # Water foreshortens: a reflection is a little shorter than what it shows.
    rows = np.clip(top - 1 - np.rint(depth * min(1.0, top / (bottom - top)) * 0.98).astype(int), 0, top - 1)
    near = depth / (bottom - top)
    unit = unit_px
    come = phase * math.tau
    ripple = np.sin(depth / (unit * (3.2 + 9 * near)) * math.tau - come) + 0.5 * np.sin(
        depth / (unit * (7.7 + 15 * near)) * math.tau + 1.3 - come
    )
    shifts = np.rint(ripple * unit * (1.2 + 7 * near)).astype(int)
    fade = (mirror.strength * 255 * (1 - 0.55 * near)).astype(np.uint8)
    columns = np.arange(width)
    for first in range(0, bottom - top, _REFLECTED_ROWS):
        part = slice(first, first + _REFLECTED_ROWS)
        mirrored = np.stack(
            [
                source[row].take(columns + shift, axis=0, mode="clip")
                for row, shift in zip(rows[part], shifts[part], strict=True)
            ]
        )
        mirrored[..., 3] = fade[part, None]
        sheet.lay(Sheet(mirrored), top_px=top + first)


_REFLECTED_ROWS: Final = 64
