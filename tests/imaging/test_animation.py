"""Animated GIFs: what is written is what is read, and nothing flickers."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL.GifImagePlugin import GifImageFile

from limner.blobs import Blob
from limner.imaging.animation import Animation
from limner.imaging.pixels import Pixels


def written(frames: list[Pixels], duration_ms: int = 100, *, clear: bool = False) -> Blob:
    """The frames as a file."""
    animation = Animation(frames[0], duration_ms, clear=clear)
    for frame in frames:
        animation.add(frame)
    return animation.finished()


def read(blob: Blob) -> list[Pixels]:
    """The frames of a file, as a player composes them."""
    with GifImageFile(BytesIO(blob.read())) as gif:
        frames = []
        for number in range(gif.n_frames):
            gif.seek(number)
            frames.append(np.asarray(gif.convert("RGBA")))
    return frames


def gradient(height_px: int = 96, width_px: int = 160) -> Pixels:
    """Smooth colours that no palette holds all of."""
    y, x = np.mgrid[:height_px, :width_px]
    channels = (x * 255 / width_px, y * 255 / height_px, 128 + 60 * np.sin(x / 30), np.full_like(x, 255))
    return np.stack(channels, axis=-1).astype(np.uint8)


def with_a_ball(at: int) -> Pixels:
    """The gradient behind a white ball."""
    y, x = np.mgrid[:96, :160]
    pixels = gradient()
    pixels[(x - at) ** 2 + (y - 48) ** 2 < 15**2, :3] = 255
    return pixels


def test_frames_come_back_nearly_as_they_were() -> None:
    """Each frame is as near to its original as 255 colours and their dither allow."""
    frames = [with_a_ball(at) for at in (30, 60, 90)]
    shown = read(written(frames))
    assert len(shown) == 3
    for frame, original in zip(shown, frames, strict=True):
        assert np.abs(frame.astype(int) - original).mean() < 9
        assert frame[..., 3].min() == 255


def test_what_does_not_move_does_not_change() -> None:
    """Far from the ball every frame has the same bytes of colour, dither included."""
    shown = read(written([with_a_ball(at) for at in (30, 50, 70)]))
    assert (shown[0][:, 100:] == shown[1][:, 100:]).all()
    assert (shown[1][:, 100:] == shown[2][:, 100:]).all()


def test_a_frame_without_anything_new_still_takes_its_time() -> None:
    """Equal frames stay frames: a loop keeps its rhythm."""
    shown = read(written([gradient()] * 4))
    assert len(shown) == 4
    assert (shown[0] == shown[3]).all()


def test_the_file_has_only_what_changed() -> None:
    """A small movement costs a small part of a whole frame."""
    one = written([with_a_ball(30)]).size_bytes
    assert written([with_a_ball(at) for at in (30, 31, 32, 33)]).size_bytes < 1.6 * one


def test_clear_frames_leave_nothing_behind() -> None:
    """Where a ball was and is no more there is nothing, and its edge is solid or not."""
    y, x = np.mgrid[:96, :160]
    frames = []
    for at in (30, 80, 130):
        pixels = np.zeros((96, 160, 4), np.uint8)
        pixels[(x - at) ** 2 + (y - 48) ** 2 < 15**2] = (200, 40, 40, 255)
        frames.append(pixels)
    shown = read(written(frames, clear=True))
    for frame, original in zip(shown, frames, strict=True):
        assert (frame[..., 3] == original[..., 3]).all()


@pytest.mark.parametrize(("asked", "kept"), [(0, 0), (44, 40), (45, 50), (999_999, 655_350), (-5, 0)])
def test_durations_are_hundredths_of_a_second(asked: int, kept: int) -> None:
    """As the contract says: rounded to 10 milliseconds, up to what the format holds."""
    with GifImageFile(BytesIO(written([gradient()] * 2, asked).read())) as gif:
        gif.seek(1)
        assert gif.info["duration"] == kept
        assert gif.info["loop"] == 0


@pytest.mark.parametrize(("height_px", "width_px"), [(1, 1), (1, 300), (300, 1), (257, 3)])
def test_any_size_is_written(height_px: int, width_px: int) -> None:
    """Also those smaller than the dither, and larger than what is worked on at once."""
    pixels = gradient(height_px, width_px)
    assert [frame.shape for frame in read(written([pixels, np.roll(pixels, 1, axis=1)]))] == [pixels.shape] * 2


def test_the_same_frames_are_the_same_file() -> None:
    """No time, chance or order of memory is in it."""
    frames = [with_a_ball(at) for at in (30, 40)]
    assert written(frames).read() == written(frames).read()
