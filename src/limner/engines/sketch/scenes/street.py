"""A street of town houses: doors, windows, awnings, trees, a pavement and the carriageway."""

from __future__ import annotations

from limner.engines.sketch import plants, skies
from limner.engines.sketch.colour import LAMPLIGHT, WHITE, Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.scene import Band, Mirror, Setting, Stage

_FRONTS = ("#d98e73", "#e9c08a", "#a9bfae", "#8fa9bf", "#e3b7a7", "#c9c0a6", "#b7849a", "#d7a35c")
_SHOPS = ("#3f6f6a", "#8a3f3f", "#4a5a80", "#6f5a3a", "#7a4a6f")


def build(stage: Stage) -> Setting:
    """House fronts side by side, each of its own colour and height; pavement; road."""
    dice, light = stage.dice("street"), stage.light
    kerb = stage.height * 0.7
    sky, land, near = Ink(), Ink(), Ink()
    skies.sky(sky, stage, kerb)
    x, last = -30.0, ""
    while x < stage.width:
        width = dice.uniform(165, 230)
        code = dice.choice([front for front in _FRONTS if front != last])
        last = code
        _front(land, stage, x, kerb, width, stage.height * dice.uniform(0.42, 0.56), code)
        x += width
    wet = bool(stage.prompt.weather & {"rain", "storm"})
    _ground(land, stage, kerb)
    for share in (0.08, 0.5, 0.92):
        at = stage.width * share + dice.uniform(-20, 20)
        if share == 0.5:  # noqa: PLR2004 - the middle stays free
            continue
        land.rect(at - 24, kerb + 22, 48, 8, str(light.on(Colour.parse("#6b5a4a"))))
        tone = light.on(Colour.parse("#c9762f" if stage.prompt.season == "autumn" else "#5f9a4c"))
        plants.broadleaf(land, dice, plants.Tree(at, kerb + 26, 230, tone), sun_left=light.from_left)
    for share in (0.28, 0.72):
        _lamp(land, stage, stage.width * share, kerb + 34)
    skies.falling(near, stage)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(kerb + 78, stage.height * 0.95, 0.72, 0.95),
        air=(stage.height * 0.04, stage.height * 0.26),
        mirror=Mirror(kerb + 56, stage.height, 0.55) if wet else None,
    )


def _front(land: Ink, stage: Stage, x: float, foot: float, width: float, tall: float, code: str) -> None:
    dice, light = stage.dice(f"front {x:.0f}"), stage.light
    wall = light.on(Colour.parse(code))
    trim, dark = wall.lighter(0.12), wall.lighter(-0.1)
    top = foot - tall
    if dice.random() < 0.5:  # noqa: PLR2004 - half have a gable, half a cornice
        roof = light.on(Colour.parse(dice.choice(("#7a4338", "#5b5560", "#8a5a45"))))
        land.polygon([(x - 4, top + 2), (x + width * 0.5, top - width * 0.34), (x + width + 4, top + 2)], str(roof))
        land.circle(x + width / 2, top - width * 0.1, 12, str(trim))
    else:
        land.rect(x - 5, top - 16, width + 10, 18, str(trim))
        land.rect(x - 2, top - 24, width + 4, 9, str(dark))
    land.rect(x, top, width + 1, tall, land.down(top, foot, ((0, wall.lighter(0.03), 1), (1, wall.lighter(-0.05), 1))))
    land.rect(x + width - 7, top, 8, tall, str(dark), opacity=0.5)
    ground_floor = 132.0
    floors = max(1, int((tall - ground_floor - 16) / 108))
    columns = 2 if width < 195 else 3  # noqa: PLR2004 - broad houses have three
    for floor in range(floors):
        y = top + 22 + floor * (tall - ground_floor - 24) / floors
        for column in range(columns):
            _window(
                land,
                stage,
                x + width * (column + 0.5) / columns,
                y,
                trim,
                lit=dice.random() < 0.6,  # noqa: PLR2004 - not all are at home
                boxed=dice.random() < 0.35,  # noqa: PLR2004 - a third have flowers
            )
    land.rect(x, foot - ground_floor, width, 7, str(trim))
    shop = light.on(Colour.parse(dice.choice(_SHOPS)))
    glass = Colour.parse(LAMPLIGHT) if light.lamps else light.on(Colour.parse("#a9cbd6"))
    door = x + width * (0.72 if dice.random() < 0.5 else 0.1)  # noqa: PLR2004 - left or right
    land.rect(x + 8, foot - 116, width - 16, 116, str(shop))
    pane = x + (16 if door > x + width / 2 else width * 0.34)
    land.rect(pane, foot - 84, width * 0.54, 62, str(glass))
    land.polygon(
        [(pane, foot - 30), (pane + 30, foot - 84), (pane + 52, foot - 84), (pane + 22, foot - 30)],
        "#ffffff",
        opacity=0.22,
    )
    land.rect(door, foot - 92, width * 0.2, 92, str(shop.lighter(-0.1)))
    land.rect(door + 5, foot - 84, width * 0.2 - 10, 40, str(glass))
    land.circle(door + width * 0.16, foot - 36, 3, "#e6c25a")
    cloth = light.on(Colour.parse(dice.choice(("#c8483a", "#2f7f6f", "#e0a030", "#4a6fae"))))
    low, step = foot - 96, width / 8
    land.polygon([(x + 4, foot - 122), (x + width - 4, foot - 122), (x + width + 2, low), (x - 2, low)], str(cloth))
    stripes = "".join(
        path("M", x + step * i, foot - 122, "h", step, "l", 2, 26, "h", -step, "z") for i in range(1, 8, 2)
    )
    land.shape(stripes, str(WHITE.times(light.ambient)), opacity=0.9)
    if light.lamps:
        land.glow(x + width / 2, foot - 50, width * 0.7, Colour.parse(LAMPLIGHT), 0.4)


def _window(land: Ink, stage: Stage, x: float, y: float, trim: Colour, *, lit: bool, boxed: bool) -> None:
    light = stage.light
    glass = (
        Colour.parse(LAMPLIGHT)
        if light.lamps and lit
        else light.on(Colour.parse("#6f94a8" if not light.lamps else "#3a4668"))
    )
    land.rect(x - 22, y, 44, 66, str(trim))
    land.rect(x - 17, y + 5, 34, 56, str(glass))
    land.rect(x - 1.5, y + 5, 3, 56, str(trim))
    land.rect(x - 17, y + 28, 34, 3, str(trim))
    land.rect(x - 26, y + 64, 52, 6, str(trim.lighter(-0.06)))
    if boxed:
        land.rect(x - 22, y + 56, 44, 11, str(light.on(Colour.parse("#8a5a3c"))))
        for step in range(5):
            land.circle(
                x - 18 + step * 9, y + 54, 6, str(light.on(Colour.parse(("#d8437e", "#4f8f45", "#f2b33c")[step % 3])))
            )


def _ground(land: Ink, stage: Stage, kerb: float) -> None:
    light = stage.light
    walk, road = light.on(Colour.parse("#c4bcae")), light.on(Colour.parse("#7a7d86"))
    land.rect(0, kerb, stage.width, 54, land.down(kerb, kerb + 54, ((0, walk.lighter(-0.05), 1), (1, walk, 1))))
    for index in range(int(stage.width / 70) + 1):
        land.line(path("M", index * 70.0, kerb + 4, "l", -14, 48), str(walk.lighter(-0.1)), 2, opacity=0.6)
    land.rect(0, kerb + 50, stage.width, 9, str(walk.lighter(-0.14)))
    land.rect(
        0,
        kerb + 58,
        stage.width,
        stage.height - kerb,
        land.down(kerb + 58, stage.height, ((0, road.lighter(0.03), 1), (1, road.lighter(-0.06), 1))),
    )
    dice = stage.dice("cobbles")
    for _ in range(stage.more(90 * stage.width / 1000)):
        share = dice.random()
        y = kerb + 66 + (stage.height - kerb - 66) * share
        land.ellipse(
            dice.uniform(0, stage.width),
            y,
            10 + 12 * share,
            2.5 + 3 * share,
            str(road.lighter(dice.choice((-0.05, 0.05)))),
            opacity=0.5,
        )


def _lamp(land: Ink, stage: Stage, x: float, foot: float) -> None:
    light = stage.light
    post = str(light.on(Colour.parse("#2f3a44")))
    top = foot - 250
    land.rect(x - 4, top, 8, 250, post, round_by=3)
    land.rect(x - 10, foot - 14, 20, 14, post, round_by=3)
    land.polygon(
        [(x - 15, top), (x + 15, top), (x + 11, top - 34), (x - 11, top - 34)], LAMPLIGHT if light.lamps else "#f4f1e4"
    )
    land.polygon([(x - 17, top - 34), (x + 17, top - 34), (x, top - 50)], post)
    if light.lamps:
        land.glow(x, top - 16, 130, Colour.parse("#ffe2a0"), 0.6)
        land.glow(x, foot + 6, 130, Colour.parse("#ffe2a0"), 0.28, flat=0.2)
