"""One admitted job on its way: written by the gateway, waited on by the request."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from limner import exactness
from limner.contract.draft import Draft
from limner.errors import Allowance, LimnerError
from limner.inputs import Inputs
from limner.job import Answer, Job, PartialAnswer, Report
from limner.ledger import Admission
from limner.moderation import Verdict
from limner.record import FailedAttempt
from limner.turns import Turns


@dataclass(slots=True, kw_only=True)
class Run:
    """A job's state while it is queued, drawn and settled.

    engines: its route. engine: the one it waits for or runs on. ahead: those it has not come to. allowances: what its
    admission left of the key's rates. plans: by engine, as far as they have been made. verdict: its moderator's, once
    asked. until_s: when the caller gives up, or None. started_at_s and began_s: its first attempt. The latter and
    until_s are of the clock that never steps back. partials: unfinished pictures sent so far. cost_nusd: spent upstream
    so far, failed attempts included. failures: attempts that have failed. left: the client has gone.
    """

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
    left: bool = False
    _waiting: tuple[Turns, asyncio.Future[bool]] | None = None
    _events: asyncio.Queue[PartialAnswer | Answer | LimnerError] = field(default_factory=asyncio.Queue)

    @property
    def report_text(self) -> str:
        """The `limner-parameters` header: as planned until the answer, final after it."""
        return exactness.report_text(self.report)

    async def events(self) -> AsyncIterator[PartialAnswer | Answer]:
        """Unfinished pictures as they come, then the answer. Raises the error that ended the job."""
        while True:
            event = await self._events.get()
            if isinstance(event, LimnerError):
                raise event
            yield event
            if isinstance(event, Answer):
                return

    def note(self, error: LimnerError) -> None:
        """Keep that the attempt on the engine the run is at has failed."""
        failure = FailedAttempt(engine=self.engine, error_code=error.code or error.type, upstream=error.upstream)
        self.failures.append(failure)

    def leave(self) -> None:
        """The client has gone: a queued job is cancelled, a running one goes on without it."""
        self.left = True
        if self._waiting:
            turns, turn = self._waiting
            turns.leave(turn)

    async def wait_for(self, turns: Turns, turn: asyncio.Future[bool]) -> bool:
        """Whether the turn came; False when the client left first. The taker calls `turns.done`."""
        self._waiting = (turns, turn)
        if self.left:
            turns.leave(turn)
        try:
            # Shielded: a turn that is cancelled with its job would stay in the queue.
            came = await asyncio.shield(turn)
        except asyncio.CancelledError:
            turns.give_up(turn)
            raise
        if came and self.left:
            # It left in the moment its turn came, or before anybody waited: nothing has begun, so nothing is drawn.
            turns.done()
            return False
        return came

    def tell(self, event: PartialAnswer | Answer | LimnerError) -> None:
        """Hand the waiting request an event; the answer or an error is the last one."""
        self._events.put_nowait(event)
