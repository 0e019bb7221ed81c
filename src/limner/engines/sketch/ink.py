"""A sheet to draw on: collects SVG elements of one layer and the gradients they use.

Coordinates are units: the shorter side of a picture is 1000 of them. Text never enters: prompts cannot reach the SVG.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from limner.engines.sketch.colour import Colour

Point: TypeAlias = tuple[float, float]
Stop: TypeAlias = tuple[float, Colour, float]
"""Offset 0 to 1, colour, opacity 0 to 1."""

UNITS_SHORT_SIDE: Final = 1000.0
NAMESPACES: Final = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
_IDS: Final = re.compile(r'(\bid="|url\(#|href="#)')


class Ink:
    """One layer being drawn, later elements over earlier ones."""

    def __init__(self) -> None:
        self._elements: list[str] = []
        self._gradients = 0

    @property
    def empty(self) -> bool:
        """Whether nothing has been drawn."""
        return not self._elements

    def down(self, top: float, bottom: float, stops: Sequence[Stop]) -> str:
        """A fill that changes from `top` to `bottom` (y)."""
        return self._gradient("linearGradient", f'x1="0" x2="0" y1="{top:.1f}" y2="{bottom:.1f}"', stops)

    def across(self, left: float, right: float, stops: Sequence[Stop]) -> str:
        """A fill that changes from `left` to `right` (x)."""
        return self._gradient("linearGradient", f'x1="{left:.1f}" x2="{right:.1f}" y1="0" y2="0"', stops)

    def around(self, x: float, y: float, radius: float, stops: Sequence[Stop], *, flat: float = 1.0) -> str:
        """A fill that changes from a centre outwards. flat: height of the circle as a share of its width."""
        shape = f'cx="0" cy="0" r="{radius:.1f}" gradientTransform="translate({x:.1f} {y:.1f}) scale(1 {flat:.3f})"'
        return self._gradient("radialGradient", shape, stops)

    def _gradient(self, element: str, shape: str, stops: Sequence[Stop]) -> str:
        self._gradients += 1
        name = f"ink{self._gradients}"
        body = "".join(
            f'<stop offset="{offset:.3f}" stop-color="{colour}"'
            + (f' stop-opacity="{opacity:.3f}"/>' if opacity < 1 else "/>")
            for offset, colour, opacity in stops
        )
        self._elements.append(f'<{element} id="{name}" gradientUnits="userSpaceOnUse" {shape}>{body}</{element}>')
        return f"url(#{name})"

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, *, round_by: float = 0, opacity: float = 1
    ) -> None:
        """An axis-aligned rectangle with rounded corners."""
        corners = f' rx="{round_by:.1f}"' if round_by else ""
        self._add(f'rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"{corners}', fill, opacity)

    def ellipse(self, x: float, y: float, radius_x: float, radius_y: float, fill: str, *, opacity: float = 1) -> None:
        """An ellipse about a centre."""
        self._add(f'ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{radius_x:.1f}" ry="{radius_y:.1f}"', fill, opacity)

    def circle(self, x: float, y: float, radius: float, fill: str, *, opacity: float = 1) -> None:
        """A disc."""
        self._add(f'circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"', fill, opacity)

    def ring(self, x: float, y: float, radius: float, width: float, stroke: str, *, opacity: float = 1) -> None:
        """A circle's line."""
        self._elements.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="none" stroke="{stroke}" '
            f'stroke-width="{width:.1f}" stroke-opacity="{opacity:.3f}"/>'
        )

    def patch(self, x: float, y: float, radius: float, stops: Sequence[Stop], *, flat: float = 1.0) -> None:
        """A disc whose colour changes from its centre outwards. flat: height as a share of the width."""
        self.ellipse(x, y, radius, radius * flat, self.around(x, y, radius, stops, flat=flat))

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float, *, flat: float = 1.0) -> None:
        """Soft light about a centre. strength: opacity there, 0 to 1. flat: height as a share of the width."""
        self.patch(x, y, radius, ((0, colour, strength), (0.4, colour, strength * 0.4), (1, colour, 0)), flat=flat)

    def polygon(self, points: Iterable[Point], fill: str, *, opacity: float = 1) -> None:
        """A closed shape with straight sides."""
        self._add(f'path d="{straight(points)}Z"', fill, opacity)

    def shape(self, path: str, fill: str, *, opacity: float = 1) -> None:
        """A filled SVG path."""
        self._add(f'path d="{path}"', fill, opacity)

    def line(self, path: str, stroke: str, width: float, *, opacity: float = 1) -> None:
        """A stroked SVG path with round ends."""
        self._elements.append(
            f'<path d="{path}" fill="none" stroke="{stroke}" stroke-width="{width:.1f}" stroke-linecap="round" '
            f'stroke-linejoin="round" stroke-opacity="{opacity:.3f}"/>'
        )

    def sprite(self, body: str) -> None:
        """Ready-made elements."""
        self._elements.append(body)

    def elements(self, mark: str) -> str:
        """The layer's SVG elements, `mark` in front of every id: layers of one document may use the same ones."""
        return marked("".join(self._elements), mark)

    def document(self, width: float, height: float, width_px: int, height_px: int) -> bytes:
        """The layer as an SVG document of `width` by `height` units, to be drawn at that many pixels."""
        return (
            f'<svg {NAMESPACES} width="{width_px}" height="{height_px}" '
            f'viewBox="0 0 {width:.3f} {height:.3f}" preserveAspectRatio="none">{"".join(self._elements)}</svg>'
        ).encode()

    def _add(self, element: str, fill: str, opacity: float) -> None:
        # `fill-opacity`, not `opacity`: the latter makes librsvg draw into a separate surface first.
        clear = f' fill-opacity="{opacity:.3f}"' if opacity < 1 else ""
        self._elements.append(f'<{element} fill="{fill}"{clear}/>')


def marked(svg: str, mark: str) -> str:
    """The elements with `mark` in front of every id and of whatever refers to one."""
    return _IDS.sub(lambda match: match[0] + mark, svg)


def path(*parts: str | float) -> str:
    """An SVG path from its letters and numbers; an arc's flags must be integers, which stay as they are."""
    return " ".join(f"{part:.1f}" if isinstance(part, float) else str(part) for part in parts)


def straight(points: Iterable[Point]) -> str:
    """The path through points, by straight lines."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def smooth(points: Sequence[Point]) -> str:
    """The path through the midpoints of points, by quadratic curves; it starts and ends on the outer points."""
    first, last = points[0], points[-1]
    parts = [f"M{first[0]:.1f} {first[1]:.1f}"]
    for (x, y), (next_x, next_y) in pairwise(points[1:]):
        parts.append(f"Q{x:.1f} {y:.1f} {(x + next_x) / 2:.1f} {(y + next_y) / 2:.1f}")
    parts.append(f"L{last[0]:.1f} {last[1]:.1f}")
    return "".join(parts)
