"""Blobs as files in one folder. All its disk work happens in worker threads, here.

A blob appears by renaming a finished file, so a reader sees all of it or nothing. Its bytes are on the disk before
anybody is charged for them, and leave the page cache at once: results are written far more often than read, and on a
machine with untouched memory each new page of cache costs more than the write itself.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from io import FileIO
from pathlib import Path
from typing import Final

from limner.blobs import Blob
from limner.clock import Clock

_UNFINISHED: Final = ".writing-"
# Plain names, at most two, none beginning with a dot: a key can neither leave the folder nor hit an unfinished file.
_KEY: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,95}(/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,95})?")
_PIECE_BYTES: Final = 1024 * 1024
# Stands for the slash in a file name, so that a job needs no folder to be made and removed.
_SLASH: Final = "~"


class LocalBlobs:
    """Keeps blobs in `folder`, which exists; see `limner.blobs.BlobStore`. Any other key raises ValueError."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    async def write(self, key: str, blob: Blob) -> None:
        """Store `blob` under `key`, whole or not at all; an existing one is replaced."""
        await asyncio.to_thread(self._write, self._path(key), blob, self._clock.now_s())

    async def read(self, key: str, media_type: str) -> Blob | None:
        """The blob stored under `key`, or None. Its bytes stay on the disk until they are asked for."""
        return await asyncio.to_thread(_read, self._path(key), media_type)

    async def delete(self, key: str) -> None:
        """Forget `key`; no error when it is not there."""
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def expire(self, age_s: float) -> int:
        """Remove what was written more than `age_s` ago, writes that were never finished too; return how many."""
        return await asyncio.to_thread(self._expire, self._clock.now_s() - age_s)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a blob key: {key!r}")
        return self._folder / key.replace("/", _SLASH)

    def _write(self, path: Path, blob: Blob, now_s: float) -> None:
        unfinished = self._folder / (_UNFINISHED + secrets.token_hex(8))
        try:
            # Unbuffered, so that the bytes go from where they are to the system at once.
            with FileIO(unfinished, "xb", opener=_for_its_owner) as file:
                for piece in blob.pieces(_PIECE_BYTES):
                    _write_whole(file, piece)
                os.fsync(file.fileno())
                if hasattr(os, "posix_fadvise"):  # pragma: no branch - macOS has none
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            os.utime(unfinished, (now_s, now_s))
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def _expire(self, before_s: float) -> int:
        with os.scandir(self._folder) as files:
            old = [Path(file) for file in files if file.stat().st_mtime < before_s]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def _for_its_owner(path: str, flags: int) -> int:
    """A new file that nobody else may read."""
    return os.open(path, flags, 0o600)


def _write_whole(file: FileIO, data: bytes) -> None:
    """All of `data`: the system may take a part, as when the disk is about to be full."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _read(path: Path, media_type: str) -> Blob | None:
    try:
        return Blob.from_file(path, path.stat().st_size, media_type)
    except FileNotFoundError:
        return None
