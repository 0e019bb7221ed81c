"""Reading a request's body within limits: of size, of silence, of time in all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.types import Receive

from limner.errors import InvalidRequest, RequestTimeout, TooLarge
from limner.http.surface import Limits

_ENCODING_CHARS_SHOWN: Final = 40


class ClientGone(Exception):
    """The client closed the connection; nobody is left to answer."""


class BoundedBody:
    """A request's body in the pieces it arrives in; an async iterator.

    bytes_max: the most it may hold. length: as announced, or None. Raises TooLarge at once when that is over it, and
    InvalidRequest for a compressed body; while iterating TooLarge, RequestTimeout, and ClientGone.
    """

    def __init__(self, headers: Mapping[str, str], receive: Receive, limits: Limits, *, bytes_max: int) -> None:
        self._receive = receive
        self._limits = limits
        self._bytes_max = bytes_max
        self._bytes_read = 0
        self._ended = False
        self._deadline_s: float | None = None
        _check_encoding(headers.get("content-encoding", "identity"))
        length = headers.get("content-length", "")
        # The server has refused anything but digits before it comes to this.
        self.length = int(length) if length.isdecimal() else None
        if self.length is not None and self.length > bytes_max:
            raise self._too_large(f"this one announces {length}")

    def __aiter__(self) -> BoundedBody:
        return self

    async def __anext__(self) -> bytes:
        while not self._ended:
            data = await self._next()
            if data:
                return data
        raise StopAsyncIteration

    async def whole(self) -> bytes:
        """All of it in memory."""
        pieces: list[bytes] = []
        while not self._ended:
            pieces.append(await self._next())
        return b"".join(pieces)

    async def _next(self) -> bytes:
        now_s = asyncio.get_running_loop().time()
        if self._deadline_s is None:
            self._deadline_s = now_s + self._limits.body_total_s
        try:
            async with asyncio.timeout_at(min(self._deadline_s, now_s + self._limits.body_idle_s)):
                message = await self._receive()
        except TimeoutError as timeout:
            raise RequestTimeout(
                f"The request body did not arrive in time: it may pause for {self._limits.body_idle_s:g} s and take "
                f"{self._limits.body_total_s:g} s in all."
            ) from timeout
        if message["type"] == "http.disconnect":
            raise ClientGone
        data: bytes = message.get("body", b"")
        self._ended = not message.get("more_body", False)
        self._bytes_read += len(data)
        if self._bytes_read > self._bytes_max:
            raise self._too_large("this one is larger")
        return data

    def _too_large(self, found: str) -> TooLarge:
        return TooLarge(f"The request body is too large: at most {self._bytes_max} bytes are accepted, {found}.")


def _check_encoding(encoding: str) -> None:
    """Refuse compressed bodies: pictures hardly shrink, and a small body that unpacks to a huge one is an attack."""
    if encoding.strip().lower() not in {"", "identity"}:
        raise InvalidRequest(
            f"Unsupported content encoding: '{encoding[:_ENCODING_CHARS_SHOWN]}'. Please send the request body "
            "uncompressed, without a 'Content-Encoding' header.",
            code="unsupported_content_encoding",
        )


async def drain(receive: Receive, duration_s: float) -> None:
    """Read and drop what the client still sends, for at most `duration_s` seconds."""
    try:
        async with asyncio.timeout(duration_s):
            while (await receive()).get("more_body", False):
                pass
    except TimeoutError:
        pass


async def gone(receive: Receive) -> None:
    """Return when the client has closed the connection. The body must have been read."""
    while (await receive())["type"] != "http.disconnect":
        pass
