"""What happens while a request waits for its job.

For a stream as one sequence: the job's events, ticks, the client leaving. Three tasks feed one mailbox, so that the
endpoint decides in one place and in order. None of them outlives the block.
"""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from types import TracebackType
from typing import Self, TypeAlias

from starlette.types import Receive

from limner.clock import Clock
from limner.errors import LimnerError
from limner.http.bounds import gone
from limner.http.surface import Run
from limner.job import Answer, PartialAnswer


class Signal(Enum):
    """What the job did not say."""

    GONE = auto()
    """The client has closed the connection."""
    TICK = auto()
    """The keep-alive interval has passed once more."""


Happening: TypeAlias = PartialAnswer | Answer | LimnerError | Signal


async def answer_of(run: Run, receive: Receive) -> Answer:
    """The answer of a run that streams nothing. The request's body must have been read.

    When the client goes away the run is told, and its end awaited all the same: it knows best what it can still drop.
    Raises the LimnerError that ended the job.
    """

    async def watch() -> None:
        await gone(receive)
        run.leave()

    watching = asyncio.create_task(watch())
    ended = False
    try:
        async for event in run.events():
            if isinstance(event, Answer):
                ended = True
                return event
        raise AssertionError("a run ends with an answer or an error")
    except LimnerError:
        ended = True
        raise
    finally:
        watching.cancel()
        if not ended:
            # A stopping server or a defect: nobody is left to answer.
            run.leave()


class Waiting:
    """An async context whose `next` tells what happens next. The request's body must have been read.

    Leaving the block stops watching. A job that has not ended by then is told that its client has gone, whatever the
    reason: a closed connection, a stopping server, a defect.
    """

    def __init__(self, run: Run, receive: Receive, clock: Clock, keepalive_s: float) -> None:
        self._run = run
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
            self._run.leave()
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
            async for event in self._run.events():
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
