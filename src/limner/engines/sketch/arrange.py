"""Every thing in its place: on the ground, on or in the water, in the air, on a perch, on another's back.

Pure and deterministic. Nothing placed leaves the picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final, TypeAlias

from limner.engines.sketch.habitat import habitat
from limner.engines.sketch.prompt import Thing
from limner.engines.sketch.scene import Placed, Setting, Stage
from limner.engines.sketch.sprite import sprite

THINGS_DRAWN_MAX: Final = 24
"""How many single things a picture holds; a prompt for a thousand gets these."""
MARGIN: Final = 26.0
"""Units between things and the picture's edge."""
PERSON_UNITS: Final = 235.0
"""Height of a person standing in the foreground of a landscape."""

_TALLEST_SHARE: Final = 0.5
_ABREAST_MAX: Final = 6
_SIDES: Final = {"left": 0.22, "right": 0.78, "centre": 0.5}
_BUILDINGS: Final = frozenset(("place-building", "place-religious"))
_AT_THE_WALL: Final = frozenset(("furniture", "household", "musical-instrument"))
_SWAYING: Final = frozenset(("event", "animal-marine"))
_LARGE: Final = 1.8
"""Stature from which a building deserves the hill."""

Single: TypeAlias = tuple[int, Thing]
"""One of the things a prompt counts: its index in the prompt, and what it is."""
Spot: TypeAlias = tuple[int, Placed]


def arrange(stage: Stage, setting: Setting, *, headroom: bool) -> tuple[Placed, ...]:
    """Everything the prompt names, back to front. headroom: the top of the picture is taken by lettering."""
    singles = [single for single in _singles(stage.prompt.things) if single[1].on is None]
    plan = _Plan(stage, setting, stage.dice("arrange"), len(singles))
    spots: list[Spot] = []
    regions: dict[str, list[Single]] = {"ground": [], "air": [], "water": []}
    perches = list(setting.perches)
    mounts = {thing.on for thing in stage.prompt.things}
    for index, thing in singles:
        if perches and _deserves_perch(thing, setting):
            perch = perches.pop(0)
            height = perch.height * min(1.3, max(0.7, thing.size))
            spots.append((index, _put(plan, thing, (perch.x, perch.y), height, "air")))
        else:
            regions[_region(thing, setting, mount=index in mounts)].append((index, thing))
    spots += _stand(plan, regions["ground"])
    spots += _hover(plan, regions["air"], headroom=headroom)
    spots += _swim(plan, regions["water"])
    spots += _mount(plan, spots)
    return tuple(item for _, item in sorted(spots, key=lambda spot: (spot[1].contact == "ground", spot[1].y)))


def gather(stage: Stage) -> tuple[Placed, ...]:
    """Things alone, on no ground: one fills the picture, several stand in rows."""
    singles = _singles(stage.prompt.things)
    if not singles:
        return ()
    margin = min(stage.width, stage.height) * 0.07
    top = margin + (stage.height * 0.22 if stage.prompt.lettering else 0)
    room = (stage.width - 2 * margin, stage.height - margin - top)
    spots = []
    for (_, thing), cell in zip(singles, _cells(len(singles), margin, top, room), strict=True):
        aspect = sprite(thing.name).aspect
        height = min(cell.height, cell.width / aspect) * 0.94
        y = cell.y + (cell.height + height) / 2
        spots.append(
            Placed(
                name=thing.name, colour=thing.colour, x=cell.x, y=y, width=height * aspect, height=height, contact="air"
            )
        )
    return tuple(spots)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What every placement needs. crowd: how many single things share the picture, riders aside."""

    stage: Stage
    setting: Setting
    dice: Random
    crowd: int

    def height(self, thing: Thing) -> float:
        """Units at scale 1: from its stature, with less contrast where things are shown alike, less in a crowd."""
        stature = habitat(thing.name).stature
        largest = _TALLEST_SHARE * self.stage.height
        if self.setting.alike:
            share = 1.18 * math.pow(thing.size, 0.7) * math.pow(stature, 0.25)
        else:
            share = math.pow(stature * thing.size, 0.72)
            largest *= min(1.3, max(1.0, thing.size))
        room = {1: 1.7, 2: 1.45, 3: 1.26}.get(self.crowd, max(0.5, 2.1 / math.pow(max(1, self.crowd), 0.43)))
        return min(PERSON_UNITS * share * room, largest)


def _singles(things: Sequence[Thing]) -> list[Single]:
    """Each thing as often as it is counted; all kinds are kept when the total is cut."""
    total = sum(thing.count for thing in things)
    share = min(1.0, THINGS_DRAWN_MAX / total) if total else 1.0
    return [
        (index, thing) for index, thing in enumerate(things) for _ in range(max(1, math.floor(thing.count * share)))
    ]


def _deserves_perch(thing: Thing, setting: Setting) -> bool:
    if sprite(thing.name).kind not in _BUILDINGS or thing.places:
        return False
    return setting.water is not None or habitat(thing.name).stature > _LARGE


def _region(thing: Thing, setting: Setting, *, mount: bool) -> str:
    """Where a thing goes: "ground", "air" or "water"."""
    medium = habitat(thing.name).medium
    wet = medium in ("water", "deep") and setting.water is not None
    if wet or (setting.submerged and medium == "air"):
        return "water"
    if setting.floating or (medium == "air" and not mount):
        return "air"
    return "ground"


def _put(
    plan: _Plan, thing: Thing, at: tuple[float, float], height: float, contact: str, *, tilt_deg: float = 0.0
) -> Placed:
    building = sprite(thing.name).kind in _BUILDINGS
    return Placed(
        name=thing.name,
        colour=thing.colour,
        x=at[0],
        y=at[1],
        width=height * sprite(thing.name).aspect,
        height=height,
        flip=plan.dice.choice((False, True)) and not building,
        contact=contact,
        tilt_deg=tilt_deg,
    )


def _stand(plan: _Plan, things: list[Single]) -> list[Spot]:
    """On the ground: side by side, large things farther back than small ones; many of them in rows."""
    if not things:
        return []
    if len(things) <= _ABREAST_MAX:
        return _abreast(plan, _spread(things), None)
    rows = math.ceil(len(things) / _ABREAST_MAX)
    order = sorted(things, key=lambda single: (-_rank(single[1]), single[0]))
    per_row = math.ceil(len(order) / rows)
    spots: list[Spot] = []
    for row in range(rows):
        spots += _abreast(plan, order[row * per_row : (row + 1) * per_row], (row + 0.5) / rows)
    return spots


def _rank(thing: Thing) -> float:
    """How far back a thing belongs: by its size, unless the prompt says."""
    depth = 3.0 if "background" in thing.places else 0.2 if "foreground" in thing.places else 1.0
    return habitat(thing.name).stature * thing.size * depth


def _spread(things: list[Single]) -> list[Single]:
    """Left to right: kinds stay together, the largest kind in the middle."""
    kinds = sorted(dict(things).items(), key=lambda kind: (-_rank(kind[1]), kind[0]))
    order: list[int] = []
    for at, (index, _) in enumerate(kinds):
        order.insert(0 if at % 2 else len(order), index)
    return [single for index in order for single in things if single[0] == index]


def _abreast(plan: _Plan, members: list[Single], depth: float | None) -> list[Spot]:
    """One row. depth: 0 far to 1 near; None lets each thing's size decide."""
    band, dice = plan.setting.ground, plan.dice
    feet = [_foot(plan, thing, share + dice.uniform(-0.1, 0.1)) for (_, thing), share in _depths(members, depth)]
    heights = [
        min(
            plan.height(thing) * band.scale(foot),
            (foot - MARGIN) * 0.9,
            plan.stage.width * 0.8 / sprite(thing.name).aspect,
        )
        for (_, thing), foot in zip(members, feet, strict=True)
    ]
    widths = [height * sprite(thing.name).aspect for (_, thing), height in zip(members, heights, strict=True)]
    room = plan.stage.width - 2 * MARGIN
    shrink = min(1.0, room / (sum(widths) * 1.04))
    widths = [width * shrink for width in widths]
    free = room - sum(widths)
    gap = min(free / (len(members) + 1), 34.0 + 60.0 * dice.random())
    slack = free - gap * (len(members) - 1)
    x = MARGIN + slack * (0.5 + dice.uniform(-0.16, 0.16))
    spots: list[Spot] = []
    contact = "water" if plan.setting.floating and plan.setting.water else "ground"
    for (index, thing), foot, height, width in zip(members, feet, heights, widths, strict=True):
        mates = sum(1 for other, _ in members if other == index)
        centre = _sided(plan, thing, x + width / 2, width, mates)
        spots.append((index, _put(plan, thing, (centre, foot), height * shrink, contact)))
        x += width + gap
    return spots


def _depths(members: list[Single], depth: float | None) -> list[tuple[Single, float]]:
    """Each member with its depth, 0 far to 1 near."""
    ranks = [_rank(thing) for _, thing in members]
    low, span = min(ranks), max(ranks) - min(ranks)
    if depth is None and span < 0.2:  # noqa: PLR2004 - all of about the same size
        depth = 0.62
    return [
        (member, depth if depth is not None else 0.92 - 0.74 * (rank - low) / span)
        for member, rank in zip(members, ranks, strict=True)
    ]


def _foot(plan: _Plan, thing: Thing, share: float) -> float:
    """Y of a thing's feet: as deep as its row, unless the prompt says otherwise or it belongs at the wall."""
    band = plan.setting.ground
    if "background" in thing.places or (plan.setting.walled and sprite(thing.name).kind in _AT_THE_WALL):
        return band.far_y
    if "foreground" in thing.places or "bottom" in thing.places:
        return band.near_y
    return band.far_y + (band.near_y - band.far_y) * min(1.0, max(0.0, share))


def _sided(plan: _Plan, thing: Thing, x: float, width: float, mates: int) -> float:
    """x, moved to the side the prompt asks for and into the picture. mates: how many of its kind are beside it."""
    stage = plan.stage
    aim = next((share for side, share in _SIDES.items() if side in thing.places), None)
    if "corner" in thing.places:
        aim = plan.dice.choice((0.1, 0.9)) if aim is None else 0.1 if aim < _SIDES["centre"] else 0.9
    if aim is not None:
        x = stage.width * aim + (0.0 if mates == 1 else (x - stage.width / 2) * 0.35)
    return min(stage.width - MARGIN - width / 2, max(MARGIN + width / 2, x))


def _hover(plan: _Plan, things: list[Single], *, headroom: bool) -> list[Spot]:
    """In the air."""
    top, bottom = plan.setting.air
    if headroom:
        top = min(bottom - 80, plan.stage.height * 0.27)
    return _scatter(plan, things, top, bottom)


def _swim(plan: _Plan, things: list[Single]) -> list[Spot]:
    """On the water, larger in front; or in it."""
    band = plan.setting.water
    if band is None or not things:
        return []
    if plan.setting.submerged:
        return _scatter(plan, things, band.far_y, band.near_y)
    spots: list[Spot] = []
    pitch = plan.stage.width / (len(things) + 1)
    for slot, (index, thing) in enumerate(things):
        # Steps of the golden ratio spread depths evenly whatever their number.
        share = 0.0 if "background" in thing.places else ((0.5 + slot * 0.618) % 1) * 0.75 + 0.12
        y = band.far_y + (band.near_y - band.far_y) * share
        height = min(plan.height(thing) * band.scale(y), y - MARGIN * 2)
        width = height * sprite(thing.name).aspect
        x = _sided(plan, thing, pitch * (slot + 1) + plan.dice.uniform(-0.16, 0.16) * pitch, width, len(things))
        spots.append((index, _put(plan, thing, (x, y), height, "water")))
    return spots


def _scatter(plan: _Plan, things: list[Single], top: float, bottom: float) -> list[Spot]:
    """On a loose grid between two heights, so that nothing hides another."""
    dice, spots = plan.dice, []
    cells = _cells(len(things), MARGIN, top, (plan.stage.width - 2 * MARGIN, bottom - top))
    for (index, thing), cell in zip(things, cells, strict=True):
        aspect = sprite(thing.name).aspect
        alone = len(things) == 1
        wanted = plan.height(thing) * (1.25 if alone and plan.setting.alike else 1.0)
        height = min(wanted, cell.height * 0.96, cell.width * (0.8 if alone else 0.9) / aspect)
        width = height * aspect
        x = cell.x + (cell.width - width) * dice.uniform(-0.38, 0.38)
        y = cell.y + height + (cell.height - height) * (0.5 + dice.uniform(-0.46, 0.46))
        if "top" in thing.places:
            y = top + height
        elif "bottom" in thing.places:
            y = bottom
        x = _sided(plan, thing, x, width, len(things))
        tilt_deg = dice.uniform(-7, 7) if sprite(thing.name).kind in _SWAYING else 0.0
        spots.append((index, _put(plan, thing, (x, y), height, "air", tilt_deg=tilt_deg)))
    return spots


@dataclass(frozen=True, slots=True)
class _Cell:
    """A place in a grid. x: its middle; y: its top."""

    x: float
    y: float
    width: float
    height: float


def _cells(count: int, left: float, top: float, room: tuple[float, float]) -> list[_Cell]:
    """`count` cells, as square as can be, in an area of `room` (width, height); a short last row is centred."""
    if not count:
        return []
    columns = max(1, min(count, round(math.sqrt(count * room[0] / max(room[1], 1.0)))))
    rows = math.ceil(count / columns)
    width, height = room[0] / columns, room[1] / rows
    cells = []
    for slot in range(count):
        row, column = divmod(slot, columns)
        indent = (columns - min(columns, count - row * columns)) * width / 2
        cells.append(_Cell(left + indent + (column + 0.5) * width, top + row * height, width, height))
    return cells


def _mount(plan: _Plan, spots: list[Spot]) -> list[Spot]:
    """Riders: each on a mount, a little behind its middle, its legs hidden."""
    riders: list[Spot] = []
    for index, thing in enumerate(plan.stage.prompt.things):
        if thing.on is None:
            continue
        for mount in [item for at, item in spots if at == thing.on][: thing.count]:
            small = habitat(thing.name).stature < 0.7 * habitat(mount.name).stature
            vehicle = sprite(mount.name).kind == "transport-ground"
            height = mount.height * (0.5 if small else 0.86) * min(1.3, thing.size)
            foot = mount.top + mount.height * 0.34 + height * (0.1 if small else 0.3 if vehicle else 0.42)
            height = min(height, foot - MARGIN)
            x = mount.x + mount.width * (-0.1 if mount.flip else 0.1)
            # "air" is drawn before "ground": the mount comes out in front of its rider.
            riders.append((index, replace(_put(plan, thing, (x, foot), height, "air"), flip=not mount.flip)))
    return riders
