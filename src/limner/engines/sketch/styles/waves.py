"""Slanting waves over a picture, which hatching and glass are made of."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats
from limner.imaging.pixels import Pixels


class Waves:
    """The sine of `across` radians a pixel to the right and `down` radians a pixel downwards, some rows at a time."""

    def __init__(self, pixels: Pixels, across: float, down: float) -> None:
        # The sine of a sum is made of sines of its parts: of one row and one column, not of every pixel.
        self._right = np.exp(1j * across * np.arange(pixels.shape[1])).astype(np.complex64)
        self._down = np.exp(1j * down * np.arange(pixels.shape[0])).astype(np.complex64)

    def __getitem__(self, rows: slice) -> Floats:
        """Some rows: (rows, W) float32."""
        part = self._down[rows, None]
        return np.asarray(self._right.imag * part.real + self._right.real * part.imag)
