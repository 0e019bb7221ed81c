"""Holes in a picture filled from what is around them.

A hole gets texture copied from wherever in its neighbourhood the rim looks much alike, lifted or lowered by a smooth
membrane so that it meets the rim; where no one place is, a patchwork of many (`edit_patches`); where there is nothing
to take patches from, the membrane alone, with grain. What was under the hole is never looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from limner.engines.sketch.edit_filters import Floats, Plane, Rows, blurred, enlarged_rows, labelled
from limner.engines.sketch.edit_patches import patchwork
from limner.imaging.pixels import Mask, Pixels, bands
from limner.imaging.resize import stretch
from limner.job import Size

Bits: TypeAlias = npt.NDArray[np.bool_]
Places: TypeAlias = npt.NDArray[np.intp]
Box: TypeAlias = tuple[slice, slice]

HOLES_MAX: Final = 24
"""Holes treated one by one; beyond, all are filled as one."""

_LABEL_SIDE: Final = 384
_WORK_SIDE: Final = 224
_SAMPLES: Final = 200
_PART: Final = 512
"""Candidates weighed at once: a few hundred samples of each fit in little memory."""
_MISS_SHARE_MAX: Final = 0.02
_RIM_SEEN_SHARE_MIN: Final = 0.5
_SEEN: Final = 200
_COST_MAX: Final = 36.0
"""A place that suits a hole worse than this (in the measure of `_cost`) had better be many places."""
_PATCH_SIDE: Final = 144
_SEAM_MAX: Final = 22.0
"""Differences (8-bit levels) at a rim beyond this are edges in the picture."""
_HALF: Final = 0.5
_MOST: Final = 0.97
_PLAIN: Final = 1.6
"""Roughness (8-bit levels) up to which a neighbourhood is plain: a membrane does better than its texture."""


@dataclass(frozen=True, slots=True)
class Hole:
    """One connected hole. The box is in pixels, right and bottom exclusive; area_px counts pixels of the hole."""

    left: int
    top: int
    right: int
    bottom: int
    area_px: int
    middle_x: float
    middle_y: float
    bits: Bits
    """(bottom - top, right - left): which pixels of the box are the hole's."""


def find_holes(mask: Mask) -> list[Hole]:
    """The connected holes of `mask` (wherever it is not 0), largest first; one for all when there are very many."""
    area = np.asarray(mask > 0)
    if not area.any():
        return []
    # Patches are told apart on a grid of cells that are in if any pixel of theirs is.
    height_px, width_px = area.shape
    cell = -(-max(height_px, width_px) // _LABEL_SIDE)
    padded = np.pad(area, ((0, -height_px % cell), (0, -width_px % cell)))
    counts = padded.reshape(padded.shape[0] // cell, cell, -1, cell).sum(axis=(1, 3))
    labels = labelled(counts > 0)
    names, sizes = np.unique(labels[counts > 0]), np.bincount(labels.ravel(), counts.ravel())
    if len(names) > HOLES_MAX:
        return [_hole(area, counts > 0, cell)]
    return [_hole(area, labels == name, cell) for name in names[np.argsort(-sizes[names], kind="stable")]]


def filled(pixels: Pixels, mask: Mask) -> Pixels:
    """`pixels` with every pixel where `mask` is not 0 drawn anew from those where it is. May be read-only."""
    known = mask == 0
    if not known.any():
        # Nothing is left to draw from: one grey pixel stands for all.
        return np.broadcast_to(np.array([200, 200, 200, 255], np.uint8), pixels.shape)
    out = pixels.copy()
    # What was there must not even leak in where a copied patch or a filter reaches over the rim.
    np.copyto(out, _mean_of(out, known), where=~known[..., None])
    # While holes are filled alpha says what is known, so that no reduced copy takes colours from elsewhere.
    out[..., 3] = known * np.uint8(255)
    for hole in find_holes(mask):
        _fill(out, known, hole)
    np.copyto(out[..., 3], pixels[..., 3], where=mask == 0)
    return out


def _mean_of(pixels: Pixels, part: Bits) -> Pixels:
    """The mean colour of a part, opaque: (4,)."""
    total = np.zeros(3)
    for rows in bands(len(pixels)):
        total += pixels[rows][part[rows], :3].sum(axis=0)
    return np.append(np.rint(total / np.count_nonzero(part)), 255).astype(np.uint8)


def _hole(area: Bits, cells: Bits, cell: int) -> Hole:
    """The hole that lies in some cells. cell: their side in pixels."""
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    around = cells[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    top, left = int(rows[0]) * cell, int(columns[0]) * cell
    own = area[top : top + around.shape[0] * cell, left : left + around.shape[1] * cell]
    own = own & np.repeat(np.repeat(around, cell, axis=0), cell, axis=1)[: own.shape[0], : own.shape[1]]
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    bits = own[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    left, top = left + int(columns[0]), top + int(rows[0])
    right, bottom = left + bits.shape[1], top + bits.shape[0]
    count = int(bits.sum())
    middle_x = left + float((bits.sum(axis=0) * (np.arange(right - left) + 0.5)).sum() / count)
    middle_y = top + float((bits.sum(axis=1) * (np.arange(bottom - top) + 0.5)).sum() / count)
    return Hole(left, top, right, bottom, count, middle_x, middle_y, bits)


def _fill(out: Pixels, known: Bits, hole: Hole) -> None:
    """Draw one hole into `out` and mark it in `known`, which `out` has in its alpha, too."""
    rows, columns = _window(hole, *known.shape)
    if not known[rows, columns].any():
        rows, columns = slice(0, known.shape[0]), slice(0, known.shape[1])
    window, seen = out[rows, columns], known[rows, columns]
    top, left = hole.top - rows.start, hole.left - columns.start
    box = np.s_[top : top + hole.bits.shape[0], left : left + hole.bits.shape[1]]
    small, weight = _reduced(window, _WORK_SIDE)
    surface = _membrane(small, weight)
    plain = _roughness(small, weight, _MOST) <= _PLAIN
    inside = _reduced_hole(seen.shape, box, hole.bits, weight)
    shift = None if plain else _likest_shift(small, weight, surface, inside, _COST_MAX)
    if shift is not None:
        patch = _shifted_patch(window, small, weight, shift, box)
    else:
        pieces = None if plain else _pieced_patch(window, box)
        patch = _smooth_patch(window, seen, surface, box) if pieces is None else pieces
    np.copyto(window[box][..., :3], patch, where=hole.bits[..., None])
    np.copyto(window[box][..., 3], 255, where=hole.bits)
    seen[box][hole.bits] = True


def _window(hole: Hole, height_px: int, width_px: int) -> Box:
    """The neighbourhood that a hole is filled from."""
    reach = max(24, round(1.3 * max(hole.right - hole.left, hole.bottom - hole.top)))
    return (
        slice(max(0, hole.top - reach), min(height_px, hole.bottom + reach)),
        slice(max(0, hole.left - reach), min(width_px, hole.right + reach)),
    )


def _reduced(window: Pixels, side_px: int) -> tuple[Floats, Floats]:
    """A small copy made of seen pixels only, and which of its pixels were seen, as 0 and 1."""
    scale = min(1.0, side_px / max(window.shape[:2]))
    size = Size(max(1, round(window.shape[1] * scale)), max(1, round(window.shape[0] * scale)))
    small = stretch(window, size).astype(np.float32)
    # A pixel that is only half seen has its colour from few others, and from the resampling's ringing.
    return small[..., :3], np.where(small[..., 3] > _SEEN, np.float32(1), np.float32(0))


def _membrane(values: Floats, weight: Floats) -> Floats:
    """`values` where weight is 1, and between them the calmest surface; (H, W, C) and (H, W) float32.

    A pyramid down to one pixel and back up, relaxed at every level (multigrid for Laplace's equation).
    """
    height, width = weight.shape
    if weight.min() >= 1 or max(height, width) <= 1:
        return values
    padding = ((0, height % 2), (0, width % 2))
    wide = np.pad(weight, padding)
    load = np.pad(values * weight[..., None], (*padding, (0, 0)))
    share = wide.reshape(wide.shape[0] // 2, 2, -1, 2).sum(axis=(1, 3))
    total = load.reshape(load.shape[0] // 2, 2, -1, 2, load.shape[2]).sum(axis=(1, 3))
    coarse = _membrane(total / np.maximum(share, 1e-6)[..., None], np.minimum(share, 1))
    surface = np.repeat(np.repeat(coarse, 2, axis=0), 2, axis=1)[:height, :width]
    keep = weight[..., None]
    surface = values * keep + surface * (1 - keep)
    for _ in range(8):
        near = np.pad(surface, ((1, 1), (1, 1), (0, 0)), mode="edge")
        mean = (near[:-2, 1:-1] + near[2:, 1:-1] + near[1:-1, :-2] + near[1:-1, 2:]) / 4
        surface = values * keep + mean * (1 - keep)
    return surface


def _reduced_hole(shape: tuple[int, ...], box: Box, bits: Bits, weight: Floats) -> Bits:
    """The hole on the small copy."""
    own = np.zeros(shape, np.bool_)
    own[box] = bits
    rows = np.arange(weight.shape[0]) * shape[0] // weight.shape[0]
    columns = np.arange(weight.shape[1]) * shape[1] // weight.shape[1]
    return np.asarray(_grown(own[np.ix_(rows, columns)], 1) & (weight == 0))


def _likest_shift(small: Floats, weight: Floats, surface: Floats, inside: Bits, limit: float) -> tuple[int, int] | None:
    """Rows and columns to the place that suits the hole best and is all seen; None: there is none.

    It suits when its rim is like the hole's, and when what it would bring is near the membrane: not a second face.
    """
    rim = _grown(inside, 3) & (weight > 0)
    if not inside.any() or not rim.any():
        return None
    view = _View(small, weight, surface, _sample(rim), _sample(inside))
    height, width = weight.shape
    step = max(1, max(height, width) // 32)
    shift = _best(view, np.mgrid[-height + 1 : height : step, -width + 1 : width : step].reshape(2, -1), limit)
    if shift is None:
        return None
    near = np.mgrid[-step : step + 1, -step : step + 1].reshape(2, -1)
    return _best(view, near + np.array(shift)[:, None], limit)


@dataclass(frozen=True, slots=True)
class _View:
    """A small copy of a neighbourhood, and samples of the hole's rim and of the hole: (N, 2) rows and columns."""

    small: Floats
    weight: Floats
    surface: Floats
    rim: Places
    hole: Places


def _best(view: _View, shifts: Places, limit: float) -> tuple[int, int] | None:
    """The best of (2, N) shifts, or None when none brings only what was seen and suits well enough."""
    seen = _gather(view.weight, shifts, view.hole).mean(axis=1)
    shifts = shifts[:, seen >= 1 - _MISS_SHARE_MAX]
    if not shifts.size:
        return None
    parts = np.array_split(shifts, -(-shifts.shape[1] // _PART), axis=1)
    costs = np.concatenate([_cost(view, part) for part in parts])
    best = int(np.argmin(costs))
    if costs[best] > limit:
        return None
    return int(shifts[0, best]), int(shifts[1, best])


def _cost(view: _View, shifts: Places) -> Floats:
    """How badly each shift suits the rim and the hole, in summed 8-bit levels of the three channels."""
    seen = _gather(view.weight, shifts, view.rim)
    rim, hole = view.small[tuple(view.rim.T)], view.surface[tuple(view.hole.T)]
    unlike, strange = np.zeros(seen.shape, np.float32), np.zeros((shifts.shape[1], len(hole)), np.float32)
    for channel in range(3):
        unlike += np.abs(_gather(view.small[..., channel], shifts, view.rim) - rim[:, channel])
        strange += np.abs(_gather(view.small[..., channel], shifts, view.hole) - hole[:, channel])
    rim_cost = (unlike * seen).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    half_blind = 60 * (seen.mean(axis=1) < _RIM_SEEN_SHARE_MIN)
    # Near is likelier than far to be the same ground under the same light.
    return np.asarray(rim_cost + 0.7 * strange.mean(axis=1) + half_blind + 0.06 * np.hypot(*shifts))


def _sample(bits: Bits) -> Places:
    places = np.argwhere(bits)
    return places[:: -(-len(places) // _SAMPLES)]


def _gather(plane: Floats, shifts: Places, places: Places) -> Floats:
    """(shifts, places): `plane` at each place moved by each shift; 0 outside."""
    rows, columns = places[:, 0] + shifts[0, :, None], places[:, 1] + shifts[1, :, None]
    height, width = plane.shape
    within = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return np.asarray(plane[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)] * within)


def _grown(bits: Bits, by: int) -> Bits:
    padded = np.pad(bits, by)
    height, width = bits.shape
    out = bits.copy()
    for down in range(2 * by + 1):
        for right in range(2 * by + 1):
            out |= padded[down : down + height, right : right + width]
    return out


def _shifted_patch(
    window: Pixels,
    small: Floats,
    weight: Floats,
    shift: tuple[int, int],
    box: Box,
) -> Plane:
    """The box's pixels copied from `shift` away, on a membrane stretched over how the two rims differ."""
    down, right = shift
    rows, columns = np.arange(small.shape[0]) + down, np.arange(small.shape[1]) + right
    within = ((rows >= 0) & (rows < small.shape[0]))[:, None] & ((columns >= 0) & (columns < small.shape[1]))[None]
    place = np.ix_(np.clip(rows, 0, small.shape[0] - 1), np.clip(columns, 0, small.shape[1] - 1))
    both = weight * weight[place] * within
    scale = window.shape[0] / small.shape[0], window.shape[1] / small.shape[1]
    difference = _membrane((small - small[place]) * both[..., None], both)
    lift = enlarged_rows(np.clip(difference / 2 + 128, 0, 255).astype(np.uint8), *window.shape[:2])
    far_rows = _folded(np.arange(box[0].start, box[0].stop) + round(down * scale[0]), window.shape[0])
    far_columns = _folded(np.arange(box[1].start, box[1].stop) + round(right * scale[1]), window.shape[1])
    return _banded(
        box, lambda part: window[np.ix_(far_rows[part], far_columns)][..., :3] + _unlifted(_part_of(lift, box, part))
    )


def _banded(box: Box, make: Callable[[slice], Floats]) -> Plane:
    """A patch for a box, (H, W, 3), made some rows at a time: as floats all of it would be too much."""
    height, width = (side.stop - side.start for side in box)
    out = np.empty((height, width, 3), np.uint8)
    for part in bands(height):
        out[part] = np.clip(np.rint(make(part)), 0, 255)
    return out


def _part_of(window: Rows, box: Box, part: slice) -> Plane:
    """Some rows of a box of a window."""
    return window[box[0].start + part.start : box[0].start + part.stop][:, box[1]]


def _unlifted(lift: Plane) -> Floats:
    """Differences from -256 to 254 that were kept as bytes."""
    return (lift.astype(np.float32) - 128) * 2


def _pieced_patch(window: Pixels, box: Box) -> Plane | None:
    """The box's pixels copied from the places of a patchwork, neighbouring pieces blended; None: there is none."""
    small, weight = _reduced(window, _PATCH_SIDE)
    hole = _grown(weight == 0, 1)
    work = patchwork(small, ~hole, _membrane(small, weight)) if hole.any() else None
    if work is None:
        return None
    height, width = weight.shape
    scale = window.shape[0] / height, window.shape[1] / width
    offsets = work.places - np.mgrid[:height, :width]
    # The patches agree on colours that none of them has alone: what is missing is spread over each piece.
    uneven = work.colours - small[tuple(work.places)]
    uneven += _off_rim(small, work.places, uneven, hole)
    uneven = np.clip(uneven / 2 + 128, 0, 255).astype(np.uint8)
    lift = enlarged_rows(blurred(uneven, 1.2), *window.shape[:2])
    columns = np.arange(box[1].start, box[1].stop)

    def pieces(part: slice) -> Floats:
        rows = np.arange(box[0].start, box[0].stop)[part]
        patch = np.zeros((len(rows), len(columns), 3), np.float32)
        total = np.zeros(patch.shape[:2], np.float32)
        for (near_rows, row_share), (near_columns, column_share) in product(
            _neighbours(rows, scale[0], height), _neighbours(columns, scale[1], width)
        ):
            down, right = offsets[:, near_rows][:, :, near_columns]
            from_rows = _folded(np.rint(rows[:, None] + down * scale[0]).astype(np.intp), window.shape[0])
            from_columns = _folded(np.rint(columns[None] + right * scale[1]).astype(np.intp), window.shape[1])
            # A neighbour outside the hole would have a pixel copied from itself.
            share = row_share[:, None] * column_share * hole[np.ix_(near_rows, near_columns)]
            patch += window[from_rows, from_columns, :3] * share[..., None]
            total += share
        return np.asarray(patch / np.maximum(total, 1e-6)[..., None] + _unlifted(_part_of(lift, box, part)))

    return _banded(box, pieces)


def _off_rim(small: Floats, places: Places, uneven: Floats, hole: Bits) -> Floats:
    """How much lighter each pixel of a patchwork must be to meet the hole's rim: in a sky the least seam is seen.

    Each piece is carried on over the rim by a pixel, where it can be compared with what is there; a membrane spreads
    the differences over the hole (Pérez, Gangnet and Blake, 2003).
    """
    height, width = hole.shape
    total, count = np.zeros_like(small), np.zeros(hole.shape, np.float32)
    inside = np.argwhere(hole)
    for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        rows, columns = inside[:, 0] + down, inside[:, 1] + right
        from_rows, from_columns = places[:, inside[:, 0], inside[:, 1]] + np.array([[down], [right]])
        there = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        there &= (from_rows >= 0) & (from_rows < height) & (from_columns >= 0) & (from_columns < width)
        there[there] &= ~hole[rows[there], columns[there]]
        carried = small[from_rows[there], from_columns[there]] + uneven[tuple(inside[there].T)]
        # For one direction no two pixels of the hole have the same neighbour.
        total[rows[there], columns[there]] += small[rows[there], columns[there]] - carried
        count[rows[there], columns[there]] += 1
    rim = (count > 0).astype(np.float32)
    difference = np.clip(total / np.maximum(count, 1)[..., None], -_SEAM_MAX, _SEAM_MAX)
    return np.asarray(_membrane(difference * rim[..., None], rim) * hole[..., None])


def _neighbours(places: Places, scale: float, length: int) -> Iterator[tuple[Places, Floats]]:
    """The two pixels of the small copy that each place lies between, and the share each has in it."""
    exact = (places + 0.5) / scale - 0.5
    first = np.floor(exact).astype(np.intp)
    share = (exact - first).astype(np.float32)
    yield _folded(first, length), 1 - share
    yield _folded(first + 1, length), share


def _folded(places: Places, length: int) -> Places:
    """Places beyond an end, of which rounding leaves a few, brought back to it."""
    return np.clip(places, 0, length - 1)


def _roughness(colours: Floats, weight: Floats, share: float) -> float:
    """How far `share` of the seen pixels stray at most from their neighbourhood's mean, in 8-bit levels."""
    soft = blurred(np.clip(colours, 0, 255).astype(np.uint8), 1.2)
    rough = np.abs(colours - soft)[weight > 0]
    return float(np.quantile(rough, share)) if rough.size else 0.0


def _smooth_patch(window: Pixels, seen: Bits, surface: Floats, box: Box) -> Plane:
    """The membrane at full size with grain as strong as that of the seen pixels."""
    large = enlarged_rows(np.clip(surface, 0, 255).astype(np.uint8), *window.shape[:2])
    step = max(1, max(window.shape[:2]) // 512)
    sample = window[::step, ::step, :3].astype(np.float32)
    strength = np.float32(min(9.0, 1.2 * _roughness(sample, seen[::step, ::step].astype(np.float32), _HALF)))
    height, width = (side.stop - side.start for side in box)
    dice = np.random.default_rng(height * 65_537 + width)

    def grained(part: slice) -> Floats:
        grain = dice.standard_normal((part.stop - part.start, width), dtype=np.float32)
        return np.asarray(_part_of(large, box, part) + grain[..., None] * strength)

    return _banded(box, grained)
