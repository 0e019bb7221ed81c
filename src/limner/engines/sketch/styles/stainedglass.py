"""Panes of coloured glass between strips of lead."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, blurred, blurred_rows, by_bands, enlarged_rows, stretched_rows
from limner.engines.sketch.edit_tones import adjusted
from limner.engines.sketch.edit_words import Tone
from limner.engines.sketch.styles.lines import contours, line_px
from limner.engines.sketch.styles.waves import Waves
from limner.imaging.pixels import Pixels
from limner.imaging.resize import stretch
from limner.job import Size

_PANES = 17
"""Panes from top to bottom."""
_WORK_PX = 420


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """Cells about scattered points, each of one colour; lead along their borders and along the subject's outlines."""
    height, width = pixels.shape[:2]
    scale = min(1.0, _WORK_PX / min(height, width))
    size = Size(max(8, round(width * scale)), max(8, round(height * scale)))
    small = adjusted(adjusted(stretch(pixels, size), Tone.SATURATE, 1.1), Tone.CONTRAST, 0.4)
    cell = _cells(size, dice)
    count = int(cell.max()) + 1
    weight = np.maximum(np.bincount(cell.ravel(), minlength=count), 1)
    means = np.stack(
        [np.bincount(cell.ravel(), small[..., channel].ravel(), count) / weight for channel in range(3)], axis=1
    )
    panes = small.copy()
    panes[..., :3] = (means[cell] * 0.5 + small[..., :3] * 0.5).astype(np.uint8)
    border = np.zeros(cell.shape, np.uint8)
    border[:-1] |= (cell[:-1] != cell[1:]).astype(np.uint8) * 255
    border[:, :-1] |= (cell[:, :-1] != cell[:, 1:]).astype(np.uint8) * 255
    lead = blurred(border, 0.9)
    glass = stretched_rows(panes, height, width)
    strips = enlarged_rows(lead, height, width)
    outline = blurred_rows(contours(pixels, sharp=0.7), 1.2 * line_px(pixels))
    short = min(height, width)
    upright = 0.05 * np.sin(np.arange(width, dtype=np.float32) / short * 61)
    slanting = Waves(pixels, 23 / short, 47 / short)

    def draw(band: Floats, top: int) -> Floats:
        rows = slice(top, top + band.shape[0])
        dark = np.clip(strips[rows].astype(np.float32) / 88, 0, 1) ** 1.5
        dark = np.clip(dark + np.clip(outline[rows].astype(np.float32) / 110 - 0.25, 0, 1), 0, 1)[..., None]
        ripple = 1.06 + upright * slanting[rows]
        return np.asarray(band * ripple[..., None] * (1 - dark) + np.array([20, 18, 24], np.float32) * dark)

    return by_bands(pixels, draw, of=glass)


def _cells(size: Size, dice: np.random.Generator) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Which point of a jittered grid is nearest: (H, W); only the nine about a pixel's own cell can be."""
    side = size.height_px / _PANES
    rows, columns = _PANES + 3, int(size.width_px / side) + 4
    jitter = dice.uniform(0.08, 0.92, (rows, columns, 2)).astype(np.float32)
    y, x = np.mgrid[: size.height_px, : size.width_px].astype(np.float32) / np.float32(side) + 1
    row, column = y.astype(np.intp), x.astype(np.intp)
    best = np.full(y.shape, np.inf, np.float32)
    owner = np.zeros(y.shape, np.intp)
    for step_y in (-1, 0, 1):
        for step_x in (-1, 0, 1):
            at_y, at_x = np.clip(row + step_y, 0, rows - 1), np.clip(column + step_x, 0, columns - 1)
            point = jitter[at_y, at_x]
            far = (at_y + point[..., 0] - y) ** 2 + (at_x + point[..., 1] - x) ** 2
            closer = far < best
            best[closer] = far[closer]
            owner[closer] = (at_y * columns + at_x)[closer]
    return owner
