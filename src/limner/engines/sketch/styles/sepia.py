"""An old photograph: brown, faded, grainy and dark at its corners."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, Tiles, by_bands
from limner.engines.sketch.edit_tones import adjusted
from limner.engines.sketch.edit_words import Tone
from limner.engines.sketch.styles.grain import grain
from limner.imaging.pixels import Pixels

_LIFT = np.array([24, 19, 12], np.float32)


def restyle(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    """Black is no longer black, nor white white."""
    picture = adjusted(pixels, Tone.SEPIA, 0.82)
    picture = adjusted(picture, Tone.SOFTEN_CONTRAST, 0.45)
    film = Tiles(grain(dice, 0.7)[..., None] * np.float32(5) + _LIFT, pixels.shape[1])

    def age(band: Floats, top: int) -> Floats:
        return band * np.float32(0.9) + film[top : top + len(band)]

    # One name for all of it: no step is held longer than the next one needs it.
    picture = by_bands(picture, age)
    return adjusted(picture, Tone.VIGNETTE, 0.9)
