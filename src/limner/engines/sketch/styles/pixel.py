"""Large square pixels of few colours, as on an old screen."""

from __future__ import annotations

from typing import Final

import numpy as np

from limner.engines.sketch.edit_tones import adjusted
from limner.engines.sketch.edit_words import Tone
from limner.engines.sketch.styles.palettes import nearest, tones
from limner.imaging.pixels import Pixels
from limner.imaging.resize import stretch
from limner.job import Size

ROWS: Final = 66
"""Squares along the shorter side."""
_TONES: Final = 28


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """The picture at a size where pixels show, in its most telling colours."""
    height, width = pixels.shape[:2]
    block = max(2, round(min(height, width) / ROWS))
    small = stretch(pixels, Size(-(-width // block), -(-height // block)))
    small = adjusted(adjusted(small, Tone.SATURATE, 0.6), Tone.CONTRAST, 0.4)
    flat = nearest(small, tones(small, _TONES, dice))
    large: Pixels = flat[np.arange(height) // block][:, np.arange(width) // block]
    return large
