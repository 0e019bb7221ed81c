"""Dunes and table mountains under a high sun; red on Mars, grey on the Moon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from limner.engines.sketch import skies, terrain
from limner.engines.sketch.colour import Colour
from limner.engines.sketch.ink import Ink
from limner.engines.sketch.scene import Band, Setting, Stage

_SANDS: Final[Mapping[str, tuple[str, str]]] = {
    "desert": ("#e7b56a", "#b9653f"),
    "mars": ("#c76a42", "#8f4232"),
    "moon": ("#b9bdc6", "#7e838f"),
}
"""Scene -> sand, rock."""


def build(stage: Stage) -> Setting:
    """Mesas far away, dunes in between, sand in front."""
    dice, light = stage.dice("desert"), stage.light
    world = next((name for name in stage.prompt.scenes if name in _SANDS), "desert")
    sand, rock = (Colour.parse(code) for code in _SANDS[world])
    horizon = stage.height * dice.uniform(0.52, 0.58)
    sky, land, near = Ink(), Ink(), Ink()
    skies.sky(sky, stage, horizon)
    if world == "mars":
        _moons(sky, stage, horizon)
    if world == "moon":
        _earth(sky, stage, horizon)
    _mesas(land, stage, horizon, rock, peaks=world == "moon")
    for index, share in enumerate((0.0, 0.14, 0.32, 0.56)):
        y = horizon + (stage.height - horizon) * share
        tone = light.on(sand.lighter(0.03 - 0.045 * index), 0.34 - 0.11 * index)
        _dune(land, stage, f"dune {index}", y, 16 + 9 * index, tone)
    if world != "desert":
        _craters(land, stage, horizon, light.on(sand))
    _pebbles(near, stage, light.on(rock))
    skies.falling(near, stage)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(horizon + (stage.height - horizon) * 0.4, stage.height * 0.93, 0.62, 1.0),
        air=(stage.height * 0.07, horizon * 0.8),
        shadow=0.36,
    )


def _dune(land: Ink, stage: Stage, part: str, y: float, swing: float, tone: Colour) -> None:
    """A dune: a lit slope and, beyond its crest, a shaded one."""
    line = terrain.waver(stage.dice(part), 900, 2)
    step = 16.0
    xs = [x * step - 20 for x in range(int((stage.width + 60) / step) + 1)]
    fill = land.down(y - swing, y + 200, ((0, tone.mix(stage.light.sun, 0.22), 1), (1, tone.lighter(-0.07), 1)))
    land.polygon(
        [(-20.0, stage.height + 20), *((x, y + line(x) * swing) for x in xs), (stage.width + 40, stage.height + 20)],
        fill,
    )
    crest = [x for x in xs if line(x) < -0.12]  # noqa: PLR2004 - only the higher stretches throw a shade
    if crest:
        side = 1 if stage.light.from_left else -1
        lower = [(x + side * 60, y + line(x) * swing + (abs(line(x)) * swing * 2.4)) for x in reversed(crest)]
        land.polygon([*((x, y + line(x) * swing) for x in crest), *lower], str(tone.lighter(-0.12)), opacity=0.55)
    for ripple in range(4):
        dy = 26 + 22 * ripple
        points = "L".join(f"{x:.0f} {y + line(x) * swing + dy + line(x * 2.3 + 90 * ripple) * 5:.1f}" for x in xs)
        land.line(f"M{points}", str(tone.lighter(-0.1)), 1.6, opacity=0.22)


def _mesas(land: Ink, stage: Stage, horizon: float, rock: Colour, *, peaks: bool) -> None:
    dice, light = stage.dice("mesas"), stage.light
    if peaks:
        terrain.mountains(
            land,
            stage,
            "crater rim",
            terrain.Range(horizon + 12, 110, round(7 * max(1.0, stage.width / 1000)), rock, 0.3, snow=False),
        )
        return
    side = -1 if light.from_left else 1
    for distance, count, tall in ((0.6, 4, 0.2), (0.36, 3, 0.26)):
        for _ in range(count):
            x, width, height = (
                dice.uniform(0, stage.width),
                dice.uniform(90, 240),
                stage.height * tall * dice.uniform(0.45, 0.85),
            )
            tone = light.on(rock, distance)
            top = horizon - height
            land.polygon(
                [
                    (x - width * 0.72, horizon + 30),
                    (x - width * 0.5, top + height * 0.45),
                    (x - width * 0.42, top + height * 0.4),
                    (x - width * 0.38, top),
                    (x + width * 0.36, top + 5),
                    (x + width * 0.42, top + height * 0.42),
                    (x + width * 0.52, top + height * 0.5),
                    (x + width * 0.75, horizon + 30),
                ],
                str(tone),
            )
            lit = tone.mix(light.sun, 0.2).lighter(0.04)
            land.polygon(
                [
                    (x + side * width * 0.37, top + 3),
                    (x + side * width * 0.1, top + 3),
                    (x + side * width * 0.16, top + height * 0.5),
                    (x + side * width * 0.12, horizon + 30),
                    (x + side * width * 0.74, horizon + 30),
                    (x + side * width * 0.51, top + height * 0.5),
                    (x + side * width * 0.42, top + height * 0.42),
                ],
                str(lit),
            )
            for band in (0.12, 0.24):
                land.rect(
                    x - width * 0.385,
                    top + height * band,
                    width * 0.76,
                    height * 0.035,
                    str(tone.lighter(-0.06)),
                    opacity=0.5,
                )


def _moons(sky: Ink, stage: Stage, horizon: float) -> None:
    x = stage.width * (0.24 if stage.light.x > 0.5 else 0.76)  # noqa: PLR2004 - away from the sun
    pale = stage.light.sky[3]
    sky.circle(x, horizon * 0.26, 34, str(pale), opacity=0.85)
    sky.circle(x + 9, horizon * 0.26 - 4, 31, str(stage.light.sky[1]), opacity=0.5)
    sky.circle(x + 120, horizon * 0.15, 15, str(pale), opacity=0.8)


def _earth(sky: Ink, stage: Stage, horizon: float) -> None:
    x, y, r = stage.width * (0.25 if stage.light.x > 0.5 else 0.75), horizon * 0.34, 84.0  # noqa: PLR2004 - away from the sun
    sky.glow(x, y, r * 1.7, Colour.parse("#5aa9ff"), 0.5)
    sky.circle(
        x,
        y,
        r,
        sky.around(
            x - 24,
            y - 24,
            r * 1.5,
            ((0, Colour.parse("#8fd0ff"), 1), (0.6, Colour.parse("#2667b8"), 1), (1, Colour.parse("#0a2148"), 1)),
        ),
    )
    for dx, dy, rx, ry in ((-26, -22, 26, 18), (14, 6, 22, 28), (-18, 34, 18, 12), (38, -34, 14, 9)):
        sky.ellipse(x + dx, y + dy, rx, ry, "#5d9a5a", opacity=0.8)
    for dx, dy, rx in ((-10, -46, 34), (20, -8, 40), (-30, 12, 26)):
        sky.ellipse(x + dx, y + dy, rx, 5, "#ffffff", opacity=0.7)


def _craters(land: Ink, stage: Stage, horizon: float, sand: Colour) -> None:
    dice = stage.dice("craters")
    for _ in range(stage.more(10 * max(1.0, stage.width / 1000))):
        share = dice.uniform(0.1, 0.95)
        x, y = dice.uniform(0, stage.width), horizon + (stage.height - horizon) * share
        reach = (14 + 60 * share) * dice.uniform(0.6, 1.2)
        land.ellipse(x, y, reach, reach * 0.26, str(sand.lighter(0.07)))
        land.ellipse(x, y + reach * 0.03, reach * 0.86, reach * 0.2, str(sand.lighter(-0.13)))
        land.ellipse(x, y + reach * 0.08, reach * 0.7, reach * 0.14, str(sand.lighter(-0.07)))


def _pebbles(near: Ink, stage: Stage, rock: Colour) -> None:
    dice = stage.dice("pebbles")
    for _ in range(stage.more(16 * stage.width / 1000)):
        x, y, reach = dice.uniform(0, stage.width), stage.height * dice.uniform(0.93, 1.0), dice.uniform(5, 22)
        near.polygon(
            [
                (x - reach, y),
                (x - reach * 0.7, y - reach * 0.6),
                (x, y - reach * 0.85),
                (x + reach * 0.8, y - reach * 0.5),
                (x + reach, y),
            ],
            str(rock),
        )
        near.polygon(
            [
                (x - reach * 0.7, y - reach * 0.6),
                (x, y - reach * 0.85),
                (x + reach * 0.2, y - reach * 0.4),
                (x - reach * 0.5, y - reach * 0.25),
            ],
            str(rock.lighter(0.1)),
        )
