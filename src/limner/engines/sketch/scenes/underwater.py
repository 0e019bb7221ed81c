"""Under water: light from above, sand below, weeds and corals, bubbles."""

from __future__ import annotations

import math

from limner.engines.sketch import terrain
from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.motion import Motion, scattered
from limner.engines.sketch.scene import Band, Setting, Stage
from limner.engines.sketch.sprite import Pose, place


def build(stage: Stage) -> Setting:
    """Blue depth, rays, rocks far and near, a planted sea floor."""
    light = stage.light
    sky, land, near = Ink(), Ink(), Ink()
    top, middle, low = (Colour.parse(code).times(light.ambient) for code in ("#7fe3e8", "#1f8fc0", "#0b3f7a"))
    sky.rect(0, 0, stage.width, stage.height, sky.down(0, stage.height, ((0, top, 1), (0.4, middle, 1), (1, low, 1))))
    _rays(sky, stage, top)
    floor = stage.height * 0.82
    for index, (share, mix) in enumerate(((0.68, 0.25), (0.78, 0.5))):
        tone = middle.mix(low, mix)
        terrain.ridge(land, stage, f"reef {index}", terrain.Hill(stage.height * share, 60 - 12 * index, 330), str(tone))
    sand = Colour.parse("#d9c79a").mix(middle, 0.35).times(light.ambient)
    terrain.ridge(
        land,
        stage,
        "floor",
        terrain.Hill(floor, 14, 600),
        land.down(floor - 20, stage.height, ((0, sand.lighter(0.05), 1), (1, sand.lighter(-0.16), 1))),
    )
    _weeds(land, stage, "far weeds", floor + 10, 0.8, middle)
    _garden(land, stage, floor)
    _bubbles(near, stage)
    _weeds(near, stage, "near weeds", stage.height + 14, 1.35, low)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(floor + 36, stage.height * 0.95, 0.72, 0.95),
        air=(stage.height * 0.1, stage.height * 0.7),
        water=Band(stage.height * 0.14, stage.height * 0.66, 0.85, 1.0),
        submerged=True,
        alike=True,
        shadow=0.2,
    )


def _rays(sky: Ink, stage: Stage, tone: Colour) -> None:
    dice = stage.dice("rays")
    x = stage.light.x * stage.width
    pale = tone.mix(WHITE, 0.5)
    sky.glow(x, -40, 620, pale, 0.7)
    for index in range(8):
        lean = (index - 3.5) * 0.19 + dice.uniform(-0.05, 0.05)
        spread = dice.uniform(0.025, 0.07)
        deep = stage.height * dice.uniform(0.6, 0.95)
        fill = sky.down(0, deep, ((0, pale, 0.32), (1, pale, 0)))
        sky.polygon(
            [
                (x + lean * 120 - 12, -10),
                (x + lean * 120 + 12, -10),
                (x + math.tan(lean + spread) * deep, deep),
                (x + math.tan(lean - spread) * deep, deep),
            ],
            fill,
        )


def _weeds(ink: Ink, stage: Stage, part: str, foot: float, scale: float, water: Colour) -> None:
    dice, light = stage.dice(part), stage.light
    for cluster in range(stage.more(5 * max(1.0, stage.width / 1000))):
        side = dice.uniform(0.0, 0.26) if cluster % 2 else dice.uniform(0.74, 1.0)
        x = side * stage.width
        for _ in range(dice.randint(3, 6)):
            tone = (
                Colour.parse(dice.choice(("#2f9a5f", "#1f7a5a", "#5aa84a", "#8a9a3a")))
                .times(light.ambient)
                .mix(water, 0.35)
            )
            at, tall, sway = x + dice.uniform(-50, 50), dice.uniform(90, 220) * scale, dice.uniform(-36, 36)
            half = 7 * scale
            ink.shape(
                path(
                    "M",
                    at - half,
                    foot,
                    "C",
                    at - half + sway,
                    foot - tall * 0.35,
                    at - half - sway,
                    foot - tall * 0.65,
                    at + sway * 0.5,
                    foot - tall,
                    "C",
                    at + half - sway * 0.6,
                    foot - tall * 0.6,
                    at + half + sway,
                    foot - tall * 0.35,
                    at + half,
                    foot,
                    "Z",
                ),
                str(tone),
            )


def _garden(land: Ink, stage: Stage, floor: float) -> None:
    """Corals, shells and stones on the floor, away from the middle."""
    dice, light = stage.dice("garden"), stage.light
    stone = Colour.parse("#5f7486").times(light.ambient)
    for index in range(stage.more(6)):
        x = stage.width * (dice.uniform(0.02, 0.34) if index % 2 else dice.uniform(0.66, 0.98))
        y, reach = floor + dice.uniform(14, 60), dice.uniform(34, 84)
        land.shape(
            path(
                "M",
                x - reach,
                y,
                "q",
                reach * 0.1,
                -reach * 0.8,
                reach * 0.8,
                -reach * 0.75,
                "q",
                reach,
                0,
                reach * 1.2,
                reach * 0.75,
                "z",
            ),
            land.down(y - reach * 0.8, y, ((0, stone.lighter(0.1), 1), (1, stone.lighter(-0.08), 1))),
        )
    tones = tuple(Colour.parse(code) for code in ("#ff7a6b", "#ff9ec4", "#ffb84d", "#b48cff"))
    wash = light.ambient.mix(Colour.parse("#9fd8ee"), 0.5)
    for index in range(stage.more(4)):
        x = stage.width * (dice.uniform(0.04, 0.3) if index % 2 else dice.uniform(0.7, 0.96))
        land.sprite(
            place(
                Pose(
                    "coral",
                    x,
                    floor + dice.uniform(30, 62),
                    dice.uniform(80, 150),
                    colour=dice.choice(tones),
                    flip=index % 2 == 0,
                ),
                f"coral{index}",
                light=wash,
            )
        )


def _bubbles(near: Ink, stage: Stage) -> None:
    dice = stage.dice("bubbles")
    for _ in range(3):
        x, y = dice.uniform(0.1, 0.9) * stage.width, stage.height * dice.uniform(0.45, 0.8)
        for _ in range(stage.more(7)):
            size = dice.uniform(2.5, 10)
            with near.moving(Motion(pass_y=-70, sway_x=4, begins=scattered(x, y))):
                near.circle(x, y, size, "#ffffff", opacity=0.16)
                near.ring(x, y, size, 1.4, "#ffffff", opacity=0.6)
                near.circle(x - size * 0.35, y - size * 0.35, size * 0.22, "#ffffff", opacity=0.8)
            x, y = x + dice.uniform(-16, 16), y - dice.uniform(20, 56)
