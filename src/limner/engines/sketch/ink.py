"""A sheet to draw on: collects SVG elements of one layer and the gradients they use.

Coordinates are units: the shorter side of a picture is 1000 of them. Text never enters: prompts cannot reach the SVG.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final, TypeAlias

from limner.engines.sketch.colour import Colour
from limner.engines.sketch.motion import Motion

Point: TypeAlias = tuple[float, float]
Stop: TypeAlias = tuple[float, Colour, float]
"""Offset 0 to 1, colour, opacity 0 to 1."""

UNITS_SHORT_SIDE: Final = 1000.0
NAMESPACES: Final = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
_IDS: Final = re.compile(r'(\bid="|url\(#|href="#)')


@dataclass(frozen=True, slots=True)
class _Mark:
    """One shape: its tag and attributes, what it is painted with, and how it moves in an animation."""

    shape: str
    paint: str
    colour: str
    opacity: float
    motion: Motion | None

    def still(self) -> str:
        """As it is in a picture."""
        # `fill-opacity`, not `opacity`: the latter makes librsvg draw into a separate surface first.
        clear = f' {self.paint}-opacity="{self.opacity:.3f}"' if self.opacity < 1 else ""
        return f'<{self.shape} {self.paint}="{self.colour}"{clear}/>'

    def at(self, phase: float) -> str:
        """As it is in a frame."""
        if self.motion is None:
            return self.still()
        x, y, light = self.motion.at(phase)
        return (
            f'<{self.shape} {self.paint}="{self.colour}" {self.paint}-opacity="{self.opacity * light:.3f}" '
            f'transform="translate({x:.2f} {y:.2f})"/>'
        )


class Ink:
    """One layer being drawn, later elements over earlier ones."""

    def __init__(self) -> None:
        self._elements: list[str | _Mark] = []
        self._gradients: list[str] = []
        self._motion: Motion | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing has been drawn."""
        return not self._elements

    @property
    def moves(self) -> bool:
        """Whether anything in it moves in an animation."""
        return any(_moves(element) for element in self._elements)

    @contextmanager
    def moving(self, motion: Motion) -> Iterator[None]:
        """What is drawn in this block moves so in an animation, and lies in no ready-made element that is open."""
        self._motion = motion
        yield
        self._motion = None

    def parts(self) -> list[Ink]:
        """The layer in pieces, to be laid one over the other, each of which moves or does not."""
        return [self._with(list(run)) for _, run in groupby(self._elements, _moves)]

    def at(self, phase: float) -> Ink:
        """The layer as it is in a frame. phase: how much of the loop has gone by, 0 to 1."""
        return self._with([element if isinstance(element, str) else element.at(phase) for element in self._elements])

    def _with(self, elements: list[str | _Mark]) -> Ink:
        ink = Ink()
        ink._elements, ink._gradients = elements, self._gradients
        return ink

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
        name = f"ink{len(self._gradients) + 1}"
        body = "".join(
            f'<stop offset="{offset:.3f}" stop-color="{colour}"'
            + (f' stop-opacity="{opacity:.3f}"/>' if opacity < 1 else "/>")
            for offset, colour, opacity in stops
        )
        self._gradients.append(f'<{element} id="{name}" gradientUnits="userSpaceOnUse" {shape}>{body}</{element}>')
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
        shape = f'circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="none" stroke-width="{width:.1f}"'
        self._add(shape, stroke, opacity, paint="stroke")

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
        shape = f'path d="{path}" fill="none" stroke-width="{width:.1f}" stroke-linecap="round" stroke-linejoin="round"'
        self._add(shape, stroke, opacity, paint="stroke")

    def sprite(self, body: str) -> None:
        """Ready-made elements."""
        self._elements.append(body)

    def elements(self, mark: str) -> str:
        """The layer's SVG elements, `mark` in front of every id: layers of one document may use the same ones."""
        return marked(self._body(), mark)

    def document(self, width: float, height: float, width_px: int, height_px: int) -> bytes:
        """The layer as an SVG document of `width` by `height` units, to be drawn at that many pixels."""
        return (
            f'<svg {NAMESPACES} width="{width_px}" height="{height_px}" '
            f'viewBox="0 0 {width:.3f} {height:.3f}" preserveAspectRatio="none">{self._body()}</svg>'
        ).encode()

    def _body(self) -> str:
        shapes = [element if isinstance(element, str) else element.still() for element in self._elements]
        return "".join([*self._gradients, *shapes])

    def _add(self, shape: str, colour: str, opacity: float, *, paint: str = "fill") -> None:
        self._elements.append(_Mark(shape, paint, colour, opacity, self._motion))


def _moves(element: str | _Mark) -> bool:
    return not isinstance(element, str) and element.motion is not None


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
