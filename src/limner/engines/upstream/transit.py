"""Answers in transit: what has been read from a server and not yet handed on, bounded in bytes.

A thousand answers that come at once wait in the network, where TCP holds back their senders, instead of in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from typing import Final

PATIENCE_S: Final = 20.0
"""The longest an answer waits: slow callers may hold the room, and what waits is paid for. Then it is read all the
same; no common server gives up sending within this time (nginx: 60 s)."""


class Lease:
    """Room for one answer, given back when nothing refers to it any more."""

    def __init__(self, transit: Transit, size_bytes: int) -> None:
        self._transit = transit
        self._size_bytes = size_bytes

    def __del__(self) -> None:
        """May run in any thread: the last to hold a picture may be one that stored it."""
        self._transit.give_back(self._size_bytes)


class Transit:
    """Room for `bytes_max` bytes; more are let in one answer at a time, in the order they came."""

    def __init__(self, bytes_max: int, patience_s: float = PATIENCE_S) -> None:
        self._bytes_max = bytes_max
        self._patience_s = patience_s
        self._taken_bytes = 0
        self._waiting: deque[_Waiting] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def enter(self, size_bytes: int) -> Lease:
        """Room for an answer, as soon as there is some; an answer larger than all the room has it to itself."""
        self._loop = asyncio.get_running_loop()
        if self._waiting or not self._fits(size_bytes):
            await self._wait(_Waiting(self._loop.create_future(), size_bytes))
        else:
            self._taken_bytes += size_bytes
        return Lease(self, size_bytes)

    def give_back(self, size_bytes: int) -> None:
        """Make room again; from any thread."""
        if self._loop is not None:
            # A loop that is closed has nobody waiting.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._give_back, size_bytes)

    async def _wait(self, waiting: _Waiting) -> None:
        """Return with the room taken."""
        self._waiting.append(waiting)
        try:
            await asyncio.wait((waiting.turn,), timeout=self._patience_s)
        except asyncio.CancelledError:
            if waiting.turn.done():
                self._give_back(waiting.size_bytes)
            else:
                self._waiting.remove(waiting)
            raise
        if not waiting.turn.done():
            self._waiting.remove(waiting)
            self._taken_bytes += waiting.size_bytes

    def _give_back(self, size_bytes: int) -> None:
        self._taken_bytes -= size_bytes
        while self._waiting and self._fits(self._waiting[0].size_bytes):
            waiting = self._waiting.popleft()
            self._taken_bytes += waiting.size_bytes
            waiting.turn.set_result(None)

    def _fits(self, size_bytes: int) -> bool:
        return self._taken_bytes == 0 or self._taken_bytes + size_bytes <= self._bytes_max


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """An answer that waits. turn: done once its room has been taken for it."""

    turn: asyncio.Future[None]
    size_bytes: int
