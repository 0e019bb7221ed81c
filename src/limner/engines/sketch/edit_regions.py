"""Where the parts of a picture are that an instruction can name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from limner.engines.sketch.edit_filters import Floats, Plane, blurred, enlarged
from limner.engines.sketch.edit_matte import find_matte
from limner.engines.sketch.edit_sky import find_sky
from limner.engines.sketch.edit_words import Region
from limner.imaging.pixels import Mask, Pixels, bands


def region_of(pixels: Pixels, region: Region) -> Mask | None:
    """Where a region is, (H, W) from 0 to 255, or None when the picture has none to be told apart."""
    return _REGIONS[region](pixels)


def subject_of_middle(pixels: Pixels) -> Mask:
    """A soft ellipse: where a subject stands that cannot be told from its background."""
    across = np.linspace(-1, 1, _ELLIPSE_SIDE)
    distance = np.hypot(across[None] / 0.62, (across[:, None] - 0.06) / 0.78)
    soft: Plane = (np.clip((1.25 - distance) / 0.5, 0, 1) * 255).astype(np.uint8)
    return enlarged(soft, *pixels.shape[:2])


_ELLIPSE_SIDE: Final = 256
_SOFT: Final = 0.12
"""How wide the border of half a picture is, as a share of its length."""
_GREEN_SHARE_MIN: Final = 0.02


def _subject(pixels: Pixels) -> Mask | None:
    matte = find_matte(pixels)
    return None if matte is None else matte.alpha


def _background(pixels: Pixels) -> Mask | None:
    subject = _subject(pixels)
    return None if subject is None else np.subtract(255, subject, dtype=np.uint8)


def _greenery(pixels: Pixels) -> Mask | None:
    """Leaves and grass, by their colour."""
    share = np.empty(pixels.shape[:2], np.uint8)
    for rows in bands(len(pixels)):
        red, green, blue = (pixels[rows, :, channel].astype(np.int16) for channel in range(3))
        # Yellowish greens are plants; bluish ones are paint.
        share[rows] = np.clip((green - np.maximum(red, blue) + (red - blue) // 4 - 4) * 10, 0, 255)
    if np.mean(share > _HALF) < _GREEN_SHARE_MIN:
        return None
    return blurred(share, max(1.0, min(share.shape) / 300))


_HALF: Final = 127


def _half(axis: int, *, far: bool) -> Callable[[Pixels], Mask]:
    def half(pixels: Pixels) -> Mask:
        place: Floats = (np.arange(pixels.shape[axis]) + 0.5) / pixels.shape[axis]
        share = np.clip((place - 0.5) / _SOFT + 0.5, 0, 1)
        line = np.rint((share if far else 1 - share) * 255).astype(np.uint8)
        return np.broadcast_to(line[:, None] if axis == 0 else line[None], pixels.shape[:2])

    return half


def _whole(pixels: Pixels) -> Mask:
    return np.full(pixels.shape[:2], 255, np.uint8)


_REGIONS: Final[Mapping[Region, Callable[[Pixels], Mask | None]]] = {
    Region.WHOLE: _whole,
    Region.SUBJECT: _subject,
    Region.BACKGROUND: _background,
    Region.SKY: find_sky,
    Region.GREENERY: _greenery,
    Region.LEFT: _half(1, far=False),
    Region.RIGHT: _half(1, far=True),
    Region.TOP: _half(0, far=False),
    Region.BOTTOM: _half(0, far=True),
}
