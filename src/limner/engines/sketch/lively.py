"""How things move in an animation: what flies or floats bobs, and who lives breathes. What touches moves as one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from limner.engines.sketch.motion import scattered
from limner.engines.sketch.scene import Placed
from limner.engines.sketch.sprite import sprite

_BOB: Final = 7.0
"""How far up and down what flies or floats goes, in units."""
_BREATH: Final = 0.012
"""How much who lives grows with a breath."""


def afloat(item: Placed) -> bool:
    """Whether it is in the water, or on something that is."""
    return item.contact == "water" or item.afloat


@dataclass(frozen=True, slots=True)
class Group:
    """Things that touch, and move as one. x, y: where they stand; bob, breath: how far they go, how much they grow."""

    x: float
    y: float
    bob: float
    breath: float


def moved(item: Placed, group: Group, phase: float) -> Placed:
    """A thing where it is at a moment of the loop. phase: how much of that has gone by, 0 to 1."""
    swing = math.sin((phase + scattered(group.x, group.y)) * math.tau)
    grown = 1 + group.breath * swing
    return replace(
        item,
        x=group.x + (item.x - group.x) * grown,
        y=group.y + (item.y - group.y) * grown + group.bob * swing,
        width=item.width * grown,
        height=item.height * grown,
    )


def groups_of(placed: Sequence[Placed], *, lively: bool = False) -> list[Group]:
    """Each thing's group, in their order. lively: whether things breathe that do not live, too."""
    owner = list(range(len(placed)))
    for index, item in enumerate(placed):
        for other in range(index):
            if owner[other] != owner[index] and _touch(item, placed[other]):
                joined = owner[index]
                owner = [owner[other] if one == joined else one for one in owner]
    groups = {}
    for name in {*owner}:
        items = [item for item, own in zip(placed, owner, strict=True) if own == name]
        low = max(items, key=lambda item: item.y)
        groups[name] = Group(
            low.x,
            low.y,
            bob=_BOB if all(item.contact == "air" or afloat(item) for item in items) else 0.0,
            breath=_BREATH if lively or _breathes(items) else 0.0,
        )
    return [groups[own] for own in owner]


def _breathes(items: Sequence[Placed]) -> bool:
    kinds = [sprite(item.name).kind for item in items]
    return any(kind.startswith(_LIVING) for kind in kinds) and not any(kind.startswith(_BUILT) for kind in kinds)


_LIVING: Final = ("animal", "person")
_BUILT: Final = ("place", "furniture", "transport")


def _touch(one: Placed, other: Placed) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.y and other.top < one.y
