"""Turns: places at an engine, given first come, first served.

A job that waits for its turn holds no engine and can leave the queue at no cost. A job that has a place may ask for
further ones, but must be able to end without them: two jobs that held one and insisted on another would wait for ever.
Runs in one event loop; no locks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from limner.errors import Overloaded

RETRY_AFTER_S = 5.0
"""What a caller turned away is told to wait: long enough for a picture or two to be finished."""


class Turns:
    """`places` runs at once; at most `waiting_max` more may wait."""

    def __init__(self, places: int, waiting_max: int) -> None:
        self._free = places
        self._waiting_max = waiting_max
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._further: set[asyncio.Future[bool]] = set()

    def enter(self) -> asyncio.Future[bool]:
        """A future that becomes True when it is the caller's turn and False when it left before.

        Whoever gets True calls `done` afterwards, whatever happens. Raises Overloaded when the queue is full.
        """
        if self._free == 0 and len(self._waiting) - len(self._further) >= self._waiting_max:
            raise overloaded()
        return self._enter()

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None, None]:
        """A further place for a job that has one already, held until the block is left.

        It waits among the jobs, so that nobody is overtaken, but is never refused and does not count as one of them:
        how many there are is bounded by the jobs that run.
        """
        turn = self._enter()
        if not turn.done():
            self._further.add(turn)
        try:
            # Shielded: a turn is ended by this class alone, never by whoever stops waiting for it.
            await asyncio.shield(turn)
            yield
        finally:
            self.give_up(turn)

    def _enter(self) -> asyncio.Future[bool]:
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if self._free > 0:
            self._free -= 1
            turn.set_result(True)
        else:
            self._waiting.append(turn)
        return turn

    def leave(self, turn: asyncio.Future[bool]) -> None:
        """Give up waiting. Without effect on a turn that has already come."""
        if not turn.done():
            self._waiting.remove(turn)
            self._further.discard(turn)
            turn.set_result(False)

    def give_up(self, turn: asyncio.Future[bool]) -> None:
        """Leave the queue, or give back the place when the turn has come. Without effect on a turn that was left."""
        if not turn.done():
            self.leave(turn)
        elif turn.result():
            self.done()

    def done(self) -> None:
        """Give a taken place to the next in the queue."""
        if self._waiting:
            turn = self._waiting.popleft()
            self._further.discard(turn)
            turn.set_result(True)
        else:
            self._free += 1


def overloaded() -> Overloaded:
    """What a caller is told whose job does not get a turn."""
    return Overloaded(
        "The server is overloaded: too many jobs are waiting. Please try again later.", retry_after_s=RETRY_AFTER_S
    )
