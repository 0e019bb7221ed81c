"""Things in a photograph: put in, taken out, put in another's place, and moved about."""

from __future__ import annotations

from typing import Final

import numpy as np

from limner.engines.sketch.edit_fill import filled
from limner.engines.sketch.edit_filters import blurred
from limner.engines.sketch.edit_insert import Box, Footing, fitted, footing_of, inserted, trimmed
from limner.engines.sketch.edit_matte import Matte, cut_out
from limner.engines.sketch.edit_settle import settled
from limner.engines.sketch.edit_steps import Near, Rearrange
from limner.engines.sketch.paint import paint_subject
from limner.imaging.composite import composite
from limner.imaging.pixels import Mask, Pixels

_SEEN: Final = 127
_TRACE: Final = 0.018
"""How far beyond its edge there is still some of a thing, its soft rim, its glow, its shadow: of the shorter side."""
_TRACED: Final = 24
_BESIDE: Final = 0.75
"""Height of a thing beside the subject, of the subject's."""
_BESIDE_MIN: Final = 0.3
_WORN: Final = 0.34
_HEAD: Final = 0.14
"""The part of a subject's height that tells where its head is."""
_SIDE_MIN: Final = 0.08


def with_drawn(pixels: Pixels, subject: str, box: Box, seed: int, *, on: bool = False) -> Pixels | None:
    """`pixels` with the things that `subject` names in `box`, at its foot when `on`; None when it names none."""
    drawn = paint_subject(subject, box.size, seed=seed)
    guest = trimmed(drawn.pixels)
    if guest is None or not drawn.recognised:
        return None
    room = fitted(box, guest)
    if on:
        room = Box(room.left, box.bottom - room.size.height_px, room.right, box.bottom)
    del drawn
    guest = settled(guest, pixels)
    return inserted(pixels, guest, room, footing=Footing.AIR if on else footing_of(room, pixels))


def without(pixels: Pixels, part: Mask) -> Pixels | None:
    """`pixels` with a part taken out and the gap closed; None when there is nothing of it, or nothing else."""
    if not np.any(part > _SEEN):
        return None
    reach = max(1.0, _TRACE * min(part.shape))
    near = blurred((part > _TRACED) * np.uint8(255), reach)
    hole = (near > _TRACED) * np.uint8(255)
    return None if hole.all() else composite(pixels, filled(pixels, hole), hole)


def box_of(part: Mask) -> Box | None:
    """The box around a part, or None when there is none."""
    rows, columns = np.flatnonzero((part > _SEEN).any(axis=1)), np.flatnonzero((part > _SEEN).any(axis=0))
    if not len(rows):
        return None
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def box_near(subject: Mask, near: Near) -> Box:
    """Where something goes by a subject: at the freer of its sides, on its head, or on it."""
    height_px, width_px = subject.shape
    own = box_of(subject) or Box(0, 0, width_px, height_px)
    high, wide = own.size.height_px, own.size.width_px
    if near is Near.BESIDE:
        side = round(max(_BESIDE_MIN * min(subject.shape), min(_BESIDE * high, max(own.left, width_px - own.right))))
        left = own.left - side if own.left > width_px - own.right else own.right
        left = min(width_px - side, max(0, left))
        return Box(left, own.bottom - side, left + side, own.bottom)
    head = np.flatnonzero((subject[own.top : own.top + max(1, round(_HEAD * high))] > _SEEN).any(axis=0))
    middle = (int(head[0]) + int(head[-1]) + 1) // 2
    least = round(_SIDE_MIN * min(subject.shape))
    if near is Near.ON_TOP:
        side = max(least, round(max(1.25 * len(head), _WORN * min(high, wide))))
        bottom = own.top + round(0.3 * side)
        return Box(middle - side // 2, bottom - side, middle - side // 2 + side, bottom)
    side = max(least, min(len(head), round(0.8 * wide)))
    top = own.top + round(0.1 * side)
    return Box(middle - side // 2, top, middle - side // 2 + side, top + side)


def rearranged(pixels: Pixels, matte: Matte, wish: Rearrange) -> Pixels | None:
    """`pixels` with their own subject in another place or size."""
    own = box_of(matte.alpha)
    ground = pixels if wish.again else without(pixels, matte.alpha)
    guest = trimmed(cut_out(pixels, matte))
    if own is None or ground is None or guest is None:
        return None
    height_px, width_px = pixels.shape[:2]
    wide, high = max(1, round(own.size.width_px * wish.scale)), max(1, round(own.size.height_px * wish.scale))
    middle, bottom = (own.left + own.right) // 2, own.bottom
    if wish.x is not None:
        middle = round(wish.x * width_px)
    elif wish.again:
        # The copy goes to the side that has more room.
        step = round(0.9 * wide)
        middle += -step if own.left > width_px - own.right else step
    if wish.y is not None:
        bottom = round(wish.y * height_px + high / 2)
    # As much of it is to be seen as the picture has room for, its upper end first.
    left = min(max(0, width_px - wide), max(min(0, width_px - wide), middle - wide // 2))
    bottom = max(bottom, high)
    return inserted(ground, guest, Box(left, bottom - high, left + wide, bottom), footing=Footing.AIR, balance=0)
