"""Several pictures in one, each to be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from limner.engines.sketch.edit_arrangement import Arrangement, Layout
from limner.engines.sketch.edit_filters import Floats, mixed
from limner.engines.sketch.edit_insert import Box, Footing, box_for, fitted, inserted, trimmed
from limner.engines.sketch.edit_matte import cut_out, find_matte
from limner.engines.sketch.edit_steps import Place
from limner.engines.sketch.edit_tones import balanced_to
from limner.imaging.pixels import Pixels, flatten, size_of
from limner.imaging.resize import cover, stretch
from limner.job import Size


def arranged(images: Sequence[Pixels], arrangement: Arrangement, size: Size) -> Pixels:
    """One picture of exactly `size` in which every one of `images`, at least two, is to be seen. A new array."""
    return _LAYOUTS[arrangement.layout](images, arrangement, size)


def beside_size(images: Sequence[Pixels]) -> Size:
    """The size at which pictures stand side by side whole: as high as the first."""
    height_px = images[0].shape[0]
    width_px = sum(round(height_px * min(2.0, max(0.5, image.shape[1] / image.shape[0]))) for image in images)
    gap_px = max(1, round(_GAP_SHARE * height_px))
    return Size(width_px + gap_px * (len(images) + 1), height_px + 2 * gap_px)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is laid into another picture for one: its subject cut out, or all of it as a framed print.

    cut_below: whether the subject went on beyond its picture's lower edge.
    """

    pixels: Pixels
    footing: Footing
    cut_below: bool = False


def newcomer(pixels: Pixels) -> Newcomer:
    """What stands for a picture in another one: its subject where that can be told apart."""
    matte = find_matte(pixels)
    cut = trimmed(cut_out(pixels, matte)) if matte else None
    if matte is None or cut is None:
        return Newcomer(_framed(pixels), Footing.WALL)
    lowest = matte.alpha[-2:] > _SHOWN
    return Newcomer(cut, Footing.AIR, cut_below=float(lowest.mean()) > _CUT_SHARE)


_GAP_SHARE: Final = 0.012
_FRAME_SHARE: Final = 0.035
_PRINT_SIDE_PX: Final = 1024
_INSET_SIDE: Final = 0.27
_INTO_SIDE: Final = 0.62
_SHOWN: Final = 127
_CUT_SHARE: Final = 0.08


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
    base = out = cover(images[arrangement.base], size)
    others = _others(images, arrangement.base)
    taken = _taken(base) if arrangement.place is None and len(others) == 1 else None
    for index, image in enumerate(others):
        x = (index + 1) / (len(others) + 1) if taken is None else _free(taken)
        place = arrangement.place or Place(x, 0.66, min(_INTO_SIDE, 1.1 / (len(others) + 1)))
        guest = newcomer(image)
        box = fitted(box_for(out, place), guest.pixels)
        if arrangement.place is None and guest.cut_below:
            # A bust that hovers is a bust cut off.
            box = Box(box.left, size.height_px - box.size.height_px, box.right, size.height_px)
        out = inserted(out, guest.pixels, box, footing=guest.footing)
    return out


def _taken(base: Pixels) -> Floats:
    """How much of each column of `base` is its subject, 0 to 1, left to right; nothing where none is found."""
    matte = find_matte(base)
    return np.zeros(base.shape[1]) if matte is None else np.asarray(matte.alpha.mean(axis=0) / 255)


def _free(taken: Floats) -> float:
    """The middle of the third of a picture that its subject leaves most free; the very middle where it has none."""
    if not taken.any():
        return 0.5
    thirds = [float(part.mean()) for part in np.array_split(taken, 3)]
    return (0.25, 0.5, 0.75)[thirds.index(min(thirds))]


def _grid(images: Sequence[Pixels], counts: Sequence[int], size: Size) -> Pixels:
    """Rows of so many pictures each, as wide as their proportions ask, with a pale gap between."""
    gap_px = max(1, round(_GAP_SHARE * min(size.width_px, size.height_px)))
    out = np.full((size.height_px, size.width_px, 4), 248, np.uint8)
    out[..., 3] = 255
    first = 0
    for row, count in enumerate(counts):
        top, bottom = _cell(row, len(counts), size.height_px, gap_px)
        members = images[first : first + count]
        for image, (left, right) in zip(members, _columns(members, size.width_px, gap_px), strict=True):
            if right > left and bottom > top:
                out[top:bottom, left:right] = flatten(cover(image, Size(right - left, bottom - top)))
        first += count
    return out


def _columns(images: Sequence[Pixels], length_px: int, gap_px: int) -> list[tuple[int, int]]:
    """First and last (exclusive) pixel of each picture of a row."""
    count = len(images)
    free_px = length_px - gap_px * (count + 1)
    if free_px < 2 * count:
        return [_cell(index, count, length_px, gap_px) for index in range(count)]
    aspects = np.clip([image.shape[1] / image.shape[0] for image in images], 0.5, 2.0)
    ends = np.rint(np.concatenate([[0], np.cumsum(aspects)]) / aspects.sum() * free_px).astype(int)
    return [
        (int(ends[index]) + gap_px * (index + 1), int(ends[index + 1]) + gap_px * (index + 1)) for index in range(count)
    ]


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
