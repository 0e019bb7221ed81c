"""A picture redone in a manner: paint, pencil, pixels, print, light tubes, an old photograph.

Brushwork is found on a copy of bounded size and brought back, so that a large picture costs little more than a small
one; grain and lines are made at full size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from limner.engines.sketch.edit_filters import LUMA, Floats, Plane, blurred, by_bands, luma, mixed, polygons
from limner.engines.sketch.edit_tones import adjusted
from limner.engines.sketch.edit_words import Style, Tone
from limner.engines.sketch.styles import STYLES
from limner.imaging.pixels import Pixels, from_grey, size_of
from limner.imaging.resize import stretch
from limner.job import Size


def restyled(pixels: Pixels, style: Style, seed: int) -> Pixels:
    """`pixels` in a manner; the same for the same seed. Alpha is kept."""
    out = _STYLES[style](pixels, np.random.default_rng(seed))
    if np.may_share_memory(out, pixels) or not out.flags.writeable:
        out = out.copy()
    out[..., 3] = pixels[..., 3]
    return out


_PAPER: Final = np.array([252, 250, 244], np.float32)
PIXEL_BLOCKS: Final = 66
"""Squares along the shorter side of pixel art."""
_FACETS: Final = 30
"""Facets from top to bottom of a low-poly picture."""
_PAINT_AREA_PX: Final = 1_100_000
"""Area brushwork is found on."""


def _painted(pixels: Pixels, radius_share: float, kept: int) -> Pixels:
    """Flat dabs with firm edges: each pixel takes the mean of whichever neighbouring patch is calmest.

    After Kuwahara's filter (1976), with Gaussian patches. radius_share: of the shorter side. kept: how much of the
    picture's own detail stays, of 255; without any, faces lose their eyes.
    """
    scale = min(1.0, (_PAINT_AREA_PX / (pixels.shape[0] * pixels.shape[1])) ** 0.5)
    size = Size(max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = work = stretch(pixels, size)
    radius_px = max(1, round(radius_share * min(work.shape[:2])))
    for _ in range(2):
        work = _calmed(work, radius_px)
    return stretch(mixed(work, small, kept), size_of(pixels))


def _calmed(pixels: Pixels, radius_px: int) -> Pixels:
    height_px, width_px = pixels.shape[:2]
    grey = luma(pixels)
    stray = np.abs(grey.astype(np.int16) - blurred(grey, radius_px * 0.62)).astype(np.uint8)
    stray = np.pad(blurred(stray, radius_px * 0.62), radius_px, mode="edge")
    mean = np.pad(
        blurred(pixels, radius_px * 0.62), ((radius_px, radius_px), (radius_px, radius_px), (0, 0)), mode="edge"
    )
    # Four bytes as one number: a pixel is then chosen whole, in a third of the time.
    dabs = mean.view(np.uint32)[..., 0]
    out = np.ascontiguousarray(pixels).view(np.uint32)[..., 0].copy()
    best = np.full(grey.shape, 255, np.uint8)
    for down, right in np.rint(radius_px * _TOWARDS).astype(int):
        view = np.s_[radius_px + down : radius_px + down + height_px, radius_px + right : radius_px + right + width_px]
        calmer = stray[view] < best
        np.copyto(best, stray[view], where=calmer)
        np.copyto(out, dabs[view], where=calmer)
    return out[..., None].view(np.uint8)


_TOWARDS: Final = np.array([(-0.8, -0.8), (-0.8, 0.8), (0.8, -0.8), (0.8, 0.8), (0, 1), (0, -1)])
"""Where the patches beside a pixel are, in radii: down and right."""


def _edges(grey: Plane, reach_px: int) -> Floats:
    """How much brightness changes about each pixel: (H, W) float32 in 0 to 255."""
    level = grey.astype(np.int16)
    across = np.zeros(grey.shape, np.float32)
    down = np.zeros(grey.shape, np.float32)
    across[:, reach_px:-reach_px] = level[:, 2 * reach_px :] - level[:, : -2 * reach_px]
    down[reach_px:-reach_px] = level[2 * reach_px :] - level[: -2 * reach_px]
    return np.hypot(across, down)


def _grain(shape: tuple[int, ...], dice: np.random.Generator, softness_px: float) -> Floats:
    """Paper or canvas: (H, W) float32, mean 0 and spread about 1, from a tile of noise."""
    side = 512
    noise = dice.integers(0, 256, (side, side), dtype=np.uint8)
    # Blurred with its own repetition around it, so that the tiles join without a seam.
    margin = side // 4
    tile = blurred(np.pad(noise, margin, mode="wrap"), softness_px)[margin:-margin, margin:-margin].astype(np.float32)
    tile = (tile - tile.mean()) / (tile.std() + 1e-6)
    repeats = (-(-shape[0] // side), -(-shape[1] // side))
    return np.tile(tile, repeats)[: shape[0], : shape[1]].astype(np.float32)


def _line_px(pixels: Pixels) -> int:
    return int(max(1, round(min(pixels.shape[:2]) / 640)))


def _watercolour(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    wash = _painted(pixels, 0.0052, 110)
    wet = blurred(wash[..., :3], min(pixels.shape[:2]) / 420)
    rim = blurred(np.clip(_edges(luma(wash), _line_px(pixels)), 0, 255).astype(np.uint8), _line_px(pixels) * 0.7)
    pools = _grain(pixels.shape, dice, min(30.0, min(pixels.shape[:2]) / 24))
    paper = _grain(pixels.shape, dice, 0.9)
    bare = _ragged(pixels.shape, pools)

    def lay(band: Floats, top: int) -> Floats:
        rows = np.s_[top : top + band.shape[0]]
        thin = (0.62 * band + 0.38 * wet[rows]) / 255
        # Pigment is thin: dark stays less dark, and gathers in pools and at the rims of each wash.
        load = np.clip(1 - thin, 0, 1) ** 1.08 * (0.84 + 0.02 * pools[rows] + 0.0026 * rim[rows])[..., None]
        grey = (load @ LUMA)[..., None]
        load = (grey + (load - grey) * 1.32) * bare[rows, :, None]
        return (1 - load + 0.008 * paper[rows][..., None]) * _PAPER

    return by_bands(wash, lay)


def _ragged(shape: tuple[int, ...], pools: Floats) -> Floats:
    """Where paint is: all but an uneven margin of bare paper. (H, W) from 0 to 1."""
    short = min(shape[:2])
    down = np.minimum(np.arange(shape[0]), np.arange(shape[0])[::-1]).astype(np.float32)[:, None]
    across = np.minimum(np.arange(shape[1]), np.arange(shape[1])[::-1]).astype(np.float32)[None]
    inside = np.minimum(down, across) / short + 0.004 * pools
    return np.asarray(np.clip((inside - 0.016) / 0.008, 0, 1), np.float32)


def _oil(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    dabs = adjusted(_painted(pixels, 0.006, 80), Tone.SATURATE, 0.6)
    bristles = _grain(pixels.shape, dice, 1.1) * 9
    relief = luma(dabs).astype(np.float32) * 0.5 + bristles
    reach = _line_px(pixels)
    light = np.zeros_like(relief)
    light[reach:, reach:] = relief[reach:, reach:] - relief[:-reach, :-reach]
    return by_bands(dabs, lambda band, top: band + np.clip(light[top : top + band.shape[0]], -26, 26)[..., None] * 0.75)


def _pixel(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    height_px, width_px = pixels.shape[:2]
    block = max(2, round(min(height_px, width_px) / PIXEL_BLOCKS))
    small = stretch(pixels, Size(-(-width_px // block), -(-height_px // block)))
    small = adjusted(adjusted(small, Tone.SATURATE, 0.6), Tone.CONTRAST, 0.4)
    palette = _palette(small, 28, dice)
    flat = small[..., :3].reshape(-1, 3).astype(np.float32)
    nearest = np.argmin(((flat[:, None] - palette[None]) ** 2).sum(axis=-1), axis=1)
    small = small.copy()
    small[..., :3] = np.rint(palette[nearest]).astype(np.uint8).reshape(*small.shape[:2], 3)
    return np.repeat(np.repeat(small, block, axis=0), block, axis=1)[:height_px, :width_px]


def _palette(pixels: Pixels, count: int, dice: np.random.Generator) -> Floats:
    """Few colours that stand for all of them: k-means over a sample, seeded far apart."""
    colours = pixels[..., :3].reshape(-1, 3).astype(np.float32)
    sample = colours[dice.permutation(len(colours))[:3000]]
    chosen = sample[:1]
    for _ in range(min(count, len(sample)) - 1):
        distance = ((sample[:, None] - chosen[None]) ** 2).sum(axis=-1).min(axis=1)
        chosen = np.concatenate([chosen, sample[[int(np.argmax(distance))]]])
    for _ in range(5):
        nearest = np.argmin(((sample[:, None] - chosen[None]) ** 2).sum(axis=-1), axis=1)
        for index in range(len(chosen)):
            members = sample[nearest == index]
            if len(members):
                chosen[index] = members.mean(axis=0)
    return chosen


def _stepped(levels: int, pixels: Pixels, edge_share: float) -> Pixels:
    """Brightness in a few flat steps, with dark outlines where it changes much."""
    outline = blurred(np.clip(_edges(luma(pixels), _line_px(pixels)), 0, 255).astype(np.uint8), _line_px(pixels) * 0.7)

    def step(band: Floats, top: int) -> Floats:
        light = np.maximum((band @ LUMA) / 255, 0.004)
        place = light * levels
        flat = (np.floor(place) + np.clip((place - np.floor(place) - 0.9) * 10, 0, 1) + 0.35) / levels
        line = outline[top : top + band.shape[0]].astype(np.float32)
        ink = 1 - np.clip((line - 26) / 60, 0, 1) * np.float32(edge_share)
        return np.asarray(band * (flat / light * ink)[..., None])

    return by_bands(pixels, step)


def _cartoon(pixels: Pixels, _: np.random.Generator) -> Pixels:
    flat = adjusted(adjusted(_painted(pixels, 0.0045, 100), Tone.SATURATE, 0.8), Tone.BRIGHTEN, 0.3)
    return _stepped(7, flat, 0.9)


def _neon(pixels: Pixels, _: np.random.Generator) -> Pixels:
    calm = _painted(pixels, 0.004, 70)
    tubes = np.clip((_edges(luma(calm), _line_px(pixels)) - 14) * 4.2, 0, 255).astype(np.uint8)
    colours = adjusted(adjusted(calm, Tone.SATURATE, 4.0), Tone.BRIGHTEN, 0.8)[..., :3]
    colours = np.maximum(colours, np.array([70, 30, 110], np.uint8))
    lit = (colours * (tubes.astype(np.float32) / 255)[..., None]).astype(np.uint8)
    short = min(pixels.shape[:2])
    near, far = blurred(lit, short / 260), blurred(lit, short / 55)

    def glow(band: Floats, top: int) -> Floats:
        rows = np.s_[top : top + band.shape[0]]
        dark = band * np.array([0.1, 0.07, 0.16], np.float32) + np.array([6, 2, 16], np.float32)
        core = np.clip(lit[rows].astype(np.float32) - 120, 0, 255) * 0.7
        glowing = lit[rows] * np.float32(0.75) + near[rows] * np.float32(0.9) + far[rows] * np.float32(1.3)
        return np.asarray(dark + glowing + core)

    return by_bands(calm, glow)


def _lowpoly(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    corners, colours = facets(pixels, dice)
    return polygons(corners, colours[:, :3], pixels.shape[1], pixels.shape[0])


def facets(pixels: Pixels, dice: np.random.Generator) -> tuple[Floats, Plane]:
    """Triangles between one point per cell of a grid, each point pulled to the sharpest edge in its cell.

    Corners (N, 3, 2), x and y in pixels, and their colours (N, 4) uint8.
    """
    height_px, width_px = pixels.shape[:2]
    rows, columns = _FACETS, min(3 * _FACETS, max(2, round(_FACETS * width_px / height_px)))
    edges = stretch(_grey_pixels(_edges(luma(pixels), _line_px(pixels))), Size(columns * 8, rows * 8))[..., 0]
    pull = edges.reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3).reshape(rows, columns, 64)
    best = np.argmax(pull + dice.uniform(0, 24, pull.shape), axis=-1)
    y = (np.arange(rows)[:, None] + (best // 8 + 0.5) / 8) * height_px / rows
    x = (np.arange(columns)[None] + (best % 8 + 0.5) / 8) * width_px / columns
    y, x = np.pad(y, 1, mode="edge"), np.pad(x, 1, mode="edge")
    y[0], y[-1], x[:, 0], x[:, -1] = 0, height_px, 0, width_px
    corners = np.stack([x, y], axis=-1)
    soft = blurred(pixels, min(height_px / rows, width_px / columns) / 5)
    upper = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, :-1]], axis=2)
    lower = np.stack([corners[1:, 1:], corners[:-1, 1:], corners[1:, :-1]], axis=2)
    triangles = np.concatenate([upper.reshape(-1, 3, 2), lower.reshape(-1, 3, 2)])
    middle = triangles.mean(axis=1).astype(int)
    colours = soft[np.clip(middle[:, 1], 0, height_px - 1), np.clip(middle[:, 0], 0, width_px - 1)]
    return triangles, adjusted(colours[None], Tone.CONTRAST, 0.4)[0]


def _grey_pixels(level: Floats) -> Pixels:
    return from_grey(np.clip(level, 0, 255).astype(np.uint8))


def _sepia(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    faded = adjusted(adjusted(pixels, Tone.SEPIA, 0.82), Tone.SOFTEN_CONTRAST, 0.45)
    grain = _grain(pixels.shape, dice, 0.7)

    def age(band: Floats, top: int) -> Floats:
        lifted = band * np.float32(0.9) + np.array([24, 19, 12], np.float32)
        return lifted + grain[top : top + band.shape[0], :, None] * np.float32(5)

    return adjusted(by_bands(faded, age), Tone.VIGNETTE, 0.9)


def _mono(pixels: Pixels, dice: np.random.Generator) -> Pixels:
    grain = _grain(pixels.shape, dice, 0.7)
    grey = adjusted(adjusted(pixels, Tone.GREY, 1.0), Tone.CONTRAST, 0.8)
    grained = by_bands(grey, lambda band, top: band + grain[top : top + band.shape[0], :, None] * np.float32(4.5))
    return adjusted(grained, Tone.VIGNETTE, 0.75)


_STYLES: Final[Mapping[Style, Callable[[Pixels, np.random.Generator], Pixels]]] = {
    Style.WATERCOLOUR: _watercolour,
    Style.OIL: _oil,
    Style.PIXEL: _pixel,
    Style.LOWPOLY: _lowpoly,
    Style.CARTOON: _cartoon,
    Style.NEON: _neon,
    Style.SEPIA: _sepia,
    Style.MONO: _mono,
} | {Style(name): restyle for name, restyle in STYLES.items()}
