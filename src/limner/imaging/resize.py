"""Pictures and masks at another size. Colours under transparent pixels never bleed into visible ones."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from limner.imaging.arrays import array_of
from limner.imaging.pixels import Mask, Pixels, is_opaque, size_of
from limner.job import Size

_REDUCING_GAP: Final = 3.0
"""Pillow first shrinks by whole factors down to this many times the target: quick, and not to be told by eye."""


def stretch(pixels: Pixels, size: Size) -> Pixels:
    """The whole picture at exactly `size`, whatever that does to its proportions. Itself when it has that size."""
    return _resampled(pixels, size, (0.0, 0.0, float(pixels.shape[1]), float(pixels.shape[0])))


def cover(pixels: Pixels, size: Size) -> Pixels:
    """The middle of the picture at exactly `size`, proportions kept: what sticks out is cut off evenly."""
    return _resampled(pixels, size, _middle(size_of(pixels), size))


def cover_mask(mask: Mask, size: Size) -> Mask:
    """`mask` as `cover` treats the picture it belongs to."""
    height_px, width_px = mask.shape
    return _resampled(mask, size, _middle(Size(width_px, height_px), size))


def _middle(own: Size, target: Size) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the largest centred box in `own` with the proportions of `target`, in pixels."""
    scale = min(own.width_px / target.width_px, own.height_px / target.height_px)
    width_px, height_px = target.width_px * scale, target.height_px * scale
    left_px, top_px = (own.width_px - width_px) / 2, (own.height_px - height_px) / 2
    # Rounding must not push the box beyond the picture, which Pillow refuses.
    return (
        max(left_px, 0.0),
        max(top_px, 0.0),
        min(left_px + width_px, own.width_px),
        min(top_px + height_px, own.height_px),
    )


def _resampled(
    array: npt.NDArray[np.uint8], size: Size, box: tuple[float, float, float, float]
) -> npt.NDArray[np.uint8]:
    if array.shape[:2] == (size.height_px, size.width_px):
        return array
    image = _image(array).resize(
        (size.width_px, size.height_px), Image.Resampling.LANCZOS, box=box, reducing_gap=_REDUCING_GAP
    )
    return array_of(image)


def _image(array: npt.NDArray[np.uint8]) -> Image.Image:
    """A picture or a mask as Pillow's.

    Of RGBA it mixes colours as they count: a copy of the whole picture multiplied by its alpha, and another divided by
    it again. Where all is opaque nothing comes of it, and there alpha is a channel like any other to it.
    """
    if array.ndim == _PICTURE_AXES and is_opaque(array):
        height_px, width_px = array.shape[:2]
        return Image.frombuffer("RGBX", (width_px, height_px), np.ascontiguousarray(array), "raw", "RGBX", 0, 1)
    return Image.fromarray(array)


_PICTURE_AXES: Final = 3
