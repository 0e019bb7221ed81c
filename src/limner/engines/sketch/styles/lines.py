"""Lines of a picture, which several styles draw with."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Plane, blurred_rows, luma
from limner.imaging.pixels import Pixels

_BAND_ROWS = 128
"""Rows worked on at once: a large picture's numbers of two bytes would fill the memory."""


def line_px(pixels: Pixels) -> int:
    """Width of a thin line, in pixels: one for every 640 of the shorter side."""
    return int(max(1, round(min(pixels.shape[:2]) / 640)))


def edges(grey: Plane, reach_px: int) -> Plane:
    """How much brightness changes about each pixel: (H, W), 0 to 255."""
    height = grey.shape[0]
    out = np.empty_like(grey)
    for top in range(0, height, _BAND_ROWS):
        first, last = max(0, top - reach_px), min(height, top + _BAND_ROWS + reach_px)
        level = grey[first:last].astype(np.int16)
        across = np.zeros(level.shape, np.float32)
        down = np.zeros(level.shape, np.float32)
        across[:, reach_px:-reach_px] = level[:, 2 * reach_px :] - level[:, : -2 * reach_px]
        down[reach_px:-reach_px] = level[2 * reach_px :] - level[: -2 * reach_px]
        rows = slice(top - first, min(height, top + _BAND_ROWS) - first)
        out[top : top + _BAND_ROWS] = np.minimum(np.hypot(across[rows], down[rows]), 255)
    return out


def contours(pixels: Pixels, *, sharp: float = 1.0) -> Plane:
    """How strongly each pixel belongs to an outline: (H, W), 0 to 255. sharp: below 1, only strong edges count.

    Colour counts, too: red on green is an outline though both are equally bright.
    """
    reach = line_px(pixels)
    soft = blurred_rows(pixels, 0.9 * reach)
    # A lookup is the cheapest curve: a sum of two differences is at most 510.
    curve = (np.clip((np.arange(511) - 18 / sharp) / (60 / sharp), 0, 1) * 255).astype(np.uint8)
    height, width = pixels.shape[:2]
    out = np.empty((height, width), np.uint8)
    for top in range(0, height, _BAND_ROWS):
        first, last = max(0, top - reach), min(height, top + _BAND_ROWS + reach)
        band = soft[first:last]
        strength = np.zeros((last - first, width), np.int16)
        for plane in (luma(pixels[first:last]), band[..., 0], band[..., 2]):
            level = plane.astype(np.int16)
            edge = np.zeros_like(level)
            edge[:, reach:-reach] = np.abs(level[:, 2 * reach :] - level[:, : -2 * reach])
            edge[reach:-reach] += np.abs(level[2 * reach :] - level[: -2 * reach])
            np.maximum(strength, edge, out=strength)
        rows = slice(top - first, min(height, top + _BAND_ROWS) - first)
        out[top : top + _BAND_ROWS] = curve[strength[rows]]
    return out
