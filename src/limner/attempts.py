"""Attempts: one job tried on the engines of its route, until one delivers or its time is up.

Keeps the places at every engine and what is known of its health. Knows nothing of money but what attempts have cost the
operator, and nothing of where pictures are stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import structlog

from limner import exactness
from limner.clock import Clock
from limner.contract import refusals
from limner.contract.draft import Draft
from limner.engine import Engine, Finished, Partial, Probe
from limner.errors import (
    EngineError,
    EngineTimedOut,
    EngineUnavailable,
    LimnerError,
    ModeratorUnavailable,
    Overloaded,
)
from limner.health import Health, Tolerance
from limner.job import Answer, Background, ImageRequest, PartialAnswer, Report, Usage
from limner.moderation import Moderator, Ruling, Verdict
from limner.router import Route, by_loss, candidates, lot
from limner.run import Run
from limner.tokens import usage_of
from limner.turns import Turns, overloaded

_log = structlog.get_logger(__name__)

ATTEMPTS_MAX: Final = 3
"""Attempts of one job at one engine: a cut connection or a burst of load is over by the third, or lasts longer."""
BACKOFF_S: Final = 0.5
"""Before the second run on an engine; twice as long before each further one, less up to half of it by lot."""
PROBE_S_MAX: Final = 5.0
"""How long an engine or a moderator may take to answer a probe."""
COUNTED_INLINE_CHARS_MAX: Final = 1000
"""Prompts up to here are counted on the event loop: below half a millisecond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of a job's attempts.

    job_timeout_s: from its first attempt to its answer, whatever engines it is tried on. jobs_waiting_max: jobs queued
    per engine; one more goes to the next engine or is refused with 503. queue_timeout_s: in an engine's queue, then the
    same; a task waits as long as it takes, for nobody waits for it. tolerance: of engines' failures.
    """

    job_timeout_s: float
    jobs_waiting_max: int
    queue_timeout_s: float = 600.0
    tolerance: Tolerance = field(default_factory=Tolerance)


class Attempts:
    """Every engine with its queue and its health, and what judges requests before those that do not.

    moderators: by public model.
    """

    def __init__(
        self, engines: Mapping[str, Engine], moderators: Mapping[str, Moderator], bounds: Bounds, clock: Clock
    ) -> None:
        self._engines = engines
        self._moderators = moderators
        self._bounds = bounds
        self._clock = clock
        self._turns = {name: Turns(engine.concurrency, bounds.jobs_waiting_max) for name, engine in engines.items()}
        self._health = {name: Health(tolerance=bounds.tolerance) for name in engines}

    def route(self, route: Route, request: ImageRequest, draft: Draft, job_id: str, *, strict: bool) -> tuple[str, ...]:
        """The engines for a job, in the order they will be tried.

        strict: only engines that bring about everything as asked. Raises InvalidRequest when none can serve it,
        EngineUnavailable when none of those takes jobs just now.
        """
        now_s = self._clock.monotonic_s()
        out = frozenset(name for name, health in self._health.items() if not health.may_begin(now_s))
        engines = candidates(route, self._engines, request, job_id=job_id, out=out)
        if strict:
            engines = self._faithful(engines, request, draft)
        elif len(engines[1:]) > 1:
            lost = self._lost(engines, request, draft)
            engines = by_loss(engines, {engine: len(report) for engine, report in lost.items()}, out=out)
        if out.issuperset(engines):
            raise self._unavailable(engines)
        return engines

    def health(self, engine: str) -> Health:
        """What is known of an engine."""
        return self._health[engine]

    def plan(self, run: Run) -> exactness.Plan:
        """How the engine the run is at will serve it."""
        plan = run.plans.get(run.engine)
        if plan is None:
            waived = run.verdict is not None and run.verdict.ruling is Ruling.WAIVED
            plan = self._fitted(run.engine, run.job.request, run.draft, waived=waived)
            run.plans[run.engine] = plan
        return plan

    def enter(self, run: Run) -> asyncio.Future[bool] | None:
        """A turn at the next engine of its route that takes jobs, or None when there is none.

        Raises Overloaded when there are some and all their queues are full.
        """
        full: Overloaded | None = None
        while run.ahead:
            engine = run.ahead.popleft()
            if not self._health[engine].may_begin(self._clock.monotonic_s()):
                continue
            try:
                turn = self._turns[engine].enter()
            except Overloaded as refusal:
                full = full or refusal
                continue
            run.engine = engine
            return turn
        if full:
            raise full
        return None

    def give_up(self, run: Run, turn: asyncio.Future[bool]) -> None:
        """The job will not run: give back its turn, come or not."""
        self._turns[run.engine].give_up(turn)

    async def answer(self, run: Run, turn: asyncio.Future[bool]) -> Answer | None:
        """The answer of the first engine that delivers, or None when the client left while nothing ran.

        Begins once the run is `ready`. Raises ModerationBlocked when the request is refused before an engine, else what
        the last engine raised; EngineUnavailable tells whether another try may help on any of them, and when the first
        of them takes jobs again, if none does now.
        """
        if run.ready is not None:
            try:
                await run.ready.wait()
            except BaseException:
                self.give_up(run, turn)
                raise
        if run.lapses():
            # During its admission: it is not even judged.
            self.give_up(run, turn)
            return None
        may_pass = False
        while True:
            try:
                await self._moderate(run, turn)
                return await self._in_turn(run, turn)
            except (EngineError, ModeratorUnavailable, Overloaded) as error:
                may_pass = may_pass or error.retryable or error.retry_after_s is not None
                next_turn = self._enter_after(run, error)
                if next_turn is not None:
                    turn = next_turn
                elif isinstance(error, EngineUnavailable) and (may_pass or self._is_out(run)):
                    # Whether and when another try may help is the route's to say, not its last engine's.
                    raise self._unavailable(run.engines) from error
                else:
                    raise

    async def probe_silent(self) -> None:
        """Ask the engines that nobody could reach whether they are back, so that no job has to find out."""
        for name, engine in self._engines.items():
            if not self._health[name].probe_helps(self._clock.monotonic_s()):
                continue
            if (await probed(name, engine)).reachable:
                self._learn(name, self._health[name].reached(self._clock.monotonic_s()))

    def _fitted(self, engine: str, request: ImageRequest, draft: Draft, *, waived: bool) -> exactness.Plan:
        return exactness.fit(
            request,
            given=draft.given,
            unknown=draft.unknown,
            ability=self._engines[engine].ability,
            moderated=request.model in self._moderators and not waived,
        )

    def _faithful(self, engines: tuple[str, ...], request: ImageRequest, draft: Draft) -> tuple[str, ...]:
        """Those of `engines` with which nothing that was sent is adapted or ignored, as far as is known beforehand.

        Raises InvalidRequest when there is none, for the first thing that the first engine would not bring about.
        """
        lost = self._lost(engines, request, draft)
        faithful = tuple(engine for engine in engines if not lost[engine])
        if not faithful:
            name, treatment = next(iter(lost[engines[0]].items()))
            raise refusals.unknown(name) if name in draft.unknown else refusals.not_as_asked(name, treatment.to)
        return faithful

    def _lost(self, engines: tuple[str, ...], request: ImageRequest, draft: Draft) -> Mapping[str, Report]:
        """What each of `engines` would adapt or ignore."""
        return {
            engine: exactness.lost({**self._fitted(engine, request, draft, waived=False).report, **draft.told})
            for engine in engines
        }

    async def _moderate(self, run: Run, turn: asyncio.Future[bool]) -> None:
        """See that the request was judged before it comes to an engine that does not do so itself.

        It is judged while it waits for its turn, and once, whatever engines it comes to. Raises ModerationBlocked, or
        ModeratorUnavailable where nothing passes unjudged; the turn is given back then.
        """
        moderator = self._moderators.get(run.job.request.model)
        if moderator is None or self._engines[run.engine].ability.moderates:
            return
        try:
            run.verdict = run.verdict or await self._judged(run, moderator)
            run.verdict.enforce()
        except BaseException:
            self.give_up(run, turn)
            raise

    async def _judged(self, run: Run, moderator: Moderator) -> Verdict:
        request = run.job.request
        pictures = request.images if request.markup is None else (*request.images, request.markup)
        verdict = await moderator.judge(request.prompt, pictures, request.moderation)
        if verdict.ruling in {Ruling.WAIVED, Ruling.UNJUDGED}:
            _log.warning("job.not_moderated", job_id=run.job.id, model=request.model, ruling=verdict.ruling.value)
            # They promise that it is judged.
            run.plans.clear()
        return verdict

    async def _in_turn(self, run: Run, turn: asyncio.Future[bool]) -> Answer | None:
        """The answer of the engine the run is at, once its turn has come; None when the client left before.

        None, too, when it may not begin: its task was cancelled, or another job draws it. Raises Overloaded when the
        turn does not come in time.
        """
        turns = self._turns[run.engine]
        unbounded = turn.done() or run.admission.ticket is not None
        try:
            async with asyncio.timeout(None if unbounded else self._bounds.queue_timeout_s):
                came = await run.wait_for(turns, turn)
        except TimeoutError:
            raise overloaded() from None
        if not came:
            return None
        try:
            return await self._on_engine(run) if await self._may_begin(run) else None
        finally:
            turns.done()

    async def _may_begin(self, run: Run) -> bool:
        try:
            return await run.may_begin()
        except Exception as error:  # noqa: BLE001  whatever a database raises: nothing was drawn, so another job may be
            _log.warning("job.not_begun", job_id=run.job.id, reason=str(error))
            run.handed_on = True
            return False

    def _enter_after(
        self, run: Run, error: EngineError | ModeratorUnavailable | Overloaded
    ) -> asyncio.Future[bool] | None:
        """A turn at the next engine after one that did not deliver, when drawing again is harmless."""
        # The failed engine may have run, which is harmless twice: nothing of it was stored or charged. It would not be
        # once the caller has seen a part of its picture, because the next engine draws another one.
        if run.partials or self._to_begin_s(run) <= 0:
            return None
        failed = run.engine
        turn = self.enter(run)
        if turn is not None:
            _log.warning("job.next_engine", job_id=run.job.id, engine=failed, error=error.code, next=run.engine)
        return turn

    async def _on_engine(self, run: Run) -> Answer | None:
        """The answer of the engine the run is at; None when the client left between two attempts."""
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                return await self._attempt(run)
            except EngineUnavailable as error:
                pause_s = backoff_s(run.job.id, run.engine, attempt)
                if attempt == ATTEMPTS_MAX or not self._may_repeat(run, error, pause_s):
                    raise
                # Known not to have run: one call, and the engine said so before it showed anything.
                _log.info("job.again", job_id=run.job.id, engine=run.engine, attempt=attempt, pause_s=pause_s)
                await self._clock.sleep(pause_s)
                if run.lapses():
                    return None
        raise AssertionError("the last attempt returns or raises")

    def _may_repeat(self, run: Run, error: EngineUnavailable, pause_s: float) -> bool:
        """Whether the same engine may be asked again for what is known not to have run."""
        return (
            not run.partials
            # Of several calls side by side, others may have run though this one did not.
            and len(self.plan(run).calls) == 1
            # It said when to come back, which is longer than a caller should be kept without trying another engine.
            and error.retry_after_s is None
            and error.retryable
            and self._health[run.engine].may_begin(self._clock.monotonic_s())
            and self._to_begin_s(run) > pause_s
        )

    async def _attempt(self, run: Run) -> Answer:
        """One run on one engine, and what it says of the engine's health. Raises EngineTimedOut when time is up."""
        now_s, name = self._clock.monotonic_s(), run.engine
        if self._to_begin_s(run) <= 0:
            raise EngineTimedOut("Image generation timed out")
        left_s = self._left_s(run)
        if not self._health[name].may_begin(now_s):
            # It failed while the job waited for its turn, or another's job is its trial.
            raise self._unavailable((name,))
        if run.began_s is None:
            run.began_s, run.started_at_s = now_s, self._clock.now_s()
        self._learn(name, self._health[name].begun(now_s))
        epoch = self._health[name].epoch
        ended: BaseException | None = None
        try:
            return await self._drawn(run, left_s)
        except TimeoutError as timeout:
            failed = EngineTimedOut("Image generation timed out")
            run.note(failed)
            # The rest of a job's time says nothing of the engine.
            ended = failed if left_s >= self._bounds.job_timeout_s else timeout
            raise failed from timeout
        except LimnerError as error:
            run.note(error)
            run.cost_nusd += error.cost_nusd or 0
            ended = error
            raise
        except BaseException as other:
            ended = other
            raise
        finally:
            self._learn(name, self._health[name].ended(epoch, ended, self._clock.monotonic_s()))

    async def _drawn(self, run: Run, left_s: float) -> Answer:
        """One engine's answer. Raises TimeoutError after `left_s` seconds."""
        plan, engine = self.plan(run), self._engines[run.engine]
        run.reports(plan.report)
        finished: Finished | None = None
        async with (
            asyncio.timeout(left_s),
            aclosing(exactness.events(engine, plan, self._turns[run.engine].place)) as events,
        ):
            async for event in events:
                if isinstance(event, Partial):
                    run.partials += 1
                    run.reports(plan.report_so_far(event.told))
                    run.tell(self._partial_answer(event, run))
                else:
                    finished = event
        assert finished, "the exactness layer ends with Finished or raises"
        run.cost_nusd += finished.cost_nusd or 0
        usage = finished.usage or await self._counted(finished, run)
        run.reports(plan.final_report(finished))
        return self._answer(finished, usage, run)

    def _left_s(self, run: Run) -> float:
        """What is left of the job's time, the operator's limit since its first attempt."""
        spent_s = 0.0 if run.began_s is None else self._clock.monotonic_s() - run.began_s
        return self._bounds.job_timeout_s - spent_s

    def _to_begin_s(self, run: Run) -> float:
        """For how long an attempt may still begin: after the caller's patience nobody would wait for it.

        One that has begun is not cut short by that: it may be paid for upstream, and is stored for the caller's return.
        """
        left_s = self._left_s(run)
        return left_s if run.until_s is None else min(left_s, run.until_s - self._clock.monotonic_s())

    def _learn(self, name: str, health: Health) -> None:
        before, now_s = self._health[name], self._clock.monotonic_s()
        self._health[name] = health
        if health.epoch != before.epoch:
            _log.warning("engine.health", engine=name, state=health.state(now_s).value, wait_s=health.wait_s(now_s))

    def _is_out(self, run: Run) -> bool:
        """Whether no engine of the job's route takes jobs just now."""
        now_s = self._clock.monotonic_s()
        return not any(self._health[name].may_begin(now_s) for name in run.engines)

    def _unavailable(self, engines: tuple[str, ...]) -> EngineUnavailable:
        """What a caller is told of engines that did not take a job: when the first of them takes one, unless now."""
        now_s = self._clock.monotonic_s()
        return EngineUnavailable(
            "The engine is currently overloaded. Please try again later.",
            retry_after_s=min(self._health[name].wait_s(now_s) for name in engines) or None,
        )

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


async def probed(name: str, probed: Engine | Moderator) -> Probe:
    """What a probe says; one that breaks or takes longer than PROBE_S_MAX counts as unreachable."""
    try:
        async with asyncio.timeout(PROBE_S_MAX):
            return await probed.probe()
    except Exception:  # noqa: BLE001  an adapter's edge: one that cannot even be asked must not stop the others
        _log.warning("probe.failed", name=name, exc_info=True)
        return Probe(reachable=False, detail="could not be asked: the log has the reason")


def backoff_s(job_id: str, engine: str, attempt: int) -> float:
    """How long a job waits after its attempt number `attempt`: doubling, and spread so that jobs do not return at once.

    The spread comes from the job's id: the same job waits the same, whenever it is looked at.
    """
    return BACKOFF_S * 2.0 ** (attempt - 1) * (1.0 - lot(job_id, engine, str(attempt)) / 2)
