"""Washes of thin paint: they pool, dry darker at their rims and leave an uneven margin of paper."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import LUMA, Floats, Tiles, blurred, by_bands, luma, stretched_rows
from limner.engines.sketch.styles.brush import brushed
from limner.engines.sketch.styles.grain import grain
from limner.engines.sketch.styles.lines import edges, line_px
from limner.imaging.pixels import Pixels

_PAPER = np.array([252, 250, 244], np.float32)
_THIN = np.clip(1 - np.arange(256, dtype=np.float32) / 255, 0, 1) ** 1.08
"""How much paint a brightness takes: pigment is thin, so that dark stays less dark."""


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """Paint on a small copy; the grain of the paper at full size."""
    wash = _washed(brushed(pixels, 0.0052, 110), dice)
    paper = Tiles(grain(dice, 0.9)[..., None] * (0.008 * _PAPER), pixels.shape[1])

    def lay(band: Floats, top: int) -> Floats:
        return band + paper[top : top + len(band)]

    return by_bands(pixels, lay, of=stretched_rows(wash, *pixels.shape[:2]))


def _washed(dabs: Pixels, dice: np.random.Generator) -> Pixels:
    short = min(dabs.shape[:2])
    wet = blurred(dabs[..., :3], short / 420)
    rim = blurred(edges(luma(dabs), line_px(dabs)), line_px(dabs) * 0.7)
    pools = Tiles(grain(dice, min(30.0, short / 24)), dabs.shape[1])
    across = _from_edge(dabs.shape[1])[None]
    down = _from_edge(dabs.shape[0])[:, None]

    def lay(band: Floats, top: int) -> Floats:
        rows = slice(top, top + len(band))
        load = _THIN[(0.62 * band + 0.38 * wet[rows]).astype(np.uint8)]
        # Paint gathers in pools and at the rims of each wash.
        load *= (0.84 + 0.02 * pools[rows] + 0.0026 * rim[rows])[..., None]
        grey = (load @ LUMA)[..., None]
        inside = np.minimum(down[rows], across) / short + 0.004 * pools[rows]
        load = (grey + (load - grey) * 1.32) * np.clip((inside - 0.016) / 0.008, 0, 1)[..., None]
        return np.asarray((1 - load) * _PAPER)

    return by_bands(dabs, lay)


def _from_edge(length: int) -> Floats:
    place = np.arange(length, dtype=np.float32)
    return np.minimum(place, place[::-1])
