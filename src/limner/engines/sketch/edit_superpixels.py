"""A small picture as a few hundred patches of like colour, and how those hang together.

Patches by Achanta's SLIC (2012), without the random parts: the same picture gives the same patches.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from limner.engines.sketch.edit_filters import Floats, Plane

_COMPACTNESS: Final = 12.0
"""Levels of colour that weigh as much as the distance of two patches."""
_ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Patches:
    """labels: (H, W), the patch of every pixel. colours: (N, 3) CIELAB. places: (N, 2) rows and columns, in pixels.

    sizes: (N,) pixels of each. beside: (N, N), whether two touch.
    """

    labels: npt.NDArray[np.intp]
    colours: Floats
    places: Floats
    sizes: Floats
    beside: npt.NDArray[np.bool_]

    def mean(self, values: npt.NDArray[np.generic]) -> Floats:
        """(N,) mean of (H, W) values over each patch."""
        return np.asarray(np.bincount(self.labels.ravel(), values.ravel(), len(self.sizes)) / self.sizes)


def lab_of(colours: Plane) -> Floats:
    """(..., 3) sRGB as CIELAB under D65, float32. Source: IEC 61966-2-1 and CIE 15."""
    straight = colours.astype(np.float32) / 255
    linear = np.where(straight > 0.04045, ((straight + 0.055) / 1.055) ** 2.4, straight / 12.92)  # noqa: PLR2004
    red, green, blue = linear[..., 0], linear[..., 1], linear[..., 2]
    x = _bent((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505)
    y = _bent(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    z = _bent((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def patches_of(lab: Floats, count: int) -> Patches:
    """About `count` patches of a picture given in CIELAB."""
    height_px, width_px = lab.shape[:2]
    pitch = max(2.0, (height_px * width_px / count) ** 0.5)
    rows, columns = max(1, round(height_px / pitch)), max(1, round(width_px / pitch))
    down, across = np.mgrid[:height_px, :width_px].astype(np.float32)
    features = np.concatenate([lab, np.stack([down, across], axis=-1) * (_COMPACTNESS / pitch)], axis=-1)
    home_row = np.arange(height_px)[:, None] * rows // height_px
    home_column = np.arange(width_px)[None] * columns // width_px
    centres = _means((home_row * columns + home_column).ravel(), features, rows * columns)
    labels = np.zeros((height_px, width_px), np.intp)
    for _ in range(_ROUNDS):
        best = np.full((height_px, width_px), np.inf, np.float32)
        for row, column in product((-1, 0, 1), repeat=2):
            near = np.clip(home_row + row, 0, rows - 1) * columns + np.clip(home_column + column, 0, columns - 1)
            distance = np.square(features - centres[near]).sum(axis=-1)
            nearer = distance < best
            best[nearer], labels[nearer] = distance[nearer], near[nearer]
        centres = np.where(
            np.bincount(labels.ravel(), minlength=len(centres))[:, None] > 0,
            _means(labels.ravel(), features, len(centres)),
            centres,
        )
    return _patches(labels, features, pitch)


def _bent(level: Floats) -> Floats:
    return np.where(level > 0.008856, np.cbrt(level), 7.787 * level + 16 / 116)  # noqa: PLR2004 - CIE's epsilon


def _means(labels: npt.NDArray[np.intp], features: Floats, count: int) -> Floats:
    sizes = np.maximum(np.bincount(labels, minlength=count), 1)
    flat = features.reshape(-1, features.shape[-1])
    sums = [np.bincount(labels, flat[:, axis], minlength=count) for axis in range(flat.shape[1])]
    return (np.stack(sums, axis=-1) / sizes[:, None]).astype(np.float32)


def _patches(labels: npt.NDArray[np.intp], features: Floats, pitch: float) -> Patches:
    names, numbers = np.unique(labels, return_inverse=True)
    numbers = numbers.reshape(labels.shape)
    count = len(names)
    means = _means(numbers.ravel(), features, count)
    beside = np.zeros((count, count), np.bool_)
    beside[numbers[:, :-1], numbers[:, 1:]] = True
    beside[numbers[:-1], numbers[1:]] = True
    beside |= beside.T
    np.fill_diagonal(beside, val=False)
    sizes = np.bincount(numbers.ravel(), minlength=count).astype(np.float32)
    return Patches(numbers, means[:, :3], means[:, 3:] * (pitch / _COMPACTNESS), sizes, beside)
