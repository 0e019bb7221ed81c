"""Drawing on a sheet: layers cover, stencils stain, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

from limner.imaging.pixels import Pixels
from limner.imaging.sheet import Sheet, Stencil
from limner.job import Size

SIZE = Size(6, 4)


def plain(colour: tuple[int, int, int, int], size: Size = SIZE) -> Pixels:
    """A picture of one colour."""
    return np.full((size.height_px, size.width_px, 4), colour, np.uint8)


def test_a_clear_sheet_is_clear() -> None:
    """Nothing is on it, at the size asked for."""
    sheet = Sheet.clear(SIZE)
    assert sheet.size == SIZE
    assert not sheet.pixels().any()


def test_an_opaque_layer_covers_and_a_clear_one_does_not() -> None:
    """Alpha decides what of the sheet below is seen; the layer's place is honoured."""
    sheet = Sheet(plain((255, 0, 0, 255)))
    sheet.lay(Sheet.clear(SIZE))
    assert (sheet.pixels() == plain((255, 0, 0, 255))).all()
    sheet.lay(Sheet(plain((0, 0, 255, 255), Size(6, 2))), top_px=2)
    assert (sheet.pixels()[:2] == (255, 0, 0, 255)).all()
    assert (sheet.pixels()[2:] == (0, 0, 255, 255)).all()


def test_a_sheet_draws_on_its_array() -> None:
    """What was read shows what is drawn later, so that a large picture is in memory once; read-only ones are copied."""
    sheet = Sheet(plain((9, 9, 9, 255)))
    read = sheet.pixels()
    sheet.lay(Sheet(plain((200, 0, 0, 255))))
    assert (read == (200, 0, 0, 255)).all()
    source = plain((9, 9, 9, 255))
    source.flags.writeable = False
    sheet = Sheet(source)
    sheet.lay(Sheet(plain((200, 0, 0, 255))))
    assert (source == 9)[..., :3].all()
    assert (sheet.pixels() == (200, 0, 0, 255)).all()


def test_a_large_sheet_is_drawn_on_alike_all_over() -> None:
    """It is worked on in parts, which leave no seam."""
    size = Size(700, 900)
    sheet = Sheet(plain((0, 0, 0, 255), size))
    sheet.lay(Sheet(plain((255, 255, 255, 128), size)))
    sheet.stain((255, 0, 0), np.full((900, 700), 64, np.uint8))
    assert (sheet.pixels() == sheet.pixels()[0, 0]).all()


def test_fading_keeps_a_share_of_the_opacity() -> None:
    """Colours stay, alpha shrinks."""
    sheet = Sheet(plain((10, 20, 30, 200)))
    sheet.fade(0.5)
    assert (sheet.pixels() == (10, 20, 30, 100)).all()


def test_a_closed_stencil_stains_nothing() -> None:
    """Paint only goes where the stencil is open, softened or not."""
    sheet = Sheet(plain((255, 255, 255, 255)))
    sheet.stain((0, 0, 0), Stencil.closed(SIZE).softened(2.0, 3.0))
    assert (sheet.pixels() == 255).all()


@pytest.mark.parametrize(("level", "left_px"), [(40, 0), (200, 2)])
def test_brightness_is_the_mean_of_a_box(level: int, left_px: int) -> None:
    """A plain box is as bright as its colour."""
    assert Sheet(plain((level, level, level, 255))).brightness(left_px, 0, Size(3, 3)) == pytest.approx(level, abs=1)
