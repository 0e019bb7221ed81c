"""Printed matter with a headline: posters, cards and covers."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from limner.engines.sketch import terrain
from limner.engines.sketch.colour import Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.palette import Palette, palette_for
from limner.engines.sketch.scene import Band, Box, Lettering, Setting, Stage

_FACES: Final = {"card": ("caveat", "playfair-display"), "cover": ("playfair-display", "bebas-neue")}


def build(stage: Stage) -> Setting:
    """One of three grounds, the things in the middle, room for the words above and below."""
    palette, dice = palette_for(stage), stage.dice("poster")
    sky, land, near = Ink(), Ink(), Ink()
    if stage.prompt.layout == "card":
        _confetti(sky, land, stage, palette, dice)
    elif stage.prompt.layout == "cover" or not stage.prompt.things:
        _hills(sky, land, stage, palette, dice)
    else:
        dice.choice((_rays, _arch))(sky, land, stage, palette, dice)
    frame = _frame(stage)
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


def _frame(stage: Stage) -> Box:
    """Where the things go, below the headline and above the small print."""
    wide = min(stage.width * 0.76, stage.height * 0.9)
    top = 0.31 if stage.prompt.lettering else 0.16
    low = 0.17 if len(stage.prompt.lettering) > 1 else 0.1
    return Box((stage.width - wide) / 2, stage.height * top, wide, stage.height * (1 - top - low))


def _rays(sky: Ink, land: Ink, stage: Stage, palette: Palette, dice: Random) -> None:
    """Beams from behind the thing."""
    x, y = stage.width / 2, stage.height * 0.58
    first, second = palette.tones[1], palette.tones[2]
    sky.rect(0, 0, stage.width, stage.height, str(first))
    reach = stage.width + stage.height
    count, turn = 28, dice.uniform(0, 0.2)
    for step in range(0, count, 2):
        near, far = turn + step * math.tau / count, turn + (step + 1) * math.tau / count
        sky.polygon(
            [
                (x, y),
                (x + math.cos(near) * reach, y + math.sin(near) * reach),
                (x + math.cos(far) * reach, y + math.sin(far) * reach),
            ],
            str(second),
            opacity=0.55,
        )
    short = min(stage.width, stage.height)
    land.circle(x, y, short * 0.36, str(palette.paper))
    land.ring(x, y, short * 0.385, 7, str(palette.ink))
    _edge(land, stage, palette.ink)


def _arch(sky: Ink, land: Ink, stage: Stage, palette: Palette, dice: Random) -> None:
    """An arched window of colours, one inside the other."""
    sky.rect(0, 0, stage.width, stage.height, str(palette.paper))
    x, foot = stage.width / 2, stage.height * 0.9
    short = min(stage.width, stage.height)
    for step, tone in enumerate((palette.tones[3], palette.tones[2], palette.tones[1], palette.tones[0])):
        half = short * (0.42 - 0.055 * step)
        top = foot - stage.height * 0.6 + 34 * step + half
        land.shape(
            path("M", x - half, foot, "V", top, "A", half, half, 0, 0, 1, x + half, top, "V", foot, "Z"), str(tone)
        )
    sun = short * 0.075
    land.circle(x + dice.choice((-1, 1)) * short * 0.17, stage.height * 0.48, sun, str(palette.tones[-1]))
    _edge(land, stage, palette.ink)


def _edge(land: Ink, stage: Stage, ink: Colour) -> None:
    inset = min(stage.width, stage.height) * 0.03
    shape = path("M", inset, inset, "H", stage.width - inset, "V", stage.height - inset, "H", inset, "Z")
    land.line(shape, str(ink), 5)


def _confetti(sky: Ink, land: Ink, stage: Stage, palette: Palette, dice: Random) -> None:
    """A card: paper, a border of bunting and confetti, a soft disc."""
    paper = palette.paper
    sky.rect(0, 0, stage.width, stage.height, str(paper))
    short = min(stage.width, stage.height)
    land.circle(stage.width / 2, stage.height * 0.6, short * 0.31, str(palette.tones[0]))
    land.circle(stage.width / 2, stage.height * 0.6, short * 0.27, str(palette.tones[0].lighter(0.05)))
    for _ in range(stage.more(90)):
        x, y = dice.uniform(0, stage.width), dice.uniform(0, stage.height)
        inside = abs(x - stage.width / 2) < stage.width * 0.4 and stage.height * 0.08 < y < stage.height * 0.92
        if inside:
            continue
        tone, size = str(dice.choice(palette.tones)), dice.uniform(6, 13)
        if dice.random() < 0.5:  # noqa: PLR2004 - discs and strips
            land.circle(x, y, size * 0.6, tone)
        else:
            land.sprite(f'<g transform="rotate({dice.uniform(0, 180):.0f} {x:.0f} {y:.0f})">')
            land.rect(x - size, y - size * 0.3, 2 * size, size * 0.6, tone, round_by=2)
            land.sprite("</g>")
    count = 9
    for index in range(count):
        left, right = stage.width * index / count, stage.width * (index + 1) / count
        sag = math.sin((index + 0.5) / count * math.pi) * 34
        land.polygon(
            [(left + 8, 10 + sag), (right - 8, 10 + sag), ((left + right) / 2, 74 + sag)],
            str(palette.tones[index % len(palette.tones)]),
        )
    land.line(path("M", 0, 2, "Q", stage.width / 2, 88, stage.width, 2), str(palette.ink), 3)


def _hills(sky: Ink, land: Ink, stage: Stage, palette: Palette, dice: Random) -> None:
    """A sun over layers of hills: a ground that words can stand on."""
    sky.rect(
        0,
        0,
        stage.width,
        stage.height,
        sky.down(0, stage.height * 0.8, ((0, palette.tones[0].lighter(0.06), 1), (1, palette.paper, 1))),
    )
    x, y = stage.width * dice.uniform(0.3, 0.7), stage.height * 0.62
    reach = min(stage.width, stage.height) * 0.2
    sky.circle(x, y, reach * 1.5, str(palette.tones[-1]), opacity=0.22)
    sky.circle(x, y, reach, str(palette.tones[-1]))
    for index in range(5):
        base = stage.height * (0.66 + 0.075 * index)
        terrain.ridge(
            land, stage, f"layer {index}", terrain.Hill(base, 40, 560, octaves=2), str(palette.blend(0.2 + 0.2 * index))
        )
    _edge(land, stage, palette.ink)


def lettering(stage: Stage) -> tuple[Lettering, ...]:
    """The headline at the top, or in the middle where nothing else is; the rest below, small."""
    width, height, prompt = stage.width, stage.height, stage.prompt
    face = stage.dice("face").choice(_FACES.get(prompt.layout or "", ("bebas-neue", "playfair-display", "inter")))
    head, *rest = prompt.lettering
    alone = not prompt.things
    top, tall = (0.14, 0.42) if alone else (0.075, 0.2)
    if prompt.layout == "card":
        top += 0.04
    boxes = [(head, top, tall, face)]
    places = ((0.845, 0.08), (0.925, 0.04)) if not alone else ((0.6, 0.08), (0.86, 0.06))
    boxes += [(text, y, low, "inter") for text, (y, low) in zip(rest, places, strict=False)]
    return tuple(
        Lettering(
            text=text, x=width * 0.1, y=height * y, width=width * 0.8, height=height * low, face=used, kind="plain"
        )
        for text, y, low, used in boxes
    )
