"""Icons and figures as one kind of thing: a drawing with a box, repainted, lit and put in its place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from limner.engines.sketch.art import icon_svg, icons
from limner.engines.sketch.colour import GREY_SATURATION, WHITE, Colour, outline, relight, repaint
from limner.engines.sketch.figures import figure_of
from limner.engines.sketch.ink import marked
from limner.engines.sketch.materials import MATERIALS, Area, recoloured, textured
from limner.engines.sketch.skins import skinned


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
    icon = icons()[base_of(name)]
    left, top, right, bottom = icon.box
    return Sprite(name, icon.kind, left, top, right - left, bottom - top)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where and how a drawing is put: its ink stands on (x, y) and is `height` units tall.

    material: of `MATERIALS`. textured: with its texture, which takes librsvg some time, or in its colours alone.
    """

    name: str
    x: float
    y: float
    height: float
    colour: Colour | None = None
    flip: bool = False
    tilt_deg: float = 0.0
    material: str | None = None
    textured: bool = True


Shared: TypeAlias = dict[tuple[str, Colour | None, Colour, tuple[str | None, bool]], str]
"""A drawing in its colour, light and material -> id of its first copy in a layer."""


def place(pose: Pose, mark: str, *, light: Colour = WHITE, mirrored: bool = False, shared: Shared | None = None) -> str:
    """SVG elements of a drawing in its place.

    mark: unique within the layer, as two drawings may use the same ids. mirrored: upside down, below its feet. shared:
    what the layer has already, which is referred to instead of being written once more; written to.
    """
    drawing = sprite(pose.name)
    scale = pose.height / drawing.height
    looks = (pose.name, pose.colour, light, (pose.material, pose.textured))
    first = mark if shared is None else shared.setdefault(looks, mark)
    turn = f" rotate({pose.tilt_deg:.1f})" if pose.tilt_deg else ""
    across, down = (-scale if pose.flip else scale), (-scale if mirrored else scale)
    left, top, width, height = drawing.left - 1, drawing.top - 1, drawing.width + 2, drawing.height + 2
    if first == mark:
        # The nested <svg> clips: some icons keep scraps outside their box. librsvg gives one that is referred to itself
        # another size.
        body = (
            f'<g id="{mark}"><svg x="{left}" y="{top}" width="{width}" height="{height}" '
            f'viewBox="{left} {top} {width} {height}">{marked(_made(*looks), mark)}</svg></g>'
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
def _made(name: str, colour: Colour | None, light: Colour, made_of: tuple[str | None, bool]) -> str:
    """The elements of a drawing in a colour, of a material (and whether its texture is seen), under a light."""
    (body, hue, lightness), (material_name, with_texture) = _plain(name), made_of
    if material_name is None:
        return relight(body if colour is None else repaint(body, hue, lightness, colour), light)
    material, drawing = MATERIALS[material_name], sprite(name)
    whole = not drawing.kind.startswith(material.partly)
    paint = colour or material.colour
    made = recoloured(body, material, colour) if whole else repaint(body, hue, lightness, paint)
    if not with_texture:
        return relight(made, light)
    area = Area(name, drawing.left, drawing.top, drawing.width, drawing.height)
    box = f'x="{area.left - 1}" y="{area.top - 1}" width="{area.width + 2}" height="{area.height + 2}"'
    mask = marked(outline(body, None if whole else hue), "outline")
    seen = f' opacity="{1 - material.clear}"' if material.clear else ""
    return (
        f'<g{seen}>{relight(made, light)}</g><mask id="made" maskUnits="userSpaceOnUse" {box}>{mask}</mask>'
        f'<g mask="url(#made)">{relight(textured(area, material, colour), light)}</g>'
    )


def _plain(name: str) -> tuple[str, float, float]:
    """A drawing's elements, and the hue (-1: none) and the lightness of its main colour."""
    figure, (base, _, look) = figure_of(name), name.partition("~")
    if figure is None:
        hue, lightness = _MAIN_HUES.get(base, (icons()[base].hue, icons()[base].light))
        body = icon_svg(base)
    else:
        hue, lightness, saturation = Colour.parse(figure.main).hls
        hue, body = -1.0 if saturation < GREY_SATURATION else hue, figure.body()
    return skinned(body, int(look.removeprefix("skin"))) if look.startswith("skin") else body, hue, lightness
