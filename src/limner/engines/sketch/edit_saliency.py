"""Which part of a photograph is its subject: what stands out and is hardly joined to the picture's edge.

After Zhu and others, "Saliency Optimization from Robust Background Detection" (2014): a patch belongs to the background
when the region it can be reached through runs along much of the edge; what differs from such patches stands out. Where
nothing does by its colour, what is in focus may.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from limner.engines.sketch.edit_filters import Floats, Plane, blurred, labelled, luma
from limner.engines.sketch.edit_superpixels import Patches, lab_of, patches_of
from limner.imaging.pixels import Pixels

Bits = npt.NDArray[np.bool_]

PATCHES: Final = 320

_NEAR_COLOUR: Final = 10.0
"""CIELAB distance at which two patches are hardly the same thing any more."""
_GRAIN: Final = 3.0
"""CIELAB distance that is nothing but grain and light."""
_NEAR_PLACE: Final = 0.4
"""And distance, as a share of the longer side, beyond which they do not set each other off."""
_LOWER_EDGE: Final = 0.35
"""How much the lower edge speaks for background: busts and still lifes are cut by it."""
_SMOOTH: Final = 0.1
_ROUNDS: Final = 400
_CUT: Final = 0.7
"""Otsu's threshold tends to leave out the subject's dull parts: this much of it does not."""
_DOUBT: Final = 0.6
"""And patches of this much of the threshold belong to it where they go on from it."""
_APART_MIN: Final = 0.33
"""Subject and background whose mean saliency is nearer than this are not told apart."""
_UNLIKE_MIN: Final = 7.0
"""And so are those whose mean colours (CIELAB) are nearer than this."""
_APART_SHARP_MIN: Final = 0.4
_SHARPER: Final = 2.3
"""And what is in focus is this many times as detailed as what is not."""
_FINE_MAX: Final = 42
_SHARES: Final = (0.012, 0.72)
_LOOSE_SHARE: Final = 0.12
"""A piece this much smaller than the largest is something else that stands out."""
_HOLE_SHARE: Final = 0.1
_GAP: Final = 0.05
"""Gaps this wide, as a share of the shorter side, are closed where what is in them is not clearly background."""
_SURELY_BEHIND: Final = 0.9
_HARDLY_BEHIND: Final = 0.7
_HALF: Final = 127


def salient(small: Pixels) -> Bits | None:
    """Where the subject of a picture of at most a few hundred pixels a side is, or None when nothing stands out."""
    patches = patches_of(lab_of(blurred(small[..., :3], 1.0)), PATCHES)
    by_colour = _by_colour(patches)
    return by_colour if by_colour is not None else _by_focus(patches, luma(small))


def _by_colour(patches: Patches) -> Bits | None:
    behind = _behind(patches)
    saliency = _settled(patches, behind, _ahead(patches, behind))
    cut = _CUT * _otsu(saliency, patches.sizes)
    inside = saliency > cut
    if not inside.any() or inside.all():
        return None
    # Saliency is relative: even in mere noise something stands out most.
    mean, ground = (
        np.average(patches.colours[part], axis=0, weights=patches.sizes[part]) for part in (inside, ~inside)
    )
    if np.linalg.norm(mean - ground) < _UNLIKE_MIN:
        return None
    inside = _grown(patches, inside, (saliency > _DOUBT * cut) & (behind < _HARDLY_BEHIND))
    return _area(patches, inside, saliency, behind, _APART_MIN)


def _by_focus(patches: Patches, grey: Plane) -> Bits | None:
    """What is sharp before a ground that is not: a face that fills its picture is no other colour than its ground."""
    fine = np.minimum(np.abs(grey.astype(np.int16) - blurred(grey, 1.2)), _FINE_MAX).astype(np.uint8)
    sharp = patches.mean(blurred(fine * np.uint8(255 // _FINE_MAX), 5.0))
    low, high = np.quantile(sharp, (0.1, 0.9))
    ahead = np.clip((sharp - low) / (high - low + 1e-6), 0, 1)
    saliency = _settled(patches, np.square(1 - ahead), ahead)
    inside = saliency > _otsu(saliency, patches.sizes)
    if not inside.any() or inside.all() or np.median(sharp[inside]) < _SHARPER * np.median(sharp[~inside]):
        return None
    return _area(patches, inside, saliency, 1 - ahead, _APART_SHARP_MIN)


def _area(patches: Patches, inside: Bits, saliency: Floats, behind: Floats, apart_min: float) -> Bits | None:
    """The patches `inside` as one area; None when they do not stand out by `apart_min`, or are too few or too many."""
    if inside.all():
        return None
    ahead, back = (np.average(saliency[part], weights=patches.sizes[part]) for part in (inside, ~inside))
    area = _whole(inside[patches.labels], (behind < _SURELY_BEHIND)[patches.labels])
    return area if ahead - back >= apart_min and _SHARES[0] <= area.mean() <= _SHARES[1] else None


def _behind(patches: Patches) -> Floats:
    """How surely each patch is background, 0 to 1, by how much of the edge its region runs along."""
    labels, count = patches.labels, len(patches.sizes)
    edge = np.zeros(count, np.float32)
    edge[labels[-1]] = _LOWER_EDGE
    for side in (labels[0], labels[:, 0], labels[:, -1]):
        edge[side] = 1
    apart = _unlikeness(patches)
    steps = np.where(patches.beside, apart, np.float32(np.inf))
    # A background cut in two by its subject is still one.
    around = np.flatnonzero(edge)
    steps[np.ix_(around, around)] = apart[np.ix_(around, around)]
    np.fill_diagonal(steps, 0)
    reach = np.maximum(steps - _GRAIN, 0)
    for middle in range(count):  # Floyd and Warshall's shortest paths
        np.minimum(reach, reach[:, middle, None] + reach[middle], out=reach)
    same = np.exp(-np.square(reach / _NEAR_COLOUR) / 2)
    joined = (same * edge).sum(axis=1) / np.sqrt(same.sum(axis=1))
    return np.asarray(1 - np.exp(-np.square(joined) / 2))


def _ahead(patches: Patches, behind: Floats) -> Floats:
    """How much each patch is set off by the background, 0 to 1, more in the middle than at the edge."""
    height_px, width_px = patches.labels.shape
    places = patches.places / max(height_px, width_px)
    distance = np.square(places[:, None] - places[None]).sum(axis=-1)
    near = np.exp(-distance / (2 * _NEAR_PLACE**2))
    contrast = (_unlikeness(patches) * near * behind).sum(axis=1)
    down, across = (patches.places / (height_px, width_px)).T
    central = np.exp(-np.square((down - 0.52) / 0.5) - np.square((across - 0.5) / 0.42))
    return np.asarray(contrast / (contrast.max() + 1e-6) * central)


def _settled(patches: Patches, behind: Floats, ahead: Floats) -> Floats:
    """Saliency, 0 to 1, that follows both cues and is alike where neighbours are alike.

    Relaxed step by step: a library's solver would give other last bits on other machines.
    """
    beside = patches.beside.astype(np.float32)
    around = patches.beside | (beside @ beside > 0)
    bond = np.where(around, np.exp(-np.square(_unlikeness(patches) / _NEAR_COLOUR) / 2), 0) + _SMOOTH * beside
    np.fill_diagonal(bond, 0)
    weight = bond.sum(axis=1) + behind + ahead
    saliency = ahead
    for _ in range(_ROUNDS):
        saliency = ((bond * saliency).sum(axis=1) + ahead) / weight
    saliency = saliency - saliency.min()
    return np.asarray(saliency / (saliency.max() + 1e-6))


def _unlikeness(patches: Patches) -> Floats:
    return np.asarray(np.sqrt(np.square(patches.colours[:, None] - patches.colours[None]).sum(axis=-1)))


def _grown(patches: Patches, inside: Bits, allowed: Bits) -> Bits:
    """`inside` and what goes on from it in small steps of colour through what is `allowed`."""
    joined = patches.beside & (_unlikeness(patches) < _NEAR_COLOUR) & allowed[:, None]
    while True:
        wider = inside | (joined & inside[None]).any(axis=1)
        if (wider == inside).all():
            return inside
        inside = wider


def _otsu(values: Floats, weights: Floats) -> float:
    """The threshold that best splits values from 0 to 1 in two."""
    counts, edges = np.histogram(values, 64, (0, 1), weights=weights)
    middles = (edges[:-1] + edges[1:]) / 2
    below, total = np.cumsum(counts), counts.sum()
    sums = np.cumsum(counts * middles)
    gap = sums / np.maximum(below, 1e-6) - (sums[-1] - sums) / np.maximum(total - below, 1e-6)
    return float(middles[int(np.argmax(below * (total - below) * gap * gap))])


def _whole(area: Bits, doubtful: Bits) -> Bits:
    """`area` without loose pieces, its small holes filled, and its gaps closed where they are `doubtful`."""
    pieces = _pieces(area)
    reach = _GAP * min(area.shape)
    wide = blurred(pieces * np.uint8(255), reach) > _HALF // 3
    closed = blurred(wide * np.uint8(255), reach) > 2 * _HALF - _HALF // 3
    return _pieces(pieces | (closed & doubtful))


def _pieces(area: Bits) -> Bits:
    labels = labelled(area)
    counts = np.bincount(labels.ravel())
    ours, open_ = np.zeros(len(counts), np.bool_), np.zeros(len(counts), np.bool_)
    ours[labels[area]] = True
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        open_[side] = True
    enough = counts >= _LOOSE_SHARE * counts[ours].max(initial=1)
    hole = ~open_ & (counts < _HOLE_SHARE * labels.size)
    kept: Bits = np.where(ours, enough, hole)[labels]
    return kept
