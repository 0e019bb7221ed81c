"""Graphite on paper: firm outlines, hatching in the shade, the grain of the paper."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, Tiles, blurred_rows, by_bands, luma
from limner.engines.sketch.styles.lines import contours
from limner.engines.sketch.styles.waves import Waves
from limner.imaging.pixels import Pixels

_PAPER = np.array([250, 248, 241], np.float32)
_LEAD = np.array([46, 47, 54], np.float32)


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """Two directions of hatching, the second only where it is dark."""
    short = min(pixels.shape[:2])
    soft = blurred_rows(luma(pixels), short / 300)
    strokes = contours(pixels)
    tooth = Tiles(dice.normal(1, 0.22, (256, 256)).astype(np.float32), pixels.shape[1])
    pitch = max(3.2, short / 170)
    first, second = Waves(pixels, 4.44 / pitch, 4.44 / pitch), Waves(pixels, 4.9 / pitch, -3.43 / pitch)

    def draw(band: Floats, top: int) -> Floats:
        rows = slice(top, top + band.shape[0])
        dark = 1 - soft[rows].astype(np.float32) / 255
        load = np.clip(dark - 0.12, 0, 1) * (0.425 + 0.25 * first[rows])
        load += np.clip(dark - 0.52, 0, 1) * (0.45 + 0.45 * second[rows])
        load = load * tooth[rows] + strokes[rows] * np.float32(0.8 / 255)
        cover = np.clip(load, 0, 0.95)[..., None]
        return np.asarray(_PAPER * (1 - cover) + _LEAD * cover)

    return by_bands(pixels, draw)
