"""A picture redone in a manner: one file for each, with `restyle(pixels, dice) -> pixels`.

However large the picture is, a style takes little memory beside it: what is soft is found on a small copy, and what is
fine is made some rows at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from limner.engines.sketch.edit_words import Style
from limner.engines.sketch.styles import (
    blueprint,
    cartoon,
    flat,
    ink,
    lineart,
    lowpoly,
    mono,
    neon,
    oil,
    papercut,
    pencil,
    photo,
    pixel,
    poster,
    sepia,
    stainedglass,
    vaporwave,
    watercolour,
)
from limner.imaging.pixels import Pixels


def restyled(pixels: Pixels, style: Style, seed: int) -> Pixels:
    """`pixels` in a manner, as a new array; the same for the same seed. Alpha is kept."""
    out = _STYLES[style](pixels, np.random.default_rng(seed))
    out[..., 3] = pixels[..., 3]
    return out


_STYLES: Final[Mapping[Style, Callable[[Pixels, np.random.Generator], Pixels]]] = {
    Style.BLUEPRINT: blueprint.restyle,
    Style.CARTOON: cartoon.restyle,
    Style.FLAT: flat.restyle,
    Style.INK: ink.restyle,
    Style.LINEART: lineart.restyle,
    Style.LOWPOLY: lowpoly.restyle,
    Style.MONO: mono.restyle,
    Style.NEON: neon.restyle,
    Style.OIL: oil.restyle,
    Style.PAPERCUT: papercut.restyle,
    Style.PENCIL: pencil.restyle,
    Style.PHOTO: photo.restyle,
    Style.PIXEL: pixel.restyle,
    Style.POSTER: poster.restyle,
    Style.SEPIA: sepia.restyle,
    Style.STAINEDGLASS: stainedglass.restyle,
    Style.VAPORWAVE: vaporwave.restyle,
    Style.WATERCOLOUR: watercolour.restyle,
}
