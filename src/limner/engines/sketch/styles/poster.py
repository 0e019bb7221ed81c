"""A screen print: six inks on cream paper, dots between light and shade, layers a little out of register."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, blurred, by_bands, luma
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
    calm[..., :3] = blurred(np.ascontiguousarray(calm[..., :3]), short / 420)
    found = tones(calm, _INKS, dice)
    prints = nearest(calm, found)
    grey = blurred(luma(pixels), short / 200)
    shift = max(1, round(short / 420))
    key = np.roll(contours(pixels, sharp=0.7), (shift, shift), axis=(0, 1))
    pitch = np.float32(2 * np.pi / max(4.0, short / 110))
    columns = np.arange(pixels.shape[1], dtype=np.float32)[None]
    wear = dice.normal(0, 4.5, (256, 256)).astype(np.float32)
    tile = np.tile(wear, (pixels.shape[0] // 256 + 1, pixels.shape[1] // 256 + 1))

    def draw(band: Floats, top: int) -> Floats:
        rows = slice(top, top + band.shape[0])
        y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
        dots = np.sin((columns + y) * pitch * np.float32(0.707)) * np.sin((columns - y) * pitch * np.float32(0.707))
        shade = np.clip((118 - grey[rows].astype(np.float32)) / 118, 0, 1)
        dot = np.clip((dots - 1 + 1.5 * shade) * 4, 0, 1)[..., None] * 0.5
        inked = band * np.float32(0.92) + _PAPER * np.float32(0.08)
        inked = inked * np.array([1.03, 0.99, 0.9], np.float32)
        inked = inked * (1 - dot) + _INK * dot
        line = key[rows][..., None] * np.float32(0.72 / 255)
        return np.asarray(inked * (1 - line) + _INK * line + tile[rows, : band.shape[1], None])

    return by_bands(prints, draw)
