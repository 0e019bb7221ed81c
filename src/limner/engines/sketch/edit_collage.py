"""Several pictures in one, each to be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from limner.engines.sketch.edit_arrangement import Arrangement, Layout
from limner.engines.sketch.edit_filters import mixed
from limner.engines.sketch.edit_insert import Box, box_for, fitted, inserted, trimmed
from limner.engines.sketch.edit_matte import cut_out, find_matte
from limner.engines.sketch.edit_steps import Place
from limner.engines.sketch.edit_tones import balanced_to
from limner.imaging.pixels import Pixels, flatten, size_of
from limner.imaging.resize import cover, stretch
from limner.job import Size


def arranged(images: Sequence[Pixels], arrangement: Arrangement, size: Size) -> Pixels:
    """One picture of exactly `size` in which every one of `images`, at least two, is to be seen. A new array."""
    return _LAYOUTS[arrangement.layout](images, arrangement, size)


def newcomer(pixels: Pixels) -> Pixels:
    """What is laid into another picture for this one: its subject where that can be cut out, else a framed print."""
    matte = find_matte(pixels)
    cut = trimmed(cut_out(pixels, matte)) if matte else None
    return _framed(pixels) if cut is None else cut


_GAP_SHARE: Final = 0.012
_FRAME_SHARE: Final = 0.035
_PRINT_SIDE_PX: Final = 1024
_INSET_SIDE: Final = 0.27
_INTO_SIDE: Final = 0.56


def _framed(pixels: Pixels) -> Pixels:
    scale = min(1.0, _PRINT_SIDE_PX / max(pixels.shape[:2]))
    own = size_of(pixels)
    inner = flatten(stretch(pixels, Size(max(1, round(own.width_px * scale)), max(1, round(own.height_px * scale)))))
    border = max(1, round(_FRAME_SHARE * min(inner.shape[:2])))
    sheet = np.full((inner.shape[0] + 2 * border, inner.shape[1] + 2 * border, 4), 250, np.uint8)
    sheet[..., 3] = 255
    sheet[border:-border, border:-border] = inner
    return sheet


def _others(images: Sequence[Pixels], base: int) -> list[Pixels]:
    return [image for index, image in enumerate(images) if index != base]


def _insets(images: Sequence[Pixels], arrangement: Arrangement, size: Size) -> Pixels:
    """The others as small prints along the bottom, from the right, in as many rows as they need."""
    out = cover(images[arrangement.base], size)
    prints = [_framed(image) for image in _others(images, arrangement.base)]
    short_px = min(size.width_px, size.height_px)
    side_px = round(short_px * _INSET_SIDE)
    gap_px = max(1, round(side_px * 0.1))
    columns = max(1, min(len(prints), (size.width_px - gap_px) // (side_px + gap_px)))
    rows = -(-len(prints) // columns)
    side_px = max(1, min(side_px, (size.height_px - gap_px) // (rows + 1) - gap_px))
    for index, framed in enumerate(prints):
        right = size.width_px - gap_px - (index % columns) * (side_px + gap_px)
        bottom = size.height_px - gap_px - (index // columns) * (side_px + gap_px)
        out = inserted(out, framed, fitted(Box(right - side_px, bottom - side_px, right, bottom), framed))
    return out


def _into(images: Sequence[Pixels], arrangement: Arrangement, size: Size) -> Pixels:
    out = cover(images[arrangement.base], size)
    others = _others(images, arrangement.base)
    for index, image in enumerate(others):
        x = (index + 1) / (len(others) + 1)
        place = arrangement.place or Place(x, 0.66, min(_INTO_SIDE, 1.1 / (len(others) + 1)))
        guest = newcomer(image)
        out = inserted(out, guest, fitted(box_for(out, place), guest))
    return out


def _grid(images: Sequence[Pixels], counts: Sequence[int], size: Size) -> Pixels:
    """Rows of so many pictures each, with a pale gap between."""
    gap_px = max(1, round(_GAP_SHARE * min(size.width_px, size.height_px)))
    out = np.full((size.height_px, size.width_px, 4), 248, np.uint8)
    out[..., 3] = 255
    index = 0
    for row, count in enumerate(counts):
        top, bottom = _cell(row, len(counts), size.height_px, gap_px)
        for column in range(count):
            left, right = _cell(column, count, size.width_px, gap_px)
            if right > left and bottom > top:
                out[top:bottom, left:right] = flatten(cover(images[index], Size(right - left, bottom - top)))
            index += 1
    return out


def _cell(index: int, count: int, length_px: int, gap_px: int) -> tuple[int, int]:
    """First and last (exclusive) pixel of one of `count` cells with gaps around them."""
    free_px = length_px - gap_px * (count + 1)
    if free_px < count:
        return index * length_px // count, (index + 1) * length_px // count
    start = gap_px * (index + 1) + free_px * index // count
    return start, start + free_px * (index + 1) // count - free_px * index // count


def _beside(images: Sequence[Pixels], _: Arrangement, size: Size) -> Pixels:
    per_row = 4
    rows = -(-len(images) // per_row)
    return _grid(images, _shared_out(len(images), rows), size)


def _collage(images: Sequence[Pixels], _: Arrangement, size: Size) -> Pixels:
    rows = max(1, round((len(images) * size.height_px / size.width_px) ** 0.5))
    return _grid(images, _shared_out(len(images), min(rows, len(images))), size)


def _shared_out(count: int, rows: int) -> list[int]:
    """`count` in `rows` nearly equal parts, larger ones last."""
    return [(count * (row + 1)) // rows - (count * row) // rows for row in range(rows)]


def _blend(images: Sequence[Pixels], _: Arrangement, size: Size) -> Pixels:
    out = flatten(cover(images[0], size))
    for index, image in enumerate(images[1:], start=2):
        out = mixed(out, flatten(cover(image, size)), 255 // index)
    return out


def _colours(images: Sequence[Pixels], arrangement: Arrangement, size: Size) -> Pixels:
    out = cover(images[arrangement.base], size)
    others = _others(images, arrangement.base)
    for index, image in enumerate(others):
        out = balanced_to(out, image, 0.85 / (len(others) - index))
    return out


_LAYOUTS: Final[Mapping[Layout, Callable[[Sequence[Pixels], Arrangement, Size], Pixels]]] = {
    Layout.INSETS: _insets,
    Layout.INTO: _into,
    Layout.BESIDE: _beside,
    Layout.COLLAGE: _collage,
    Layout.BLEND: _blend,
    Layout.COLOURS: _colours,
}
