"""A logo: a mark with a name below it, or inside a ring; without a thing, a mark made of plain shapes."""

from __future__ import annotations

import math
from typing import Final

from limner.engines.sketch.colour import WHITE
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.palette import Palette, palette_for
from limner.engines.sketch.scene import Band, Box, Lettering, Setting, Stage

_GROUNDS: Final = ("disc", "shield", "hexagon", "square")


def build(stage: Stage) -> Setting:
    """Paper; a mark's ground; on it the thing, or shapes in balance."""
    palette = palette_for(stage)
    sky, land, near = Ink(), Ink(), Ink()
    sky.rect(0, 0, stage.width, stage.height, str(palette.paper.mix(WHITE, 0.55)))
    x, y, reach = _mark(stage)
    if stage.prompt.things:
        _ground(land, stage, palette, x, y, reach)
    else:
        _shapes(land, stage, palette, x, y, reach)
    if stage.prompt.lettering:
        foot = y + reach * 1.26
        land.rect(x - reach * 0.22, foot, reach * 0.44, 5, str(palette.tones[-1]), round_by=2)
    inner = reach * 0.76
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(y, y + reach, 1.0, 1.0),
        air=(y - reach, y + reach),
        alike=True,
        shadow=0.0,
        frame=Box(x - inner, y - inner, 2 * inner, 2 * inner),
    )


def _mark(stage: Stage) -> tuple[float, float, float]:
    """Middle and radius of the mark."""
    short = min(stage.width, stage.height)
    if stage.prompt.lettering:
        return stage.width / 2, stage.height / 2 - short * 0.13, short * 0.25
    return stage.width / 2, stage.height / 2, short * 0.34


def _ground(land: Ink, stage: Stage, palette: Palette, x: float, y: float, reach: float) -> None:
    kind = stage.dice("logo").choice(_GROUNDS)
    fill = land.down(y - reach, y + reach, ((0, palette.tones[1], 1), (1, palette.tones[2], 1)))
    ink = str(palette.ink)
    match kind:
        case "disc":
            land.circle(x, y, reach * 1.12, ink)
            land.circle(x, y, reach * 1.06, str(palette.paper))
            land.circle(x, y, reach, fill)
        case "shield":
            for scale, tone in ((1.14, ink), (1.07, str(palette.paper)), (1.0, fill)):
                r = reach * scale
                land.shape(
                    path(
                        "M",
                        x,
                        y - r,
                        "C",
                        x + r * 0.5,
                        y - r * 0.86,
                        x + r * 0.8,
                        y - r * 0.86,
                        x + r * 0.96,
                        y - r * 0.84,
                        "C",
                        x + r,
                        y + r * 0.3,
                        x + r * 0.62,
                        y + r * 0.8,
                        x,
                        y + r * 1.08,
                        "C",
                        x - r * 0.62,
                        y + r * 0.8,
                        x - r,
                        y + r * 0.3,
                        x - r * 0.96,
                        y - r * 0.84,
                        "C",
                        x - r * 0.8,
                        y - r * 0.86,
                        x - r * 0.5,
                        y - r * 0.86,
                        x,
                        y - r,
                        "Z",
                    ),
                    tone,
                )
        case "hexagon":
            for scale, tone in ((1.16, ink), (1.09, str(palette.paper)), (1.02, fill)):
                land.polygon(
                    [
                        (
                            x + math.sin(step * math.tau / 6) * reach * scale,
                            y - math.cos(step * math.tau / 6) * reach * scale,
                        )
                        for step in range(6)
                    ],
                    tone,
                )
        case _:
            for scale, tone in ((1.06, ink), (1.0, str(palette.paper)), (0.95, fill)):
                r = reach * scale
                land.rect(x - r, y - r, 2 * r, 2 * r, tone, round_by=r * 0.42)


def _shapes(land: Ink, stage: Stage, palette: Palette, x: float, y: float, reach: float) -> None:
    """Petals round a middle, arcs that rise, or discs that overlap."""
    dice = stage.dice("mark")
    tones = [str(tone) for tone in (palette.tones[2], palette.tones[-1], palette.tones[3], palette.tones[1])]
    match dice.randrange(3):
        case 0:
            count = dice.choice((5, 6, 8))
            for step in range(count):
                land.sprite(f'<g transform="rotate({step * 360 / count:.1f} {x:.1f} {y:.1f})">')
                land.ellipse(x, y - reach * 0.58, reach * 0.25, reach * 0.44, tones[step % 2], opacity=0.92)
                land.sprite("</g>")
            land.circle(x, y, reach * 0.2, str(palette.ink))
        case 1:
            for step in range(4):
                r = reach * (1 - 0.22 * step)
                land.line(
                    path("M", x - r, y + reach * 0.5, "A", r, r, 0, 0, 1, x + r, y + reach * 0.5),
                    tones[step % 4],
                    reach * 0.13,
                )
            land.circle(x, y + reach * 0.5, reach * 0.12, str(palette.ink))
        case _:
            for step in range(3):
                angle = step * math.tau / 3 - math.pi / 2
                land.circle(
                    x + math.cos(angle) * reach * 0.36,
                    y + math.sin(angle) * reach * 0.36,
                    reach * 0.55,
                    tones[step],
                    opacity=0.78,
                )
            land.circle(x, y, reach * 0.16, "#ffffff")


def lettering(stage: Stage) -> tuple[Lettering, ...]:
    """The name below the mark, and a line below the name."""
    x, y, reach = _mark(stage)
    face = stage.dice("face").choice(("playfair-display", "inter", "bebas-neue"))
    head, *rest = stage.prompt.lettering
    wide = min(stage.width * 0.84, reach * 3.2)
    lines = [
        Lettering(
            text=head, x=x - wide / 2, y=y + reach * 1.34, width=wide, height=reach * 0.66, face=face, kind="plain"
        )
    ]
    if rest:
        lines.append(
            Lettering(
                text=rest[0],
                x=x - wide / 2,
                y=y + reach * 2.04,
                width=wide,
                height=reach * 0.26,
                face="inter",
                kind="plain",
            )
        )
    return tuple(lines)
