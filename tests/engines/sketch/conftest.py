"""Pictures that stand in for photographs: smooth light, texture, and a subject."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from limner.blobs import Blob
from limner.engines.sketch import vocabulary
from limner.imaging.codec import decode_input
from limner.imaging.pixels import Pixels
from limner.imaging.resize import stretch
from limner.job import Size

SPOKEN = {scene: word for word, scene in reversed(vocabulary.SCENES.items())} | {
    "flatlay": "a wooden table from above",
    "aerial": "fields seen from above",
    "diorama": "an isometric meadow",
    "logo": "a logo",
    "icon": "an app icon",
    "sticker": "a sticker",
    "poster": "a poster",
    "banner": "a web banner",
    "ui": "a dashboard",
}
"""Scene -> words that ask for it."""


@pytest.fixture
def landscape() -> Pixels:
    """A sky over a meadow with a red house: (192, 288, 4), opaque, textured."""
    height_px, width_px = 192, 288
    dice = np.random.default_rng(7)
    down = np.linspace(0, 1, height_px)[:, None, None]
    pixels = np.full((height_px, width_px, 4), 255, np.uint8)
    pixels[..., :3] = np.array([96, 160, 232]) * (1 - down) + np.array([214, 228, 244]) * down
    meadow = np.array([86, 148, 66]) + dice.normal(0, 16, (height_px - 120, width_px, 1))
    pixels[120:, :, :3] = np.clip(meadow, 0, 255)
    pixels[84:140, 110:170, :3] = (196, 48, 40)
    return pixels


@pytest.fixture
def product() -> Pixels:
    """A green ball on a pale, unevenly lit ground: (200, 200, 4), opaque."""
    rows, columns = np.mgrid[:200, :200]
    pixels = np.full((200, 200, 4), 255, np.uint8)
    pixels[..., :3] = (226 + rows / 16 + columns / 40)[..., None]
    pixels[(rows - 104) ** 2 + (columns - 100) ** 2 < 60**2, :3] = (24, 132, 58)
    return pixels


PHOTOGRAPHS: Final = Path(__file__).parent / "photographs"


@pytest.fixture(scope="session")
def photograph() -> Callable[[str], Pixels]:
    """A real photograph by its name, 320 pixels wide or high at most; read-only, as inputs may be."""

    @cache
    def load(name: str) -> Pixels:
        whole = decode_input(Blob.from_bytes((PHOTOGRAPHS / f"{name}.jpg").read_bytes(), "image/jpeg"), name)
        scale = 320 / max(whole.shape[:2])
        small = stretch(whole, Size(round(whole.shape[1] * scale), round(whole.shape[0] * scale)))
        small.flags.writeable = False
        return small

    return load
