"""One step of an edit done to a picture: the place where steps meet the modules that carry them out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Final

import numpy as np

from limner.engines.sketch.colour import Colour
from limner.engines.sketch.edit_filters import Plane, enlarged, mixed, turned
from limner.engines.sketch.edit_insert import box_for, fitted, inserted, trimmed
from limner.engines.sketch.edit_letters import lettered
from limner.engines.sketch.edit_matte import Matte, cut_out, find_matte
from limner.engines.sketch.edit_steps import (
    Add,
    Adjust,
    Backdrop,
    ChangeWeather,
    Crop,
    CutOut,
    Flip,
    Recolour,
    Restyle,
    Step,
    Turn,
    Write,
)
from limner.engines.sketch.edit_styles import restyled
from limner.engines.sketch.edit_tones import adjusted, recoloured, recoloured_from
from limner.engines.sketch.edit_weather import weathered
from limner.engines.sketch.edit_words import Region
from limner.engines.sketch.paint import paint, paint_subject
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
    return isinstance(step, Turn | Flip | Crop)


@singledispatch
def applied(step: Step, pixels: Pixels, hand: Hand) -> Outcome:
    """`pixels` after one step. Never writes to them; a step of geometry may change their size."""
    raise NotImplementedError(f"no hand for {type(step).__name__}")


@applied.register
def _adjust(step: Adjust, pixels: Pixels, _: Hand) -> Outcome:
    part = _part(pixels, step.region)
    changed = adjusted(pixels, step.tone, step.strength)
    return Outcome(changed if part is None else mixed(pixels, changed, part))


@applied.register
def _recolour(step: Recolour, pixels: Pixels, _: Hand) -> Outcome:
    if step.source is not None:
        return Outcome(recoloured_from(pixels, step.source, step.to))
    part = _part(pixels, step.region)
    changed = recoloured(pixels, step.to, part)
    return Outcome(changed if part is None else mixed(pixels, changed, part))


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
def _restyle(step: Restyle, pixels: Pixels, hand: Hand) -> Outcome:
    return Outcome(restyled(pixels, step.style, hand.seed))


@applied.register
def _change_weather(step: ChangeWeather, pixels: Pixels, hand: Hand) -> Outcome:
    return Outcome(weathered(pixels, step.weather, hand.seed))


@applied.register
def _add(step: Add, pixels: Pixels, hand: Hand) -> Outcome:
    box = box_for(pixels, step.place)
    drawn = paint_subject(step.subject, box.size, seed=hand.seed)
    guest = trimmed(drawn.pixels)
    if guest is None or not drawn.recognised:
        return Outcome(pixels, done=False)
    return Outcome(inserted(pixels, guest, fitted(box, guest)))


@applied.register
def _cut_out(_: CutOut, pixels: Pixels, _hand: Hand) -> Outcome:
    matte = find_matte(pixels)
    return Outcome(pixels, done=False) if matte is None else Outcome(cut_out(pixels, matte))


@applied.register
def _backdrop(step: Backdrop, pixels: Pixels, hand: Hand) -> Outcome:
    matte = find_matte(pixels)
    if matte is None:
        return Outcome(pixels, done=False)
    return Outcome(before(pixels, matte, _scene(step.scene, size_of(pixels), hand)))


@applied.register
def _write(step: Write, pixels: Pixels, _: Hand) -> Outcome:
    return Outcome(lettered(pixels, step.text, step.place, step.colour))


def before(pixels: Pixels, matte: Matte, scene: Pixels) -> Pixels:
    """The subject of `pixels` in front of `scene`, both of one size."""
    cut = cut_out(pixels, matte)
    solid = cut.copy()
    solid[..., 3] = 255
    return composite(flatten(scene), solid, matte.alpha)


def _scene(scene: str | Colour, size: Size, hand: Hand) -> Pixels:
    if isinstance(scene, str):
        return paint(scene, size, seed=hand.seed, quality=hand.quality, transparent=False)
    return np.full((size.height_px, size.width_px, 4), (scene.red, scene.green, scene.blue, 255), np.uint8)


_ELLIPSE_SIDE: Final = 256


def _part(pixels: Pixels, region: Region) -> Mask | None:
    """Where a region is, or None for all of the picture: also for a subject that cannot be found."""
    if region is Region.WHOLE:
        return None
    matte = find_matte(pixels)
    if matte is None and region is Region.SUBJECT:
        return None
    subject = _middle(pixels) if matte is None else matte.alpha
    return subject if region is Region.SUBJECT else np.subtract(255, subject, dtype=np.uint8)


def _middle(pixels: Pixels) -> Mask:
    """A soft ellipse: where a subject stands that cannot be told from its background by colour."""
    across = np.linspace(-1, 1, _ELLIPSE_SIDE)
    distance = np.hypot(across[None] / 0.62, (across[:, None] - 0.06) / 0.78)
    soft: Plane = (np.clip((1.25 - distance) / 0.5, 0, 1) * 255).astype(np.uint8)
    return enlarged(soft, *pixels.shape[:2])
