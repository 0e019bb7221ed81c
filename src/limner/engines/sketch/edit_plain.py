"""The subject of a picture taken before a plain background: a surface of colour that changes smoothly at most.

Works on a small copy and goes back to full size only along the edge that it found.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from limner.engines.sketch.edit_filters import Floats, Plane, blurred, enlarged, labelled
from limner.imaging.pixels import Mask, Pixels, bands
from limner.imaging.resize import stretch
from limner.job import Size

_SIDE_PX: Final = 320
_SPREAD_MAX: Final = 13.0
"""A border whose colours stray farther than this (RMS, 8-bit) from a smooth surface is no background to speak of."""
_BORDER_SHARE_MIN: Final = 0.62
_SUBJECT_SHARES: Final = (0.015, 0.86)
_PATCH_SHARE_MIN: Final = 0.004
_HOLE_SHARE_MAX: Final = 0.02
_FIRM_STEP: Final = 30.0
_FIRM_SHARE_MIN: Final = 0.75
_HALF: Final = 127
"""Rows worked on at once: along a long edge there are many pixels to weigh."""
_SURE: Final = 26
"""Weights this near to 0 or 255 on the small copy are taken for them."""

Bits: TypeAlias = npt.NDArray[np.bool_]


def plain_matte(pixels: Pixels) -> tuple[Mask, Plane] | None:
    """Where the subject is, (H, W) from 0 to 255, and a small copy of the background without it; None: no plain one."""
    height_px, width_px = pixels.shape[:2]
    scale = min(1.0, _SIDE_PX / max(height_px, width_px))
    small = stretch(pixels, Size(max(8, round(width_px * scale)), max(8, round(height_px * scale))))
    colours = small[..., :3].astype(np.float32)
    fitted = _fitted_surface(colours)
    if fitted is None:
        return None
    surface, spread = fitted
    behind = _shown(surface, colours.shape[0], colours.shape[1])
    distance = np.linalg.norm(colours - behind, axis=-1)
    low = max(14.0, 2.6 * spread)
    subject = _solid(distance > low * 1.35)
    share = float(subject.mean())
    if not _SUBJECT_SHARES[0] <= share <= _SUBJECT_SHARES[1] or _firm_share(colours, subject) < _FIRM_SHARE_MIN:
        return None
    return _refined(pixels, subject, distance, surface, low), np.clip(np.rint(behind), 0, 255).astype(np.uint8)


def _fitted_surface(colours: Floats) -> tuple[Floats, float] | None:
    """The quadratic surface of colour through the border and how far the border strays from it."""
    height_px, width_px = colours.shape[:2]
    frame = max(2, round(0.025 * max(height_px, width_px)))
    border = np.zeros((height_px, width_px), np.bool_)
    border[:frame] = border[-frame:] = True
    border[:, :frame] = border[:, -frame:] = True
    rows, columns = np.nonzero(border)
    terms = _terms(columns / max(1, width_px - 1), rows / max(1, height_px - 1))
    samples = colours[rows, columns]
    keep = np.ones(len(samples), np.bool_)
    surface = np.zeros((3, 6), np.float32)
    for _ in range(4):
        solution = np.linalg.lstsq(terms[keep], samples[keep], rcond=None)[0]
        surface = solution.T.astype(np.float32)
        stray = np.linalg.norm(samples - terms @ solution, axis=1)
        # A subject cut by the frame must not bend the surface: the worst strays leave, round by round.
        keep = stray <= max(8.0, 2.2 * float(np.median(stray)))
    spread = float(np.sqrt(np.mean(stray[keep] ** 2)))
    if keep.mean() < _BORDER_SHARE_MIN or spread > _SPREAD_MAX:
        return None
    return surface, spread


def _terms(x: Floats, y: Floats) -> Floats:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).astype(np.float32)


def _surface_at(surface: Floats, x: Floats, y: Floats) -> Floats:
    return np.asarray(_terms(x, y) @ surface.T, np.float32)


def _shown(surface: Floats, height_px: int, width_px: int) -> Floats:
    x, y = np.meshgrid(np.linspace(0, 1, width_px), np.linspace(0, 1, height_px))
    return _surface_at(surface, x, y)


def _solid(different: Bits) -> Bits:
    """`different` without specks, and with the small holes that the border cannot reach filled."""
    steady = blurred(different * np.uint8(255), 1.0) > _HALF
    labels = labelled(steady)
    counts = np.bincount(labels.ravel())
    of_subject, at_edge = np.zeros(len(counts), np.bool_), np.zeros(len(counts), np.bool_)
    of_subject[labels[steady]] = True
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        at_edge[side] = True
    hole = ~at_edge & (counts < _HOLE_SHARE_MAX * labels.size)
    solid: Bits = np.where(of_subject, counts >= _PATCH_SHARE_MIN * labels.size, hole)[labels]
    return solid


def _firm_share(colours: Floats, subject: Bits) -> float:
    """How much of the subject's outline is an edge in the picture, too, and no mere threshold in a soft gradient."""
    firm, outline = 0, 0
    for near, far in ((np.s_[:-3], np.s_[3:]), (np.s_[:, :-3], np.s_[:, 3:])):
        crossing = subject[near] != subject[far]
        step = np.linalg.norm(colours[near][crossing] - colours[far][crossing], axis=-1)
        firm += int(np.count_nonzero(step > _FIRM_STEP))
        outline += len(step)
    return firm / max(1, outline)


def _refined(pixels: Pixels, subject: Bits, distance: Floats, surface: Floats, low: float) -> Mask:
    """The subject at full size: sure away from its edge; along the edge by each pixel's own colour.

    distance: how far the small copy's colours are from the background's. A pixel as far as the subject next to it is
    all subject; one half as far is a mixture of the two.
    """
    height_px, width_px = pixels.shape[:2]
    alpha = enlarged(blurred(subject * np.uint8(255), 1.4), height_px, width_px)
    usual = blurred((np.minimum(distance, 255) * subject).astype(np.uint8), 2.5).astype(np.float32)
    usual /= np.maximum(blurred(subject * np.uint8(255), 2.5).astype(np.float32) / 255, 0.05)
    for part in bands(height_px):
        band, top = alpha[part], part.start
        rows, columns = np.nonzero((band > _SURE) & (band < 255 - _SURE))
        whole = usual[(top + rows) * usual.shape[0] // height_px, columns * usual.shape[1] // width_px]
        behind = _surface_at(surface, columns / max(1, width_px - 1), (top + rows) / max(1, height_px - 1))
        own = np.linalg.norm(pixels[top + rows, columns, :3] - behind, axis=-1)
        share = np.clip((own - low * 0.6) / (np.maximum(low * 1.8, 0.8 * whole) - low * 0.6), 0, 1)
        band[band <= _SURE] = 0
        band[band >= 255 - _SURE] = 255
        band[rows, columns] = np.rint(share * 255).astype(np.uint8)
    return alpha
