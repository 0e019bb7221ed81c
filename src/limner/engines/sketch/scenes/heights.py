"""High in the sky: layers of clouds below and around."""

from __future__ import annotations

from limner.engines.sketch import skies
from limner.engines.sketch.colour import WHITE
from limner.engines.sketch.ink import Ink
from limner.engines.sketch.scene import Band, Setting, Stage


def build(stage: Stage) -> Setting:
    """A tall sky over a sea of clouds."""
    light = stage.light
    sky, land, near = Ink(), Ink(), Ink()
    skies.sky(sky, stage, stage.height * 0.9)
    bright = light.sky[3].mix(WHITE, 0.7 if light.hour in ("day", "dawn", "grey") else 0.15)
    shade = light.sky[2].mix(light.sky[1], 0.3)
    for row, (y, width, ink) in enumerate(((0.74, 240, land), (0.84, 330, land), (0.97, 430, near), (1.05, 520, near))):
        dice = stage.dice(f"bank {row}")
        count = round(stage.width / width * 1.7) + 1
        for index in range(count + 1):
            x = (index + dice.uniform(-0.25, 0.25)) / count * stage.width
            skies.cloud(
                ink,
                dice,
                skies.Vapour(
                    x,
                    stage.height * y + dice.uniform(-14, 14),
                    width * dice.uniform(0.9, 1.4),
                    bright,
                    shade.mix(bright, 0.12 * row),
                ),
                opacity=1.0,
            )
    skies.falling(near, stage)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(stage.height * 0.6, stage.height * 0.8, 0.8, 1.0),
        air=(stage.height * 0.08, stage.height * 0.72),
        alike=True,
        floating=True,
        shadow=0.0,
    )
