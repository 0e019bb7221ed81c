"""Pixels and masks: what the arrays mean, and the conversions that need no codec. Knows nothing of files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from limner.job import Size

Pixels: TypeAlias = npt.NDArray[np.uint8]
"""A picture: (H, W, 4) uint8, sRGB, straight (not premultiplied) alpha, 255 opaque. May be read-only."""

Mask: TypeAlias = npt.NDArray[np.uint8]
"""Where to repaint: (H, W) uint8; 255 repaints, 0 keeps, values between blend. May be read-only."""

PIXELS_MAX: Final = 64_000_000
"""Most pixels a picture may have to be decoded: a 50-megapixel camera's, 256 MB as `Pixels`."""

BAND_ROWS: Final = 64
"""Few enough for the processor's cache, however wide the picture."""

_ALPHA: Final = 3
_OPAQUE: Final = 255
_WHITE: Final = 255


def bands(height_px: int, rows: int = BAND_ROWS) -> Iterator[slice]:
    """The rows of a picture in parts, from top to bottom, both ends given: what wide numbers are made of at a time."""
    for top in range(0, height_px, rows):
        yield slice(top, min(height_px, top + rows))


def size_of(pixels: Pixels) -> Size:
    """Width and height of `pixels`."""
    height_px, width_px = pixels.shape[:2]
    return Size(width_px, height_px)


def is_opaque(pixels: Pixels) -> bool:
    """Whether every alpha is 255."""
    return bool(pixels[..., _ALPHA].min(initial=_OPAQUE) == _OPAQUE)


def flatten(pixels: Pixels) -> Pixels:
    """`pixels` laid on white: the same array when it is opaque already, else a new one."""
    if is_opaque(pixels):
        return pixels
    flat = np.empty_like(pixels)
    flat[..., _ALPHA] = _OPAQUE
    # Some rows at a time: numbers of two bytes for all of a large picture would fill the memory.
    for rows in bands(len(pixels)):
        alpha = pixels[rows, :, _ALPHA:].astype(np.uint16)
        colours = pixels[rows, :, :_ALPHA] * alpha
        flat[rows, :, :_ALPHA] = (colours + _WHITE * (_OPAQUE - alpha) + _OPAQUE // 2) // _OPAQUE
    return flat


def from_grey(levels: npt.NDArray[np.uint8]) -> Pixels:
    """An opaque grey picture from (H, W) uint8 sRGB `levels`."""
    pixels = np.empty((*levels.shape, 4), np.uint8)
    pixels[..., :_ALPHA] = levels[..., None]
    pixels[..., _ALPHA] = _OPAQUE
    return pixels
