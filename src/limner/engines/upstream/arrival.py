"""The rest of an answer whose length is known, out of its connection straight into the place where it stays.

The HTTP client hands a body on in pieces, each copied twice on its way, and all of them once more to become one.
"""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import ClientResponse

_NOWHERE: Final = memoryview(b"")


class Arrival(asyncio.BufferedProtocol):
    """Fills `rest` with what is left of the body of `response`, of which the client has handed on all it has.

    The connection is its own until then, and the client's again afterwards. When the body ends, `response.content` is
    at its end; when the connection is lost, the client says so there, as of any other body.
    """

    def __init__(self, response: ClientResponse, rest: memoryview) -> None:
        connection = response.connection
        assert connection is not None, "all of the body is here"
        assert connection.protocol is not None, "the connection is not given back"
        assert connection.transport is not None, "the connection is not lost"
        self._content = response.content
        self._client = connection.protocol
        self._transport = connection.transport
        self._rest = rest
        self._hand_to(self)

    @property
    def left_bytes(self) -> int:
        """What has not come yet."""
        return len(self._rest)

    def get_buffer(self, _hint: int) -> memoryview:
        """Where the next bytes go."""
        return self._rest

    def buffer_updated(self, count: int) -> None:
        """So many have come."""
        self._rest = self._rest[count:]
        if not self._rest:
            # A connection remembers who read from it last, and would keep the whole body.
            self._rest = _NOWHERE
            self._hand_to(self._client)
            self._content.feed_eof()

    def eof_received(self) -> None:
        """The server sends no more."""
        self._client.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """Too early: it is not the client's again."""
        self._client.connection_lost(error)

    def _hand_to(self, protocol: asyncio.BaseProtocol) -> None:
        # A transport looks at its protocol's kind when it begins to read.
        self._transport.pause_reading()
        self._transport.set_protocol(protocol)
        self._transport.resume_reading()
