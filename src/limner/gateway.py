"""The path of a job: admit and hold, wait for a turn, draw exactly, store, settle, answer.

The job owns itself: it runs in a task group of the application, and the request only waits for its events. A client
that leaves while its job is admitted or queued cancels it at no cost; one that leaves while it runs gets it finished,
stored and charged once. A request that was sent before waits for the job it means. Two transactions per job, none open
while an engine runs.

    submit ── joining.rejoin ──> the job of a request sent before
        └─ inputs.read ── attempts.route ──> Run (the request waits on its events)
                                  └─> _perform ── ledger.admit ── attempts.answer ── exactness.events ── engine.run
                                            └─ blobs.write ── ledger.settle
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final

import structlog

from limner.attempts import Attempts, Bounds
from limner.blobs import BlobStore
from limner.claims import Claim, Repeat
from limner.clock import Clock
from limner.contract.draft import Draft
from limner.contract.fingerprint import fingerprint, has_files
from limner.contract.tasks import failure_of
from limner.engine import Engine
from limner.errors import Defect, LimnerError, ModerationBlocked, Overloaded, stopped
from limner.health import Health
from limner.inputs import InputReader, Inputs
from limner.job import Answer, Job, Strictness, Usage
from limner.joining import JobView, Joined, Joining
from limner.keys import Key, check_model
from limner.ledger import Abandoned, Admission, Ledger, charged_nusd
from limner.moderation import Moderator
from limner.prices import PriceBook, Work
from limner.record import JobRecord, JobStore, Outcome, Told, result_key
from limner.router import Route
from limner.run import Run
from limner.tasks import TaskStore, Ticket
from limner.tokens import usage_bound

_log = structlog.get_logger(__name__)

SENT_ONCE: Final = Repeat()
"""A request of whose sending again nothing is known."""


class Gateway:
    """Takes checked drafts, returns what a request waits for.

    moderators: by public model. tasks: owns every job and outlives every request.
    """

    def __init__(  # noqa: PLR0913  the parts of a path, each by name
        self,
        *,
        engines: Mapping[str, Engine],
        moderators: Mapping[str, Moderator],
        routes: Mapping[str, Route],
        inputs: InputReader,
        ledger: Ledger,
        jobs: JobStore,
        task_store: TaskStore,
        blobs: BlobStore,
        prices: PriceBook,
        clock: Clock,
        bounds: Bounds,
        tasks: asyncio.TaskGroup,
        sinks: Sequence[Callable[[JobRecord], None]] = (),
    ) -> None:
        self._attempts = Attempts(engines, moderators, bounds, clock)
        self._joining = Joining(ledger, jobs, blobs, clock)
        self._routes = routes
        self._inputs = inputs
        self._ledger = ledger
        self._task_store = task_store
        self._blobs = blobs
        self._prices = prices
        self._clock = clock
        self._tasks = tasks
        self._sinks = sinks
        self._jobs: dict[asyncio.Task[None], Run] = {}
        self._stopping = False

    @property
    def stopping(self) -> bool:
        """Whether no more jobs are taken."""
        return self._stopping

    async def stop(self, limit_s: float) -> int:
        """Take no more jobs and let those under way finish; return how many could not within `limit_s` seconds.

        These are interrupted, cost nothing, and their callers are asked to come again: another gateway may be there.
        Tasks that no engine has begun are left to it at once.
        """
        self._stopping = True
        for run in self._jobs.values():
            run.hand_on()
        if not self._jobs:
            return 0
        _, late = await asyncio.wait(self._jobs, timeout=limit_s)
        for job in late:
            job.cancel()
        if late:
            await asyncio.wait(late)
        return len(late)

    async def submit(  # noqa: PLR0913  all that is known of a request
        self,
        key: Key,
        draft: Draft,
        *,
        request_id: str,
        strictness: Strictness,
        on_done: Callable[[], None],
        repeat: Repeat = SENT_ONCE,
        deadline_s: float | None = None,
        ticket: Ticket | None = None,
        may_begin: Callable[[], Awaitable[bool]] | None = None,
        ready: asyncio.Event | None = None,
    ) -> Joined:
        """Start a job, whose first step is its admission, or wait for the one that a request sent before means.

        on_done is called once nothing needs the draft's files any more, also when this raises. deadline_s: how long the
        caller will wait from now on, where that is known. ticket: for a job that draws a task; may_begin: asked before
        its first engine; ready: waited for between its admission and whatever becomes of it then. Raises the
        LimnerError that refuses the request as it stands; what admission refuses is the job's first event, and raised
        here for a task or a request sent before. Either way nothing is held. To be cancelled when the client leaves: a
        job that is being admitted is released once that is through.
        """
        if self._stopping:
            on_done()
            raise stopped()
        until_s = None if deadline_s is None else self._clock.monotonic_s() + deadline_s
        claim: Claim | None = None
        try:
            check_model(key, draft.request.model)
            claim = await _claim(key, draft, repeat, ticket)
            if claim.returning:
                joined = await self._joining.rejoin(claim, key.account_id, until_s)
                if joined is not None:
                    _log.info("job.rejoined", job_id=joined.job_id, request_id=request_id)
                    on_done()
                    return joined
            inputs = await self._inputs.read(draft, key.account_id, strictness)
            run = self._run(key, draft, inputs, request_id, claim, ticket)
            run.until_s, run.permission, run.ready = until_s, may_begin, ready
            turn = self._attempts.enter(run)
            assert turn is not None, "a route is chosen only when one of its engines takes jobs"
            run.reports(self._attempts.plan(run).report)
        except BaseException as error:
            on_done()
            await self._refused(error, (claim,) if claim else (), admitted=False)
            raise
        # Nothing is awaited between here and the task: a client that leaves now leaves neither place nor hold behind.
        waiter = run.join(claim, until_s)
        self._joining.enter(run, claim)
        task = self._tasks.create_task(self._perform(run, claim, turn, on_done), name=request_id)
        self._jobs[task] = run
        task.add_done_callback(self._jobs.pop)
        if not claim.returning and ticket is None:
            return waiter
        try:
            admitted = await asyncio.shield(run.admitted)
            if admitted is None and ticket is not None:
                await anext(waiter.events())  # Raises what refused it.
        except BaseException:
            waiter.leave()
            raise
        job_id = admitted.instead if admitted else None
        if job_id is None:
            return waiter
        # Between the first look and the admission its job was admitted, by this process or another.
        _log.info("job.rejoined", job_id=job_id, request_id=request_id)
        joined = await self._joining.join(job_id, claim, key.account_id, until_s)
        if joined is None:
            raise Overloaded("The job ended before there was a picture. Please send the request again.")
        return joined

    async def look_up(self, account_id: str, job_id: str) -> JobView | None:
        """One of the account's jobs, or None."""
        return await self._joining.look_up(account_id, job_id)

    def _run(self, key: Key, draft: Draft, inputs: Inputs, request_id: str, claim: Claim, ticket: Ticket | None) -> Run:
        request, family = inputs.request, draft.model.family
        engines = self._attempts.route(self._routes[request.model], request, draft, request_id, strict=key.strict)
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
            hold_nusd=self._prices.hold_nusd(
                request.model, Work.asked(request, inputs.image_facts, bound), key.markup_bp
            ),
            price_book=self._prices.version,
            markup_bp=key.markup_bp,
            claim=claim,
            ticket=ticket,
        )
        return Run(
            clock=self._clock,
            job=job,
            draft=draft,
            inputs=inputs,
            admission=admission,
            engines=engines,
            engine=engines[0],
            ahead=deque(engines),
        )

    def health(self, engine: str) -> Health:
        """What is known of an engine."""
        return self._attempts.health(engine)

    async def probe_silent(self) -> None:
        """Ask the engines that nobody could reach whether they are back; costs nothing."""
        await self._attempts.probe_silent()

    async def _perform(self, run: Run, claim: Claim, turn: asyncio.Future[bool], on_done: Callable[[], None]) -> None:
        """Bring a job to its end and tell the requests: the end of a background task, where every error stops."""
        result: Answer | LimnerError
        admitted = False
        try:
            if await self._admit(run, claim, turn) is not None:
                return
            admitted = True
            result = await self._conclude(run, turn)
        except asyncio.CancelledError:
            run.tell(stopped())
            raise
        except LimnerError as refusal:
            result = refusal
        except Exception:  # noqa: BLE001  the end of a background task
            _log.exception("job.defect", job_id=run.job.id)
            result = Defect("The server had an error while processing the request.")
        finally:
            on_done()
            self._joining.leave(run, claim)
        # Who takes a task back does not send it again: its refusal would keep a retry of its twin from its own.
        taken_back = run.lapsed and run.admission.ticket is not None
        if isinstance(result, LimnerError) and not run.handed_on and not taken_back:
            await self._refused(result, run.claims, admitted=admitted)
        run.tell(result)

    async def _admit(self, run: Run, claim: Claim, turn: asyncio.Future[bool]) -> str | None:
        """Admit the job, or tell its request which other one it means."""
        try:
            admission = replace(run.admission, claim=self._joining.knowing(claim)) if claim.returning else run.admission
            admitted = await self._ledger.admit(admission)
        except BaseException:
            self._attempts.give_up(run, turn)
            run.admitted.set_result(None)
            raise
        if admitted.instead is not None:
            self._attempts.give_up(run, turn)
        run.allowances = admitted.allowances
        run.admitted.set_result(admitted)
        return admitted.instead

    async def _refused(self, error: BaseException, claims: Sequence[Claim], *, admitted: bool) -> None:
        """Note what comes to nothing and will be sent again, before its caller hears of it."""
        if not isinstance(error, LimnerError) or not (error.retryable or error.retry_after_s is not None):
            return
        expected = [self._joining.knowing(claim) for claim in claims if claim.found_by_content]
        if not expected:
            return
        try:
            await self._ledger.note_refusals(expected, admitted=admitted)
        except Exception:  # noqa: BLE001  what refuses the request is the error to tell
            _log.exception("job.refusal_not_noted")

    async def _conclude(self, run: Run, turn: asyncio.Future[bool]) -> Answer | LimnerError:
        """Draw, store, settle: exactly one settlement whatever happens before it."""
        answer: Answer | None = None
        error: LimnerError | None = None
        try:
            answer = await self._attempts.answer(run, turn)
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
            try:
                await self._charge(run, answer)
            except Exception:
                await self._discard(run)
                raise
            return answer
        if error is None and run.handed_on:
            await self._settle(run, Outcome.INTERRUPTED, None, None)
            return stopped()
        if error is None:
            await self._settle(run, Outcome.CANCELLED, None, None)
            return Overloaded("The client left the queue.")
        outcome = Outcome.REFUSED if isinstance(error, ModerationBlocked) else Outcome.FAILED
        await self._settle(run, outcome, None, error)
        return error

    async def _charge(self, run: Run, answer: Answer) -> None:
        """Settle a job that has its pictures, and be interrupted only afterwards.

        A caller who was told to come again while the charge was being written would pay for nothing, or twice.
        """
        settling = asyncio.ensure_future(self._settle_drawn(run, answer))
        with suppress(asyncio.CancelledError):
            await asyncio.shield(settling)
        await settling

    async def _settle_drawn(self, run: Run, answer: Answer) -> None:
        outcome = Outcome.DELIVERED if _is_met(run) else Outcome.STORED
        try:
            await self._settle(run, outcome, answer, None)
        except Abandoned:
            # While this gateway stood still, who waited for the pictures may have left.
            if not _is_met(run):
                raise
            await self._settle(run, Outcome.DELIVERED, answer, None, late=True)

    async def _store(self, run: Run, answer: Answer) -> None:
        """Write the pictures before they are charged, all or none. Raises Defect when the store takes no more."""
        run.blob_keys = _result_keys(run.job)
        writes = (self._blobs.write(key, blob) for key, blob in zip(run.blob_keys, answer.blobs, strict=True))
        for outcome in await asyncio.gather(*writes, return_exceptions=True):
            if isinstance(outcome, BaseException):
                await self._discard(run)
            if isinstance(outcome, OSError):
                _log.error("job.not_stored", job_id=run.job.id, exc_info=outcome)
                raise Defect("The result could not be stored.") from outcome
            if outcome is not None:
                raise outcome

    async def _discard(self, run: Run) -> None:
        """Remove pictures that will not be charged."""
        try:
            for key in run.blob_keys:
                await self._blobs.delete(key)
            run.blob_keys = ()
        except OSError:
            _log.exception("job.not_discarded", job_id=run.job.id)

    async def _settle(
        self, run: Run, outcome: Outcome, answer: Answer | None, error: LimnerError | None, *, late: bool = False
    ) -> None:
        record = self._record(run, outcome, answer, error)
        if error is not None and run.admission.ticket is not None:
            await self._note(run.admission.ticket, run.job, error)
        await self._ledger.settle(record, late=late)
        for sink in self._sinks:
            sink(record)

    async def _note(self, ticket: Ticket, job: Job, error: LimnerError) -> None:
        """Keep for the caller of a task, who is not there, what ends it."""
        try:
            await self._task_store.note(ticket.task_id, job.id, failure_of(error, job.id))
        except Exception:  # noqa: BLE001  whatever a database raises: that it failed is told all the same
            _log.exception("job.failure_not_noted", job_id=job.id)

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
            charge_nusd=self._charge_nusd(run, answer) if answer else 0,
            cost_nusd=run.cost_nusd,
            price_book=admission.price_book,
            parameters=run.report_text,
            user=request.safety_identifier or request.user,
            error_code=(error.code or error.type) if error else None,
            admitted_at_s=run.job.admitted_at_s,
            started_at_s=run.started_at_s,
            finished_at_s=self._clock.now_s(),
            output_bytes=sum(blob.size_bytes for blob in blobs),
            blob_keys=run.blob_keys,
            told=_told(answer) if answer else None,
            failures=tuple(run.failures),
        )

    def _charge_nusd(self, run: Run, answer: Answer) -> int:
        hold_nusd, work = run.admission.hold_nusd, Work.delivered(answer, run.inputs.image_facts)
        price_nusd = self._prices.charge_nusd(run.job.request.model, work, run.admission.markup_bp)
        if price_nusd > hold_nusd:
            # Either the engine reports more tokens than it may use, or the bound on them is wrong.
            _log.warning("job.price_above_hold", job_id=run.job.id, price_nusd=price_nusd, hold_nusd=hold_nusd)
        return charged_nusd(hold_nusd, price_nusd)


async def _claim(key: Key, draft: Draft, repeat: Repeat, ticket: Ticket | None) -> Claim:
    taken = partial(fingerprint, draft, told_apart_by=ticket.tells_apart if ticket else "")
    # Hashing a picture of some megabytes takes milliseconds, and longer when it lies on the disk.
    content = await asyncio.to_thread(taken) if has_files(draft) else taken()
    return Claim(key_id=key.id, fingerprint=content, repeat=repeat, of_task=ticket is not None)


def _is_met(run: Run) -> bool:
    """Whether somebody is there to get what was drawn; who submitted a task is not."""
    return run.attended and run.admission.ticket is None


def _result_keys(job: Job) -> tuple[str, ...]:
    """Where the pictures of a job are stored."""
    return tuple(result_key(job.id, index, job.request.output_format) for index in range(job.request.n))


def _told(answer: Answer) -> Told:
    return Told(
        created_s=answer.created_s,
        revised_prompts=answer.revised_prompts,
        safety_identifier=answer.safety_identifier,
    )
