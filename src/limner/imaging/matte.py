"""A transparent background for engines that cannot paint on nothing: cut away what the border is made of.

Works for a subject on a plain background, which is what such an engine is asked for; a photograph of a street has no
background to find and comes back untouched. It does not know what the subject is, and holes enclosed by it stay.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from limner.imaging.pixels import Pixels

_CLEAR_UP_TO: Final = 24.0
"""Colours this near the background's (Euclidean, in 8-bit sRGB) are background: above noise and JPEG artefacts."""
_SOLID_FROM: Final = 96.0
"""Colours this far from it are subject; the edge's mixtures lie between and become half transparent."""
_BORDER_SHARE_MIN: Final = 0.6
"""As much of the border must be background, or the picture has no plain one. A subject may be cut by one side."""
_SWEEPS_MAX: Final = 64
"""Bound on flooding around corners; a background like a longer spiral keeps its inner end."""


def cut_out(pixels: Pixels) -> Pixels | None:
    """`pixels` with the plain background that touches the border made transparent, or None when there is none.

    pixels: opaque. Returns a new array; colours at soft edges are freed of the background's.
    """
    rgb = pixels[..., :3].astype(np.float32)
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
    background = np.median(border, axis=0)
    if np.mean(_distance(border, background) <= _CLEAR_UP_TO) < _BORDER_SHARE_MIN:
        return None
    distance = _distance(rgb, background)
    outside = _flooded(distance < _SOLID_FROM)
    solid = np.clip((distance - _CLEAR_UP_TO) / (_SOLID_FROM - _CLEAR_UP_TO), 0, 1)
    alpha = np.where(outside, solid, 1)
    soft = (alpha > 0) & (alpha < 1)
    share = alpha[soft][:, None]
    cut = pixels.copy()
    cut[soft, :3] = np.clip(np.rint((rgb[soft] - (1 - share) * background) / share), 0, 255).astype(np.uint8)
    cut[..., 3] = np.rint(alpha * 255).astype(np.uint8)
    return cut


def _distance(rgb: npt.NDArray[np.float32], colour: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    difference = rgb - colour
    distance: npt.NDArray[np.float32] = np.sqrt(np.einsum("...c,...c->...", difference, difference))
    return distance


def _flooded(open_: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The part of `open_` that is connected to the border, edge to edge, along rows and columns in turn."""
    wet = np.zeros_like(open_)
    for side in (np.s_[0, :], np.s_[-1, :], np.s_[:, 0], np.s_[:, -1]):
        wet[side] = open_[side]
    for _ in range(_SWEEPS_MAX):
        count = np.count_nonzero(wet)
        wet = _spread_along_rows(wet, open_)
        wet = _spread_along_rows(wet.T, open_.T).T
        if np.count_nonzero(wet) == count:
            break
    return wet


def _spread_along_rows(wet: npt.NDArray[np.bool_], open_: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Wet every horizontal run of `open_` that has one wet pixel."""
    starts = open_.copy()
    starts[:, 1:] &= ~open_[:, :-1]
    run = np.cumsum(starts)  # Numbers runs from 1; a pixel that is not open has its left neighbour's number.
    wet_runs = np.zeros(int(run[-1]) + 1, np.bool_)
    wet_runs[run[wet.ravel()]] = True
    spread: npt.NDArray[np.bool_] = wet_runs[run].reshape(open_.shape) & open_
    return spread
