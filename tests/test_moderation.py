"""The moderator before an engine: who is asked and when, and what its verdicts do to a job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.drilled import DrilledEngine, DrilledModerator
from tests.house import House, house

from limner.errors import EngineFailed, EngineUnavailable, LimnerError, ModerationBlocked, ModeratorUnavailable
from limner.health import State, Tolerance
from limner.job import Answer, Moderation
from limner.joining import Joined
from limner.moderation import Ruling, Verdict
from limner.record import Outcome

ASKING = '{"prompt":"a fox","quality":"low","moderation":"low"}'
BLOCKED = Verdict(Ruling.BLOCKED, ("sexual", "violence"))
KNOWING = {"parameters": frozenset({"moderation"})}


async def outcome(home: House, run: Joined) -> Answer | LimnerError:
    """The end of a job, its pauses skipped."""
    try:
        return await home.ended(run)
    except LimnerError as error:
        return error


@pytest.mark.parametrize(
    ("sent", "level"),
    [("", Moderation.AUTO), (',"moderation":"auto"', Moderation.AUTO), (',"moderation":"low"', "low")],
)
async def test_a_request_is_judged_at_its_level_before_it_is_drawn(tmp_path: Path, sent: str, level: str) -> None:
    """The prompt goes to the moderator with `auto` unless the caller says `low`; an allowed one is drawn."""
    moderator, engine = DrilledModerator(), DrilledEngine()
    async with house(tmp_path, engine, moderator=moderator) as home:
        run = await home.submit('{"prompt":"a fox","quality":"low"' + sent + "}")
        assert isinstance(await outcome(home, run), Answer)
        assert (moderator.asked, engine.runs) == ([("a fox", 0, level)], 1)
        assert home.records[0].outcome is Outcome.DELIVERED


async def test_a_refused_request_is_final_and_costs_nothing(tmp_path: Path) -> None:
    """OpenAI's error with stage and categories; no engine runs or loses its name, and the hold is given back."""
    engines = DrilledEngine(), DrilledEngine()
    async with house(
        tmp_path, *engines, moderator=DrilledModerator(BLOCKED), tolerance=Tolerance(failures_max=1)
    ) as home:
        error = await outcome(home, await home.submit())
        assert isinstance(error, ModerationBlocked)
        assert (error.status, error.code, error.retryable) == (400, "moderation_blocked", False)
        assert (error.stage, error.categories) == ("input", ("sexual", "violence"))
        assert [engine.runs for engine in engines] == [0, 0]
        [record] = home.records
        assert (record.outcome, record.error_code, record.charge_nusd, record.cost_nusd) == (
            Outcome.REFUSED,
            "moderation_blocked",
            0,
            0,
        )
        assert record.hold_nusd > 0
        assert await home.balance_nusd() == 0
        assert home.gateway.health("engine0").state(home.clock.monotonic_s()) is State.CLOSED
        assert len(home.done) == 1


async def test_a_refused_request_gives_its_turn_back(tmp_path: Path) -> None:
    """With one place and nobody allowed to wait, the next request still gets in."""
    moderator = DrilledModerator(BLOCKED)
    async with house(tmp_path, DrilledEngine(concurrency=1), waiting_max=0, moderator=moderator) as home:
        for _ in range(3):
            assert isinstance(await outcome(home, await home.submit()), ModerationBlocked)
        moderator.verdict = Verdict(Ruling.ALLOWED)
        assert isinstance(await outcome(home, await home.submit()), Answer)


async def test_an_engine_that_moderates_itself_is_left_to_it(tmp_path: Path) -> None:
    """The moderator is not asked, and the parameter reaches the engine."""
    moderator, engine = DrilledModerator(BLOCKED), DrilledEngine(able=KNOWING)
    async with house(tmp_path, engine, moderator=moderator) as home:
        run = await home.submit(ASKING)
        assert isinstance(await outcome(home, run), Answer)
        assert moderator.asked == []
        assert "moderation=honoured" in run.report_text


async def test_falling_back_to_an_engine_that_does_not_moderate_is_judged_first(tmp_path: Path) -> None:
    """What the first engine would have refused itself is not drawn by the second one unseen."""
    first, second = DrilledEngine(endings=[EngineFailed("no")], able=KNOWING), DrilledEngine()
    moderator = DrilledModerator(BLOCKED)
    async with house(tmp_path, first, second, moderator=moderator) as home:
        assert isinstance(await outcome(home, await home.submit()), ModerationBlocked)
        assert (first.runs, second.runs, len(moderator.asked)) == (1, 0, 1)


async def test_a_job_is_judged_once_whatever_it_comes_to(tmp_path: Path) -> None:
    """Neither further attempts nor further engines ask again."""
    first = DrilledEngine(endings=[EngineUnavailable("no")] * 3)
    second, third = DrilledEngine(endings=[EngineFailed("no")]), DrilledEngine()
    moderator = DrilledModerator()
    async with house(tmp_path, first, second, third, moderator=moderator) as home:
        assert isinstance(await outcome(home, await home.submit()), Answer)
        assert (first.runs, second.runs, third.runs, len(moderator.asked)) == (3, 1, 1, 1)


async def test_the_parameter_is_told_as_emulated_where_a_moderator_judged(tmp_path: Path) -> None:
    """As planned and as it came to be; without a moderator it is ignored, and what was not sent is not told."""
    async with house(tmp_path, DrilledEngine(), moderator=DrilledModerator()) as home:
        run = await home.submit(ASKING)
        assert "moderation=emulated" in run.report_text
        await outcome(home, run)
        assert "moderation=emulated" in run.report_text
        assert "moderation=emulated" in home.records[0].parameters
        silent = await home.submit()
        await outcome(home, silent)
        assert "moderation" not in silent.report_text
    async with house(tmp_path / "without", DrilledEngine()) as home:
        run = await home.submit(ASKING)
        await outcome(home, run)
        assert "moderation=ignored" in run.report_text


async def test_what_nobody_could_judge_is_not_drawn(tmp_path: Path) -> None:
    """503, worth another try, nothing charged, and no engine is blamed."""
    engine, moderator = DrilledEngine(), DrilledModerator(Verdict(Ruling.UNJUDGED))
    async with house(tmp_path, engine, moderator=moderator, tolerance=Tolerance(failures_max=1)) as home:
        error = await outcome(home, await home.submit())
        assert isinstance(error, ModeratorUnavailable)
        assert (error.status, error.code, error.retryable) == (503, "server_is_overloaded", True)
        assert engine.runs == 0
        assert (home.records[0].outcome, await home.balance_nusd()) == (Outcome.FAILED, 0)
        assert home.gateway.health("engine0").state(home.clock.monotonic_s()) is State.CLOSED
        moderator.verdict = Verdict(Ruling.ALLOWED)
        assert isinstance(await outcome(home, await home.submit()), Answer)


async def test_what_nobody_could_judge_goes_to_an_engine_that_moderates_itself(tmp_path: Path) -> None:
    """The next engine of the route needs no moderator, and those between are not asked for."""
    first, second, third = DrilledEngine(), DrilledEngine(), DrilledEngine(able=KNOWING)
    moderator = DrilledModerator(Verdict(Ruling.UNJUDGED))
    async with house(tmp_path, first, second, third, moderator=moderator) as home:
        assert isinstance(await outcome(home, await home.submit()), Answer)
        assert (first.runs, second.runs, third.runs, len(moderator.asked)) == (0, 0, 1, 1)
        assert home.records[0].engine == "engine2"


async def test_what_the_operator_waives_is_drawn_and_told_as_it_is(tmp_path: Path) -> None:
    """Nobody judged the request, so its parameter had no effect."""
    moderator = DrilledModerator(Verdict(Ruling.WAIVED))
    async with house(tmp_path, DrilledEngine(), moderator=moderator) as home:
        run = await home.submit(ASKING)
        assert isinstance(await outcome(home, run), Answer)
        assert "moderation=ignored" in run.report_text


async def test_jobs_are_judged_while_they_wait_for_their_turn(tmp_path: Path) -> None:
    """One that is refused leaves the queue, although nobody has come to its place."""
    moderator, engine = DrilledModerator(), DrilledEngine(concurrency=1)
    engine.gate.clear()
    async with house(tmp_path, engine, waiting_max=1, moderator=moderator) as home:
        first = await home.submit()
        await home.until(lambda: engine.running == 1)
        moderator.verdict = BLOCKED
        assert isinstance(await outcome(home, await home.submit()), ModerationBlocked)
        moderator.verdict = Verdict(Ruling.ALLOWED)
        third = await home.submit()
        await home.until(lambda: len(moderator.asked) == 3)
        engine.gate.set()
        assert isinstance(await outcome(home, first), Answer)
        assert isinstance(await outcome(home, third), Answer)


async def test_leaving_while_being_judged_costs_nothing(tmp_path: Path) -> None:
    """Nothing has begun, so nothing is drawn, and the place is free again."""
    moderator, engine = DrilledModerator(), DrilledEngine(concurrency=1)
    moderator.gate.clear()
    async with house(tmp_path, engine, waiting_max=0, moderator=moderator) as home:
        run = await home.submit()
        await home.until(lambda: len(moderator.asked) == 1)
        run.leave()
        moderator.gate.set()
        await home.recorded()
        assert (engine.runs, home.records[0].outcome, await home.balance_nusd()) == (0, Outcome.CANCELLED, 0)
        assert isinstance(await outcome(home, await home.submit()), Answer)


async def test_a_moderator_with_a_defect_lets_nothing_pass(tmp_path: Path) -> None:
    """Our own mistake ends the job like any defect: not drawn, not charged, the place given back."""

    class Broken(DrilledModerator):
        async def judge(self, *_: object) -> Verdict:
            raise TypeError("a defect")

    engine = replace(DrilledEngine(), concurrency=1)
    async with house(tmp_path, engine, waiting_max=0, moderator=Broken()) as home:
        for _ in range(2):
            error = await outcome(home, await home.submit())
            assert isinstance(error, LimnerError)
            assert error.status == 500
        assert (engine.runs, await home.balance_nusd()) == (0, 0)
