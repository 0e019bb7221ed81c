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
from limner.engines.sketch.prompt import Prompt
from limner.engines.sketch.reading import read_prompt
from limner.imaging.composite import composite
from limner.imaging.pixels import Mask, Pixels, flatten
from limner.job import Size

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
    if others:
        ground = filled(base, mask)
        yield Inpainted(ground, followed=True)
        yield Inpainted(_with_guests(ground, mask, [newcomer(image).pixels for image in others]), followed=True)
    elif wants_nothing(prompt):
        yield Inpainted(filled(base, mask), followed=True)
    else:
        yield from _with_subject(base, mask, subject_of(prompt), hand)


def _local_steps(prompt: str) -> Sequence[Step]:
    """The prompt's steps when all of them change what is in the hole, rather than put something there."""
    instruction = parse(prompt)
    local = all(isinstance(step, Adjust | Recolour | Restyle | ChangeWeather | Write) for step in instruction.steps)
    return instruction.steps if local and instruction.understood else ()


def _changed(base: Pixels, mask: Mask, steps: Sequence[Step], hand: Hand) -> Iterator[Inpainted]:
    """The holes' own pixels in another tone, style or weather; the rest is not even looked at."""
    box = _box_of(mask)
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


def _box_of(mask: Mask) -> tuple[slice, slice]:
    """The rows and columns that all holes together reach over."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _with_subject(base: Pixels, mask: Mask, subject: str, hand: Hand) -> Iterator[Inpainted]:
    """`base` without what was in its holes, then with what `subject` describes in them."""
    read = read_prompt(subject)
    if _shows_scene(read, mask):
        yield from _with_scene(base, mask, subject, hand, followed=bool(read.scenes or read.things))
        return
    ground = filled(base, mask)
    yield Inpainted(ground, followed=True)
    # What is around a hole suits a picture better than a pattern in the mood of words that name nothing.
    yield Inpainted(_with_things(ground, mask, subject, hand) if read.things else ground, followed=bool(read.things))


def _shows_scene(read: Prompt, mask: Mask) -> bool:
    """Whether the holes show a scene, rather than things alone or nothing."""
    share = float(np.count_nonzero(mask)) / mask.size
    if read.things:
        return bool(read.scenes) and share >= _SCENE_SHARE_MIN
    return bool(read.scenes) or share >= _BLANK_SHARE_MIN


def _with_things(ground: Pixels, mask: Mask, subject: str, hand: Hand) -> Pixels:
    """`ground` with the things that `subject` names in every hole that has room for them."""
    out = ground
    for index, hole in enumerate(_roomy(find_holes(mask))):
        box = _room(hole)
        guest = trimmed(paint_subject(subject, box.size, seed=hand.seed + index).pixels)
        if guest is not None:
            guest = settled(guest, ground)
            room = fitted(box, guest)
            footing = footing_of(room, ground)
            if footing is Footing.GROUND:
                room = room.lowered(box.bottom - room.bottom)
            out = inserted(out, guest, room, within=mask, footing=footing)
    return out


def _with_guests(ground: Pixels, mask: Mask, guests: Sequence[Pixels]) -> Pixels:
    """`ground` with every guest in a hole; a hole that has several to take is shared out."""
    roomy = _roomy(find_holes(mask))
    out = ground
    for number, hole in enumerate(roomy):
        mine = guests[number :: len(roomy)] or guests[:1]
        box = _room(hole)
        for index, guest in enumerate(mine):
            out = inserted(out, guest, fitted(_share_of(box, index, len(mine)), guest), within=mask)
    return out


def _with_scene(base: Pixels, mask: Mask, subject: str, hand: Hand, *, followed: bool) -> Iterator[Inpainted]:
    """`base` with its holes filled, then with one scene seen through all of them, its colours led towards it.

    The scene is painted first: what painting takes and the filled picture need not be held at once.
    """
    rows, columns = box = _box_of(mask)
    size = Size(columns.stop - columns.start, rows.stop - rows.start)
    scene = flatten(paint(subject, size, seed=hand.seed, quality=hand.quality, transparent=False))
    ground = filled(base, mask)
    yield Inpainted(ground, followed=True)
    if not mask.all():
        scene = balanced_to(scene, ground, _BALANCE)
        scene = photographed(scene)
        sheet = ground.copy()
        sheet[box] = scene
        del scene
        scene = composite(ground, sheet, _feathered(mask))
    yield Inpainted(scene, followed)


def _feathered(mask: Mask) -> Mask:
    """Weights inside the holes: 0 at their rims, rising to 255 some way in. The picture's own edges are no rims."""
    reach = max(1.5, 0.009 * min(mask.shape))
    margin = round(3 * reach)
    solid = np.pad((mask > 0) * np.uint8(255), margin, mode="edge")
    soft = blurred(solid, reach)[margin:-margin, margin:-margin]
    return np.clip(2 * np.arange(256) - 255, 0, 255).astype(np.uint8)[soft]


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
