"""Pictures of an exact length in bytes, for load: real PNGs that every reader opens."""

from __future__ import annotations

import random
import struct
import zlib
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_CHUNK_BYTES: Final = 12
_FLAT_SHARE: Final = 300
"""Deflate makes more than so many flat bytes one, and adds less than one to so many of noise."""
_HEADS_BYTES: Final = 200
_RGB: Final = 2
_RGBA: Final = 6


def noisy_png(edge_px: int, size_bytes: int, *, alpha: bool = False) -> bytes:
    """A square PNG of exactly `size_bytes`: random pixels from the top as far as they reach, one colour below.

    What is missing in the end is filled with a private chunk, as is all that a picture of this edge cannot hold. The
    same arguments give the same bytes.
    """
    row_bytes = edge_px * (4 if alpha else 3)
    pixels_bytes = edge_px * row_bytes
    noise_bytes = min(pixels_bytes, size_bytes - (pixels_bytes + size_bytes) // _FLAT_SHARE - _HEADS_BYTES)
    noise = random.Random(size_bytes).randbytes(max(0, noise_bytes))  # noqa: S311  pixels, not secrets
    pixels = noise + b"\xc8" * (pixels_bytes - len(noise))
    rows = b"".join(b"\0" + pixels[at : at + row_bytes] for at in range(0, len(pixels), row_bytes))
    header = struct.pack(">IIBBBBB", edge_px, edge_px, 8, _RGBA if alpha else _RGB, 0, 0, 0)
    start = _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows))
    end = _chunk(b"IEND", b"")
    filling = size_bytes - len(start) - len(end) - _CHUNK_BYTES
    # Behind the pixels, where readers of the header do not come: Pillow keeps what it does not know before them.
    return start + _chunk(b"liMn", bytes(filling)) + end


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
