"""The path of a job: admit and hold, wait for a turn, draw exactly, store, settle, answer.

The job owns itself: it runs in a task group of the application, and the request only waits for its events. A client
that leaves while its job is queued cancels it at no cost; one that leaves while it runs gets it finished, stored and
charged once. Two transactions per job, none open while an engine runs.

    submit ── inputs.read ── router.candidates ──> Run (the request waits on its events)
                                   └─> _perform ── ledger.admit ── _draw ── exactness.events ── engine.run
                                             └─ blobs.write ── ledger.settle
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import structlog

from limner import exactness
from limner.blobs import BlobStore
from limner.clock import Clock
from limner.contract.draft import Draft
from limner.engine import Engine, Finished, Partial
from limner.errors import Defect, EngineError, EngineFailed, LimnerError, ModerationBlocked
from limner.inputs import InputReader, Inputs
from limner.job import Answer, Background, Job, PartialAnswer, Strictness, Usage
from limner.keys import Key
from limner.ledger import Admission, Ledger
from limner.prices import PriceBook
from limner.record import JobRecord, Outcome, result_key
from limner.router import Route, candidates
from limner.run import Run
from limner.tokens import usage_bound, usage_of
from limner.turns import Turns

_log = structlog.get_logger(__name__)

COUNTED_INLINE_CHARS_MAX: Final = 1000
"""Prompts up to here are counted on the event loop: below half a millisecond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of the path. job_timeout_s: the most an engine may take over one job; beyond it the attempt has failed.

    jobs_waiting_max: jobs queued per engine; one more is refused with 503.
    """

    job_timeout_s: float
    jobs_waiting_max: int


class Gateway:
    """Takes checked drafts, returns runs. `tasks` owns every job and outlives every request."""

    def __init__(  # noqa: PLR0913  the parts of a path, each by name
        self,
        *,
        engines: Mapping[str, Engine],
        routes: Mapping[str, Route],
        inputs: InputReader,
        ledger: Ledger,
        blobs: BlobStore,
        prices: PriceBook,
        clock: Clock,
        bounds: Bounds,
        tasks: asyncio.TaskGroup,
        sinks: Sequence[Callable[[JobRecord], None]] = (),
    ) -> None:
        self._engines = engines
        self._routes = routes
        self._inputs = inputs
        self._ledger = ledger
        self._blobs = blobs
        self._prices = prices
        self._clock = clock
        self._bounds = bounds
        self._tasks = tasks
        self._sinks = sinks
        self._turns = {name: Turns(engine.concurrency, bounds.jobs_waiting_max) for name, engine in engines.items()}

    async def submit(
        self, key: Key, draft: Draft, *, request_id: str, strictness: Strictness, on_done: Callable[[], None]
    ) -> Run:
        """Start a job, whose first step is its admission.

        on_done is called once nothing needs the draft's files any more, also when this raises. Raises the LimnerError
        that refuses the request as it stands; what admission refuses is the run's first event. Either way nothing is
        held.
        """
        try:
            inputs = await self._inputs.read(draft, key.account_id, strictness)
            run = self._run(key, draft, inputs, request_id)
            turn = self._turns[run.engine].enter()
        except BaseException:
            on_done()
            raise
        # Nothing is awaited between here and the task: a client that leaves now leaves neither place nor hold behind.
        self._tasks.create_task(self._perform(run, turn, on_done), name=request_id)
        return run

    def _run(self, key: Key, draft: Draft, inputs: Inputs, request_id: str) -> Run:
        request, family = inputs.request, draft.model.family
        engines = candidates(self._routes[request.model], self._engines, request)
        bound = usage_bound(family, request, inputs.image_facts)
        job = Job(
            id=request_id,
            account_id=key.account_id,
            key_id=key.id,
            request=request,
            admitted_at_s=self._clock.now_s(),
        )
        admission = Admission(
            job=job,
            hold_nusd=self._prices.hold_nusd(request.model, bound, request.n),
            price_book=self._prices.version,
        )
        run = Run(job=job, draft=draft, inputs=inputs, admission=admission, engines=engines, engine=engines[0])
        run.report = {**self._plan(run).report, **draft.told}
        return run

    async def _perform(self, run: Run, turn: asyncio.Future[bool], on_done: Callable[[], None]) -> None:
        """Bring a job to its end and tell the request: the end of a background task, where every error stops."""
        result: Answer | LimnerError
        try:
            await self._admit(run, turn)
            result = await self._conclude(run, turn)
        except LimnerError as refusal:
            result = refusal
        except Exception:  # noqa: BLE001  the end of a background task
            # The ledger itself failed. A hold that is open now is released when the server next starts.
            _log.exception("job.unsettled", job_id=run.job.id)
            result = Defect("The ledger failed.")
        finally:
            on_done()
        run.tell(result)

    async def _admit(self, run: Run, turn: asyncio.Future[bool]) -> None:
        try:
            await self._ledger.admit(run.admission)
        except BaseException:
            self._turns[run.engine].give_up(turn)
            raise

    async def _conclude(self, run: Run, turn: asyncio.Future[bool]) -> Answer | LimnerError:
        """Draw, store, settle: exactly one settlement whatever happens before it."""
        answer: Answer | None = None
        error: LimnerError | None = None
        try:
            answer = await self._draw(run, turn)
            if answer:
                await self._store(run, answer)
        except LimnerError as reason:
            answer, error = None, reason
        except asyncio.CancelledError:
            await self._settle(run, Outcome.INTERRUPTED, None, None)
            raise
        except Exception:  # noqa: BLE001  a defect, an engine's or ours, is settled like any failure
            _log.exception("job.defect", job_id=run.job.id)
            answer, error = None, Defect("The server had an error while processing the request.")
        if answer:
            await self._settle(run, Outcome.STORED if run.left else Outcome.DELIVERED, answer, None)
            return answer
        if error is None:
            await self._settle(run, Outcome.CANCELLED, None, None)
            return Defect("The client left the queue.")
        outcome = Outcome.REFUSED if isinstance(error, ModerationBlocked) else Outcome.FAILED
        await self._settle(run, outcome, None, error)
        return error

    async def _draw(self, run: Run, turn: asyncio.Future[bool]) -> Answer | None:
        """The answer of the first engine on the route that delivers; None when the client left the queue."""
        for name in run.engines:
            turns = self._turns[name]
            if name is not run.engines[0]:
                run.engine, turn = name, turns.enter()
            if not await run.wait_for(turns, turn):
                return None
            try:
                return await self._attempt(run)
            except EngineError as error:
                # Drawing again is harmless only while the caller has seen nothing of the first picture.
                if run.partials or name is run.engines[-1]:
                    raise
                _log.warning("job.next_engine", job_id=run.job.id, engine=name, error=error.code)
            finally:
                turns.done()
        raise AssertionError("a route has at least one engine")

    async def _attempt(self, run: Run) -> Answer:
        """One engine's answer. Raises EngineFailed when it takes too long."""
        plan = self._plan(run)
        run.report = {**plan.report, **run.draft.told}
        if run.started_at_s is None:
            run.started_at_s = self._clock.now_s()
        finished: Finished | None = None
        try:
            async with (
                asyncio.timeout(self._bounds.job_timeout_s),
                aclosing(exactness.events(self._engines[run.engine], plan, self._turns[run.engine].place)) as events,
            ):
                async for event in events:
                    if isinstance(event, Partial):
                        run.partials += 1
                        run.tell(self._partial_answer(event, run))
                    else:
                        finished = event
        except TimeoutError as timeout:
            raise EngineFailed("Image generation timed out") from timeout
        assert finished, "the exactness layer ends with Finished or raises"
        run.cost_nusd += finished.cost_nusd or 0
        usage = finished.usage or await self._counted(finished, run)
        run.report = {**plan.final_report(finished), **run.draft.told}
        return self._answer(finished, usage, run)

    def _plan(self, run: Run) -> exactness.Plan:
        ability = self._engines[run.engine].ability
        return exactness.fit(run.job.request, given=run.draft.given, unknown=run.draft.unknown, ability=ability)

    def _partial_answer(self, partial: Partial, run: Run) -> PartialAnswer:
        return PartialAnswer(
            index=partial.index,
            blob=partial.blob,
            created_s=int(self._clock.now_s()),
            size=partial.size,
            quality=partial.quality,
            background=Background.TRANSPARENT if partial.transparent else Background.OPAQUE,
            output_format=run.job.request.output_format,
        )

    async def _counted(self, finished: Finished, run: Run) -> Usage:
        """Tokens by the published formula, for an engine that does not count."""
        drawn = replace(run.job.request, quality=finished.quality, size=finished.pictures[0].size)
        count = partial(usage_of, run.draft.model.family, drawn, run.inputs.image_facts, partials=run.partials)
        # The longest prompts take a third of a second to count; the usual ones less than a hop to a thread.
        return count() if len(drawn.prompt) <= COUNTED_INLINE_CHARS_MAX else await asyncio.to_thread(count)

    def _answer(self, finished: Finished, usage: Usage, run: Run) -> Answer:
        request, first = run.job.request, finished.pictures[0]
        return Answer(
            blobs=tuple(picture.blob for picture in finished.pictures),
            revised_prompts=tuple(picture.revised_prompt for picture in finished.pictures),
            created_s=int(self._clock.now_s()),
            size=first.size,
            quality=finished.quality,
            background=Background.TRANSPARENT if first.transparent else Background.OPAQUE,
            output_format=request.output_format,
            usage=usage,
            report=run.report,
            safety_identifier=request.safety_identifier,
        )

    async def _store(self, run: Run, answer: Answer) -> None:
        """Write the pictures before they are charged. Raises Defect when the store takes no more."""
        try:
            for index, blob in enumerate(answer.blobs):
                await self._blobs.write(result_key(run.job.id, index, answer.output_format), blob)
        except OSError as cause:
            _log.exception("job.not_stored", job_id=run.job.id)
            raise Defect("The result could not be stored.") from cause

    async def _settle(self, run: Run, outcome: Outcome, answer: Answer | None, error: LimnerError | None) -> None:
        record = self._record(run, outcome, answer, error)
        await self._ledger.settle(record)
        for sink in self._sinks:
            sink(record)

    def _record(self, run: Run, outcome: Outcome, answer: Answer | None, error: LimnerError | None) -> JobRecord:
        request, admission = run.job.request, run.admission
        usage = answer.usage if answer else Usage()
        blobs = answer.blobs if answer else ()
        return JobRecord(
            job_id=run.job.id,
            account_id=run.job.account_id,
            key_id=run.job.key_id,
            kind=request.kind,
            model=request.model,
            engine=run.engine,
            outcome=outcome,
            n=request.n,
            size=answer.size if answer else None,
            quality=answer.quality if answer else None,
            background=answer.background if answer else None,
            output_format=request.output_format,
            stream=request.stream,
            partial_images=run.partials,
            input_images=len(request.images),
            has_mask=request.mask is not None,
            usage=usage,
            hold_nusd=admission.hold_nusd,
            charge_nusd=self._prices.charge_nusd(request.model, usage, request.n) if answer else 0,
            cost_nusd=run.cost_nusd,
            price_book=admission.price_book,
            parameters=run.report_text,
            user=request.safety_identifier or request.user,
            error_code=(error.code or error.type) if error else None,
            admitted_at_s=run.job.admitted_at_s,
            started_at_s=run.started_at_s,
            finished_at_s=self._clock.now_s(),
            output_bytes=sum(blob.size_bytes for blob in blobs),
            blob_keys=tuple(result_key(run.job.id, i, request.output_format) for i in range(len(blobs))),
        )
