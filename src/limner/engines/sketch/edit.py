"""The illustrator at work on pictures it is given: an instruction, pictures and perhaps a mask in, one picture out.

Synchronous and deterministic: the same inputs and seed give the same bytes. Knows nothing of requests or encodings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

import numpy as np

from limner.engines.sketch.edit_apply import Hand, Outcome, applied, is_geometry
from limner.engines.sketch.edit_arrangement import Arrangement, Layout
from limner.engines.sketch.edit_collage import arranged, beside_size
from limner.engines.sketch.edit_filters import LUMA, Floats, by_bands, mixed
from limner.engines.sketch.edit_matte import cut_out, find_matte
from limner.engines.sketch.edit_steps import Add, Adjust, Backdrop, Crop, Flip, Restyle, Step, Turn
from limner.engines.sketch.edit_words import Style, Tone
from limner.engines.sketch.inpaint import inpaint_stages
from limner.engines.sketch.instruction import is_command, parse
from limner.engines.sketch.paint import paint
from limner.engines.sketch.reading import read_prompt
from limner.imaging.composite import composite
from limner.imaging.pixels import Mask, Pixels, flatten, is_opaque, size_of
from limner.imaging.resize import cover, cover_mask
from limner.job import Quality, Size


@dataclass(frozen=True)
class EditResult:
    """A state of the picture. followed: False when the instruction was not understood and a restyle was done instead.

    drawn: under a mask, what counts where it opens; `base` is all else.
    """

    drawn: Pixels
    followed: bool
    base: Pixels | None = None
    mask: Mask | None = None

    @property
    def pixels(self) -> Pixels:
        """The picture. Under a mask it is put together when asked for, as most states are never looked at."""
        if self.base is None or self.mask is None:
            return self.drawn
        return composite(self.base, self.drawn, self.mask)


def edit_stages(  # noqa: PLR0913 - the parameters of images/edits that reach pixels
    prompt: str,
    images: Sequence[Pixels],
    mask: Mask | None,
    size: Size,
    *,
    seed: int,
    quality: Quality,
    transparent: bool,
    fidelity: str | None,
) -> Iterator[EditResult]:
    """Do what `prompt` says to `images`: the states the picture really goes through, at least one, the result last.

    images: at least one; the first is the one to edit, the others go into it.
    mask: (H, W), of the first image's size; 255 repaints, 0 keeps byte for byte, values between blend.
    Images that have not `size` are covered by it first, the mask alike. transparent: the result may be transparent;
    otherwise transparent inputs are laid on white. fidelity: "low" lets the whole picture be redone in brush strokes.
    An empty prompt, or "variation", asks for the same picture in another mood. Inputs are not written to.
    Raises ValueError when there is no image.
    Source: OpenAI API reference, images/edits.
    """
    hand = Hand(seed % _SEEDS, quality)
    task = _Task(prompt, tuple(images), mask, size, hand, transparent=transparent, fidelity=fidelity)
    return _states(task)


def natural_size(prompt: str, images: Sequence[Pixels]) -> Size:
    """The size that leaves nothing of `images` out, where the caller does not say one: usually the first one's.

    Larger than a result may be, perhaps. images: at least one.
    """
    own = size_of(images[0])
    instruction = parse(prompt, len(images))
    if len(images) > 1:
        arrangement = instruction.arrangement or Arrangement(Layout.INSETS)
        if arrangement.layout is Layout.BESIDE and len(images) <= _ROW_MAX:
            return beside_size(images)
        return size_of(images[arrangement.base])
    quarters = [step.degrees / 90 for step in instruction.steps if isinstance(step, Turn)]
    lying = sum(round(quarter) for quarter in quarters if quarter == round(quarter)) % 2
    return Size(own.height_px, own.width_px) if lying else own


_ROW_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class _Task:
    prompt: str
    images: tuple[Pixels, ...]
    mask: Mask | None
    size: Size
    hand: Hand
    transparent: bool
    fidelity: str | None

    def ground(self, pixels: Pixels) -> Pixels:
        """`pixels` at the task's size, on white unless transparency may stay."""
        fitted = cover(np.ascontiguousarray(pixels), self.size)
        return fitted if self.transparent else flatten(fitted)


_SEEDS: Final = 2**64
"""Any number is a seed; numpy's generators take none below zero."""
_VARIATION_WORDS: Final = ("", "variation", "a variation", "make a variation", "create a variation", "another version")


def _states(task: _Task) -> Iterator[EditResult]:
    if not task.images:
        raise ValueError("there is no picture to edit")
    if task.mask is not None:
        yield from _masked(task, task.mask)
    elif task.prompt.strip().lower().rstrip(".!") in _VARIATION_WORDS:
        yield from _varied(task)
    else:
        yield from _instructed(task)


def _masked(task: _Task, mask: Mask) -> Iterator[EditResult]:
    base = task.ground(task.images[0])
    fitted_mask = cover_mask(mask, task.size)
    for state in inpaint_stages(task.prompt, base, fitted_mask, task.images[1:], task.hand):
        yield EditResult(state.drawn, state.followed, base, fitted_mask)


def _instructed(task: _Task) -> Iterator[EditResult]:
    instruction = parse(task.prompt, len(task.images))
    moves = tuple(takewhile(is_geometry, instruction.steps)) if len(task.images) == 1 else ()
    moved = _moved(task, moves)
    canvas = _laid_out(task, instruction.arrangement, moved.pixels)
    touched = moved.pixels is not task.images[0] or instruction.arrangement is not None
    followed = instruction.understood and moved.done
    yield EditResult(canvas, followed)
    for step in instruction.steps[len(moves) :]:
        outcome = applied(step, canvas, task.hand)
        followed = followed and outcome.done
        if outcome.done:
            touched = True
            canvas = task.ground(outcome.pixels)
            yield EditResult(canvas, followed)
    if not touched:
        canvas = task.ground(_guessed(task, canvas))
        yield EditResult(canvas, followed=False)
    if task.fidelity == "low":
        canvas = _loosened(canvas, task.hand, _LOW_FIDELITY)
        yield EditResult(canvas, followed)
    if task.transparent and is_opaque(canvas):
        matte = find_matte(canvas)
        if matte is not None:
            yield EditResult(cut_out(canvas, matte), followed)


def _moved(task: _Task, moves: Sequence[Step]) -> Outcome:
    """The first picture after the moves that could be done, and whether all could."""
    source, done = task.images[0], True
    for move in moves:
        outcome = applied(move, source, task.hand)
        source, done = outcome.pixels, done and outcome.done
    return Outcome(source, done)


def _laid_out(task: _Task, arrangement: Arrangement | None, first: Pixels) -> Pixels:
    """What the other steps start from: the first picture, or all of them in their arrangement."""
    if len(task.images) > 1:
        return task.ground(arranged(task.images, arrangement or Arrangement(Layout.INSETS), task.size))
    return task.ground(first)


def _guessed(task: _Task, canvas: Pixels) -> Pixels:
    """Something sensible for a prompt not understood: what it names, behind or in the picture, else its mood."""
    read = read_prompt(task.prompt)
    mood = _MOODS.get(read.mood or "", ())
    if len(task.images) > 1:
        if not read.scenes:
            return _in_mood(canvas, mood, task.hand)
        scene = paint(task.prompt, task.size, seed=task.hand.seed, quality=task.hand.quality, transparent=False)
        return arranged((scene, *task.images), Arrangement(Layout.INTO), task.size)
    # "Remove the cat" names a cat, and must not get another one.
    described = not is_command(task.prompt)
    wishes: list[Step] = [Backdrop(task.prompt)] if described and read.scenes else []
    wishes += [Add(task.prompt, None)] if described and read.things else []
    for wish in wishes:
        outcome = applied(wish, canvas, task.hand)
        if outcome.done:
            return outcome.pixels
    return _in_mood(canvas, mood, task.hand)


def _in_mood(canvas: Pixels, mood: Sequence[Step], hand: Hand) -> Pixels:
    """`canvas` in brush strokes, and in the tones of a mood."""
    for step in mood:
        canvas = applied(step, canvas, hand).pixels
    return _loosened(canvas, hand, _GUESS)


_MOODS: Final[Mapping[str, Sequence[Step]]] = {
    "warm": (Adjust(Tone.WARM, 0.8),),
    "calm": (Adjust(Tone.SOFTEN_CONTRAST, 0.5), Adjust(Tone.DESATURATE, 0.3)),
    "joy": (Adjust(Tone.SATURATE, 0.8), Adjust(Tone.BRIGHTEN, 0.4)),
    "dark": (Adjust(Tone.DESATURATE, 0.7), Adjust(Tone.DARKEN, 0.7), Adjust(Tone.COOL, 0.5)),
    "neon": (Adjust(Tone.COOL, 0.8), Adjust(Tone.SATURATE, 1.2), Adjust(Tone.CONTRAST, 0.6)),
    "fresh": (Adjust(Tone.BRIGHTEN, 0.4), Adjust(Tone.SATURATE, 0.4)),
    "cool": (Adjust(Tone.COOL, 0.8), Adjust(Tone.DESATURATE, 0.3)),
    "fire": (Adjust(Tone.WARM, 1.2), Adjust(Tone.CONTRAST, 0.6)),
}
"""What a mood of `vocabulary.MOODS` does to a picture that nothing else is done to."""


def _varied(task: _Task) -> Iterator[EditResult]:
    """The same picture seen a little nearer, perhaps mirrored, in a shifted mood and a looser hand."""
    dice = np.random.default_rng(task.hand.seed)
    side = float(dice.uniform(0.86, 0.93))
    left, top = float(dice.uniform(0, 1 - side)), float(dice.uniform(0, 1 - side))
    nearer = _moved(task, (Crop(left, top, left + side, top + side),))
    canvas = _laid_out(task, None, nearer.pixels)
    if len(task.images) == 1 and dice.random() < 0.5:  # noqa: PLR2004 - heads or tails
        canvas = np.ascontiguousarray(applied(Flip(), canvas, task.hand).pixels)
    yield EditResult(canvas, followed=True)
    canvas = _turned_in_hue(canvas, float(dice.choice((-1, 1)) * dice.uniform(8, 18)))
    yield EditResult(canvas, followed=True)
    mood = (Tone.WARM, Tone.COOL, Tone.CONTRAST, Tone.BRIGHTEN)[int(dice.integers(4))]
    canvas = applied(Adjust(mood, 0.45), canvas, task.hand).pixels
    yield EditResult(_loosened(canvas, task.hand, _GUESS), followed=True)


_GUESS: Final = 140
_LOW_FIDELITY: Final = 220
"""How much of a loosened picture is brush strokes, of 255."""


def _loosened(pixels: Pixels, hand: Hand, share: int) -> Pixels:
    """`pixels` partly redone in brush strokes."""
    painted = applied(Restyle(Style.OIL), pixels, hand).pixels
    return mixed(pixels, painted, share)


def _turned_in_hue(pixels: Pixels, degrees: float) -> Pixels:
    """`pixels` with every hue turned by so much about grey, brightness kept."""
    angle = np.deg2rad(degrees)
    axis = np.full(3, 3**-0.5)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    # Rodrigues' rotation about the grey axis.
    turn = np.eye(3) * np.cos(angle) + cross * np.sin(angle) + np.outer(axis, axis) * (1 - np.cos(angle))
    matrix = turn.astype(np.float32).T

    def rotate(band: Floats, _: int) -> Floats:
        rotated = band @ matrix
        return np.asarray(rotated + ((band - rotated) @ LUMA)[..., None])

    return by_bands(pixels, rotate)
