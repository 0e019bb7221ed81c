"""An office: a wide window on the town, a board with charts, shelves, a plant, a desk unless one is named."""

from __future__ import annotations

from limner.engines.sketch.colour import LAMPLIGHT, WHITE, Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.scene import Band, Setting, Stage
from limner.engines.sketch.sprite import Pose, place

_FURNITURE = frozenset(("desk", "table", "bed", "couch"))


def build(stage: Stage) -> Setting:
    """Wall, window, board, lamps, carpet; a desk with a screen where the prompt has none of its own."""
    light, dice = stage.light, stage.dice("office")
    indoors = WHITE.mix(light.ambient, 0.4)
    floor = stage.height * 0.7
    sky, land, near = Ink(), Ink(), Ink()
    wall = (
        stage.prompt.colours[0].mix(WHITE, 0.4)
        if stage.prompt.colours
        else Colour.parse(dice.choice(("#e9ecef", "#e3e8e2", "#ece5db", "#dde5ea")))
    ).times(indoors)
    sky.rect(
        0, 0, stage.width, stage.height, sky.down(0, floor, ((0, wall.lighter(-0.03), 1), (1, wall.lighter(0.03), 1)))
    )
    left = light.from_left
    _window(land, stage, stage.width * (0.06 if left else 0.46), stage.width * 0.48, floor)
    _board(land, stage, stage.width * (0.78 if left else 0.22), floor, indoors)
    carpet = Colour.parse("#7f8ea0").times(indoors)
    land.rect(
        0,
        floor,
        stage.width,
        stage.height - floor + 2,
        land.down(floor, stage.height, ((0, carpet.lighter(0.05), 1), (1, carpet.lighter(-0.07), 1))),
    )
    for index in range(-8, 9):
        x = stage.width / 2
        land.line(
            path("M", x + index * stage.width * 0.09, floor, "L", x + index * stage.width * 0.17, stage.height),
            str(carpet.lighter(-0.06)),
            2,
            opacity=0.6,
        )
    for share in (0.25, 0.6):
        land.rect(0, floor + (stage.height - floor) * share, stage.width, 2, str(carpet.lighter(-0.06)), opacity=0.6)
    land.rect(0, floor - 14, stage.width, 15, str(wall.lighter(0.06)))
    plant_x = stage.width * (0.93 if left else 0.07)
    land.ellipse(plant_x, floor + 34, 66, 10, "#1a2028", opacity=0.25)
    land.sprite(place(Pose("potted-plant", plant_x, floor + 36, 230), "plant", light=indoors))
    if not any(thing.name in _FURNITURE for thing in stage.prompt.things):
        _desk(land, stage.width * (0.66 if left else 0.34), floor, indoors)
    for share in (0.3, 0.7):
        x = stage.width * share
        near.rect(x - 110, 0, 220, 12, "#f7f9fb", round_by=6)
        near.glow(x, 10, 240, WHITE, 0.3, flat=0.5)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        walled=True,
        ground=Band(floor + 40, stage.height * 0.94, 1.0, 1.2),
        air=(stage.height * 0.1, floor * 0.6),
        shadow=0.3,
    )


def _window(land: Ink, stage: Stage, left: float, wide: float, floor: float) -> None:
    """The town outside, in panes from near the floor to near the ceiling."""
    light, dice = stage.light, stage.dice("view")
    top, tall = floor * 0.1, floor * 0.72
    zenith, high, low, rim = light.sky
    land.rect(left - 10, top - 10, wide + 20, tall + 20, "#3f4650", round_by=3)
    land.rect(
        left, top, wide, tall, land.down(top, top + tall, ((0, zenith, 1), (0.4, high, 1), (0.8, low, 1), (1, rim, 1)))
    )
    x = left
    while x < left + wide - 16:
        across = min(dice.uniform(34, 74), left + wide - x)
        up = tall * dice.uniform(0.2, 0.62)
        tone = light.on(Colour.parse("#6f88a3"), dice.uniform(0.25, 0.6))
        land.rect(x, top + tall - up, across, up, str(tone))
        panes = "".join(
            path("M", x + 7 + column * 14, top + tall - up + 10 + row * 18, "h", 6, "v", 9, "h", -6, "z")
            for row in range(int((up - 14) / 18))
            for column in range(int((across - 12) / 14))
            if dice.random() < 0.6  # noqa: PLR2004 - some are dark
        )
        if panes:
            land.shape(panes, LAMPLIGHT if light.lamps else str(tone.lighter(0.14)), opacity=0.8)
        x += across + dice.uniform(-4, 6)
    for share in (1 / 3, 2 / 3):
        land.rect(left + wide * share - 4, top, 8, tall, "#3f4650")
    land.rect(left, top + tall * 0.3, wide, 6, "#3f4650")
    land.polygon(
        [
            (left + 20, top + tall),
            (left + wide * 0.3, top),
            (left + wide * 0.42, top),
            (left + wide * 0.16, top + tall),
        ],
        "#ffffff",
        opacity=0.12,
    )


def _board(land: Ink, stage: Stage, x: float, floor: float, indoors: Colour) -> None:
    wide, tall, top = min(280.0, stage.width * 0.32), 170.0, floor * 0.14
    left = x - wide / 2
    land.rect(left - 8, top - 8, wide + 16, tall + 16, str(Colour.parse("#9aa3ad").times(indoors)), round_by=6)
    land.rect(left, top, wide, tall, str(Colour.parse("#fdfdfb").times(indoors)))
    line = [
        (left + wide * share, top + tall * y)
        for share, y in ((0.08, 0.7), (0.2, 0.52), (0.3, 0.6), (0.42, 0.32), (0.5, 0.26))
    ]
    land.line("M" + "L".join(f"{px:.0f} {py:.0f}" for px, py in line), "#3d7fd0", 6)
    for index, up in enumerate((0.3, 0.5, 0.42, 0.66)):
        land.rect(
            left + wide * (0.58 + index * 0.09),
            top + tall * (0.8 - up),
            wide * 0.06,
            tall * up,
            ("#e2803c", "#3fa37a", "#d1495b", "#3d7fd0")[index],
        )
    land.rect(left + wide * 0.08, top + tall * 0.86, wide * 0.84, 3, "#aab2ba")
    shelf = floor * 0.14 + tall + 70
    land.rect(left - 6, shelf, wide + 12, 10, str(Colour.parse("#a5794f").times(indoors)))
    dice, at = stage.dice("binders"), left + 4.0
    while at < left + wide - 24:
        across, up = dice.uniform(16, 24), dice.uniform(46, 62)
        tone = Colour.parse(dice.choice(("#d1495b", "#2e7f8f", "#edae49", "#4f6fae", "#5f6a75", "#efe9df"))).times(
            indoors
        )
        land.rect(at, shelf - up, across, up, str(tone))
        land.rect(at + 4, shelf - up + 10, across - 8, 14, str(tone.lighter(0.2)))
        at += across + 2


def _desk(land: Ink, x: float, floor: float, indoors: Colour) -> None:
    y = floor + 58
    land.ellipse(x, y, 210, 14, "#1a2028", opacity=0.28)
    land.sprite(place(Pose("desk", x, y, 190), "desk", light=indoors))
    land.rect(x - 6, y - 214, 12, 36, "#8f98a3")
    land.rect(x - 40, y - 184, 80, 8, "#8f98a3", round_by=4)
    land.rect(x - 88, y - 320, 176, 112, "#2b3038", round_by=8)
    land.rect(
        x - 80,
        y - 312,
        160,
        94,
        land.down(y - 312, y - 218, ((0, Colour.parse("#3d7fd0"), 1), (1, Colour.parse("#7fc3e0"), 1))),
    )
    for row in range(4):
        land.rect(x - 66, y - 298 + row * 20, (96, 70, 110, 54)[row], 8, "#ffffff", round_by=4, opacity=0.75)
    land.sprite(place(Pose("hot-beverage", x + 134, y - 178, 44), "cup", light=indoors))
    for step, code in enumerate(("#e2803c", "#4f8f7a", "#5a6fae")):
        land.rect(x - 166, y - 188 - step * 10, 72, 10, code, round_by=2)
