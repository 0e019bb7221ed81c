"""Styles with a file of their own: `restyle(pixels, dice) -> pixels`, under the name the vocabulary has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from limner.engines.sketch.styles import (
    blueprint,
    flat,
    ink,
    lineart,
    papercut,
    pencil,
    photo,
    poster,
    stainedglass,
    vaporwave,
)
from limner.imaging.pixels import Pixels

STYLES: Final[Mapping[str, Callable[[Pixels, np.random.Generator], Pixels]]] = {
    "flat": flat.restyle,
    "ink": ink.restyle,
    "lineart": lineart.restyle,
    "vaporwave": vaporwave.restyle,
    "blueprint": blueprint.restyle,
    "papercut": papercut.restyle,
    "pencil": pencil.restyle,
    "photo": photo.restyle,
    "poster": poster.restyle,
    "stainedglass": stainedglass.restyle,
}
