"""Blobs in a folder, beyond what holds for every shelf."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from limner.blobs import Blob
from limner.storage.local_blobs import BUFFER_BYTES, LocalBlobs

MEMORY = Path("/dev/shm")  # noqa: S108  a file system that is always there on Linux
"""A file system that has no disk."""


@pytest.fixture
async def blobs(tmp_path: Path) -> AsyncIterator[LocalBlobs]:
    """An empty store."""
    store = LocalBlobs(tmp_path)
    yield store
    await store.close()


def sizes(folder: Path) -> dict[str, int]:
    """What lies in a folder, and how long it is in bytes."""
    return {path.name: path.stat().st_size for path in folder.iterdir()}


def picture(data: bytes = b"picture") -> Blob:
    """A small blob."""
    return Blob.from_bytes(data, "image/png")


@pytest.mark.skipif(not MEMORY.is_dir(), reason="this system has no file system in memory")
async def test_a_file_system_that_always_caches_will_do() -> None:
    """Where writes past the cache are refused, blobs are stored as well."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        blobs = LocalBlobs(Path(folder))
        await blobs.write("a", picture())
        await blobs.write("b", picture(b"b" * (BUFFER_BYTES + 1)))
        await blobs.close()
        assert sizes(Path(folder)) == {"a": 7, "b": BUFFER_BYTES + 1}


async def test_files_are_for_their_owner_alone(blobs: LocalBlobs, tmp_path: Path) -> None:
    """Nobody else on the machine reads a picture."""
    await blobs.write("a", picture())
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0
