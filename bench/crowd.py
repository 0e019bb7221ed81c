"""Many callers at once from one thread: each sends its request again as soon as its answer is there.

Bodies of answers are counted and thrown away, through one buffer that all share, so that the load costs little beside
what it measures. Everything that was begun is waited for: processor time divided by requests is then exact.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_BUFFER_BYTES: Final = 1024 * 1024
_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"
_SILENCE_S_MAX: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the requests. latencies_s: of the good answers, ascending. errors: kind -> how many."""

    taken_s: float
    latencies_s: tuple[float, ...]
    errors: Mapping[str, int]

    @property
    def asked(self) -> int:
        """Requests sent."""
        return len(self.latencies_s) + sum(self.errors.values())

    def latency_s(self, share: float) -> float:
        """The latency that `share` of the good answers did not exceed."""
        return self.latencies_s[int((len(self.latencies_s) - 1) * share)] if self.latencies_s else float("nan")


@dataclass(kw_only=True)
class Crowd:
    """Callers of one request, bytes as they go over the wire, to a port of this machine.

    calls_max, seconds_max: no request begins after either. answer_bytes_min: a shorter body is an error, as is any
    status but 200, an answer without a length and a broken connection.
    """

    port: int
    request: bytes
    at_once: int
    calls_max: int
    seconds_max: float = float("inf")
    answer_bytes_min: int = 0

    _latencies_s: list[float] = field(default_factory=list, init=False)
    _errors: Counter[str] = field(default_factory=Counter, init=False)
    _begun: int = field(default=0, init=False)

    def ask(self) -> Outcome:
        """Ask until the bounds are reached and every answer is there."""
        buffer = memoryview(bytearray(_BUFFER_BYTES))
        started_s = time.perf_counter()
        with selectors.EpollSelector() as selector:
            callers = [_Caller(self, selector) for _ in range(self.at_once)]
            for caller in callers:
                caller.begin()
            while selector.get_map():
                ready = selector.select(_SILENCE_S_MAX)
                if not ready:
                    self._errors["silence"] += len(selector.get_map())
                    break
                for key, events in ready:
                    key.data.go_on(events, buffer)
            taken_s = time.perf_counter() - started_s
            for caller in callers:
                caller.leave()
        return Outcome(taken_s=taken_s, latencies_s=tuple(sorted(self._latencies_s)), errors=dict(self._errors))

    def one_more(self, now_s: float, since_s: float) -> bool:
        """Whether another request may begin; it counts as begun."""
        if self._begun >= self.calls_max or now_s - since_s >= self.seconds_max:
            return False
        self._begun += 1
        return True

    def keep(self, latency_s: float) -> None:
        """A good answer."""
        self._latencies_s.append(latency_s)

    def fail(self, kind: str) -> None:
        """A bad one, or none."""
        self._errors[kind] += 1


class _Caller:
    """One connection, made anew after it broke, and the answer being read from it."""

    def __init__(self, crowd: Crowd, selector: selectors.BaseSelector) -> None:
        self._crowd = crowd
        self._selector = selector
        self._socket: socket.socket | None = None
        self._request = memoryview(crowd.request)
        self._since_s = time.perf_counter()

    def begin(self) -> None:
        """Send the next request, if there is one."""
        now_s = time.perf_counter()
        if not self._crowd.one_more(now_s, self._since_s):
            if self._socket is not None:
                self._selector.unregister(self._socket)
            return
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._crowd.port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.setblocking(False)
            self._selector.register(self._socket, selectors.EVENT_READ, self)
        self._begun_s, self._sent, self._head, self._left = now_s, 0, b"", -1
        self._send()

    def go_on(self, events: int, buffer: memoryview) -> None:
        """Send or read what the socket takes and has."""
        if events & selectors.EVENT_WRITE:
            self._send()
        if events & selectors.EVENT_READ and self._socket is not None:
            self._read(buffer)

    def leave(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()

    def _send(self) -> None:
        assert self._socket is not None
        try:
            while self._sent < len(self._request):
                self._sent += self._socket.send(self._request[self._sent :])
        except BlockingIOError:
            self._selector.modify(self._socket, selectors.EVENT_READ | selectors.EVENT_WRITE, self)
            return
        except OSError:
            pass  # an answer may have come before the end of the request: reading tells
        if self._selector.get_key(self._socket).events & selectors.EVENT_WRITE:
            self._selector.modify(self._socket, selectors.EVENT_READ, self)

    def _read(self, buffer: memoryview) -> None:
        assert self._socket is not None
        try:
            count = self._socket.recv_into(buffer)
        except BlockingIOError:
            return
        except OSError:
            count = 0
        if not count:
            self._break("broken connection")
        elif self._left >= 0:
            self._left -= count
        elif (problem := self._read_head(bytes(buffer[:count]))) is not None:
            self._break(problem)
        if self._left == 0 and self._head:
            self._crowd.keep(time.perf_counter() - self._begun_s)
            self.begin()

    def _read_head(self, data: bytes) -> str | None:
        """What is wrong with the answer, as far as its head tells."""
        self._head += data
        head, end, body = self._head.partition(_HEAD_END)
        if not end:
            return None
        status, *lines = head.split(b"\r\n")
        lengths = [int(line[len(_LENGTH) :]) for line in lines if line.lower().startswith(_LENGTH)]
        if b" 200 " not in status:
            return f"status {status.split()[1].decode()}"
        if not lengths:
            return "no length"
        if lengths[0] < self._crowd.answer_bytes_min:
            return "short body"
        self._left = lengths[0] - len(body)
        return None

    def _break(self, kind: str) -> None:
        assert self._socket is not None
        self._crowd.fail(kind)
        self._selector.unregister(self._socket)
        self._socket.close()
        self._socket, self._head = None, b""
        self.begin()
