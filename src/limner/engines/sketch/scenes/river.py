"""A river that winds down from the hills, with a bank to stand on and a place for a bridge."""

from __future__ import annotations

import math

from limner.engines.sketch import plants, skies, terrain
from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, Point
from limner.engines.sketch.scene import Band, Perch, Setting, Stage

_STEPS = 40


def build(stage: Stage) -> Setting:
    """Hills, the river's ribbon from the horizon to one lower corner, trees and flowers along it."""
    dice, light = stage.dice("river"), stage.light
    snowy = "snow" in stage.prompt.weather
    horizon = stage.height * dice.uniform(0.42, 0.48)
    sky, land, near = Ink(), Ink(), Ink()
    skies.sky(sky, stage, horizon)
    wide = max(1.0, stage.width / 1000)
    if "mountains" in stage.prompt.scenes:
        peaks = terrain.Range(horizon + 10, horizon * 0.5, round(5 * wide), Colour.parse("#66788f"), 0.45)
        terrain.mountains(land, stage, "range", peaks)
    base = Colour.parse("#e6eef4" if snowy else "#a88f45" if stage.prompt.season == "autumn" else "#6fa84c")
    for index, share in enumerate((0.0, 0.07, 0.18)):
        y = horizon + (stage.height - horizon) * share
        tone = light.on(base.mix(Colour.parse("#5b86a8"), 0.4 - 0.16 * index), 0.45 - 0.18 * index)
        fill = land.down(y - 50, y + 240, ((0, tone.lighter(0.06), 1), (1, tone.lighter(-0.05), 1)))
        line = terrain.ridge(land, stage, f"hill {index}", terrain.Hill(y, 44 - 12 * index, 560, octaves=2), fill)
        for _ in range(stage.more(7 * wide)):
            x = dice.uniform(0, stage.width)
            tree = plants.Tree(
                x,
                line(x) + 8,
                (34 + 34 * index) * dice.uniform(0.8, 1.3),
                light.on(base.lighter(-0.16), 0.3 - 0.1 * index),
            )
            if snowy or dice.random() < 0.4:  # noqa: PLR2004 - some are conifers
                plants.pine(land, dice, tree, sun_left=light.from_left, snow=snowy)
            else:
                plants.broadleaf(land, dice, tree, sun_left=light.from_left)
    left = dice.random() < 0.5  # noqa: PLR2004 - heads or tails
    course = _course(stage, horizon + (stage.height - horizon) * 0.13, left=left)
    _water(land, stage, course)
    ground = light.on(base.lighter(-0.07))
    plants.grass(land, stage, "turf", horizon + (stage.height - horizon) * 0.5, stage.height * 0.92, ground, 36)
    if not snowy:
        tones = tuple(light.on(Colour.parse(code)) for code in ("#fdfdf8", "#f3d24f", "#f6b3c9", "#b79be6"))
        plants.grass(near, stage, "near turf", stage.height * 0.95, stage.height + 14, ground.lighter(-0.05), 80)
        plants.flowers(near, stage, "near flowers", stage.height * 0.94, stage.height + 6, tones, 16)
    skies.falling(near, stage)
    crossing = course[round(_STEPS * 0.62)]
    span = (0.4, 1.0) if left else (0.0, 0.6)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(horizon + (stage.height - horizon) * 0.42, stage.height * 0.93, 0.62, 1.0),
        span=span,
        air=(stage.height * 0.06, horizon * 0.85),
        water=Band(stage.height * 0.78, stage.height * 0.92, 0.5, 0.7),
        water_span=(0.04, 0.4) if left else (0.6, 0.96),
        crossing=Perch(crossing[0], crossing[1] + crossing[2] * 0.1, max(110.0, crossing[2] * 0.52)),
        perches=(Perch(stage.width * (0.72 if left else 0.28), horizon + (stage.height - horizon) * 0.17, 210),),
    )


def _course(stage: Stage, top: float, *, left: bool) -> list[tuple[float, float, float]]:
    """The river's middle as (x, y, width), from far to near."""
    points = []
    for step in range(_STEPS + 1):
        share = step / _STEPS
        y = top + (stage.height + 20 - top) * share**1.7
        swing = math.sin(share * 6.6) * (0.06 + 0.16 * share) * (1 - 0.5 * share)
        aim = 0.56 + (0.17 - 0.56) * share**1.2
        x = (aim + swing) * stage.width
        points.append((x if left else stage.width - x, y, 10 + 520 * share**2.1))
    return points


def _water(land: Ink, stage: Stage, course: list[tuple[float, float, float]]) -> None:
    light, dice = stage.light, stage.dice("water")
    top, bottom = course[0][1], stage.height

    def ribbon(extra: float) -> list[Point]:
        right = [(x + width / 2 + extra, y) for x, y, width in course]
        return [*((x - width / 2 - extra, y) for x, y, width in course), *reversed(right)]

    bank = light.on(Colour.parse("#c7a873" if "snow" not in stage.prompt.weather else "#d5e0ea"))
    land.polygon([(x, y + 3) for x, y in ribbon(7)], str(bank), opacity=0.8)
    near = light.on(Colour.parse("#2f86a8")).mix(light.sky[1], 0.25)
    far = light.sky[3].mix(light.sky[1], 0.4)
    land.polygon(ribbon(0), land.down(top, bottom, ((0, far, 1), (0.5, far.mix(near, 0.7), 1), (1, near, 1))))
    for _ in range(stage.more(46)):
        x, y, width = dice.choice(course[6:])
        at = x + dice.uniform(-0.4, 0.4) * width
        reach = width * dice.uniform(0.05, 0.14)
        land.ellipse(at, y, reach, 0.6 + width * 0.004, str(far.mix(WHITE, 0.6)), opacity=dice.uniform(0.3, 0.7))
