"""A forest: rows of trees fading into mist, a clearing in front, light falling in."""

from __future__ import annotations

from limner.engines.sketch import plants, skies, terrain
from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.scene import Band, Setting, Stage


def build(stage: Stage) -> Setting:
    """Four rows of trees, each nearer one larger and darker; the middle stays open."""
    dice, light = stage.dice("forest"), stage.light
    snowy = "snow" in stage.prompt.weather
    ground_y = stage.height * dice.uniform(0.66, 0.7)
    sky, land, near = Ink(), Ink(), Ink()
    skies.sky(sky, stage, ground_y)
    haze = light.haze.mix(WHITE, 0.35 if light.hour == "day" else 0.0)
    sky.rect(0, 0, stage.width, stage.height, sky.down(ground_y * 0.2, ground_y, ((0, haze, 0), (1, haze, 0.85))))
    sun_left = light.from_left
    green = Colour.parse("#3d5c66" if snowy else "#2f6a4a")
    autumn = stage.prompt.mood == "warm"
    for row, (distance, tall, drop) in enumerate(((0.82, 0.42, -0.03), (0.6, 0.52, -0.015), (0.36, 0.62, 0.005))):
        tone = green.mix(Colour.parse("#d9702a"), 0.78) if autumn else green
        colour = tone.times(light.ambient).mix(haze, distance)
        foot = ground_y + stage.height * drop
        count = round((15 - 3 * row) * max(1.0, stage.width / 1000))
        for index in range(count):
            x = (index + dice.uniform(0.1, 0.9)) / count * stage.width
            centre = abs(x / stage.width - 0.5) * 2
            height = stage.height * tall * dice.uniform(0.75, 1.05) * (0.72 + 0.35 * centre)
            (
                plants.distant_pine(
                    land, dice, plants.Tree(x, foot + 14, height, colour.lighter(dice.uniform(-0.02, 0.02)))
                )
                if row == 0
                else plants.pine(
                    land,
                    dice,
                    plants.Tree(x, foot + 14, height, colour.lighter(dice.uniform(-0.02, 0.02))),
                    sun_left=sun_left,
                    snow=snowy and row > 0,
                )
            )
        _mist(land, stage, foot, haze, 0.6 - 0.15 * row)
    _floor(land, stage, ground_y, snowy=snowy)
    if light.hour in ("day", "dawn", "sunset") and not stage.prompt.weather & {"rain", "storm", "snow"}:
        _shafts(land, stage, ground_y)
    _frame(land, stage, ground_y, green.mix(Colour.parse("#b04f1e"), 0.75) if autumn else green, snowy=snowy)
    if not snowy:
        plants.grass(
            near, stage, "undergrowth", stage.height * 0.93, stage.height + 16, light.on(Colour.parse("#2c5a38")), 80
        )
    skies.falling(near, stage)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(ground_y + 55, stage.height * 0.945, 0.68, 1.0),
        air=(stage.height * 0.08, ground_y * 0.6),
    )


def _mist(land: Ink, stage: Stage, foot: float, haze: Colour, strength: float) -> None:
    land.rect(0, foot - 170, stage.width, 230, land.down(foot - 170, foot + 40, ((0, haze, 0), (1, haze, strength))))


def _floor(land: Ink, stage: Stage, y: float, *, snowy: bool) -> None:
    light, dice = stage.light, stage.dice("floor")
    near, far = (
        (Colour.parse("#dfe8f0"), Colour.parse("#f6f9fb"))
        if snowy
        else (Colour.parse("#35603a"), Colour.parse("#7fa45c"))
    )
    near, far = light.on(near), light.on(far, 0.15)
    terrain.ridge(
        land, stage, "floor", terrain.Hill(y + 14, 12, 540), land.down(y, stage.height, ((0, far, 1), (1, near, 1)))
    )
    trail = light.on(Colour.parse("#f9fbfd" if snowy else "#c9ab7a"), 0.1)
    middle, width = stage.width * 0.5, min(stage.width, 1100)
    bend = dice.uniform(-60, 60)
    land.shape(
        path(
            "M",
            middle - 14 + bend,
            y + 18,
            "C",
            middle - 30,
            y + 70,
            middle - width * 0.02 - bend,
            y + 120,
            middle - width * 0.2,
            stage.height + 10,
            "H",
            middle + width * 0.22,
            "C",
            middle + width * 0.1 - bend,
            y + 130,
            middle + 26,
            y + 80,
            middle + 16 + bend,
            y + 18,
            "Z",
        ),
        land.down(y, stage.height, ((0, trail, 0.5), (1, trail, 0.35 if snowy else 0.85))),
    )
    for _ in range(stage.more(14)):
        x, foot = dice.uniform(0, stage.width), dice.uniform(y + 60, stage.height)
        land.ellipse(
            x, foot, dice.uniform(30, 90), dice.uniform(5, 12), str(near.lighter(0.05 if snowy else -0.05)), opacity=0.4
        )


def _shafts(land: Ink, stage: Stage, y: float) -> None:
    dice, light = stage.dice("shafts"), stage.light
    x = light.x * stage.width
    for _ in range(5):
        top, spread, lean = x + dice.uniform(-200, 200), dice.uniform(24, 60), (0.5 - light.x) * 700
        fill = land.down(0, y + 120, ((0, light.sun, 0.34), (1, light.sun, 0.0)))
        land.polygon(
            [
                (top - spread * 0.4, -10),
                (top + spread * 0.4, -10),
                (top + lean + spread * 1.6, y + 120),
                (top + lean - spread * 1.6, y + 120),
            ],
            fill,
        )


def _frame(land: Ink, stage: Stage, y: float, green: Colour, *, snowy: bool) -> None:
    """Large trees at both sides lead the eye to the clearing."""
    dice, light = stage.dice("frame"), stage.light
    sun_left = light.from_left
    for share in (0.02, 0.13, 0.87, 0.98):
        x = (share + dice.uniform(-0.025, 0.025)) * stage.width
        outer = abs(share - 0.5) > 0.4  # noqa: PLR2004 - the outermost two stand nearest
        foot = y + (95 if outer else 48)
        height = stage.height * (0.8 if outer else 0.66) * dice.uniform(0.9, 1.06)
        plants.pine(
            land,
            dice,
            plants.Tree(x, foot, height, light.on(green.lighter(-0.05 if outer else 0.0))),
            sun_left=sun_left,
            snow=snowy,
        )
