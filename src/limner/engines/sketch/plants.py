"""Trees, grass and flowers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, Point
from limner.engines.sketch.scene import Stage


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree standing at (x, y), `height` units tall."""

    x: float
    y: float
    height: float
    colour: Colour


def distant_pine(ink: Ink, dice: Random, tree: Tree) -> None:
    """A conifer too far away to show more than its outline."""
    half_width = tree.height * dice.uniform(0.18, 0.22)
    right: list[Point] = []
    for tier in range(1, 5):
        low = tree.y - tree.height + tree.height * 0.95 * tier / 4
        half = half_width * (0.25 + 0.75 * tier / 4)
        right += [(half, low), (half * 0.55, low - tree.height * 0.01)]
    right += [(half_width * 0.12, tree.y - tree.height * 0.05), (half_width * 0.12, tree.y)]
    outline = [(tree.x, tree.y - tree.height), *((tree.x + dx, y) for dx, y in right)]
    ink.polygon([*outline, *((tree.x - dx, y) for dx, y in reversed(right))], str(tree.colour))


def pine(ink: Ink, dice: Random, tree: Tree, *, sun_left: bool, snow: bool = False) -> None:
    """A conifer of four tiers, shaded on one side, with snow on its boughs when asked for."""
    x, y, height, colour = tree.x, tree.y, tree.height, tree.colour
    width = height * dice.uniform(0.36, 0.44)
    trunk = Colour.parse("#5b4033").mix(colour, 0.35)
    ink.rect(x - height * 0.022, y - height * 0.12, height * 0.044, height * 0.12, str(trunk))
    for tier in range(4):
        top = y - height + height * 0.2 * tier
        low = top + height * 0.31
        half = width * (0.2 + 0.081 * (tier + 1))
        dip = low + height * 0.025
        tip = (x + dice.uniform(-0.02, 0.02) * width, top)
        shade = colour.lighter(0.013 - 0.012 * tier)
        hem = [(x + half, low), (x + half * 0.5, dip), (x, low - height * 0.01), (x - half * 0.5, dip), (x - half, low)]
        ink.polygon([tip, *hem], str(shade))
        side = half if sun_left else -half
        ink.polygon([tip, (x + side, low), (x + side * 0.5, dip), (x + side * 0.12, low)], str(shade.lighter(-0.05)))
        if snow:
            # A dark tree stands in little light, and so does its snow.
            dimmed = 0.12 + 1.3 * max(0.0, 0.32 - colour.luma)
            _snow_on(ink, tip, x, half, low - top, WHITE.mix(colour, dimmed))


def _snow_on(ink: Ink, tip: Point, x: float, half: float, deep: float, white: Colour) -> None:
    top = tip[1]
    edge = [(0.62, 0.62), (0.25, 0.5), (0.0, 0.72), (-0.3, 0.5), (-0.62, 0.62)]
    ink.polygon([tip, *((x + half * across, top + deep * down) for across, down in edge)], str(white), opacity=0.94)


def broadleaf(ink: Ink, dice: Random, tree: Tree, *, sun_left: bool) -> None:
    """A round tree: five heaps of leaves, each with a lit and a brightest part."""
    x, y, height, colour = tree.x, tree.y, tree.height, tree.colour
    trunk = Colour.parse("#6b4a35").mix(colour, 0.2)
    half, fork = height * 0.03, y - height * 0.5
    stem = [(x - half * 1.5, y), (x - half * 0.7, fork), (x + half * 0.7, fork), (x + half * 1.5, y)]
    ink.polygon(stem, str(trunk))
    side = -1 if sun_left else 1
    heaps = [(-0.2, -0.48, 0.2), (0.2, -0.46, 0.19), (0.0, -0.62, 0.25), (-0.13, -0.76, 0.17), (0.13, -0.74, 0.17)]
    for dx, dy, r in heaps:
        ink.circle(x + dx * height, y + dy * height, r * height, str(colour.lighter(-0.05)))
    for dx, dy, r in heaps:
        size = r * height * 0.84 * dice.uniform(0.9, 1.05)
        ink.circle(x + (dx + side * 0.035) * height, y + (dy - 0.03) * height, size, str(colour))
    for dx, dy, r in heaps[2:]:
        ink.circle(
            x + (dx + side * 0.08) * height, y + (dy - 0.07) * height, r * height * 0.48, str(colour.lighter(0.055))
        )


def grass(ink: Ink, stage: Stage, part: str, y: float, bottom: float, colour: Colour, count: float) -> None:
    """Tufts of grass between two heights, larger towards the bottom."""
    dice = stage.dice(part)
    for _ in range(stage.more(count * stage.width / 1000)):
        share = dice.random() ** 0.8
        x, foot = dice.uniform(0, stage.width), y + (bottom - y) * share
        tall = 8 + 26 * share
        tone = str(colour.lighter(dice.uniform(-0.07, 0.05)))
        for lean in (-0.45, 0.0, 0.45):
            tip = x + lean * tall + dice.uniform(-3, 3)
            ink.polygon(
                [(x - tall * 0.09, foot), (tip, foot - tall * (1.1 - abs(lean))), (x + tall * 0.09, foot)], tone
            )


def flowers(
    ink: Ink, stage: Stage, part: str, y: float, bottom: float, colours: tuple[Colour, ...], count: float
) -> None:
    """Small flowers scattered between two heights."""
    dice = stage.dice(part)
    for _ in range(stage.more(count * stage.width / 1000)):
        share = dice.random() ** 0.7
        x, foot = dice.uniform(0, stage.width), y + (bottom - y) * share
        size = 2.6 + 6.5 * share
        colour = dice.choice(colours)
        ink.line(f"M{x:.1f} {foot:.1f}l{dice.uniform(-2, 2):.1f} {-size * 2.2:.1f}", "#3f7d3a", size * 0.28)
        for petal in range(5):
            angle = petal * math.tau / 5 + 0.3
            ink.circle(
                x + math.cos(angle) * size * 0.55,
                foot - size * 2.4 + math.sin(angle) * size * 0.5,
                size * 0.45,
                str(colour),
            )
        ink.circle(x, foot - size * 2.4, size * 0.32, "#f9d65a")
