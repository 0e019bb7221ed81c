"""Frames to an animated GIF, one at a time: one palette for all of them, and of each frame only what changed.

Source: CompuServe, Graphics Interchange Format, Version 89a; the loop is Netscape's application extension.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.GifImagePlugin import getdata

from limner.blobs import Blob
from limner.imaging.pixels import Pixels, flatten
from limner.job import Format

DURATION_MS_MAX: Final = 655_350
"""What a frame's two bytes hold in hundredths of a second."""

_COLOURS: Final = 255
_CLEAR: Final = 255
"""The one entry of the palette that is no colour: nothing here, or nothing new here."""
_SOLID_FROM: Final = 128
"""From this alpha on a pixel is solid."""
_KEEP: Final = 1
_RESTORE: Final = 2
"""What becomes of a frame when the next one comes: it stays, or its place is cleared."""
_SAMPLE_PX: Final = 256
"""Longer side of the copy that the palette is chosen on."""
_LEVELS: Final = 5
"""Bits of each channel that decide a pixel's colour; dither bridges the steps between them."""
_BAND_ROWS: Final = 256


class Animation:
    """A GIF being written; it plays for ever. What it holds is its file so far and one frame's colour numbers.

    first: the first frame, (H, W, 4), whose colours all frames share; it must be added like the others. duration_ms:
    how long each frame stays, rounded to 10. clear: whether pixels may be see-through.
    """

    def __init__(self, first: Pixels, duration_ms: int, *, clear: bool) -> None:
        height_px, width_px = first.shape[:2]
        self._clear = clear
        self._delay = (min(max(0, duration_ms), DURATION_MS_MAX) + 5) // 10
        self._last: npt.NDArray[np.uint8] | None = None
        palette = _palette(first)
        self._table = _table(palette)
        colours = np.zeros((256, 3), np.uint8)
        colours[: len(palette)] = palette
        self._parts = [
            struct.pack("<6sHHBBB", b"GIF89a", width_px, height_px, 0xF7, _CLEAR, 0),
            colours.tobytes(),
            struct.pack("<BBB11sBBHB", 0x21, 0xFF, 11, b"NETSCAPE2.0", 3, 1, 0, 0),
        ]

    def add(self, frame: Pixels) -> None:
        """Write the next frame, of the first one's size."""
        numbers = _numbered(frame, self._table, clear=self._clear)
        if self._clear or self._last is None:
            self._write(numbers, (0, 0), see_through=self._clear)
        else:
            fresh = numbers != self._last
            rows, columns = np.flatnonzero(fresh.any(axis=1)), np.flatnonzero(fresh.any(axis=0))
            # A frame without anything new still takes its time.
            top, bottom = (rows[0], rows[-1] + 1) if len(rows) else (0, 1)
            left, right = (columns[0], columns[-1] + 1) if len(columns) else (0, 1)
            box = np.s_[top:bottom, left:right]
            changed = np.where(fresh[box], numbers[box], np.uint8(_CLEAR))
            self._write(changed, (int(left), int(top)), see_through=True)
        self._last = numbers

    def finished(self) -> Blob:
        """The file with all frames added so far."""
        return Blob.from_bytes(b"".join([*self._parts, b";"]), Format.GIF.media_type)

    def _write(self, numbers: npt.NDArray[np.uint8], corner: tuple[int, int], *, see_through: bool) -> None:
        flags = (_RESTORE if self._clear else _KEEP) << 2 | see_through
        self._parts.append(struct.pack("<BBBBHBB", 0x21, 0xF9, 4, flags, self._delay, _CLEAR, 0))
        self._parts += getdata(Image.fromarray(np.ascontiguousarray(numbers)), corner)


def _palette(first: Pixels) -> npt.NDArray[np.uint8]:
    """At most 255 colours that stand for a frame's: (N, 3)."""
    height_px, width_px = first.shape[:2]
    step = -(-max(height_px, width_px) // _SAMPLE_PX)
    image = Image.fromarray(np.ascontiguousarray(flatten(first[::step, ::step]))).convert("RGB")
    chosen = image.quantize(_COLOURS, Image.Quantize.MEDIANCUT, kmeans=2).getpalette() or [0, 0, 0]
    return np.array(chosen, np.uint8).reshape(-1, 3)[:_COLOURS]


def _table(palette: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The colour that is nearest to each of 32 steps of red, green and blue: (32768,)."""
    side = 1 << _LEVELS
    steps = np.arange(side, dtype=np.float32) * (256 // side) + 128 // side
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    colours = palette.astype(np.float32)
    # Whole numbers that a float32 holds exactly: the same on every machine.
    distance = (colours**2).sum(axis=1)[None] - 2 * (grid @ colours.T)
    return np.asarray(distance.argmin(axis=1), np.uint8)


def _numbered(frame: Pixels, table: npt.NDArray[np.uint8], *, clear: bool) -> npt.NDArray[np.uint8]:
    """A frame as numbers of colours: (H, W)."""
    opaque = frame if clear else flatten(frame)
    height_px, width_px = frame.shape[:2]
    numbers = np.empty((height_px, width_px), np.uint8)
    shift = 8 - _LEVELS
    for top in range(0, height_px, _BAND_ROWS):
        band = opaque[top : top + _BAND_ROWS]
        rough = _DITHER[: len(band), np.arange(width_px) % _DITHER.shape[1], None]
        levels = np.clip(band[..., :3] + rough, 0, 255).astype(np.uint16) >> shift
        cells = (levels[..., 0] << 2 * _LEVELS) | (levels[..., 1] << _LEVELS) | levels[..., 2]
        numbers[top : top + _BAND_ROWS] = table[cells]
        if clear:
            numbers[top : top + _BAND_ROWS][band[..., 3] < _SOLID_FROM] = _CLEAR
    return numbers


def _ordered() -> npt.NDArray[np.int16]:
    """Bayer's matrix of 8 by 8, about 0 and as wide as a step of colour, repeated down a band.

    A pattern that stays in its place: what does not change in the picture does not change in the file, nor flicker.
    """
    matrix = np.zeros((1, 1), np.int16)
    for _ in range(3):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    return np.asarray(np.tile((matrix - 32) // 6, (_BAND_ROWS // 8, 1)), np.int16)


_DITHER: Final = _ordered()
