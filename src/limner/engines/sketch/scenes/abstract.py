"""Compositions without a subject, in a mood's colours: for ideas, and for prompts that name nothing we can draw."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from limner.engines.sketch import terrain
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.motion import Motion
from limner.engines.sketch.palette import Palette, palette_for
from limner.engines.sketch.scene import Band, Setting, Stage


def build(stage: Stage) -> Setting:
    """One of four compositions; the mood prefers some."""
    palette = palette_for(stage)
    sky, land, near = Ink(), Ink(), Ink()
    sky.rect(
        0,
        0,
        stage.width,
        stage.height,
        sky.down(0, stage.height, ((0, palette.paper.lighter(0.02), 1), (1, palette.paper.lighter(-0.05), 1))),
    )
    preferred = _PREFERRED.get(stage.prompt.mood or "", tuple(_COMPOSITIONS))
    if stage.prompt.lettering:
        preferred = _QUIET
    name = stage.dice("composition").choice(preferred)
    _COMPOSITIONS[name](sky, land, stage, palette)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(stage.height * 0.7, stage.height * 0.82, 1.0, 1.05),
        air=(stage.height * 0.1, stage.height * 0.7),
        alike=True,
        shadow=0.0,
        floating=True,
    )


def _paper_waves(sky: Ink, land: Ink, stage: Stage, palette: Palette) -> None:
    """A disc of light over layers of cut paper."""
    dice = stage.dice("waves")
    x, y = stage.width * dice.uniform(0.32, 0.68), stage.height * dice.uniform(0.26, 0.36)
    radius = dice.uniform(120, 170)
    accent = palette.tones[-1]
    sky.glow(x, y, radius * 3, accent, 0.5)
    for ring in (1.75, 1.4):
        sky.circle(x, y, radius * ring, str(accent), opacity=0.16)
    sky.circle(x, y, radius, sky.down(y - radius, y + radius, ((0, accent.lighter(0.12), 1), (1, accent, 1))))
    layers = 7
    for index in range(layers):
        share = index / (layers - 1)
        base = stage.height * (0.42 + 0.46 * share)
        colour = palette.blend(share)
        line = terrain.waver(stage.dice(f"wave {index}"), stage.width * dice.uniform(0.8, 1.3), 2)
        xs = [step * 16.0 - 20 for step in range(int(stage.width / 16) + 4)]
        ys = [base + line(at) * 70 for at in xs]
        fill = land.down(base - 60, base + 260, ((0, colour.lighter(0.05), 1), (1, colour.lighter(-0.08), 1)))
        with land.moving(Motion(sway_x=14, sway_y=6, begins=0.23 * index)):
            land.polygon(
                [
                    (-20.0, stage.height + 30),
                    *zip(xs, (at - 9 for at in ys), strict=True),
                    (stage.width + 40, stage.height + 30),
                ],
                str(palette.ink),
                opacity=0.12,
            )
            land.polygon(
                [(-20.0, stage.height + 30), *zip(xs, ys, strict=True), (stage.width + 40, stage.height + 30)], fill
            )


def _geometry(sky: Ink, land: Ink, stage: Stage, palette: Palette) -> None:
    """A grid of quarter circles, discs and stripes."""
    dice = stage.dice("geometry")
    margin = 56.0
    cells = 4 if min(stage.width, stage.height) == stage.width else 4 * round(stage.width / stage.height * 4) // 4
    columns = max(3, min(9, cells))
    cell = (stage.width - 2 * margin) / columns
    rows = max(2, int((stage.height - 2 * margin) / cell))
    top = (stage.height - rows * cell) / 2
    for row in range(rows):
        for column in range(columns):
            x, y = margin + column * cell, top + row * cell
            back, front = dice.sample(range(len(palette.tones) + 1), 2)
            tones = (*palette.tones, palette.ink)
            sky.rect(x, y, cell + 0.6, cell + 0.6, str(tones[back].mix(palette.paper, 0.25)))
            with land.moving(Motion(twinkle=0.45, begins=(row + column) / 5)):
                _tile(land, dice, (x, y, cell), str(tones[front]), str(palette.paper))


def _tile(land: Ink, dice: Random, square: tuple[float, float, float], tone: str, paper: str) -> None:
    """One of five figures in a square (left, top, side), turned at random."""
    x, y, cell = square
    kind, turn = dice.randrange(6), dice.randrange(4)
    corner_x, corner_y = x + cell * (turn % 2), y + cell * (turn // 2)
    across, down = (1 if turn % 2 == 0 else -1), (1 if turn < 2 else -1)  # noqa: PLR2004 - the upper two corners
    sweep = 1 if across * down > 0 else 0
    quarter = "M{0:.1f} {1:.1f}h{2:.1f}A{3:.1f} {3:.1f} 0 0 {4} {0:.1f} {5:.1f}Z"
    match kind:
        case 0 | 1:
            land.shape(quarter.format(corner_x, corner_y, across * cell, cell, sweep, corner_y + down * cell), tone)
            if kind:
                land.shape(
                    quarter.format(corner_x, corner_y, across * cell / 2, cell / 2, sweep, corner_y + down * cell / 2),
                    paper,
                )
        case 2:
            land.circle(x + cell / 2, y + cell / 2, cell * 0.36, tone)
            land.circle(x + cell / 2, y + cell / 2, cell * 0.14, paper)
        case 3:
            for stripe in range(4):
                land.rect(x + cell * stripe / 4, y, cell / 8, cell, tone)
        case 4:
            land.polygon(
                [(corner_x, corner_y), (corner_x + across * cell, corner_y), (corner_x, corner_y + down * cell)], tone
            )
        case _:
            land.shape(path("M", x, y + cell / 2, "a", cell / 2, cell / 2, 0, 0, 1, cell, 0, "z"), tone)
            land.shape(path("M", x, y + cell, "a", cell / 2, cell / 2, 0, 0, 1, cell, 0, "z"), tone)


def _orbits(sky: Ink, land: Ink, stage: Stage, palette: Palette) -> None:
    """Half discs and rings in balance: a large one low, small ones against it, thin arcs to join them."""
    dice = stage.dice("orbits")
    side = dice.choice((-1, 1))
    reach = min(stage.width, stage.height) * 0.31
    x, y = stage.width * (0.5 + 0.1 * side), stage.height * 0.56
    sky.glow(x, y, reach * 2.6, palette.tones[0], 0.6)
    for index, (share, tone) in enumerate(((1.5, 0), (1.22, 1))):
        land.circle(x, y, reach * share, str(palette.tones[tone]), opacity=0.28 + 0.1 * index)
    land.circle(x, y, reach, land.down(y - reach, y + reach, ((0, palette.tones[1], 1), (1, palette.tones[2], 1))))
    # The half disc in front is cut along a slope, like paper.
    slope = dice.uniform(-28, 28)
    land.sprite(f'<g transform="rotate({slope:.1f} {x:.1f} {y:.1f})">')
    land.shape(
        path("M", x - reach, y, "A", reach, reach, 0, 0, 0, x + reach, y, "Z"),
        land.down(y, y + reach, ((0, palette.tones[3], 1), (1, palette.ink, 1))),
    )
    for index in range(5):
        inner = reach * (0.84 - 0.15 * index)
        land.line(
            path("M", x - inner, y, "A", inner, inner, 0, 0, 0, x + inner, y),
            str(palette.paper),
            2.6,
            opacity=0.5,
        )
    land.sprite("</g>")
    far_x, far_y = x - side * reach * 1.25, y - reach * 1.05
    land.circle(far_x, far_y, reach * 0.36, str(palette.tones[-1]))
    land.ring(far_x, far_y, reach * 0.48, 3.0, str(palette.ink), opacity=0.6)
    turn = dice.uniform(0, math.tau)
    for index in range(6):
        angle = turn + index * math.tau / 6 + dice.uniform(-0.25, 0.25)
        radius = reach * dice.uniform(1.3, 1.62)
        size = (9, 14, 22, 9, 34, 14)[index]
        at_x = min(stage.width - size - 24, max(size + 24, x + math.cos(angle) * radius))
        at_y = min(stage.height - size - 24, max(size + 24, y + math.sin(angle) * radius))
        with land.moving(Motion(sway_y=12, begins=index / 6)):
            land.circle(at_x, at_y, size, str(palette.tones[(index * 2) % len(palette.tones)]))
    for index in range(3):
        radius = reach * (1.22 + 0.14 * index)
        start = turn + 1.7 * index
        begin = (x + math.cos(start) * radius, y + math.sin(start) * radius)
        end = (x + math.cos(start + 1.9) * radius, y + math.sin(start + 1.9) * radius)
        land.line(path("M", *begin, "A", radius, radius, 0, 0, 1, *end), str(palette.ink), 3.0, opacity=0.7)
    for column in range(5):
        for row in range(5):
            land.circle(
                stage.width * (0.5 - 0.38 * side) + (column - 2) * 24,
                stage.height * 0.84 + (row - 2) * 24,
                3.4,
                str(palette.ink),
                opacity=0.55,
            )


def _ribbons(sky: Ink, land: Ink, stage: Stage, palette: Palette) -> None:
    """Broad translucent bands that flow across and cross one another."""
    dice = stage.dice("ribbons")
    sky.glow(stage.width * dice.random(), stage.height * 0.3, 700, palette.tones[0], 0.4)
    steps = 48
    for index in range(8):
        colour = palette.blend(index / 7)
        line, width = (
            terrain.waver(stage.dice(f"ribbon {index}"), stage.width * 1.4, 2),
            terrain.waver(stage.dice(f"breadth {index}"), stage.width, 2),
        )
        base = stage.height * (0.16 + 0.1 * index)
        lean = dice.uniform(-0.3, 0.3)
        upper, lower = [], []
        for step in range(steps + 1):
            at = step / steps * (stage.width + 80) - 40
            y = base + line(at) * stage.height * 0.16 + (at - stage.width / 2) * lean
            half = 34 + 46 * (1 + width(at)) / 2
            upper.append((at, y - half))
            lower.append((at, y + half))
        fill = land.across(
            0,
            stage.width,
            ((0, colour, 0.9), (0.5, colour.lighter(0.08), 0.62), (1, palette.blend(1 - index / 7), 0.9)),
        )
        crest = "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in upper)
        with land.moving(Motion(sway_x=20, sway_y=14, begins=index / 8)):
            land.polygon([*upper, *reversed(lower)], fill)
            land.line(crest, str(colour.lighter(0.22)), 2.4, opacity=0.7)


_COMPOSITIONS: Final[Mapping[str, Callable[[Ink, Ink, Stage, Palette], None]]] = {
    "waves": _paper_waves,
    "geometry": _geometry,
    "orbits": _orbits,
    "ribbons": _ribbons,
}
_QUIET: Final = ("waves", "ribbons")
"""Compositions that text can stand on."""
_PREFERRED: Final[Mapping[str, tuple[str, ...]]] = {
    "warm": ("waves",),
    "calm": ("waves", "ribbons"),
    "dark": ("orbits", "waves"),
    "cool": ("geometry", "orbits", "ribbons"),
    "joy": ("geometry", "orbits", "ribbons"),
    "neon": ("ribbons", "orbits"),
}
