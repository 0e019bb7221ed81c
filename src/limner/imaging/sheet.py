"""A picture while it is being drawn, and stencils to write on it with. Knows nothing of files or of what is drawn."""

from __future__ import annotations

from io import BytesIO
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from limner.imaging.pixels import Pixels
from limner.job import Size

Rgb: TypeAlias = tuple[int, int, int]


class Sheet:
    """Pixels that layers are laid over, one after another. Not to be shared between threads."""

    def __init__(self, pixels: Pixels) -> None:
        self._image = Image.fromarray(pixels)

    @classmethod
    def clear(cls, size: Size) -> Sheet:
        """A sheet with nothing on it."""
        return cls(np.zeros((size.height_px, size.width_px, 4), np.uint8))

    @property
    def size(self) -> Size:
        """Width and height."""
        return Size(*self._image.size)

    def pixels(self) -> Pixels:
        """What is on the sheet, as an array of its own."""
        return np.array(self._image, dtype=np.uint8)

    def lay(self, layer: Sheet, *, top_px: int = 0) -> None:
        """Lay another sheet over this one, its upper edge at `top_px`. The layer must not reach beyond this sheet."""
        self._image.alpha_composite(layer._image, (0, top_px))

    def fade(self, share: float) -> None:
        """Keep `share` (0 to 1) of the opacity."""
        self._image.putalpha(self._image.getchannel("A").point([round(level * share) for level in range(256)]))

    def stain(self, colour: Rgb, stencil: Stencil) -> None:
        """Paint a colour through a stencil of the same size."""
        layer = Image.new("RGBA", self._image.size, (*colour, 0))
        layer.putalpha(stencil.image)
        self._image.alpha_composite(layer)

    def brightness(self, left_px: int, top_px: int, size: Size) -> float:
        """Mean brightness (Rec. 601, 0 to 255) of a box, which may reach beyond the sheet."""
        box = (left_px, top_px, left_px + size.width_px, top_px + size.height_px)
        return float(np.asarray(self._image.crop(box).convert("L")).mean())


class Stencil:
    """Coverage to paint through: 0 keeps paint off, 255 lets it all through."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image

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
