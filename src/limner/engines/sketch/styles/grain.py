"""Paper, canvas and film: noise from a tile that repeats without a seam."""

from __future__ import annotations

from typing import Final

import numpy as np

from limner.engines.sketch.edit_filters import Floats, blurred

_SIDE: Final = 512


def grain(dice: np.random.Generator, softness_px: float) -> Floats:
    """A tile (512, 512) float32, mean 0 and spread about 1."""
    noise = dice.integers(0, 256, (_SIDE, _SIDE), dtype=np.uint8)
    # Blurred with its own repetition around it, so that the tiles join.
    margin = _SIDE // 4
    tile = blurred(np.pad(noise, margin, mode="wrap"), softness_px)[margin:-margin, margin:-margin].astype(np.float32)
    return np.asarray((tile - tile.mean()) / (tile.std() + 1e-6), np.float32)
