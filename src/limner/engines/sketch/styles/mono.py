"""A film in black and white: hard light, grain, dark corners."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Tiles, by_bands
from limner.engines.sketch.edit_tones import adjusted
from limner.engines.sketch.edit_words import Tone
from limner.engines.sketch.styles.grain import grain
from limner.imaging.pixels import Pixels


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """Brightness alone, with more contrast than there was."""
    film = Tiles(grain(dice, 0.7)[..., None] * np.float32(4.5), pixels.shape[1])
    # One name for all of it: no step is held longer than the next one needs it.
    picture = adjusted(pixels, Tone.GREY, 1.0)
    picture = adjusted(picture, Tone.CONTRAST, 0.8)
    picture = by_bands(picture, lambda band, top: band + film[top : top + len(band)])
    return adjusted(picture, Tone.VIGNETTE, 0.75)
