"""Outlines alone, as in a colouring book."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import blurred
from limner.engines.sketch.styles.lines import contours, line_px
from limner.imaging.pixels import Pixels

_PAPER = np.array([255, 255, 253], np.float32)
_INK = np.array([30, 32, 40], np.float32)


def restyle(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """White paper, and a line of one width along every strong edge."""
    strokes = (contours(pixels, sharp=0.8) * 255).astype(np.uint8)
    cover = np.clip(blurred(strokes, 0.6 * line_px(pixels)).astype(np.float32) / 255 * 1.7 - 0.16, 0, 1)[..., None]
    out = pixels.copy()
    out[..., :3] = np.rint(_PAPER * (1 - cover) + _INK * cover).astype(np.uint8)
    return out
