"""A banner: words at one side, things at the other."""

from __future__ import annotations

from limner.engines.sketch.colour import WHITE
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.palette import palette_for
from limner.engines.sketch.scene import Band, Box, Lettering, Setting, Stage


def build(stage: Stage) -> Setting:
    """Two fields of colour with a wave between them, a disc behind the things, a button below the words."""
    palette = palette_for(stage)
    sky, land, near = Ink(), Ink(), Ink()
    width, height = stage.width, stage.height
    sky.rect(0, 0, width, height, sky.across(0, width, ((0, palette.tones[1], 1), (1, palette.tones[0], 1))))
    upright = width <= height * 1.15
    if upright:
        wave = path(
            "M",
            0,
            height * 0.44,
            "C",
            width * 0.3,
            height * 0.36,
            width * 0.6,
            height * 0.54,
            width,
            height * 0.42,
            "V",
            height,
            "H",
            0,
            "Z",
        )
    else:
        wave = path(
            "M",
            width * 0.52,
            0,
            "C",
            width * 0.62,
            height * 0.34,
            width * 0.42,
            height * 0.66,
            width * 0.54,
            height,
            "H",
            width,
            "V",
            0,
            "Z",
        )
    land.shape(wave, str(palette.paper.mix(WHITE, 0.3)))
    frame = (
        Box(width * 0.14, height * 0.5, width * 0.72, height * 0.42)
        if upright
        else Box(width * 0.58, height * 0.14, width * 0.36, height * 0.72)
    )
    x, y = frame.x + frame.width / 2, frame.y + frame.height / 2
    reach = min(frame.width, frame.height) * 0.5
    land.circle(x, y, reach * 1.06, str(palette.tones[-1]), opacity=0.9)
    land.circle(x, y, reach * 0.9, str(palette.tones[-1].lighter(0.08)))
    for step in range(12):
        land.circle(
            x + reach * 1.2 * (1 if step % 2 else -1), y - reach + step * reach * 0.18, 5, str(palette.tones[2])
        )
    if stage.prompt.lettering and not upright:
        land.rect(width * 0.08, height * 0.68, width * 0.17, height * 0.12, str(palette.ink), round_by=height * 0.06)
        land.rect(width * 0.115, height * 0.73, width * 0.1, height * 0.02, "#ffffff", round_by=4)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(frame.y + frame.height * 0.9, frame.y + frame.height, 1.0, 1.0),
        air=(frame.y, frame.y + frame.height),
        alike=True,
        shadow=0.0,
        frame=frame,
    )


def lettering(stage: Stage) -> tuple[Lettering, ...]:
    """The headline and a line below it."""
    width, height = stage.width, stage.height
    upright = width <= height * 1.15
    face = stage.dice("face").choice(("inter", "bebas-neue", "playfair-display"))
    left, wide = (width * 0.1, width * 0.8) if upright else (width * 0.08, width * 0.4)
    rows = ((0.08, 0.24), (0.32, 0.08)) if upright else ((0.2, 0.34), (0.56, 0.09))
    return tuple(
        Lettering(
            text=text,
            x=left,
            y=height * y,
            width=wide,
            height=height * tall,
            face=face if not index else "inter",
            kind="plain",
        )
        for index, (text, (y, tall)) in enumerate(zip(stage.prompt.lettering, rows, strict=False))
    )
