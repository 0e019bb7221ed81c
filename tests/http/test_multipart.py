"""Multipart bodies: what the SDKs and curl send, what an enemy sends, and what it all costs."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.contract.draft import Part
from limner.errors import CallerError, InvalidRequest, Overloaded, TooLarge
from limner.http.multipart import MEMORY_BYTES_MAX, PREAMBLE_BYTES_MAX, FormReader, read_form
from limner.http.spool import Room, Spool
from limner.http.surface import Limits

TYPE = "multipart/form-data; boundary=b0undary"
LIMITS = Limits()


def form(*parts: bytes, boundary: bytes = b"b0undary") -> bytes:
    """A form of parts, each its headers, a blank line and its content."""
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"


def text(name: bytes, value: bytes) -> bytes:
    """A text part as the SDKs send it: a disposition and nothing else."""
    return b'Content-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value


def file(name: bytes, data: bytes, *, filename: bytes = b"a.png", media_type: bytes = b"image/png") -> bytes:
    """A file part."""
    head = b'Content-Disposition: form-data; name="' + name + b'"; filename="' + filename + b'"\r\n'
    return head + b"Content-Type: " + media_type + b"\r\n\r\n" + data


async def pieces(data: Iterable[bytes]) -> AsyncIterator[bytes]:
    """A body as it arrives."""
    for piece in data:
        yield piece


async def read(
    tmp_path: Path, *data: bytes, content_type: str = TYPE, limits: Limits = LIMITS, spool: Spool | None = None
) -> tuple[Part, ...]:
    """The parts of a body that arrives in these pieces."""
    return await read_form(pieces(data), content_type, spool or Spool(tmp_path, Room(0)), limits)


def files_in(folder: Path) -> int:
    """How many files lie in a folder or below."""
    return sum(path.is_file() for path in folder.rglob("*"))


async def test_texts_and_files_are_told_apart(tmp_path: Path) -> None:
    """A part with a file name or an image's type is a file; any other is text, its line breaks as sent."""
    parts = await read(
        tmp_path,
        form(
            text(b"prompt", "a red\r\nfox \u2713".encode()),
            file(b"image[]", b"\x00\xff"),
            b'Content-Disposition: form-data; name="mask"\r\nContent-Type: image/png; q=1\r\n\r\n\xff',
            b'Content-Disposition: form-data; name="raw"\r\nContent-Type: application/octet-stream\r\n\r\n\xfe',
        ),
    )
    assert parts[0] == Part(name="prompt", text="a red\r\nfox \u2713")
    assert [part.name for part in parts] == ["prompt", "image[]", "mask", "raw"]
    assert [part.blob.read() for part in parts if part.blob] == [b"\x00\xff", b"\xff", b"\xfe"]
    assert [part.content_type for part in parts] == [None, "image/png", "image/png", "application/octet-stream"]
    assert parts[1].filename == "a.png"
    assert parts[2].filename is None


@pytest.mark.parametrize("filename", [b"", b"upload", b"blob", b"unknown_file", "löwe.png".encode(), b"a%22b.png"])
async def test_any_file_name_is_a_file(tmp_path: Path, filename: bytes) -> None:
    """Empty, generic, non-ASCII and escaped names all mark a file."""
    (part,) = await read(tmp_path, form(file(b"image", b"data", filename=filename)))
    assert part.filename == filename.decode()
    assert part.blob is not None


async def test_a_file_without_a_type_is_octets(tmp_path: Path) -> None:
    """A missing content type is None to the contract and octet-stream on the blob."""
    (part,) = await read(tmp_path, form(b'Content-Disposition: form-data; name="image"; filename="x"\r\n\r\nabc'))
    assert part.content_type is None
    assert part.blob is not None
    assert part.blob.media_type == "application/octet-stream"


@given(data=st.binary(max_size=400), cuts=st.lists(st.integers(0, 700), max_size=20))
def test_where_a_body_is_cut_does_not_matter(data: bytes, cuts: list[int]) -> None:
    """Any chunking of a body yields the same parts."""
    body = form(text(b"prompt", b"x"), file(b"image", data), text(b"n", b"2"))
    reader = FormReader(TYPE, LIMITS)
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    for start, end in pairwise(edges):
        reader.feed(body[start:end])
    parts = [part.sealed() for part in reader.finish()]
    assert [part.text for part in parts] == ["x", None, "2"]
    assert parts[1].blob is not None
    assert parts[1].blob.read() == data


@given(junk=st.binary(max_size=300))
def test_junk_is_refused_and_never_crashes(junk: bytes) -> None:
    """Whatever follows a first boundary either parses or is the caller's error."""
    reader = FormReader(TYPE, LIMITS)
    try:
        reader.feed(b"--b0undary\r\n" + junk)
        parts = [part.sealed() for part in reader.finish()]
    except CallerError:
        return
    assert isinstance(parts, list)


async def test_a_preamble_and_an_epilogue_are_skipped(tmp_path: Path) -> None:
    """Text around the form is allowed by RFC 2046, however it is cut."""
    body = b"This is a form.\r\n" + form(text(b"prompt", b"x")) + b"goodbye"
    (part,) = await read(tmp_path, *[bytes([byte]) for byte in body])
    assert part.text == "x"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", form(text(b"a", b"b"))),
        ("multipart/form-data; boundary=", form(text(b"a", b"b"))),
        ("multipart/form-data; boundary=" + "x" * 300, form(text(b"a", b"b"))),
        ("multipart/form-data; boundary=other", form(text(b"a", b"b"), text(b"c", b"d" * PREAMBLE_BYTES_MAX))),
        (TYPE, b""),
        (TYPE, b"--b0undary"),
        (TYPE, form(text(b"a", b"b"))[:-12]),
        (TYPE, b"--b0undaryX\r\n"),
        (TYPE, form(b"Content-Disposition: form-data\r\n\r\nx")),
        (TYPE, form(b"Content-Type: text/plain\r\n\r\nx")),
        (TYPE, form(b"No colon here\r\n\r\nx")),
        (TYPE, form(b'Content-Disposition: form-data; name="\xff"\r\n\r\nx')),
        (TYPE, form(b"X-Long: " + b"x" * 10_000 + b"\r\n" + text(b"a", b"b"))),
        (TYPE, form(b"X-Many: 1\r\n" * 20 + text(b"a", b"b"))),
    ],
)
async def test_a_malformed_form_is_refused(tmp_path: Path, content_type: str, body: bytes) -> None:
    """Every way a form can be broken is a 400 that says so."""
    with pytest.raises(InvalidRequest, match="could not parse the multipart form"):
        await read(tmp_path, body, content_type=content_type)


async def test_a_text_that_is_not_utf8_names_its_part(tmp_path: Path) -> None:
    """Bytes in a text part are a 400 with the part's name."""
    with pytest.raises(InvalidRequest) as refused:
        await read(tmp_path, form(text(b"prompt", b"\xff\xfe")))
    assert refused.value.param == "prompt"


async def test_a_raw_buffer_of_numbers_is_refused_early(tmp_path: Path) -> None:
    """A Node Buffer sent without `toFile` is one text part per byte: refused at the limit, with what to do."""
    served = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal served
        for index in range(1_000_000):
            served = index
            yield b"--b0undary\r\n" + text(b"image[%d]" % index, b"66") + b"\r\n"

    with pytest.raises(InvalidRequest, match="toFile") as refused:
        await read_form(body(), TYPE, Spool(tmp_path, Room(0)), LIMITS)
    assert refused.value.param == "image"
    assert served == LIMITS.parts_max


async def test_a_text_over_its_limit_is_refused(tmp_path: Path) -> None:
    """A text part may not grow in memory without end."""
    with pytest.raises(TooLarge) as refused:
        await read(tmp_path, form(text(b"prompt", b"x" * 11)), limits=Limits(text_bytes_max=10))
    assert refused.value.param == "prompt"


async def test_a_file_over_its_limit_is_refused(tmp_path: Path) -> None:
    """A file has its own limit within the form's."""
    with pytest.raises(TooLarge) as refused:
        await read(tmp_path, form(file(b"image", b"x" * 11)), limits=Limits(file_bytes_max=10))
    assert refused.value.param == "image"


async def test_small_files_stay_in_memory(tmp_path: Path) -> None:
    """A thumbnail costs no file."""
    data = b"x" * MEMORY_BYTES_MAX
    (part,) = await read(tmp_path, form(file(b"image", data)))
    assert files_in(tmp_path) == 0
    assert part.blob is not None
    assert part.blob.read() == data


async def test_large_files_cost_disk_and_little_memory(tmp_path: Path) -> None:
    """Sixteen files of 4 MB, in chunks, never hold more than a few megabytes, and read back as sent."""
    chunk = b"0123456789abcdef" * 4096

    async def body() -> AsyncIterator[bytes]:
        for _ in range(16):
            yield b"--b0undary\r\n" + file(b"image[]", b"")
            for _ in range(64):
                yield chunk
            yield b"\r\n"
        yield b"--b0undary--\r\n"

    spool = Spool(tmp_path, Room(0))
    tracemalloc.start()
    parts = await read_form(body(), TYPE, spool, LIMITS)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 8 * 1024 * 1024
    assert len(parts) == 16
    for part in parts:
        assert part.blob is not None
        assert part.blob.size_bytes == 64 * len(chunk)
    assert parts[-1].blob is not None
    assert parts[-1].blob.read() == chunk * 64
    assert files_in(tmp_path) == 16


async def test_what_was_uploaded_goes_with_its_parts(tmp_path: Path) -> None:
    """Nothing but the parts holds a file that stays in memory, even before the garbage collector comes."""
    body = form(file(b"image[]", b"x" * 3_000_000))
    spool = Spool(tmp_path, Room(len(body)))
    gc.disable()
    tracemalloc.start()
    try:
        parts = await read_form(pieces([body]), TYPE, spool, LIMITS, length=len(body))
        assert tracemalloc.get_traced_memory()[0] > 2_900_000
        del parts
        assert tracemalloc.get_traced_memory()[0] < 300_000
    finally:
        tracemalloc.stop()
        gc.enable()
    spool.release()
    assert files_in(tmp_path) == 0


async def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    """An upload that finds no room is a 503 worth retrying, not a defect."""
    gone = tmp_path / "gone"
    with pytest.raises(Overloaded):
        await read(tmp_path, form(file(b"image", b"x" * (MEMORY_BYTES_MAX + 1))), spool=Spool(gone, Room(0)))
