"""A few tones that stand for all of a picture's colours."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, Plane, Rows
from limner.imaging.pixels import Pixels

_LEVELS = 5
"""Bits of each channel that are looked up: fine enough for any palette of a few dozen tones."""
_BAND_ROWS = 128
"""Rows worked on at once, to save memory."""


def tones(pixels: Pixels, count: int, dice: np.random.Generator) -> Floats:
    """`count` colours (N, 3) float32: k-means over a sample, seeded far apart."""
    places = dice.integers(0, pixels.shape[0] * pixels.shape[1], 2400)
    sample = pixels[places // pixels.shape[1], places % pixels.shape[1], :3].astype(np.float32)
    chosen = sample[:1]
    distance = np.full(len(sample), np.inf, np.float32)
    for _ in range(count - 1):
        distance = np.minimum(distance, ((sample - chosen[-1]) ** 2).sum(axis=1))
        chosen = np.concatenate([chosen, sample[[int(np.argmax(distance))]]])
    for _ in range(6):
        owner = np.argmin(((sample[:, None] - chosen[None]) ** 2).sum(axis=-1), axis=1)
        for index in range(len(chosen)):
            members = sample[owner == index]
            if len(members):
                chosen[index] = members.mean(axis=0)
    return chosen


def nearest(pixels: Pixels, palette: Floats, *, of: Rows | Plane | None = None) -> Pixels:
    """`pixels` in the colours of a palette (N, 3). A new array; alpha is kept. of: whose colours, if not their own."""
    side = 1 << _LEVELS
    steps = (np.arange(side, dtype=np.float32) + 0.5) * (256 / side)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    table = np.argmin(((grid[:, None] - palette[None]) ** 2).sum(axis=-1), axis=1)
    chosen = np.rint(palette).astype(np.uint8)[table]
    out = pixels.copy()
    for top in range(0, pixels.shape[0], _BAND_ROWS):
        rows = slice(top, min(len(pixels), top + _BAND_ROWS))
        levels = ((pixels if of is None else of)[rows][..., :3] >> (8 - _LEVELS)).astype(np.uint16)
        cell = (levels[..., 0] * side + levels[..., 1]) * side + levels[..., 2]
        out[rows, :, :3] = chosen[cell]
    return out
