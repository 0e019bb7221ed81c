"""Layers of coloured paper, each with its shadow on the one below."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, Plane, Tiles, blurred_rows, by_bands, luma
from limner.engines.sketch.edit_tones import adjusted
from limner.engines.sketch.edit_words import Tone
from limner.engines.sketch.styles.palettes import nearest, tones
from limner.imaging.pixels import Pixels

_TONES = 14


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """Few tones; where one meets another, the darker lies below and takes a soft shadow; fibres all over."""
    short = min(pixels.shape[:2])
    calm = adjusted(pixels, Tone.SATURATE, 0.3)
    found = tones(calm, _TONES, dice)
    sheets = nearest(calm, found, of=blurred_rows(calm, short / 520))
    del calm
    height = luma(sheets)
    drop = max(2, round(short / 130))
    raised = np.zeros_like(height)
    raised[drop:, drop:] = _above(height[:-drop, :-drop], height[drop:, drop:])
    shadow = blurred_rows(raised, short / 240)
    rim = np.zeros_like(height)
    rim[:-1, :-1] = np.clip(_above(height[:-1, :-1], height[1:, 1:]), 6, 96) - 6
    fibre = Tiles(dice.integers(-4, 5, (256, 256)).astype(np.float32), pixels.shape[1])

    def draw(band: Floats, top: int) -> Floats:
        rows = slice(top, top + band.shape[0])
        dark = 1 - np.clip(shadow[rows].astype(np.float32) / 90, 0, 0.5)
        edge = rim[rows].astype(np.float32) * 0.35
        return np.asarray(band * dark[..., None] + (edge + fibre[rows])[..., None])

    return by_bands(sheets, draw)


def _above(one: Plane, other: Plane) -> Plane:
    """How much more there is in one plane than in another; 0 where there is less."""
    return np.maximum(one, other) - other
