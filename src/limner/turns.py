"""Turns: places at an engine, given first come, first served.

A job that waits for its turn holds no engine and can leave the queue at no cost. Runs in one event loop; no locks.
"""

from __future__ import annotations

import asyncio
from collections import deque

from limner.errors import Overloaded

RETRY_AFTER_S = 5.0
"""What a caller turned away is told to wait: long enough for a picture or two to be finished."""


class Turns:
    """`places` runs at once; at most `waiting_max` more may wait."""

    def __init__(self, places: int, waiting_max: int) -> None:
        self._free = places
        self._waiting_max = waiting_max
        self._waiting: deque[asyncio.Future[bool]] = deque()

    def enter(self) -> asyncio.Future[bool]:
        """A future that becomes True when it is the caller's turn and False when it left before.

        Whoever gets True calls `done` afterwards, whatever happens. Raises Overloaded when the queue is full.
        """
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if self._free > 0:
            self._free -= 1
            turn.set_result(True)
        elif len(self._waiting) < self._waiting_max:
            self._waiting.append(turn)
        else:
            raise Overloaded(
                "The server is overloaded: too many jobs are waiting. Please try again later.",
                retry_after_s=RETRY_AFTER_S,
            )
        return turn

    def leave(self, turn: asyncio.Future[bool]) -> None:
        """Give up waiting. Without effect on a turn that has already come."""
        if not turn.done():
            self._waiting.remove(turn)
            turn.set_result(False)

    def give_up(self, turn: asyncio.Future[bool]) -> None:
        """Leave the queue, or give back the place when the turn has come."""
        if turn.done():
            self.done()
        else:
            self.leave(turn)

    def done(self) -> None:
        """Give a taken place to the next in the queue."""
        if self._waiting:
            self._waiting.popleft().set_result(True)
        else:
            self._free += 1
