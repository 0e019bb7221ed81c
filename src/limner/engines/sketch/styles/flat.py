"""Flat shapes of few tones, as in vector illustration."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import blurred_rows
from limner.engines.sketch.edit_tones import adjusted
from limner.engines.sketch.edit_words import Tone
from limner.engines.sketch.styles.palettes import nearest, tones
from limner.imaging.pixels import Pixels

_TONES = 18


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """Every pixel takes the nearest of a few tones found in the picture."""
    vivid = adjusted(pixels, Tone.SATURATE, 0.35)
    found = tones(vivid, _TONES, dice)
    return nearest(vivid, found, of=blurred_rows(vivid, min(pixels.shape[:2]) / 900))
