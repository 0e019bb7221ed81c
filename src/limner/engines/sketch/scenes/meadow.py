"""Rolling hills with trees and flowers under a wide sky."""

from __future__ import annotations

from collections.abc import Callable

from limner.engines.sketch import plants, skies, terrain
from limner.engines.sketch.colour import Colour
from limner.engines.sketch.ink import Ink
from limner.engines.sketch.scene import Band, Perch, Setting, Stage

_FLOWERS = tuple(Colour.parse(code) for code in ("#fdfdf8", "#f6b3c9", "#f3d24f", "#b79be6", "#ef6f6c"))
_SUMMER = ("#5c9a3f", "#4f8f4a", "#6ea544")
_AUTUMN = ("#d99b3d", "#c96f2e", "#b5482b")


def build(stage: Stage) -> Setting:
    """Four hills from haze to grass; trees on the middle ones; flowers near us."""
    dice, light = stage.dice("meadow"), stage.light
    snowy = "snow" in stage.prompt.weather
    autumn = stage.prompt.mood == "warm"
    horizon = stage.height * dice.uniform(0.5, 0.57)
    sky, land, near = Ink(), Ink(), Ink()
    skies.sky(sky, stage, horizon)
    code = "#e6eef4" if snowy else ("#b9a24a" if autumn else dice.choice(("#7db548", "#86b84a", "#6fae55")))
    base = Colour.parse(code)
    terrain.ridge(
        land,
        stage,
        "blue hills",
        terrain.Hill(horizon - 34, 34, 620),
        str(light.on(base.mix(Colour.parse("#5b7fa8"), 0.55), 0.6)),
    )
    lines = []
    for index, share in enumerate((0.0, 0.12, 0.27)):
        y = horizon + (stage.height - horizon) * share
        tone = light.on(base.lighter(0.04 - 0.045 * index), 0.3 - 0.13 * index)
        fill = land.down(
            y - 40, y + 260, ((0, tone.lighter(0.06).mix(light.sun, 0.12), 1), (1, tone.lighter(-0.07), 1))
        )
        lines.append(
            terrain.ridge(
                land, stage, f"hill {index}", terrain.Hill(y, 30 - 5 * index, 760 - 120 * index, octaves=2), fill
            )
        )
        if index < 2:  # noqa: PLR2004 - the nearest hill is for what was asked for
            _trees(land, stage, f"trees {index}", lines[-1], 56 + 60 * index, 0.26 - 0.14 * index)
    plants.grass(
        land,
        stage,
        "far grass",
        horizon + (stage.height - horizon) * 0.4,
        stage.height * 0.86,
        light.on(base.lighter(-0.07)),
        70,
    )
    if not snowy:
        plants.grass(
            near, stage, "near grass", stage.height * 0.93, stage.height + 16, light.on(base.lighter(-0.15)), 110
        )
        plants.flowers(
            near, stage, "near flowers", stage.height * 0.92, stage.height + 4, tuple(light.on(c) for c in _FLOWERS), 34
        )
        plants.flowers(
            land,
            stage,
            "far flowers",
            horizon + (stage.height - horizon) * 0.42,
            stage.height * 0.86,
            tuple(light.on(c) for c in _FLOWERS),
            60,
        )
    skies.falling(near, stage)
    spot = stage.width * (0.26 if light.x > 0.5 else 0.74)  # noqa: PLR2004 - away from the light
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(horizon + (stage.height - horizon) * 0.42, stage.height * 0.935, 0.66, 1.0),
        air=(stage.height * 0.06, horizon * 0.86),
        perches=(Perch(spot, lines[1](spot) + 16, 250),),
    )


def _trees(land: Ink, stage: Stage, part: str, line: Callable[[float], float], tall: float, distance: float) -> None:
    """Trees along a hill line (x -> y), about `tall` units high; bare of green in autumn, conifers in snow."""
    dice, light = stage.dice(part), stage.light
    snowy = "snow" in stage.prompt.weather
    greens = _AUTUMN if stage.prompt.mood == "warm" else _SUMMER
    for _ in range(stage.more(9 * max(1.0, stage.width / 1000))):
        x = dice.uniform(0.01, 0.99) * stage.width
        height = tall * dice.uniform(0.7, 1.3)
        if snowy or dice.random() < 0.35:  # noqa: PLR2004 - a third are conifers
            tree = plants.Tree(x, line(x) + 6, height * 1.2, light.on(Colour.parse("#3f7a55"), distance))
            plants.pine(land, dice, tree, sun_left=light.from_left, snow=snowy)
        else:
            tree = plants.Tree(x, line(x) + 6, height, light.on(Colour.parse(dice.choice(greens)), distance))
            plants.broadleaf(land, dice, tree, sun_left=light.from_left)
