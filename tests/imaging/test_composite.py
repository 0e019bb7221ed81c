"""One picture over another through a mask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.imaging.composite import composite
from limner.imaging.pixels import Mask, Pixels


@st.composite
def layers(draw: st.DrawFn) -> tuple[Pixels, Pixels, Mask]:
    """Two pictures and a mask of one size, any bytes."""
    height_px, width_px = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    count = height_px * width_px
    base, edit = (np.frombuffer(draw(st.binary(min_size=count * 4, max_size=count * 4)), np.uint8) for _ in range(2))
    weights = draw(st.lists(st.sampled_from([0, 0, 1, 128, 254, 255]), min_size=count, max_size=count))
    shape = (height_px, width_px)
    return base.reshape(*shape, 4), edit.reshape(*shape, 4), np.array(weights, np.uint8).reshape(shape)


@given(layers=layers())
def test_outside_the_mask_nothing_changes(layers: tuple[Pixels, Pixels, Mask]) -> None:
    """Where the mask is 0 the base comes out byte for byte, where it is 255 the edit does; alpha included."""
    base, edit, mask = layers
    result = composite(base, edit, mask)
    assert np.array_equal(result[mask == 0], base[mask == 0])
    assert np.array_equal(result[mask == 255], edit[mask == 255])


@given(layers=layers())
def test_a_blend_lies_between_its_layers(layers: tuple[Pixels, Pixels, Mask]) -> None:
    """No channel of a blended pixel is outside what the two layers have there."""
    base, edit, mask = layers
    result = composite(base, edit, mask)
    assert (result[..., 3] >= np.minimum(base, edit)[..., 3]).all()
    assert (result[..., 3] <= np.maximum(base, edit)[..., 3]).all()
    seen = (base[..., 3] > 0) & (edit[..., 3] > 0)
    assert (result[seen] >= np.minimum(base, edit)[seen]).all()
    assert (result[seen] <= np.maximum(base, edit)[seen]).all()


def test_a_half_mask_mixes_half_and_half() -> None:
    """The arithmetic, by example."""
    base = np.array([[[0, 100, 200, 255]]], np.uint8)
    edit = np.array([[[255, 100, 0, 255]]], np.uint8)
    assert composite(base, edit, np.array([[128]], np.uint8)).tolist() == [[[128, 100, 100, 255]]]


def test_a_transparent_layer_lends_no_colour() -> None:
    """Blending with nothing fades a pixel but does not tint it."""
    base = np.array([[[10, 20, 30, 255]]], np.uint8)
    edit = np.array([[[255, 255, 255, 0]]], np.uint8)
    assert composite(base, edit, np.array([[128]], np.uint8)).tolist() == [[[10, 20, 30, 127]]]


def test_inputs_are_left_alone() -> None:
    """Read-only arrays will do."""
    base, edit, mask = np.zeros((2, 2, 4), np.uint8), np.ones((2, 2, 4), np.uint8), np.full((2, 2), 9, np.uint8)
    for array in (base, edit, mask):
        array.flags.writeable = False
    composite(base, edit, mask)


def test_layers_of_different_sizes_are_refused() -> None:
    """Nothing is guessed about how they lie on one another."""
    base, other = np.zeros((2, 3, 4), np.uint8), np.zeros((3, 2, 4), np.uint8)
    with pytest.raises(ValueError, match="sizes differ"):
        composite(base, other, np.zeros((2, 3), np.uint8))
    with pytest.raises(ValueError, match="sizes differ"):
        composite(base, base, np.zeros((3, 2), np.uint8))
