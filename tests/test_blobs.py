"""Blobs: three forms of the same bytes."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.blobs import Blob


@given(st.binary())
def test_bytes_and_base64_are_two_forms_of_one_blob(data: bytes) -> None:
    """Whichever form a blob came in, both come out, and its size is that of the bytes."""
    text = base64.b64encode(data)
    for blob in (Blob.from_bytes(data, "image/png"), Blob.from_base64(text, "image/png")):
        assert blob.size_bytes == len(data)
        assert blob.base64() == text
        assert blob.read() == data
        assert blob.head(3) == data[:3]


def test_each_conversion_is_done_once() -> None:
    """A blob answered twice is encoded once, one read twice is decoded once."""
    encoded = Blob.from_bytes(b"picture", "image/png")
    assert encoded.base64() is encoded.base64()
    decoded = Blob.from_base64(b"cGljdHVyZQ==", "image/png")
    assert decoded.read() is decoded.read()


def test_text_that_is_no_base64_is_refused_when_read() -> None:
    """Upstream text is passed on unread; whoever needs its bytes learns that there are none."""
    blob = Blob.from_base64(b"n*t base", "image/png")
    assert blob.base64() == b"n*t base"
    with pytest.raises(ValueError, match=r"[Nn]on-base64|[Ii]nvalid|padding"):
        blob.read()


def test_a_file_stays_on_the_disk(tmp_path: Path) -> None:
    """A blob of a file holds nothing in memory: each reading sees the file as it is then."""
    path = tmp_path / "picture.png"
    path.write_bytes(b"picture")
    blob = Blob.from_file(path, 7, "image/png")
    assert (blob.read(), blob.head(3), blob.base64(), blob.size_bytes) == (b"picture", b"pic", b"cGljdHVyZQ==", 7)
    path.write_bytes(b"PICTURE")
    assert (blob.read(), blob.base64()) == (b"PICTURE", base64.b64encode(b"PICTURE"))


def test_a_blob_does_not_show_its_content() -> None:
    """What is logged of a blob is its type and size."""
    assert repr(Blob.from_bytes(b"secret", "image/png")) == "Blob(image/png, 6 bytes)"
