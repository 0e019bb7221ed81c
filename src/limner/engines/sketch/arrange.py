"""Every thing in its place: on the ground, on or in the water, in the air, on a perch, on another's back.

Pure and deterministic. Nothing placed leaves the picture.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from random import Random
from typing import Final, TypeAlias

from limner.engines.sketch.casting import cast
from limner.engines.sketch.habitat import SMALL_KINDS, beside_people, habitat
from limner.engines.sketch.ink import Ink
from limner.engines.sketch.people import tallness
from limner.engines.sketch.prompt import Thing, Tie
from limner.engines.sketch.scene import Band, Box, Placed, Setting, Stage
from limner.engines.sketch.sprite import base_of, sprite
from limner.engines.sketch.ties import Extent, Seat, tied

THINGS_DRAWN_MAX: Final = 24
"""How many single things a picture holds; a prompt for a thousand gets these."""
MARGIN: Final = 26.0
"""Units between things and the picture's edge."""
PERSON_UNITS: Final = 262.0
"""Height of a person standing in the foreground of a landscape."""

_TALLEST_SHARE: Final = 0.54
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

_NOWHERE: Final = Setting(
    sky=Ink(), land=Ink(), near=Ink(), ground=Band(0, 0, 1, 1), air=(0, 0), alike=True, shadow=0.0
)
"""The setting of things alone."""


def arrange(stage: Stage, setting: Setting, *, headroom: bool) -> tuple[Placed, ...]:
    """Everything the prompt names, back to front. headroom: the top of the picture is taken by lettering."""
    things = stage.prompt.things
    singles = [single for single in singles_of(stage) if things[single[0]].tie is None]
    plan = _Plan(stage, setting, stage.dice("arrange"), len(singles))
    if setting.frame is not None:
        spots = _framed(plan, singles, setting.frame)
    elif stage.prompt.camera == "close" and 0 < len(singles) <= _CLOSE_MAX and not setting.submerged:
        spots = _near(plan, singles)
    else:
        spots = _settled(plan, singles, headroom=headroom)
    return _with_tied(plan, spots)


def gather(stage: Stage) -> tuple[Placed, ...]:
    """Things alone, on no ground: one fills the picture, several stand in rows."""
    things = stage.prompt.things
    singles = [single for single in singles_of(stage) if things[single[0]].tie is None]
    if not singles:
        return ()
    margin = min(stage.width, stage.height) * 0.07
    top = margin + (stage.height * 0.22 if stage.prompt.lettering else 0)
    plan = _Plan(stage, _NOWHERE, stage.dice("arrange"), len(singles))
    frame = Box(margin, top, stage.width - 2 * margin, stage.height - margin - top)
    return _with_tied(plan, _framed(plan, singles, frame))


def _settled(plan: _Plan, singles: list[Single], *, headroom: bool) -> list[Spot]:
    """On the ground, in the air, in the water, on a perch: each where it lives."""
    setting = plan.setting
    spots: list[Spot] = []
    regions: dict[str, list[Single]] = {"ground": [], "air": [], "water": []}
    houses = [single for single in singles if sprite(single[1].name).kind in _BUILDINGS]
    # Several houses stand in a row; one alone deserves the hill.
    perches = list(setting.perches) if len(houses) == 1 or setting.distant else []
    bases = {
        tie.to
        for tie in (thing.tie for thing in plan.stage.prompt.things)
        if tie and tie.kind != "over" and sprite(plan.stage.prompt.things[tie.to].name).kind != "transport-air"
    }
    for index, thing in singles:
        if base_of(thing.name) == "bridge" and setting.crossing is not None:
            over = setting.crossing
            spots.append((index, _put(plan, thing, (over.x, over.y), over.height, "air")))
        elif perches and _deserves_perch(thing, setting):
            perch = perches.pop(0)
            height = perch.height * min(1.3, max(0.7, thing.size))
            spots.append((index, _put(plan, thing, (perch.x, perch.y), height, "air")))
        else:
            regions[_region(thing, setting, base=index in bases)].append((index, thing))
    spots += _stand(plan, regions["ground"])
    spots += _hover(plan, regions["air"], headroom=headroom)
    spots += _swim(plan, regions["water"])
    return spots


def _framed(plan: _Plan, singles: list[Single], frame: Box) -> list[Spot]:
    """In a box, as large as fits, in rows; room is left above what carries or wears something."""
    spots: list[Spot] = []
    cells = _cells(len(singles), frame.x, frame.y, (frame.width, frame.height))
    for (index, thing), cell in zip(singles, cells, strict=True):
        room = _room_for_tied(plan, index)
        aspect = sprite(thing.name).aspect
        height = min(cell.height * room, cell.width * min(1.0, room + 0.15) / aspect) * 0.94
        if plan.setting.laid:
            height *= 0.74 * min(1.3, max(0.7, math.sqrt(habitat(thing.name).stature / 0.5)))
        y = cell.y + (cell.height + height) / 2 + cell.height * (1 - room) * 0.42
        spots.append(
            (index, replace(_put(plan, thing, (cell.x, y), height, "laid" if plan.setting.laid else "air"), flip=False))
        )
    return spots


def _room_for_tied(plan: _Plan, index: int) -> float:
    """Share of a place that a thing may fill, so that what is tied to it fits in, too."""
    kinds = {thing.tie.kind for thing in plan.stage.prompt.things if thing.tie and thing.tie.to == index}
    return min((_ROOMS.get(kind, 1.0) for kind in kinds), default=1.0)


_ROOMS: Final = {
    "riding": 0.66,
    "on": 0.62,
    "over": 0.5,
    "worn": 0.84,
    "held": 0.76,
    "in": 0.72,
    "behind": 0.8,
    "before": 0.8,
}


def _near(plan: _Plan, singles: list[Single]) -> list[Spot]:
    """Close to the viewer, side by side; a bust rises from the lower edge."""
    stage, spots = plan.stage, []
    pitch = stage.width / len(singles)
    for slot, (index, thing) in enumerate(singles):
        bust = thing.name.endswith("bust")
        aspect = sprite(thing.name).aspect
        tall = stage.height * (0.86 if bust else 0.8) * _room_for_tied(plan, index) ** 0.5
        height = min(tall, pitch * (0.98 if bust else 0.84) / aspect)
        foot = stage.height * (1.0 if bust else 0.94)
        spots.append((index, _put(plan, thing, (pitch * (slot + 0.5), foot), height, "air" if bust else "ground")))
    return spots


_CLOSE_MAX: Final = 3
"""How many things one can come close to at once."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What every placement needs. crowd: how many single things share the picture, riders aside."""

    stage: Stage
    setting: Setting
    dice: Random
    crowd: int

    @property
    def peopled(self) -> bool:
        """Whether there is somebody beside whom sizes are known."""
        kinds = [sprite(thing.name).kind for thing in self.stage.prompt.things]
        animals = any(kind.startswith("animal") for kind in kinds)
        return "person" in kinds or (animals and any(kind.startswith(SMALL_KINDS) for kind in kinds))

    def is_to(self, thing: Thing, *kinds: str) -> bool:
        """Whether something is tied to it in one of these ways."""
        things = self.stage.prompt.things
        return any(
            other.tie is not None and other.tie.kind in kinds and things[other.tie.to].name == base_of(thing.name)
            for other in things
        )

    def height(self, thing: Thing) -> float:
        """Units at scale 1: from its stature, with less contrast where things are shown alike, less in a crowd."""
        among = self.peopled and not self.setting.alike
        stature = beside_people(thing.name) if among else habitat(thing.name).stature
        largest = _TALLEST_SHARE * self.stage.height
        if self.setting.alike:
            share = 1.42 * math.pow(thing.size, 0.7) * math.pow(stature, 0.42)
            largest *= 1.2
        else:
            share = math.pow(stature * thing.size, 0.72)
            largest *= min(1.3, max(1.0, thing.size))
        if self.is_to(thing, "on"):
            # Room is left above it.
            share, largest = share * 0.8, largest * 0.74
        if self.is_to(thing, "under", "in"):
            tall = base_of(thing.name) == "umbrella"
            share, largest = share * (2.2 if tall else 1.15 if among else 1.4), largest * (1.2 if tall else 0.8)
        if "background" in thing.places and stature > _LARGE and not self.setting.alike:
            # A landmark rises above what is before it.
            return max(largest, 0.6 * self.stage.height) / max(self.setting.ground.far_scale, 0.1)
        if self.stage.prompt.camera == "wide":
            share, largest = share * 0.42, largest * 0.56
        room = {1: 2.15, 2: 1.7, 3: 1.42}.get(self.crowd, max(0.62, 2.5 / math.pow(max(1, self.crowd), 0.43)))
        return min(PERSON_UNITS * share * room, largest) * tallness(thing.name)


def singles_of(stage: Stage) -> list[Single]:
    """Each thing as often as it is counted, each with its own look; all kinds are kept when the total is cut."""
    things = stage.prompt.things
    total = sum(thing.count for thing in things)
    share = min(1.0, THINGS_DRAWN_MAX / total) if total else 1.0
    return [
        (index, cast(stage, thing, index, number))
        for index, thing in enumerate(things)
        for number in range(max(1, math.floor(thing.count * share)))
    ]


def _deserves_perch(thing: Thing, setting: Setting) -> bool:
    if sprite(thing.name).kind not in _BUILDINGS or thing.places - {"background"}:
        return False
    if setting.distant:
        return "background" in thing.places
    return setting.water is not None or habitat(thing.name).stature > _LARGE


def _region(thing: Thing, setting: Setting, *, base: bool) -> str:
    """Where a thing goes: "ground", "air" or "water"."""
    if setting.alike and "top" in thing.places:
        return "air"
    medium = "air" if thing.act == "flying" else habitat(thing.name).medium
    if thing.material is not None and thing.act is None and sprite(thing.name).kind.startswith("animal"):
        medium = "ground"  # an owl of brass does not fly
    swims = thing.act == "swimming" and thing.name.endswith("swimming")
    wet = (swims or medium in ("water", "deep")) and setting.water is not None
    if wet or (setting.submerged and medium == "air"):
        return "water"
    if medium == "air" and not base:
        return "air"
    if setting.floating:
        return "air" if setting.water is None else "water"
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
        material=thing.material,
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
    feet = [
        _foot(plan, thing, share + dice.uniform(-0.1, 0.1))
        for (_, thing), share in _depths(members, depth, peopled=plan.peopled)
    ]
    heights = [
        min(
            plan.height(thing) * band.scale(foot),
            (foot - MARGIN) * 0.9,
            plan.stage.width * 0.8 / sprite(thing.name).aspect,
        )
        for (_, thing), foot in zip(members, feet, strict=True)
    ]
    widths = [height * sprite(thing.name).aspect for (_, thing), height in zip(members, heights, strict=True)]
    start, end = plan.setting.span
    room = plan.stage.width * (end - start) - 2 * MARGIN
    shrink = min(1.0, room / (sum(widths) * 1.04))
    widths = [width * shrink for width in widths]
    free = room - sum(widths)
    gap = min(free / (len(members) + 1), 34.0 + 60.0 * dice.random())
    slack = free - gap * (len(members) - 1)
    x = plan.stage.width * start + MARGIN + slack * (0.5 + dice.uniform(-0.16, 0.16))
    spots: list[Spot] = []
    contact = "water" if plan.setting.floating and plan.setting.water else "ground"
    for (index, thing), foot, height, width in zip(members, feet, heights, widths, strict=True):
        mates = sum(1 for other, _ in members if other == index)
        centre = _sided(plan, thing, x + width / 2, width, mates)
        spots.append((index, _put(plan, thing, (centre, foot), height * shrink, contact)))
        spots[-1] = (index, _moving(thing, spots[-1][1]))
        x += width + gap
    return spots


_LIFTS: Final = {"jumping": 0.3, "running": 0.07}
"""Acts of animals in which they leave the ground -> how far, as a share of their height."""


def _moving(thing: Thing, item: Placed) -> Placed:
    """A thing as it moves, where its drawing does not show that."""
    if thing.act not in _LIFTS or item.contact != "ground" or thing.name != base_of(thing.name):
        return item
    lift = _LIFTS[thing.act] * item.height
    return replace(item, y=item.y - lift, lift=lift, tilt_deg=-6.0 if item.flip else 6.0)


def _depths(members: list[Single], depth: float | None, *, peopled: bool) -> list[tuple[Single, float]]:
    """Each member with its depth, 0 far to 1 near. peopled: all keep near one another, as sizes are compared."""
    ranks = [_rank(thing) for _, thing in members]
    low, span = min(ranks), max(ranks) - min(ranks)
    if peopled and depth is None and not any(thing.places for _, thing in members):
        return [
            (member, 0.7 - 0.2 * (rank - low) / max(span, 0.1)) for member, rank in zip(members, ranks, strict=True)
        ]
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
    start, end = plan.setting.water_span
    pitch = plan.stage.width * (end - start) / (len(things) + 1)
    for slot, (index, thing) in enumerate(things):
        # Steps of the golden ratio spread depths evenly whatever their number.
        share = 0.0 if "background" in thing.places else ((0.5 + slot * 0.618) % 1) * 0.75 + 0.12
        y = band.far_y + (band.near_y - band.far_y) * share
        height = min(plan.height(thing) * band.scale(y), y - MARGIN * 2)
        width = height * sprite(thing.name).aspect
        x = _sided(
            plan,
            thing,
            plan.stage.width * start + pitch * (slot + 1) + plan.dice.uniform(-0.16, 0.16) * pitch,
            width,
            len(things),
        )
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
        if "corner" in thing.places:
            wanted *= 0.6
        height = min(wanted, cell.height * 0.96, cell.width * (0.8 if alone else 0.9) / aspect)
        width = height * aspect
        loose = 0.05 if alone and plan.setting.alike else 0.38
        x = cell.x + (cell.width - width) * dice.uniform(-loose, loose)
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


_Key: TypeAlias = tuple[bool, float, int, float]
"""When something is drawn: what stands on the ground after the rest, nearer after farther; then its seat, and its place
before or behind what it is tied to.
"""


def _with_tied(plan: _Plan, spots: list[Spot]) -> tuple[Placed, ...]:
    """All in drawing order: what stands free, each with what it carries, wears, holds or hides."""
    extent = Extent(plan.stage.width, plan.stage.height, MARGIN)
    placed: dict[int, list[tuple[_Key, Placed]]] = {}
    for seat, (index, item) in enumerate(spots):
        placed.setdefault(index, []).append(((item.contact == "ground", item.y, seat, 0.0), item))
    waiting = [single for single in singles_of(plan.stage) if plan.stage.prompt.things[single[0]].tie is not None]
    taken: Counter[tuple[int, int, str]] = Counter()
    for depth in range(1, len(plan.stage.prompt.things) + 1):
        fresh: dict[int, list[tuple[_Key, Placed]]] = {}
        for index, thing in waiting:
            tie = _tie(plan, (index, thing))
            if tie.to not in placed or index in placed:
                continue
            bases = placed[tie.to]
            mates = sum(1 for other, _ in waiting if other == index)
            # One on several is on the middle one.
            at = len(bases) // 2 if mates == 1 else len(fresh.get(index, ())) % len(bases)
            (key, base), place = bases[at], (tie.to, at, tie.kind)
            item, step = tied(thing, base, tie.kind, Seat(taken[place], -(-mates // len(bases))), extent)
            taken[place] += 1
            after = key[3] + step * 0.5**depth * (1 + 0.01 * taken[place])
            fresh.setdefault(index, []).append(((*key[:3], after), item))
        placed |= fresh
    entries = sorted((entry for items in placed.values() for entry in items), key=lambda entry: entry[0])
    return tuple(item for _, item in entries)


def _tie(plan: _Plan, single: Single) -> Tie:
    tie = plan.stage.prompt.things[single[0]].tie
    assert tie is not None
    return tie
