"""Tubes of light along every edge, glowing in the dark."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, blurred, by_bands, luma, stretched_rows
from limner.engines.sketch.edit_tones import adjusted
from limner.engines.sketch.edit_words import Tone
from limner.engines.sketch.styles.brush import brushed
from limner.engines.sketch.styles.lines import edges, line_px
from limner.imaging.pixels import Pixels

_VIOLET = np.array([70, 30, 110], np.uint8)
"""The least light a tube has."""


def restyle(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """All of it on a small copy, as light has no finer grain."""
    glowing = _glowing(brushed(pixels, 0.004, 70))
    return by_bands(pixels, lambda band, _: band, of=stretched_rows(glowing, *pixels.shape[:2]))


def _glowing(calm: Pixels) -> Pixels:
    level = np.clip((np.arange(256) - 14) * 4.2, 0, 255) / 255
    tubes = level.astype(np.float32)[edges(luma(calm), line_px(calm))]
    colours = adjusted(adjusted(calm, Tone.SATURATE, 4.0), Tone.BRIGHTEN, 0.8)[..., :3]
    lit = (np.maximum(colours, _VIOLET) * tubes[..., None]).astype(np.uint8)
    short = min(calm.shape[:2])
    near, far = blurred(lit, short / 260), blurred(lit, short / 55)

    def glow(band: Floats, top: int) -> Floats:
        rows = slice(top, top + len(band))
        dark = band * np.array([0.1, 0.07, 0.16], np.float32) + np.array([6, 2, 16], np.float32)
        core = np.clip(lit[rows].astype(np.float32) - 120, 0, 255) * 0.7
        around = lit[rows] * np.float32(0.75) + near[rows] * np.float32(0.9) + far[rows] * np.float32(1.3)
        return np.asarray(dark + around + core)

    return by_bands(calm, glow)
