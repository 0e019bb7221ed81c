"""A garden: a hedge, a fence, beds of flowers along a path, an arch of roses."""

from __future__ import annotations

import math

from limner.engines.sketch import plants, skies, terrain
from limner.engines.sketch.colour import Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.scene import Band, Setting, Stage

_BLOOMS = ("#ef5d7a", "#f7a8c4", "#f9d04a", "#ffffff", "#9d7be0", "#f2803c", "#d8437e")


def build(stage: Stage) -> Setting:
    """Trees over a hedge, a white fence, lawn, a path between two beds."""
    dice, light = stage.dice("garden"), stage.light
    fence = stage.height * dice.uniform(0.5, 0.53)
    sky, land, near = Ink(), Ink(), Ink()
    skies.sky(sky, stage, fence)
    green = Colour.parse("#4f8f45")
    wide = max(1.0, stage.width / 1000)
    for _ in range(stage.more(7 * wide)):
        tree = plants.Tree(
            dice.uniform(0, stage.width),
            fence,
            dice.uniform(170, 270),
            light.on(green.lighter(dice.uniform(-0.05, 0.05)), 0.3),
        )
        plants.broadleaf(land, dice, tree, sun_left=light.from_left)
    _hedge(land, stage, fence)
    lawn = light.on(Colour.parse("#86bd55"))
    land.rect(
        0,
        fence,
        stage.width,
        stage.height - fence,
        land.down(fence, stage.height, ((0, lawn.lighter(0.05), 1), (1, lawn.lighter(-0.1), 1))),
    )
    _pickets(land, stage, fence + 14)
    _way(land, stage, fence + 16)
    for side in (-1, 1):
        _bed(land, stage, side, fence)
    plants.grass(land, stage, "lawn", fence + 60, stage.height * 0.92, lawn.lighter(-0.08), 40)
    plants.grass(near, stage, "edge", stage.height * 0.95, stage.height + 12, lawn.lighter(-0.14), 70)
    for _ in range(stage.more(22 * wide)):
        x = dice.choice((dice.uniform(0, 0.3), dice.uniform(0.7, 1.0))) * stage.width
        _flower(
            near,
            stage,
            x,
            stage.height + dice.uniform(-6, 20),
            dice.uniform(15, 25),
            dice.choice(_BLOOMS),
            dice.uniform(40, 84),
        )
    skies.falling(near, stage)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(fence + (stage.height - fence) * 0.36, stage.height * 0.92, 0.68, 0.98),
        air=(stage.height * 0.08, fence * 0.85),
    )


def _hedge(land: Ink, stage: Stage, y: float) -> None:
    dice, light = stage.dice("hedge"), stage.light
    dark, pale = light.on(Colour.parse("#2f6b3c"), 0.12), light.on(Colour.parse("#4d8f4c"), 0.12)
    line = terrain.waver(dice, 300, 3)
    xs = [step * 16.0 - 20 for step in range(int(stage.width / 16) + 4)]
    land.polygon(
        [(-20.0, y + 6), *((x, y - 92 + line(x) * 12) for x in xs), (stage.width + 40, y + 6)],
        land.down(y - 100, y, ((0, pale, 1), (1, dark, 1))),
    )
    for _ in range(stage.more(120 * stage.width / 1000)):
        x, up = dice.uniform(0, stage.width), dice.uniform(4, 92)
        land.circle(x, y - up, dice.uniform(5, 13), str(dice.choice((pale.lighter(0.03), dark, pale))), opacity=0.55)


def _pickets(land: Ink, stage: Stage, y: float) -> None:
    light = stage.light
    white, shade = str(light.on(Colour.parse("#fbf7ee"))), str(light.on(Colour.parse("#d5ccba")))
    for rail in (44, 20):
        land.rect(0, y - rail, stage.width, 7, shade)
    pickets = []
    x = 4.0
    while x < stage.width:
        if abs(x - stage.width / 2) > 62:  # noqa: PLR2004 - the gate is open
            pickets.append(f"M{x:.0f} {y:.0f}v-58l8 -12l8 12v58z")
        x += 25
    land.shape("".join(pickets), white)


def _way(land: Ink, stage: Stage, y: float) -> None:
    light, dice, middle = stage.light, stage.dice("way"), stage.width / 2
    sand = light.on(Colour.parse("#e8d3a6"))
    land.shape(
        path("M", middle - 40, y, "C", middle - 70, y + 110, middle + 40, y + 160, middle - 150, stage.height + 10,
             "H", middle + 170, "C", middle + 170, y + 190, middle + 10, y + 110, middle + 44, y, "Z"),
        land.down(y, stage.height, ((0, sand, 1), (1, sand.lighter(-0.07), 1))),
    )  # fmt: skip
    for _ in range(stage.more(40)):
        share = dice.random()
        x = middle + dice.uniform(-0.7, 0.7) * (40 + 120 * share)
        land.ellipse(
            x, y + (stage.height - y) * share, 4 + 7 * share, 2 + 3 * share, str(sand.lighter(-0.1)), opacity=0.5
        )
    rose = light.on(Colour.parse("#3f7f45"))
    arch = path("M", middle - 62, y + 2, "V", y - 120, "A", 62.0, 62.0, 0, 0, 1, middle + 62, y - 120, "V", y + 2)
    land.line(arch, str(light.on(Colour.parse("#f6efe2"))), 12)
    for step in range(26):
        angle = math.pi * (step / 25)
        up = 120 + math.sin(angle) * 62
        x = middle - math.cos(angle) * 62
        land.circle(
            x + dice.uniform(-8, 8),
            y - up + dice.uniform(-8, 8),
            dice.uniform(9, 15),
            str(rose.lighter(dice.uniform(-0.05, 0.05))),
        )
    for step in range(20):
        angle = math.pi * (step / 19)
        land.circle(
            middle - math.cos(angle) * 62 + dice.uniform(-9, 9),
            y - 120 - math.sin(angle) * 62 + dice.uniform(-9, 9),
            dice.uniform(4, 7),
            str(light.on(Colour.parse(dice.choice(_BLOOMS[:2])))),
        )


def _bed(land: Ink, stage: Stage, side: int, fence: float) -> None:
    """A bed of flowers along the fence, farther ones smaller."""
    dice, light = stage.dice(f"bed {side}"), stage.light
    soil = light.on(Colour.parse("#7a5a3c"))
    middle = stage.width / 2
    top, low = fence + 20, fence + (stage.height - fence) * 0.3
    outer = 0.0 if side < 0 else stage.width
    land.shape(
        path("M", outer, top, "H", middle + side * 110, "Q", middle + side * 150, low, outer, low, "Z"), str(soil)
    )
    rows = 4
    for row in range(rows):
        y = top + 14 + (low - top - 12) * row / (rows - 1)
        count = stage.more(9 * max(1.0, stage.width / 1000))
        tone = dice.choice(_BLOOMS)
        for slot in range(count):
            reach = (stage.width / 2 - 130) * (1 - 0.12 * row)
            x = outer - side * (slot + dice.uniform(0.2, 0.8)) / count * reach
            _flower(land, stage, x, y, 7 + 3 * row, tone if dice.random() < 0.8 else dice.choice(_BLOOMS), 24 + 9 * row)  # noqa: PLR2004


def _flower(ink: Ink, stage: Stage, x: float, y: float, size: float, code: str, tall: float) -> None:
    light = stage.light
    petal, leaf = light.on(Colour.parse(code)), light.on(Colour.parse("#3f8244"))
    ink.line(path("M", x, y, "q", 3, -tall / 2, 0, -tall), str(leaf), max(2.0, size * 0.2))
    ink.ellipse(x + size * 0.5, y - tall * 0.42, size * 0.55, size * 0.22, str(leaf))
    for index in range(6):
        angle = index * math.tau / 6
        ink.circle(
            x + math.cos(angle) * size * 0.52,
            y - tall + math.sin(angle) * size * 0.5,
            size * 0.42,
            str(petal.lighter(-0.03 * (index % 2))),
        )
    ink.circle(x, y - tall, size * 0.34, str(light.on(Colour.parse("#f7c948"))))
