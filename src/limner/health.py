"""The health of an engine: a circuit breaker. Pure: time is handed in, every change is a new value.

    closed     jobs run; too many failures in a row open it
    open       no job runs until the cool-down is over
    half open  the cool-down is over: the next job is the trial
    on trial   that job runs, and nobody else

Only what says something of the engine counts: EngineUnavailable and EngineFailed. A refusal, by moderation or for what
was asked, is an engine at work. Trials are jobs of callers, never pictures drawn for the sake of a check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from limner.errors import EngineError, EngineRefused, EngineUnavailable

KEPT_OUT_S_MAX: Final = 3600.0
"""The longest an upstream's own `retry-after` keeps its engine out; callers are told at most a minute all the same.
Longer ones are for the day's or the month's budget, which an operator may well raise meanwhile."""
TRIAL_S: Final = 1.0
"""What a caller is told to wait for while another's job is the trial, whose end nobody knows."""


class State(StrEnum):
    """Whether an engine is given jobs."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half open"
    ON_TRIAL = "on trial"


class News(StrEnum):
    """What a breaker learns. A broken engine is one that failed once too often, or asked to be left alone."""

    BEGUN = "begun"
    DELIVERED = "delivered"
    FAILED = "failed"
    BROKEN = "broken"
    SPARED = "spared"
    """A run ended without saying anything of the engine."""
    REACHED = "reached"
    """A probe found the engine again."""


TRANSITIONS: Final[Mapping[tuple[State, News], State]] = MappingProxyType(
    {
        (State.CLOSED, News.BEGUN): State.CLOSED,
        (State.CLOSED, News.DELIVERED): State.CLOSED,
        (State.CLOSED, News.FAILED): State.CLOSED,
        (State.CLOSED, News.BROKEN): State.OPEN,
        (State.CLOSED, News.SPARED): State.CLOSED,
        (State.CLOSED, News.REACHED): State.CLOSED,
        (State.OPEN, News.REACHED): State.CLOSED,
        (State.HALF_OPEN, News.BEGUN): State.ON_TRIAL,
        (State.HALF_OPEN, News.REACHED): State.CLOSED,
        (State.ON_TRIAL, News.DELIVERED): State.CLOSED,
        (State.ON_TRIAL, News.FAILED): State.OPEN,
        (State.ON_TRIAL, News.BROKEN): State.OPEN,
        (State.ON_TRIAL, News.SPARED): State.HALF_OPEN,
        # The trial was a real job and says more than a probe.
        (State.ON_TRIAL, News.REACHED): State.ON_TRIAL,
    }
)
"""What is not here does not happen: nothing begins while open or on trial, and only what has begun can end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """failures_max: failures in a row that open a breaker. cooldown_s: how long it then stays open, at most 60."""

    failures_max: int = 5
    cooldown_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How an engine has been doing. Times are of a clock that never steps back, in seconds.

    failures: in a row. shut_until_s: when the cool-down is over. unreachable: whether it was opened because nothing
    answered, so that an answer to a probe tells that this is over. epoch: rises with every change of state; a run
    belongs to the epoch it began in.
    """

    tolerance: Tolerance = Tolerance()
    failures: int = 0
    shut_until_s: float = 0.0
    unreachable: bool = False
    epoch: int = 0
    _state: State = State.CLOSED

    def state(self, now_s: float) -> State:
        """The state at a time: an open breaker becomes half open by itself."""
        return State.HALF_OPEN if self._state is State.OPEN and now_s >= self.shut_until_s else self._state

    def may_begin(self, now_s: float) -> bool:
        """Whether a job may run now."""
        return (self.state(now_s), News.BEGUN) in TRANSITIONS

    def wait_s(self, now_s: float) -> float:
        """How long until a job may run: 0 when one may, else at least a second."""
        if self.may_begin(now_s):
            return 0.0
        return max(TRIAL_S, self.shut_until_s - now_s)

    def probe_helps(self, now_s: float) -> bool:
        """Whether an answer to a probe would end a cool-down."""
        return self.unreachable and self.state(now_s) in {State.OPEN, State.HALF_OPEN}

    def begun(self, now_s: float) -> Health:
        """A job runs from now on; its epoch is that of the result. The job must be one that may begin."""
        return _after(self, News.BEGUN, now_s)

    def reached(self, now_s: float) -> Health:
        """A probe was answered."""
        return _after(self, News.REACHED, now_s) if self.probe_helps(now_s) else self

    def ended(self, epoch: int, error: BaseException | None, now_s: float) -> Health:
        """The job that began in `epoch` is over. error: what it ended with, None when it delivered."""
        asked_s = _asked_s(error)
        if epoch != self.epoch:
            # It began before the breaker last changed: old news, but for an upstream that asks to be left alone longer.
            later_s = max(self.shut_until_s, now_s + asked_s)
            return replace(self, shut_until_s=later_s) if asked_s and self._state is State.OPEN else self
        if error is None:
            return _after(self, News.DELIVERED, now_s)
        if not isinstance(error, EngineError) or isinstance(error, EngineRefused):
            return _after(self, News.SPARED, now_s)
        one_more = replace(self, failures=self.failures + 1, unreachable=_is_unreachable(error))
        broken = bool(asked_s) or one_more.failures >= self.tolerance.failures_max
        return _after(one_more, News.BROKEN if broken else News.FAILED, now_s, asked_s or self.tolerance.cooldown_s)


def _after(health: Health, news: News, now_s: float, out_s: float = 0.0) -> Health:
    """What the table says. out_s: how long the engine is kept out if it comes to that."""
    state = health.state(now_s)
    after = TRANSITIONS[state, news]
    failures = 0 if news in {News.DELIVERED, News.REACHED} else health.failures
    if after is State.CLOSED and health._state is after and failures == health.failures:  # noqa: SLF001  its own rules
        return health  # As after nearly every job.
    return replace(
        health,
        _state=after,
        epoch=health.epoch + (after is not state),
        failures=failures,
        shut_until_s=now_s + out_s if after is State.OPEN else health.shut_until_s,
    )


def _asked_s(error: BaseException | None) -> float:
    """How long the upstream asked to be left alone, bounded; 0 when it did not."""
    if not isinstance(error, EngineUnavailable):
        return 0.0
    return min(max(error.retry_after_s or 0.0, 0.0), KEPT_OUT_S_MAX)


def _is_unreachable(error: EngineError) -> bool:
    """Whether nobody answered: an engine that refuses, says when to come back, or ran and failed was reached."""
    return isinstance(error, EngineUnavailable) and not error.reached and error.retry_after_s is None
