"""What a key may spend and how fast: every rule of the meter."""

from __future__ import annotations

from dataclasses import astuple
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from limner.errors import Allowance, LimitReached
from limner.limits import (
    RATE_MAX,
    UNLIMITED,
    KeyLimits,
    Meter,
    admitted,
    allowances,
    day_of,
    month_of,
    settled,
    span_text,
)

NOON_S = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
DAY_S = 86_400


def admit(meter: Meter, limits: KeyLimits, *, hold_nusd: int = 10, images: int = 1, now_s: float = NOON_S) -> Meter:
    """One more job."""
    return admitted(meter, limits, hold_nusd=hold_nusd, images=images, now_s=now_s)


def refused(
    meter: Meter, limits: KeyLimits, *, hold_nusd: int = 10, images: int = 1, now_s: float = NOON_S
) -> LimitReached:
    """The refusal of one more job."""
    with pytest.raises(LimitReached) as caught:
        admit(meter, limits, hold_nusd=hold_nusd, images=images, now_s=now_s)
    return caught.value


def test_without_limits_everything_is_admitted_and_counted() -> None:
    """A key that gets a budget later has spent what it spent before."""
    meter = admit(admit(Meter(), UNLIMITED), UNLIMITED, hold_nusd=5)
    assert meter == Meter(
        spent_nusd=15,
        day=day_of(NOON_S),
        spent_day_nusd=15,
        month=2026 * 12 + 10,
        spent_month_nusd=15,
        jobs_running=2,
    )
    assert allowances(meter, UNLIMITED, NOON_S) == ()


@pytest.mark.parametrize(
    ("limits", "code", "words"),
    [
        (KeyLimits(budget_nusd=29), "insufficient_quota", r"^You exceeded your current quota.* in all\."),
        (KeyLimits(budget_day_nusd=29), "project_spend_limit_exceeded", r"a day\..* at 2026-11-24 00:00 \(UTC\)"),
        (KeyLimits(budget_month_nusd=29), "project_spend_limit_exceeded", r"a month\..* on 2026-12-01 \(UTC\)"),
    ],
    ids=["in all", "a day", "a month"],
)
def test_holds_count_against_a_budget(limits: KeyLimits, code: str, words: str) -> None:
    """Jobs under way have taken their worst case; what is given back is there for the next; free jobs do not matter."""
    meter = admit(admit(Meter(), limits), limits)
    refusal = refused(meter, limits)
    assert (refusal.code, refusal.retryable, refusal.retry_after_s) == (code, False, None)
    with pytest.raises(LimitReached, match=words):
        admit(meter, limits)
    admit(meter, limits, hold_nusd=0)
    admit(meter, limits, hold_nusd=9)
    admit(settled(meter, admitted_at_s=NOON_S, hold_nusd=10, charge_nusd=9), limits)


def test_the_month_after_december_is_named() -> None:
    """The message turns the year."""
    december_s = datetime(2026, 12, 31, tzinfo=UTC).timestamp()
    assert "2027-01-01" in refused(Meter(), KeyLimits(budget_month_nusd=1), now_s=december_s).message


def test_a_new_day_and_a_new_month_begin_empty() -> None:
    """What was spent in all stays; the windows of UTC start anew at their first moment, not before."""
    limits = KeyLimits(budget_day_nusd=10, budget_month_nusd=20)
    midnight_s = (day_of(NOON_S) + 1) * DAY_S
    meter = admit(Meter(), limits)
    refused(meter, limits, now_s=midnight_s - 0.001)
    meter = admit(meter, limits, now_s=midnight_s)
    assert (meter.spent_nusd, meter.spent_day_nusd, meter.spent_month_nusd) == (20, 10, 20)
    first_s = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    assert refused(meter, limits, now_s=first_s - 1).code == "project_spend_limit_exceeded"
    assert astuple(admit(meter, limits, now_s=first_s))[:5] == (30, day_of(first_s), 10, month_of(first_s), 10)


def test_what_is_given_back_belongs_to_the_window_it_was_held_in() -> None:
    """A job that ends after midnight gives nothing back to the new day, which never counted it."""
    tomorrow_s = NOON_S + DAY_S
    meter = admit(Meter(), UNLIMITED)
    meter = admit(meter, UNLIMITED, hold_nusd=5, now_s=tomorrow_s)
    meter = settled(meter, admitted_at_s=NOON_S, hold_nusd=10, charge_nusd=1)
    assert (meter.spent_nusd, meter.spent_day_nusd, meter.spent_month_nusd) == (6, 5, 6)
    meter = settled(meter, admitted_at_s=tomorrow_s, hold_nusd=5, charge_nusd=0)
    assert (meter.spent_nusd, meter.spent_day_nusd, meter.spent_month_nusd, meter.jobs_running) == (1, 0, 1, 0)


def test_a_clock_set_back_opens_no_window_twice() -> None:
    """Yesterday's budget cannot be had again by going back to yesterday."""
    limits = KeyLimits(budget_day_nusd=10)
    meter = admit(Meter(), limits)
    refused(meter, limits, now_s=NOON_S - DAY_S)
    refused(meter, limits, now_s=NOON_S - 40 * DAY_S)
    assert refused(meter, limits).code == "project_spend_limit_exceeded"


def test_a_rate_is_used_up_and_comes_back_by_and_by() -> None:
    """A minute's worth goes at once; a share of the minute later there is one more, and the refusal says when."""
    limits = KeyLimits(requests_per_minute=3)
    meter = Meter()
    for left in (2, 1, 0):
        meter = admit(meter, limits)
        assert allowances(meter, limits, NOON_S) == (
            Allowance(dimension="requests", limit=3, remaining=left, reset_ms=(3 - left) * 20_000),
        )
    refusal = refused(meter, limits, now_s=NOON_S + 7.5)
    assert (refusal.code, refusal.dimension, refusal.retry_after_s) == ("rate_limit_exceeded", "requests", 12.5)
    assert refusal.message.endswith("on requests per min: Limit 3, Used 3, Requested 1. Please try again in 12.5s.")
    assert refusal.allowances == allowances(meter, limits, NOON_S + 7.5)
    meter = admit(meter, limits, now_s=NOON_S + 20)
    refused(meter, limits, now_s=NOON_S + 39.999)


def test_pictures_have_a_rate_of_their_own() -> None:
    """A job counts with all its pictures, and what it may never have is said at once."""
    limits = KeyLimits(images_per_minute=5, requests_per_minute=100)
    meter = admit(Meter(), limits, images=4)
    refusal = refused(meter, limits, images=2)
    assert (refusal.dimension, refusal.retry_after_s) == ("images", 12.0)
    assert [(left.dimension, left.remaining) for left in refusal.allowances] == [("requests", 99), ("images", 1)]
    never = refused(Meter(), limits, images=6)
    assert (never.code, never.dimension, never.retry_after_s, never.retryable) == (
        "rate_limit_exceeded",
        "images",
        None,
        False,
    )
    assert "Request too large" in never.message


def test_a_clock_set_back_delays_a_rate_by_a_minute_at_most() -> None:
    """What was written an hour ahead does not close the key for an hour."""
    limits = KeyLimits(requests_per_minute=1)
    meter = admit(Meter(), limits)
    refusal = refused(meter, limits, now_s=NOON_S - 3_600)
    assert refusal.retry_after_s == 60.0
    assert [left.remaining for left in refusal.allowances] == [0]


def test_jobs_at_once_are_those_under_way() -> None:
    """A job that ends makes room; until then another is told to come back."""
    limits = KeyLimits(jobs_at_once=2)
    meter = admit(admit(Meter(), limits), limits)
    refusal = refused(meter, limits)
    assert (refusal.code, refusal.retry_after_s) == ("rate_limit_exceeded", 5.0)
    assert "Limit 2, Used 2, Requested 1. Please try again in 5s." in refusal.message
    admit(settled(meter, admitted_at_s=NOON_S, hold_nusd=10, charge_nusd=10), limits)


def test_what_waiting_cannot_mend_is_told_first() -> None:
    """A key without money is not sent away for twelve seconds."""
    limits = KeyLimits(budget_nusd=0, requests_per_minute=1, jobs_at_once=1)
    meter = admit(Meter(), limits, hold_nusd=0)
    assert refused(meter, limits).code == "insufficient_quota"


@given(st.integers(1, RATE_MAX))
def test_a_minute_holds_exactly_its_rate(limit: int) -> None:
    """No arrival of a full minute is lost or won to rounding."""
    limits = KeyLimits(images_per_minute=limit)
    meter = admit(Meter(), limits, images=limit)
    assert allowances(meter, limits, NOON_S)[0].remaining == 0
    assert allowances(Meter(), limits, NOON_S)[0].remaining == limit
    refused(meter, limits)


@pytest.mark.parametrize(
    ("span_ms", "text"),
    [(0, "0ms"), (12, "12ms"), (1_000, "1s"), (7_500, "7.5s"), (60_000, "1m0s"), (361_250, "6m1.25s")],
)
def test_spans_are_written_as_openai_writes_them(span_ms: int, text: str) -> None:
    """Source: recorded values of `x-ratelimit-reset-requests`."""
    assert span_text(span_ms) == text


class Metering(RuleBasedStateMachine):
    """Any jobs in any order, under a clock that may step either way: the meter is right and its budgets hold."""

    def __init__(self) -> None:
        super().__init__()
        self.limits = KeyLimits(budget_nusd=500, budget_day_nusd=120, budget_month_nusd=300, jobs_at_once=4)
        self.meter = Meter()
        self.now_s = NOON_S
        self.running: list[tuple[float, int]] = []
        self.charged_nusd = 0
        self.charged_by_day: dict[int, int] = {}

    @rule(step_s=st.one_of(st.integers(-2 * DAY_S, 2 * DAY_S), st.integers(0, 40 * DAY_S)))
    def pass_time(self, step_s: int) -> None:
        """The clock moves, mostly on."""
        self.now_s += step_s

    @rule(hold_nusd=st.integers(0, 80))
    def ask(self, hold_nusd: int) -> None:
        """A job is admitted, or refused without a trace."""
        before = self.meter
        try:
            self.meter = admit(self.meter, self.limits, hold_nusd=hold_nusd, now_s=self.now_s)
        except LimitReached:
            assert self.meter == before
            return
        self.running.append((self.now_s, hold_nusd))

    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        """A job ends and pays some of what it held."""
        if not self.running:
            return
        admitted_at_s, hold_nusd = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        charge_nusd = data.draw(st.integers(0, hold_nusd))
        self.meter = settled(self.meter, admitted_at_s=admitted_at_s, hold_nusd=hold_nusd, charge_nusd=charge_nusd)
        self.charged_nusd += charge_nusd
        day = day_of(admitted_at_s)
        self.charged_by_day[day] = self.charged_by_day.get(day, 0) + charge_nusd

    @invariant()
    def all_is_counted(self) -> None:
        """In all: exactly. In a window: never less than was charged of the jobs admitted in it."""
        held = [hold_nusd for _, hold_nusd in self.running]
        assert self.meter.spent_nusd == self.charged_nusd + sum(held)
        assert self.meter.jobs_running == len(held)
        of_today = sum(hold_nusd for at_s, hold_nusd in self.running if day_of(at_s) == self.meter.day)
        assert self.meter.spent_day_nusd >= self.charged_by_day.get(self.meter.day, 0) + of_today
        assert min(astuple(self.meter)) >= 0

    @invariant()
    def no_budget_is_overrun(self) -> None:
        """Whatever happened."""
        assert self.meter.spent_nusd <= 500
        assert self.meter.spent_day_nusd <= 120
        assert self.meter.spent_month_nusd <= 300
        assert self.meter.jobs_running <= 4


TestMetering = Metering.TestCase


@given(
    limit=st.integers(1, 50),
    steps=st.lists(st.tuples(st.floats(0, 40), st.integers(1, 10)), max_size=60),
)
def test_no_minute_has_more_than_twice_its_rate(limit: int, steps: list[tuple[float, int]]) -> None:
    """However requests come, what is admitted in any span is at most one full minute and what came back in it."""
    limits, meter, now_s = KeyLimits(images_per_minute=limit), Meter(), NOON_S
    taken: list[tuple[float, int]] = []
    for step_s, images in steps:
        now_s += step_s
        try:
            meter = admit(meter, limits, images=images, now_s=now_s)
        except LimitReached as refusal:
            if refusal.retry_after_s is not None:
                again_s = now_s + refusal.retry_after_s
                admit(meter, limits, images=images, now_s=again_s + 1e-6)
        else:
            taken.append((now_s, images))
    for first, (start_s, _) in enumerate(taken):
        for last in range(first, len(taken)):
            span_s = taken[last][0] - start_s
            assert sum(images for _, images in taken[first : last + 1]) <= limit * (1 + span_s / 60) + 1e-3
