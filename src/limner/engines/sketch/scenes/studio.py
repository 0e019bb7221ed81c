"""A plain ground for things that need no place: a soft backdrop and a disc of colour behind them."""

from __future__ import annotations

import math
from typing import Final

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink
from limner.engines.sketch.palette import Palette, palette_for
from limner.engines.sketch.scene import Band, Setting, Stage
from limner.engines.sketch.vocabulary import SHAPES

ON_PAPER: Final = frozenset(("neon", "blueprint", "lineart", "pencil"))
"""Styles that draw a thing for its own sake, on an empty ground."""


def build(stage: Stage) -> Setting:
    """Backdrop, disc, floor."""
    palette = palette_for(stage)
    sky, land, near = Ink(), Ink(), Ink()
    geometry = all(thing.name in SHAPES for thing in stage.prompt.things)
    asked = geometry or "studio" in stage.prompt.scenes or stage.prompt.style in ON_PAPER
    plain = asked and bool(stage.prompt.things)
    pale = any(thing.colour is not None and thing.colour.luma > 0.9 for thing in stage.prompt.things)  # noqa: PLR2004
    tinted = stage.prompt.mood is not None or pale or bool(stage.prompt.colours)
    ground = Colour.parse("#f4f4f2") if plain and not tinted else palette.tones[0] if plain else palette.paper
    sky.rect(
        0,
        0,
        stage.width,
        stage.height,
        sky.down(0, stage.height, ((0, ground.lighter(0.02), 1), (1, ground.lighter(-0.05), 1))),
    )
    floor = stage.height * 0.72
    if not plain:
        _disc(land, stage, palette, stage.height * 0.47)
    land.rect(
        0,
        floor,
        stage.width,
        stage.height - floor,
        land.down(floor, stage.height, ((0, ground.lighter(-0.04), 1), (1, ground.lighter(0.02), 1))),
    )
    land.glow(stage.width / 2, floor + 60, 460, WHITE, 0.5, flat=0.3)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(floor + 70, stage.height * 0.88, 0.95, 1.05),
        air=(stage.height * 0.1, floor * 0.85),
        alike=True,
        shadow=0.0 if stage.prompt.style in ON_PAPER else 0.26,
    )


def _disc(land: Ink, stage: Stage, palette: Palette, y: float) -> None:
    dice = stage.dice("studio")
    x, radius = stage.width / 2, min(stage.width, stage.height) * 0.37
    land.circle(x, y, radius, land.down(y - radius, y + radius, ((0, palette.tones[0], 1), (1, palette.tones[1], 1))))
    land.ring(x, y, radius * 1.12, 3.0, str(palette.tones[2]), opacity=0.7)
    for _ in range(stage.more(7)):
        turn, reach, dot = dice.uniform(0, 6.28), radius * dice.uniform(1.08, 1.3), dice.choice((5, 7, 9, 14))
        land.circle(
            x + math.cos(turn) * reach,
            y + math.sin(turn) * reach,
            dot,
            str(palette.tones[dice.randrange(len(palette.tones))]),
        )
