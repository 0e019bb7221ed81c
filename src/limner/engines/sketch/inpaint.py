"""An edit under a mask: only the holes are drawn anew, and every other pixel stays as it is, byte for byte.

A hole is first filled from its surroundings, then gets what the prompt asks for: a change of tone or style, an object,
a scene, a further input picture, or nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from limner.engines.sketch.edit_apply import Hand, applied
from limner.engines.sketch.edit_collage import newcomer
from limner.engines.sketch.edit_fill import Hole, filled, find_holes
from limner.engines.sketch.edit_filters import blurred
from limner.engines.sketch.edit_insert import Box, Footing, fitted, footing_of, inserted, trimmed
from limner.engines.sketch.edit_letters import FILLING
from limner.engines.sketch.edit_settle import photographed, settled
from limner.engines.sketch.edit_steps import Adjust, ChangeWeather, Recolour, Restyle, Step, Write
from limner.engines.sketch.edit_tones import balanced_to
from limner.engines.sketch.instruction import parse, subject_of, wants_nothing
from limner.engines.sketch.paint import paint, paint_subject
from limner.engines.sketch.reading import read_prompt
from limner.imaging.composite import composite
from limner.imaging.pixels import Mask, Pixels, flatten

_SCENE_SHARE_MIN: Final = 0.22
"""A hole of at least this much of the picture can show a scene; in a smaller one there is room for things alone."""
_BLANK_SHARE_MIN: Final = 0.6
"""A hole of at least this much is a picture of its own, and gets one whatever the prompt says."""
_THING_HOLES_MAX: Final = 6
_THING_SHARE_MIN: Final = 0.25
"""A hole this much smaller than the largest gets no thing of its own: it is a slip of the brush."""
_BALANCE: Final = 0.12
"""How far a scene follows the colours around its hole: more, and a red subject tints the snow about it."""


@dataclass(frozen=True, slots=True)
class Inpainted:
    """A state of the picture, of which only what is under the mask counts. followed: whether it is what was wished."""

    drawn: Pixels
    followed: bool


def inpaint_stages(prompt: str, base: Pixels, mask: Mask, others: Sequence[Pixels], hand: Hand) -> Iterator[Inpainted]:
    """The states of repainting `base` under `mask`; the last one is the result.

    base: (H, W, 4). mask: (H, W), canonical. others: further input pictures, drawn into the holes. What a state is
    where the mask is 0 is not said: whoever shows it lays it over `base` through the mask.
    """
    if not mask.any():
        yield Inpainted(base, followed=False)
        return
    steps = _local_steps(prompt) if not others else ()
    if steps:
        yield from _changed(base, mask, steps, hand)
        return
    ground = filled(base, mask)
    yield Inpainted(ground, followed=True)
    if wants_nothing(prompt) and not others:
        return
    holes = find_holes(mask)
    if others:
        drawn, followed = _with_guests(ground, mask, holes, [newcomer(image).pixels for image in others]), True
    else:
        drawn, followed = _with_subject(ground, mask, holes, subject_of(prompt), hand)
    yield Inpainted(drawn, followed)


def _local_steps(prompt: str) -> Sequence[Step]:
    """The prompt's steps when all of them change what is in the hole, rather than put something there."""
    instruction = parse(prompt)
    local = all(isinstance(step, Adjust | Recolour | Restyle | ChangeWeather | Write) for step in instruction.steps)
    return instruction.steps if local and instruction.understood else ()


def _changed(base: Pixels, mask: Mask, steps: Sequence[Step], hand: Hand) -> Iterator[Inpainted]:
    """The holes' own pixels in another tone, style or weather; the rest is not even looked at."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    part = base[box]
    done = True
    for step in steps:
        # The hole is the place of a text, which fills it.
        outcome = applied(replace(step, place=FILLING) if isinstance(step, Write) else step, part, hand)
        part, done = outcome.pixels, done and outcome.done
        sheet = part
        if part.shape != base.shape:
            sheet = base.copy()
            sheet[box] = part
        yield Inpainted(sheet, done)


def _with_subject(ground: Pixels, mask: Mask, holes: Sequence[Hole], subject: str, hand: Hand) -> tuple[Pixels, bool]:
    """`ground` with what `subject` describes in its holes, and whether that was understood."""
    read = read_prompt(subject)
    share = float(np.count_nonzero(mask)) / mask.size
    if not read.scenes and not read.things and share < _BLANK_SHARE_MIN:
        # What is around it suits a picture better than a pattern in the mood of words that name nothing.
        return ground, False
    if (read.scenes and share >= _SCENE_SHARE_MIN) or not read.things:
        return _with_scene(ground, mask, holes, subject, hand), bool(read.scenes or read.things)
    out = ground
    for index, hole in enumerate(_roomy(holes)):
        box = _room(hole)
        guest = trimmed(paint_subject(subject, box.size, seed=hand.seed + index).pixels)
        if guest is not None:
            guest = settled(guest, ground)
            room = fitted(box, guest)
            footing = footing_of(room, ground)
            if footing is Footing.GROUND:
                room = room.lowered(box.bottom - room.bottom)
            out = inserted(out, guest, room, within=mask, footing=footing)
    return out, True


def _with_guests(ground: Pixels, mask: Mask, holes: Sequence[Hole], guests: Sequence[Pixels]) -> Pixels:
    """`ground` with every guest in a hole; a hole that has several to take is shared out."""
    roomy = _roomy(holes)
    out = ground
    for number, hole in enumerate(roomy):
        mine = guests[number :: len(roomy)] or guests[:1]
        box = _room(hole)
        for index, guest in enumerate(mine):
            out = inserted(out, guest, fitted(_share_of(box, index, len(mine)), guest), within=mask)
    return out


def _with_scene(ground: Pixels, mask: Mask, holes: Sequence[Hole], subject: str, hand: Hand) -> Pixels:
    """`ground` with one scene seen through all holes, its colours led towards their surroundings."""
    left, top = min(hole.left for hole in holes), min(hole.top for hole in holes)
    right, bottom = max(hole.right for hole in holes), max(hole.bottom for hole in holes)
    box = np.s_[top:bottom, left:right]
    scene = paint(subject, Box(left, top, right, bottom).size, seed=hand.seed, quality=hand.quality, transparent=False)
    scene = flatten(scene)
    if mask.all():
        return scene
    scene = balanced_to(scene, ground, _BALANCE)
    scene = photographed(scene)
    sheet = ground.copy()
    sheet[box] = scene
    del scene
    return composite(ground, sheet, _feathered(mask))


def _feathered(mask: Mask) -> Mask:
    """Weights inside the holes: 0 at their rims, rising to 255 some way in. The picture's own edges are no rims."""
    reach = max(1.5, 0.009 * min(mask.shape))
    margin = round(3 * reach)
    solid = np.pad((mask > 0) * np.uint8(255), margin, mode="edge")
    soft = blurred(solid, reach)[margin:-margin, margin:-margin].astype(np.int16)
    return np.clip(2 * soft - 255, 0, 255).astype(np.uint8)


def _roomy(holes: Sequence[Hole]) -> Sequence[Hole]:
    """The holes large enough, beside the largest, to get something of their own."""
    enough = [hole for hole in holes if hole.area_px >= _THING_SHARE_MIN * holes[0].area_px]
    return enough[:_THING_HOLES_MAX]


def _room(hole: Hole) -> Box:
    """Where in a hole there is room: its box about its middle, smaller the less of the box the hole fills."""
    width, height = hole.right - hole.left, hole.bottom - hole.top
    scale = 0.97 * (hole.area_px / (width * height)) ** 0.5
    half_x, half_y = scale * width / 2, scale * height / 2
    x = min(hole.right - half_x, max(hole.left + half_x, hole.middle_x))
    y = min(hole.bottom - half_y, max(hole.top + half_y, hole.middle_y))
    return Box(
        round(x - half_x),
        round(y - half_y),
        max(round(x + half_x), round(x - half_x) + 1),
        max(round(y + half_y), round(y - half_y) + 1),
    )


def _share_of(box: Box, index: int, count: int) -> Box:
    """The `index`th of `count` parts of a box along its longer side."""
    width, height = box.size.width_px, box.size.height_px
    if width >= height:
        return Box(box.left + width * index // count, box.top, box.left + width * (index + 1) // count, box.bottom)
    return Box(box.left, box.top + height * index // count, box.right, box.top + height * (index + 1) // count)
