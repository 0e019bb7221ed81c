"""Pictures to work on: deterministic, with every alpha there is."""

from __future__ import annotations

import numpy as np
import pytest

from limner.imaging.pixels import Pixels


@pytest.fixture
def opaque() -> Pixels:
    """48x32, a gradient with a little noise, fully opaque."""
    y, x = np.mgrid[0:32, 0:48]
    noise = np.random.default_rng(7).integers(0, 8, (32, 48, 3))
    pixels = np.full((32, 48, 4), 255, np.uint8)
    pixels[..., :3] = np.stack([x * 5, y * 7, (x + y) * 3], axis=-1) + noise
    return pixels


@pytest.fixture
def translucent(opaque: Pixels) -> Pixels:
    """The same with alpha from 0 at the left to 255 at the right."""
    pixels = opaque.copy()
    pixels[..., 3] = np.linspace(0, 255, 48).astype(np.uint8)
    return pixels
