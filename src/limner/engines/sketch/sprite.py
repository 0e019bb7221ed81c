"""Icons and figures as one kind of thing: a drawing with a box, repainted, lit and put in its place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from limner.engines.sketch.art import icon_svg, icons
from limner.engines.sketch.colour import GREY_SATURATION, WHITE, Colour, relight, repaint
from limner.engines.sketch.figures import figure_of
from limner.engines.sketch.ink import marked


@dataclass(frozen=True, slots=True)
class Sprite:
    """What is known of a drawing before it is drawn. left, top, width, height: its ink, in the drawing's own units."""

    name: str
    kind: str
    left: float
    top: float
    width: float
    height: float

    @property
    def aspect(self) -> float:
        """Width for a height of 1."""
        return self.width / self.height


def base_of(name: str) -> str:
    """The name without its look: "tree" of "tree~winter"."""
    return name.partition("~")[0]


@lru_cache(maxsize=512)
def sprite(name: str) -> Sprite:
    """The drawing of that name. Raises KeyError when there is none."""
    figure = figure_of(name)
    if figure is not None:
        return Sprite(name, figure.kind, 0, 0, figure.width, figure.height)
    icon = icons()[name]
    left, top, right, bottom = icon.box
    return Sprite(name, icon.kind, left, top, right - left, bottom - top)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where and how a drawing is put: its ink stands on (x, y) and is `height` units tall."""

    name: str
    x: float
    y: float
    height: float
    colour: Colour | None = None
    flip: bool = False
    tilt_deg: float = 0.0


Shared: TypeAlias = dict[tuple[str, Colour | None, Colour], str]
"""A drawing in its colour and light -> id of its first copy in a layer."""


def place(pose: Pose, mark: str, *, light: Colour = WHITE, mirrored: bool = False, shared: Shared | None = None) -> str:
    """SVG elements of a drawing in its place.

    mark: unique within the layer, as two drawings may use the same ids. mirrored: upside down, below its feet. shared:
    what the layer has already, which is referred to instead of being written once more; written to.
    """
    drawing = sprite(pose.name)
    scale = pose.height / drawing.height
    looks = (pose.name, pose.colour, light)
    first = mark if shared is None else shared.setdefault(looks, mark)
    turn = f" rotate({pose.tilt_deg:.1f})" if pose.tilt_deg else ""
    across, down = (-scale if pose.flip else scale), (-scale if mirrored else scale)
    left, top, width, height = drawing.left - 1, drawing.top - 1, drawing.width + 2, drawing.height + 2
    if first == mark:
        # The nested <svg> clips: some icons keep scraps outside their box. librsvg gives one that is referred to itself
        # another size.
        body = (
            f'<g id="{mark}"><svg x="{left}" y="{top}" width="{width}" height="{height}" '
            f'viewBox="{left} {top} {width} {height}">{marked(_body(*looks), mark)}</svg></g>'
        )
    else:
        body = f'<use xlink:href="#{first}"/>'
    return (
        f'<g transform="translate({pose.x:.2f} {pose.y:.2f}){turn} scale({across:.5f} {down:.5f}) '
        f'translate({-drawing.left - drawing.width / 2:.3f} {-drawing.top - drawing.height:.3f})">{body}</g>'
    )


_MAIN_HUES: Final = {"tractor": (0.38, 0.35), "candle": (-1.0, 0.8)}
"""Icons whose largest colour is not the one that a prompt means -> hue and lightness of that one."""


@lru_cache(maxsize=256)
def _body(name: str, colour: Colour | None, light: Colour) -> str:
    figure = figure_of(name)
    if figure is None:
        hue, lightness = _MAIN_HUES.get(name, (icons()[name].hue, icons()[name].light))
        body = icon_svg(name)
    else:
        body = figure.body()
        hue, lightness, saturation = Colour.parse(figure.main).hls
        if saturation < GREY_SATURATION:
            hue = -1.0
    if colour is not None:
        body = repaint(body, hue, lightness, colour)
    return relight(body, light)
