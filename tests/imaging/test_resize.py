"""Pictures at another size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.imaging.pixels import Pixels, size_of
from limner.imaging.resize import cover, cover_mask, stretch
from limner.job import Size

SIZES = st.builds(Size, st.integers(1, 60), st.integers(1, 60))


@given(own=SIZES, target=SIZES)
def test_sizes_are_exact_and_plain_colour_stays_plain(own: Size, target: Size) -> None:
    """Whatever the sizes, the result has exactly the one asked for, and resampling invents no colours."""
    pixels = np.full((own.height_px, own.width_px, 4), (10, 200, 30, 255), np.uint8)
    for resize in (stretch, cover):
        result = resize(pixels, target)
        assert size_of(result) == target
        assert (result == (10, 200, 30, 255)).all()


@pytest.mark.parametrize("resize", [stretch, cover])
def test_the_same_size_costs_no_copy(resize: object, opaque: Pixels) -> None:
    """A picture that has the size already comes back as it is, byte for byte."""
    assert callable(resize)
    assert resize(opaque, Size(48, 32)) is opaque


def test_covering_cuts_off_both_sides_evenly() -> None:
    """The middle stays: a wide picture made square loses its left and right quarters."""
    pixels = np.full((20, 40, 4), 255, np.uint8)
    pixels[:, :10, :3] = pixels[:, 30:, :3] = (255, 0, 0)
    pixels[:, 10:30, :3] = (0, 0, 255)
    square = cover(pixels, Size(10, 10))
    assert (square[:, :, 2] > 200).all()
    assert (square[:, 1:-1, 0] < 10).all()


def test_a_mask_is_cut_like_its_picture() -> None:
    """What is cut off a picture is cut off its mask too."""
    mask = np.zeros((20, 40), np.uint8)
    mask[:, 10:30] = 255
    assert (cover_mask(mask, Size(20, 20)) == 255).all()


def test_stretching_keeps_the_whole_picture() -> None:
    """Nothing is cut off: both halves are still halves."""
    pixels = np.full((20, 40, 4), 255, np.uint8)
    pixels[:, :20, :3] = 0
    narrow = stretch(pixels, Size(10, 20))
    assert narrow[10, 0, 0] == 0
    assert narrow[10, 9, 0] == 255


def test_invisible_colours_do_not_bleed() -> None:
    """A green that is fully transparent leaves no green in the edges of what is visible beside it."""
    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[:, :16] = (200, 0, 0, 255)
    pixels[:, 16:] = (0, 255, 0, 0)
    small = stretch(pixels, Size(9, 9))
    visible = small[small[..., 3] > 8]
    assert visible[:, 1].max() <= 2
    assert visible[:, 0].min() >= 190
