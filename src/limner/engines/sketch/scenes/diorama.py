"""A block of land as models show it, seen from a corner: its top a diamond, its sides cut through the ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink
from limner.engines.sketch.palette import palette_for
from limner.engines.sketch.scene import Band, Setting, Stage


@dataclass(frozen=True, slots=True)
class _Soil:
    """Colours of a block: its top, the layer below it, the rest."""

    top: str
    layer: str
    rest: str


_SOILS: Final[Mapping[str, _Soil]] = {
    "water": _Soil("#49b3d6", "#2f8fbc", "#1f6f9c"),
    "sand": _Soil("#f0d9a0", "#d9b877", "#b98f55"),
    "snow": _Soil("#f3f8fc", "#cfdeea", "#8fa6bc"),
    "street": _Soil("#a9b0ba", "#8a919c", "#6a707c"),
    "floor": _Soil("#d9b07c", "#b98a58", "#8f6640"),
    "grass": _Soil("#8cc152", "#6f9d3f", "#8a6242"),
}
_SOIL_OF: Final = {
    "sea": "water", "lake": "water", "underwater": "water", "beach": "sand", "desert": "sand", "mars": "sand",
    "snow": "snow",
    "city": "street", "street": "street", "road": "street", "space": "street", "moon": "street", "room": "floor",
    "kitchen": "floor", "office": "floor", "stage": "floor", "table": "floor",
}  # fmt: skip


def build(stage: Stage) -> Setting:
    """A plain ground, the block's shadow, its two sides and its top."""
    palette, dice = palette_for(stage), stage.dice("diorama")
    sky, land, near = Ink(), Ink(), Ink()
    sky.rect(
        0,
        0,
        stage.width,
        stage.height,
        sky.down(0, stage.height, ((0, palette.tones[0].mix(WHITE, 0.5), 1), (1, palette.paper, 1))),
    )
    soil = _SOILS[_soil(stage)]
    x, y = stage.width / 2, stage.height * 0.62
    half = min(stage.width * 0.44, stage.height * 0.56)
    flat, thick = half * 0.5, half * 0.26
    left, right, back, front = (x - half, y), (x + half, y), (x, y - flat), (x, y + flat)
    land.glow(x, y + flat + thick * 0.6, half * 1.2, Colour.parse("#1a2030"), 0.34, flat=0.4)
    for share, code in ((1.0, soil.rest), (0.36, soil.layer)):
        tone, deep = Colour.parse(code), thick * share
        land.polygon([left, front, (front[0], front[1] + deep), (left[0], left[1] + deep)], str(tone))
        land.polygon([front, right, (right[0], right[1] + deep), (front[0], front[1] + deep)], str(tone.lighter(-0.09)))
    top = Colour.parse(soil.top)
    land.polygon(
        [left, back, right, front],
        land.down(back[1], front[1], ((0, top.lighter(-0.03), 1), (1, top.lighter(0.05), 1))),
    )
    for _ in range(stage.more(60)):
        u, v = dice.random(), dice.random()
        at_x, at_y = x + (u - v) * half, y - flat + (u + v) * flat
        land.ellipse(
            at_x,
            at_y,
            dice.uniform(5, 17),
            dice.uniform(2, 5),
            str(top.lighter(dice.choice((-0.05, 0.05)))),
            opacity=0.6,
        )
    reach = 0.2
    span = (0.5 - half * (1 - reach) / stage.width, 0.5 + half * (1 - reach) / stage.width)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(y - flat * 0.3, y + flat * 0.34, 0.95, 1.1),
        span=span,
        air=(stage.height * 0.08, y - flat),
        shadow=0.3,
    )


def _soil(stage: Stage) -> str:
    if "snow" in stage.prompt.weather:
        return "snow"
    return next((_SOIL_OF[place] for place in stage.prompt.scenes if place in _SOIL_OF), "grass")
