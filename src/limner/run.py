"""One admitted job on its way: written by the gateway, waited on by a request, or by several when it was sent again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from math import inf
from typing import Final

from limner import exactness
from limner.claims import Claim
from limner.clock import Clock
from limner.contract.draft import Draft
from limner.errors import Allowance, Defect, LimnerError, handed_off
from limner.inputs import Inputs
from limner.job import Answer, Job, PartialAnswer, Report
from limner.ledger import Admission, Admitted
from limner.moderation import Verdict
from limner.record import FailedAttempt
from limner.turns import Turns

HANDOFF_GRACE_S: Final = 60.0
"""How long a request that was told to come back is waited for: the SDKs ask again within a second, and a minute is the
longest that they can be made to wait."""


@dataclass(slots=True, kw_only=True)
class Run:
    """A job's state while it is queued, drawn and settled.

    engines: its route. engine: the one it waits for or runs on. ahead: those it has not come to. allowances: what its
    admission left of the key's rates. plans: by engine, as far as they have been made. verdict: its moderator's, once
    asked. until_s: when the last caller gives up, or None. started_at_s and began_s: its first attempt. The latter and
    until_s are of the clock that never steps back. partials: unfinished pictures sent so far. cost_nusd: spent upstream
    so far, failed attempts included. failures: attempts that have failed. blob_keys: where pictures of it lie, or may.
    admitted: what came of its admission, None when that was refused. lapsed: whether it is cancelled since nobody
    waited for it; then nobody can any more. permission: asked before the first attempt, for a job that others may have
    been faster with. ready: waited for after its admission, before anything becomes of it. handed_on: whether another
    gateway is to draw what it would have drawn.
    """

    clock: Clock
    job: Job
    draft: Draft
    inputs: Inputs
    admission: Admission
    engines: tuple[str, ...]
    engine: str
    ahead: deque[str]
    allowances: tuple[Allowance, ...] = ()
    plans: dict[str, exactness.Plan] = field(default_factory=dict)
    verdict: Verdict | None = None
    until_s: float | None = None
    report: Report = field(default_factory=dict)
    started_at_s: float | None = None
    began_s: float | None = None
    partials: int = 0
    cost_nusd: int = 0
    failures: list[FailedAttempt] = field(default_factory=list)
    blob_keys: tuple[str, ...] = ()
    admitted: asyncio.Future[Admitted | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    lapsed: bool = False
    permission: Callable[[], Awaitable[bool]] | None = None
    ready: asyncio.Event | None = None
    handed_on: bool = False
    _began: bool = False
    _permitted: bool = False
    _turn: tuple[Turns, asyncio.Future[bool]] | None = None
    _waiters: set[Waiter] = field(default_factory=set)
    _last: Waiter | None = None
    _awaited_until_s: float = -inf
    _result: Answer | LimnerError | None = None
    _report_text: str | None = None

    @property
    def attended(self) -> bool:
        """Whether a request waits for it just now."""
        return bool(self._waiters)

    @property
    def left(self) -> bool:
        """Whether all who waited for it have gone and nobody was told to come back a moment ago."""
        return not self._waiters and self.clock.monotonic_s() >= self._awaited_until_s

    def lapses(self) -> bool:
        """Whether all who waited for it have gone, asked while nothing runs. If so it is `lapsed` from now on."""
        self.lapsed = self.lapsed or self.left
        return self.lapsed

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Of all who wait for it, or of the one who left last."""
        waiters = self._waiters or ({self._last} if self._last else ())
        return tuple(waiter.claim for waiter in waiters)

    @property
    def report_text(self) -> str:
        """The `limner-parameters` header: as planned until the answer, final after it."""
        if self._report_text is None:
            self._report_text = exactness.report_text(self.report)
        return self._report_text

    def reports(self, report: Report) -> None:
        """Tell `report` from now on, but for what the contract itself did with a parameter."""
        self.report, self._report_text = {**report, **self.draft.told}, None

    def join(self, claim: Claim, until_s: float | None) -> Waiter:
        """Wait for it, from now on: what it has shown before is not shown again. until_s: how long the request will."""
        # As patient as the most patient of them.
        self.until_s = None if self.until_s is None or until_s is None else max(self.until_s, until_s)
        waiter = Waiter(self, claim)
        if self._result is None:
            self._waiters.add(waiter)
        else:
            waiter.tell(self._result)
        return waiter

    def note(self, error: LimnerError) -> None:
        """Keep that the attempt on the engine the run is at has failed."""
        failure = FailedAttempt(engine=self.engine, error_code=error.code or error.type, upstream=error.upstream)
        self.failures.append(failure)

    def leave(self, waiter: Waiter) -> None:
        """A request has gone. With the last of them a queued job is cancelled; a running one goes on without any."""
        if self._result is not None:
            return
        self._waiters.discard(waiter)
        self._last = waiter
        if self._turn:
            turns, turn = self._turn
            if not turn.done() and self.lapses():
                turns.leave(turn)

    def hand_off(self, waiter: Waiter) -> None:
        """A request was told to come back: for a while the job goes on as if it were still waiting."""
        self._awaited_until_s = self.clock.monotonic_s() + HANDOFF_GRACE_S
        self.leave(waiter)

    def hand_on(self) -> None:
        """Leave it to another gateway, where there may be one and no engine has begun or is about to."""
        self.handed_on = self.permission is not None and not self._began
        if self._turn and self.handed_on:
            turns, turn = self._turn
            turns.leave(turn)

    async def may_begin(self) -> bool:
        """Whether an engine may begin with it: asked for, where there is somebody to ask, until it was given once."""
        self._began = True
        if not self._permitted:
            self._permitted = self.permission is None or await self.permission()
        return self._permitted

    async def wait_for(self, turns: Turns, turn: asyncio.Future[bool]) -> bool:
        """Whether the turn came; False when the last client left or it was handed on. The taker calls `turns.done`."""
        self._turn = (turns, turn)
        if self.handed_on or (not turn.done() and self.lapses()):
            turns.leave(turn)
        try:
            # Shielded: a turn that is cancelled with its job would stay in the queue.
            came = await asyncio.shield(turn)
        except asyncio.CancelledError:
            turns.give_up(turn)
            raise
        if came and (self.handed_on or self.lapses()):
            # It left in the moment its turn came, or before anybody waited: nothing has begun, so nothing is drawn.
            turns.done()
            return False
        return came

    def tell(self, event: PartialAnswer | Answer | LimnerError) -> None:
        """Hand all who wait an event; the answer or an error is the last one.

        Then the run lets go of them, who refer to it: a ring would keep the pictures, and their room in memory, until
        somebody looks for rings.
        """
        for waiter in self._waiters:
            waiter.tell(event)
        if isinstance(event, Answer | LimnerError):
            self._result = event
            self._waiters.clear()
            self._last = None


class Waiter:
    """A request that waits for a run. claim: what it came with."""

    def __init__(self, run: Run, claim: Claim) -> None:
        self._run = run
        self._events: asyncio.Queue[PartialAnswer | Answer | LimnerError] = asyncio.Queue()
        self.claim = claim

    @property
    def job_id(self) -> str:
        """The job's id."""
        return self._run.job.id

    @property
    def report_text(self) -> str:
        """The `limner-parameters` header: as planned until the answer, final after it."""
        return self._run.report_text

    @property
    def allowances(self) -> tuple[Allowance, ...]:
        """What the job's admission has left of the key's rates."""
        return self._run.allowances

    async def events(self) -> AsyncIterator[PartialAnswer | Answer]:
        """Unfinished pictures as they come, then the answer. Raises the error that ended the job or the waiting."""
        while True:
            event = await self._events.get()
            if isinstance(event, LimnerError):
                raise event
            yield event
            if isinstance(event, Answer):
                return

    def tell(self, event: PartialAnswer | Answer | LimnerError) -> None:
        """Hand it an event."""
        self._events.put_nowait(event)

    def leave(self) -> None:
        """The client has gone. Ends the waiting."""
        self._run.leave(self)
        self.tell(Defect("The client has left."))

    def hand_off(self) -> None:
        """The client is told to come back. Ends the waiting, with that."""
        self._run.hand_off(self)
        self.tell(handed_off())
