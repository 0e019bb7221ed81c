"""One step of an edit done to a picture: the place where steps meet the modules that carry them out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from typing import Final

import numpy as np

from limner.engines.sketch.colour import Colour
from limner.engines.sketch.edit_filters import blurred, enlarged_rows, mixed, turned
from limner.engines.sketch.edit_insert import box_for
from limner.engines.sketch.edit_letters import lettered
from limner.engines.sketch.edit_matte import Matte, cut_out, find_matte
from limner.engines.sketch.edit_objects import box_near, box_of, rearranged, with_drawn, without
from limner.engines.sketch.edit_regions import region_of, subject_of_middle
from limner.engines.sketch.edit_settle import photographed
from limner.engines.sketch.edit_sky import find_sky
from limner.engines.sketch.edit_steps import (
    Add,
    Adjust,
    Backdrop,
    Border,
    ChangeWeather,
    Crop,
    CropTo,
    CutOut,
    Flip,
    Near,
    Rearrange,
    Recolour,
    Remove,
    Restyle,
    Step,
    Swap,
    Turn,
    Write,
)
from limner.engines.sketch.edit_tones import adjusted, likeness_to, recoloured, recoloured_from
from limner.engines.sketch.edit_weather import weathered
from limner.engines.sketch.edit_words import Region, Tone
from limner.engines.sketch.paint import paint
from limner.engines.sketch.styles import restyled
from limner.imaging.composite import composite
from limner.imaging.pixels import Mask, Pixels, flatten, size_of
from limner.job import Quality, Size


@dataclass(frozen=True, slots=True)
class Outcome:
    """A picture, and whether the step could be done; undone, the picture is the same."""

    pixels: Pixels
    done: bool = True


@dataclass(frozen=True, slots=True)
class Hand:
    """How a step is drawn."""

    seed: int
    quality: Quality


def is_geometry(step: Step) -> bool:
    """Whether a step moves pixels about: it is best done before a picture is cut to its size."""
    return isinstance(step, Turn | Flip | Crop | CropTo)


@singledispatch
def applied(step: Step, pixels: Pixels, hand: Hand) -> Outcome:
    """`pixels` after one step. Never writes to them; a step of geometry may change their size."""
    raise NotImplementedError(f"no hand for {type(step).__name__}")


@applied.register
def _adjust(step: Adjust, pixels: Pixels, _: Hand) -> Outcome:
    if step.tone is Tone.BLUR and step.region is Region.BACKGROUND:
        # What is out of focus must not have the subject's colours run into it.
        matte = find_matte(pixels)
        if matte is not None and matte.behind is not None:
            clear = before_nothing(pixels, matte)
            return Outcome(mixed(adjusted(clear, step.tone, step.strength), pixels, matte.alpha))
    return _in_part(pixels, step.region, lambda _: adjusted(pixels, step.tone, step.strength))


@applied.register
def _recolour(step: Recolour, pixels: Pixels, _: Hand) -> Outcome:
    if step.source is not None:
        return Outcome(recoloured_from(pixels, step.source, step.to))
    return _in_part(pixels, step.region, lambda part: recoloured(pixels, step.to, part))


@applied.register
def _turn(step: Turn, pixels: Pixels, _: Hand) -> Outcome:
    quarters, rest = divmod(step.degrees, 90)
    if not rest:
        return Outcome(np.rot90(pixels, -int(quarters) % 4))
    spun = turned(pixels, step.degrees)
    # The largest upright rectangle of the same proportions within a turned one, so that no corner is empty.
    height_px, width_px = pixels.shape[:2]
    angle = np.deg2rad(step.degrees)
    sine, cosine = abs(np.sin(angle)), abs(np.cos(angle))
    scale = 0.995 / max(cosine + sine * height_px / width_px, cosine + sine * width_px / height_px)
    inner = max(1, int(width_px * scale)), max(1, int(height_px * scale))
    left, top = (spun.shape[1] - inner[0]) // 2, (spun.shape[0] - inner[1]) // 2
    return Outcome(spun[top : top + inner[1], left : left + inner[0]])


@applied.register
def _flip(step: Flip, pixels: Pixels, _: Hand) -> Outcome:
    return Outcome(pixels[::-1] if step.vertical else pixels[:, ::-1])


@applied.register
def _crop(step: Crop, pixels: Pixels, _: Hand) -> Outcome:
    height_px, width_px = pixels.shape[:2]
    left, top = round(step.left * width_px), round(step.top * height_px)
    right, bottom = max(left + 1, round(step.right * width_px)), max(top + 1, round(step.bottom * height_px))
    return Outcome(pixels[top:bottom, left:right])


@applied.register
def _crop_to(step: CropTo, pixels: Pixels, _: Hand) -> Outcome:
    part = region_of(pixels, step.region)
    if part is None:
        return Outcome(pixels, done=False)
    height_px, width_px = part.shape
    rows, columns = np.flatnonzero((part > _HALF).any(axis=1)), np.flatnonzero((part > _HALF).any(axis=0))
    middle_x, middle_y = (columns[0] + columns[-1] + 1) / 2, (rows[0] + rows[-1] + 1) / 2
    scale = max((columns[-1] + 1 - columns[0]) / width_px, (rows[-1] + 1 - rows[0]) / height_px) * _CROP_ROOM
    # The picture keeps its proportions, or what it is cut to afterwards would cut the subject.
    wide, high = round(min(1.0, scale) * width_px), round(min(1.0, scale) * height_px)
    left, top = (
        round(min(whole - part, max(0.0, middle - part / 2)))
        for middle, part, whole in ((middle_x, wide, width_px), (middle_y, high, height_px))
    )
    return Outcome(pixels[top : top + max(1, high), left : left + max(1, wide)])


@applied.register
def _remove(step: Remove, pixels: Pixels, _: Hand) -> Outcome:
    part = region_of(pixels, step.region) if step.source is None else likeness_to(pixels, step.source)
    return _outcome(pixels, None if part is None else without(pixels, part))


_HALF: Final = 127
_CROP_ROOM: Final = 1.16
_BORDER: Final = 0.045
_VEILED: Final = 24


@applied.register
def _restyle(step: Restyle, pixels: Pixels, hand: Hand) -> Outcome:
    return Outcome(restyled(pixels, step.style, hand.seed))


@applied.register
def _change_weather(step: ChangeWeather, pixels: Pixels, hand: Hand) -> Outcome:
    return Outcome(weathered(pixels, step.weather, hand.seed))


@applied.register
def _add(step: Add, pixels: Pixels, hand: Hand) -> Outcome:
    matte = find_matte(pixels) if isinstance(step.place, Near) else None
    if isinstance(step.place, Near):
        if matte is None:
            return Outcome(pixels, done=False)
        box = box_near(matte.alpha, step.place)
    else:
        box = box_for(pixels, step.place)
    return _outcome(pixels, with_drawn(pixels, step.subject, box, hand.seed, on=step.place is Near.ON_TOP))


@applied.register
def _swap(step: Swap, pixels: Pixels, hand: Hand) -> Outcome:
    matte = find_matte(pixels)
    box = None if matte is None else box_of(matte.alpha)
    ground = None if matte is None else without(pixels, matte.alpha)
    if box is None or ground is None:
        return Outcome(pixels, done=False)
    return _outcome(pixels, with_drawn(ground, step.subject, box, hand.seed))


@applied.register
def _rearrange(step: Rearrange, pixels: Pixels, _: Hand) -> Outcome:
    matte = find_matte(pixels)
    return _outcome(pixels, None if matte is None else rearranged(pixels, matte, step))


@applied.register
def _border(step: Border, pixels: Pixels, _: Hand) -> Outcome:
    wide = max(1, round(_BORDER * min(pixels.shape[:2])))
    out = np.empty_like(pixels)
    out[:] = (step.colour.red, step.colour.green, step.colour.blue, 255)
    inner = np.s_[wide : max(wide, pixels.shape[0] - wide), wide : max(wide, pixels.shape[1] - wide)]
    out[inner] = pixels[inner]
    return Outcome(out)


def _outcome(pixels: Pixels, changed: Pixels | None) -> Outcome:
    return Outcome(pixels, done=False) if changed is None else Outcome(changed)


@applied.register
def _cut_out(_: CutOut, pixels: Pixels, _hand: Hand) -> Outcome:
    matte = find_matte(pixels)
    return Outcome(pixels, done=False) if matte is None else Outcome(cut_out(pixels, matte))


@applied.register
def _backdrop(step: Backdrop, pixels: Pixels, hand: Hand) -> Outcome:
    if step.region is Region.SKY:
        sky = find_sky(pixels)
        if sky is None:
            return Outcome(pixels, done=False)
        return Outcome(mixed(pixels, _scene(step.scene, size_of(pixels), hand), sky))
    matte = find_matte(pixels)
    if matte is None:
        return Outcome(pixels, done=False)
    return Outcome(before(pixels, matte, _scene(step.scene, size_of(pixels), hand)))


@applied.register
def _write(step: Write, pixels: Pixels, _: Hand) -> Outcome:
    return Outcome(lettered(pixels, step.text, step.place, step.colour))


def before(pixels: Pixels, matte: Matte, scene: Pixels) -> Pixels:
    """The subject of `pixels` in front of `scene`, both of one size."""
    solid = cut_out(pixels, matte)
    solid[..., 3] = 255
    return composite(scene, solid, matte.alpha)


def _in_part(pixels: Pixels, region: Region, change: Callable[[Mask | None], Pixels]) -> Outcome:
    """`change`, told where it matters, done to a region alone.

    A subject that cannot be told from its background is taken to fill the picture, and to stand in the middle when
    it is the background that shall change.
    """
    part = None if region is Region.WHOLE else region_of(pixels, region)
    if part is None and region is Region.BACKGROUND:
        part = np.subtract(255, subject_of_middle(pixels), dtype=np.uint8)
    if part is None:
        return Outcome(change(None)) if region in (Region.WHOLE, Region.SUBJECT) else Outcome(pixels, done=False)
    return Outcome(mixed(pixels, change(part), part))


def before_nothing(pixels: Pixels, matte: Matte) -> Pixels:
    """`pixels` with the background's colours carried on over the subject: good enough to be blurred."""
    assert matte.behind is not None, "a background that is known"
    wide = blurred(matte.alpha, max(1.0, min(pixels.shape[:2]) / 100))
    veil = enlarged_rows(matte.behind, *pixels.shape[:2])
    return mixed(pixels, veil, (wide > _VEILED) * np.uint8(255))


def _scene(scene: str | Colour, size: Size, hand: Hand) -> Pixels:
    if isinstance(scene, str):
        return photographed(flatten(paint(scene, size, seed=hand.seed, quality=hand.quality, transparent=False)))
    return np.full((size.height_px, size.width_px, 4), (scene.red, scene.green, scene.blue, 255), np.uint8)
