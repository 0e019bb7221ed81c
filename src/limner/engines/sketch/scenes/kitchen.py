"""A kitchen: cupboards, tiles, a window; a worktop in front for what is cooked, a floor for who cooks."""

from __future__ import annotations

from typing import Final

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.habitat import habitat
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.scene import Band, Setting, Stage
from limner.engines.sketch.sprite import sprite
from limner.engines.sketch.wearing import animate

_CUPBOARDS = ("#7fa59b", "#d9b48a", "#8fa6c0", "#e3d9c6", "#a9b58c")


def build(stage: Stage) -> Setting:
    """Wall and cupboards behind; a worktop across the front, unless somebody stands in the kitchen."""
    light = stage.light
    indoors = WHITE.mix(light.ambient, 0.45)
    sky, land, near = Ink(), Ink(), Ink()
    tone = stage.prompt.colours[0] if stage.prompt.colours else Colour.parse(stage.dice("kitchen").choice(_CUPBOARDS))
    wood = tone.times(indoors)
    wall = Colour.parse("#f4ead9").times(indoors)
    counter, floor = stage.height * 0.56, stage.height * 0.8
    sky.rect(0, 0, stage.width, stage.height, sky.down(0, counter, ((0, wall.lighter(-0.04), 1), (1, wall, 1))))
    _tiles(land, stage, counter, wall)
    _window(land, stage, stage.width * 0.5, counter)
    for side in (0.16, 0.84):
        _cupboard(land, stage, stage.width * side, wood)
    _hearth(land, stage.width * (0.84 if light.from_left else 0.16), counter, indoors)
    _row(land, stage, counter, floor, wood, indoors)
    boards = Colour.parse("#c9a27a").times(indoors)
    land.rect(
        0,
        floor,
        stage.width,
        stage.height - floor + 2,
        land.down(floor, stage.height, ((0, boards.lighter(0.02), 1), (1, boards.lighter(-0.09), 1))),
    )
    for index in range(-9, 10):
        x = stage.width / 2
        land.line(
            path("M", x + index * stage.width * 0.07, floor, "L", x + index * stage.width * 0.13, stage.height),
            str(boards.lighter(-0.12)),
            2,
            opacity=0.5,
        )
    for share in (0.2, 0.5, 0.8):
        _pendant(near, stage, stage.width * share)
    if all(_fits_a_worktop(thing.name) for thing in stage.prompt.things):
        edge = stage.height * 0.72
        _worktop(land, stage, edge, indoors)
        ground = Band(edge + 52, edge + 112, 0.84, 0.98)
    else:
        ground = Band(floor + 24, stage.height * 0.95, 0.92, 1.05)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=ground,
        air=(stage.height * 0.2, counter * 0.9),
        alike=ground.far_y < floor,
        shadow=0.36,
    )


def _fits_a_worktop(name: str) -> bool:
    return not animate(name) and sprite(name).kind != "furniture" and habitat(name).stature < _WORKTOP_STATURE


_WORKTOP_STATURE: Final = 0.8


def _tiles(land: Ink, stage: Stage, counter: float, wall: Colour) -> None:
    top, side = counter - 130, 44.0
    land.rect(0, top, stage.width, 130, str(wall.mix(Colour.parse("#8fb0b0"), 0.32)))
    lines = "".join(path("M", 0, top + side * row, "H", stage.width) for row in range(1, 3))
    for row in range(3):
        shift = side / 2 if row % 2 else 0.0
        lines += "".join(
            path("M", x * side + shift, top + side * row, "v", side) for x in range(int(stage.width / side) + 1)
        )
    land.line(lines, str(wall.lighter(0.03)), 2.4)


def _window(land: Ink, stage: Stage, x: float, counter: float) -> None:
    light = stage.light
    wide, tall = min(300.0, stage.width * 0.32), counter * 0.5
    left, top = x - wide / 2, counter * 0.12
    zenith, high, low, rim = light.sky
    land.rect(left - 14, top - 14, wide + 28, tall + 28, "#fbf6ec", round_by=4)
    land.rect(
        left, top, wide, tall, land.down(top, top + tall, ((0, zenith, 1), (0.4, high, 1), (0.8, low, 1), (1, rim, 1)))
    )
    hill = light.on(Colour.parse("#6fa05a"), 0.2)
    land.shape(
        path("M", left, top + tall, "v", -50, "q", wide * 0.3, -46, wide * 0.6, -6, "t", wide * 0.4, -10, "v", 66, "z"),
        str(hill),
    )
    land.rect(x - 4, top, 8, tall, "#fbf6ec")
    land.rect(left, top + tall * 0.45, wide, 8, "#fbf6ec")
    land.rect(left - 24, top + tall + 12, wide + 48, 14, "#efe4d0", round_by=4)
    for index in range(3):
        at = left + wide * (0.2 + 0.3 * index)
        land.polygon(
            [
                (at - 17, top + tall - 20),
                (at + 17, top + tall - 20),
                (at + 12, top + tall + 12),
                (at - 12, top + tall + 12),
            ],
            "#c9714b",
        )
        for lean in (-14, -5, 5, 14):
            land.line(path("M", at, top + tall - 20, "q", lean * 0.4, -20, lean, -36), "#5f9a4f", 5)


def _cupboard(land: Ink, stage: Stage, x: float, wood: Colour) -> None:
    wide, tall, top = stage.width * 0.26, stage.height * 0.22, stage.height * 0.08
    left = x - wide / 2
    land.rect(left - 5, top - 8, wide + 10, 10, str(wood.lighter(0.08)))
    land.rect(left, top, wide, tall, str(wood))
    for door in range(2):
        at = left + door * wide / 2 + 8
        land.rect(at, top + 8, wide / 2 - 16, tall - 16, str(wood.lighter(-0.05)), round_by=4)
        land.rect(at + 8, top + 16, wide / 2 - 32, tall - 32, str(wood.lighter(0.02)), round_by=3)
        land.circle(left + wide / 2 + (18 if door else -18), top + tall - 30, 5, "#d8b25a")
    land.rect(left, top + tall, wide, 6, "#2a1f18", opacity=0.2)


def _hearth(land: Ink, x: float, counter: float, indoors: Colour) -> None:
    """A stove's top with a pot on it, under the cupboard."""
    grey = Colour.parse("#4a4f58").times(indoors)
    land.rect(x - 84, counter - 12, 168, 12, str(grey), round_by=4)
    pot = Colour.parse("#c8503f").times(indoors)
    land.rect(
        x - 44,
        counter - 66,
        88,
        54,
        land.across(x - 44, x + 44, ((0, pot.lighter(0.06), 1), (1, pot.lighter(-0.1), 1))),
        round_by=8,
    )
    land.rect(x - 50, counter - 72, 100, 10, str(pot.lighter(-0.04)), round_by=5)
    land.rect(x - 10, counter - 82, 20, 10, "#2f2a28", round_by=4)
    for step in range(3):
        land.line(
            path("M", x - 18.0 + step * 18, counter - 88, "q", 10, -14, 0, -26, "t", 4, -22), "#ffffff", 4, opacity=0.4
        )


def _row(land: Ink, stage: Stage, counter: float, floor: float, wood: Colour, indoors: Colour) -> None:
    stone = Colour.parse("#e9e2d6").times(indoors)
    land.rect(0, counter + 18, stage.width, floor - counter, str(wood))
    count = max(5, round(stage.width / 200))
    for index in range(count):
        left, wide = stage.width * index / count, stage.width / count
        land.rect(left + 7, counter + 30, wide - 14, 34, str(wood.lighter(-0.05)), round_by=4)
        land.rect(left + wide / 2 - 24, counter + 44, 48, 5, "#d8b25a", round_by=2)
        land.rect(left + 7, counter + 72, wide - 14, floor - counter - 92, str(wood.lighter(-0.05)), round_by=4)
        land.rect(left + 17, counter + 82, wide - 34, floor - counter - 112, str(wood.lighter(0.015)), round_by=3)
    land.rect(0, counter, stage.width, 20, str(stone))
    land.rect(0, counter + 18, stage.width, 6, "#2a1f18", opacity=0.22)
    land.rect(0, floor - 12, stage.width, 12, str(wood.lighter(-0.2)))


def _worktop(land: Ink, stage: Stage, edge: float, indoors: Colour) -> None:
    wood = Colour.parse("#c08a58").times(indoors)
    land.rect(
        0,
        edge - 20,
        stage.width,
        26,
        land.down(edge - 20, edge, ((0, Colour.parse("#1d120b"), 0), (1, Colour.parse("#1d120b"), 0.3))),
    )
    land.rect(
        0,
        edge,
        stage.width,
        stage.height - edge + 2,
        land.down(edge, stage.height, ((0, wood.lighter(0.08), 1), (1, wood.lighter(-0.05), 1))),
    )
    dice = stage.dice("grain")
    for _ in range(stage.more(26)):
        y = edge + (stage.height - edge) * dice.random()
        reach = dice.uniform(80, 320)
        land.line(
            path("M", dice.uniform(-80, stage.width), y, "q", reach / 2, dice.uniform(-4, 4), reach, 0),
            str(wood.lighter(-0.08)),
            1.6,
            opacity=0.5,
        )
    front = edge + (stage.height - edge) * 0.6
    land.rect(0, front, stage.width, stage.height - front, str(wood.lighter(-0.12)))
    land.rect(0, front, stage.width, 5, str(wood.lighter(0.12)))


def _pendant(near: Ink, stage: Stage, x: float) -> None:
    foot = stage.height * 0.2
    near.rect(x - 1.5, 0, 3, foot - 44, "#3a3f47")
    near.shape(
        path("M", x - 34, foot, "Q", x - 32, foot - 44, x, foot - 46, "Q", x + 32, foot - 44, x + 34, foot, "Z"),
        "#3f5f66",
    )
    near.ellipse(x, foot, 34, 6, "#ffe9b0")
    near.glow(x, foot + 10, 130, Colour.parse("#ffe2a0"), 0.34 if stage.light.lamps else 0.16)
