"""A hand-drawn thing: SVG from files in `drawings/` or from code, with an icon for its head where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final

from limner.engines.sketch.art import icon_svg

HEAD_SCALE: Final = 0.93
"""Size of an icon used as a head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A hand-drawn thing, `width` by `height` in its own units, feet on the lower edge.

    kind: as of an icon. parts: drawings laid over one another; elements: SVG drawn by code over them. main: the colour
    that a prompt's colour replaces. fills: name in the drawings -> colour. head: the icon drawn over them, its box's
    corner at (head_x, head_y).
    """

    kind: str
    width: float
    height: float
    main: str
    parts: tuple[str, ...] = ()
    elements: str = ""
    fills: Mapping[str, str] = field(default_factory=dict)
    head: str | None = None
    head_x: float = 0.0
    head_y: float = 0.0
    head_scale: float = HEAD_SCALE

    def body(self) -> str:
        """Its SVG elements, head included."""
        body = "".join(_drawing(part) for part in self.parts) + self.elements
        for name, colour in self.fills.items():
            body = body.replace(f"{{{name}}}", colour)
        if self.head is None:
            return body
        place = f"translate({self.head_x} {self.head_y}) scale({self.head_scale})"
        return f'{body}<g transform="{place}">{icon_svg(self.head)}</g>'


@cache
def _drawing(name: str) -> str:
    """The elements of a file in `drawings/`, without its outer tag."""
    text = (resources.files("limner.engines.sketch") / "drawings" / f"{name}.svg").read_text(encoding="utf-8")
    return text.partition(">")[2].rpartition("</svg>")[0]
