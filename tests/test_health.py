"""The circuit breaker of an engine: every pair of state and news, and what counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.errors import Defect, EngineFailed, EngineRefused, EngineUnavailable, InvalidImageRequest, ModerationBlocked
from limner.health import KEPT_OUT_S_MAX, TRANSITIONS, Health, News, State, Tolerance

NOW_S = 1000.0
FAILED = EngineFailed("It ran and failed.")
UNREACHABLE = EngineUnavailable("Nobody answers.")
TOLERANCE = Tolerance(failures_max=2, cooldown_s=30)


def in_state(state: State) -> Health:
    """A breaker that came into `state` by what happened to it."""
    closed = Health(tolerance=TOLERANCE)
    if state is State.CLOSED:
        return closed
    opened = closed
    for _ in range(TOLERANCE.failures_max):
        opened = opened.ended(opened.epoch, UNREACHABLE, NOW_S if state is State.OPEN else NOW_S - 30)
    return opened.begun(NOW_S) if state is State.ON_TRIAL else opened


def after(health: Health, news: News) -> Health:
    """What becomes of a breaker with `news` that come now."""
    match news:
        case News.BEGUN:
            return health.begun(NOW_S)
        case News.DELIVERED:
            return health.ended(health.epoch, None, NOW_S)
        case News.FAILED:
            return health.ended(health.epoch, FAILED, NOW_S)
        case News.BROKEN:
            return health.ended(health.epoch, EngineUnavailable("Later.", retry_after_s=5), NOW_S)
        case News.SPARED:
            return health.ended(health.epoch, ModerationBlocked("No."), NOW_S)
        case News.REACHED:
            return health.reached(NOW_S)


@pytest.mark.parametrize("news", News)
@pytest.mark.parametrize("state", State)
def test_every_pair_of_state_and_event(state: State, news: News) -> None:
    """What the table has happens; what it does not have is a defect of ours and is not guessed at."""
    health = in_state(state)
    assert health.state(NOW_S) is state
    if (state, news) in TRANSITIONS:
        assert after(health, news).state(NOW_S) is TRANSITIONS[state, news]
    else:
        with pytest.raises(KeyError):
            after(health, news)


def test_failures_in_a_row_open_the_circuit_for_the_cool_down() -> None:
    """The last failure allowed opens it; a delivery in between starts the count anew."""
    health = Health(tolerance=Tolerance(failures_max=3, cooldown_s=20))
    for error in (FAILED, UNREACHABLE, None, FAILED, FAILED):
        health = health.ended(health.epoch, error, NOW_S)
    assert health.state(NOW_S) is State.CLOSED
    health = health.ended(health.epoch, FAILED, NOW_S)
    assert (health.state(NOW_S), health.wait_s(NOW_S)) == (State.OPEN, 20)
    assert (health.state(NOW_S + 20), health.wait_s(NOW_S + 20)) == (State.HALF_OPEN, 0)


@pytest.mark.parametrize(
    "error", [ModerationBlocked("No."), InvalidImageRequest("Bad."), EngineRefused("Not this."), Defect("Ours.")]
)
def test_what_is_not_the_engines_fault_does_not_count(error: Exception) -> None:
    """Any number of refusals and caller's mistakes leaves the circuit closed."""
    health = Health(tolerance=Tolerance(failures_max=1))
    for _ in range(3):
        health = health.ended(health.epoch, error, NOW_S)
    assert health == Health(tolerance=Tolerance(failures_max=1))


@pytest.mark.parametrize(("asked_s", "out_s"), [(5, 5), (60, 60), (3600, 3600), (86_400, KEPT_OUT_S_MAX), (0.2, 1)])
def test_an_upstream_that_says_when_to_come_back_is_left_alone_until_then(asked_s: float, out_s: float) -> None:
    """One such answer opens the circuit, for as long as asked but never longer than a minute."""
    health = Health().ended(0, EngineUnavailable("Later.", retry_after_s=asked_s), NOW_S)
    assert health.state(NOW_S) is State.OPEN
    assert health.wait_s(NOW_S) == out_s
    assert not health.probe_helps(NOW_S)


def test_a_later_wish_to_be_left_alone_prolongs_the_cool_down() -> None:
    """Jobs that began before the circuit opened may still bring such an answer; a shorter one changes nothing."""
    health = Health().ended(0, EngineUnavailable("Later.", retry_after_s=10), NOW_S)
    health = health.ended(0, EngineUnavailable("Later.", retry_after_s=40), NOW_S)
    assert health.wait_s(NOW_S) == 40
    assert health.ended(0, EngineUnavailable("Later.", retry_after_s=1), NOW_S) == health


def test_only_one_job_is_the_trial() -> None:
    """While it runs nobody else may begin, and a caller is told to come back in a second."""
    trial = in_state(State.HALF_OPEN).begun(NOW_S)
    assert not trial.may_begin(NOW_S)
    assert trial.wait_s(NOW_S) == 1


@pytest.mark.parametrize("error", [None, FAILED, ModerationBlocked("No.")])
def test_a_job_from_before_says_nothing_of_the_trial(error: Exception | None) -> None:
    """The trial alone decides; what began before the circuit opened is old news."""
    trial = in_state(State.ON_TRIAL)
    assert trial.ended(0, error, NOW_S) == trial


def test_a_probe_ends_only_a_silence() -> None:
    """An engine that can be reached but fails is not mended by being reached."""
    failing = Health(tolerance=Tolerance(failures_max=1)).ended(0, FAILED, NOW_S)
    assert failing.reached(NOW_S) == failing
    silent = Health(tolerance=Tolerance(failures_max=1)).ended(0, UNREACHABLE, NOW_S)
    assert silent.probe_helps(NOW_S)
    assert silent.reached(NOW_S).state(NOW_S) is State.CLOSED


@given(st.lists(st.sampled_from(["begin", "deliver", "fail", "spare", "wait", "probe"]), max_size=80))
def test_never_two_trials_whatever_happens(steps: list[str]) -> None:
    """At most one job that began as a trial is under way, however late the others come back."""
    health, now_s = Health(tolerance=Tolerance(failures_max=2, cooldown_s=10)), NOW_S
    under_way: list[tuple[int, bool]] = []
    endings = {"deliver": None, "fail": UNREACHABLE, "spare": ModerationBlocked("No.")}
    for step in steps:
        if step == "begin" and health.may_begin(now_s):
            health = health.begun(now_s)
            under_way.append((health.epoch, health.state(now_s) is State.ON_TRIAL))
        elif step in endings and under_way:
            epoch, _ = under_way.pop(0)
            health = health.ended(epoch, endings[step], now_s)
        elif step == "wait":
            now_s += 6
        elif step == "probe":
            health = health.reached(now_s)
        assert sum(is_trial for _, is_trial in under_way) <= 1
        assert (health.wait_s(now_s) == 0) == health.may_begin(now_s)
