"""A room: a wall with a window onto the hour outside, a floor, and furniture along the wall."""

from __future__ import annotations

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.scene import Band, Setting, Stage
from limner.engines.sketch.sprite import Pose, place

_WALLS = ("#c98f6b", "#7d9a8c", "#8d86a8", "#d0a45f", "#6f8fa3")


def build(stage: Stage) -> Setting:
    """Wall, window, shelf and picture; boards and a rug to stand on."""
    dice, light = stage.dice("room"), stage.light
    floor = stage.height * 0.7
    sky, land, near = Ink(), Ink(), Ink()
    indoors = WHITE.mix(light.ambient, 0.45)
    chosen = (
        stage.prompt.colours[0].mix(Colour.parse("#b9a08c"), 0.25)
        if stage.prompt.colours
        else Colour.parse(dice.choice(_WALLS))
    )
    wall = chosen.times(indoors)
    sky.rect(
        0, 0, stage.width, stage.height, sky.down(0, floor, ((0, wall.lighter(-0.06), 1), (1, wall.lighter(0.04), 1)))
    )
    stripe = str(wall.lighter(0.035))
    for x in range(0, int(stage.width) + 80, 80):
        sky.rect(x, 0, 26, floor, stripe, opacity=0.5)
    window_left = light.from_left
    middle = stage.width * (0.27 if window_left else 0.73)
    if not any(thing.name == "windowsill" for thing in stage.prompt.things):
        _window(land, stage, middle, floor)
    _boards(land, stage, floor, indoors)
    _shelf(land, stage, stage.width * (0.76 if window_left else 0.24), floor, indoors)
    _furniture(land, stage, stage.width * (0.74 if window_left else 0.26), floor, indoors)
    _rug(land, stage, floor, indoors)
    if (
        stage.prompt.mood == "warm"
        or light.lamps
        or any(thing.name in ("floor-lamp", "candle", "fire") for thing in stage.prompt.things)
    ):
        near.glow(stage.width * 0.5, floor - 130, 560, Colour.parse("#ffd28a"), 0.26)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        walled=True,
        ground=Band(floor + 34, stage.height * 0.94, 1.05, 1.25),
        air=(stage.height * 0.1, floor * 0.6),
        shadow=0.3,
    )


def _window(land: Ink, stage: Stage, x: float, floor: float) -> None:
    """A window with the sky of the hour behind it, and its light on the floor."""
    light = stage.light
    width, height = min(330.0, stage.width * 0.34), min(390.0, floor * 0.58)
    left, top = x - width / 2, floor * 0.15
    zenith, high, low, rim = light.sky
    land.rect(left - 16, top - 16, width + 32, height + 32, "#f3ebdd", round_by=6)
    land.rect(
        left,
        top,
        width,
        height,
        land.down(top, top + height, ((0, zenith, 1), (0.4, high, 1), (0.75, low, 1), (1, rim, 1))),
    )
    sun_x, sun_y = left + width * 0.68, top + height * 0.3
    land.circle(sun_x, sun_y, 70, land.around(sun_x, sun_y, 70, ((0, light.sun, 0.7), (1, light.sun, 0))))
    land.circle(sun_x, sun_y, 22, str(light.sun))
    hill = light.on(Colour.parse("#5f8f58"), 0.3)
    low_edge = top + height
    land.shape(
        path(
            "M",
            left,
            low_edge,
            "v",
            -70,
            "q",
            width * 0.28,
            -56,
            width * 0.55,
            -8,
            "t",
            width * 0.45,
            -14,
            "v",
            92,
            "z",
        ),
        str(hill),
    )
    land.shape(
        path("M", left, low_edge, "v", -36, "q", width * 0.4, -40, width, 10, "v", 26, "z"), str(hill.lighter(-0.06))
    )
    land.rect(x - 5, top, 10, height, "#f3ebdd")
    land.rect(left, top + height * 0.42, width, 10, "#f3ebdd")
    land.rect(left - 28, top + height + 12, width + 56, 16, "#e3d7c2", round_by=4)
    cloth = Colour.parse("#f1e2cf").times(WHITE.mix(light.ambient, 0.5))
    for side in (-1, 1):
        edge = x + side * (width / 2 + 34)
        inner = x + side * width * 0.3
        land.shape(
            path(
                "M",
                edge,
                top - 34,
                "H",
                inner,
                "Q",
                inner + side * 10,
                top + height * 0.6,
                edge - side * 26,
                top + height + 60,
                "H",
                edge,
                "Z",
            ),
            str(cloth),
            opacity=0.94,
        )
        for fold in (0.3, 0.6):
            fx = edge + (inner - edge) * fold
            land.line(
                path(
                    "M",
                    fx,
                    top - 30,
                    "Q",
                    fx + side * 8,
                    top + height * 0.6,
                    edge - side * (26 * fold),
                    top + height + 54,
                ),
                str(cloth.lighter(-0.08)),
                4,
                opacity=0.6,
            )
    land.rect(x - width / 2 - 54, top - 44, width + 108, 12, "#6b4a35", round_by=6)


def _boards(land: Ink, stage: Stage, floor: float, indoors: Colour) -> None:
    wood = Colour.parse("#a06f45").times(indoors)
    land.rect(
        0,
        floor,
        stage.width,
        stage.height - floor + 2,
        land.down(floor, stage.height, ((0, wood.lighter(-0.03), 1), (1, wood.lighter(-0.1), 1))),
    )
    deep = stage.height - floor
    for share in (0.12, 0.3, 0.54, 0.82):
        land.rect(0, floor + deep * share, stage.width, 2.2, str(wood.lighter(-0.16)), opacity=0.55)
    for index in range(-8, 9):
        x = stage.width / 2 + index * stage.width * 0.075
        land.line(
            path("M", x, floor, "L", stage.width / 2 + index * stage.width * 0.15, stage.height),
            str(wood.lighter(-0.16)),
            2,
            opacity=0.4,
        )
    land.rect(0, floor - 22, stage.width, 24, str(Colour.parse("#efe4d2").times(indoors)))
    land.rect(0, floor, stage.width, 4, str(wood.lighter(-0.2)), opacity=0.6)


def _shelf(land: Ink, stage: Stage, x: float, floor: float, indoors: Colour) -> None:
    """A shelf of books with a plant, and a picture above it."""
    dice = stage.dice("shelf")
    y = floor * 0.42
    land.rect(x - 140, y, 280, 12, str(Colour.parse("#6b4a35").times(indoors)))
    at = x - 128
    while at < x + 40:
        width, height = dice.uniform(13, 24), dice.uniform(56, 86)
        tone = Colour.of_hls(dice.random(), dice.uniform(0.38, 0.6), 0.42).times(indoors)
        land.rect(at, y - height, width, height, str(tone))
        land.rect(at + 3, y - height + 9, width - 6, 4, str(tone.lighter(0.2)))
        at += width + 1.5
    land.sprite(place(Pose("potted-plant", x + 92, y, 104), "shelf", light=indoors))
    frame = y - 190
    if frame > floor * 0.02:
        land.rect(x - 76, frame - 12, 152, 88, str(Colour.parse("#7a5a3d").times(indoors)), round_by=3)
        land.rect(x - 66, frame - 2, 132, 68, str(stage.light.sky[2].mix(WHITE, 0.4)))
        land.shape(
            f"M{x - 66:.0f} {frame + 66:.0f}l36 -40 30 24 26 -34 40 50z", str(Colour.parse("#4f7f86").times(indoors))
        )


def _furniture(land: Ink, stage: Stage, x: float, floor: float, indoors: Colour) -> None:
    """A couch along the wall, unless one was asked for or the room is small."""
    if any(thing.name in ("couch", "bed", "chair", "couch-and-lamp") for thing in stage.prompt.things):
        return
    height = 210.0
    land.ellipse(x, floor + 46, 190, 14, "#2a1b14", opacity=0.28)
    tone = Colour.parse(stage.dice("couch").choice(("#b85c4a", "#4f7f7a", "#8a6fa0", "#5a7ba3")))
    land.sprite(place(Pose("couch", x, floor + 48, height, colour=tone), "couch", light=indoors))


def _rug(land: Ink, stage: Stage, floor: float, indoors: Colour) -> None:
    y = floor + (stage.height - floor) * 0.66
    x = stage.width * 0.5
    reach = min(stage.width * 0.36, 480)
    tone = Colour.parse(stage.dice("rug").choice(("#b5524a", "#3f6f7f", "#c99a4a"))).times(indoors)
    land.ellipse(x, y, reach, reach * 0.2, str(tone))
    land.ellipse(x, y, reach * 0.88, reach * 0.172, str(tone.lighter(0.16)))
    land.ellipse(x, y, reach * 0.8, reach * 0.155, str(tone.lighter(0.03)))
