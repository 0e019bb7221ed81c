"""Styles of drawings that are shapes of their own: the squares of pixel art, the facets of low poly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Final

import numpy as np

from limner.engines.sketch.colour import Colour
from limner.engines.sketch.edit_styles import PIXEL_BLOCKS, facets
from limner.engines.sketch.ink import UNITS_SHORT_SIDE, Ink, straight
from limner.engines.sketch.paint import paint_scene
from limner.engines.sketch.scene import Scene, dice_for
from limner.job import Size

_BLOCK_PX: Final = 10
"""Side of a square, on pixels it is read from."""
_SOLID: Final = 128
"""From this alpha on there is a shape."""


def _squares(scene: Scene, size: Size, *, transparent: bool) -> Ink:
    """Every square of the painting in this style, those of a row and colour as one."""
    painted = paint_scene(scene, size, transparent=transparent)
    squares = painted[_BLOCK_PX // 2 :: _BLOCK_PX, _BLOCK_PX // 2 :: _BLOCK_PX]
    side = UNITS_SHORT_SIDE / PIXEL_BLOCKS
    paths: dict[str, list[str]] = {}
    for row, pixels in enumerate(squares.tolist()):
        column = 0
        for (red, green, blue, alpha), run in groupby(pixels):
            wide = len(list(run))
            if alpha >= _SOLID:
                corner = f"M{column * side:.2f} {row * side:.2f}"
                paths.setdefault(str(Colour(red, green, blue)), []).append(
                    f"{corner}h{wide * side:.2f}v{side:.2f}h{-wide * side:.2f}z"
                )
            column += wide
    ink = Ink()
    # Smoothed edges would let what is below shine through where squares meet.
    ink.sprite('<g shape-rendering="crispEdges">')
    for colour, path in paths.items():
        ink.shape("".join(path), colour)
    ink.sprite("</g>")
    return ink


def _facets(scene: Scene, size: Size, *, transparent: bool) -> Ink:
    """Every facet of the painting in this style."""
    painted = paint_scene(replace(scene, style=None), size, transparent=transparent)
    dice = np.random.default_rng(dice_for(scene.stage.key, "style").randrange(2**32))
    corners, colours = facets(painted, dice)
    unit_px = min(size.width_px, size.height_px) / UNITS_SHORT_SIDE
    ink = Ink()
    for triangle, (red, green, blue, alpha) in zip(corners, colours.tolist(), strict=True):
        if alpha >= _SOLID:
            points = [(float(x) / unit_px, float(y) / unit_px) for x, y in triangle]
            tone = Colour(red, green, blue)
            # A thin line of its colour closes the seam to its neighbours.
            ink.sprite(f'<path d="{straight(points)}Z" fill="{tone}" stroke="{tone}" stroke-width="1.5"/>')
    return ink


MOSAICS: Final[Mapping[str, Callable[..., Ink]]] = {"pixel": _squares, "lowpoly": _facets}
"""Style -> what it makes of a scene that is painted at a size."""


def mosaic(scene: Scene, size: Size, *, transparent: bool) -> Ink:
    """The scene's shapes in its style, one of `MOSAICS`, for a drawing of `size`."""
    assert scene.style is not None
    scale = PIXEL_BLOCKS * _BLOCK_PX / min(size.width_px, size.height_px)
    work = Size(round(size.width_px * scale), round(size.height_px * scale))
    return MOSAICS[scene.style](replace(scene, lettering=()), work, transparent=transparent)
