"""Black ink on paper: outlines by brush, washes in three greys."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, blurred, blurred_rows, by_bands, enlarged, enlarged_rows, luma
from limner.engines.sketch.styles.lines import contours
from limner.imaging.pixels import Pixels

_PAPER = np.array([247, 242, 231], np.float32)
_INK = np.array([24, 24, 32], np.float32)


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """Light stays paper; dark becomes washes with hard rims; edges become strokes."""
    short = min(pixels.shape[:2])
    grey = blurred_rows(luma(pixels), short / 420)
    strokes = contours(pixels)
    # Damp patches of the paper: coarse noise, enlarged until it is smooth.
    noise = enlarged(blurred(dice.integers(0, 256, (24, 24), dtype=np.uint8), 1.0), 192, 192)
    damp = enlarged_rows(blurred(noise, 4.0), *pixels.shape[:2])

    def draw(band: Floats, top: int) -> Floats:
        part = slice(top, top + band.shape[0])
        level = grey[part].astype(np.float32) + (damp[part].astype(np.float32) - 128) * np.float32(0.5)
        wash = np.zeros_like(level)
        for edge, load in ((176, 0.12), (128, 0.2), (84, 0.28), (46, 0.26)):
            wash += np.clip((edge - level) / 7, 0, 1) * np.float32(load)
        cover = np.clip(wash + strokes[part] * np.float32(0.85 / 255), 0, 1)[..., None]
        return np.asarray(_PAPER * (1 - cover) + _INK * cover)

    return by_bands(pixels, draw)
