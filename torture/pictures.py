"""Pictures that say what they are: PNGs of a few hundred bytes, each with the ticket and the call it was drawn for."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_MARK: Final = b"tEXt"
_WORDS: Final = b"drawn for\0"
_HEAD_BYTES: Final = 8
_SUM_BYTES: Final = 4
EDGE_PX: Final = 1024


@dataclass(frozen=True, slots=True)
class Mark:
    """What a picture says of itself: the caller's ticket, and the upstream's own number of the call."""

    ticket: str
    call: str


def drawn(mark: Mark) -> bytes:
    """A black square of two colours, whole and valid."""
    header = struct.pack(">IIBBBBB", EDGE_PX, EDGE_PX, 1, 0, 0, 0, 0)
    rows = bytes((EDGE_PX // 8 + 1) * EDGE_PX)
    text = _WORDS + f"{mark.ticket} {mark.call}".encode("latin-1")
    chunks = ((b"IHDR", header), (_MARK, text), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, content) for name, content in chunks)


def mark_of(picture: bytes) -> Mark | None:
    """What a picture made here says of itself; None for anything else, also for one that lacks a single byte."""
    if not picture.startswith(_SIGNATURE):
        return None
    at, mark, name = len(_SIGNATURE), None, b""
    while at + _HEAD_BYTES + _SUM_BYTES <= len(picture):
        length, name = int.from_bytes(picture[at : at + 4]), picture[at + 4 : at + _HEAD_BYTES]
        content = picture[at + _HEAD_BYTES : at + _HEAD_BYTES + length]
        if picture[at : at + _HEAD_BYTES + length + _SUM_BYTES] != _chunk(name, content):
            return None
        if name == _MARK and content.startswith(_WORDS):
            mark = Mark(*content.removeprefix(_WORDS).decode("latin-1").split(" "))
        at += _HEAD_BYTES + length + _SUM_BYTES
    return mark if name == b"IEND" and at == len(picture) else None


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
