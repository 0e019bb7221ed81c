"""Blobs: encoded bytes, kept in the form they came in, and the contract of the place that stores them.

Base64 text from an upstream is spliced into our answer without being decoded, and an uploaded file stays on disk until
somebody needs its bytes. Knows nothing of pixels, databases or the wire.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import pybase64

Text: TypeAlias = bytes | memoryview
"""ASCII as it came: a view where it stands inside an answer of megabytes, so that it is not copied out of it."""

_BYTES_A_GROUP: Final = 3
_CHARS_A_GROUP: Final = 4
"""Base64 writes three bytes as four characters."""
PIECE_BYTES: Final = 192 * 1024
"""Decoded from base64 at a time: few enough to be still in the processor's cache when they are copied."""

# Plain names, at most two, none beginning with a dot: a key cannot leave the place of its store.
_KEY: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,95}(/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,95})?")


class Blob:
    """Immutable encoded bytes with their media type; made from bytes, from base64 text or from a file.

    The two in-memory forms are converted once, on demand, and both are kept: a blob answered twice is encoded once.
    A file is read anew at each `read`, so that sixteen large uploads do not sit in memory; whoever made the file
    removes it, after the blob's last use. lease: lives as long as the blob, for whoever counts the memory it takes.
    """

    __slots__ = ("_base64", "_bytes", "_path", "lease", "media_type", "size_bytes")

    def __init__(
        self,
        media_type: str,
        size_bytes: int,
        *,
        data: bytes | None = None,
        base64: Text | None = None,
        path: Path | None = None,
    ) -> None:
        self.media_type = media_type
        self.size_bytes = size_bytes
        self._bytes = data
        self._base64 = base64
        self._path = path
        self.lease: object = None

    @classmethod
    def from_bytes(cls, data: bytes, media_type: str) -> Blob:
        """A blob that holds `data`."""
        return cls(media_type, len(data), data=data)

    @classmethod
    def from_base64(cls, text: Text, media_type: str) -> Blob:
        """A blob that holds base64 `text` (ASCII, padded, no line breaks), not decoded until `read`."""
        padding = bytes(text[-2:]).count(b"=")
        return cls(media_type, len(text) // 4 * 3 - padding, base64=text)

    @classmethod
    def from_file(cls, path: Path, size_bytes: int, media_type: str) -> Blob:
        """A blob whose bytes lie in the file at `path`."""
        return cls(media_type, size_bytes, path=path)

    @property
    def in_file(self) -> bool:
        """Whether reading it blocks on the disk."""
        return self._path is not None

    def read(self) -> bytes:
        """The bytes. Blocks on the disk for a file: call it in a worker thread.

        Raises ValueError when base64 text does not decode.
        """
        if self._bytes is not None:
            return self._bytes
        if self._path is not None:
            return self._path.read_bytes()
        assert self._base64 is not None
        self._bytes = pybase64.b64decode(self._base64, validate=True)
        return self._bytes

    def head(self, count: int) -> bytes:
        """The first `count` bytes, reading no more of a file than that."""
        if self._path is not None:
            with self._path.open("rb") as file:
                return file.read(count)
        return self.read()[:count]

    def pieces(self, count: int) -> Iterator[bytes]:
        """The bytes in order, at most `count` at a time unless they are in memory already. Blocks as `read` does.

        Nothing of what had to be read or decoded is kept. Raises ValueError when base64 text does not decode.
        """
        if self._bytes is not None:
            yield self._bytes
        elif self._path is not None:
            with self._path.open("rb") as file:
                for _ in range(0, self.size_bytes, count):
                    yield file.read(count)
        else:
            assert self._base64 is not None
            step = count // _BYTES_A_GROUP * _CHARS_A_GROUP
            left = self.size_bytes
            for start in range(0, len(self._base64), step):
                piece = pybase64.b64decode(self._base64[start : start + step], validate=True)
                if len(piece) != min(left, step // _CHARS_A_GROUP * _BYTES_A_GROUP):
                    raise ValueError("padding in the middle of base64")
                left -= len(piece)
                yield piece

    def base64(self) -> Text:
        """The bytes as base64 text: ASCII, padded, no line breaks."""
        if self._base64 is None:
            encoded = pybase64.b64encode(self.read())
            if self._path is not None:
                return encoded
            self._base64 = encoded
        return self._base64

    def __repr__(self) -> str:
        return f"Blob({self.media_type}, {self.size_bytes} bytes)"


class BlobStore(Protocol):
    """Keeps blobs under keys such as `req_…/0.png`: one or two plain names. Anything else raises ValueError.

    Every method may be called concurrently, and raises OSError when the store cannot do it.
    """

    async def write(self, key: str, blob: Blob) -> None:
        """Store `blob` under `key`, whole or not at all. Raises FileExistsError for a key that was written before.

        Raises ValueError for base64 text that does not decode.
        """
        ...

    async def read(self, key: str, media_type: str) -> Blob | None:
        """The blob stored under `key`, or None."""
        ...

    async def delete(self, key: str) -> None:
        """Forget `key`; no error when it is not there."""
        ...


def check_key(key: str) -> None:
    """Raise ValueError unless `key` is one that a store takes."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a blob key: {key!r}")
