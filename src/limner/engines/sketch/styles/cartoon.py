"""Flat, bright colours in steps of light, with dark outlines."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import LUMA, Floats, blurred, by_bands, enlarged_rows, luma, stretched_rows
from limner.engines.sketch.edit_tones import adjusted
from limner.engines.sketch.edit_words import Tone
from limner.engines.sketch.styles.brush import brushed
from limner.engines.sketch.styles.lines import edges, line_px
from limner.imaging.pixels import Pixels

_STEPS = 7


def restyle(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """Colours from a small copy; the steps between them at full size, where they are sharp."""
    height, width = pixels.shape[:2]
    flat = adjusted(adjusted(brushed(pixels, 0.0045, 100), Tone.SATURATE, 0.8), Tone.BRIGHTEN, 0.3)
    outline = enlarged_rows(blurred(edges(luma(flat), line_px(flat)), line_px(flat) * 0.7), height, width)

    def step(band: Floats, top: int) -> Floats:
        light = np.maximum((band @ LUMA) / 255, 0.004)
        place = light * _STEPS
        stair = np.floor(place)
        level = (stair + np.clip((place - stair - 0.9) * 10, 0, 1) + 0.35) / _STEPS
        line = outline[top : top + len(band)].astype(np.float32)
        ink = 1 - np.clip((line - 26) / 60, 0, 1) * np.float32(0.9)
        return np.asarray(band * (level / light * ink)[..., None])

    return by_bands(pixels, step, of=stretched_rows(flat, height, width))
