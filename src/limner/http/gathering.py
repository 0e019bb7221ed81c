"""A connection on which what is written in one turn of the loop leaves in one piece.

A server writes an answer's head, its beginning, its picture and its end one by one. Each would be a packet of its own,
and wake the client once more.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

GATHERED_BYTES_MAX: Final = 1024 * 1024
"""More is handed on at once: only then is the writer told that the client reads more slowly."""


class Gathering(asyncio.Transport):
    """`transport`, written to once a turn. The protocol is called by `transport` itself."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._gathered: list[bytes | bytearray | memoryview] = []
        self._gathered_bytes = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send it in this turn, after what was written before."""
        self._gathered.append(data)
        self._gathered_bytes += len(data)
        if self._gathered_bytes >= GATHERED_BYTES_MAX:
            self._send()
        elif len(self._gathered) == 1:
            self._loop.call_soon(self._send)

    def write_eof(self) -> None:
        """Send what there is, and no more."""
        self._send()
        self._transport.write_eof()

    def close(self) -> None:
        """Send what there is, then close."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._gathered.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether nothing can be written any more."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Leave what comes in the network."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the connection."""
        return self._transport.get_extra_info(name, default)

    def _send(self) -> None:
        gathered, self._gathered, self._gathered_bytes = self._gathered, [], 0
        if gathered and not self._transport.is_closing():
            self._transport.writelines(gathered)
