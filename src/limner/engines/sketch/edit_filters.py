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

from limner.imaging.pixels import Mask, Pixels, bands

Plane: TypeAlias = npt.NDArray[np.uint8]
Floats: TypeAlias = npt.NDArray[np.floating[Any]]
"""Numbers on their way; float32 wherever there is one for every pixel."""

LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""

"""Rows worked on at once as floats: small enough for the processor's cache, and for memory at any picture size."""
_RGBA: Final = 4
_SIGMA_MIN: Final = 0.3
"""A narrower blur is none on whole pixels."""
_SIGMA_DIRECT: Final = 24.0
"""Wider blurs are made on a smaller copy: nobody can tell, and the time no longer grows with the width."""


def by_bands(pixels: Pixels, change: Callable[[Floats, int], Floats], *, of: Rows | Plane | None = None) -> Pixels:
    """`pixels` with `change` applied to its colours, or to those of something else, some rows at a time.

    change: gets (rows, W, 3) float32 from 0 to 255, its own to write to, and the first row's number; returns the same
    shape, which is rounded and clipped. of: what it gets instead of the picture's own colours; alpha stays `pixels`'.
    """
    out = np.empty_like(pixels)
    out[..., 3] = pixels[..., 3]
    for rows in bands(len(pixels)):
        band = (pixels if of is None else of)[rows][..., :3].astype(np.float32)
        changed = change(band, rows.start)
        changed += 0.5
        out[rows, :, :3] = np.clip(changed, 0, 255, out=changed)
    return out


def mixed(base: Pixels, changed: Pixels | Rows, weight: Mask | int) -> Pixels:
    """The colours of `base` and `changed` mixed; alpha is `base`'s. weight: of `changed`, (H, W) or for all, of 255.

    For pictures that differ in colour alone, and whole: `composite` blends alpha too, and is meant for few pixels.
    """

    def mix(band: Floats, top: int) -> Floats:
        rows = slice(top, top + band.shape[0])
        share = weight / 255 if isinstance(weight, int) else weight[rows, :, None].astype(np.float32) / 255
        return np.asarray(band + (changed[rows][..., :3] - band) * share)

    return by_bands(base, mix)


def through_curves(pixels: Pixels, curves: Floats) -> Pixels:
    """`pixels` with each colour looked up in its curve. curves: (3, 256) float32, any range."""
    table = np.clip(np.rint(curves), 0, 255).astype(np.uint8)
    out = pixels.copy()
    for rows in bands(len(pixels)):
        for channel in range(3):
            out[rows, :, channel] = table[channel][pixels[rows, :, channel]]
    return out


def luma(pixels: Pixels) -> Plane:
    """Brightness of every pixel: (H, W) uint8."""
    grey = np.empty(pixels.shape[:2], np.uint8)
    for rows in bands(len(pixels)):
        red, green, blue = (pixels[rows, :, channel] for channel in range(3))
        # Integer weights of 256ths are a third of the work of floats.
        level = red * np.uint16(77)
        level += green * np.uint16(150)
        level += blue * np.uint16(29)
        grey[rows] = level >> 8
    return grey


class Rows:
    """A plane that is made some rows at a time, as they are asked for; all of it at once is never in memory."""

    def __init__(self, image: pyvips.Image) -> None:
        self._image = image

    def __getitem__(self, rows: slice) -> Plane:
        """Some whole rows. Each time they are asked for they are made anew."""
        first, last, _ = rows.indices(self._image.height)
        return _array(self._image.crop(0, first, self._image.width, last - first))


class Tiles:
    """A tile of numbers repeated all over a plane of that width, without end downwards."""

    def __init__(self, tile: Floats, width_px: int) -> None:
        self._wide: Floats = np.concatenate([tile] * -(-width_px // tile.shape[1]), axis=1)[:, :width_px]

    def __getitem__(self, rows: slice) -> Floats:
        """Some rows, both ends given."""
        wanted: Floats = self._wide[np.arange(rows.start, rows.stop) % len(self._wide)]
        return wanted


def blurred(plane: Plane, sigma_px: float) -> Plane:
    """`plane` out of focus."""
    if sigma_px < _SIGMA_MIN:
        return plane.copy()
    return _array(_blur(_image(plane), sigma_px))


def blurred_rows(plane: Plane, sigma_px: float) -> Rows:
    """As `blurred`, made as it is asked for; of a picture, its colours alone. `plane` must stay as it is meanwhile."""
    image = _image(plane)
    if image.bands == _RGBA:
        image = image.extract_band(0, n=3)
    return Rows(image if sigma_px < _SIGMA_MIN else _blur(image, sigma_px))


def enlarged(plane: Plane, height_px: int, width_px: int) -> Plane:
    """`plane` stretched smoothly to a size at least its own, without overshoot: fit for weights and light."""
    return _array(_stretched(_image(plane), height_px, width_px))


def enlarged_rows(plane: Plane, height_px: int, width_px: int) -> Rows:
    """As `enlarged`, made as it is asked for."""
    return Rows(_stretched(_image(plane), height_px, width_px))


def doubled(pixels: Pixels) -> Pixels:
    """An opaque picture twice as large, pixels between two of its own being their mean: a fraction of a resampling."""
    height_px, width_px = pixels.shape[:2]
    # Four bytes as one number: a quarter of the steps.
    own = np.ascontiguousarray(pixels).view(np.uint32)[..., 0]
    out = np.empty((2 * height_px, 2 * width_px), np.uint32)
    out[::2, ::2] = own
    out[::2, 1:-1:2] = _between(own[:, :-1], own[:, 1:])
    out[::2, -1] = own[:, -1]
    out[1:-1:2] = _between(out[:-2:2], out[2::2])
    out[-1] = out[-2]
    return out[..., None].view(np.uint8)


def _between(one: npt.NDArray[np.uint32], other: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """The mean of each byte: what both have, and half of what only one has."""
    mean: npt.NDArray[np.uint32] = (one & other) + (((one ^ other) >> 1) & np.uint32(0x7F7F7F7F))
    return mean


def turned(pixels: Pixels, degrees: float) -> Pixels:
    """`pixels` rotated clockwise about its middle, in a picture large enough for all of it, transparent outside."""
    spun = _image(pixels).premultiply().rotate(degrees, background=[0, 0, 0, 0]).unpremultiply().cast("uchar")
    return _array(spun)


def stretched_rows(small: Pixels, height_px: int, width_px: int) -> Rows:
    """The colours of a small picture at full size, crisp, made as they are asked for."""
    image = _image(small).extract_band(0, n=3)
    return Rows(image.resize(width_px / image.width, vscale=height_px / image.height, kernel="cubic"))


def labelled(area: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """A number for every pixel that only its own connected patch has, of `area` and of what is not area alike."""
    image = pyvips.Image.new_from_array(area * np.uint8(255))
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
    drawn = Rows(pyvips.Image.svgload_buffer(sheet.encode(), unlimited=True).flatten(background=[255, 255, 255]))
    out = np.full((height_px, width_px, 4), 255, np.uint8)
    half = -(-height_px // 2)
    for top in range(0, height_px, half):
        out[top : top + half, :, :3] = drawn[top : top + half]
    return out


def _image(plane: Plane) -> pyvips.Image:
    return pyvips.Image.new_from_array(np.ascontiguousarray(plane))


def _blur(image: pyvips.Image, sigma_px: float) -> pyvips.Image:
    if sigma_px <= _SIGMA_DIRECT:
        return image.gaussblur(sigma_px, precision="integer")
    factor = min(sigma_px / 3, image.width / 2, image.height / 2)
    small = image.resize(1 / factor, kernel="linear") if factor > 1 else image
    # Kept, as rows of the large picture are asked for again and again.
    soft = small.gaussblur(sigma_px / max(1.0, factor), precision="integer").copy_memory()
    return _stretched(soft, image.height, image.width)


def _stretched(image: pyvips.Image, height_px: int, width_px: int) -> pyvips.Image:
    scaled = image.resize(width_px / image.width, vscale=height_px / image.height, kernel="linear")
    return scaled.crop(0, 0, width_px, height_px)


def _array(image: pyvips.Image) -> Plane:
    # Of a single column or row, libvips' array has lost the axis.
    array: Plane = image.numpy()
    return array.reshape(image.height, image.width, *((image.bands,) if image.bands > 1 else ()))
