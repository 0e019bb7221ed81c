"""Where a picture's sky is: calm patches that hang together with its upper edge, down to the horizon."""

from __future__ import annotations

from typing import Final

import numpy as np

from limner.engines.sketch.edit_filters import Floats, Plane, blurred, enlarged, luma
from limner.engines.sketch.edit_outline import Bits, drawn_out, reduced, spread_of
from limner.engines.sketch.edit_superpixels import Patches, lab_of, patches_of
from limner.imaging.pixels import Mask, Pixels, bands

_PATCHES: Final = 320
_CALM: Final = 4.5
"""Mean roughness (8-bit levels) of a patch up to which it may be sky."""
_CALM_MEDIAN: Final = 1.5
"""And that of half of a sky: a mottled wall is rougher."""
_STEP: Final = 9.0
"""CIELAB distance within which one patch of sky goes on into the next."""
_TOP_SHARE_MIN: Final = 0.4
_SHARES: Final = (0.06, 0.92)
_YELLOW: Final = 2.5
"""CIELAB b above which a pale ground is a wall in lamplight, unless it is glaring."""
_GREEN: Final = -12.0
_DARK: Final = 38.0
_NIGHT_BLUE: Final = (-5.0, -10.0)
"""CIELAB a above and b below which darkness is a night sky and no foliage out of focus."""
_GLARING: Final = 92.0
_UNLIKE: Final = 96.0
"""Sum of the three channels' differences (8-bit) from the sky about it from which a pixel is something before it."""
_HORIZON: Final = 1.6
"""Change of lightness (CIELAB) from one row to the next but one, all along a row, that is a horizon."""
_HORIZON_ROWS: Final = (0.2, 0.9)
_HORIZON_SHARE_MIN: Final = 0.25


def find_sky(pixels: Pixels) -> Mask | None:
    """How surely each pixel is sky, (H, W) from 0 to 255, or None when there is none to be seen."""
    small = reduced(pixels)
    if small is None:
        return None
    lab = lab_of(blurred(small[..., :3], 1.0))
    patches = patches_of(lab, _PATCHES)
    grey = luma(small)
    rough = patches.mean(blurred(np.abs(grey.astype(np.int16) - blurred(grey, 1.2)).astype(np.uint8), 1.0))
    hanging = _hanging(patches, rough < _CALM)
    if not hanging.any() or np.median(rough[hanging]) > _CALM_MEDIAN:
        return None
    sky = hanging[patches.labels]
    sky &= ~_below_horizon(lab[..., 0], sky)
    if sky[:2].mean() < _TOP_SHARE_MIN or not _SHARES[0] <= sky.mean() <= _SHARES[1]:
        return None
    return _without_masts(pixels, drawn_out(pixels, small, sky), spread_of(small, sky))


def _hanging(patches: Patches, calm: Bits) -> Bits:
    """The calm patches joined to the upper edge by small steps of colour, if that edge looks like a sky."""
    light, across, along = patches.colours.T
    fits = calm & (across > _GREEN) & ((along < _YELLOW) | (light > _GLARING))
    fits &= (light > _DARK) | ((across > _NIGHT_BLUE[0]) & (along < _NIGHT_BLUE[1]))
    sky = np.zeros(len(calm), np.bool_)
    top = np.unique(patches.labels[0])
    sky[top[fits[top]]] = True
    step = np.sqrt(np.square(patches.colours[:, None] - patches.colours[None]).sum(axis=-1))
    # Farther down it may be of any colour that it gets to gradually: a sunset is.
    joined = patches.beside & (step < _STEP) & calm[:, None] & calm[None]
    while True:
        wider = sky | (joined & sky[None]).any(axis=1)
        if (wider == sky).all():
            break
        sky = wider
    # Patches along the edge of a roof are rough for the roof's sake.
    return np.asarray(sky | (patches.beside & (step < _STEP) & sky[None]).any(axis=1))


def _without_masts(pixels: Pixels, sky: Mask, colours: Plane) -> Mask:
    """`sky` without what is too thin for the small copy, by how unlike the sky about it a pixel is."""
    expected = enlarged(blurred(colours, 2.0), *sky.shape)
    out = sky.copy()
    for part in bands(len(sky)):
        unlike = np.abs(pixels[part, :, :3].astype(np.int16) - expected[part]).sum(axis=-1)
        out[part] = (sky[part] * np.clip((_UNLIKE - unlike) / (0.5 * _UNLIKE), 0, 1)).astype(np.uint8)
    return out


def _below_horizon(light: Floats, sky: Bits) -> Bits:
    """What lies below a line all across the area: a lake or a haze of the sky's own colour."""
    height_px = len(light)
    below = np.zeros(sky.shape, np.bool_)
    both = sky[2:] & sky[:-2]
    counts = both.sum(axis=1)
    change = np.abs(((light[2:] - light[:-2]) * both).sum(axis=1) / np.maximum(counts, 1))
    first, last = (round(share * height_px) for share in _HORIZON_ROWS)
    change[counts < _HORIZON_SHARE_MIN * sky.shape[1]] = 0
    change[:first], change[last:] = 0, 0
    row = int(np.argmax(change)) if len(change) else 0
    if len(change) and change[row] > _HORIZON:
        below[row + 1 :] = True
    return below
