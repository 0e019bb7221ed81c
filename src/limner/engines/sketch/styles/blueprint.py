"""White lines on blue, over a grid."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, blurred_rows, by_bands, luma
from limner.engines.sketch.styles.lines import contours, line_px
from limner.imaging.pixels import Pixels

_BLUE = np.array([24, 74, 148], np.float32)
_DEEP = np.array([14, 50, 112], np.float32)
_CHALK = np.array([232, 242, 255], np.float32)
_CELLS = 25


def restyle(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """Edges become chalk; shade is a hint of it; a frame and a grid are drawn around and below."""
    strokes = contours(pixels)
    glow = blurred_rows(strokes, 4.0 * line_px(pixels))
    shade = blurred_rows(luma(pixels), min(pixels.shape[:2]) / 160)
    height, width = pixels.shape[:2]
    step, thin = min(height, width) / _CELLS, line_px(pixels)
    rows, columns = np.arange(height), np.arange(width)
    inset = step * 0.6

    def ruled(at: Floats, pitch: float) -> Floats:
        return np.asarray((at % pitch) < thin, np.float32)

    across = ruled(columns.astype(np.float32), step) * 0.1 + ruled(columns.astype(np.float32), step * 5) * 0.12
    framed_x = (np.abs(columns - inset) <= thin) | (np.abs(columns - (width - 1 - inset)) <= thin)
    inside_x = (columns >= inset) & (columns <= width - 1 - inset)

    def draw(band: Floats, top: int) -> Floats:
        part = slice(top, top + band.shape[0])
        y = rows[part].astype(np.float32)
        down = ruled(y, step) * 0.1 + ruled(y, step * 5) * 0.12
        inside_y = (y >= inset) & (y <= height - 1 - inset)
        framed_y = (np.abs(y - inset) <= thin) | (np.abs(y - (height - 1 - inset)) <= thin)
        frame = (framed_x[None] & inside_y[:, None]) | (framed_y[:, None] & inside_x[None])
        grid = np.maximum(across[None], down[:, None])
        paper = _DEEP + (_BLUE - _DEEP) * (shade[part].astype(np.float32) / 255)[..., None]
        chalk = np.clip(strokes[part] / 255 * 0.95 + glow[part] / 255 * 0.25 + grid + frame * 0.8, 0, 1)[..., None]
        return np.asarray(paper * (1 - chalk) + _CHALK * chalk)

    return by_bands(pixels, draw)
