"""Outlines alone, as in a colouring book."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, blurred_rows, by_bands
from limner.engines.sketch.styles.lines import contours, line_px
from limner.imaging.pixels import Pixels

_PAPER = np.array([255, 255, 253], np.float32)
_INK = np.array([30, 32, 40], np.float32)


def restyle(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """White paper, and a line of one width along every strong edge."""
    strokes = blurred_rows(contours(pixels, sharp=0.8), 0.6 * line_px(pixels))

    def draw(band: Floats, top: int) -> Floats:
        cover = np.clip(strokes[top : top + len(band)] * np.float32(1.7 / 255) - np.float32(0.16), 0, 1)[..., None]
        return np.asarray(_PAPER * (1 - cover) + _INK * cover)

    return by_bands(pixels, draw)
