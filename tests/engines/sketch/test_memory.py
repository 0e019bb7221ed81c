"""The largest pictures a request may ask for take bounded memory: what NumPy holds at once while they are made."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from limner.engines.sketch.edit import edit_stages
from limner.engines.sketch.paint import paint, warm_up
from limner.job import Quality, Size

LARGEST = Size(3840, 2160)
PICTURE_BYTES = LARGEST.area_px * 4


@contextmanager
def within(pictures: float) -> Iterator[None]:
    """Fails when more was held at once than so many pictures of that size."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < pictures * PICTURE_BYTES


@pytest.mark.parametrize("style", ["watercolour", "photo", "screen print", "noir"])
def test_a_styled_picture_is_held_few_times(style: str) -> None:
    """A style keeps no floats and hardly a copy of all of a large picture."""
    warm_up()
    with within(4.5):
        paint(f"a fox, {style}", LARGEST, seed=1, quality=Quality.MEDIUM, transparent=False)


@pytest.mark.parametrize(
    "prompt", ["a mountain lake", "make it night", "fruit, oil painting", "stickers of cats in a park"]
)
def test_a_masked_edit_is_held_few_times(prompt: str) -> None:
    """Beside the picture, its mask and the result there is room for a layer or two."""
    warm_up()
    dice = np.random.default_rng(1)
    pixels = np.repeat(np.repeat(dice.integers(0, 256, (216, 384, 4), dtype=np.uint8), 10, axis=0), 10, axis=1)
    pixels[..., 3] = 255
    mask = np.zeros(pixels.shape[:2], np.uint8)
    mask[40:-40, 40:-40] = 255
    with within(4.0):
        *_, result = edit_stages(
            prompt, [pixels], mask, LARGEST, seed=1, quality=Quality.MEDIUM, transparent=False, fidelity=None
        )
        assert np.array_equal(result.pixels[:40], pixels[:40])
