"""Thick paint: dabs with a relief of bristles, in a light from above left."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, Tiles, by_bands, enlarged_rows, luma, stretched_rows
from limner.engines.sketch.edit_tones import adjusted
from limner.engines.sketch.edit_words import Tone
from limner.engines.sketch.styles.brush import brushed
from limner.engines.sketch.styles.grain import grain
from limner.engines.sketch.styles.lines import line_px
from limner.imaging.pixels import Pixels

_RELIEF = 26
"""How much lighter or darker relief makes paint at most, in 8-bit levels."""


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """Paint on a small copy; its bristles at full size."""
    height, width = pixels.shape[:2]
    dabs = adjusted(brushed(pixels, 0.006, 80), Tone.SATURATE, 0.6)
    reach, own_reach = line_px(pixels), line_px(dabs)
    level = luma(dabs).astype(np.int16)
    slope = np.zeros_like(level)
    slope[own_reach:, own_reach:] = level[own_reach:, own_reach:] - level[:-own_reach, :-own_reach]
    ridges = enlarged_rows((np.clip(slope // 2, -_RELIEF, _RELIEF) + 128).astype(np.uint8), height, width)
    bristles = grain(dice, 1.1) * 9
    fine = Tiles(bristles - np.roll(bristles, (reach, reach), (0, 1)), width)

    def light(band: Floats, top: int) -> Floats:
        rows = slice(top, top + len(band))
        relief = np.clip(fine[rows] + ridges[rows] - 128, -_RELIEF, _RELIEF)
        return np.asarray(band + relief[..., None] * np.float32(0.75))

    return by_bands(pixels, light, of=stretched_rows(dabs, height, width))
