"""A job tried on failing engines: what its caller gets, who drew, what is recorded, and what is known afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.drilled import DrilledEngine
from tests.house import House, house

from limner.attempts import ATTEMPTS_MAX, backoff_s
from limner.engines.scripted import ScriptedSettings
from limner.errors import (
    EngineFailed,
    EngineUnavailable,
    InvalidImageRequest,
    LimnerError,
    ModerationBlocked,
    Overloaded,
    UpstreamFault,
)
from limner.health import State, Tolerance
from limner.job import Answer, Kind
from limner.joining import Joined
from limner.record import FailedAttempt, Outcome
from limner.turns import RETRY_AFTER_S

STRICT = Tolerance(failures_max=1, cooldown_s=20)
DRAWN_NUSD = 40


def failed(cost_nusd: int | None = None) -> EngineFailed:
    """The engine ran and failed."""
    return EngineFailed("Image generation failed", cost_nusd=cost_nusd)


def unavailable(retry_after_s: float | None = None) -> EngineUnavailable:
    """The engine took no work."""
    return EngineUnavailable("Not now.", retry_after_s=retry_after_s)


async def outcome(home: House, run: Joined) -> Answer | LimnerError:
    """The end of a job, its pauses skipped."""
    try:
        return await home.ended(run)
    except LimnerError as error:
        return error


def state(home: House, engine: str) -> State:
    """The breaker of an engine."""
    return home.gateway.health(engine).state(home.clock.monotonic_s())


async def test_an_engine_that_did_not_run_is_asked_again(tmp_path: Path) -> None:
    """Nothing was drawn, so another attempt is harmless: the caller sees only the picture, charged once."""
    engine = DrilledEngine(endings=[unavailable(), unavailable()], cost_nusd=DRAWN_NUSD)
    async with house(tmp_path, engine) as home:
        assert isinstance(await outcome(home, await home.submit()), Answer)
        assert engine.runs == ATTEMPTS_MAX
        assert (home.records[0].outcome, home.records[0].cost_nusd) == (Outcome.DELIVERED, DRAWN_NUSD)
        assert state(home, "engine0") is State.CLOSED


async def test_an_engine_that_never_runs_passes_the_job_on(tmp_path: Path) -> None:
    """After its attempts the next engine of the route draws."""
    engine, other = DrilledEngine(endings=[unavailable()] * 9), DrilledEngine()
    async with house(tmp_path, engine, other) as home:
        assert isinstance(await outcome(home, await home.submit()), Answer)
        assert (engine.runs, other.runs, home.records[0].engine) == (ATTEMPTS_MAX, 1, "engine1")


async def test_falling_back_passes_over_an_engine_that_cannot_do_the_request(tmp_path: Path) -> None:
    """An engine that only edits is no help for a generation; the one behind it draws."""
    first, editor = DrilledEngine(endings=[failed()]), DrilledEngine(able={"kinds": frozenset({Kind.EDIT})})
    last = DrilledEngine()
    async with house(tmp_path, first, editor, last) as home:
        assert isinstance(await outcome(home, await home.submit()), Answer)
        assert (first.runs, editor.runs, last.runs) == (1, 0, 1)


async def test_falling_back_prefers_the_engine_that_keeps_more_of_the_request(tmp_path: Path) -> None:
    """Behind the first engine, one that honours all that was sent comes before one that would ignore some of it."""
    first, second = DrilledEngine(endings=[failed(), failed()]), DrilledEngine()
    third = DrilledEngine(able={"parameters": frozenset({"seed"})})
    async with house(tmp_path, first, second, third) as home:
        run = await home.submit('{"prompt":"a fox","quality":"low","seed":7}')
        assert isinstance(await outcome(home, run), Answer)
        assert (first.runs, second.runs, third.runs) == (1, 0, 1)
        assert "seed=honoured" in run.report_text
        assert isinstance(await outcome(home, await home.submit()), Answer)
        assert (first.runs, second.runs, third.runs) == (2, 1, 1)


async def test_an_engine_that_ran_and_failed_is_not_asked_again(tmp_path: Path) -> None:
    """The next one draws; what the failed run cost the operator is in the record, and the account pays once."""
    engine, other = DrilledEngine(endings=[failed(7)]), DrilledEngine(cost_nusd=DRAWN_NUSD)
    async with house(tmp_path, engine, other) as home:
        assert isinstance(await outcome(home, await home.submit()), Answer)
        assert (engine.runs, other.runs) == (1, 1)
        [record] = home.records
        assert (record.engine, record.cost_nusd) == ("engine1", 7 + DRAWN_NUSD)
        assert await home.balance_nusd() == -record.charge_nusd


async def test_a_refusal_that_cost_something_is_in_the_record(tmp_path: Path) -> None:
    """The account pays nothing for what moderation refused; the operator may."""
    refusal = ModerationBlocked("Your request was rejected.")
    refusal.cost_nusd = 7
    async with house(tmp_path, DrilledEngine(endings=[refusal])) as home:
        assert isinstance(await outcome(home, await home.submit()), ModerationBlocked)
        [record] = home.records
        assert (record.outcome, record.charge_nusd, record.cost_nusd) == (Outcome.REFUSED, 0, 7)


async def test_every_failed_attempt_is_in_the_record(tmp_path: Path) -> None:
    """In order, with what an upstream said; delivered or not."""
    refused = failed()
    refused.upstream = UpstreamFault(status=500, code="boom", request_id="req_1")
    engines = DrilledEngine(endings=[unavailable(), refused]), DrilledEngine()
    failures = (
        FailedAttempt(engine="engine0", error_code="server_is_overloaded"),
        FailedAttempt(engine="engine0", error_code="image_generation_failed", upstream=refused.upstream),
    )
    async with house(tmp_path, *engines) as home:
        assert isinstance(await outcome(home, await home.submit()), Answer)
        assert home.records[0].failures == failures
        engines[1].endings = [ModerationBlocked("no")]
        engines[0].endings = [failed()]
        assert isinstance(await outcome(home, await home.submit()), ModerationBlocked)
        told = [(failure.engine, failure.error_code) for failure in home.records[1].failures]
        assert told == [("engine0", "image_generation_failed"), ("engine1", "moderation_blocked")]


@pytest.mark.parametrize("fail", ["error", "midway", "fewer", "nothing"])
async def test_whatever_kind_of_failure_the_next_engine_draws_and_it_counts(tmp_path: Path, fail: str) -> None:
    """An engine that raises, delivers too little or simply ends has failed in the same way."""
    settings, other = ScriptedSettings.model_validate({"fail": fail}), DrilledEngine()
    async with house(tmp_path, settings, other, tolerance=STRICT) as home:
        assert isinstance(await outcome(home, await home.submit()), Answer)
        assert (other.runs, state(home, "engine0")) == (1, State.OPEN)


async def test_a_failure_after_something_was_shown_counts_but_nobody_else_draws(tmp_path: Path) -> None:
    """Another engine would draw another picture than the one the caller has seen begin."""
    settings, other = ScriptedSettings.model_validate({"fail": "midway"}), DrilledEngine()
    async with house(tmp_path, settings, other, tolerance=STRICT) as home:
        run = await home.submit('{"prompt":"a fox","stream":true,"partial_images":1}')
        assert isinstance(await outcome(home, run), EngineFailed)
        assert (other.runs, state(home, "engine0")) == (0, State.OPEN)
        assert await home.balance_nusd() == 0


async def test_when_every_engine_fails_the_last_error_is_told_and_all_costs_are_kept(tmp_path: Path) -> None:
    """The caller pays nothing; the operator sees what it cost."""
    async with house(tmp_path, DrilledEngine(endings=[failed(7)]), DrilledEngine(endings=[failed(5)])) as home:
        error = await outcome(home, await home.submit())
        assert isinstance(error, EngineFailed)
        assert error.retry_after_s is None
        assert (home.records[0].outcome, home.records[0].cost_nusd) == (Outcome.FAILED, 12)
        assert await home.balance_nusd() == 0


@pytest.mark.parametrize(
    "endings", [[ModerationBlocked("No.")] * 3, [InvalidImageRequest("Bad.")] * 3, [TypeError("a defect")] * 3]
)
async def test_what_is_not_the_engines_failure_ends_the_job_and_does_not_count(
    tmp_path: Path, endings: list[Exception]
) -> None:
    """A refusal is final, a defect is ours: no other engine is tried and the engine keeps its good name."""
    other = DrilledEngine()
    async with house(tmp_path, DrilledEngine(endings=[*endings]), other, tolerance=STRICT) as home:
        for _ in endings:
            assert isinstance(await outcome(home, await home.submit()), LimnerError)
        assert other.runs == 0
        assert state(home, "engine0") is State.CLOSED


async def test_an_engine_that_failed_too_often_is_passed_over_until_its_trial(tmp_path: Path) -> None:
    """While it is out the next engine draws at once; after the cool-down one job tries it, and it is well again."""
    engine, other = DrilledEngine(endings=[failed()]), DrilledEngine()
    async with house(tmp_path, engine, other, tolerance=STRICT) as home:
        for _ in range(3):
            await outcome(home, await home.submit())
        assert (engine.runs, other.runs, state(home, "engine0")) == (1, 3, State.OPEN)
        home.clock.advance(20)
        await outcome(home, await home.submit())
        assert (engine.runs, other.runs, state(home, "engine0")) == (2, 3, State.CLOSED)


async def test_an_engine_that_is_out_is_no_last_resort(tmp_path: Path) -> None:
    """When the others fail, too, the job ends: what is open stays open."""
    engine, other = DrilledEngine(endings=[failed()]), DrilledEngine(endings=[None, failed()])
    async with house(tmp_path, engine, other, tolerance=STRICT) as home:
        await outcome(home, await home.submit())
        assert isinstance(await outcome(home, await home.submit()), EngineFailed)
        assert (engine.runs, other.runs) == (1, 2)


async def test_a_failed_trial_starts_another_cool_down(tmp_path: Path) -> None:
    """Its job goes on to the next engine like any other."""
    engine, other = DrilledEngine(endings=[failed(), failed()]), DrilledEngine()
    async with house(tmp_path, engine, other, tolerance=STRICT) as home:
        await outcome(home, await home.submit())
        home.clock.advance(20)
        assert isinstance(await outcome(home, await home.submit()), Answer)
        assert (engine.runs, other.runs, state(home, "engine0")) == (2, 2, State.OPEN)


async def test_only_one_job_tries_an_engine(tmp_path: Path) -> None:
    """While the trial runs, others go to the next engine instead of waiting for its end."""
    engine, other = DrilledEngine(endings=[failed()]), DrilledEngine()
    async with house(tmp_path, engine, other, tolerance=STRICT) as home:
        await outcome(home, await home.submit())
        home.clock.advance(20)
        engine.gate.clear()
        trial = await home.submit()
        await home.until(lambda: engine.running == 1)
        for _ in range(3):
            await outcome(home, await home.submit())
        assert (engine.runs, other.runs) == (2, 4)
        engine.gate.set()
        await outcome(home, trial)
        assert state(home, "engine0") is State.CLOSED


async def test_with_every_engine_out_callers_are_told_when_to_come_back(tmp_path: Path) -> None:
    """503 at once, without a hold: the time is that of the first engine that takes jobs again."""
    engines = [DrilledEngine(endings=[unavailable(50)]), DrilledEngine(endings=[unavailable(30)])]
    async with house(tmp_path, *engines) as home:
        error = await outcome(home, await home.submit())
        assert isinstance(error, EngineUnavailable)
        assert (error.status, error.code, error.retry_after_s) == (503, "server_is_overloaded", 30)
        home.clock.advance(10)
        with pytest.raises(EngineUnavailable) as refusal:
            await home.submit()
        assert refusal.value.retry_after_s == 20
        assert [engine.runs for engine in engines] == [1, 1]
        assert (len(home.records), len(home.done)) == (1, 2)
        assert await home.balance_nusd() == 0
        home.clock.advance(20)
        assert isinstance(await outcome(home, await home.submit()), Answer)


async def test_jobs_in_the_queue_of_an_engine_that_fails_do_not_run_there(tmp_path: Path) -> None:
    """Their turn comes, the engine is out by then, and they go on to the next one."""
    engine, other = DrilledEngine(endings=[failed()], concurrency=1), DrilledEngine()
    engine.gate.clear()
    async with house(tmp_path, engine, other, tolerance=STRICT) as home:
        runs = [await home.submit() for _ in range(4)]
        await home.until(lambda: engine.running == 1)
        engine.gate.set()
        for run in runs:
            assert isinstance(await outcome(home, run), Answer)
        assert (engine.runs, other.runs) == (1, 4)


async def test_jobs_that_wait_behind_a_failing_engine_alone_are_refused_with_its_time(tmp_path: Path) -> None:
    """Nothing else can serve them: 503, no charge, and when to come back."""
    engine = DrilledEngine(endings=[failed()], concurrency=1)
    engine.gate.clear()
    async with house(tmp_path, engine, tolerance=STRICT) as home:
        first, second = await home.submit(), await home.submit()
        await home.until(lambda: engine.running == 1)
        engine.gate.set()
        assert isinstance(await outcome(home, first), EngineFailed)
        error = await outcome(home, second)
        assert isinstance(error, EngineUnavailable)
        assert error.retry_after_s == 20
        assert engine.runs == 1
        assert await home.balance_nusd() == 0


async def test_a_full_queue_passes_a_job_on(tmp_path: Path) -> None:
    """The next engine of the route is there for that, too; when all are full the job is refused."""
    engine, other = DrilledEngine(concurrency=1), DrilledEngine(concurrency=1)
    engine.gate.clear()
    other.gate.clear()
    async with house(tmp_path, engine, other, waiting_max=0) as home:
        runs = [await home.submit(), await home.submit()]
        await home.until(lambda: engine.running == other.running == 1)
        with pytest.raises(Overloaded):
            await home.submit()
        engine.gate.set()
        other.gate.set()
        assert all([isinstance(await outcome(home, run), Answer) for run in runs])


async def test_a_failed_job_without_room_elsewhere_is_told_so(tmp_path: Path) -> None:
    """An engine failed and the next one's queue is full: the server is overloaded, and nothing is charged."""
    engine, other = DrilledEngine(endings=[None, failed(7)]), DrilledEngine(concurrency=1)
    engine.concurrency = 1
    engine.gate.clear()
    other.gate.clear()
    async with house(tmp_path, engine, other, waiting_max=1) as home:
        runs = [await home.submit() for _ in range(4)]
        await home.until(lambda: engine.running == other.running == 1)
        engine.gate.set()
        await outcome(home, runs[0])
        assert isinstance(await outcome(home, runs[1]), Overloaded)
        [record] = [record for record in home.records if record.job_id == runs[1].job_id]
        assert (record.outcome, record.cost_nusd) == (Outcome.FAILED, 7)
        other.gate.set()
        assert all([isinstance(await outcome(home, run), Answer) for run in runs[2:]])


async def test_a_job_that_waits_too_long_for_its_turn_goes_on(tmp_path: Path) -> None:
    """To the next engine; the place in the queue is nobody's then, and the first engine keeps its good name."""
    engine, other = DrilledEngine(concurrency=1), DrilledEngine()
    engine.gate.clear()
    async with house(tmp_path, engine, other, queue_timeout_s=0.01, tolerance=STRICT) as home:
        first = await home.submit()
        await home.until(lambda: engine.running == 1)
        assert isinstance(await outcome(home, await home.submit()), Answer)
        engine.gate.set()
        assert isinstance(await outcome(home, first), Answer)
        assert isinstance(await outcome(home, await home.submit()), Answer)
        assert (engine.runs, other.runs, state(home, "engine0")) == (2, 1, State.CLOSED)


async def test_a_job_that_waits_too_long_for_every_turn_is_refused(tmp_path: Path) -> None:
    """503 as with a full queue, to be tried again; nothing ran, nothing is charged."""
    engine = DrilledEngine(concurrency=1)
    engine.gate.clear()
    async with house(tmp_path, engine, queue_timeout_s=0.01) as home:
        first = await home.submit()
        await home.until(lambda: engine.running == 1)
        error = await outcome(home, await home.submit())
        assert isinstance(error, Overloaded)
        assert error.retry_after_s == RETRY_AFTER_S
        assert (home.records[0].outcome, home.records[0].started_at_s) == (Outcome.FAILED, None)
        engine.gate.set()
        assert isinstance(await outcome(home, first), Answer)
        assert await home.balance_nusd() == -home.records[1].charge_nusd


async def test_leaving_between_two_attempts_costs_nothing(tmp_path: Path) -> None:
    """A client that goes while its engine is not to be had is not drawn for."""
    engine = DrilledEngine(endings=[unavailable()])
    async with house(tmp_path, engine) as home:
        run = await home.submit()
        await home.until(lambda: home.clock.sleepers > 0)
        run.leave()
        await home.recorded()
        assert (engine.runs, home.records[0].outcome) == (1, Outcome.CANCELLED)
        assert await home.balance_nusd() == 0


async def test_several_calls_are_not_repeated_on_the_same_engine(tmp_path: Path) -> None:
    """When one of them was not taken the others may have run."""
    engine, other = DrilledEngine(endings=[None, unavailable()], cost_nusd=DRAWN_NUSD), DrilledEngine()
    async with house(tmp_path, engine, other) as home:
        assert isinstance(await outcome(home, await home.submit('{"prompt":"a fox","quality":"low","n":2}')), Answer)
        assert (engine.runs, other.runs) == (2, 2)
        assert home.records[0].engine == "engine1"


async def test_what_is_left_of_a_jobs_time_is_all_the_next_engine_gets(tmp_path: Path) -> None:
    """The limit is the job's, over all attempts: with nothing left no engine is begun."""
    slow, other = ScriptedSettings.model_validate({"delay_s": 60, "fail": "error"}), DrilledEngine()
    async with house(tmp_path, slow, other, job_timeout_s=50) as home:
        run = await home.submit()
        await home.draw()
        error = await outcome(home, run)
        assert isinstance(error, EngineFailed)
        assert other.runs == 0
        assert await home.balance_nusd() == 0


async def test_the_time_between_attempts_is_the_jobs(tmp_path: Path) -> None:
    """A pause that would outlast the job is not begun."""
    engine = DrilledEngine(endings=[unavailable()] * 3)
    async with house(tmp_path, engine, job_timeout_s=0.1) as home:
        assert isinstance(await outcome(home, await home.submit()), EngineUnavailable)
        assert engine.runs == 1


async def test_an_engine_that_takes_a_jobs_whole_time_has_failed(tmp_path: Path) -> None:
    """It counts against the engine, and nobody else is tried: nothing is left of the job's time."""
    stuck, other = DrilledEngine(), DrilledEngine()
    stuck.gate.clear()
    async with house(tmp_path, stuck, other, job_timeout_s=0.01, tolerance=STRICT) as home:
        run = await home.submit()
        await home.until(lambda: stuck.running == 1)
        home.clock.advance(1)
        error = await outcome(home, run)
        assert (error.message if isinstance(error, EngineFailed) else None) == "Image generation timed out"
        assert (other.runs, state(home, "engine0")) == (0, State.OPEN)


async def test_a_caller_in_a_hurry_does_not_stop_an_engine_that_has_begun(tmp_path: Path) -> None:
    """What may be paid for upstream is finished, stored and charged, as for a client that has left."""
    slow = DrilledEngine()
    slow.gate.clear()
    async with house(tmp_path, slow, tolerance=STRICT) as home:
        run = await home.submit(deadline_s=5)
        await home.until(lambda: slow.running == 1)
        home.clock.advance(6)
        run.leave()
        slow.gate.set()
        await home.recorded()
        assert home.records[0].outcome is Outcome.STORED
        assert await home.balance_nusd() == -home.records[0].charge_nusd < 0


async def test_no_further_attempt_begins_when_the_caller_has_no_time_left(tmp_path: Path) -> None:
    """The engine that had begun fails after the caller's patience: nobody waits for a second one."""
    slow, other = DrilledEngine(endings=[failed()]), DrilledEngine()
    slow.gate.clear()
    async with house(tmp_path, slow, other) as home:
        run = await home.submit(deadline_s=5)
        await home.until(lambda: slow.running == 1)
        home.clock.advance(6)
        slow.gate.set()
        assert isinstance(await outcome(home, run), EngineFailed)
        assert other.runs == 0
        assert await home.balance_nusd() == 0


async def test_a_caller_whose_patience_ends_in_the_queue_is_not_drawn_for(tmp_path: Path) -> None:
    """Its turn comes too late, and nothing runs."""
    engine = DrilledEngine(concurrency=1)
    engine.gate.clear()
    async with house(tmp_path, engine) as home:
        first, second = await home.submit(), await home.submit(deadline_s=5)
        await home.until(lambda: engine.running == 1)
        home.clock.advance(6)
        engine.gate.set()
        assert isinstance(await outcome(home, first), Answer)
        assert isinstance(await outcome(home, second), EngineFailed)
        assert engine.runs == 1


async def test_a_probe_brings_a_silent_engine_back(tmp_path: Path) -> None:
    """As soon as it answers it gets jobs again, before its cool-down is over; no picture is drawn for that."""
    engine = DrilledEngine(endings=[unavailable()], reachable=False)
    async with house(tmp_path, engine, tolerance=STRICT) as home:
        await outcome(home, await home.submit())
        await home.gateway.probe_silent()
        assert state(home, "engine0") is State.OPEN
        engine.reachable = True
        await home.gateway.probe_silent()
        assert (engine.runs, engine.probes, state(home, "engine0")) == (1, 2, State.CLOSED)
        await home.gateway.probe_silent()
        assert engine.probes == 2


async def test_a_route_by_weight_falls_back_like_any_other(tmp_path: Path) -> None:
    """Whichever engine comes first, the other one is tried when it fails."""
    engines = [DrilledEngine(endings=[failed()] * 99) for _ in range(2)]
    async with house(tmp_path, *engines, weights=(1, 1), tolerance=Tolerance(failures_max=99)) as home:
        for _ in range(12):
            assert isinstance(await outcome(home, await home.submit()), EngineFailed)
        assert [engine.runs for engine in engines] == [12, 12]
        assert {record.engine for record in home.records} == {"engine0", "engine1"}


async def test_an_engine_that_cannot_be_probed_does_not_stop_the_others(tmp_path: Path) -> None:
    """A defect in one engine's probe leaves it out for its cool-down, and the next one is asked."""
    engines = [DrilledEngine(endings=[unavailable()], reachable=None), DrilledEngine(endings=[unavailable()])]
    async with house(tmp_path, *engines, tolerance=STRICT) as home:
        await outcome(home, await home.submit())
        await home.gateway.probe_silent()
        assert [state(home, name) for name in ("engine0", "engine1")] == [State.OPEN, State.CLOSED]


async def test_a_job_that_never_began_has_no_start(tmp_path: Path) -> None:
    """What was refused in the queue is not recorded as having been drawn."""
    engine = DrilledEngine(endings=[failed()], concurrency=1)
    engine.gate.clear()
    async with house(tmp_path, engine, tolerance=STRICT) as home:
        runs = [await home.submit(), await home.submit()]
        await home.until(lambda: engine.running == 1)
        engine.gate.set()
        for run in runs:
            await outcome(home, run)
        started = {record.job_id: record.started_at_s for record in home.records}
        assert started == {runs[0].job_id: home.clock.now_s(), runs[1].job_id: None}


@given(st.text(max_size=10), st.integers(1, ATTEMPTS_MAX))
def test_pauses_double_and_spread(job_id: str, attempt: int) -> None:
    """Half to the whole of a pause that doubles; the same job always waits the same."""
    pause_s = backoff_s(job_id, "engine", attempt)
    assert 0.25 * 2 ** (attempt - 1) <= pause_s <= 0.5 * 2 ** (attempt - 1)
    assert pause_s == backoff_s(job_id, "engine", attempt)
