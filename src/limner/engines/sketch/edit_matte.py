"""What is the subject of a picture and what its background: no more than a good guess, or none.

Before a plain background the subject is what differs from it (`edit_plain`); in a photograph it is what stands out
(`edit_saliency`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from limner.engines.sketch.edit_filters import Floats, Plane, by_bands, enlarged_rows
from limner.engines.sketch.edit_outline import drawn_out, reduced, spread_of
from limner.engines.sketch.edit_plain import plain_matte
from limner.engines.sketch.edit_saliency import salient
from limner.imaging.pixels import Mask, Pixels


@dataclass(frozen=True, slots=True)
class Matte:
    """alpha: (H, W) uint8, 255 where the subject is. behind: a small copy of the background, or None: unknown."""

    alpha: Mask
    behind: Plane | None


_HALF: Final = 127
_OPAQUE: Final = 255
_CUT_OUT_SHARE_MIN: Final = 0.02
"""A picture with this much transparency comes cut out already."""


def find_matte(pixels: Pixels) -> Matte | None:
    """The subject of `pixels`, or None when it cannot be told from its background."""
    if np.mean(pixels[::4, ::4, 3] < _HALF) > _CUT_OUT_SHARE_MIN:
        return Matte(pixels[..., 3].copy(), None)
    plain = plain_matte(pixels)
    return Matte(*plain) if plain is not None else _photographed(pixels)


def cut_out(pixels: Pixels, matte: Matte) -> Pixels:
    """The subject alone on transparent pixels, its soft edges freed of the background's colour."""
    out = pixels.copy() if matte.behind is None else _freed(pixels, matte.alpha, matte.behind)
    out[..., 3] = matte.alpha
    return out


def _freed(pixels: Pixels, alpha: Mask, behind: Plane) -> Pixels:
    ground = enlarged_rows(behind, *pixels.shape[:2])

    def free(band: Floats, top: int) -> Floats:
        part = slice(top, top + band.shape[0])
        rows, columns = np.nonzero((alpha[part] > 0) & (alpha[part] < _OPAQUE))
        if len(rows):
            share = np.maximum(alpha[part][rows, columns].astype(np.float32) / 255, 0.15)[:, None]
            mixture, colours = band[rows, columns], ground[part]
            band[rows, columns] = np.clip((mixture - (1 - share) * colours[rows, columns]) / share, 0, 255)
        return band

    return by_bands(pixels, free)


def _photographed(pixels: Pixels) -> Matte | None:
    small = reduced(pixels)
    subject = None if small is None else salient(small)
    if small is None or subject is None:
        return None
    return Matte(drawn_out(pixels, small, subject), spread_of(small, ~subject))
