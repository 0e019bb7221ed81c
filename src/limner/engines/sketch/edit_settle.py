"""A flat drawing made to belong into a photograph: rounded by its light, no sharper and no less grainy than it is."""

from __future__ import annotations

from typing import Final

import numpy as np

from limner.engines.sketch.edit_filters import LUMA, Floats, Plane, blurred, by_bands, luma
from limner.imaging.pixels import Pixels

_ROUNDNESS: Final = 0.42
"""How much lighter a side turned to the light is than one turned away."""
_SWELLS: Final = ((0.02, 0.5), (0.07, 0.5))
"""How a thing bulges: reach inwards as a share of its side, and height."""
_USUAL: Final = 118.0
"""Brightness (8-bit) of a photograph in good light."""
_DIM: Final = (0.5, 1.12)
_GRAIN_MAX: Final = 7.0
_FOCUS: Final = 130
"""A background is blurred by the shorter side over this."""
_FILM: Final = 2.2


def settled(drawing: Pixels, ground: Pixels) -> Pixels:
    """`drawing` (straight alpha) in the light of `ground`, in which it will stand. A new array, a little soft."""
    side_px = max(drawing.shape[:2])
    light = _shade(drawing[..., 3], side_px, _sideways(ground)) * _brightness(ground)
    grain = _grain(ground)
    dice = np.random.default_rng(drawing.shape[0] * 65_537 + drawing.shape[1])
    speckle = dice.standard_normal(drawing.shape[:2], dtype=np.float32) * grain

    def lit(band: Floats, top: int) -> Floats:
        rows = slice(top, top + band.shape[0])
        shaded = band * light[rows, :, None]
        # Light that is too much for a colour turns it pale rather than flat.
        spill = np.clip(shaded.max(axis=-1, keepdims=True) - 250, 0, None) * 0.6
        return np.asarray(shaded + spill + speckle[rows, :, None])

    out = by_bands(drawing, lit)
    softness = min(1.6, max(0.5, min(ground.shape[:2]) / 900))
    out[..., 3] = blurred(out[..., 3], softness)
    return out


def photographed(scene: Pixels) -> Pixels:
    """A painted scene as if it lay behind what a lens is focused on. A new array."""
    soft = scene.copy()
    soft[..., :3] = blurred(scene[..., :3], min(scene.shape[:2]) / _FOCUS)
    dice = np.random.default_rng(scene.shape[0] * 65_537 + scene.shape[1])
    grain = dice.standard_normal(scene.shape[:2], dtype=np.float32) * np.float32(_FILM)

    def grade(band: Floats, top: int) -> Floats:
        grey = (band @ LUMA)[..., None]
        # Paint is purer than anything in daylight.
        return np.asarray(grey + (band - grey) * 0.86 + grain[top : top + len(band), :, None])

    return by_bands(soft, grade)


def _shade(alpha: Plane, side_px: int, sideways: float) -> Floats:
    """How bright each pixel of a bulging thing of that outline is, about 1."""
    margin = max(2, round(_SWELLS[-1][0] * side_px * 2))
    outline = np.pad(alpha, margin)
    height: Floats = np.zeros(outline.shape, np.float32)
    for reach, share in _SWELLS:
        height += blurred(outline, max(0.6, reach * side_px)).astype(np.float32) * np.float32(
            share * reach * side_px / 90
        )
    down, across = np.gradient(height)
    facing = (across * sideways - down * -1.0) / np.sqrt(1 + np.square(across) + np.square(down))
    inner = facing[margin:-margin, margin:-margin]
    return np.asarray(1.0 + _ROUNDNESS * np.clip(inner, -0.9, 0.7), np.float32)


def _sideways(ground: Pixels) -> float:
    """Where light comes from beside above: -1 left to 1 right, as the brighter side of the picture tells."""
    grey = luma(ground[:: max(1, len(ground) // 64), :: max(1, ground.shape[1] // 64)]).astype(np.float32)
    middle = grey.shape[1] // 2
    left, right = float(grey[:, : max(1, middle)].mean()), float(grey[:, middle:].mean())
    lean = float(np.clip((right - left) / 40, -1, 1))
    # Light from straight above is no light anybody paints by.
    return lean if abs(lean) > 0.3 else -0.5  # noqa: PLR2004 - a clear difference


def _brightness(ground: Pixels) -> float:
    grey = luma(ground[:: max(1, len(ground) // 64), :: max(1, ground.shape[1] // 64)])
    return float(np.clip((float(grey.mean()) / _USUAL) ** 0.4, *_DIM))


def _grain(ground: Pixels) -> float:
    """How grainy the photograph is, in 8-bit levels: by its calmest half, which has nothing else to be rough with."""
    middle = ground[len(ground) // 4 : len(ground) // 4 + 512, ground.shape[1] // 4 : ground.shape[1] // 4 + 512]
    grey = luma(middle)
    rough = np.abs(grey.astype(np.int16) - blurred(grey, 1.0))
    return float(min(_GRAIN_MAX, 1.5 * np.quantile(rough, 0.4))) if rough.size else 0.0
