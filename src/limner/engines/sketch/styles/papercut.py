"""Layers of coloured paper, each with its shadow on the one below."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, blurred, by_bands, luma
from limner.engines.sketch.edit_tones import adjusted
from limner.engines.sketch.edit_words import Tone
from limner.engines.sketch.styles.palettes import nearest, tones
from limner.imaging.pixels import Pixels

_TONES = 14


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """Few tones; where one meets another, the darker lies below and takes a soft shadow; fibres all over."""
    short = min(pixels.shape[:2])
    calm = adjusted(pixels, Tone.SATURATE, 0.3)
    calm[..., :3] = blurred(np.ascontiguousarray(calm[..., :3]), short / 520)
    sheets = nearest(calm, tones(calm, _TONES, dice))
    height = luma(sheets)
    drop = max(2, round(short / 130))
    raised = np.zeros_like(height)
    raised[drop:, drop:] = np.clip(height[:-drop, :-drop].astype(np.int16) - height[drop:, drop:], 0, 255)
    shadow = blurred(raised, short / 240)
    rim = np.zeros_like(height)
    rim[:-1, :-1] = np.clip(height[:-1, :-1].astype(np.int16) - height[1:, 1:] - 6, 0, 90)
    fibre = dice.integers(-4, 5, (256, 256)).astype(np.float32)
    tile = np.tile(fibre, (pixels.shape[0] // 256 + 1, pixels.shape[1] // 256 + 1))

    def draw(band: Floats, top: int) -> Floats:
        rows = slice(top, top + band.shape[0])
        dark = 1 - np.clip(shadow[rows].astype(np.float32) / 90, 0, 0.5)
        edge = rim[rows].astype(np.float32) * 0.35
        return np.asarray(band * dark[..., None] + (edge + tile[rows, : band.shape[1]])[..., None])

    return by_bands(sheets, draw)
