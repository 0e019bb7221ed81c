"""Graphite on paper: firm outlines, hatching in the shade, the grain of the paper."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, blurred, by_bands, luma
from limner.engines.sketch.styles.lines import contours
from limner.imaging.pixels import Pixels

_PAPER = np.array([250, 248, 241], np.float32)
_LEAD = np.array([46, 47, 54], np.float32)


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """Two directions of hatching, the second only where it is dark."""
    short = min(pixels.shape[:2])
    soft = blurred(luma(pixels), short / 300)
    strokes = contours(pixels)
    grain = dice.normal(0, 1, (256, 256)).astype(np.float32)
    tile = np.tile(grain, (pixels.shape[0] // 256 + 1, pixels.shape[1] // 256 + 1))
    columns = np.arange(pixels.shape[1], dtype=np.float32)[None]
    pitch = max(3.2, short / 170)

    def draw(band: Floats, top: int) -> Floats:
        rows = slice(top, top + band.shape[0])
        y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
        dark = 1 - soft[rows].astype(np.float32) / 255
        first = 0.5 + 0.5 * np.sin((columns + y) * np.float32(4.44 / pitch))
        second = 0.5 + 0.5 * np.sin((columns - y * 0.7) * np.float32(4.9 / pitch))
        load = 0.5 * np.clip(dark - 0.12, 0, 1) * (0.35 + first) + 0.9 * np.clip(dark - 0.52, 0, 1) * second
        load = load * (1 + 0.22 * tile[rows, : load.shape[1]]) + strokes[rows] * np.float32(0.8 / 255)
        cover = np.clip(load, 0, 0.95)[..., None]
        return np.asarray(_PAPER * (1 - cover) + _LEAD * cover)

    return by_bands(pixels, draw)
