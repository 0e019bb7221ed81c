"""What pixel arrays mean."""

from __future__ import annotations

import numpy as np

from limner.imaging.pixels import Pixels, flatten, from_grey, is_opaque, size_of
from limner.job import Size


def test_width_comes_before_height(opaque: Pixels) -> None:
    """A size is width times height although arrays count rows first."""
    assert size_of(opaque) == Size(48, 32)


def test_one_translucent_pixel_makes_a_picture_not_opaque(opaque: Pixels) -> None:
    """Only a picture whose every alpha is 255 is opaque."""
    assert is_opaque(opaque)
    opaque[31, 47, 3] = 254
    assert not is_opaque(opaque)


def test_flattening_lays_colours_on_white() -> None:
    """Fully transparent becomes white whatever its colour, half transparent goes half way."""
    pixels = np.array([[[0, 0, 0, 0], [0, 100, 200, 128], [9, 8, 7, 255]]], np.uint8)
    flat = flatten(pixels)
    assert flat.tolist() == [[[255, 255, 255, 255], [127, 177, 227, 255], [9, 8, 7, 255]]]


def test_flattening_an_opaque_picture_costs_no_copy(opaque: Pixels) -> None:
    """What is opaque already comes back as it is."""
    assert flatten(opaque) is opaque


def test_grey_levels_become_an_opaque_picture() -> None:
    """All three colours are the level."""
    assert from_grey(np.array([[0, 200]], np.uint8)).tolist() == [[[0, 0, 0, 255], [200, 200, 200, 255]]]
