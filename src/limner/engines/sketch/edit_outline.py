"""Areas found on a small copy of a photograph, drawn exactly along their edges at its full size."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from limner.engines.sketch.edit_filters import Plane, blurred, enlarged
from limner.imaging.pixels import Mask, Pixels, bands
from limner.imaging.resize import stretch
from limner.job import Size

Bits: TypeAlias = npt.NDArray[np.bool_]

_SIDE_PX: Final = 176
_SIDE_PX_MIN: Final = 24
"""In a smaller picture there is nothing to tell apart."""
_EDGE_PX: Final = 1.5
"""How far off the edge may be on the small copy."""
_OPAQUE: Final = 255
"""Rows worked on at once: along a long edge there are many pixels to weigh."""
_SURE: Final = 14
_FAINT: Final = 24.0
"""Colours of two areas nearer than this (8-bit, Euclidean) do not say of which of them a pixel is."""


def reduced(pixels: Pixels) -> Pixels | None:
    """The small copy that areas are found on; None for a picture too small to have any."""
    height_px, width_px = pixels.shape[:2]
    if min(height_px, width_px) < _SIDE_PX_MIN:
        return None
    scale = min(1.0, _SIDE_PX / max(height_px, width_px))
    return stretch(
        pixels, Size(max(_SIDE_PX_MIN, round(width_px * scale)), max(_SIDE_PX_MIN, round(height_px * scale)))
    )


def drawn_out(pixels: Pixels, small: Pixels, area: Bits) -> Mask:
    """An area of the small copy at full size: sure off its edge; along it by which side each pixel's colour is of."""
    height_px, width_px = pixels.shape[:2]
    soft = blurred(area * np.uint8(255), _EDGE_PX)
    ahead, behind = spread_of(small, area), spread_of(small, ~area)
    alpha = enlarged(soft, height_px, width_px)
    for part in bands(height_px):
        band, top = alpha[part], part.start
        rows, columns = np.nonzero((band > _SURE) & (band < _OPAQUE - _SURE))
        place = (top + rows) * soft.shape[0] // height_px, columns * soft.shape[1] // width_px
        own, before, after = (
            plane.astype(np.float32) for plane in (pixels[top + rows, columns, :3], ahead[place], behind[place])
        )
        from_ahead, from_behind = np.square(own - before).sum(axis=-1), np.square(own - after).sum(axis=-1)
        share = np.clip((from_behind / np.maximum(from_ahead + from_behind, 1) - 0.2) / 0.6, 0, 1)
        trust = np.clip(np.sqrt(np.square(before - after).sum(axis=-1)) / _FAINT - 0.5, 0, 1)
        guess = np.clip((band[rows, columns].astype(np.float32) / 255 - 0.3) / 0.4, 0, 1)
        band[band <= _SURE] = 0
        band[band >= _OPAQUE - _SURE] = _OPAQUE
        band[rows, columns] = np.rint((share * trust + guess * (1 - trust)) * 255).astype(np.uint8)
    return alpha


def spread_of(small: Pixels, area: Bits) -> Plane:
    """The colours of an area of the small copy, carried on into what is not of it."""
    part = area * np.uint8(255)
    sure = (blurred(part, 0.8) > _OPAQUE - 40) * np.uint8(255)
    total = np.zeros((*part.shape, 3), np.float32)
    weight = np.full((*part.shape, 1), 1e-3, np.float32)
    # Near colours first; farther ones count where there are none near.
    for reach, trust in ((3.0, 1.0), (12.0, 1e-2), (60.0, 1e-4)):
        near = blurred(sure, reach).astype(np.float32)[..., None] * trust
        load = (
            blurred((small[..., :3] * (sure[..., None] > 0)).astype(np.uint8), reach).astype(np.float32) * 255 * trust
        )
        total, weight = total + load, weight + near
    return np.clip(total / weight, 0, 255).astype(np.uint8)
