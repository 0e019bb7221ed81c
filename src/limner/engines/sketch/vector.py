"""A scene graph as one SVG document: the layers that are painted, with what is done to their pixels told as filters.

There is no picture in it, no script, no style sheet, no font and no reference to anything outside; text is outlines.
The same scene gives the same bytes.
"""

from __future__ import annotations

from typing import Final

from limner.engines.sketch import svg_filters as filters
from limner.engines.sketch.colour import Colour
from limner.engines.sketch.ink import NAMESPACES, UNITS_SHORT_SIDE, Ink
from limner.engines.sketch.lettering import WEIGHTS, Line, Tones, neon_coats, runs, shade_px, tones_on, typeset
from limner.engines.sketch.outlines import outlines
from limner.engines.sketch.paint import BRUSHED, EVENLY_LIT, things_ink, vignette_ink
from limner.engines.sketch.palette import palette_for
from limner.engines.sketch.raster import rendered
from limner.engines.sketch.scene import DETAIL_HIGH, DETAIL_LOW, Box, Canvas, Lettering, Mirror, Scene, Setting
from limner.engines.sketch.svg_mosaics import MOSAICS, mosaic
from limner.engines.sketch.svg_styles import MANNERS
from limner.job import Size

STYLES: Final = frozenset((*MANNERS, *MOSAICS))
"""Styles that drawings have; they leave out the others."""

_GROUND_PX: Final = 256
"""Shorter side of the picture that tells what lies below a text."""
_BLOOM_PX: Final = 8.0
"""How far light shines over, in pixels: painting makes it so at every size."""


def document(scene: Scene, size: Size, *, transparent: bool = False) -> bytes:
    """The scene as SVG 1.1 in UTF-8, `size` large. transparent: without its ground."""
    svg = _Document(scene.stage.canvas)
    if scene.setting is None:
        sticker = scene.stage.prompt.layout == "sticker"
        svg.layer("things", things_ink(scene, scene.placed), through=_STICKER if sticker else "")
    else:
        _draw_scene(svg, scene, scene.setting, clear=transparent)
        _light(svg, scene, _unit_px(size), clear=transparent)
    _restyle(svg, scene, size, clear=transparent)
    if scene.lettering:
        _letter(svg, scene, size)
    return svg.written(size)


class _Document:
    """An SVG being written, later elements over earlier ones."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._parts: list[str] = []
        self._filters: list[str] = []

    def layer(self, name: str, ink: Ink, *, through: str = "") -> None:
        """Add what is drawn on a layer, as `group` does; nothing of an empty one."""
        if not ink.empty:
            self.group(name, ink.elements(f"{name}-"), through=through)

    def group(self, name: str, elements: str, *, through: str = "", within: Box | None = None) -> None:
        """Add elements under a name that no other has.

        through: the primitives of the filter they are shown through. within: where that is, if not everywhere.
        """
        self._parts.append(f'<g id="{name}"{self._shown(name, through, within)}>{elements}</g>')

    def again(self, name: str, *, through: str) -> None:
        """Show the group of that name once more."""
        self._parts.append(f'<use xlink:href="#{name}"{self._shown(f"{name}-again", through)}/>')

    def enclose(self, name: str, *, through: str = "") -> None:
        """Make one group of all there is so far."""
        self._parts = [f'<g id="{name}"{self._shown(name, through)}>', *self._parts, "</g>"]

    def add(self, elements: str) -> None:
        """Add elements as they are."""
        self._parts.append(elements)

    def clear(self) -> None:
        """Take everything away again."""
        self._parts, self._filters = [], []

    def written(self, size: Size) -> bytes:
        """The document as it is now."""
        width, height = self._canvas.width, self._canvas.height
        area = _area(Box(0, 0, width, height))
        return (
            f'<svg {NAMESPACES} width="{size.width_px}" height="{size.height_px}" '
            f'viewBox="0 0 {width:.3f} {height:.3f}"><defs><clipPath id="frame"><rect {area}/></clipPath>'
            f'{"".join(self._filters)}</defs><g clip-path="url(#frame)">{"".join(self._parts)}</g></svg>'
        ).encode()

    def _shown(self, name: str, primitives: str, within: Box | None = None) -> str:
        if not primitives:
            return ""
        area = _area(within or Box(0, 0, self._canvas.width, self._canvas.height))
        self._filters.append(
            f'<filter id="{name}-filter" filterUnits="userSpaceOnUse" {area} color-interpolation-filters="sRGB">'
            f"{primitives}</filter>"
        )
        return f' filter="url(#{name}-filter)"'


def _area(box: Box) -> str:
    return f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'


def _draw_scene(svg: _Document, scene: Scene, setting: Setting, *, clear: bool) -> None:
    """The layers in the order they are painted in."""
    stage = scene.stage
    if not clear:
        svg.layer("sky", setting.sky)
    svg.layer("land", setting.land)
    svg.enclose("backdrop")
    if stage.prompt.camera == "close" and scene.placed and setting.frame is None:
        svg.again("backdrop", through=filters.soft(UNITS_SHORT_SIDE / 110))
    if setting.mirror is not None and stage.detail > DETAIL_LOW:
        _reflect(svg, scene, setting.mirror)
    afloat = [item for item in scene.placed if item.contact == "water" or item.afloat]
    ashore = [item for item in scene.placed if item.contact != "water" and not item.afloat]
    svg.layer("afloat", things_ink(scene, afloat))
    if setting.shore is not None:
        svg.layer("shore", setting.shore)
    svg.layer("things", things_ink(scene, ashore), through=_STICKER if setting.outlined else "")
    svg.layer("near", setting.near)
    if stage.detail == DETAIL_HIGH and not clear and scene.name not in EVENLY_LIT:
        light = filters.rim(stage.light.sun, UNITS_SHORT_SIDE / 170, from_left=stage.light.from_left)
        for name, layer in (("afloat", afloat), ("things", ashore)):
            if layer:
                svg.again(name, through=light)


_STICKER: Final = filters.cut_out(11, 7)


def _reflect(svg: _Document, scene: Scene, mirror: Mirror) -> None:
    """What stands above the water, upside down in it, fainter towards us."""
    top, bottom = mirror.top, min(scene.stage.height, mirror.bottom)
    if bottom - top < 1 or top < 1:
        return
    # A reflection is as long as there is water for it, and a little shorter than what it shows.
    shrunk = min(1.0, top / (bottom - top)) * 0.98
    fade = "".join(
        f'<stop offset="{offset}" stop-color="#fff" stop-opacity="{mirror.strength * share:.3f}"/>'
        for offset, share in ((0, 1), (1, 0.45))
    )
    water = Box(0, top, scene.stage.width, bottom - top)
    svg.add(
        f'<linearGradient id="depth" gradientUnits="userSpaceOnUse" x1="0" x2="0" y1="{top:.1f}" y2="{bottom:.1f}">'
        f'{fade}</linearGradient><mask id="water" maskUnits="userSpaceOnUse" {_area(water)}>'
        f'<rect {_area(water)} fill="url(#depth)"/></mask><g mask="url(#water)">'
    )
    turned = f'transform="matrix(1 0 0 {-1 / shrunk:.4f} 0 {top + top / shrunk:.2f})"'
    svg.group("reflection", f'<use xlink:href="#backdrop" {turned}/>', through=filters.ripple(20), within=water)
    svg.add("</g>")


def _light(svg: _Document, scene: Scene, unit_px: float, *, clear: bool) -> None:
    """What is done to the whole picture."""
    if clear:
        return
    if scene.stage.detail == DETAIL_HIGH:
        svg.enclose("lit", through=filters.bloom(_BLOOM_PX / unit_px))
    if scene.name not in EVENLY_LIT:
        svg.layer("corners", vignette_ink(scene))


def _restyle(svg: _Document, scene: Scene, size: Size, *, clear: bool) -> None:
    """All there is, in the picture's style, if drawings have that."""
    if scene.style is None or scene.style not in STYLES:
        return
    # Nothing lies over what stands on nothing.
    over = scene.setting is not None
    if scene.style in MOSAICS:
        svg.clear()
        svg.layer("mosaic", mosaic(scene, size, transparent=clear))
    else:
        manner = MANNERS[scene.style](scene.stage.canvas)
        svg.enclose("styled", through=manner.through)
        if manner.over is not None and over:
            svg.layer("manner", manner.over)
    if scene.style in BRUSHED and over:
        # The things are gone over once more with a fine brush.
        svg.group("fine", f'<g opacity="0.5">{things_ink(scene, scene.placed).elements("fine-")}</g>')


def _letter(svg: _Document, scene: Scene, size: Size) -> None:
    """The picture's texts. What they cover, seen small, decides between light and dark letters."""
    small = _GROUND_PX / min(size.width_px, size.height_px)
    ground = rendered(svg.written(Size(round(size.width_px * small), round(size.height_px * small))))
    for number, lettering in enumerate(scene.lettering):
        tones = tones_on(ground, lettering, _GROUND_PX / UNITS_SHORT_SIDE, palette_for(scene.stage).ink)
        _write(svg, lettering, tones, _unit_px(size), f"text{number}")


def _write(svg: _Document, lettering: Lettering, tones: Tones, unit_px: float, name: str) -> None:
    """One text in its box, set as it is on pixels."""
    text = typeset(lettering, unit_px)
    size = text.size_px / unit_px
    path = "".join(_line_path(line, lettering.face, text.size_px, unit_px) for line in text.lines)

    def coat(number: int, colour: Colour, softness: float, gain: float) -> None:
        through = filters.soft(softness, gain) if softness else ""
        svg.group(f"{name}-{number}", f'<path d="{path}" fill="{colour}"/>', through=through)

    if lettering.kind == "neon":
        for number, layer in enumerate(neon_coats(text.size_px)):
            coat(number, layer.colour, layer.softness * size, layer.gain)
        return
    if lettering.kind != "plain":
        coat(0, tones.shade, shade_px(text.size_px) / unit_px, tones.shade_gain)
    coat(1, tones.ink, 0, 1)


def _line_path(line: Line, face: str, size_px: int, unit_px: float) -> str:
    """A line of text as an SVG path, exactly as wide as it is on pixels, whose letters keep to them."""
    fonts = [(outlines(face, WEIGHTS[face], subset), text) for subset, text in runs(line.text, face)]
    size, x = size_px / unit_px, line.left_px / unit_px
    natural_px = sum(font.width(text) for font, text in fonts) * size_px
    spread = line.width_px / natural_px if natural_px else 1.0
    path = ""
    for font, text in fonts:
        path += font.path(text, x, line.baseline_px / unit_px, size, spread=spread)
        x += font.width(text) * size * spread
    return path


def _unit_px(size: Size) -> float:
    return min(size.width_px, size.height_px) / UNITS_SHORT_SIDE
