"""A screen print: six inks on cream paper, dots between light and shade, layers a little out of register."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, Tiles, blurred_rows, by_bands, luma
from limner.engines.sketch.edit_tones import adjusted
from limner.engines.sketch.edit_words import Tone
from limner.engines.sketch.styles.lines import contours
from limner.engines.sketch.styles.palettes import nearest, tones
from limner.imaging.pixels import Pixels

_PAPER = np.array([246, 234, 208], np.float32)
_INK = np.array([28, 34, 52], np.float32)
_INKS = 9


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """Warm, faded inks; halftone dots in the middle tones; the dark plate shifted by a hair."""
    short = min(pixels.shape[:2])
    calm = adjusted(pixels, Tone.SATURATE, 0.8)
    found = tones(calm, _INKS, dice)
    prints = nearest(calm, found, of=blurred_rows(calm, short / 420))
    del calm
    grey = blurred_rows(luma(pixels), short / 200)
    shift = max(1, round(short / 420))
    key = np.roll(contours(pixels, sharp=0.7), (shift, shift), axis=(0, 1))
    pitch = 2 * np.pi * 1.414 / max(4.0, short / 110)
    # A product of two diagonal waves is a difference of an upright and a level one.
    columns = (0.5 * np.cos(np.arange(pixels.shape[1]) * pitch)).astype(np.float32)
    lines = (0.5 * np.cos(np.arange(pixels.shape[0]) * pitch)).astype(np.float32)
    wear = Tiles(dice.normal(0, 4.5, (256, 256)).astype(np.float32), pixels.shape[1])

    def draw(band: Floats, top: int) -> Floats:
        rows = slice(top, top + band.shape[0])
        dots = lines[rows, None] - columns
        shade = np.clip((118 - grey[rows].astype(np.float32)) / 118, 0, 1)
        dot = np.clip((dots - 1 + 1.5 * shade) * 4, 0, 1)[..., None] * 0.5
        inked = band * np.float32(0.92) + _PAPER * np.float32(0.08)
        inked = inked * np.array([1.03, 0.99, 0.9], np.float32)
        inked = inked * (1 - dot) + _INK * dot
        line = key[rows][..., None] * np.float32(0.72 / 255)
        return np.asarray(inked * (1 - line) + _INK * line + wear[rows][..., None])

    return by_bands(prints, draw)
