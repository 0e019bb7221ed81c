"""An app's icon: one thing on a rounded square."""

from __future__ import annotations

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.palette import palette_for
from limner.engines.sketch.scene import Band, Box, Lettering, Setting, Stage

_PAIRS = (
    ("#5b8def", "#7b4de0"),
    ("#ff8a5c", "#e8437a"),
    ("#3fc9a6", "#1f8fb8"),
    ("#ffc24d", "#ff7a3d"),
    ("#4a5468", "#232a3a"),
)


def build(stage: Stage) -> Setting:
    """A quiet ground, the square with its light from above and its shadow."""
    palette = palette_for(stage)
    sky, land, near = Ink(), Ink(), Ink()
    sky.rect(0, 0, stage.width, stage.height, str(palette.paper.mix(WHITE, 0.5)))
    x, y, half = stage.width / 2, stage.height / 2, min(stage.width, stage.height) * 0.36
    first, second = (Colour.parse(code) for code in stage.dice("icon").choice(_PAIRS))
    if stage.prompt.colours:
        first, second = stage.prompt.colours[0].lighter(0.08), stage.prompt.colours[0].lighter(-0.12)
    land.glow(x, y + half * 0.92, half * 1.5, second.mix(Colour.parse("#202030"), 0.5), 0.5, flat=0.3)
    land.rect(
        x - half,
        y - half,
        2 * half,
        2 * half,
        land.down(y - half, y + half, ((0, first, 1), (1, second, 1))),
        round_by=half * 0.46,
    )
    shine = path(
        "M",
        x - half * 0.96,
        y - half * 0.5,
        "Q",
        x - half * 0.94,
        y - half * 0.96,
        x - half * 0.5,
        y - half * 0.97,
        "H",
        x + half * 0.5,
        "Q",
        x + half * 0.94,
        y - half * 0.96,
        x + half * 0.96,
        y - half * 0.5,
        "Q",
        x,
        y - half * 0.05,
        x - half * 0.96,
        y - half * 0.5,
        "Z",
    )
    land.shape(shine, "#ffffff", opacity=0.13)
    land.circle(x, y, half * 0.72, "#ffffff", opacity=0.16)
    land.glow(x, y + half * 0.5, half * 0.7, Colour.parse("#101020"), 0.34, flat=0.3)
    if not stage.prompt.things:
        land.circle(x, y, half * 0.42, "#ffffff")
        land.ring(x, y, half * 0.6, half * 0.09, "#ffffff", opacity=0.85)
    inner = half * 0.62
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(y, y + half, 1.0, 1.0),
        air=(y - half, y + half),
        alike=True,
        shadow=0.0,
        frame=Box(x - inner, y - inner, 2 * inner, 2 * inner),
    )


def lettering(stage: Stage) -> tuple[Lettering, ...]:
    """The app's name below its icon."""
    half = min(stage.width, stage.height) * 0.36
    y = stage.height / 2 + half * 1.08
    return tuple(
        Lettering(
            text=text, x=stage.width * 0.2, y=y, width=stage.width * 0.6, height=half * 0.22, face="inter", kind="plain"
        )
        for text in stage.prompt.lettering[:1]
    )
