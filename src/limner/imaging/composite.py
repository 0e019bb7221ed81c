"""One picture laid over another through a mask."""

from __future__ import annotations

from typing import Final

import numpy as np

from limner.imaging.pixels import Mask, Pixels, bands

_KEEP: Final = 0
_REPAINT: Final = 255
_ALPHA: Final = 3


def composite(base: Pixels, edit: Pixels, mask: Mask) -> Pixels:
    """`base` where the mask is 0, byte for byte; `edit` where it is 255; between them a blend.

    base, edit: (H, W, 4) uint8, sRGB, straight alpha. mask: (H, W) uint8. Returns a new array. Raises ValueError when
    heights or widths differ.
    """
    if base.shape != edit.shape or base.shape[:2] != mask.shape:
        raise ValueError(f"sizes differ: base {base.shape}, edit {edit.shape}, mask {mask.shape}")
    out = np.empty_like(base)
    # Some rows at a time: the blend of all of a large picture would fill the memory with wide numbers.
    for rows in bands(len(base)):
        below, above, weight = base[rows], edit[rows], mask[rows]
        mixed = np.where((weight == _REPAINT)[..., None], above, below)
        partial = (weight != _KEEP) & (weight != _REPAINT)
        if partial.any():
            mixed[partial] = _blend(below[partial], above[partial], weight[partial])
        out[rows] = mixed
    return out


def _blend(base: Pixels, edit: Pixels, weight: Mask) -> Pixels:
    """Mix (N, 4) pixels by (N,) weights of `edit`; a colour counts as much as its pixel is opaque."""
    edit_weight = edit[:, _ALPHA].astype(np.uint32) * weight
    base_weight = base[:, _ALPHA].astype(np.uint32) * (_REPAINT - weight)
    total = edit_weight + base_weight
    divisor = np.maximum(total, 1)[:, None]  # Where both are fully transparent there is no colour to divide.
    mixed = np.empty_like(base)
    colours = base[:, :_ALPHA] * base_weight[:, None] + edit[:, :_ALPHA] * edit_weight[:, None]
    mixed[:, :_ALPHA] = (colours + divisor // 2) // divisor
    mixed[:, _ALPHA] = (total + _REPAINT // 2) // _REPAINT
    return mixed
