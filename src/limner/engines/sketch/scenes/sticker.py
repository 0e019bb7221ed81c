"""A sticker on a patterned ground; its white edge is drawn by the painter."""

from __future__ import annotations

from limner.engines.sketch.ink import Ink
from limner.engines.sketch.palette import palette_for
from limner.engines.sketch.scene import Band, Box, Lettering, Setting, Stage


def build(stage: Stage) -> Setting:
    """Dots on paper."""
    palette = palette_for(stage)
    sky, land, near = Ink(), Ink(), Ink()
    sky.rect(0, 0, stage.width, stage.height, str(palette.tones[0]))
    step = 62.0
    for row in range(int(stage.height / step) + 2):
        for column in range(int(stage.width / step) + 2):
            sky.circle((column + 0.5 * (row % 2)) * step, row * step, 7, str(palette.paper), opacity=0.7)
    margin = min(stage.width, stage.height) * 0.14
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(stage.height * 0.8, stage.height * 0.9, 1.0, 1.0),
        air=(margin, stage.height - margin),
        alike=True,
        shadow=0.0,
        frame=Box(margin, margin, stage.width - 2 * margin, stage.height - 2 * margin),
        outlined=True,
    )


def lettering(stage: Stage) -> tuple[Lettering, ...]:
    """A word across the foot."""
    return tuple(
        Lettering(
            text=text,
            x=stage.width * 0.14,
            y=stage.height * 0.8,
            width=stage.width * 0.72,
            height=stage.height * 0.14,
            face="caveat",
            kind="caption",
        )
        for text in stage.prompt.lettering[:1]
    )
