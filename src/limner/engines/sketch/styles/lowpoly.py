"""Flat triangles whose corners lie on the picture's edges."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, Plane, blurred, luma, polygons
from limner.engines.sketch.edit_tones import adjusted
from limner.engines.sketch.edit_words import Tone
from limner.engines.sketch.styles.lines import edges
from limner.imaging.pixels import Pixels, from_grey
from limner.imaging.resize import stretch
from limner.job import Size

_FACETS = 30
"""Facets from top to bottom."""
_CELL_PX = 16
"""Side of a facet on the small copy that corners and colours are found on."""


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """The picture as its facets."""
    height, width = pixels.shape[:2]
    corners, colours = facets(pixels, dice)
    return polygons(corners * (width, height), colours[:, :3], width, height)


def facets(pixels: Pixels, dice: np.random.Generator) -> tuple[Floats, Plane]:
    """Triangles between one point per cell of a grid, each point pulled to the sharpest edge in its cell.

    Corners (N, 3, 2), shares of width and height, and their colours (N, 4) uint8.
    """
    height, width = pixels.shape[:2]
    rows, columns = _FACETS, min(3 * _FACETS, max(2, round(_FACETS * width / height)))
    small = stretch(pixels, Size(columns * _CELL_PX, rows * _CELL_PX))
    steep = stretch(from_grey(edges(luma(small), 1)), Size(columns * 8, rows * 8))[..., 0]
    pull = steep.reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3).reshape(rows, columns, 64)
    best = np.argmax(pull + dice.uniform(0, 24, pull.shape), axis=-1)
    y = np.pad((np.arange(rows)[:, None] + (best // 8 + 0.5) / 8) / rows, 1, mode="edge")
    x = np.pad((np.arange(columns)[None] + (best % 8 + 0.5) / 8) / columns, 1, mode="edge")
    y[0], y[-1], x[:, 0], x[:, -1] = 0, 1, 0, 1
    corners = np.stack([x, y], axis=-1)
    upper = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, :-1]], axis=2)
    lower = np.stack([corners[1:, 1:], corners[:-1, 1:], corners[1:, :-1]], axis=2)
    triangles = np.concatenate([upper.reshape(-1, 3, 2), lower.reshape(-1, 3, 2)])
    soft = adjusted(blurred(small, _CELL_PX / 5), Tone.CONTRAST, 0.4)
    across, down = (triangles.mean(axis=1) * (small.shape[1], small.shape[0])).astype(int).T
    return triangles, soft[np.minimum(down, small.shape[0] - 1), np.minimum(across, small.shape[1] - 1)]
