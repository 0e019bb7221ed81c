"""The one form a mask has inside Limner, whatever the caller or an engine means by one."""

from __future__ import annotations

import numpy as np

from limner.imaging.pixels import Mask, Pixels


def canonical(mask_pixels: Pixels) -> Mask:
    """Where to repaint, from a caller's mask: its transparent pixels. Its colours say nothing.

    mask_pixels: (H, W, 4) uint8; alpha 0 repaints, 255 keeps, values between blend. Returns a new (H, W) uint8 array.
    Source: OpenAI API reference, images/edits, parameter `mask`.
    """
    mask: Mask = np.subtract(255, mask_pixels[..., 3], dtype=np.uint8)
    return mask
