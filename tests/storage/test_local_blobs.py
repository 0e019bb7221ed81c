"""Blobs in a folder."""

from __future__ import annotations

import asyncio
import base64
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from limner.blobs import Blob
from limner.storage.local_blobs import BLOCK_BYTES, BUFFER_BYTES, PIECE_BYTES, LocalBlobs

MEMORY = Path("/dev/shm")  # noqa: S108  a file system that is always there on Linux
"""A file system that has no disk."""


@pytest.fixture
async def blobs(tmp_path: Path) -> AsyncIterator[LocalBlobs]:
    """An empty store."""
    store = LocalBlobs(tmp_path)
    yield store
    await store.close()


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return [path.name for path in folder.iterdir()]


def sizes(folder: Path) -> dict[str, int]:
    """What lies in a folder, and how long it is in bytes."""
    return {path.name: path.stat().st_size for path in folder.iterdir()}


def picture(data: bytes = b"picture") -> Blob:
    """A small blob."""
    return Blob.from_bytes(data, "image/png")


async def test_a_blob_comes_back(blobs: LocalBlobs) -> None:
    """What was written is read with its type and size."""
    await blobs.write("req_a/0.png", picture())
    found = await blobs.read("req_a/0.png", "image/png")
    assert found is not None
    assert (found.read(), found.media_type, found.size_bytes) == (b"picture", "image/png", 7)


async def test_a_key_is_written_once(blobs: LocalBlobs) -> None:
    """What is stored is never changed."""
    await blobs.write("file-a", picture(b"old"))
    with pytest.raises(FileExistsError):
        await blobs.write("file-a", picture(b"newer"))
    found = await blobs.read("file-a", "image/png")
    assert found is not None
    assert (found.read(), found.size_bytes) == (b"old", 3)


@pytest.mark.parametrize("size_bytes", [0, 1, BLOCK_BYTES, PIECE_BYTES + 1, BUFFER_BYTES, 2 * BUFFER_BYTES + 5])
async def test_every_byte_comes_back(blobs: LocalBlobs, size_bytes: int) -> None:
    """Whatever the length, from bytes and from base64 text: no byte of padding stays."""
    data = bytes(number % 251 for number in range(size_bytes))
    await blobs.write("bytes", picture(data))
    await blobs.write("text", Blob.from_base64(base64.b64encode(data), "image/png"))
    for key in ("bytes", "text"):
        found = await blobs.read(key, "image/png")
        assert found is not None
        assert (found.read(), found.size_bytes) == (data, size_bytes)


async def test_many_at_once_are_all_stored(blobs: LocalBlobs) -> None:
    """Blobs that wait together do not get into one another, and one that fails takes no other with it."""
    await blobs.write("7", picture())
    outcomes = await asyncio.gather(
        *(blobs.write(str(number), picture(b"%d" % number)) for number in range(50)), return_exceptions=True
    )
    assert [number for number, outcome in enumerate(outcomes) if outcome is not None] == [7]
    for number in range(50):
        found = await blobs.read(str(number), "image/png")
        assert found is not None
        assert found.read() == (b"picture" if number == 7 else b"%d" % number)


@pytest.mark.skipif(not MEMORY.is_dir(), reason="this system has no file system in memory")
async def test_a_file_system_that_always_caches_will_do() -> None:
    """Where writes past the cache are refused, blobs are stored as well."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        blobs = LocalBlobs(Path(folder))
        await blobs.write("a", picture())
        await blobs.write("b", picture(b"b" * (BUFFER_BYTES + 1)))
        await blobs.close()
        assert sizes(Path(folder)) == {"a": 7, "b": BUFFER_BYTES + 1}


@pytest.mark.parametrize("text", [b"AAAA====", b"AA==" + b"A" * (PIECE_BYTES // 3 * 4), b"A\xff\xffA"])
async def test_what_is_not_base64_is_not_stored(blobs: LocalBlobs, tmp_path: Path, text: bytes) -> None:
    """Not even the part that could be decoded."""
    with pytest.raises(ValueError, match=r"base64|padding|Incorrect|[Nn]on-"):
        await blobs.write("a", Blob.from_base64(text, "image/png"))
    assert names(tmp_path) == []


async def test_a_missing_blob_is_none(blobs: LocalBlobs) -> None:
    """Reading or deleting what is not there is no error."""
    assert await blobs.read("req_a/0.png", "image/png") is None
    await blobs.delete("req_a/0.png")
    await blobs.write("req_a/0.png", picture())
    await blobs.delete("req_a/0.png")
    assert await blobs.read("req_a/0.png", "image/png") is None


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "..",
        "../a",
        "a/..",
        "a/../b",
        "/etc/passwd",
        "a//b",
        "a/b/c",
        ".a",
        "a/.b",
        "a~b",
        "a\\b",
        "a\0b",
        "a\n",
        "a" * 97,
    ],
)
async def test_a_key_cannot_leave_the_folder(blobs: LocalBlobs, key: str) -> None:
    """Anything but one or two plain names is refused by every method, whoever made it."""
    with pytest.raises(ValueError, match="not a blob key"):
        await blobs.write(key, picture())
    with pytest.raises(ValueError, match="not a blob key"):
        await blobs.read(key, "image/png")
    with pytest.raises(ValueError, match="not a blob key"):
        await blobs.delete(key)


async def test_different_keys_are_different_files(blobs: LocalBlobs) -> None:
    """The slash that stands in a key is not confused with any other character."""
    await blobs.write("a/b", picture(b"1"))
    await blobs.write("a-b", picture(b"2"))
    found = await blobs.read("a/b", "image/png")
    assert found is not None
    assert found.read() == b"1"


async def test_a_write_that_fails_leaves_nothing(blobs: LocalBlobs, tmp_path: Path) -> None:
    """A blob that cannot be read is not half stored, and its key is free."""
    with pytest.raises(FileNotFoundError):
        await blobs.write("a", Blob.from_file(tmp_path / "gone", 3, "image/png"))
    assert names(tmp_path) == []
    await blobs.write("a", picture())
    assert names(tmp_path) == ["a"]


async def test_files_are_for_their_owner_alone(blobs: LocalBlobs, tmp_path: Path) -> None:
    """Nobody else on the machine reads a picture."""
    await blobs.write("a", picture())
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0
