"""Neighbourhood filters that edits are made with, in bounded memory. The only module of edits that calls libvips.

Planes are (H, W) or (H, W, C) uint8; filters return new arrays and write to none. Colours are filtered as they are,
not multiplied by alpha.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyvips

from limner.imaging.pixels import Mask, Pixels

Plane: TypeAlias = npt.NDArray[np.uint8]
Floats: TypeAlias = npt.NDArray[np.floating[Any]]
"""Numbers on their way; float32 wherever there is one for every pixel."""

LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""

_BAND_ROWS: Final = 64
"""Rows worked on at once as floats: small enough for the processor's cache, and for memory at any picture size."""
_SIGMA_DIRECT: Final = 6.0
"""Wider blurs are made on a smaller copy: nobody can tell, and the time no longer grows with the width."""


def by_bands(pixels: Pixels, change: Callable[[Floats, int], Floats]) -> Pixels:
    """`pixels` with `change` applied to its colours, some rows at a time.

    change: gets (rows, W, 3) float32 from 0 to 255, its own to write to, and the first row's number; returns the same
    shape, which is rounded and clipped.
    """
    out = pixels.copy()
    for top in range(0, pixels.shape[0], _BAND_ROWS):
        band = pixels[top : top + _BAND_ROWS, :, :3].astype(np.float32)
        changed = change(band, top)
        changed += 0.5
        out[top : top + _BAND_ROWS, :, :3] = np.clip(changed, 0, 255, out=changed)
    return out


def mixed(base: Pixels, changed: Pixels, weight: Mask | int) -> Pixels:
    """The colours of `base` and `changed` mixed; alpha is `base`'s. weight: of `changed`, (H, W) or for all, of 255.

    For pictures that differ in colour alone, and whole: `composite` blends alpha too, and is meant for few pixels.
    """

    def mix(band: Floats, top: int) -> Floats:
        rows = slice(top, top + band.shape[0])
        share = weight / 255 if isinstance(weight, int) else weight[rows, :, None].astype(np.float32) / 255
        return np.asarray(band + (changed[rows, :, :3] - band) * share)

    return by_bands(base, mix)


def through_curves(pixels: Pixels, curves: Floats) -> Pixels:
    """`pixels` with each colour looked up in its curve. curves: (3, 256) float32, any range."""
    table = np.clip(np.rint(curves), 0, 255).astype(np.uint8)
    out = pixels.copy()
    for channel in range(3):
        out[..., channel] = table[channel][pixels[..., channel]]
    return out


def luma(pixels: Pixels) -> Plane:
    """Brightness of every pixel: (H, W) uint8."""
    # Integer weights of 256ths keep a 4K picture out of float memory.
    red, green, blue = (pixels[..., channel].astype(np.uint16) for channel in range(3))
    grey: Plane = ((red * 77 + green * 150 + blue * 29) >> 8).astype(np.uint8)
    return grey


def blurred(plane: Plane, sigma_px: float) -> Plane:
    """`plane` out of focus."""
    if sigma_px < 0.3:  # noqa: PLR2004 - on whole pixels that is the identity
        return plane.copy()
    image = pyvips.Image.new_from_array(np.ascontiguousarray(plane))
    if sigma_px <= _SIGMA_DIRECT:
        return _array(image.gaussblur(sigma_px, precision="integer"), plane)
    height_px, width_px = plane.shape[:2]
    factor = min(sigma_px / 3, width_px / 2, height_px / 2)
    small = image.resize(1 / factor, kernel="linear") if factor > 1 else image
    soft = small.gaussblur(sigma_px / max(1.0, factor), precision="integer")
    large = soft.resize(width_px / soft.width, vscale=height_px / soft.height, kernel="linear")
    return _array(large.crop(0, 0, width_px, height_px), plane)


def enlarged(plane: Plane, height_px: int, width_px: int) -> Plane:
    """`plane` stretched smoothly to a size at least its own, without overshoot: fit for weights and light."""
    image = pyvips.Image.new_from_array(np.ascontiguousarray(plane))
    scaled = image.resize(width_px / plane.shape[1], vscale=height_px / plane.shape[0], kernel="linear")
    return _array(scaled.crop(0, 0, width_px, height_px), plane)


def turned(pixels: Pixels, degrees: float) -> Pixels:
    """`pixels` rotated clockwise about its middle, in a picture large enough for all of it, transparent outside."""
    image = pyvips.Image.new_from_array(np.ascontiguousarray(pixels))
    spun = image.premultiply().rotate(degrees, background=[0, 0, 0, 0]).unpremultiply().cast("uchar")
    return _array(spun, pixels)


def labelled(area: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """A number for every pixel that only its own connected patch has, of `area` and of what is not area alike."""
    image = pyvips.Image.new_from_array(np.where(area, 255, 0).astype(np.uint8))
    return np.asarray(image.labelregions().numpy(), np.int32).reshape(area.shape)


def polygons(corners: Floats, colours: Plane, width_px: int, height_px: int) -> Pixels:
    """Filled shapes on white. corners: (N, K, 2) x and y in pixels; colours: (N, 3) uint8."""
    shapes = "".join(
        f'<path d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in shape)}Z" fill="{ink}" stroke="{ink}"/>'
        for shape, ink in zip(
            corners, (f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in colours), strict=True
        )
    )
    sheet = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_px}" height="{height_px}">{shapes}</svg>'
    drawn: Pixels = pyvips.Image.svgload_buffer(sheet.encode()).flatten(background=[255, 255, 255]).addalpha().numpy()
    return drawn


def _array(image: pyvips.Image, like: Plane) -> Plane:
    # Of a single column, row or band, libvips' array has lost the axis.
    array: Plane = image.numpy()
    return array.reshape(image.height, image.width, *like.shape[2:])
