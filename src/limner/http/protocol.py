"""One connection, bounded: uvicorn's httptools protocol with limits on headers, on waiting and on slow readers.

Alone, that protocol keeps an unfinished header of any length in memory, waits for ever for a first request, and keeps
an answer for a client that never reads it (read in uvicorn 0.54 and httptools 0.9; the tests hold each over a socket).

    waiting ──first byte──> head ──headers complete──> body ──message complete──> waiting
       └── head_s ──> closed  └── head_s ──> 408 and closed

`quiet` counts the bytes of whole reads since the parser last reported anything: what it must be holding back, but for
the rest of the read in which it reported (at most 256 KiB).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from limner.clock import Clock
from limner.errors import InvalidRequest, LimnerError, Overloaded, RequestTimeout
from limner.http.gathering import Gathering
from limner.http.refusal import refusal
from limner.job import new_job_id

LINGER_S: Final = 2.0
"""How long a refused client may go on sending before the connection is closed under it."""


_OFFER_HEADERS: Final = frozenset({b"connection", b"upgrade", b"http2-settings"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """What a connection may cost. connections_max: those open at once; one more is told 503.

    head_bytes_max: request line, headers and trailers of one request together; h11 and nginx allow 16 and 32 KiB.
    head_s: from the connection, or the first byte of a later request, to the end of the headers; nginx's 60.
    write_stall_s: how long a client may leave a full buffer unread; nginx's `send_timeout` is 60.
    """

    connections_max: int = 4096
    head_bytes_max: int = 64 * 1024
    head_s: float = 60.0
    write_stall_s: float = 60.0


class BoundedProtocol(HttpToolsProtocol):
    """What uvicorn makes for each connection. A subclass sets what it needs, since uvicorn calls the constructor."""

    limits: ConnectionLimits
    clock: Clock

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._quiet_bytes = 0
        self._in_head = True
        self._broken: LimnerError | None = None
        self._refused = False
        self._head_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn itself
        """Take a new connection, or tell it at once that there are too many."""
        super().connection_made(Gathering(transport, self.loop))
        if len(self.connections) > self.limits.connections_max:
            self._refuse(Overloaded("The server has too many open connections. Please try again later."))
            return
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers with the connection."""
        self._stop_head_timer()
        self._stop_stall_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, and refuse a head that grows without end."""
        if self._refused:
            return
        if self._in_head:
            self._start_head_timer()
        self._quiet_bytes += len(data)
        self._unset_keepalive_if_required()
        self._feed(data)
        if self._quiet_bytes > self.limits.head_bytes_max:
            self._refuse(self._head_too_large())

    def on_message_begin(self) -> None:
        """A request begins."""
        self._head_bytes = self._quiet_bytes = 0
        self._start_head_timer()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the request line."""
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header or a trailer."""
        self._count_head(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is over."""
        self._quiet_bytes = 0
        self._in_head = False
        self._stop_head_timer()
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._quiet_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is over; the next byte begins another."""
        self._quiet_bytes = 0
        self._in_head = True
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        self._stop_stall_timer()
        self._stall_timer = self.loop.call_later(self.limits.write_stall_s, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._stop_stall_timer()
        super().resume_writing()

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(self._broken or InvalidRequest("Invalid HTTP request: it does not follow RFC 9112."))

    def _decline_upgrade(self, rest: bytes) -> None:
        """Go on as if no other protocol had been offered, which RFC 9110, section 7.8, leaves to the server.

        Java's client offers HTTP/2 with its first request. The parser then takes the body for the new protocol, and
        uvicorn drops it; so the head is parsed again without the offer, and the body after it.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse(InvalidRequest("Invalid method: this server is no proxy."))
            return
        lines = [b"%s %s HTTP/%s" % (method, self.url, self.parser.get_http_version().encode())]
        lines += [b"%s: %s" % header for header in self.headers if header[0] not in _OFFER_HEADERS]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._feed(b"\r\n".join(lines) + b"\r\n\r\n" + rest)

    def _count_head(self, count: int) -> None:
        self._quiet_bytes = 0
        self._head_bytes += count
        if self._head_bytes > self.limits.head_bytes_max:
            self._broken = self._head_too_large()
            # The parser turns this into an error of its own, which `_feed` catches.
            raise self._broken

    def _head_too_large(self) -> LimnerError:
        return InvalidRequest(f"The request's headers are too large: at most {self.limits.head_bytes_max} bytes.")

    def _start_head_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.limits.head_s, self._head_timed_out)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_stall_timer(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def _head_timed_out(self) -> None:
        if self._answering():
            # A pipelined head may wait while the answer before it is written; closing would cut that answer short.
            self.cycle.keep_alive = False
            return
        self._refuse(RequestTimeout(f"The request's headers did not arrive within {self.limits.head_s:g} s."))

    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn's type leaves out that there is none at first
        return cycle is not None and not cycle.response_complete

    def _refuse(self, error: LimnerError) -> None:
        """Answer outside any request, then close. An answer already under way is cut instead of being mixed up."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        if self._answering():
            self.transport.close()
            return
        request_id = new_job_id(self.clock.now_s())
        answer = refusal(error, request_id)
        headers = {**answer.headers, "x-request-id": request_id, "connection": "close"}
        lines = b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in headers.items())
        self.transport.write(STATUS_LINE[answer.status] + lines + b"\r\n" + answer.body)
        # Closing while the client still sends would reset the connection and lose the answer: drop what comes instead.
        self.transport.write_eof()
        self._stop_head_timer()
        self._head_timer = self.loop.call_later(LINGER_S, self.transport.close)


def bounded_by(limits: ConnectionLimits, clock: Clock) -> type[BoundedProtocol]:
    """The protocol with its limits, as a class for uvicorn to construct."""
    return type("LimitedProtocol", (BoundedProtocol,), {"limits": limits, "clock": clock})
