"""What happens while a request waits for its job, from the moment its body has been read.

For a stream as one sequence: the job's events, ticks, the client leaving. Three tasks feed one mailbox, so that the
endpoint decides in one place and in order. None of them outlives the block.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from types import TracebackType
from typing import Self, TypeAlias

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


class Client:
    """Whoever sent a request, there until the connection is closed. The request's body must have been read.

    An async context: the connection is watched once, for all that wait inside.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = asyncio.Event()
        self._on_leaving: Callable[[], object] | None = None
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._watching is not None
        self._watching.cancel()
        # What a cancelled task has raised refers to us: a ring would keep the request until somebody looks for rings.
        self._watching = None

    @property
    def there(self) -> bool:
        """Whether the connection is open."""
        return not self._left.is_set()

    async def leaving(self) -> None:
        """Return once it is closed."""
        await self._left.wait()

    def when_leaving(self, call: Callable[[], object] | None) -> None:
        """What to call, instead of anything named before, when it is closed; at once when it is closed already."""
        self._on_leaving = call
        if call is not None and not self.there:
            call()

    async def submitted(self, submission: Awaitable[Waiter]) -> Waiter:
        """What the request waits for, which `submission` finds out; cancelled when the client goes before it has.

        Raises what `submission` does, and ClientGone.
        """
        task = asyncio.current_task()
        assert task is not None, "a request is served by a task"
        self.when_leaving(task.cancel)
        try:
            return await submission
        except asyncio.CancelledError:
            # Somebody else may have cancelled us, too, such as a server that stops.
            if self.there or task.uncancel() > 0:
                raise
            raise ClientGone from None
        finally:
            self.when_leaving(None)

    async def _watch(self) -> None:
        await gone(self._receive)
        self._left.set()
        if self._on_leaving is not None:
            self._on_leaving()


async def answer_of(waiter: Waiter, client: Client, clock: Clock, handoff_after_s: float | None) -> Answer:
    """The answer to a request that streams nothing.

    handoff_after_s: after how long the client is told to come back, or None. Raises the LimnerError that ended the job,
    ClientGone when the client went away, HandedOff when it is told to come back.
    """

    async def hand_off(after_s: float) -> None:
        await clock.sleep(after_s)
        waiter.hand_off()

    handing_off = None if handoff_after_s is None else asyncio.create_task(hand_off(handoff_after_s))
    client.when_leaving(waiter.leave)
    ended = False
    try:
        async for event in waiter.events():
            if isinstance(event, Answer):
                ended = True
                return event
        raise AssertionError("a job ends with an answer or an error")
    except LimnerError:
        ended = True
        if not client.there:
            raise ClientGone from None
        raise
    finally:
        client.when_leaving(None)
        if handing_off is not None:
            handing_off.cancel()
        if not ended:
            # A stopping server or a defect: nobody is left to answer.
            waiter.leave()


class Waiting:
    """An async context whose `next` tells what happens next.

    Leaving the block stops watching. A job that has not ended by then is told that its client has gone, whatever the
    reason: a closed connection, a stopping server, a defect.
    """

    def __init__(self, waiter: Waiter, client: Client, clock: Clock, keepalive_s: float) -> None:
        self._waiter = waiter
        self._client = client
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
        while self._tasks:
            self._tasks.pop().cancel()  # None is kept, for the same reason as in `Client`.
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
        await self._client.leaving()
        await self._mailbox.put(Signal.GONE)

    async def _tick(self) -> None:
        while True:
            await self._clock.sleep(self._keepalive_s)
            await self._mailbox.put(Signal.TICK)
