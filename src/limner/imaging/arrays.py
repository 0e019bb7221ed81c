"""Pillow's pictures as arrays."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

_BAND_PX: Final = 1 << 17


def array_of(image: Image.Image, mode: str | None = None) -> npt.NDArray[np.uint8]:
    """(H, W) or (H, W, C) uint8, of the picture as it would be in another mode.

    Some rows at a time: Pillow by itself holds the picture three times on the way.
    """
    width_px, height_px = image.size
    step = max(1, _BAND_PX // width_px)
    parts = (
        np.asarray(image.crop((0, top, width_px, min(height_px, top + step))).convert(mode or image.mode))
        for top in range(0, height_px, step)
    )
    first = next(parts)
    if len(first) == height_px:
        return first
    array = np.empty((height_px, *first.shape[1:]), np.uint8)
    array[: len(first)] = first
    for number, part in enumerate(parts, start=1):
        array[number * step : number * step + len(part)] = part
    return array
