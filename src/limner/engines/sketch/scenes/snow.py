"""Snowfields and firs."""

from __future__ import annotations

from limner.engines.sketch import plants, skies, terrain
from limner.engines.sketch.colour import Colour
from limner.engines.sketch.ink import Ink
from limner.engines.sketch.scene import Band, Setting, Stage


def build(stage: Stage) -> Setting:
    """White mountains, three drifts, firs at the sides."""
    dice, light = stage.dice("snow"), stage.light
    horizon = stage.height * dice.uniform(0.52, 0.58)
    sky, land, near = Ink(), Ink(), Ink()
    skies.sky(sky, stage, horizon)
    wide = max(1.0, stage.width / 1000)
    terrain.mountains(
        land,
        stage,
        "white range",
        terrain.Range(horizon + 12, horizon * 0.4, round(5 * wide), Colour.parse("#8fa6c4"), 0.42),
    )
    sun_left = light.from_left
    for index, share in enumerate((0.0, 0.16, 0.38)):
        y = horizon + (stage.height - horizon) * share
        white = light.on(Colour.parse("#f7fafd"), 0.16 - 0.06 * index)
        shade = light.on(Colour.parse("#c3d3e6"), 0.1)
        line = terrain.ridge(
            land,
            stage,
            f"drift {index}",
            terrain.Hill(y, 18 + 5 * index, 700, octaves=2),
            land.down(y - 24, y + 250, ((0, white, 1), (1, white.mix(shade, 0.75), 1))),
        )
        if index < 2:  # noqa: PLR2004 - none in the foreground
            for _ in range(stage.more(8 * wide)):
                x = dice.choice((dice.uniform(-0.02, 0.36), dice.uniform(0.64, 1.02))) * stage.width
                plants.pine(
                    land,
                    dice,
                    plants.Tree(
                        x,
                        line(x) + 10,
                        (70 + 90 * index) * dice.uniform(0.8, 1.35),
                        light.on(Colour.parse("#3f6b66"), 0.3 - 0.16 * index),
                    ),
                    sun_left=sun_left,
                    snow=True,
                )
    skies.falling(near, stage)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(horizon + (stage.height - horizon) * 0.44, stage.height * 0.93, 0.66, 1.0),
        air=(stage.height * 0.06, horizon * 0.8),
        shadow=0.2,
    )
