"""Time, handed in so that tests can set it."""

from __future__ import annotations

import asyncio
import heapq
import time
from itertools import count
from typing import Protocol


class Clock(Protocol):
    """What the rest of Limner knows of time."""

    def now_s(self) -> float:
        """Unix time in seconds. May step when the machine's clock is set."""
        ...

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary start; never steps back. For durations."""
        ...

    async def sleep(self, duration_s: float) -> None:
        """Return after `duration_s` seconds of this clock."""
        ...


class SystemClock:
    """The machine's own time."""

    def now_s(self) -> float:
        """Unix time in seconds."""
        return time.time()

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary start; never steps back."""
        return time.monotonic()

    async def sleep(self, duration_s: float) -> None:
        """Return after `duration_s` seconds."""
        await asyncio.sleep(duration_s)


class ManualClock:
    """A clock that moves only when told to, for tests."""

    def __init__(self, now_s: float = 1_790_000_000.0) -> None:
        self._now_s = now_s
        self._set_by_s = 0.0
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now_s(self) -> float:
        """The time of day."""
        return self._now_s + self._set_by_s

    def monotonic_s(self) -> float:
        """The same, but for what the clock was set by."""
        return self._now_s

    async def sleep(self, duration_s: float) -> None:
        """Return once `advance` has passed the moment `duration_s` seconds from now."""
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_s + duration_s, next(self._order), wake))
        await wake

    @property
    def sleepers(self) -> int:
        """How many sleeps are waiting to be woken."""
        return sum(not wake.done() for _, _, wake in self._sleepers)

    def set_by(self, difference_s: float) -> None:
        """Set the clock, ahead or back, as an operator or a time server does: no time passes, and nobody wakes."""
        self._set_by_s += difference_s

    def advance(self, duration_s: float) -> None:
        """Move on and wake whoever's time has come, in the order of their times."""
        self._now_s += duration_s
        while self._sleepers and self._sleepers[0][0] <= self._now_s:
            _, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)
