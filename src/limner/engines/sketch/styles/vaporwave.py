"""Pink, violet and cyan, scan lines, and colours that have come apart."""

from __future__ import annotations

import numpy as np

from limner.engines.sketch.edit_filters import Floats, by_bands, luma
from limner.imaging.pixels import Pixels

_STOPS = np.array([0, 70, 130, 185, 255], np.float32)
_TONES = np.array([[22, 8, 58], [108, 30, 148], [255, 84, 168], [255, 168, 150], [190, 255, 250]], np.float32)


def restyle(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """Brightness decides the colour; some of the picture's own stays."""
    grey = luma(pixels)
    shift = max(1, round(min(pixels.shape[:2]) / 260))
    pitch = max(3, round(min(pixels.shape[:2]) / 220))
    spread = np.clip((np.arange(256) - 20) * 1.12, 0, 255)
    ramp = np.stack([np.interp(spread, _STOPS, _TONES[:, channel]) for channel in range(3)], axis=1)
    ramp = (ramp * 0.8).astype(np.float32)

    def draw(band: Floats, top: int) -> Floats:
        part = slice(top, top + band.shape[0])
        toned = ramp[grey[part]] + band * np.array([0.26, 0.12, 0.26], np.float32)
        split = toned.copy()
        split[:, shift:, 0] = toned[:, :-shift, 0]
        split[:, :-shift, 2] = toned[:, shift:, 2]
        rows = np.arange(part.start, part.stop)
        lines = 1 - 0.13 * ((rows % pitch) < pitch / 2).astype(np.float32)
        return np.asarray(split * lines[:, None, None])

    return by_bands(pixels, draw)
