"""Brushwork: a small copy of a picture in dabs, so that a large picture costs little more than a small one."""

from __future__ import annotations

from typing import Final

import numpy as np

from limner.engines.sketch.edit_filters import blurred, luma, mixed
from limner.imaging.pixels import Pixels
from limner.imaging.resize import stretch
from limner.job import Size

_AREA_PX: Final = 1_100_000
"""Area brushwork is found on."""


def brushed(pixels: Pixels, radius_share: float, kept: int) -> Pixels:
    """Flat dabs with firm edges, on a copy of bounded size: each pixel takes the mean of its calmest neighbourhood.

    After Kuwahara's filter (1976), with Gaussian patches. radius_share: of the shorter side. kept: how much of the
    picture's own detail stays, of 255; without any, faces lose their eyes.
    """
    scale = min(1.0, (_AREA_PX / (pixels.shape[0] * pixels.shape[1])) ** 0.5)
    size = Size(max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = work = stretch(pixels, size)
    radius_px = max(1, round(radius_share * min(work.shape[:2])))
    for _ in range(2):
        work = _calmed(work, radius_px)
    return mixed(work, small, kept)


def _calmed(pixels: Pixels, radius_px: int) -> Pixels:
    height_px, width_px = pixels.shape[:2]
    grey = luma(pixels)
    stray = np.abs(grey.astype(np.int16) - blurred(grey, radius_px * 0.62)).astype(np.uint8)
    stray = np.pad(blurred(stray, radius_px * 0.62), radius_px, mode="edge")
    mean = np.pad(
        blurred(pixels, radius_px * 0.62), ((radius_px, radius_px), (radius_px, radius_px), (0, 0)), mode="edge"
    )
    # Four bytes as one number: a pixel is then chosen whole, in a third of the time.
    dabs = mean.view(np.uint32)[..., 0]
    out = np.ascontiguousarray(pixels).view(np.uint32)[..., 0].copy()
    best = np.full(grey.shape, 255, np.uint8)
    for down, right in np.rint(radius_px * _TOWARDS).astype(int):
        view = np.s_[radius_px + down : radius_px + down + height_px, radius_px + right : radius_px + right + width_px]
        calmer = stray[view] < best
        np.copyto(best, stray[view], where=calmer)
        np.copyto(out, dabs[view], where=calmer)
    return out[..., None].view(np.uint8)


_TOWARDS: Final = np.array([(-0.8, -0.8), (-0.8, 0.8), (0.8, -0.8), (0.8, 0.8), (0, 1), (0, -1)])
"""Where the patches beside a pixel are, in radii: down and right."""
