"""Graded like a photograph: a curve, warm light and cool shade, soft highlights, depth at the edges, grain."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, Plane, Tiles, blurred, blurred_rows, by_bands, enlarged_rows
from limner.imaging.pixels import Pixels
from limner.imaging.resize import stretch
from limner.job import Size


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """No outline is drawn and no colour flattened: what changes is the light."""
    height, width = pixels.shape[:2]
    small = stretch(pixels, Size(max(1, width // 4), max(1, height // 4)))
    haze = enlarged_rows(_glow(small), height, width)
    soft = blurred_rows(pixels, min(height, width) / 260)
    film = Tiles(dice.normal(0, 4.2, (256, 256)).astype(np.float32), width)
    across = np.linspace(-1, 1, width, dtype=np.float32) ** 2
    down = np.linspace(-1, 1, height, dtype=np.float32) ** 2
    out_of_focus = np.clip(np.abs(np.linspace(-1, 1, height, dtype=np.float32) - 0.2) - 0.25, 0, 1)

    def draw(band: Floats, top: int) -> Floats:
        rows = slice(top, top + band.shape[0])
        far = out_of_focus[rows, None, None]
        image = band * (1 - far) + soft[rows] * far
        image = image + (255 - image) * haze[rows].astype(np.float32) / 255 * 0.45
        level = image / 255
        curved = level * level * (3 - 2 * level) * 0.55 + level * 0.45
        light = curved.mean(axis=-1, keepdims=True)
        tint = np.array([1.06, 1.0, 0.92], np.float32) * light + np.array([0.93, 0.99, 1.08], np.float32) * (1 - light)
        grey = curved.mean(axis=-1, keepdims=True)
        curved = (grey + (curved - grey) * 0.86) * tint
        corner = 1 - 0.3 * np.clip(down[rows, None] + across[None] - 0.5, 0, 2)[..., None] ** 1.3
        return np.asarray(curved * corner * 255 + film[rows][..., None])

    return by_bands(pixels, draw)


def _glow(small: Pixels) -> Plane:
    bright = np.clip((small[..., :3].astype(np.int16) - 170) * 3, 0, 255).astype(np.uint8)
    return blurred(bright, min(small.shape[:2]) / 24 + 0.5)
