"""Blobs in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from limner.blobs import Blob
from limner.clock import ManualClock
from limner.storage.local_blobs import LocalBlobs


@pytest.fixture
def blobs(tmp_path: Path, clock: ManualClock) -> LocalBlobs:
    """An empty store."""
    return LocalBlobs(tmp_path, clock)


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return [path.name for path in folder.iterdir()]


def picture(data: bytes = b"picture") -> Blob:
    """A small blob."""
    return Blob.from_bytes(data, "image/png")


async def test_a_blob_comes_back(blobs: LocalBlobs) -> None:
    """What was written is read with its type and size."""
    await blobs.write("req_a/0.png", picture())
    found = await blobs.read("req_a/0.png", "image/png")
    assert found is not None
    assert (found.read(), found.media_type, found.size_bytes) == (b"picture", "image/png", 7)


async def test_writing_again_replaces(blobs: LocalBlobs) -> None:
    """The last write wins."""
    await blobs.write("file-a", picture(b"old"))
    await blobs.write("file-a", picture(b"newer"))
    found = await blobs.read("file-a", "image/png")
    assert found is not None
    assert (found.read(), found.size_bytes) == (b"newer", 5)


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
    """A blob that cannot be read is not half stored, and one stored before stays."""
    await blobs.write("a", picture(b"old"))
    with pytest.raises(FileNotFoundError):
        await blobs.write("a", Blob.from_file(tmp_path / "gone", 3, "image/png"))
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


async def test_what_is_old_expires(blobs: LocalBlobs, clock: ManualClock, tmp_path: Path) -> None:
    """Blobs written longer ago than the limit go, younger ones stay."""
    await blobs.write("old", picture())
    clock.advance(100)
    await blobs.write("young", picture())
    clock.advance(50)
    assert await blobs.expire(149) == 1
    assert await blobs.expire(149) == 0
    assert names(tmp_path) == ["young"]


async def test_files_are_for_their_owner_alone(blobs: LocalBlobs, tmp_path: Path) -> None:
    """Nobody else on the machine reads a picture."""
    await blobs.write("a", picture())
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0
