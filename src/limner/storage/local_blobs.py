"""Blobs as files in one folder. All its disk work happens in threads, here.

A blob is written once, on the disk before anybody is charged for it, and known to nobody until then. Large writes go
past the system's page cache where the file system allows it: results are written far more often than read, and fresh
pages of cache cost more than the write itself. One thread writes what waits at the same time, so that it is synced at
the same time: the file system commits it once, and the disk flushes once.
"""

from __future__ import annotations

import asyncio
import errno
import mmap
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeAlias

from limner.blobs import PIECE_BYTES, Blob, check_key
from limner.storage.batches import Batches, Result

# Stands for the slash in a file name, so that a job needs no folder to be made and removed.
_SLASH: Final = "~"
_OWNER_FILE: Final = 0o600

BUFFER_BYTES: Final = 2 * 1024 * 1024
"""What is handed to the disk at once: a usual picture whole."""
CACHED_BYTES_MAX: Final = PIECE_BYTES
"""Smaller blobs cost less by way of the cache: a third less of processor time at 37 KB, as much at 250 KB."""
BLOCK_BYTES: Final = 4096
"""Unit of writes past the cache: no disk has larger blocks."""
SYNCS_AT_ONCE: Final = 8
"""Of blobs that are written together: a disk flushes once for all who ask at the same time."""
BATCH_MAX: Final = 16
"""Blobs that are synced together at most: some 20 ms of work for pictures of 1024x1024."""

_Write: TypeAlias = tuple[Path, Blob]


class LocalBlobs:
    """Keeps blobs in `folder`, which exists; see `limner.blobs.BlobStore`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._disk = _Disk()
        self._syncs = ThreadPoolExecutor(SYNCS_AT_ONCE - 1, "limner-sync")
        self._writes: Batches[_Write, None] = Batches(self._write, name="limner-keep", items_max=BATCH_MAX)

    async def write(self, key: str, blob: Blob) -> None:
        """Store `blob` under `key`, whole or not at all. Raises FileExistsError for a key that was written before."""
        await self._writes.do((self._path(key), blob))

    async def read(self, key: str, media_type: str) -> Blob | None:
        """The blob stored under `key`, or None. Its bytes stay on the disk until they are asked for."""
        return await asyncio.to_thread(_read, self._path(key), media_type)

    async def delete(self, key: str) -> None:
        """Forget `key`; no error when it is not there."""
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def close(self) -> None:
        """Finish the writes asked for. Nothing may be written afterwards."""
        await asyncio.to_thread(self._writes.close)
        self._syncs.shutdown()

    def _path(self, key: str) -> Path:
        check_key(key)
        return self._folder / key.replace("/", _SLASH)

    def _write(self, writes: Sequence[_Write]) -> Sequence[Result[None]]:
        """Write all, then sync all side by side."""
        first, *others = [(path, self._disk.start(path, blob)) for path, blob in writes]
        results = self._syncs.map(self._finish, others)
        return [self._finish(first), *results]

    def _finish(self, started: tuple[Path, int | BaseException]) -> Result[None]:
        path, file = started
        return self._disk.finish(path, file)


class _Disk:
    """Writes files one after another, large ones through a buffer whose place and length suit writes past the cache."""

    def __init__(self) -> None:
        self._buffer = memoryview(mmap.mmap(-1, BUFFER_BYTES))
        self._direct = getattr(os, "O_DIRECT", 0)  # macOS has none

    def start(self, path: Path, blob: Blob) -> int | BaseException:
        """A new file with the blob's bytes, not yet sure to be on the disk, or what went wrong."""
        cached = blob.size_bytes <= CACHED_BYTES_MAX
        try:
            file = self._opened(path, direct=not cached)
        except OSError as error:
            return error
        try:
            for piece in blob.pieces(PIECE_BYTES) if cached else self._blocks(blob):
                _write_whole(file, memoryview(piece))
            if not cached:
                os.ftruncate(file, blob.size_bytes)
        except BaseException as error:  # noqa: BLE001  handed to the caller that waits for it
            os.close(file)
            path.unlink()
            return error
        return file

    def finish(self, path: Path, file: int | BaseException) -> Result[None]:
        """See a started file onto the disk."""
        if isinstance(file, BaseException):
            return Result(error=file)
        try:
            # With the file its name, which is new: so ext4, XFS and Btrfs have it.
            os.fsync(file)
            if not self._direct and hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        except OSError as error:
            path.unlink()
            return Result(error=error)
        finally:
            os.close(file)
        return Result()

    def _opened(self, path: Path, *, direct: bool) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            return os.open(path, flags | self._direct * direct, _OWNER_FILE)
        except OSError as error:
            if not (direct and self._direct) or error.errno != errno.EINVAL:
                raise
        # A file system without them, such as tmpfs. The file was made all the same.
        self._direct = 0
        path.unlink(missing_ok=True)
        return os.open(path, flags, _OWNER_FILE)

    def _blocks(self, blob: Blob) -> Iterator[memoryview]:
        """The blob's bytes in whole blocks, the last of which has a rest without meaning."""
        buffer, filled = self._buffer, 0
        for piece in blob.pieces(PIECE_BYTES):
            rest = memoryview(piece)
            while rest:
                taken = min(len(rest), BUFFER_BYTES - filled)
                buffer[filled : filled + taken] = rest[:taken]
                filled, rest = filled + taken, rest[taken:]
                if filled == BUFFER_BYTES:
                    yield buffer
                    filled = 0
        if filled:
            yield buffer[: -(-filled // BLOCK_BYTES) * BLOCK_BYTES]


def _write_whole(file: int, data: memoryview) -> None:
    """All of `data`: the system may take a part, as when the disk is about to be full."""
    while data:
        data = data[os.write(file, data) :]


def _read(path: Path, media_type: str) -> Blob | None:
    try:
        return Blob.from_file(path, path.stat().st_size, media_type)
    except FileNotFoundError:
        return None
