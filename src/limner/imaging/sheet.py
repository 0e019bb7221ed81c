"""A picture while it is being drawn, and stencils to write on it with. Knows nothing of files or of what is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from limner.imaging.pixels import Pixels, bands, size_of
from limner.job import Size

Rgb: TypeAlias = tuple[int, int, int]


class Openings(Protocol):
    """What can be painted through: rows of (rows, W) uint8; 0 keeps paint off, 255 lets it all through."""

    def __getitem__(self, rows: slice, /) -> npt.NDArray[np.uint8]:
        """Some rows, both ends given."""


class Sheet:
    """Pixels that layers are laid over, one after another. Not to be shared between threads.

    pixels: the sheet's own from now on, drawn on in place; one that is read-only is copied first.
    """

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = np.require(pixels, np.uint8, ("C", "W"))

    @classmethod
    def clear(cls, size: Size) -> Sheet:
        """A sheet with nothing on it."""
        return cls(np.zeros((size.height_px, size.width_px, 4), np.uint8))

    @property
    def size(self) -> Size:
        """Width and height."""
        return size_of(self._pixels)

    def pixels(self) -> Pixels:
        """What is on the sheet, without a copy: what is drawn later shows in it."""
        return self._pixels

    def lay(self, layer: Sheet, *, top_px: int = 0) -> None:
        """Lay another sheet over this one, its upper edge at `top_px`. The layer must not reach beyond this sheet."""
        for rows in _bands(layer._pixels):
            band = layer._pixels[rows]
            if band[..., 3].any():
                self._cover(slice(top_px + rows.start, top_px + rows.stop), Image.fromarray(band))

    def fade(self, share: float) -> None:
        """Keep `share` (0 to 1) of the opacity."""
        kept = np.array([round(level * share) for level in range(256)], np.uint8)
        for rows in _bands(self._pixels):
            self._pixels[rows, :, 3] = kept[self._pixels[rows, :, 3]]

    def stain(self, colour: Rgb, stencil: Openings) -> None:
        """Paint a colour through a stencil of the same size."""
        for rows in _bands(self._pixels):
            opening = stencil[rows]
            if opening.any():
                layer = np.empty((*opening.shape, 4), np.uint8)
                layer[..., :3], layer[..., 3] = colour, opening
                self._cover(rows, Image.fromarray(layer))

    def brightness(self, left_px: int, top_px: int, size: Size) -> float:
        """Mean brightness (Rec. 601, 0 to 255) of a box, which may reach beyond the sheet."""
        box = (left_px, top_px, left_px + size.width_px, top_px + size.height_px)
        return float(np.asarray(Image.fromarray(self._pixels).crop(box).convert("L")).mean())

    def _cover(self, rows: slice, layer: Image.Image) -> None:
        below = self._pixels[rows]
        below[:] = Image.alpha_composite(Image.fromarray(below), layer)


def _bands(pixels: Pixels) -> Iterator[slice]:
    """A picture's rows in parts that the processor's cache can hold; all at once, copies would fill the memory."""
    height_px, width_px = pixels.shape[:2]
    return bands(height_px, max(1, _BAND_PX // max(1, width_px)))


_BAND_PX: Final = 1 << 17


class Stencil:
    """A sheet's openings that text is written into."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image

    def __getitem__(self, rows: slice) -> npt.NDArray[np.uint8]:
        """Some rows, both ends given."""
        return np.asarray(self.image.crop((0, rows.start, self.image.width, rows.stop)))

    @classmethod
    def closed(cls, size: Size) -> Stencil:
        """A stencil that lets nothing through."""
        return cls(Image.new("L", (size.width_px, size.height_px), 0))

    def write(self, text: str, typeface: Typeface, x_px: float, baseline_px: float) -> None:
        """Open the stencil where the text's letters are; they start at `x_px`."""
        ImageDraw.Draw(self.image).text((x_px, baseline_px), text, font=typeface.font, fill=255, anchor="ls")

    def softened(self, radius_px: float, gain: float) -> Stencil:
        """A new stencil with a soft edge (Gaussian), its coverage multiplied by `gain`."""
        soft = self.image.filter(ImageFilter.GaussianBlur(radius_px))
        return Stencil(soft.point([min(255, round(level * gain)) for level in range(256)]))


class Typeface:
    """A font at one size."""

    def __init__(self, data: bytes, size_px: int) -> None:
        # Raqm's shaping differs between builds; the scripts we pack need none of it.
        self.font = ImageFont.truetype(BytesIO(data), size_px, layout_engine=ImageFont.Layout.BASIC)

    def width_px(self, text: str) -> float:
        """How far the pen moves over a text."""
        return float(self.font.getlength(text))
