"""A picture in another light or weather: night, sunset, snow, rain, fog. What it shows stays where it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from limner.engines.sketch.edit_filters import (
    LUMA,
    Floats,
    Plane,
    blurred,
    blurred_rows,
    by_bands,
    enlarged,
    enlarged_rows,
    luma,
)
from limner.engines.sketch.edit_regions import region_of
from limner.engines.sketch.edit_sky import find_sky
from limner.engines.sketch.edit_words import Region, Weather
from limner.imaging.pixels import Mask, Pixels, bands


def weathered(pixels: Pixels, weather: Weather, seed: int) -> Pixels:
    """`pixels` in a weather; the same for the same seed. Alpha is kept."""
    return _WEATHERS[weather](pixels, np.random.default_rng(seed))


def _sky(pixels: Pixels) -> Mask:
    """How surely each pixel is sky; all zero where none is seen."""
    sky = find_sky(pixels)
    return np.zeros(pixels.shape[:2], np.uint8) if sky is None else sky


def _share(weights: Plane, rows: slice) -> Floats:
    """Some rows of weights as (rows, W, 1) float32 in 0 to 1."""
    return np.asarray(weights[rows, :, None] * np.float32(1 / 255))


def _down(height_px: int) -> Floats:
    return np.linspace(0, 1, height_px, dtype=np.float32)[:, None, None]


def _graded(pixels: Pixels, change: Callable[[Floats, slice], Floats]) -> Pixels:
    return by_bands(pixels, lambda band, top: change(band, slice(top, top + band.shape[0])))


def _night(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    sky = _sky(pixels)
    stars = _flakes(pixels.shape, dice, 260, (0.0006, 0.0016))
    moon = _moon(pixels.shape, sky)
    down = _down(pixels.shape[0])
    grey = luma(pixels)
    short = min(grey.shape)
    lamps = _lamps(grey, sky)
    wide, tight = blurred_rows(lamps, short / 42), blurred_rows(lamps, short / 160)
    # What is dark already must not go black.
    exposure = np.float32(np.clip(0.36 + (120 - float(grey.mean())) / 260, 0.36, 0.72))

    def dim(band: Floats, rows: slice) -> Floats:
        light = (band @ LUMA)[..., None]
        pure = light + (band - light) * 0.72
        dark = pure * exposure * (0.6 + 0.4 * light / 255) * np.array([0.66, 0.8, 1.12], np.float32)
        depth = np.array([9, 17, 46], np.float32) + down[rows] * np.array([26, 38, 54], np.float32)
        open_ = _share(sky, rows)
        share = open_ * np.float32(0.82)
        dark = dark * (1 - share) + depth * share + np.array([3, 5, 13], np.float32)
        glow = wide[rows] * np.float32(1.6) + tight[rows]
        shine = glow[..., None] * np.array([1.0, 0.72, 0.36], np.float32)
        lit = np.maximum(dark, band * _share(lamps, rows))
        high = stars[rows, :, None] * (open_ * open_ * np.float32(0.9))
        high = high + moon(rows) * open_ * np.array([250, 244, 220], np.float32)
        return np.asarray(lit + shine * 0.7 + high)

    return _graded(pixels, dim)


def _lamps(grey: Plane, sky: Mask) -> Plane:
    """What shines: small, bright and no sky. 0 to 255."""
    surroundings = blurred_rows(grey, min(grey.shape) / 22)
    shining = np.empty_like(grey)
    for rows in bands(len(grey)):
        level, around = grey[rows].astype(np.int16), surroundings[rows].astype(np.int16)
        peak = np.clip((level - around - 45) * 4, 0, 255)
        bright = np.clip((level - 226) * 10, 0, 255)
        # Daylight on white paint is bright, too; lamps stand in the dark.
        dusk = np.clip((140 - around) * 4, 0, 255)
        shining[rows] = np.minimum(np.minimum(peak, bright), dusk) * (1 - sky[rows] * np.float32(1 / 255))
    return shining


def _moon(shape: tuple[int, ...], sky: Mask) -> Callable[[slice], Floats]:
    """A disc with a glow, high on whichever side has more sky; nothing when there is hardly any.

    Rows to (rows, W, 1) float32 in 0 to 1.
    """
    height_px, width_px = shape[:2]
    corner = sky[: max(1, height_px // 3)]
    left, right = float(corner[:, : max(1, width_px // 2)].mean()), float(corner[:, width_px // 2 :].mean())
    if max(left, right) < 0.4 * 255:  # no room for it
        return lambda _: np.zeros((1, 1, 1), np.float32)
    short = min(height_px, width_px)
    x = np.arange(width_px, dtype=np.float32)[None] - width_px * (0.2 if left > right else 0.8)
    y = np.arange(height_px, dtype=np.float32)[:, None] - height_px * 0.16

    def light(rows: slice) -> Floats:
        distance = np.hypot(x, y[rows]) / np.float32(short)
        disc = np.clip((0.042 - distance) * short / 2, 0, 1)
        glow = 0.4 * np.exp(-np.square(distance / 0.11), dtype=np.float32)
        return np.asarray(np.maximum(disc, glow)[..., None])

    return light


def _sunset(pixels: Pixels, _: np.random.Generator) -> Pixels:
    sky = _sky(pixels)
    down = _down(pixels.shape[0])
    mostly_sky = sky.mean(axis=1) > 0.3 * 255  # the rest being towers and trees
    horizon = float(np.clip(mostly_sky.mean(), 0.35, 0.75))
    stops = np.array([[96, 62, 128], [236, 112, 92], [255, 190, 98]], np.float32)
    place = np.clip(down[:, 0, 0] / horizon, 0, 1)
    glow = np.stack([np.interp(place, (0, 0.55, 1), stops[:, channel]) for channel in range(3)], axis=-1)[:, None]

    haze = np.float32(0.1 if sky.any() else 0.0)
    # How much of a low sun's light, from the left, gets to each column and each row.
    across = np.exp(-np.square(np.linspace(0, 1 / 0.6, pixels.shape[1], dtype=np.float32)))[None, :, None]
    slanting = np.exp(-np.square((down - 0.35) / 0.7))

    def warm(band: Floats, rows: slice) -> Floats:
        light = (band @ LUMA)[..., None]
        lit = band * (0.66 + 0.34 * light / 255) * np.array([1.1, 0.88, 0.7], np.float32) + np.array(
            [10, 3, 14], np.float32
        )
        air = glow[rows] * (0.42 + 0.62 * light / 255)
        share = _share(sky, rows) * np.float32(0.88)
        lit = lit + (glow[rows] - lit) * haze
        # The last light comes from one side and catches what is bright.
        lit = lit + slanting[rows] * across * (0.25 + 0.75 * light / 255) * np.array([92, 52, 14], np.float32)
        return np.asarray(lit * (1 - share) + air * share)

    return _graded(pixels, warm)


def _snow(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    sky = _sky(pixels)
    down = _down(pixels.shape[0])
    grey = luma(pixels)
    reach = max(1, round(min(grey.shape) / 240))
    # Snow lies on what faces up: where it is brighter than what is below, and more towards the ground.
    lit = np.zeros_like(grey)
    lit[:-reach] = np.maximum(grey[:-reach], grey[reach:]) - grey[reach:]
    lies = blurred_rows((np.minimum(np.arange(256) / 40, 1) * 255).astype(np.uint8)[lit], reach)
    far = _flakes(pixels.shape, dice, 1500, (0.0010, 0.0022))
    near = _flakes(pixels.shape, dice, 260, (0.003, 0.006))

    def cover(band: Floats, rows: slice) -> Floats:
        light = (band @ LUMA)[..., None]
        pale = light + (band - light) * 0.55
        cold = 255 - (255 - pale * 1.03) * 0.86 + np.array([-5, 0, 7], np.float32)
        ground = np.clip(down[rows] - 0.5, 0, 1) * 1.5 * np.clip(light / 110, 0.15, 1) * (1 - _share(sky, rows))
        share = np.clip(ground + lies[rows][..., None] * np.float32(0.75 / 255), 0, 0.92)
        white = np.array([236, 242, 250], np.float32) * (0.66 + 0.34 * light / 255)
        snowed = cold * (1 - share) + white * share
        flakes = np.maximum(far[rows] * np.float32(0.8), near[rows] * np.float32(0.9))[..., None] / 255
        return np.asarray(snowed + (255 - snowed) * flakes)

    return _graded(pixels, cover)


def _rain(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    streaks = _streaks(pixels.shape, dice)

    def wet(band: Floats, rows: slice) -> Floats:
        light = (band @ LUMA)[..., None]
        dull = (light + (band - light) * 0.55) * np.array([0.7, 0.76, 0.84], np.float32) + np.array(
            [10, 13, 18], np.float32
        )
        return dull + (232 - dull) * streaks[rows, :, None] * np.float32(1 / 255)

    return _graded(pixels, wet)


def _day(pixels: Pixels, _: np.random.Generator) -> Pixels:
    sky = _sky(pixels)
    sample = luma(pixels[::4, ::4])
    above = sky[::4, ::4] > 127  # noqa: PLR2004 - what is more sky than ground
    ground = sample[~above]
    middle, high = np.quantile(ground if ground.size else sample, (0.5, 0.9)) / 255
    usual = float(np.clip((middle + 0.5 * high) / 1.5, 0.02, 0.9))
    # Exposed for what stands in the light, as a camera would be.
    gamma = np.float32(np.clip(np.log(_DAYLIGHT) / np.log(usual), 0.42, 1.05))
    blue = np.array([78, 142, 220], np.float32) + _down(len(pixels)) * np.array([118, 88, 28], np.float32)
    dull = np.float32(np.clip(1.6 - float(sample[above].mean()) / 110, 0.3, 0.95)) if above.any() else np.float32(0)

    def lit(band: Floats, rows: slice) -> Floats:
        open_ = (np.clip(band, 0, 255) / 255) ** gamma * 255
        light = (open_ @ LUMA)[..., None]
        sunny = light + (open_ - light) * 1.16
        sunny = (sunny - 118) * 1.08 + 122 + np.array([7, 3, -6], np.float32)
        share = _share(sky, rows) * dull
        return np.asarray(sunny * (1 - share) + (0.8 * blue[rows] + 0.2 * open_) * share)

    return _graded(pixels, lit)


_DAYLIGHT: Final = 0.47
"""Where the middle of a well exposed picture lies, from 0 to 1."""


def _overcast(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    sky = _sky(pixels)
    height_px, width_px = pixels.shape[:2]
    coarse = enlarged(dice.integers(0, 256, (5, 7), dtype=np.uint8), 60, 84)
    fine = enlarged(dice.integers(0, 256, (15, 21), dtype=np.uint8), 60, 84)
    clouds = blurred(((coarse.astype(np.uint16) * 2 + fine) // 3).astype(np.uint8), 2.5)
    banks = enlarged_rows(clouds, height_px, width_px)
    down = _down(height_px)

    def dull(band: Floats, rows: slice) -> Floats:
        light = (band @ LUMA)[..., None]
        flat = light + (band - light) * 0.6
        flat = ((flat - 120) * 0.86 + 110) * np.array([0.95, 0.98, 1.03], np.float32)
        swell = (banks[rows].astype(np.float32)[..., None] - 128) * 0.62
        cloud = 132 + 66 * np.clip(down[rows] / 0.6, 0, 1) + swell + np.array([-5, 0, 6], np.float32)
        share = _share(sky, rows) * np.float32(0.9)
        return np.asarray(flat * (1 - share) + cloud * share)

    return _graded(pixels, dull)


def _autumn(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    leaves = region_of(pixels, Region.GREENERY)
    height_px, width_px = pixels.shape[:2]
    cells = (
        max(3, round(12 * height_px / max(height_px, width_px))),
        max(3, round(12 * width_px / max(height_px, width_px))),
    )
    patches = enlarged_rows(
        blurred(enlarged(dice.integers(0, 256, cells, dtype=np.uint8), cells[0] * 8, cells[1] * 8), 2.0),
        max(height_px, cells[0] * 8),
        max(width_px, cells[1] * 8),
    )
    gold, rust = np.array([1.42, 0.98, 0.34], np.float32), np.array([1.5, 0.66, 0.3], np.float32)

    def turn(band: Floats, rows: slice) -> Floats:
        light = (band @ LUMA)[..., None]
        warm = band * np.array([1.06, 0.99, 0.88], np.float32)
        if leaves is None:
            return np.asarray(warm)
        mix = np.clip((patches[rows][:, :width_px].astype(np.float32)[..., None] - 90) / 80, 0, 1)
        turned = light * (gold * (1 - mix) + rust * mix)
        share = _share(leaves, rows) * np.float32(0.9)
        return np.asarray(warm * (1 - share) + turned * share)

    return _graded(pixels, turn)


def _fog(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    height_px, width_px = pixels.shape[:2]
    cells = dice.integers(0, 256, (6, 6), dtype=np.uint8)
    drift = enlarged_rows(blurred(enlarged(cells, 96, 96), 8), height_px, width_px)
    down = _down(height_px)

    def veil(band: Floats, rows: slice) -> Floats:
        swell = (drift[rows].astype(np.float32)[..., None] - 128) / 128
        # Thicker with distance, and distance is up.
        share = np.clip(0.7 - 0.4 * down[rows] + 0.12 * swell, 0.1, 0.9)
        return band + (np.array([216, 221, 226], np.float32) - band) * share

    return _graded(pixels, veil)


def _flakes(shape: tuple[int, ...], dice: np.random.Generator, count: int, radii: tuple[float, float]) -> Plane:
    """Soft dots over the picture, brightness as (H, W) uint8. radii: smallest and largest, of the shorter side."""
    height_px, width_px = shape[:2]
    short = min(height_px, width_px)
    sheet = np.zeros((height_px, width_px), np.uint8)
    xs, ys = dice.uniform(0, width_px, count), dice.uniform(0, height_px, count)
    sizes = np.maximum(0.6, dice.uniform(*radii, count) * short)
    reach = int(np.ceil(sizes.max())) + 1
    offsets = np.arange(-reach, reach + 1)
    rows = ys.astype(int)[:, None, None] + offsets[None, :, None]
    columns = xs.astype(int)[:, None, None] + offsets[None, None, :]
    distance = np.hypot(rows - ys[:, None, None], columns - xs[:, None, None])
    light = np.clip(1.3 - distance / sizes[:, None, None], 0, 1) * dice.uniform(0.5, 1, (count, 1, 1)) * 255
    within = (rows >= 0) & (rows < height_px) & (columns >= 0) & (columns < width_px)
    rows, columns = np.broadcast_arrays(rows, columns)
    np.maximum.at(sheet, (rows[within], columns[within]), light[within].astype(np.uint8))
    return sheet


def _streaks(shape: tuple[int, ...], dice: np.random.Generator) -> Plane:
    """Slanting lines of rain, brightness as (H, W) uint8."""
    height_px, width_px = shape[:2]
    short = min(height_px, width_px)
    sheet = np.zeros((height_px, width_px), np.uint8)
    count = 900
    xs, ys = dice.uniform(-0.1, 1.1, count) * width_px, dice.uniform(-0.1, 1, count) * height_px
    lengths, lights = dice.uniform(0.02, 0.075, count) * short, dice.uniform(50, 165, count)
    along = np.arange(0, int(lengths.max()) + 1)
    rows = (ys[:, None] + along).astype(int)
    columns = (xs[:, None] - along * 0.22).astype(int)
    fade = np.clip(np.minimum(along, lengths[:, None] - along) / (0.25 * lengths[:, None]), 0, 1)
    light = np.where(along < lengths[:, None], lights[:, None] * fade, 0).astype(np.uint8)
    for wide in range(max(1, round(short / 700))):
        within = (rows >= 0) & (rows < height_px) & (columns + wide >= 0) & (columns + wide < width_px)
        np.maximum.at(sheet, (rows[within], columns[within] + wide), light[within])
    return blurred(sheet, max(0.5, short / 1800))


_WEATHERS: Final[Mapping[Weather, Callable[[Pixels, np.random.Generator], Pixels]]] = {
    Weather.DAY: _day,
    Weather.NIGHT: _night,
    Weather.SUNSET: _sunset,
    Weather.OVERCAST: _overcast,
    Weather.AUTUMN: _autumn,
    Weather.SNOW: _snow,
    Weather.RAIN: _rain,
    Weather.FOG: _fog,
}
