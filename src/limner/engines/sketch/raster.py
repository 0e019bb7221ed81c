"""Layers to pixels: SVG through librsvg, and reflections in water. Knows nothing of prompts."""

from __future__ import annotations

import math

import numpy as np
import pyvips

from limner.engines.sketch.ink import Ink
from limner.engines.sketch.scene import Canvas, Mirror
from limner.imaging.sheet import Sheet
from limner.job import Size


def draw(ink: Ink, canvas: Canvas, size: Size) -> Sheet:
    """A layer as a sheet of `size`, clear where nothing is drawn."""
    return rendered(ink.document(canvas.width, canvas.height, size.width_px, size.height_px))


def rendered(document: bytes) -> Sheet:
    """An SVG of our own as a sheet of the size it names. Never one of a stranger's: nothing in it is bounded."""
    return Sheet(pyvips.Image.svgload_buffer(document, unlimited=True).numpy())


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
    columns = np.arange(width)
    mirrored = np.empty((bottom - top, width, 4), np.uint8)
    for at, (row, shift) in enumerate(zip(rows, shifts, strict=True)):
        mirrored[at] = source[row].take(columns + shift, axis=0, mode="clip")
    fade = (mirror.strength * 255 * (1 - 0.55 * near)).astype(np.uint8)
    mirrored[..., 3] = fade[:, None]
    sheet.lay(Sheet(mirrored), top_px=top)
