"""What happens while a request waits for its job, from the moment its body has been read.

For a stream as one sequence: the job's events, ticks, the client leaving. Three tasks feed one mailbox, so that the
endpoint decides in one place and in order. None of them outlives the block.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from enum import Enum, auto
from types import TracebackType
from typing import Any, Self, TypeAlias

from starlette.types import Receive

from limner.clock import Clock
from limner.errors import LimnerError
from limner.http.bounds import ClientGone, gone
from limner.http.surface import Waiter
from limner.job import Answer, PartialAnswer


class Signal(Enum):
    """What the job did not say."""

    GONE = auto()
    """The client has closed the connection."""
    TICK = auto()
    """The keep-alive interval has passed once more."""


Happening: TypeAlias = PartialAnswer | Answer | LimnerError | Signal


async def submitted(submitting: Coroutine[Any, Any, Waiter], receive: Receive) -> Waiter:
    """What a request waits for, which `submitting` finds out. The request's body must have been read.

    Raises what `submitting` does, and ClientGone when the client went away before that: then nobody waits.
    """
    submission, watching = asyncio.ensure_future(submitting), asyncio.ensure_future(gone(receive))
    awaited = False
    try:
        await asyncio.wait((submission, watching), return_when=asyncio.FIRST_COMPLETED)
        awaited = not watching.done()
    finally:
        watching.cancel()
        if not awaited:
            await _abandon(submission)
    if not awaited:
        raise ClientGone
    return submission.result()


async def _abandon(submission: asyncio.Future[Waiter]) -> None:
    submission.cancel()
    await asyncio.wait((submission,))
    if not submission.cancelled() and submission.exception() is None:
        submission.result().leave()


async def answer_of(waiter: Waiter, receive: Receive, clock: Clock, handoff_after_s: float | None) -> Answer:
    """The answer to a request that streams nothing. The request's body must have been read.

    handoff_after_s: after how long the client is told to come back, or None. Raises the LimnerError that ended the job,
    ClientGone when the client went away, HandedOff when it is told to come back.
    """
    went = False

    async def watch() -> None:
        nonlocal went
        await gone(receive)
        went = True
        waiter.leave()

    async def hand_off(after_s: float) -> None:
        await clock.sleep(after_s)
        waiter.hand_off()

    watching = [asyncio.create_task(watch())]
    if handoff_after_s is not None:
        watching.append(asyncio.create_task(hand_off(handoff_after_s)))
    ended = False
    try:
        async for event in waiter.events():
            if isinstance(event, Answer):
                ended = True
                return event
        raise AssertionError("a job ends with an answer or an error")
    except LimnerError:
        ended = True
        if went:
            raise ClientGone from None
        raise
    finally:
        for task in watching:
            task.cancel()
        if not ended:
            # A stopping server or a defect: nobody is left to answer.
            waiter.leave()


class Waiting:
    """An async context whose `next` tells what happens next. The request's body must have been read.

    Leaving the block stops watching. A job that has not ended by then is told that its client has gone, whatever the
    reason: a closed connection, a stopping server, a defect.
    """

    def __init__(self, waiter: Waiter, receive: Receive, clock: Clock, keepalive_s: float) -> None:
        self._waiter = waiter
        self._receive = receive
        self._clock = clock
        self._keepalive_s = keepalive_s
        # One place: a slow client holds back ticks and partials instead of piling them up.
        self._mailbox: asyncio.Queue[Happening] = asyncio.Queue(maxsize=1)
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []
        self._job_ended = False

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._tasks = [self._group.create_task(task) for task in (self._follow(), self._watch(), self._tick())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._job_ended:
            self._waiter.leave()
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(kind, error, traceback)

    async def next(self) -> Happening:
        """The next thing to happen; after an answer or an error nothing of the job follows."""
        happening = await self._mailbox.get()
        self._job_ended = self._job_ended or isinstance(happening, Answer | LimnerError)
        return happening

    async def _follow(self) -> None:
        try:
            async for event in self._waiter.events():
                await self._mailbox.put(event)
        except LimnerError as error:
            await self._mailbox.put(error)

    async def _watch(self) -> None:
        await gone(self._receive)
        await self._mailbox.put(Signal.GONE)

    async def _tick(self) -> None:
        while True:
            await self._clock.sleep(self._keepalive_s)
            await self._mailbox.put(Signal.TICK)
