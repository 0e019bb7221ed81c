"""The pictures that the clients send."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def photo(width_px: int, height_px: int, encoding: str) -> bytes:
    """A picture no two pixels of which agree by accident."""
    noise = np.random.default_rng(7).integers(0, 256, (height_px, width_px, 3), dtype=np.uint8)
    return _encoded(Image.fromarray(noise, "RGB"), encoding)


def mask() -> bytes:
    """A PNG mask for a photo of 1024x1024: repaint columns 256 to 767 of rows 384 to 639, keep the rest."""
    pixels = np.full((1024, 1024, 4), 255, dtype=np.uint8)
    pixels[384:640, 256:768, 3] = 0
    return _encoded(Image.fromarray(pixels, "RGBA"), "PNG")


def _encoded(image: Image.Image, encoding: str) -> bytes:
    out = io.BytesIO()
    image.save(out, encoding)
    return out.getvalue()
