"""A text the prompt quotes, written onto a picture."""

from __future__ import annotations

from typing import Final

import numpy as np

from limner.engines.sketch.colour import BLACK, WHITE, Colour
from limner.engines.sketch.edit_filters import LUMA
from limner.engines.sketch.edit_steps import Place
from limner.engines.sketch.ink import UNITS_SHORT_SIDE, Ink
from limner.engines.sketch.lettering import write
from limner.engines.sketch.raster import draw
from limner.engines.sketch.scene import Canvas, Lettering
from limner.imaging.composite import composite
from limner.imaging.pixels import Pixels, size_of

_FACE: Final = "inter"
_USUAL: Final = Place(0.5, 0.86, 0.3)
_MARGIN: Final = 40.0
"""Space between text and the picture's edge, in units."""
_HEIGHT: Final = 150.0
"""Space for a text across the whole picture, in units; more for one that stands at a side and breaks into lines."""
_INK: Final = BLACK.mix(WHITE, 0.12)
_LIGHT: Final = 150.0
"""Brightness (8-bit) from which a ground wants dark letters."""


FILLING: Final = Place(0.5, 0.5, 1.0)
"""All of the picture that is lettered."""


def lettered(pixels: Pixels, text: str, place: Place | None, colour: Colour | None) -> Pixels:
    """`pixels` with `text` at `place` or at the foot, in `colour` or one that can be read. A new array."""
    size = size_of(pixels)
    canvas = Canvas.of(size)
    unit_px = min(size.width_px, size.height_px) / UNITS_SHORT_SIDE
    lettering = _boxed(text, place or _USUAL, canvas.width, canvas.height)
    ink = colour or (_INK if _ground(pixels, lettering, unit_px) > _LIGHT else WHITE)
    glass = draw(Ink(), canvas, size)
    write(glass, lettering, unit_px, WHITE)
    sheet = glass.pixels()
    # On clear glass the letters are white and their shade is dark: how white a pixel is says which of the two it is.
    shade = BLACK if ink.luma > 0.4 else WHITE  # noqa: PLR2004 - what stands off best
    first, last = (np.array((end.red, end.green, end.blue), np.float32) for end in (shade, ink))
    written = sheet[..., 3] > 0
    letters = sheet[written][:, :1].astype(np.float32) / 255
    coloured = pixels.copy()
    coloured[written, :3] = np.rint(first + (last - first) * letters).astype(np.uint8)
    coloured[written, 3] = 255
    return composite(pixels, coloured, sheet[..., 3])


def _boxed(text: str, place: Place, width: float, height: float) -> Lettering:
    """The box a text gets: all of the width in the middle, a third of it at a side."""
    if place == FILLING:
        return Lettering(
            text=text,
            x=_MARGIN,
            y=_MARGIN,
            width=width - 2 * _MARGIN,
            height=height - 2 * _MARGIN,
            face=_FACE,
            kind="caption",
        )
    middle = abs(place.x - 0.5) < 0.1  # noqa: PLR2004 - neither left nor right
    box_width = (width if middle else width * 0.42) - 2 * _MARGIN
    box_height = min(_HEIGHT if middle else _HEIGHT * 1.4, height - 2 * _MARGIN)
    x = min(width - _MARGIN - box_width, max(_MARGIN, place.x * width - box_width / 2))
    y = min(height - _MARGIN - box_height, max(_MARGIN, place.y * height - box_height / 2))
    return Lettering(text=text, x=x, y=y, width=box_width, height=box_height, face=_FACE, kind="caption")


def _ground(pixels: Pixels, box: Lettering, unit_px: float) -> float:
    """Mean brightness of what the text will stand on."""
    top, left = int(box.y * unit_px), int(box.x * unit_px)
    below = pixels[top : top + max(1, int(box.height * unit_px)), left : left + max(1, int(box.width * unit_px)), :3]
    return float(below.mean(axis=(0, 1)) @ LUMA)
