"""From where in a picture each pixel of a hole had best be copied, patch by patch, so that no seam shows.

After Wexler, Shechtman and Irani's completion (2007), found by Barnes' PatchMatch (2009) from coarse to fine. Chance is
seeded by the picture's shape, so that the same picture is filled alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from limner.engines.sketch.edit_filters import Floats

Bits: TypeAlias = npt.NDArray[np.bool_]
Places: TypeAlias = npt.NDArray[np.intp]

_REACH: Final = 3
"""Patches are squares of twice this and one."""
_SIDE: Final = 2 * _REACH + 1
_COARSE: Final = 28
"""Levels go down to about this many pixels on the shorter side: there a patch holds much of the scene."""
_ROUNDS: Final = (2, 4, 8)
"""How often places are looked for and colours averaged, from the finest level on; the last for all coarser ones."""
_TRUST: Final = 1.35
"""How much less a pixel counts in comparing patches for every pixel that it lies farther inside the hole."""
_SOURCES_MIN: Final = 12
_HINTS: Final = (0.06, 0.12, 0.25)
"""How much a patch's mean colour must be the expected one, beside fitting its neighbours; finest level first."""
_FAR: Final = 900.0
"""And how much it must come from near, from the same height above all: ground is found at the foot of a picture."""


@dataclass(frozen=True, slots=True)
class Patchwork:
    """places: (2, H, W) rows and columns to copy each pixel from, its own where it is known.

    colours: (H, W, 3) the picture as all patches together would have it, which evens out where they meet.
    """

    places: Places
    colours: Floats


def patchwork(image: Floats, known: Bits, expected: Floats) -> Patchwork | None:
    """The hole of a small picture filled with patches of the rest; None when hardly any patch of it is known whole.

    image: (H, W, 3); known: (H, W), what may be looked at. expected: (H, W, 3), roughly the colours to come: without
    them a hole is filled with whatever is plainest, as that fits itself best.
    """
    start = np.where(known[..., None], image, expected)
    levels = _levels(np.concatenate([start, expected], axis=-1).astype(np.float32), known)
    dice = np.random.default_rng(image.shape[0] * 65_537 + image.shape[1])
    field: Places | None = None
    colours = levels[-1][0][..., :3]
    for depth, (both, seen) in reversed(list(enumerate(levels))):
        pixels, hints = both[..., :3], both[..., 3:]
        level = _Level.of(seen)
        if level is None:
            continue
        height, width = seen.shape
        if field is None:
            colours = pixels
            field = level.sources[:, dice.integers(0, level.sources.shape[1], seen.size)].reshape(2, height, width)
        else:
            field = _doubled(field, height, width)
            colours = np.where(seen[..., None], pixels, pixels[tuple(field)])
        for _ in range(_ROUNDS[min(depth, len(_ROUNDS) - 1)]):
            field, misfit = _searched(colours, hints, level, field, dice, _HINTS[min(depth, len(_HINTS) - 1)])
            colours = np.where(seen[..., None], pixels, _voted(colours, level, field, misfit))
    if field is None or field.shape[1:] != known.shape:
        return None
    own = np.mgrid[: known.shape[0], : known.shape[1]]
    return Patchwork(np.asarray(np.where(known, own, field), np.intp), colours)


@dataclass(frozen=True, slots=True)
class _Level:
    """What one level of the search is about.

    allowed: (H, W), middles of patches known whole; sources: (2, N), their places. targets: (2, M), middles of patches
    that reach into the hole. trust: (M, patch), how much each pixel of a target counts.
    """

    allowed: Bits
    sources: Places
    targets: Places
    trust: Floats

    @classmethod
    def of(cls, seen: Bits) -> _Level | None:
        """None when hardly any patch is known whole."""
        around = np.pad(seen, _REACH)
        allowed = np.asarray(_windows(around).all(axis=-1))
        sources = np.argwhere(allowed).T
        if sources.shape[1] < _SOURCES_MIN:
            return None
        hole = np.pad(~seen, _REACH)
        targets = np.argwhere(_windows(hole).any(axis=-1)).T
        depth = _depth(seen)
        trust = _windows(np.pad(_TRUST ** -depth.astype(np.float32), _REACH))[tuple(targets)]
        return cls(allowed, sources, targets, trust.astype(np.float32))


def _windows(padded: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """(H, W, patch…) of a plane padded by the patches' reach."""
    view = np.lib.stride_tricks.sliding_window_view(padded, (_SIDE, _SIDE), axis=(0, 1))
    return view.reshape(*view.shape[:2], -1)


def _levels(image: Floats, known: Bits) -> list[tuple[Floats, Bits]]:
    """The picture and what is known of it, finest first, each level half the one before it."""
    levels = [(image, known)]
    while min(levels[-1][1].shape) >= 2 * _COARSE:
        pixels, seen = levels[-1]
        height, width = seen.shape[0] // 2, seen.shape[1] // 2
        blocks = seen[: 2 * height, : 2 * width].reshape(height, 2, width, 2)
        weight = np.where(blocks, 1.0, 1e-3).astype(np.float32)
        load = pixels[: 2 * height, : 2 * width].reshape(height, 2, width, 2, -1) * weight[..., None]
        mean = load.sum(axis=(1, 3)) / weight.sum(axis=(1, 3))[..., None]
        levels.append((mean, np.asarray(blocks.all(axis=(1, 3)))))
    return levels


def _depth(seen: Bits) -> npt.NDArray[np.int32]:
    """How far inside the hole each pixel lies, in steps; 0 outside."""
    depth = np.zeros(seen.shape, np.int32)
    left = ~seen
    while left.any():
        depth += left
        ring = np.pad(left, 1, mode="edge")
        inner = ring[:-2, 1:-1] & ring[2:, 1:-1] & ring[1:-1, :-2] & ring[1:-1, 2:] & left
        if (inner == left).all():
            break
        left = inner
    return depth


def _doubled(field: Places, height: int, width: int) -> Places:
    """A field of the next coarser level, in the pixels of this one."""
    rows = np.minimum(np.arange(height) // 2, field.shape[1] - 1)
    columns = np.minimum(np.arange(width) // 2, field.shape[2] - 1)
    larger = field[:, rows][:, :, columns] * 2
    larger[0] = np.minimum(larger[0] + (np.arange(height) % 2)[:, None], height - 1)
    larger[1] = np.minimum(larger[1] + (np.arange(width) % 2)[None], width - 1)
    return np.asarray(larger)


def _searched(
    colours: Floats, hints: Floats, level: _Level, field: Places, dice: np.random.Generator, firmness: float
) -> tuple[Places, Floats]:
    """The field bettered for every target, and how badly each fits still."""
    height, width = level.allowed.shape
    padded = np.pad(colours, ((_REACH, _REACH), (_REACH, _REACH), (0, 0)), mode="edge")
    patches = np.lib.stride_tricks.sliding_window_view(padded, (_SIDE, _SIDE), axis=(0, 1))
    table = patches.transpose(0, 1, 3, 4, 2).reshape(height * width, -1)
    targets = level.targets
    wanted = table[targets[0] * width + targets[1]]
    trust = np.repeat(level.trust, 3, axis=1)
    trust = trust / trust.sum(axis=1, keepdims=True)

    means = table.reshape(height * width, -1, 3).mean(axis=1)
    hint = hints[tuple(targets)]

    def cost(places: Places, which: Places) -> Floats:
        index = places[0] * width + places[1]
        difference = table[index] - wanted[which]
        unlike = np.einsum("ij,ij,ij->i", difference, difference, trust[which])
        strange = np.square(means[index] - hint[which]).sum(axis=1)
        off = np.square((places[0] - targets[0, which]) / height) + 0.2 * np.square(
            (places[1] - targets[1, which]) / width
        )
        return np.asarray(unlike + firmness * strange + _FAR * off, np.float32)

    best = field[:, targets[0], targets[1]]
    lost = ~level.allowed[tuple(best)]
    best[:, lost] = level.sources[:, dice.integers(0, level.sources.shape[1], int(lost.sum()))]
    misfit = cost(best, np.arange(best.shape[1]))
    field = field.copy()
    for candidates in _candidates(field, level, best, dice):
        rows, columns = candidates
        fits = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width) & (candidates != best).any(axis=0)
        fits[fits] = level.allowed[rows[fits], columns[fits]]
        chosen = np.flatnonzero(fits)
        if not len(chosen):
            continue
        tried = candidates[:, chosen]
        found = cost(tried, chosen)
        better = found < misfit[chosen]
        misfit[chosen[better]] = found[better]
        best[:, chosen[better]] = tried[:, better]
    field[:, targets[0], targets[1]] = best
    return field, misfit


def _candidates(field: Places, level: _Level, best: Places, dice: np.random.Generator) -> Iterator[Places]:
    """Places to try for every target: what suits its neighbours, and chance in narrowing circles. Reads `best` anew."""
    targets, (height, width) = level.targets, level.allowed.shape
    for stride in (3, 1):
        for down, right in ((0, -1), (-1, 0), (0, 1), (1, 0)):
            field[:, targets[0], targets[1]] = best
            rows = np.clip(targets[0] + down * stride, 0, height - 1)
            columns = np.clip(targets[1] + right * stride, 0, width - 1)
            yield field[:, rows, columns] - np.stack([rows - targets[0], columns - targets[1]])
    radius = max(height, width) / 2
    while radius >= 1:
        yield best + np.rint(dice.uniform(-radius, radius, best.shape)).astype(np.intp)
        radius /= 2


def _voted(colours: Floats, level: _Level, field: Places, misfit: Floats) -> Floats:
    """Colours as all patches over a pixel would have them, those that fit better counting more."""
    height, width = level.allowed.shape
    spread = float(np.quantile(misfit, 0.75)) + 1.0
    weight = np.exp(-misfit / (2 * spread)).astype(np.float32)
    total = np.zeros((height * width, 4), np.float64)
    rows, columns = level.targets
    from_rows, from_columns = field[:, rows, columns]
    for down, right in product(range(-_REACH, _REACH + 1), repeat=2):
        there = (rows + down >= 0) & (rows + down < height) & (columns + right >= 0) & (columns + right < width)
        place = (rows + down)[there] * width + (columns + right)[there]
        brought = colours[from_rows[there] + down, from_columns[there] + right] * weight[there][:, None]
        # One target a place for each step: no place is written to twice at once.
        total[place, :3] += brought
        total[place, 3] += weight[there]
    return (total[:, :3] / np.maximum(total[:, 3:], 1e-9)).reshape(height, width, 3).astype(np.float32)
