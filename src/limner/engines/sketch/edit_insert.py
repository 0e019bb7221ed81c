"""Something cut out, set into a picture: where it has room, in the picture's light, on a soft shadow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from limner.engines.sketch.edit_filters import Floats, Plane, blurred, luma
from limner.engines.sketch.edit_steps import Place
from limner.engines.sketch.edit_tones import balanced_to
from limner.imaging.pixels import Mask, Pixels, bands
from limner.imaging.resize import stretch
from limner.job import Size

_SHADOW: Final = 0.3
_BALANCE: Final = 0.16
"""How far a newcomer takes on the colours around it: more would grey a red balloon before a blue sky."""
_MARGIN_SHARE: Final = 0.025
_SIDE_SHARE: Final = 0.36
_GRID: Final = 24
_AIR: Final = 0.55
_FOOT: Final = 0.08
"""The part of a thing's height that counts as its foot."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, right and bottom exclusive; it may reach beyond the picture."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> Size:
        """Its width and height, at least one pixel each."""
        return Size(max(1, self.right - self.left), max(1, self.bottom - self.top))

    def lowered(self, by_px: int) -> Box:
        """The same box farther down."""
        return Box(self.left, self.top + by_px, self.right, self.bottom + by_px)


def trimmed(pixels: Pixels) -> Pixels | None:
    """`pixels` without the transparent margins as a new array, or None when all of it is transparent."""
    shown = pixels[..., 3] > 8  # noqa: PLR2004 - fainter is dust
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    if not len(rows):
        return None
    # What was cut off is not to be held as long as the rest.
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()


def fitted(box: Box, newcomer: Pixels) -> Box:
    """The largest box in the middle of `box` with the proportions of `newcomer`."""
    scale = min(box.size.width_px / newcomer.shape[1], box.size.height_px / newcomer.shape[0])
    width_px, height_px = max(1, round(newcomer.shape[1] * scale)), max(1, round(newcomer.shape[0] * scale))
    left = (box.left + box.right - width_px) // 2
    top = (box.top + box.bottom - height_px) // 2
    return Box(left, top, left + width_px, top + height_px)


def box_for(pixels: Pixels, place: Place | None) -> Box:
    """The square a newcomer gets: at `place`, or, when that is None, where the picture is calmest."""
    height_px, width_px = pixels.shape[:2]
    side_px = max(1, round((place.side if place else _SIDE_SHARE) * min(height_px, width_px)))
    x, y = (place.x, place.y) if place else _calmest(pixels, side_px)
    margin_px = round(_MARGIN_SHARE * min(height_px, width_px))
    left = _held(round(x * width_px - side_px / 2), margin_px, width_px - side_px - margin_px)
    top = _held(round(y * height_px - side_px / 2), margin_px, height_px - side_px - margin_px)
    return Box(left, top, left + side_px, top + side_px)


class Footing(Enum):
    """What something casts its shadow on: all that is behind it, the ground at its foot, or nothing."""

    WALL = "wall"
    GROUND = "ground"
    AIR = "air"


def footing_of(box: Box, pixels: Pixels) -> Footing:
    """Whether something in `box` stands or floats: what ends above the middle of a picture floats."""
    return Footing.AIR if box.bottom < _AIR * pixels.shape[0] else Footing.GROUND


def inserted(
    pixels: Pixels,
    newcomer: Pixels,
    box: Box,
    *,
    within: Mask | None = None,
    footing: Footing = Footing.WALL,
    balance: float = _BALANCE,
) -> Pixels:
    """`pixels` with `newcomer` (straight alpha) stretched into `box` and laid over, with a shadow. A new array.

    within: (H, W) uint8 weights outside of whose non-zero part nothing may be drawn, or None. What of the box lies
    beyond the picture is cut off. balance: how far it takes on the colours around it, 0 to 1.
    """
    height_px, width_px = pixels.shape[:2]
    reach = max(2, round(0.09 * max(box.size.width_px, box.size.height_px)))
    rows = slice(max(0, box.top - reach), min(height_px, box.bottom + reach))
    columns = slice(max(0, box.left - reach), min(width_px, box.right + reach))
    out = pixels.copy()
    ground = out[rows, columns]
    if not ground.size:
        return out
    drawn = stretch(newcomer, box.size)
    if balance:
        drawn = balanced_to(drawn, ground, balance)
    first_row, first_column = rows.start - box.top + reach, columns.start - box.left + reach
    shadow = _SHADOWS[footing](np.pad(drawn[..., 3], reach), reach)[first_row:, first_column:]
    for part in bands(len(ground)):
        # The drawing with clear pixels around it, as far as the shadow reaches.
        sheet = np.zeros((part.stop - part.start, box.size.width_px + 2 * reach, 4), np.uint8)
        below = slice(max(0, first_row + part.start - reach), max(0, first_row + part.stop - reach))
        seen = drawn[below]
        at = below.start + reach - first_row - part.start
        sheet[at : at + len(seen), reach:-reach] = seen
        drawing = sheet[:, first_column : first_column + ground.shape[1]]
        open_ = np.True_ if within is None else within[rows, columns][part] > 0
        opening = open_ * np.float32(1 / 255)
        darkness = shadow[part, : ground.shape[1]]
        _lay(ground[part], drawing, drawing[..., 3] * opening, darkness * opening)
    return out


def _on_wall(shape: Plane, reach: int) -> Plane:
    soft = np.roll(blurred(shape, reach / 3), reach // 3, axis=0)
    return (np.arange(256) * _SHADOW).astype(np.uint8)[soft]


def _on_ground(shape: Plane, reach: int) -> Plane:
    """A flat pool of shade under the lowest part of a thing, darkest where it stands."""
    height_px = shape.shape[0] - 2 * reach
    foot = shape[reach + height_px - max(1, round(height_px * _FOOT)) : reach + height_px]
    width = foot.max(axis=0).astype(np.float32) / 255
    rows = np.arange(shape.shape[0], dtype=np.float32) - (reach + height_px * 0.985)
    depth = np.clip(1 - np.abs(rows) / (reach * 0.5), 0, 1)
    pool = np.zeros_like(shape)
    pool[depth > 0] = depth[depth > 0, None] * width * 255
    wide, near = blurred(pool, reach / 4), blurred(pool, reach / 12)
    share = (np.arange(256) * 0.35).astype(np.uint8)
    return np.add(share[wide], share[near], dtype=np.uint8)


def _on_nothing(shape: Plane, _: int) -> Plane:
    return np.zeros_like(shape)


_SHADOWS: Final[Mapping[Footing, Callable[[Plane, int], Plane]]] = {
    Footing.WALL: _on_wall,
    Footing.GROUND: _on_ground,
    Footing.AIR: _on_nothing,
}


def _lay(ground: Pixels, sheet: Pixels, weight: Floats, shadow: Floats) -> None:
    """Draw the shadow and then the sheet over `ground`, in place. The colour of a transparent ground does not count."""
    touched = (weight > 0) | (shadow > 0.004)  # noqa: PLR2004 - one level of 255
    below = ground[touched].astype(np.float32)
    share, dark = weight[touched][:, None], shadow[touched][:, None]
    base_alpha = below[:, 3:] / 255
    base_alpha_shaded = dark + base_alpha * (1 - dark)
    base_colour = below[:, :3] * base_alpha * (1 - dark) / np.maximum(base_alpha_shaded, 1e-3)
    alpha = share + base_alpha_shaded * (1 - share)
    colour = (sheet[touched][:, :3] * share + base_colour * base_alpha_shaded * (1 - share)) / np.maximum(alpha, 1e-3)
    ground[touched] = np.rint(np.clip(np.concatenate([colour, alpha * 255], axis=1), 0, 255)).astype(np.uint8)


def _calmest(pixels: Pixels, side_px: int) -> tuple[float, float]:
    """Middle, as shares, of the square of that side where the picture has least to lose; low rather than high."""
    height_px, width_px = pixels.shape[:2]
    scale = 192 / max(height_px, width_px)
    small = stretch(pixels, Size(max(4, round(width_px * scale)), max(4, round(height_px * scale))))
    grey = luma(small)
    busy = np.abs(grey.astype(np.int16) - blurred(grey, 2.5)).astype(np.uint8)
    spread = blurred(busy, max(1.0, side_px * scale / 3)).astype(np.float32)
    half_x, half_y = (min(0.5, side_px / length / 2 + _MARGIN_SHARE) for length in (width_px, height_px))
    xs = np.linspace(half_x, 1 - half_x, _GRID)
    ys = np.linspace(half_y, 1 - half_y, _GRID)
    rows = np.minimum((ys * small.shape[0]).astype(int), small.shape[0] - 1)
    columns = np.minimum((xs * small.shape[1]).astype(int), small.shape[1] - 1)
    cost = spread[np.ix_(rows, columns)] + 5 * np.abs(ys[:, None] - 0.68)
    row, column = np.unravel_index(int(np.argmin(cost)), cost.shape)
    return float(xs[column]), float(ys[row])


def _held(value: int, low: int, high: int) -> int:
    return (low + high) // 2 if high < low else min(high, max(low, value))
