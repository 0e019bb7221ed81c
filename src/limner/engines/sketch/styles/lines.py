"""Lines of a picture, which several styles draw with."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, blurred, luma
from limner.imaging.pixels import Pixels


def line_px(pixels: Pixels) -> int:
    """Width of a thin line, in pixels: one for every 640 of the shorter side."""
    return int(max(1, round(min(pixels.shape[:2]) / 640)))


def contours(pixels: Pixels, *, sharp: float = 1.0) -> Floats:
    """How strongly each pixel belongs to an outline: (H, W) float32, 0 to 1. sharp: below 1, only strong edges count.

    Colour counts, too: red on green is an outline though both are equally bright.
    """
    soft = blurred(np.ascontiguousarray(pixels[..., :3]), 0.9 * line_px(pixels))
    reach = line_px(pixels)
    strength = np.zeros(pixels.shape[:2], np.float32)
    for plane in (luma(pixels), soft[..., 0], soft[..., 2]):
        level = plane.astype(np.float32)
        across, down = np.zeros_like(level), np.zeros_like(level)
        across[:, reach:-reach] = level[:, 2 * reach :] - level[:, : -2 * reach]
        down[reach:-reach] = level[2 * reach :] - level[: -2 * reach]
        strength = np.maximum(strength, np.abs(across) + np.abs(down))
    return np.asarray(np.clip((strength - 18 / sharp) / (60 / sharp), 0, 1), np.float32)
