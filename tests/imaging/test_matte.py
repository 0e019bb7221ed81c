"""Cutting a plain background away."""

from __future__ import annotations

import numpy as np

from limner.imaging.matte import cut_out
from limner.imaging.pixels import Pixels


def subject(background: tuple[int, int, int] = (255, 255, 255)) -> Pixels:
    """A red disc with a soft edge, radius 20 in 64x64, and a hole of the background's colour in it."""
    y, x = np.mgrid[0:64, 0:64]
    share = np.clip(20.5 - np.hypot(x - 32, y - 32), 0, 1)[..., None]
    pixels = np.full((64, 64, 4), 255, np.uint8)
    pixels[..., :3] = np.rint(np.array([200, 20, 20]) * share + np.array(background) * (1 - share))
    pixels[28:36, 28:36, :3] = background
    return pixels


def test_the_background_goes_and_the_subject_stays() -> None:
    """Corners become transparent, the disc stays as it is, and so does a hole that no border touches."""
    pixels = subject()
    cut = cut_out(pixels)
    assert cut is not None
    assert cut[0, 0, 3] == cut[63, 63, 3] == 0
    assert cut[20, 32].tolist() == [200, 20, 20, 255]
    assert cut[32, 32].tolist() == [255, 255, 255, 255]
    assert (cut[..., 3] > 0).mean() < 0.35


def test_soft_edges_lose_the_background_s_colour() -> None:
    """A pixel that was half background is half transparent, and its colour is the subject's."""
    pixels = subject(background=(0, 0, 0))
    cut = cut_out(pixels)
    assert cut is not None
    soft = (cut[..., 3] > 0) & (cut[..., 3] < 255)
    assert soft.any()
    assert (cut[soft][:, 0] > pixels[soft][:, 0]).all()
    assert (cut[soft][:, 1:3] < cut[soft][:, :1]).all()


def test_noise_is_still_background() -> None:
    """JPEG artefacts and grain do not leave specks."""
    pixels = subject(background=(240, 240, 240))
    noise = np.random.default_rng(5).integers(-6, 7, (64, 64, 3))
    pixels[..., :3] = np.clip(pixels[..., :3].astype(int) + noise, 0, 255)
    cut = cut_out(pixels)
    assert cut is not None
    assert not cut[:8, :, 3].any()


def test_backgrounds_behind_corners_are_found() -> None:
    """Flooding goes around a wall that leaves only a gap."""
    pixels = np.full((40, 40, 4), 255, np.uint8)
    pixels[10, 2:30, :3] = pixels[30, 10:38, :3] = 0
    pixels[10:31, 10, :3] = pixels[10:31, 29, :3] = 0
    pixels[20, 29, :3] = 255
    cut = cut_out(pixels)
    assert cut is not None
    assert cut[20, 20, 3] == 0


def test_a_maze_deeper_than_the_bound_keeps_its_end() -> None:
    """Flooding is bounded: a zigzag of a hundred corridors is cut away at its entrance but not at its end."""
    pixels = np.full((220, 20, 4), 255, np.uint8)
    pixels[4:216, 4] = pixels[4:216, 15] = (0, 0, 0, 255)
    for number, row in enumerate(range(4, 216, 2)):
        pixels[row, 4:16] = (0, 0, 0, 255)
        if row < 214:
            pixels[row, 14 if number % 2 else 5] = 255
    cut = cut_out(pixels)
    assert cut is not None
    assert cut[5, 10, 3] == 0
    assert cut[213, 10, 3] == 255


def test_a_picture_without_a_plain_border_has_no_background() -> None:
    """A photograph is not torn to pieces: there is nothing to cut out."""
    noise = np.random.default_rng(6).integers(0, 255, (64, 64, 4), np.uint8)
    assert cut_out(noise) is None
