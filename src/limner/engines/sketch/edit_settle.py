"""A flat drawing made to belong into a photograph: rounded by its light, no sharper and no less grainy than it is."""

from __future__ import annotations

from typing import Final

import numpy as np

from limner.engines.sketch.edit_filters import LUMA, Floats, Plane, blurred, blurred_rows, by_bands, enlarged, luma
from limner.imaging.pixels import Pixels, from_grey
from limner.imaging.resize import stretch
from limner.job import Size

_ROUNDNESS: Final = 0.42
"""How much lighter a side turned to the light is than one turned away."""
_SWELLS: Final = ((0.02, 0.5), (0.07, 0.5))
"""How a thing bulges: reach inwards as a share of its side, and height."""
_SHADE_SIDE_PX: Final = 512
_SHADE_UNIT: Final = 150
_USUAL: Final = 118.0
"""Brightness (8-bit) of a photograph in good light."""
_DIM: Final = (0.5, 1.12)
_GRAIN_MAX: Final = 4.0
_FOCUS: Final = 130
"""A background is blurred by the shorter side over this."""
_FILM: Final = 2.2


def settled(drawing: Pixels, ground: Pixels) -> Pixels:
    """`drawing` (straight alpha) in the light of `ground`, in which it will stand. A new array, a little soft."""
    shade, gain = _shade(drawing[..., 3], _sideways(ground)), np.float32(_brightness(ground) / _SHADE_UNIT)
    grain = np.float32(_grain(ground))
    dice = np.random.default_rng(drawing.shape[0] * 65_537 + drawing.shape[1])

    def lit(band: Floats, top: int) -> Floats:
        shaded = band * (shade[top : top + len(band), :, None] * gain)
        # Light that is too much for a colour turns it pale rather than flat.
        spill = np.clip(shaded.max(axis=-1, keepdims=True) - 250, 0, None) * 0.6
        speckle = dice.standard_normal(band.shape[:2], dtype=np.float32)[..., None] * grain
        return np.asarray(shaded + spill + speckle)

    out = by_bands(drawing, lit)
    softness = min(1.6, max(0.5, min(ground.shape[:2]) / 900))
    out[..., 3] = blurred(out[..., 3], softness)
    return out


def photographed(scene: Pixels) -> Pixels:
    """A painted scene as if it lay behind what a lens is focused on. A new array."""
    dice = np.random.default_rng(scene.shape[0] * 65_537 + scene.shape[1])

    def grade(band: Floats, _: int) -> Floats:
        grey = (band @ LUMA)[..., None]
        grain = dice.standard_normal(band.shape[:2], dtype=np.float32) * np.float32(_FILM)
        # Paint is purer than anything in daylight.
        return np.asarray(grey + (band - grey) * 0.86 + grain[..., None])

    return by_bands(scene, grade, of=blurred_rows(scene, min(scene.shape[:2]) / _FOCUS))


def _shade(alpha: Plane, sideways: float) -> Plane:
    """How bright each pixel of a bulging thing of that outline is, `_SHADE_UNIT` being neither light nor dark."""
    height_px, width_px = alpha.shape
    scale = min(1.0, _SHADE_SIDE_PX / max(alpha.shape))
    size = Size(max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    small = stretch(from_grey(alpha), size)[..., 0]
    side_px = max(small.shape)
    margin = max(2, round(_SWELLS[-1][0] * side_px * 2))
    outline = np.pad(small, margin)
    bulge: Floats = np.zeros(outline.shape, np.float32)
    for reach, share in _SWELLS:
        bulge += blurred(outline, max(0.6, reach * side_px)).astype(np.float32) * np.float32(
            share * reach * side_px / 90
        )
    down, across = np.gradient(bulge)
    facing = (across * sideways + down) / np.sqrt(1 + np.square(across) + np.square(down))
    inner = facing[margin:-margin, margin:-margin]
    light = (_SHADE_UNIT * (1 + _ROUNDNESS * np.clip(inner, -0.9, 0.7))).astype(np.uint8)
    return light if light.shape == alpha.shape else enlarged(light, height_px, width_px)


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
    """How grainy the photograph is, in 8-bit levels: where it is calmest and has nothing else to be rough with."""
    middle = ground[len(ground) // 4 : len(ground) // 4 + 512, ground.shape[1] // 4 : ground.shape[1] // 4 + 512]
    grey = luma(middle)
    rough = np.abs(grey.astype(np.int16) - blurred(grey, 1.0))
    return float(min(_GRAIN_MAX, 1.2 * np.quantile(rough, 0.15))) if rough.size else 0.0
