"""Blobs, on every shelf: what `limner.blobs.BlobStore` promises."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.storage.shelves import SHELVES, Shelf

from limner.blobs import PIECE_BYTES, Blob
from limner.storage.local_blobs import BLOCK_BYTES, BUFFER_BYTES
from limner.storage.probe import fault_of


@pytest.fixture(params=list(SHELVES))
async def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shelf]:
    """An empty place for blobs, of each kind in turn."""
    folder = tmp_path / "blobs"
    folder.mkdir()
    async with SHELVES[request.param](folder) as opened:
        yield opened


def picture(data: bytes = b"picture") -> Blob:
    """A small blob."""
    return Blob.from_bytes(data, "image/png")


async def test_a_blob_comes_back(shelf: Shelf) -> None:
    """What was written is read with its type and size."""
    await shelf.blobs.write("req_a/0.png", picture())
    found = await shelf.blobs.read("req_a/0.png", "image/png")
    assert found is not None
    assert (found.read(), found.media_type, found.size_bytes) == (b"picture", "image/png", 7)


async def test_a_key_is_written_once(shelf: Shelf) -> None:
    """What is stored is never changed."""
    await shelf.blobs.write("file-a", picture(b"old"))
    with pytest.raises(FileExistsError):
        await shelf.blobs.write("file-a", picture(b"newer"))
    found = await shelf.blobs.read("file-a", "image/png")
    assert found is not None
    assert (found.read(), found.size_bytes) == (b"old", 3)


@pytest.mark.parametrize(
    "size_bytes", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, PIECE_BYTES + BLOCK_BYTES, BUFFER_BYTES, 2 * BUFFER_BYTES + 5]
)
async def test_every_byte_comes_back(shelf: Shelf, size_bytes: int) -> None:
    """Whatever the length, from bytes and from base64 text: no byte of padding stays."""
    data = bytes(number % 251 for number in range(size_bytes))
    await shelf.blobs.write("bytes", picture(data))
    await shelf.blobs.write("text", Blob.from_base64(base64.b64encode(data), "image/png"))
    for key in ("bytes", "text"):
        found = await shelf.blobs.read(key, "image/png")
        assert found is not None
        assert (found.read(), found.size_bytes) == (data, size_bytes)


async def test_many_at_once_are_all_stored(shelf: Shelf) -> None:
    """Blobs that wait together do not get into one another, and one that fails takes no other with it."""
    await shelf.blobs.write("7", picture())
    outcomes = await asyncio.gather(
        *(shelf.blobs.write(str(number), picture(b"%d" % number)) for number in range(50)), return_exceptions=True
    )
    assert [number for number, outcome in enumerate(outcomes) if outcome is not None] == [7]
    for number in range(50):
        found = await shelf.blobs.read(str(number), "image/png")
        assert found is not None
        assert found.read() == (b"picture" if number == 7 else b"%d" % number)


@pytest.mark.parametrize("text", [b"AAAA====", b"AA==" + b"A" * (PIECE_BYTES // 3 * 4), b"A\xff\xffA"])
async def test_what_is_not_base64_is_not_stored(shelf: Shelf, text: bytes) -> None:
    """Not even the part that could be decoded."""
    with pytest.raises(ValueError, match=r"base64|padding|Incorrect|[Nn]on-"):
        await shelf.blobs.write("a", Blob.from_base64(text, "image/png"))
    assert shelf.keys() == []


async def test_a_missing_blob_is_none(shelf: Shelf) -> None:
    """Reading or deleting what is not there is no error."""
    assert await shelf.blobs.read("req_a/0.png", "image/png") is None
    await shelf.blobs.delete("req_a/0.png")
    await shelf.blobs.write("req_a/0.png", picture())
    await shelf.blobs.delete("req_a/0.png")
    assert await shelf.blobs.read("req_a/0.png", "image/png") is None


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
async def test_a_key_cannot_leave_its_place(shelf: Shelf, key: str) -> None:
    """Anything but one or two plain names is refused by every method, whoever made it."""
    with pytest.raises(ValueError, match="not a blob key"):
        await shelf.blobs.write(key, picture())
    with pytest.raises(ValueError, match="not a blob key"):
        await shelf.blobs.read(key, "image/png")
    with pytest.raises(ValueError, match="not a blob key"):
        await shelf.blobs.delete(key)


async def test_different_keys_are_different_blobs(shelf: Shelf) -> None:
    """The slash that stands in a key is not confused with any other character."""
    await shelf.blobs.write("a/b", picture(b"1"))
    await shelf.blobs.write("a-b", picture(b"2"))
    found = await shelf.blobs.read("a/b", "image/png")
    assert found is not None
    assert found.read() == b"1"


async def test_a_write_that_fails_leaves_nothing(shelf: Shelf, tmp_path: Path) -> None:
    """A blob that cannot be read is not half stored, and its key is free."""
    with pytest.raises(FileNotFoundError):
        await shelf.blobs.write("a", Blob.from_file(tmp_path / "gone", 3, "image/png"))
    assert shelf.keys() == []
    await shelf.blobs.write("a", picture())
    assert shelf.keys() == ["a"]


async def test_a_good_place_passes_its_probe(shelf: Shelf) -> None:
    """A probe is written, read and deleted; nothing stays behind."""
    assert await fault_of(shelf.blobs) is None
    assert shelf.keys() == []
