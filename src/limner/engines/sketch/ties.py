"""Where a thing goes that is tied to another: on its back or head, in its hand, inside, under, behind or over it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from limner.engines.sketch.habitat import habitat
from limner.engines.sketch.people import tallness
from limner.engines.sketch.prompt import Thing
from limner.engines.sketch.scene import Placed
from limner.engines.sketch.sprite import base_of, sprite
from limner.engines.sketch.wearing import EYEWEAR, GLASS, HATS, Body, animate, body_of

BEHIND: Final = -1
BEFORE: Final = 1


@dataclass(frozen=True, slots=True)
class Extent:
    """The picture in units, and the margin things keep from its edges."""

    width: float
    height: float
    margin: float


class Seat(NamedTuple):
    """One of several things tied to one other. nth: how many that one has already; of: how many it gets."""

    nth: int
    of: int


def tied(thing: Thing, base: Placed, kind: str, seat: Seat, extent: Extent) -> tuple[Placed, int]:
    """A thing put where its tie to `base` wants it, and whether it is drawn BEHIND it or BEFORE it.

    seat: which of how many of it this is.
    """
    item, step = _PLACERS[kind](_Pair(thing, base, seat.nth, seat.of, extent))
    return _inside(item, extent), step


@dataclass(frozen=True, slots=True)
class _Pair:
    thing: Thing
    base: Placed
    nth: int
    of: int
    extent: Extent

    @property
    def aspect(self) -> float:
        return sprite(self.thing.name).aspect

    @property
    def natural(self) -> float:
        """Height beside the base: by their statures, with less contrast than in life."""
        ratio = habitat(self.thing.name).stature * self.thing.size / habitat(self.base.name).stature
        poses = tallness(self.thing.name) / tallness(self.base.name)
        return self.base.height * max(0.28, min(1.5, math.pow(ratio, 0.8))) * poses

    @property
    def side(self) -> int:
        """Sides in turn, the first one away from the nearer edge."""
        away = 1 if self.base.x < self.extent.width / 2 else -1
        return away if self.nth % 2 == 0 else -away

    def put(self, x: float, y: float, height: float, contact: str = "carried", *, flip: bool | None = None) -> Placed:
        base = self.base
        return Placed(
            name=self.thing.name,
            colour=self.thing.colour,
            x=x,
            y=y,
            width=height * self.aspect,
            height=height,
            flip=base.flip if flip is None else flip,
            contact=contact,
            afloat=base.afloat or base.contact == "water",
            material=self.thing.material,
        )

    def across(self, share: float) -> float:
        """X of a share of the base's width, seen from the side it looks to."""
        return self.base.left + self.base.width * (1 - share if self.base.flip else share)


_ABREAST_MAX: Final = 5
_UPRIGHT: Final = 1.05
"""Width over height below which an animal stands upright."""


def _riding(pair: _Pair) -> tuple[Placed, int]:
    """A little behind the mount's middle, its legs hidden."""
    base = pair.base
    if sprite(base.name).aspect < _UPRIGHT and sprite(base.name).kind.startswith("animal"):
        # What stands upright is sat on before its back, or it would hide its rider.
        height = min(base.height * 0.46, pair.natural)
        return pair.put(
            base.x + base.width * (-0.2 if base.flip else 0.2), base.top + base.height * 0.62, height
        ), BEFORE
    if sprite(base.name).kind == "transport-air":
        height = base.height * 0.7
        return pair.put(base.x - base.width * 0.06, base.y - base.height * 0.42, height, "air"), BEFORE
    if base_of(base.name) in _BOARDS:
        foot = base.top + base.height * _BOARDS[base_of(base.name)]
        height = min(base.height * 1.5, pair.natural, foot - pair.extent.margin)
        return pair.put(base.x, foot, height), BEFORE
    small = habitat(pair.thing.name).stature < 0.7 * habitat(base.name).stature
    vehicle = sprite(base.name).kind == "transport-ground"
    height = base.height * (0.5 if small else 0.86) * min(1.3, pair.thing.size)
    foot = base.top + base.height * 0.34 + height * (0.1 if small else 0.3 if vehicle else 0.42)
    height = min(height, foot - pair.extent.margin)
    x = base.x + base.width * (-0.1 if base.flip else 0.1) + pair.nth * base.width * 0.2
    return pair.put(x, foot, height, flip=not base.flip), BEHIND


_SEATS: Final[Mapping[str, float]] = {
    "couch": 0.62, "armchair": 0.66, "bed": 0.62, "chair": 0.6, "bench": 0.58, "table": 0.12, "desk": 0.12,
    "bookshelf": 0.02, "skateboard": 0.4, "sled": 0.3, "horse": 0.4, "elephant": 0.1, "pig": 0.14, "cow": 0.34,
    "turtle": 0.12, "mushroom": 0.08, "closed-book": 0.2, "books": 0.12, "rock": 0.12, "house": 0.12, "cabin": 0.12,
    "iceberg": 0.42, "pedestal": 0.24, "windowsill": 0.66, "bridge": 0.16, "picnic-blanket": 0.5, "cafe-table": 0.4,
}  # fmt: skip
"""How far below its top one sits or stands on a thing, as a share of its height."""


_BOARDS: Final = {"skateboard": 0.52, "sled": 0.5, "kick-scooter": 0.86}
"""What riders stand on, in full -> how far below its top, as a share of its height."""
SEATS: Final = frozenset(("couch", "armchair", "chair", "bench", "couch-and-lamp", "seat"))
"""What people sit down on."""
_HIP: Final = 0.33
"""How far above the lower edge of their drawing people sit."""


def _on(pair: _Pair) -> tuple[Placed, int]:
    base = pair.base
    if base_of(base.name) in SEATS and "seated" in pair.thing.name:
        # Feet on the ground before it, hips on its seat.
        seat = base.height * (1 - _SEATS.get(base_of(base.name), 0.6))
        spread = (-0.2, 0.2, 0.0, -0.36, 0.36)[pair.nth % 5] * base.width if base.width > base.height else 0.0
        return pair.put(base.x + spread, base.y + 6, min(seat / _HIP * 1.06, base.y - pair.extent.margin)), BEFORE
    foot = base.top + base.height * _SEATS.get(base_of(base.name), 0.1)
    height = max(60.0, min(pair.natural, foot - pair.extent.margin, base.width * 0.96 / pair.aspect))
    if sprite(base.name).kind == "furniture" and not animate(pair.thing.name):
        height = min(height, base.height * (0.78 if sprite(pair.thing.name).kind == "computer" else 0.44))
    if pair.of > _ABREAST_MAX:
        # Many sit in rows, the later ones lower and nearer.
        columns = math.ceil(pair.of / 3)
        row, column = divmod(pair.nth, columns)
        height = min(height * 0.8, base.width * 0.8 / columns / pair.aspect)
        x = base.left + base.width * (0.14 + 0.72 * (column + 0.5 + 0.25 * (row - 1)) / columns)
        return pair.put(x, foot + base.height * (0.22 + 0.19 * row), height), BEFORE
    height = min(height, base.width * 1.1 / pair.of / pair.aspect) if pair.of > 1 else height
    pairwise, many = (-0.24, 0.24), (-0.06, 0.3, -0.34, 0.12, -0.2)
    spread = pairwise[pair.nth % 2] if pair.of == len(pairwise) else many[pair.nth % 5]
    return pair.put(base.x + spread * base.width, foot, height), BEFORE


def _in(pair: _Pair) -> tuple[Placed, int]:
    base = pair.base
    if base_of(base.name) in GLASS:
        height = min(base.height * 0.5, base.width * 0.66 / pair.aspect) * (0.8 if pair.nth else 1.0)
        return pair.put(base.x, base.y - base.height * (0.16 + 0.12 * (pair.nth % 3)), height), BEFORE
    if base_of(base.name) == "hot-air-balloon":
        return pair.put(base.x, base.y - base.height * 0.1, base.height * 0.22), BEHIND
    plant = sprite(pair.thing.name).kind.startswith("plant")
    wide, sunk = (1.0 if pair.of == 1 else 0.64, 0.3) if plant else (0.86, 0.42)
    food = 0.64 if sprite(pair.thing.name).kind.startswith("food") else 1.0
    height = min(pair.natural * 1.15 * food, base.width * wide / pair.aspect, base.height * 1.25)
    foot = base.top + min(base.height * 0.5, height * sunk)
    height = min(height, foot - pair.extent.margin)
    spread = (0.0, -0.3, 0.3, -0.16, 0.16)[pair.nth % 5] * base.width
    return pair.put(base.x + spread, foot - abs(spread) * 0.1, height), BEHIND


def _under(pair: _Pair) -> tuple[Placed, int]:
    base = pair.base
    room = 0.6 if base_of(base.name) == "umbrella" else 0.44
    height = min(pair.natural, base.height * room, base.width * room / pair.aspect)
    return pair.put(base.x + pair.side * base.width * 0.24, base.y + 8, height, "ground"), BEFORE


def _behind(pair: _Pair) -> tuple[Placed, int]:
    base = pair.base
    height = min(pair.natural * 1.1, base.height * 1.1)
    reach = base.width * 0.5 if base_of(base.name) != "tree" else base.width * 0.16
    return pair.put(base.x + pair.side * reach, base.y - 6, height), BEHIND


def _before(pair: _Pair) -> tuple[Placed, int]:
    base, extent = pair.base, pair.extent
    foot = min(extent.height * 0.93, max(base.y + base.height * 0.3, extent.height * 0.88))
    height = max(pair.natural, extent.height * 0.3 * habitat(pair.thing.name).stature ** 0.5)
    return pair.put(base.x + pair.side * base.width * 0.3, foot, height, "ground"), BEFORE


def _printed(pair: _Pair) -> tuple[Placed, int]:
    base = pair.base
    height = min(base.height * 0.42, base.width * 0.46 / pair.aspect)
    # A mug's handle is no part of its front.
    x = pair.across(0.43 if base_of(base.name) == "mug" else 0.5)
    return pair.put(x, base.y - base.height * 0.3 + height * 0.12, height, flip=False), BEFORE


def _garnish(pair: _Pair) -> tuple[Placed, int]:
    base = pair.base
    if base.contact == "laid" or base_of(base.name) == "pizza-whole":
        turn = 0.7 + pair.nth * 2.4
        reach = (0.2, 0.26, 0.16)[pair.nth % 3]
        height = min(base.height, base.width) * 0.17
        x, y = (
            base.x + math.cos(turn) * reach * base.width,
            base.y - base.height / 2 + math.sin(turn) * reach * base.height,
        )
        return pair.put(x, y + height / 2, height, flip=False), BEFORE
    height = base.height * 0.26 * min(1.3, pair.thing.size)
    spread = (-0.46, 0.44, -0.1, 0.22, -0.3, 0.62)[pair.nth % 6] * base.width
    return pair.put(base.x + spread, base.y + height * (0.2 + 0.16 * (pair.nth % 2)), height, "ground"), BEFORE


_PARTS: Final[Mapping[str, Callable[[Body], tuple[float, float]]]] = {
    "shoulder": lambda body: (body.head_x + 0.62 * body.head_width, body.neck_y + 0.03),
    "head": lambda body: (body.head_x, body.crown_y + 0.03),
    "lap": lambda _: (0.5, 0.72),
    "hand": lambda body: (body.hand_x, body.hand_y),
}
"""Part of a body -> where something sits on it."""


def _at_part(part: str) -> Callable[[_Pair], tuple[Placed, int]]:
    def sit(pair: _Pair) -> tuple[Placed, int]:
        base = pair.base
        across, down = _PARTS[part](body_of(base.name))
        foot = base.top + base.height * down
        height = min(base.height * (0.36 if part == "lap" else 0.27), pair.natural, foot - pair.extent.margin)
        return pair.put(pair.across(across), foot, height), BEFORE

    return sit


def _beside(pair: _Pair) -> tuple[Placed, int]:
    base = pair.base
    height = pair.natural
    away = base.width / 2 + height * pair.aspect * 0.42
    # It turns towards the other.
    return pair.put(
        base.x + (-away if base.flip else away), base.y - 4, height, base.contact, flip=not base.flip
    ), BEFORE


def _over(pair: _Pair) -> tuple[Placed, int]:
    base, margin = pair.base, pair.extent.margin
    height = min(max(pair.natural, 250.0), max(110.0, (base.top - margin) * 1.05))
    height = min(height, pair.extent.width * 0.5 / pair.aspect)
    foot = max(margin + height, base.top - 14)
    return pair.put(base.x + pair.side * base.width * 0.22, foot, height, "air"), BEFORE


_HELD_SHARES: Final[Mapping[str, float]] = {
    "umbrella": 0.95, "balloon": 0.8, "guitar": 0.5, "magic-wand": 0.36, "kite": 1.05, "bouquet": 0.34,
    "sunflower": 0.4, "red-heart": 0.26, "microphone": 0.22, "banjo": 0.46, "violin": 0.36, "test-tube": 0.22,
    "sign-board": 0.85, "candle": 0.26, "teddy-bear": 0.34, "dagger": 0.42, "fishing-pole": 0.6,
}  # fmt: skip
"""Height of what is held, as a share of the holder's."""
_RISING: Final = frozenset(
    ("sign-board", "umbrella", "balloon", "kite", "magic-wand", "dagger", "candle", "rose", "sunflower", "fishing-pole")
)
"""What is held at its lower end."""


def _held(pair: _Pair) -> tuple[Placed, int]:
    base, name = pair.base, base_of(pair.thing.name)
    body = body_of(base.name)
    share = body.hand_x if pair.nth % 2 == 0 else 1 - body.hand_x
    x, hand = pair.across(share), base.top + base.height * body.hand_y
    small = sprite(base.name).kind == "person" and sprite(name).kind.startswith(("drink", "dishware", "food"))
    height = base.height * _HELD_SHARES.get(name, 0.17 if small else 0.3) * min(1.3, pair.thing.size)
    if name == "umbrella":
        x -= (x - base.x) * 0.45
    if name == "fishing-pole":
        # The hand holds its thick end, the fish hangs away from the body.
        out = 1 if x > base.x else -1
        height = min(height, hand - pair.extent.margin)
        return pair.put(x + out * height * pair.aspect * 0.4, hand + height * 0.08, height, flip=out > 0), BEFORE
    if name == "kite":
        # Its string begins in the hand, at a corner of the drawing.
        height = min(height, hand - pair.extent.margin)
        reach = height * pair.aspect / 2
        return pair.put(x - reach if base.flip else x + reach, hand + 4, height), BEFORE
    lift = 0.04 if name in _RISING else 0.5
    foot = hand + height * lift
    height = min(height, foot - pair.extent.margin)
    return pair.put(x, foot, height), BEHIND if name == "umbrella" else BEFORE


def _worn(pair: _Pair) -> tuple[Placed, int]:
    base, name = pair.base, pair.thing.name
    body = body_of(base.name)
    x, wide = pair.across(body.head_x), base.width * body.head_width
    if name in HATS:
        height = min(wide * 1.12 / pair.aspect, base.height * 0.5)
        return pair.put(x, base.top + base.height * body.crown_y + height * 0.16, height), BEFORE
    if name in EYEWEAR:
        height = wide * 0.98 / pair.aspect
        return pair.put(x, base.top + base.height * body.eyes_y + height * 0.5, height), BEFORE
    height = wide * 0.94 / pair.aspect
    return pair.put(x, base.top + base.height * body.neck_y + height * 0.72, height), BEFORE


def _inside(item: Placed, extent: Extent) -> Placed:
    """Moved into the picture, and shrunk when it is larger."""
    scale = min(1.0, (extent.width - 2) / item.width, (extent.height - 2) / item.height)
    width, height = item.width * scale, item.height * scale
    x = min(extent.width - width / 2, max(width / 2, item.x))
    return replace(item, x=x, y=min(extent.height, max(height, item.y)), width=width, height=height)


_PLACERS: Final[Mapping[str, Callable[[_Pair], tuple[Placed, int]]]] = {
    "riding": _riding,
    "on": _on,
    "in": _in,
    "under": _under,
    "behind": _behind,
    "before": _before,
    "over": _over,
    "beside": _beside,
    **{part: _at_part(part) for part in _PARTS},
    "printed": _printed,
    "garnish": _garnish,
    "held": _held,
    "worn": _worn,
}
