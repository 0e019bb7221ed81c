"""Space: stars, a nebula, planets."""

from __future__ import annotations

import math

from limner.engines.sketch import skies, terrain
from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.scene import Band, Setting, Stage

_NEBULAE = (("#5b2a9a", "#c23a8c", "#2a6fd0"), ("#12607a", "#2fb59a", "#3a4fc0"), ("#7a2f5a", "#e0673f", "#5a3aa0"))
_PLANETS = (
    ("#e8a05f", "#b5553f", "#f6d3a0"),
    ("#5fb0d8", "#2a5fa0", "#c3ecff"),
    ("#b58ae0", "#6a3f9f", "#e3ccff"),
    ("#7fcfa0", "#2f7f6f", "#d0ffe3"),
)


def build(stage: Stage) -> Setting:
    """A nebula across the picture, many stars, a large planet cut by the edge and a small one."""
    dice, light = stage.dice("space"), stage.light
    sky, land, near = Ink(), Ink(), Ink()
    zenith, high, low, rim = light.sky
    sky.rect(
        0,
        0,
        stage.width,
        stage.height,
        sky.down(0, stage.height, ((0, zenith, 1), (0.5, high, 1), (0.8, low, 1), (1, rim, 1))),
    )
    _nebula(sky, stage)
    skies.stars(sky, stage, stage.height, 330 * stage.height / 1000)
    big_left = dice.random() < 0.5  # noqa: PLR2004 - either side
    colours = dice.sample(_PLANETS, 2)
    asked = any(thing.name == "ringed-planet" or thing.name.startswith("globe-") for thing in stage.prompt.things)
    if not asked:
        radius = dice.uniform(230, 300)
        _planet(
            land, stage, stage.width * (0.08 if big_left else 0.92), stage.height * 0.92, radius, colours[0], ring=False
        )
        _planet(
            land,
            stage,
            stage.width * (0.8 if big_left else 0.2),
            stage.height * 0.2,
            dice.uniform(46, 70),
            colours[1],
            ring=True,
        )
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(stage.height * 0.55, stage.height * 0.84, 0.85, 1.1),
        air=(stage.height * 0.12, stage.height * 0.82),
        alike=True,
        floating=True,
        shadow=0.0,
    )


def _nebula(sky: Ink, stage: Stage) -> None:
    dice = stage.dice("nebula")
    codes: tuple[str, ...] = dice.choice(_NEBULAE)
    if stage.prompt.colours:
        codes = (*map(str, stage.prompt.colours), *codes)
    colours = [Colour.parse(code) for code in codes[:3]]
    line = terrain.waver(dice, stage.width * 1.6, 3)
    lean = dice.uniform(-0.35, 0.35)
    for index in range(26):
        share = dice.random()
        x = share * stage.width
        y = stage.height * (0.46 + lean * (share - 0.5)) + line(x) * stage.height * 0.16 + dice.gauss(0, 46)
        reach = dice.uniform(90, 300) * (0.6 + math.sin(share * math.pi) * 0.6)
        sky.glow(x, y, reach, colours[index % len(colours)], dice.uniform(0.14, 0.34), flat=dice.uniform(0.45, 0.9))
    for _ in range(6):
        share = dice.uniform(0.2, 0.8)
        x, y = share * stage.width, stage.height * (0.46 + lean * (share - 0.5)) + dice.gauss(0, 40)
        sky.glow(x, y, dice.uniform(40, 110), WHITE.mix(colours[1], 0.3), 0.28)


def _planet(
    land: Ink, stage: Stage, x: float, y: float, radius: float, codes: tuple[str, str, str], *, ring: bool
) -> None:
    dice, light = stage.dice(f"planet {ring}"), stage.light
    body, dark, pale = (Colour.parse(code) for code in codes)
    toward = 1 if light.x * stage.width > x else -1
    land.glow(x, y, radius * 1.45, body, 0.4)
    if ring:
        _ring(land, x, y, radius, pale, behind=True)
    lit_x, lit_y = x + toward * radius * 0.45, y - radius * 0.45
    land.circle(
        x,
        y,
        radius,
        land.around(
            lit_x,
            lit_y,
            radius * 1.65,
            ((0, pale, 1), (0.3, body, 1), (0.72, dark, 1), (1, dark.mix(light.sky[0], 0.75), 1)),
        ),
    )
    for _ in range(5):
        dy = dice.uniform(-0.7, 0.7) * radius
        half = math.sqrt(radius**2 - dy**2)
        land.ellipse(
            x,
            y + dy,
            half * 0.97,
            radius * dice.uniform(0.025, 0.07),
            str(dice.choice((pale, dark))),
            opacity=0.2,
        )
    if ring:
        _ring(land, x, y, radius, pale, behind=False)


def _ring(land: Ink, x: float, y: float, radius: float, colour: Colour, *, behind: bool) -> None:
    """Half of a planet's ring: the part behind it, or the part before it."""
    reach = radius * 1.9
    arc = path("M", x - reach, y, "A", reach, radius * 0.5, 0, 0, 1 if behind else 0, x + reach, y)
    land.sprite(f'<g transform="rotate(-18 {x:.0f} {y:.0f})">')
    land.line(arc, str(colour), radius * 0.22, opacity=0.55 if behind else 0.8)
    land.sprite("</g>")
