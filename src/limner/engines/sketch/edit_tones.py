"""Brightness, contrast and colour of every pixel; blur and sharpness. Pictures stay what they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from limner.engines.sketch.colour import Colour
from limner.engines.sketch.edit_filters import LUMA, Floats, blurred_rows, by_bands, luma, through_curves
from limner.engines.sketch.edit_words import Tone
from limner.imaging.pixels import Mask, Pixels, bands


def adjusted(pixels: Pixels, tone: Tone, strength: float) -> Pixels:
    """`pixels` in another tone. strength: 1 for what the bare word means; above 0. Alpha is kept."""
    return _TONES[tone](pixels, strength)


def recoloured(pixels: Pixels, colour: Colour, part: Mask | None = None) -> Pixels:
    """`pixels` as if all of it had been dyed: light and dark stay, the hue is `colour`'s. Alpha is kept.

    part: (H, W), the part that matters, whose usual brightness becomes that of `colour`; None for all of it.
    """
    target = _rgb(colour)
    step = max(1, max(pixels.shape[:2]) // _STATISTICS_SIDE)
    levels = luma(pixels[::step, ::step])
    own = levels if part is None else levels[part[::step, ::step] > _HALF]
    middle = float(np.median(own if own.size else levels)) / 255
    return by_bands(pixels, lambda band, _: _dyed(band, target, middle))


def recoloured_from(pixels: Pixels, source: Colour, colour: Colour) -> Pixels:
    """`pixels` with what has the hue of `source` dyed `colour`, and all else as it was. Alpha is kept."""
    target, likeness = _rgb(colour), _likeness(source)
    step = max(1, max(pixels.shape[:2]) // _STATISTICS_SIDE)
    sample = pixels[::step, ::step, :3].astype(np.float32)
    middle = float(np.average(sample @ LUMA, weights=likeness(sample) + 1e-3)) / 255
    return by_bands(pixels, lambda band, _: band + (_dyed(band, target, middle) - band) * likeness(band)[..., None])


def likeness_to(pixels: Pixels, source: Colour) -> Mask:
    """How much each pixel has the hue of `source`: (H, W) from 0 to 255."""
    likeness = _likeness(source)
    share = np.empty(pixels.shape[:2], np.uint8)
    for rows in bands(len(pixels)):
        band = pixels[rows, :, :3].astype(np.float32)
        share[rows] = np.rint(likeness(band) * 255)
    return share


def balanced_to(pixels: Pixels, like: Pixels, share: float) -> Pixels:
    """`pixels` with the mean and spread of its colours moved towards those of `like`, by `share` from 0 to 1."""
    own_mean, own_spread = _statistics(pixels)
    mean, spread = _statistics(like)
    gain = 1 + (np.clip(spread / own_spread, 0.5, 2.0) - 1) * share
    level = np.arange(256, dtype=np.float32)
    curves = (level[None] - own_mean[:, None]) * gain[:, None] + (own_mean + (mean - own_mean) * share)[:, None]
    return through_curves(pixels, curves.astype(np.float32))


_SEPIA: Final = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]], np.float32)
_GREY: Final = np.tile(LUMA, (3, 1))
_LEVELS: Final = np.linspace(0, 1, 256, dtype=np.float32)
_WARMTH: Final = np.array([1.12, 1.02, 0.84], np.float32)
_STATISTICS_SIDE: Final = 128
_HALF: Final = 127
_GREYISH: Final = 28.0
"""Chroma in 8-bit levels up to which a named colour counts as white, grey or black."""


def _rgb(colour: Colour) -> Floats:
    return np.array([colour.red, colour.green, colour.blue], np.float32)


def _statistics(pixels: Pixels) -> tuple[Floats, Floats]:
    step = max(1, max(pixels.shape[:2]) // _STATISTICS_SIDE)
    sample = pixels[::step, ::step].reshape(-1, 4)
    shown = sample[sample[:, 3] > _HALF, :3]
    shown = shown if len(shown) else sample[:, :3]
    return shown.mean(axis=0, dtype=np.float32), shown.std(axis=0, dtype=np.float32) + 1


def _dyed(band: Floats, target: Floats, middle: float) -> Floats:
    """A ramp from black over `target` to white, climbed by brightness; `middle` brightness stands at `target`."""
    light = (band @ LUMA) / 255
    if float(np.ptp(target)) < _GREYISH:
        level = float(target.mean()) / 255
        shown = level + (light - middle) * (0.75 - 0.3 * abs(level - 0.5))
        return shown[..., None] * (target / max(1.0, float(target.mean()))) * 255
    own = float(target @ LUMA) / 255
    stand = float(np.clip(0.06 * own + 0.94 * middle, 0.12, 0.97))
    # Black cannot be dyed: where a thing is black it is lifted first.
    lift = 0.06 + 0.5 * max(0.0, 1 - middle / 0.2)
    down = (lift + (1 - lift) * np.clip(light / stand, 0, 1))[..., None]
    up = np.clip((light - stand) / max(0.15, 1 - stand), 0, 1)[..., None]
    # A little of the old colours stays, or skin, glass and shadows would look like one sheet of plastic.
    return (target * down + (255 - target) * (up * 0.82)) * 0.92 + band * 0.08


def _likeness(source: Colour) -> Callable[[Floats], Floats]:
    """How much each pixel has the colour `source`, 0 to 1."""
    red, green, blue = _rgb(source)
    across, along = red - (green + blue) / 2, (green - blue) * 0.866
    length = float(np.hypot(across, along))
    if length < _GREYISH:
        level = float((red + green + blue) / 3)

        def near(band: Floats) -> Floats:
            pale = 1 - np.clip((np.ptp(band, axis=-1) - 30) / 40, 0, 1)
            return np.asarray(pale * (1 - np.clip((np.abs(band @ LUMA - level) - 50) / 40, 0, 1)))

        return near

    def alike(band: Floats) -> Floats:
        x = band[..., 0] - (band[..., 1] + band[..., 2]) / 2
        y = (band[..., 1] - band[..., 2]) * 0.866
        chroma = np.hypot(x, y)
        cosine = (x * across + y * along) / (np.maximum(chroma, 1) * length)
        # Full within 25 degrees of hue, nothing beyond 45; what is much paler, skin beside red, is not meant.
        return np.asarray(np.clip((cosine - 0.707) / 0.2, 0, 1) * np.clip((chroma / length - 0.24) / 0.26, 0, 1))

    return alike


def _curved(curve: Callable[[Floats, float], Floats], pixels: Pixels, strength: float) -> Pixels:
    return through_curves(pixels, np.tile(curve(_LEVELS, strength) * 255, (3, 1)))


def _brightened(level: Floats, strength: float) -> Floats:
    return level ** (1 / (1 + 0.55 * strength)) + 0.02 * strength


def _darkened(level: Floats, strength: float) -> Floats:
    return (level ** (1 + 0.35 * strength)) * (1 - 0.14 * strength)


def _inverted(level: Floats, _: float) -> Floats:
    return 1 - level


def _contrasted(change: float, pixels: Pixels, strength: float) -> Pixels:
    middle = float(np.clip(luma(pixels)[::4, ::4].mean() / 255, 0.25, 0.75))
    gain = 1 + change * strength
    return through_curves(pixels, np.tile((middle + (_LEVELS - middle) * gain) * 255, (3, 1)))


def _warmed(direction: float, pixels: Pixels, strength: float) -> Pixels:
    gains = _WARMTH ** (direction * strength)
    # Gains bend towards white, so that paper does not turn blue or orange flatly.
    shares = 1 - 0.6 * _LEVELS[None] ** 3
    return through_curves(pixels, (_LEVELS[None] * (1 + (gains[:, None] - 1) * shares) * 255).astype(np.float32))


def _mixed(matrix: npt.NDArray[np.float32], pixels: Pixels, strength: float) -> Pixels:
    mix = (np.eye(3, dtype=np.float32) + (matrix - np.eye(3, dtype=np.float32)) * np.float32(min(1.0, strength))).T
    return by_bands(pixels, lambda band, _: band @ mix)


def _saturated(change: float, pixels: Pixels, strength: float) -> Pixels:
    gain = np.float32(max(0.0, 1 + change * strength))

    def saturate(band: Floats, _: int) -> Floats:
        grey = (band @ LUMA)[..., None]
        return grey + (band - grey) * gain

    return by_bands(pixels, saturate)


def _blurred(pixels: Pixels, strength: float) -> Pixels:
    soft = blurred_rows(pixels, strength * min(pixels.shape[:2]) / 90)
    return by_bands(pixels, lambda band, _: band, of=soft)


def _sharpened(pixels: Pixels, strength: float) -> Pixels:
    soft = blurred_rows(pixels, max(0.8, min(pixels.shape[:2]) / 700))

    def sharpen(band: Floats, top: int) -> Floats:
        difference = band - soft[top : top + band.shape[0]]
        return band + difference * np.float32(1.1 * strength)

    return by_bands(pixels, sharpen)


def _smoothed(pixels: Pixels, strength: float) -> Pixels:
    """Grain away, edges kept: what differs little from its surroundings is noise, and what differs much is not."""
    soft = blurred_rows(pixels, max(1.0, min(pixels.shape[:2]) / 420))

    def calm(band: Floats, top: int) -> Floats:
        difference = soft[top : top + len(band)] - band
        apart = np.abs(difference).max(axis=-1, keepdims=True)
        return np.asarray(band + difference * np.clip((_NOISE - apart) / (0.6 * _NOISE), 0, 1) * min(1.0, strength))

    return by_bands(pixels, calm)


_NOISE: Final = 30.0
"""Difference (8-bit levels) from its surroundings from which a pixel is detail."""


def _vignetted(pixels: Pixels, strength: float) -> Pixels:
    height_px, width_px = pixels.shape[:2]
    across = np.linspace(-1, 1, width_px, dtype=np.float32) ** 2
    down = np.linspace(-1, 1, height_px, dtype=np.float32) ** 2

    def shade(band: Floats, top: int) -> Floats:
        far = down[top : top + len(band), None] + across[None]
        dark = np.minimum(np.float32(0.4 * strength) * np.clip(far - 0.35, 0, 2) ** 1.5, 0.92)
        return np.asarray(band * (1 - dark)[..., None])

    return by_bands(pixels, shade)


def _grained(pixels: Pixels, strength: float) -> Pixels:
    dice = np.random.default_rng(pixels.shape[0] * 65_537 + pixels.shape[1])

    def strew(band: Floats, _: int) -> Floats:
        light = (band @ LUMA)[..., None] / 255
        # Film is grainiest where it is neither black nor white.
        room = 0.4 + 2.4 * light * (1 - light)
        return np.asarray(band + dice.standard_normal(band.shape[:2], np.float32)[..., None] * room * 13 * strength)

    return by_bands(pixels, strew)


def _dramatised(pixels: Pixels, strength: float) -> Pixels:
    """Light and dark drawn apart wherever they meet, and the whole a little darker."""
    grey = luma(pixels)
    around = blurred_rows(grey, min(grey.shape) / 14)

    def deepen(band: Floats, top: int) -> Floats:
        rows = slice(top, top + len(band))
        apart = (grey[rows].astype(np.float32) - around[rows])[..., None]
        deep = band + 0.65 * strength * apart
        return np.asarray((deep - 128) * (1 + 0.12 * strength) + 128 - 16 * strength)

    return by_bands(pixels, deepen)


def _filmed(pixels: Pixels, strength: float) -> Pixels:
    """Shadows towards teal and lights towards amber, as films are graded."""

    def grade(band: Floats, _: int) -> Floats:
        light = (band @ LUMA)[..., None] / 255
        cast = (1 - light) * np.array([-16, 3, 15], np.float32) + light * np.array([15, 4, -17], np.float32)
        return np.asarray((band - 120) * (1 + 0.12 * strength) + 116 + cast * strength)

    return _vignetted(by_bands(pixels, grade), 0.6 * strength)


def _enhanced(pixels: Pixels, strength: float) -> Pixels:
    """Black to black and white to white, colours a little purer, edges a little crisper."""
    levels = luma(pixels)[::4, ::4]
    low, high = np.quantile(levels, (0.01, 0.99)) / 255
    share = min(1.0, 0.7 * strength)
    stretched = (_LEVELS - low) / max(0.2, high - low)
    curve = (_LEVELS + (stretched - _LEVELS) * share) * 255
    open_ = through_curves(pixels, np.tile(curve, (3, 1)).astype(np.float32))
    return _sharpened(_saturated(0.18, open_, strength), 0.6 * strength)


_TONES: Final[Mapping[Tone, Callable[[Pixels, float], Pixels]]] = {
    Tone.BRIGHTEN: partial(_curved, _brightened),
    Tone.DARKEN: partial(_curved, _darkened),
    Tone.INVERT: partial(_curved, _inverted),
    Tone.CONTRAST: partial(_contrasted, 0.4),
    Tone.SOFTEN_CONTRAST: partial(_contrasted, -0.35),
    Tone.WARM: partial(_warmed, 1.0),
    Tone.COOL: partial(_warmed, -1.0),
    Tone.GREY: partial(_mixed, _GREY),
    Tone.SEPIA: partial(_mixed, _SEPIA),
    Tone.SATURATE: partial(_saturated, 0.45),
    Tone.DESATURATE: partial(_saturated, -0.5),
    Tone.BLUR: _blurred,
    Tone.SHARPEN: _sharpened,
    Tone.SMOOTH: _smoothed,
    Tone.VIGNETTE: _vignetted,
    Tone.GRAIN: _grained,
    Tone.DRAMATIC: _dramatised,
    Tone.CINEMATIC: _filmed,
    Tone.ENHANCE: _enhanced,
}
