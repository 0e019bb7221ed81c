"""Animations: every scene moves, smoothly, and ends as it began."""

from __future__ import annotations

import numpy as np
import pytest
from tests.engines.sketch.conftest import SPOKEN

from limner.engines.sketch.edit_words import Style
from limner.engines.sketch.film import frames
from limner.engines.sketch.paint import paint, scene_of
from limner.engines.sketch.scenes import SCENES
from limner.imaging.pixels import Pixels, is_opaque, size_of
from limner.job import Quality, Size

SMALL = Size(192, 192)


def filmed(prompt: str, count: int = 4, size: Size = SMALL, *, clear: bool = False, seed: int = 1) -> list[Pixels]:
    """The frames of a prompt's animation."""
    scene = scene_of(prompt, size, seed=seed, quality=Quality.MEDIUM, transparent=clear)
    return list(frames(scene, size, count, transparent=clear))


def differs(one: Pixels, other: Pixels) -> float:
    """Mean difference of two pictures, of 255."""
    return float(np.abs(one[..., :3].astype(int) - other[..., :3]).mean())


@pytest.mark.parametrize("name", sorted(SCENES))
@pytest.mark.parametrize("things", ["", " with a cat"])
def test_every_scene_moves_and_stays_itself(name: str, things: str) -> None:
    """Frames differ from one another, and all of them show the painting of that prompt and seed."""
    prompt = f"{SPOKEN[name]}{things}"
    shown = filmed(prompt)
    still = paint(prompt, SMALL, seed=1, quality=Quality.MEDIUM, transparent=False)
    assert all(size_of(frame) == SMALL and is_opaque(frame) for frame in shown)
    assert differs(shown[0], shown[2]) > 0.004
    assert all(differs(frame, still) < 12 for frame in shown)


@pytest.mark.parametrize(
    "prompt",
    [
        "a sailboat on the sea at sunset",
        "a lake in the rain",
        "a village in snow at night",
        "northern lights over a cabin",
        "three hot air balloons in the sky",
        "a foggy forest",
        "a fish underwater",
    ],
)
def test_a_loop_ends_as_it_begins(prompt: str) -> None:
    """From the last frame to the first there is no greater jump than between any two others."""
    shown = filmed(prompt, 12)
    steps = [differs(shown[index - 1], shown[index]) for index in range(12)]
    assert steps[0] <= 1.5 * max(steps[1:])


def test_what_flies_bobs_and_what_stands_stays() -> None:
    """A balloon's middle goes up and down; a house keeps its pixels."""
    shown = np.stack([frame[..., 3] for frame in filmed("a red balloon", 8, clear=True)])
    middles = [float(np.nonzero(frame)[0].mean()) for frame in shown]
    assert max(middles) - min(middles) > 0.5
    house = filmed("a house in a meadow", 4)
    lower = [frame[120:] for frame in house]
    assert all((lower[0] == other).all() for other in lower[1:])


def test_who_rides_stays_in_the_saddle() -> None:
    """Things that touch move as one: between a rider and a horse no gap opens."""
    shown = filmed("an astronaut riding a horse", 6, clear=True)
    columns = [np.nonzero(frame[..., 3].max(axis=0))[0] for frame in shown]
    for column in columns:
        assert (np.diff(column) == 1).all()


@pytest.mark.parametrize("style", sorted(Style))
def test_a_style_does_not_flicker(style: Style) -> None:
    """A styled loop moves, yet most of it has the same pixels in every frame."""
    shown = np.stack(filmed(f"a house in a meadow under clouds, {style} style", 3))
    still = (shown == shown[:1]).all(axis=(0, 3)).mean()
    assert still > 0.5


def test_a_large_animation_is_drawn_smaller_and_enlarged() -> None:
    """Every frame has the size asked for, whatever it was drawn at."""
    (frame,) = filmed("a cat", 1, Size(2560, 1440))
    assert size_of(frame) == Size(2560, 1440)


def test_an_animation_repeats() -> None:
    """The same prompt, seed and size give the same frames."""
    first, again = filmed("a lake at dawn", 2), filmed("a lake at dawn", 2)
    assert all((one == other).all() for one, other in zip(first, again, strict=True))
