"""Multipart bodies to parts: small ones in memory, larger ones in files, all within limits.

Knows RFC 7578 and what the SDKs make of it, not what any part means. `FormReader` is fed bytes and touches no disk;
`read_form` moves what it holds to the spool, so that a form of any size costs little memory, but for small ones as far
as there is room.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from limner.blobs import Blob
from limner.contract.draft import Part
from limner.errors import InvalidRequest, Overloaded, TooLarge
from limner.http.spool import Spool
from limner.http.surface import MIB, Limits

MEMORY_BYTES_MAX: Final = 64 * 1024
"""A file up to this size never touches the disk; a hundred of them are still only 6 MiB."""
HELD_BYTES_MAX: Final = 4 * MIB
"""A body up to this size stays in memory whole where the spool has room: a picture or two, and a mask."""
WRITE_BYTES: Final = MIB
"""Bytes gathered before they are written: a hop to a worker thread costs as much as copying a tenth of this."""
PREAMBLE_BYTES_MAX: Final = 1024
"""RFC 2046, section 5.1.1, allows text before the first boundary; nobody writes more than a sentence there."""
_BINARY_TYPE: Final = "application/octet-stream"
_BINARY_PREFIXES: Final = ("image/", _BINARY_TYPE)


async def read_form(
    body: AsyncIterable[bytes], content_type: str, spool: Spool, limits: Limits, *, length: int | None = None
) -> tuple[Part, ...]:
    """The parts of a multipart body, in the order sent.

    length: of the body as announced. Up to HELD_BYTES_MAX it stays in memory, if `spool` has room; otherwise files over
    MEMORY_BYTES_MAX lie in `spool`. Raises InvalidRequest for a malformed form, TooLarge for a part over its limit,
    Overloaded when the disk is full, and what `body` raises.
    """
    reader = FormReader(content_type, limits)
    held = length is not None and length <= HELD_BYTES_MAX and spool.hold(length)
    async for data in body:
        reader.feed(data)
        if not held and reader.unwritten_bytes >= WRITE_BYTES:
            await _write(reader, spool)
    parts = reader.finish()
    if not held:
        await _write(reader, spool)
    return tuple(part.sealed() for part in parts)


async def _write(reader: FormReader, spool: Spool) -> None:
    parts = reader.take_heavy_parts()
    if not parts:
        return
    writes = [(str(part.index), part.take_pieces()) for part in parts]
    try:
        paths = await asyncio.to_thread(spool.append, writes)
    except OSError as cause:
        raise Overloaded("The server has no room for this upload at the moment. Please try again later.") from cause
    for part, path in zip(parts, paths, strict=True):
        part.path = path


@dataclass(slots=True)
class OpenPart:
    """A part while it arrives. pieces: what has not been written to `path`. is_file: it has a name or binary type."""

    index: int
    name: str
    filename: str | None
    content_type: str | None
    is_file: bool
    size_bytes: int = 0
    pieces: list[bytes] = field(default_factory=list)
    path: Path | None = None

    def take_pieces(self) -> list[bytes]:
        """The pieces not yet written, which now belong to the taker."""
        pieces, self.pieces = self.pieces, []
        return pieces

    def sealed(self) -> Part:
        """The part as the contract takes it. Raises InvalidRequest when a text is not UTF-8."""
        if not self.is_file:
            return Part(name=self.name, content_type=self.content_type, text=self._text())
        media_type = self.content_type or _BINARY_TYPE
        if self.path is None:
            # Taken, not left: the parser and its reader know each other, and stay until the garbage collector comes.
            blob = Blob.from_bytes(b"".join(self.take_pieces()), media_type)
        else:
            blob = Blob.from_file(self.path, self.size_bytes, media_type)
        return Part(name=self.name, filename=self.filename, content_type=self.content_type, blob=blob)

    def _text(self) -> str:
        try:
            return b"".join(self.pieces).decode()
        except UnicodeDecodeError as cause:
            raise InvalidRequest(
                f"Invalid '{self.name}': the value is not valid UTF-8. If it is a file, give the part a file name.",
                param=self.name,
                code="invalid_value",
            ) from cause


class FormReader:
    """Takes a multipart body in pieces of any size and keeps its parts; raises InvalidRequest and TooLarge."""

    def __init__(self, content_type: str, limits: Limits) -> None:
        self._limits = limits
        self._boundary = _boundary(content_type)
        self._preamble: bytes | None = b""
        self._headers: dict[bytes, bytes] = {}
        self._header_name = b""
        self._header_value = b""
        self._parts: list[OpenPart] = []
        self._ended = False
        self.unwritten_bytes = 0
        try:
            self._parser = MultipartParser(
                self._boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._add_to_header_name,
                    "on_header_value": self._add_to_header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._open_part,
                    "on_part_data": self._add_data,
                    "on_end": self._end,
                },
            )
        except FormParserError as cause:
            raise _malformed("its boundary is too long") from cause

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        if self._preamble is not None:
            data = self._without_preamble(data)
        try:
            self._parser.write(data)
        except FormParserError as cause:
            raise _malformed("it does not follow RFC 7578") from cause

    def finish(self) -> list[OpenPart]:
        """The parts, when the body is over."""
        if not self._ended:
            raise _malformed("it ends before its closing boundary")
        return self._parts

    def take_heavy_parts(self) -> list[OpenPart]:
        """The files too large for memory that hold pieces; the caller writes those to disk."""
        self.unwritten_bytes = 0
        return [part for part in self._parts if part.is_file and part.size_bytes > MEMORY_BYTES_MAX and part.pieces]

    def _without_preamble(self, data: bytes) -> bytes:
        """`data` from the first boundary on, or nothing while that has not come; the parser knows no preamble."""
        assert self._preamble is not None
        seen = self._preamble + data
        delimiter = b"--" + self._boundary
        start = 0 if seen.startswith(delimiter) else seen.find(b"\r\n" + delimiter)
        if start >= 0:
            self._preamble = None
            return seen[start:]
        if len(seen) > PREAMBLE_BYTES_MAX:
            raise _malformed("its boundary does not occur in it")
        self._preamble = seen
        return b""

    def _begin_part(self) -> None:
        if len(self._parts) == self._limits.parts_max:
            name = self._parts[-1].name.partition("[")[0]
            raise InvalidRequest(
                f"Invalid form: it has more than {self._limits.parts_max} parts, the last of them for '{name}'. Bytes "
                "from memory are sent as one file: in Node.js, wrap a Buffer with 'toFile'.",
                param=name,
                code="invalid_type",
            )
        self._headers = {}

    def _add_to_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_to_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _open_part(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        if b"name" not in options:
            raise _malformed("a part has no name")
        filename = options.get(b"filename")
        content_type = parse_options_header(self._headers.get(b"content-type"))[0].decode("latin-1") or None
        self._parts.append(
            OpenPart(
                index=len(self._parts),
                name=_utf8(options[b"name"]),
                filename=None if filename is None else _utf8(filename),
                content_type=content_type,
                is_file=filename is not None or (content_type or "").startswith(_BINARY_PREFIXES),
            )
        )

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        part = self._parts[-1]
        part.size_bytes += end - start
        part.pieces.append(data[start:end])
        bytes_max = self._limits.file_bytes_max if part.is_file else self._limits.text_bytes_max
        if part.size_bytes > bytes_max:
            raise TooLarge(
                f"Invalid '{part.name}': at most {bytes_max} bytes are accepted in this part of the form.",
                param=part.name,
            )
        if part.is_file:
            self.unwritten_bytes += end - start

    def _end(self) -> None:
        self._ended = True


def _boundary(content_type: str) -> bytes:
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    if not boundary:
        raise _malformed("the 'Content-Type' header names no boundary")
    return boundary


def _utf8(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as cause:
        raise _malformed("a part's name is not valid UTF-8") from cause


def _malformed(reason: str) -> InvalidRequest:
    return InvalidRequest(f"We could not parse the multipart form of your request: {reason}.")
