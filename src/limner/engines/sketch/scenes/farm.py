"""A farm: furrowed fields, a red barn with its silo, a fence, hay."""

from __future__ import annotations

from limner.engines.sketch import plants, skies, terrain
from limner.engines.sketch.colour import Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.scene import Band, Perch, Setting, Stage

_CROPS = ("#c9a544", "#8fb04a", "#6f9a3f", "#d8bd62")


def build(stage: Stage) -> Setting:
    """Hills of crops in furrows, the barn at one side, the yard in front."""
    dice, light = stage.dice("farm"), stage.light
    snowy = "snow" in stage.prompt.weather
    horizon = stage.height * dice.uniform(0.44, 0.49)
    sky, land, near = Ink(), Ink(), Ink()
    skies.sky(sky, stage, horizon)
    terrain.ridge(
        land, stage, "blue hills", terrain.Hill(horizon - 26, 24, 560), str(light.on(Colour.parse("#6f96a8"), 0.5))
    )
    for index, share in enumerate((0.0, 0.09)):
        y = horizon + (stage.height - horizon) * share
        crop = light.on(Colour.parse("#e9f0f5" if snowy else dice.choice(_CROPS)), 0.26 - 0.12 * index)
        terrain.ridge(land, stage, f"crop {index}", terrain.Hill(y, 18, 700, octaves=2), str(crop))
    _furrows(land, stage, horizon + (stage.height - horizon) * 0.17, snowy=snowy)
    left = not light.from_left
    x = stage.width * (0.2 if left else 0.8)
    barn_y = horizon + (stage.height - horizon) * 0.3
    _barn(land, stage, x, barn_y, left=left, snowy=snowy)
    yard_y = stage.height * 0.7
    turf = light.on(Colour.parse("#e6eef4" if snowy else "#7ba84a"))
    terrain.ridge(
        land, stage, "yard", terrain.Hill(yard_y, 10, 620, octaves=2),
        land.down(yard_y - 10, stage.height, ((0, turf.lighter(0.04), 1), (1, turf.lighter(-0.08), 1))),
    )  # fmt: skip
    _fence(land, stage, yard_y + 8)
    if not snowy:
        plants.grass(land, stage, "yard grass", yard_y + 30, stage.height * 0.93, turf.lighter(-0.07), 50)
        plants.grass(near, stage, "near grass", stage.height * 0.95, stage.height + 12, turf.lighter(-0.13), 90)
        for _ in range(stage.more(2)):
            _bale(land, stage, dice.uniform(0.3, 0.7) * stage.width, horizon + (stage.height - horizon) * 0.34)
    skies.falling(near, stage)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(yard_y + 50, stage.height * 0.93, 0.74, 0.98),
        air=(stage.height * 0.06, horizon * 0.85),
        perches=(Perch(stage.width * (0.62 if left else 0.38), horizon + (stage.height - horizon) * 0.17, 250),),
    )


def _furrows(land: Ink, stage: Stage, top: float, *, snowy: bool) -> None:
    """Rows of crops that meet at the horizon."""
    light = stage.light
    soil = light.on(Colour.parse("#dfe8ef" if snowy else "#a98b4f"), 0.08)
    leaf = light.on(Colour.parse("#f3f7fa" if snowy else "#86a83f"), 0.06)
    land.rect(0, top, stage.width, stage.height - top, str(soil))
    middle = stage.width / 2
    for index in range(-11, 12):
        far, low = middle + index * stage.width * 0.05, middle + index * stage.width * 0.17
        half = stage.width * 0.045
        land.polygon(
            [(far - 6, top), (far + 6, top), (low + half, stage.height), (low - half, stage.height)], str(leaf)
        )


def _barn(land: Ink, stage: Stage, x: float, y: float, *, left: bool, snowy: bool) -> None:
    light = stage.light
    red, dark = light.on(Colour.parse("#b53a2e")), light.on(Colour.parse("#8a2a22"))
    white = str(light.on(Colour.parse("#f7f1e6")))
    roof = light.on(Colour.parse("#f2f6fa" if snowy else "#5d5a5f"))
    wide, tall = 250.0, 130.0
    silo = x + (150 if left else -150)
    grey = light.on(Colour.parse("#b9bdc2"))
    land.rect(
        silo - 34,
        y - 210,
        68,
        210,
        land.across(silo - 34, silo + 34, ((0, grey.lighter(0.08), 1), (1, grey.lighter(-0.16), 1))),
    )
    land.shape(path("M", silo - 36, y - 208, "A", 36.0, 34.0, 0, 0, 1, silo + 36, y - 208, "Z"), str(dark))
    for step in range(5):
        land.rect(silo - 34, y - 40 - step * 38, 68, 3, str(grey.lighter(-0.2)), opacity=0.5)
    left_x = x - wide / 2
    land.ellipse(x, y, wide * 0.62, 12, "#20301c", opacity=0.25)
    gable = [
        (left_x, y),
        (left_x, y - tall),
        (left_x + wide * 0.2, y - tall - 70),
        (x, y - tall - 104),
        (left_x + wide * 0.8, y - tall - 70),
        (left_x + wide, y - tall),
        (left_x + wide, y),
    ]
    land.polygon(gable, str(red))
    for step in range(1, 12):
        land.rect(left_x + wide * step / 12, y - tall, 2, tall, str(dark), opacity=0.5)
    ridge = "M" + "L".join(
        f"{px:.0f} {py:.0f}"
        for px, py in ((left_x - 12, y - tall + 8), *gable[2:5], (left_x + wide + 12, y - tall + 8))
    )
    land.line(ridge, str(roof), 15)
    land.rect(x - 46, y - 96, 92, 96, str(dark))
    land.line(
        path(
            "M", x - 46, y, "V", y - 96, "H", x + 46, "V", y, "L", x - 46, y - 96, "M", x - 46, y, "L", x + 46, y - 96
        ),
        white,
        6,
    )
    land.rect(x - 24, y - tall - 52, 48, 40, "#ffd97a" if light.lamps else str(dark))
    land.line(path("M", x - 24, y - tall - 52, "h", 48, "v", 40, "h", -48, "z"), white, 5)


def _fence(land: Ink, stage: Stage, y: float) -> None:
    light = stage.light
    wood, shade = str(light.on(Colour.parse("#f3ecdd"))), str(light.on(Colour.parse("#c9bfa8")))
    for rail in (0, 17):
        land.rect(0, y - 34 + rail, stage.width, 6, wood)
        land.rect(0, y - 29 + rail, stage.width, 2, shade)
    x = 10.0
    while x < stage.width:
        land.rect(x, y - 46, 11, 56, wood, round_by=3)
        land.rect(x + 8, y - 44, 3, 54, shade)
        x += 86


def _bale(land: Ink, stage: Stage, x: float, y: float) -> None:
    light = stage.light
    hay, dark = light.on(Colour.parse("#e3bf5c")), light.on(Colour.parse("#b58d34"))
    land.ellipse(x + 10, y, 42, 6, "#3a2f14", opacity=0.3)
    land.rect(x - 4, y - 52, 44, 50, str(dark), round_by=22)
    land.circle(x, y - 27, 26, str(hay))
    for radius in (18, 10, 3):
        land.ring(x, y - 27, radius, 2.4, str(dark), opacity=0.7)
