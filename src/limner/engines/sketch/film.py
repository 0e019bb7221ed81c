"""A scene graph in motion: the frames of a loop that ends as it begins. Synchronous; deterministic.

Clouds and fog sway, stars and glitter twinkle, rain, snow, smoke and bubbles go their way, reflections ripple; what
flies or floats bobs, and who lives breathes. What does not move is drawn once for all frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from limner.engines.sketch.colour import WHITE
from limner.engines.sketch.edit_filters import blurred
from limner.engines.sketch.ink import UNITS_SHORT_SIDE, Ink
from limner.engines.sketch.lively import afloat, groups_of, moved
from limner.engines.sketch.motion import Motion
from limner.engines.sketch.paint import dress, finish, outlined, things_ink
from limner.engines.sketch.raster import draw, reflect
from limner.engines.sketch.scene import DETAIL_LOW, Canvas, Placed, Scene, Setting, Stage
from limner.imaging.pixels import Pixels
from limner.imaging.resize import stretch
from limner.imaging.sheet import Sheet
from limner.job import Size

AREA_PX_MAX: Final = 1_600_000
STYLED_AREA_PX_MAX: Final = 640_000
"""Larger frames are drawn this large and enlarged: 256 colours show little more, and memory and time stay bounded."""

_MOVED: Final = 8
"""Levels of brightness that make a pixel another one."""


def frames(scene: Scene, size: Size, count: int, *, transparent: bool = False) -> Iterator[Pixels]:
    """`count` frames of a scene, each (H, W, 4) of its own. transparent: without its ground."""
    scale = min(1.0, ((AREA_PX_MAX if scene.style is None else STYLED_AREA_PX_MAX) / size.area_px) ** 0.5)
    drawn = Size(max(1, round(size.width_px * scale)), max(1, round(size.height_px * scale)))
    film = _Film(scene, drawn, clear=transparent)
    for number in range(count):
        yield stretch(film.frame(number / count), size)


class _Film:
    """Everything of a scene that is alike in all frames, drawn."""

    def __init__(self, scene: Scene, size: Size, *, clear: bool) -> None:
        self._scene, self._size, self._clear = scene, size, clear
        self._unit_px = min(size.width_px, size.height_px) / UNITS_SHORT_SIDE
        self._layers = {
            name: _Layer(ink, scene.stage.canvas, size)
            for name, ink in _inks(scene.setting).items()
            if not (clear and name == "sky")
        }
        self._first: tuple[Pixels, Pixels] | None = None
        still = not _moves(scene)
        self._groups = groups_of(scene.placed, lively=still)
        self._glint = _glint(scene.stage) if still and not scene.placed else None

    def frame(self, phase: float) -> Pixels:
        """The picture at a moment of the loop, 0 to 1."""
        pixels = self._painted(phase)
        if self._glint is None:
            return pixels
        sheet = Sheet(pixels.copy())
        sheet.lay(draw(self._glint.at(phase), self._scene.stage.canvas, self._size))
        lit = sheet.pixels()
        lit[..., 3] = pixels[..., 3]
        return lit

    def _painted(self, phase: float) -> Pixels:
        """As `paint` does it, with everything where it is at the moment."""
        scene, setting = self._scene, self._scene.setting
        placed = tuple(moved(item, group, phase) for item, group in zip(scene.placed, self._groups, strict=True))
        sheet, things = Sheet.clear(self._size), Sheet.clear(self._size)
        if setting is None:
            self._stand(sheet, things, placed, phase, outline=scene.stage.prompt.layout == "sticker")
            return dress(scene, sheet, things, self._size)
        if not self._clear:
            self._layers["sky"].lay(sheet, phase)
        self._layers["land"].lay(sheet, phase)
        if scene.stage.prompt.camera == "close" and scene.placed and setting.frame is None:
            sheet = Sheet(blurred(sheet.pixels(), min(self._size.width_px, self._size.height_px) / 110))
        if setting.mirror is not None and scene.stage.detail > DETAIL_LOW:
            reflect(sheet, setting.mirror, self._unit_px, phase=phase)
        self._stand(sheet, things, [item for item in placed if afloat(item)], phase)
        self._layers["shore"].lay(sheet, phase)
        self._stand(sheet, things, [item for item in placed if not afloat(item)], phase, outline=setting.outlined)
        self._layers["near"].lay(sheet, phase)
        if scene.style is None:
            return finish(scene, sheet, things, self._size, clear=self._clear)
        plain = finish(replace(scene, style=None, lettering=()), sheet, things, self._size, clear=self._clear)
        return self._dressed(plain, things)

    def _dressed(self, plain: Pixels, things: Sheet) -> Pixels:
        """A frame in its style, but for what does not move: that is the first frame's.

        A style finds its few colours and its corners anew in each frame, so that all of it would flicker.
        """
        dressed = dress(self._scene, Sheet(plain), things, self._size)
        if self._first is None:
            self._first = (plain, dressed)
            return dressed
        moves = np.abs(plain[..., :3].astype(np.int16) - self._first[0][..., :3]).max(axis=-1) > _MOVED
        near = blurred(moves.astype(np.uint8) * 255, 4 * self._unit_px) > _MOVED
        return np.where(near[..., None], dressed, self._first[1])

    def _stand(
        self, sheet: Sheet, things: Sheet, placed: Sequence[Placed], phase: float, *, outline: bool = False
    ) -> None:
        if not placed:
            return
        layer = draw(things_ink(self._scene, placed).at(phase), self._scene.stage.canvas, self._size)
        if outline:
            layer = outlined(layer, self._unit_px)
        sheet.lay(layer)
        things.lay(layer)


class _Layer:
    """A layer in pieces: those that never move are drawn already."""

    def __init__(self, ink: Ink, canvas: Canvas, size: Size) -> None:
        self._canvas, self._size = canvas, size
        self._parts = [part if part.moves else draw(part, canvas, size) for part in ink.parts()]

    def lay(self, sheet: Sheet, phase: float) -> None:
        """Lay it on a sheet as it is at a moment of the loop."""
        for part in self._parts:
            sheet.lay(draw(part.at(phase), self._canvas, self._size) if isinstance(part, Ink) else part)


def _inks(setting: Setting | None) -> dict[str, Ink]:
    if setting is None:
        return {}
    return {"sky": setting.sky, "land": setting.land, "shore": setting.shore or Ink(), "near": setting.near}


def _moves(scene: Scene) -> bool:
    """Whether anything in the scene moves by itself."""
    mirrored = scene.setting is not None and scene.setting.mirror is not None
    return (
        mirrored
        or any(ink.moves for ink in _inks(scene.setting).values())
        or things_ink(scene, scene.placed).moves
        or any(group.bob or group.breath for group in groups_of(scene.placed))
    )


def _glint(stage: Stage) -> Ink:
    """Light that passes over a picture in which there is nothing to move. It begins in the middle, for its colours."""
    ink, middle, wide = Ink(), stage.width / 2, stage.height * 0.3
    fill = ink.across(middle - wide, middle + wide, ((0, WHITE, 0), (0.5, WHITE, 0.16), (1, WHITE, 0)))
    corners = [(middle - wide, 0.0), (middle + wide, 0.0), (middle + wide, stage.height), (middle - wide, stage.height)]
    with ink.moving(Motion(pass_x=stage.width + 2 * wide, begins=0.5)):
        ink.polygon(corners, fill)
    return ink
