"""What things are made of: wood has a grain, marble veins, gold a sheen, and glass shows what is behind it.

A material recasts the colours of a drawing and lays a texture inside its outline. One entry of `MATERIALS` each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Final

from limner.engines.sketch.colour import BLACK, WHITE, Colour, mixed, recast
from limner.engines.sketch.ink import path, smooth, straight


@dataclass(frozen=True, slots=True)
class Area:
    """The box of a drawing's ink in its own units. name: of the drawing, for chance."""

    name: str
    left: float
    top: float
    width: float
    height: float

    def at(self, across: float, down: float) -> tuple[float, float]:
        """A point by its shares of width and height."""
        return self.left + self.width * across, self.top + self.height * down

    @property
    def unit(self) -> float:
        """A hundredth of the longer side."""
        return max(self.width, self.height) / 100


@dataclass(frozen=True, slots=True)
class Material:
    """colour: without another in the prompt. texture: SVG over a drawing, from its area, its colour and chance.

    partly: kinds of things of which only what has their main colour is made of it, such as a house and its walls; ""
    is all kinds. clear: how much of what is behind shows through, 0 to 1. contrast: of light and dark, 1 as in the
    drawing. own: how much of its own colours a thing keeps that the prompt gives no other.
    """

    colour: Colour
    texture: Callable[[Area, Colour, Random], str]
    partly: tuple[str, ...] = ()
    clear: float = 0.0
    own: float = 0.0
    contrast: float = 1.0


def recoloured(body: str, material: Material, colour: Colour | None) -> str:
    """A drawing with all its colours made shades of the material."""
    if material.own and colour is None:
        return mixed(body, material.colour, 1 - material.own)
    colour = colour or material.colour
    dark, light = colour.mix(BLACK, 0.62 * material.contrast), colour.mix(WHITE, 0.72 * material.contrast)
    return recast(body, dark, colour, light)


def textured(area: Area, material: Material, colour: Colour | None) -> str:
    """The material's texture, to be laid over a drawing within its outline."""
    return material.texture(area, colour or material.colour, Random(f"{area.name} {material.colour}"))  # noqa: S311 - art, not secrets


def _fill(shape: str, colour: Colour, opacity: float) -> str:
    return f'<path d="{shape}" fill="{colour}" fill-opacity="{opacity:.2f}"/>'


def _stroke(shape: str, colour: Colour, width: float, opacity: float) -> str:
    return (
        f'<path d="{shape}" fill="none" stroke="{colour}" stroke-width="{width:.2f}" stroke-opacity="{opacity:.2f}" '
        'stroke-linecap="round"/>'
    )


def _dot(x: float, y: float, radius: float, colour: Colour, opacity: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.2f}" fill="{colour}" fill-opacity="{opacity:.2f}"/>'


def _band(area: Area, start: float, end: float, colour: Colour, opacity: float) -> str:
    """A slanting stripe from `start` to `end`, shares of the width at its upper edge."""
    lean = 0.34
    points = (area.at(start, 0), area.at(end, 0), area.at(end - lean, 1), area.at(start - lean, 1))
    return _fill(straight(points) + "Z", colour, opacity)


def _grain(area: Area, colour: Colour, dice: Random) -> str:
    dark, pale, unit = colour.lighter(-0.2), colour.lighter(0.16), area.unit
    parts = []
    rows = round(area.height / unit / 3.4)
    for row in range(rows):
        y = area.top + area.height * (row + dice.uniform(0.2, 0.8)) / rows
        bend = dice.uniform(-2.2, 2.2) * unit
        line = path("M", area.left, y, "q", area.width * 0.25, bend, area.width * 0.5, 0.0)
        line += path("t", area.width * 0.5, 0.0)
        parts.append(_stroke(line, dark if row % 3 else pale, dice.uniform(0.35, 0.95) * unit, 0.5))
    for _ in range(3):
        x, y = area.at(dice.uniform(0.12, 0.88), dice.uniform(0.12, 0.88))
        parts += [
            f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{ring * 1.5 * unit:.1f}" ry="{ring * 0.7 * unit:.1f}" '
            f'fill="{dark}" fill-opacity=".28"/>'
            for ring in (3.4, 2.2, 1.0)
        ]
    return "".join(parts)


def _speckle(area: Area, colour: Colour, dice: Random) -> str:
    dark, pale, unit = colour.lighter(-0.16), colour.lighter(0.14), area.unit
    parts = []
    for _ in range(150):
        x, y = area.at(dice.random(), dice.random())
        parts.append(_dot(x, y, dice.uniform(0.3, 1.5) * unit, dice.choice((dark, dark, pale)), 0.42))
    for _ in range(4):
        x, y = area.at(dice.uniform(0.1, 0.9), dice.uniform(0.0, 0.7))
        points = [(x, y)]
        for _ in range(5):
            x, y = x + dice.uniform(-4, 4) * unit, y + dice.uniform(2, 7) * unit
            points.append((x, y))
        parts.append(_stroke(straight(points), dark.lighter(-0.14), 0.6 * unit, 0.6))
    return "".join(parts)


def _veins(area: Area, colour: Colour, dice: Random) -> str:
    vein, unit = colour.mix(Colour.parse("#5f6470"), 0.62), area.unit
    parts = []
    for index in range(9):
        start, drift = dice.uniform(-0.3, 1.0), dice.uniform(0.2, 0.6)
        points = [
            area.at(start + drift * step / 6 + dice.uniform(-0.07, 0.07), step / 6 + dice.uniform(-0.05, 0.05))
            for step in range(7)
        ]
        wide = 2.6 if index % 3 == 0 else 0.8
        parts.append(_stroke(smooth(points), vein, wide * unit * dice.uniform(0.6, 1.2), 0.26 if wide > 1 else 0.55))
    return "".join(parts) + _band(area, 0.62, 0.74, WHITE, 0.3)


def _sheen(area: Area, colour: Colour, _: Random) -> str:
    dark = colour.mix(BLACK, 0.6)
    bands = ((0.1, 0.32, dark, 0.22), (0.46, 0.62, WHITE, 0.2), (0.51, 0.56, WHITE, 0.4), (0.74, 0.78, WHITE, 0.28))
    parts = [_band(area, *band) for band in (*bands, (0.92, 1.4, dark, 0.26))]
    x, y = area.at(0.34, 0.2)
    return "".join(parts) + _dot(x, y, 5 * area.unit, WHITE, 0.3) + _dot(x, y, 2.4 * area.unit, WHITE, 0.75)


def _glaze(area: Area, colour: Colour, _: Random) -> str:
    pale = colour.mix(WHITE, 0.85)
    bands = ((0.3, 0.44, 0.55), (0.48, 0.52, 0.6), (0.98, 1.08, 0.32))
    foot = (
        f"M{area.left:.1f} {area.top + area.height:.1f}h{area.width:.1f}v{-area.height * 0.05:.1f}h{-area.width:.1f}Z"
    )
    return "".join(_band(area, start, end, pale, opacity) for start, end, opacity in bands) + _fill(foot, pale, 0.4)


def _facets(tints: tuple[str, ...], opacity: float) -> Callable[[Area, Colour, Random], str]:
    """Flat faces that catch the light differently, some in a tint."""

    def facets(area: Area, colour: Colour, dice: Random) -> str:
        columns = 4
        rows = max(3, round(columns * area.height / area.width))
        grid = [
            [
                area.at((x + dice.uniform(-0.3, 0.3)) / columns, (y + dice.uniform(-0.3, 0.3)) / rows)
                for x in range(-1, columns + 2)
            ]
            for y in range(-1, rows + 2)
        ]
        tones = (WHITE, colour.mix(BLACK, 0.45), WHITE, *(Colour.parse(tint) for tint in tints))
        parts = []
        for upper, lower in pairwise(grid):
            for left in range(len(upper) - 1):
                a, b, c, d = upper[left], upper[left + 1], lower[left], lower[left + 1]
                parts += [
                    _fill(straight(corners) + "Z", dice.choice(tones), opacity * dice.uniform(0.2, 1.0))
                    for corners in ((a, b, c), (b, c, d))
                ]
        return "".join(parts)

    return facets


def _bricks(area: Area, colour: Colour, dice: Random) -> str:
    mortar, unit = Colour.parse("#d9cdbd"), area.unit
    tall, long = 5.2 * unit, 12.5 * unit
    parts = []
    for row in range(round(area.height / tall) + 1):
        y = area.top + row * tall
        shift = long / 2 * (row % 2)
        for column in range(round(area.width / long) + 2):
            x = area.left + column * long - shift
            tone = colour.lighter(dice.uniform(-0.09, 0.07))
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{long:.1f}" height="{tall:.1f}" fill="{tone}" '
                f'fill-opacity=".75" stroke="{mortar}" stroke-width="{0.8 * unit:.2f}" stroke-opacity=".9"/>'
            )
    return "".join(parts)


def _stitches(area: Area, colour: Colour, _: Random) -> str:
    dark, pale, unit = colour.lighter(-0.15), colour.lighter(0.13), area.unit
    wide, tall = 4.6 * unit, 3.4 * unit
    columns, rows = round(area.width / wide) + 1, round(area.height / tall) + 1
    line = "".join(
        path("M", area.left + column * wide, area.top + row * tall, "l", wide / 2, tall, "l", wide / 2, -tall)
        for row in range(rows)
        for column in range(columns)
    )
    return (
        _stroke(line, dark, 1.5 * unit, 0.6)
        + f'<g transform="translate(0 {-1.1 * unit:.1f})">{_stroke(line, pale, 0.7 * unit, 0.55)}</g>'
    )


def _hide(area: Area, colour: Colour, dice: Random) -> str:
    dark, unit = colour.lighter(-0.14), area.unit
    parts = []
    for _ in range(110):
        x, y = area.at(dice.random(), dice.random())
        turn, reach = dice.uniform(-3, 3) * unit, dice.uniform(1, 4) * unit
        parts.append(_stroke(path("M", x, y, "q", reach, turn, 2 * reach, 0.0), dark, 0.35 * unit, 0.45))
    for down in (0.3, 0.66):
        x, y = area.at(0, down)
        seam = (
            f'<path d="M{x:.1f} {y:.1f}h{area.width:.1f}" stroke="{colour.lighter(0.22)}" stroke-opacity=".75" '
            f'stroke-width="{0.7 * unit:.2f}" stroke-dasharray="{2.4 * unit:.1f} {1.7 * unit:.1f}"/>'
        )
        parts.append(seam)
    return "".join(parts) + _band(area, 0.5, 0.7, WHITE, 0.16)


_WALLS: Final = ("place",)
_VEHICLES: Final = ("transport",)

MATERIALS: Final[Mapping[str, Material]] = {
    "wood": Material(Colour.parse("#a8713d"), _grain, partly=_WALLS, contrast=0.8),
    "stone": Material(Colour.parse("#9a9b98"), _speckle, partly=_WALLS, contrast=0.75),
    "marble": Material(Colour.parse("#dfdcd6"), _veins, partly=_WALLS, contrast=0.6),
    "gold": Material(Colour.parse("#dfa520"), _sheen, partly=_VEHICLES),
    "silver": Material(Colour.parse("#b4bcc6"), _sheen, partly=_VEHICLES),
    "bronze": Material(Colour.parse("#9c6a38"), _sheen, partly=_VEHICLES),
    "copper": Material(Colour.parse("#b9683a"), _sheen, partly=_VEHICLES),
    "steel": Material(Colour.parse("#8f9aa6"), _sheen, partly=_VEHICLES),
    "glass": Material(Colour.parse("#a9d6dc"), _glaze, clear=0.46, contrast=0.9, own=0.45),
    "ice": Material(Colour.parse("#a8d8f0"), _facets(("#7fc4ee",), 0.4), clear=0.2, contrast=0.85),
    "crystal": Material(Colour.parse("#b7b4ee"), _facets(("#7fe3f0", "#f3a6e6", "#8f7df0"), 0.55), clear=0.18),
    "paper": Material(Colour.parse("#ece6da"), _facets((), 0.34), contrast=0.45),
    "brick": Material(Colour.parse("#a9513c"), _bricks, partly=("",)),
    "sand": Material(Colour.parse("#dcbd85"), _speckle, contrast=0.6),
    "knitted": Material(Colour.parse("#c9745c"), _stitches, partly=("",)),
    "leather": Material(Colour.parse("#7c4a2a"), _hide, partly=("",)),
}
"""Every material by name."""
