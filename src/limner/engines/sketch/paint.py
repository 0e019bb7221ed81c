"""A prompt to pixels: the scene graph's layers drawn one over the other. Synchronous; safe in any number of threads.

The same prompt, seed, size and quality give the same bytes in every process, whatever its number of cores.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from limner.engines.sketch.colour import BLACK, WHITE, Colour
from limner.engines.sketch.compose import compose, compose_subject
from limner.engines.sketch.edit_filters import Plane, Rows, blurred, doubled, enlarged_rows, through_curves
from limner.engines.sketch.edit_words import Style
from limner.engines.sketch.habitat import habitat
from limner.engines.sketch.ink import UNITS_SHORT_SIDE, Ink
from limner.engines.sketch.lettering import write
from limner.engines.sketch.light import Light
from limner.engines.sketch.motion import Motion, scattered
from limner.engines.sketch.palette import palette_for
from limner.engines.sketch.raster import draw, draw_on, reflect
from limner.engines.sketch.reading import read_prompt
from limner.engines.sketch.scene import DETAIL_HIGH, DETAIL_LOW, DETAIL_MEDIUM, Placed, Scene, dice_for
from limner.engines.sketch.scenes import LAYOUTS
from limner.engines.sketch.sprite import Pose, Shared, base_of, place, sprite
from limner.engines.sketch.styles import restyled
from limner.imaging.pixels import Pixels, bands
from limner.imaging.resize import stretch
from limner.imaging.sheet import Sheet
from limner.job import Quality, Size

DETAILS: Final = {Quality.LOW: DETAIL_LOW, Quality.MEDIUM: DETAIL_MEDIUM, Quality.HIGH: DETAIL_HIGH}
"""Quality -> how much is drawn. Others count as MEDIUM below it and HIGH above it."""
STAGES: Final = 4
"""How many states `paint_stages` yields; the last one is the picture."""


class Subject(NamedTuple):
    """Things on transparent pixels. recognised: whether the prompt named any; if not, all pixels are clear."""

    pixels: Pixels
    recognised: bool


def paint(prompt: str, size: Size, *, seed: int, quality: Quality, transparent: bool) -> Pixels:
    """Draw a prompt. Any text is accepted; what is not understood becomes an abstract composition in its mood.

    transparent: only the prompt's things, on clear pixels. Returns a new (H, W, 4) uint8 array, sRGB, straight alpha.
    """
    *_, finished = paint_stages(prompt, size, seed=seed, quality=quality, transparent=transparent)
    return finished


def paint_stages(prompt: str, size: Size, *, seed: int, quality: Quality, transparent: bool) -> Iterator[Pixels]:
    """The same drawing as it grows: `STAGES` pictures, each a state it really went through.

    A state but the last may be drawn on once the next one is asked for.
    """
    scene = scene_of(prompt, size, seed=seed, quality=quality, transparent=transparent)
    yield from _stages(scene, size, transparent=transparent)


def scene_of(prompt: str, size: Size, *, seed: int, quality: Quality, transparent: bool) -> Scene:
    """The scene graph that is drawn for a prompt. transparent: of its things alone, where it names any."""
    if transparent and read_prompt(prompt).things:
        return compose_subject(prompt, size, seed=seed)
    detail = DETAILS.get(quality, DETAIL_MEDIUM if quality is Quality.AUTO else DETAIL_HIGH)
    return compose(prompt, size, seed=seed, detail=detail)


def paint_scene(scene: Scene, size: Size, *, transparent: bool = False) -> Pixels:
    """Draw a scene graph, composed or changed. transparent: without its ground."""
    *_, finished = _stages(scene, size, transparent=transparent)
    return finished


def _stages(scene: Scene, size: Size, *, transparent: bool) -> Iterator[Pixels]:
    return _subject_stages(scene, size) if scene.setting is None else _scene_stages(scene, size, clear=transparent)


def paint_subject(prompt: str, size: Size, *, seed: int) -> Subject:
    """Draw only the things a prompt names, to be laid into another picture."""
    scene = compose_subject(prompt, size, seed=seed)
    layer = draw(things_ink(scene, scene.placed), scene.stage.canvas, size)
    return Subject(layer.pixels(), recognised=bool(scene.placed))


GLOWING: Final[Mapping[str, tuple[float, float, str, bool]]] = {
    "floor-lamp": (0.84, 2.6, "#ffd892", True),
    "candle": (0.86, 2.6, "#ffc46b", True),
    "fire": (0.45, 1.7, "#ff9a3d", True),
    "jack-o-lantern": (0.4, 1.4, "#ffa63d", False),
    "lighthouse": (0.87, 1.0, "#ffe9a8", False),
    "red-paper-lantern": (0.5, 1.7, "#ff7a4d", False),
    "light-bulb": (0.6, 1.6, "#ffe58a", False),
    "diya-lamp": (0.7, 2.0, "#ffc46b", True),
    "star": (0.5, 1.3, "#ffe58a", False),
    "cabin": (0.27, 1.5, "#ffcf7a", False),
}
"""Things that shine -> where the light is and how far it reaches (shares of their height), colour, whether by day."""

_warm: Final = threading.Lock()


def warm_up() -> None:
    """Make the libraries' first, slow call now: about half a second, once a process."""
    with _warm:
        paint('a cat in a meadow "a"', Size(64, 64), seed=0, quality=Quality.LOW, transparent=False)


def _scene_stages(scene: Scene, size: Size, *, clear: bool) -> Iterator[Pixels]:
    stage, setting = scene.stage, scene.setting
    assert setting is not None
    # A draft is drawn at half the size: in a style all of it, otherwise what is behind the things.
    draft = stage.detail == DETAIL_LOW and not clear
    sheet = Sheet.clear(Size(-(-size.width_px // 2), -(-size.height_px // 2)) if draft else size)
    if not clear:
        draw_on([sheet], setting.sky, stage.canvas)
    yield _at(sheet, size).pixels()
    draw_on([sheet], setting.land, stage.canvas)
    yield _at(sheet, size).pixels()
    if stage.prompt.camera == "close" and scene.placed and setting.frame is None:
        sheet = Sheet(blurred(sheet.pixels(), min(sheet.size.width_px, sheet.size.height_px) / 110))
    if scene.style is None:
        sheet = _at(sheet, size)
    if setting.mirror is not None and stage.detail > DETAIL_LOW:
        reflect(sheet, setting.mirror, _unit_px(size))
    # The things alone, where they are gone over once more at the end.
    things = Sheet.clear(sheet.size) if scene.style in BRUSHED or _rimmed(scene, clear=clear) else None
    # What floats is behind the shore, what stands is on it.
    _put([item for item in scene.placed if item.contact == "water" or item.afloat], scene, sheet, things)
    if setting.shore is not None:
        draw_on([sheet], setting.shore, stage.canvas)
    _put([item for item in scene.placed if item.contact != "water" and not item.afloat], scene, sheet, things)
    if not setting.near.empty:
        draw_on([sheet], setting.near, stage.canvas)
    yield _at(sheet, size).pixels()
    finished = finish(scene, sheet, things, size, clear=clear)
    # Not to be held while the last state is looked at.
    del sheet, things
    yield finished


def _at(sheet: Sheet, size: Size) -> Sheet:
    """The sheet itself, or a draft's twice as large."""
    if sheet.size == size:
        return sheet
    return Sheet(np.ascontiguousarray(doubled(sheet.pixels())[: size.height_px, : size.width_px]))


def _put(placed: Sequence[Placed], scene: Scene, sheet: Sheet, things: Sheet | None) -> None:
    """Draw some of the things on the sheet, and on the one that is for things alone where it is wanted."""
    if not placed:
        return
    ink, canvas = things_ink(scene, placed), scene.stage.canvas
    sheets = [sheet] if things is None else [sheet, things]
    if scene.setting is None or not scene.setting.outlined:
        draw_on(sheets, ink, canvas)
        return
    cut = outlined(draw(ink, canvas, sheet.size), _unit_px(sheet.size))
    for one in sheets:
        one.lay(cut)


def outlined(things: Sheet, unit_px: float) -> Sheet:
    """Things cut out with a white edge and a soft shadow, as stickers are. unit_px: pixels per unit."""
    pixels = things.pixels()
    # A blur spreads the shape; what it reaches at all is the edge.
    level = np.arange(256)
    edge = np.clip((level - 14) * 255 // 24, 0, 255).astype(np.uint8)[
        blurred(np.pad(pixels[..., 3], 1), 11 * unit_px)[1:-1, 1:-1]
    ]
    shadow = (level * 34 // 100).astype(np.uint8)[blurred(edge, 7 * unit_px)]
    pale = (40 + level * 215 // 255).astype(np.uint8)
    ground = np.empty_like(pixels)
    for rows in bands(len(pixels)):
        ground[rows, :, :3] = pale[edge[rows]][..., None]
        ground[rows, :, 3] = edge[rows] + ((255 - edge[rows]).astype(np.uint16) * shadow[rows] // 255)
    cut = Sheet(ground)
    cut.lay(things)
    return cut


def _unit_px(size: Size) -> float:
    return min(size.width_px, size.height_px) / UNITS_SHORT_SIDE


BRUSHED: Final = frozenset(("watercolour", "oil", "lowpoly"))
"""Styles with so broad a brush that eyes and handles are lost."""


EVENLY_LIT: Final = frozenset(("studio", *LAYOUTS))
"""Scenes whose corners are no darker than the rest."""


def _rimmed(scene: Scene, *, clear: bool) -> bool:
    """Whether the things get a lit edge."""
    return scene.stage.detail == DETAIL_HIGH and not clear and scene.name not in EVENLY_LIT


def finish(scene: Scene, sheet: Sheet, things: Sheet | None, size: Size, *, clear: bool) -> Pixels:
    """Light, style and text: what is done to the whole picture.

    things: what is gone over once more, if anything. size: of the picture, which a draft is enlarged to.
    """
    stage = scene.stage
    if things is not None and _rimmed(scene, clear=clear):
        sheet.stain(_rgb(stage.light.sun), _rim(things, stage.light))
    if stage.detail == DETAIL_HIGH and not clear:
        _bloom(sheet.pixels())
    if not clear and scene.name not in EVENLY_LIT:
        sheet.stain(_rgb(shade(scene)), _corners(scene, sheet.size))
    return dress(scene, sheet, things, size)


def dress(scene: Scene, sheet: Sheet, things: Sheet | None, size: Size) -> Pixels:
    """Style and text, over a picture in its light; the sheets may be drawn on. things, size: as at `finish`."""
    if scene.style is not None:
        sheet = Sheet(_styled(scene, scene.style, sheet.pixels()))
        if things is not None and scene.style in BRUSHED:
            # The things are gone over once more with a fine brush.
            things.fade(0.5)
            sheet.lay(things)
    return _written(scene, _at(sheet, size))


def _styled(scene: Scene, style: str, pixels: Pixels) -> Pixels:
    return restyled(pixels, Style(style), dice_for(scene.stage.key, "style").randrange(2**32))


def _written(scene: Scene, sheet: Sheet) -> Pixels:
    """The picture with its texts on it."""
    for lettering in scene.lettering:
        write(sheet, lettering, _unit_px(sheet.size), palette_for(scene.stage).ink)
    return sheet.pixels()


def _subject_stages(scene: Scene, size: Size) -> Iterator[Pixels]:
    """Things alone: their shapes, then their colours, paled and less so, then themselves, finished."""
    layer = draw(things_ink(scene, scene.placed), scene.stage.canvas, size)
    pixels = (outlined(layer, _unit_px(size)) if scene.stage.prompt.layout == "sticker" else layer).pixels()
    for level, share in ((191, 1.0), (255, 0.5), (255, 0.2)):
        paled = (np.arange(256) * (1 - share) + level * share).astype(np.float32)
        yield through_curves(pixels, np.tile(np.floor(paled), (3, 1)))
    yield _written(scene, Sheet(pixels if scene.style is None else _styled(scene, scene.style, pixels)))


def things_ink(scene: Scene, placed: Sequence[Placed]) -> Ink:
    """Things with their shadows or reflections, in this order."""
    ink, shared = Ink(), Shared()
    setting, light = scene.setting, scene.stage.light
    # A little more light than the land has: what was asked for must be seen.
    ambient = light.ambient.mix(WHITE, 0.7 if light.lamps else 0.42) if setting is not None else WHITE
    if setting is not None and (setting.alike and light.hour == "day"):
        ambient = WHITE
    # Textures take time: a heap of golden coins has to do without.
    textured = sum(item.material is not None for item in placed) <= _TEXTURED_MAX
    for index, item in enumerate(placed):
        if setting is not None and item.contact == "ground" and setting.shadow:
            _shadow(ink, scene, item, setting.shadow)
            if scene.stage.detail == DETAIL_HIGH:
                _cast_shadow(ink, scene, item, f"s{index}_", shared)
        if item.contact == "laid":
            _laid(ink, item)
        mark = f"t{index}_"
        if item.contact == "water":
            ink.sprite('<g opacity="0.3">')
            ink.sprite(
                place(
                    Pose(
                        item.name,
                        item.x,
                        item.y - item.height * 0.03,
                        item.height * 0.7,
                        colour=item.colour,
                        flip=item.flip,
                        material=item.material,
                        textured=False,
                    ),
                    f"m{index}_",
                    light=ambient,
                    mirrored=True,
                    shared=shared,
                )
            )
            ink.sprite("</g>")
        ink.sprite(
            place(
                Pose(
                    item.name,
                    item.x,
                    item.y,
                    item.height,
                    colour=item.colour,
                    flip=item.flip,
                    tilt_deg=item.tilt_deg,
                    material=item.material,
                    textured=textured,
                ),
                mark,
                light=ambient,
                shared=shared,
            )
        )
        if item.contact == "water":
            _ripples(ink, scene, item)
        if base_of(item.name) in GLOWING and setting is not None:
            up, reach, code, by_day = GLOWING[base_of(item.name)]
            if by_day or light.lamps or light.hour == "sunset":
                with ink.moving(Motion(twinkle=0.3, turns=2, begins=scattered(item.x, item.y))):
                    ink.glow(item.x, item.y - item.height * up, item.height * reach * 0.5, Colour.parse(code), 0.45)
    return ink


_TEXTURED_MAX: Final = 4
"""How many things show their material's texture, which is some twenty milliseconds' work each."""
_PLATED: Final = 0.4
"""Stature from which food gets a plate of its own."""


def _laid(ink: Ink, item: Placed) -> None:
    """What is seen from above: a soft shadow to one side, and a plate below food."""
    x, y = item.x, item.y - item.height / 2
    reach = max(item.width, item.height) * 0.62
    dark = Colour.parse("#20140c")
    if sprite(item.name).kind.startswith("food") and habitat(item.name).stature >= _PLATED:
        reach *= 1.12
        ink.patch(x + reach * 0.1, y + reach * 0.14, reach * 1.14, ((0, dark, 0.4), (0.8, dark, 0.3), (1, dark, 0)))
        for share, code in ((1.0, "#f7f4ee"), (0.98, "#ffffff"), (0.74, "#e6e1d8"), (0.72, "#f8f5f0")):
            ink.circle(x, y, reach * share, code)
    else:
        ink.patch(x + reach * 0.1, y + reach * 0.14, reach, ((0, dark, 0.34), (0.7, dark, 0.2), (1, dark, 0)))


def _shadow(ink: Ink, scene: Scene, item: Placed, strength: float) -> None:
    """A dark core under the feet and a longer shade away from the light."""
    item = replace(item, y=item.y + item.lift)
    light = scene.stage.light
    away = (0.5 - light.x) * item.width * 0.9
    dark = BLACK.mix(light.sky[0], 0.25)
    reach = item.width * 0.62
    shade = ((0, dark, strength), (0.55, dark, strength * 0.6), (1, dark, 0))
    ink.patch(item.x + away * 0.6, item.y - item.height * 0.01, reach * 1.25, shade, flat=0.16)
    core = ((0, dark, strength * 1.3), (0.7, dark, strength * 0.8), (1, dark, 0))
    ink.patch(item.x, item.y - 1, item.width * 0.46, core, flat=0.13)


def _cast_shadow(ink: Ink, scene: Scene, item: Placed, mark: str, shared: Shared) -> None:
    """The thing's own outline, laid on the ground away from the light."""
    item, light = replace(item, y=item.y + item.lift), scene.stage.light
    lean_deg = (0.5 - light.x) * 130
    outline = place(Pose(item.name, 0, 0, item.height, flip=item.flip), mark, light=BLACK, mirrored=True, shared=shared)
    ink.sprite(
        f'<g transform="translate({item.x:.1f} {item.y - item.height * 0.02:.1f}) scale(1 0.34) skewX({lean_deg:.1f})" '
        f'opacity="{0.3 if not light.lamps else 0.2}">{outline}</g>'
    )


def _ripples(ink: Ink, scene: Scene, item: Placed) -> None:
    light = scene.stage.light
    bright = light.sky[3].mix(WHITE, 0.4)
    dice = scene.stage.dice(f"ripples {item.x:.0f}")
    for _ in range(6):
        x = item.x + dice.uniform(-0.5, 0.5) * item.width
        y, reach = item.y + dice.uniform(-0.02, 0.08) * item.height, item.width * dice.uniform(0.14, 0.34)
        with ink.moving(Motion(sway_x=8, twinkle=0.7, begins=scattered(x, y))):
            ink.ellipse(x, y, reach, 1.8, str(bright), opacity=0.5)


def _rgb(colour: Colour) -> tuple[int, int, int]:
    return (colour.red, colour.green, colour.blue)


def shade(scene: Scene) -> Colour:
    """What the corners are a little darker with."""
    return BLACK.mix(scene.stage.light.sky[0], 0.35)


def _corners(scene: Scene, size: Size) -> Rows:
    """How much darker the picture is, 0 to 255: at its corners a little, which holds the eye in it."""
    width, height = scene.stage.width, scene.stage.height
    columns = (np.arange(_CORNERS_SIDE) + 0.5) / _CORNERS_SIDE * width - width / 2
    rows = (np.arange(_CORNERS_SIDE) + 0.5) / _CORNERS_SIDE * height - height * 0.48
    far = np.hypot(rows[:, None], columns) / (np.hypot(width, height) / 2 * 1.04)
    dark = np.clip((far - 0.62) / 0.38, 0, 1) * (0.26 * 255)
    return enlarged_rows(dark.astype(np.uint8), size.height_px, size.width_px)


_CORNERS_SIDE: Final = 256


def _rim(things: Sheet, light: Light) -> Plane:
    """A thin bright edge on the things' side towards the light, which lifts them off their ground: (H, W), 0 to 255."""
    alpha = things.pixels()[..., 3]
    reach = max(2, min(alpha.shape) // 170)
    here, away = (np.s_[reach:, reach:], np.s_[:-reach, :-reach])
    if not light.from_left:
        here, away = (np.s_[reach:, :-reach], np.s_[:-reach, reach:])
    edge = alpha.copy()
    edge[here] -= np.minimum(alpha[here], alpha[away])
    edge = (np.arange(256) * 0.6).astype(np.uint8)[blurred(edge, reach * 0.7)]
    # Only what is solid is lit: shadows and glows are things' companions on the same sheet.
    edge[alpha <= 250] = 0  # noqa: PLR2004 - opaque, but for its smoothed edge
    return edge


def _bloom(pixels: Pixels) -> None:
    """Let bright parts shine a little into their surroundings, in place."""
    height_px, width_px = pixels.shape[:2]
    small = stretch(pixels, Size(max(1, width_px // 16), max(1, height_px // 16)))[..., :3]
    # Scaled down and up again: the cheapest wide blur there is.
    bright = np.clip((small.astype(np.int16) - 150) * 3 // 2, 0, 255).astype(np.uint8)
    glow = enlarged_rows(blurred(bright, 0.8), height_px, width_px)
    # "Screen": light adds up without burning out.
    for rows in bands(height_px):
        shine = 255 - glow[rows].astype(np.uint16) * 2 // 5
        pixels[rows, :, :3] = 255 - (255 - pixels[rows, :, :3].astype(np.uint16)) * shine // 255
