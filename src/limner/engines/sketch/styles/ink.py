"""Black ink on paper: outlines by brush, washes in three greys."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, blurred, by_bands, luma
from limner.engines.sketch.styles.lines import contours
from limner.imaging.pixels import Pixels

_PAPER = np.array([247, 242, 231], np.float32)
_INK = np.array([24, 24, 32], np.float32)


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """Light stays paper; dark becomes washes with hard rims; edges become strokes."""
    short = min(pixels.shape[:2])
    grey = blurred(luma(pixels), short / 420)
    strokes = contours(pixels)
    blot = blurred(dice.integers(0, 256, (64, 64), dtype=np.uint8), 3.0).astype(np.float32)
    blot = (blot - blot.mean()) * 2.2
    rows = np.arange(pixels.shape[0]) * 63 // max(1, pixels.shape[0] - 1)
    columns = np.arange(pixels.shape[1]) * 63 // max(1, pixels.shape[1] - 1)

    def draw(band: Floats, top: int) -> Floats:
        part = slice(top, top + band.shape[0])
        level = grey[part].astype(np.float32) + blot[rows[part]][:, columns]
        wash = np.zeros_like(level)
        for edge, load in ((176, 0.12), (128, 0.2), (84, 0.28), (46, 0.26)):
            wash += np.clip((edge - level) / 7, 0, 1) * np.float32(load)
        cover = np.clip(wash + strokes[part] * 0.85, 0, 1)[..., None]
        return np.asarray(_PAPER * (1 - cover) + _INK * cover)

    return by_bands(pixels, draw)
