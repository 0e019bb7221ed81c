"""OpenAI's masks in our own form."""

from __future__ import annotations

import numpy as np

from limner.imaging.mask import canonical


def test_transparent_means_repaint() -> None:
    """Alpha 0 becomes 255, alpha 255 becomes 0, and what lies between stays between; colours do not matter."""
    pixels = np.array([[[1, 2, 3, 0], [255, 255, 255, 255], [0, 0, 0, 100]]], np.uint8)
    mask = canonical(pixels)
    assert mask.dtype == np.uint8
    assert mask.tolist() == [[255, 0, 155]]
