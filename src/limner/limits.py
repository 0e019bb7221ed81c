"""Limits of a key: budgets, rates, and jobs at once. Pure; the ledger keeps a key's meter and asks here.

A meter counts what a key has spent, what jobs under way hold included, so that jobs side by side cannot outrun a
budget. Rates follow the generic cell rate algorithm (ITU-T I.371, annex A): an arrival moves a moment on by its share
of the minute, and may not move it more than a minute ahead. A key that was idle may so use its whole minute at once.

Days and months are UTC's and only ever move on: where a clock was set back, the newer window goes on counting, and no
window is counted twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from limner.errors import Allowance, LimitReached
from limner.money import usd_text

RATE_MAX: Final = 100_000
"""The highest rate a minute. Up to here a share in whole nanoseconds loses not one arrival of a minute."""
JOBS_RETRY_S: Final = 5.0
"""When to come back once jobs under way are too many: nobody knows when one ends, and few take less."""

_DAY_S: Final = 86_400
_MINUTE_NS: Final = 60 * 10**9
_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """What a key may spend and ask for. None is no limit; budgets in nano-dollars, of UTC's days and months."""

    budget_nusd: int | None = None
    budget_day_nusd: int | None = None
    budget_month_nusd: int | None = None
    requests_per_minute: int | None = None
    images_per_minute: int | None = None
    jobs_at_once: int | None = None


UNLIMITED: Final = KeyLimits()


@dataclass(frozen=True, slots=True)
class Meter:
    """What a key has used. Spent: charges of jobs that have ended and holds of those under way.

    day: days since 1 January 1970. month: months since year 0. requests_until_ns and images_until_ns: Unix time at
    which nothing of the rate is in use any more.
    """

    spent_nusd: int = 0
    day: int = 0
    spent_day_nusd: int = 0
    month: int = 0
    spent_month_nusd: int = 0
    requests_until_ns: int = 0
    images_until_ns: int = 0
    jobs_running: int = 0


def admitted(meter: Meter, limits: KeyLimits, *, hold_nusd: int, images: int, now_s: float) -> Meter:
    """The meter with one more job of so many images under way.

    Raises LimitReached for the first limit that the job would break, budgets before rates: there waiting is of no use.
    """
    now_ns = int(now_s * 10**9)
    counted = as_of(meter, now_s)
    _check_budgets(counted, limits, hold_nusd)
    _check_jobs(counted, limits, now_ns)
    _check_rate(counted, limits, _REQUESTS, 1, now_ns)
    _check_rate(counted, limits, _IMAGES, images, now_ns)
    return Meter(
        spent_nusd=counted.spent_nusd + hold_nusd,
        day=counted.day,
        spent_day_nusd=counted.spent_day_nusd + hold_nusd,
        month=counted.month,
        spent_month_nusd=counted.spent_month_nusd + hold_nusd,
        requests_until_ns=_after(counted.requests_until_ns, limits.requests_per_minute, 1, now_ns),
        images_until_ns=_after(counted.images_until_ns, limits.images_per_minute, images, now_ns),
        jobs_running=counted.jobs_running + 1,
    )


def settled(meter: Meter, *, admitted_at_s: float, hold_nusd: int, charge_nusd: int) -> Meter:
    """The meter with a job ended that was admitted then: what was held and not charged is given back.

    It is given back to the day and the month the job was admitted in; once they are over nothing counts it any more.
    """
    back_nusd = hold_nusd - charge_nusd
    return Meter(
        spent_nusd=meter.spent_nusd - back_nusd,
        day=meter.day,
        spent_day_nusd=meter.spent_day_nusd - (back_nusd if meter.day == day_of(admitted_at_s) else 0),
        month=meter.month,
        spent_month_nusd=meter.spent_month_nusd - (back_nusd if meter.month == month_of(admitted_at_s) else 0),
        requests_until_ns=meter.requests_until_ns,
        images_until_ns=meter.images_until_ns,
        jobs_running=meter.jobs_running - 1,
    )


def charged(meter: Meter, *, admitted_at_s: float, charge_nusd: int) -> Meter:
    """The meter with a job charged after all that was admitted then, and had been settled for nothing."""
    late = settled(meter, admitted_at_s=admitted_at_s, hold_nusd=0, charge_nusd=charge_nusd)
    return replace(late, jobs_running=meter.jobs_running)


def allowances(meter: Meter, limits: KeyLimits, now_s: float) -> tuple[Allowance, ...]:
    """What is left of the key's rates; nothing for a key without any."""
    return _allowances(meter, limits, int(now_s * 10**9))


def as_of(meter: Meter, now_s: float) -> Meter:
    """The meter in the windows of a moment, emptied where they are new."""
    day, month = max(meter.day, day_of(now_s)), max(meter.month, month_of(now_s))
    return Meter(
        spent_nusd=meter.spent_nusd,
        day=day,
        spent_day_nusd=meter.spent_day_nusd if day == meter.day else 0,
        month=month,
        spent_month_nusd=meter.spent_month_nusd if month == meter.month else 0,
        requests_until_ns=meter.requests_until_ns,
        images_until_ns=meter.images_until_ns,
        jobs_running=meter.jobs_running,
    )


def day_of(at_s: float) -> int:
    """The number of a moment's day, as `Meter` has it."""
    return int(at_s // _DAY_S)


def month_of(at_s: float) -> int:
    """The number of a moment's month, as `Meter` has it."""
    moment = datetime.fromtimestamp(at_s, UTC)
    return moment.year * _MONTHS + moment.month - 1


def span_text(span_ms: int) -> str:
    """A span of time as OpenAI writes one in headers and messages: `12ms`, `7.5s`, `6m0s`."""
    if span_ms < 1_000:  # noqa: PLR2004  milliseconds of a second
        return f"{span_ms}ms"
    minutes, rest_ms = divmod(span_ms, 60_000)
    return f"{minutes}m{rest_ms / 1_000:g}s" if minutes else f"{rest_ms / 1_000:g}s"


def _check_budgets(meter: Meter, limits: KeyLimits, hold_nusd: int) -> None:
    if hold_nusd == 0:
        return
    if limits.budget_nusd is not None and meter.spent_nusd + hold_nusd > limits.budget_nusd:
        # The first sentence is OpenAI's, in error reports of 2023 to 2026.
        raise LimitReached(
            "You exceeded your current quota, please check your plan and billing details. "
            + _budget_text("in all", limits.budget_nusd, meter.spent_nusd, hold_nusd)
        )
    if limits.budget_month_nusd is not None and meter.spent_month_nusd + hold_nusd > limits.budget_month_nusd:
        year, month = divmod(meter.month + 1, _MONTHS)
        raise LimitReached(
            _budget_text("a month", limits.budget_month_nusd, meter.spent_month_nusd, hold_nusd)
            + f" The next month begins on {year}-{month + 1:02d}-01 (UTC).",
            code="project_spend_limit_exceeded",
        )
    if limits.budget_day_nusd is not None and meter.spent_day_nusd + hold_nusd > limits.budget_day_nusd:
        tomorrow = datetime.fromtimestamp(0, UTC) + timedelta(days=meter.day + 1)
        raise LimitReached(
            _budget_text("a day", limits.budget_day_nusd, meter.spent_day_nusd, hold_nusd)
            + f" The next day begins at {tomorrow:%Y-%m-%d} 00:00 (UTC).",
            code="project_spend_limit_exceeded",
        )


def _budget_text(window: str, budget_nusd: int, spent_nusd: int, hold_nusd: int) -> str:
    return (
        f"This API key may spend ${usd_text(budget_nusd)} {window}. ${usd_text(spent_nusd)} are spent or held by jobs "
        f"under way, and this request may cost up to ${usd_text(hold_nusd)}."
    )


def _check_jobs(meter: Meter, limits: KeyLimits, now_ns: int) -> None:
    if limits.jobs_at_once is None or meter.jobs_running < limits.jobs_at_once:
        return
    raise LimitReached(
        f"Rate limit reached for this API key on jobs at once: Limit {limits.jobs_at_once}, "
        f"Used {meter.jobs_running}, Requested 1. Please try again in {span_text(int(JOBS_RETRY_S * 1_000))}.",
        code="rate_limit_exceeded",
        retry_after_s=JOBS_RETRY_S,
        allowances=_allowances(meter, limits, now_ns),
    )


_REQUESTS: Final = "requests"
_IMAGES: Final = "images"
"""Dimensions of a rate, as they are called on the wire."""


def _check_rate(meter: Meter, limits: KeyLimits, dimension: str, wanted: int, now_ns: int) -> None:
    limit, until_ns = _rate(meter, limits, dimension)
    ahead_ns = _after(until_ns, limit, wanted, now_ns) - now_ns
    if limit is None or ahead_ns <= _MINUTE_NS:
        return
    left = _allowances(meter, limits, now_ns)
    if wanted > limit:
        raise LimitReached(
            f"Request too large for this API key on {dimension} per min: Limit {limit}, Requested {wanted}.",
            code="rate_limit_exceeded",
            dimension=dimension,
            allowances=left,
        )
    wait_ns = ahead_ns - _MINUTE_NS
    used = limit - next(allowance.remaining for allowance in left if allowance.dimension == dimension)
    raise LimitReached(
        f"Rate limit reached for this API key on {dimension} per min: Limit {limit}, Used {used}, Requested {wanted}. "
        f"Please try again in {span_text(-(-wait_ns // 10**6))}.",
        code="rate_limit_exceeded",
        retry_after_s=wait_ns / 10**9,
        dimension=dimension,
        allowances=left,
    )


def _allowances(meter: Meter, limits: KeyLimits, now_ns: int) -> tuple[Allowance, ...]:
    found = []
    for dimension in (_REQUESTS, _IMAGES):
        limit, until_ns = _rate(meter, limits, dimension)
        if limit is not None:
            busy_ns = _busy_until(until_ns, now_ns) - now_ns
            remaining = (_MINUTE_NS - busy_ns) // (_MINUTE_NS // limit)
            found.append(
                Allowance(dimension=dimension, limit=limit, remaining=remaining, reset_ms=-(-busy_ns // 10**6))
            )
    return tuple(found)


def _rate(meter: Meter, limits: KeyLimits, dimension: str) -> tuple[int | None, int]:
    """A dimension's limit, and until when it is in use."""
    if dimension == _REQUESTS:
        return limits.requests_per_minute, meter.requests_until_ns
    return limits.images_per_minute, meter.images_until_ns


def _after(until_ns: int, limit: int | None, wanted: int, now_ns: int) -> int:
    """Until when a rate is in use once so many more have arrived. Without a limit nothing is kept."""
    return 0 if limit is None else _busy_until(until_ns, now_ns) + wanted * (_MINUTE_NS // limit)


def _busy_until(until_ns: int, now_ns: int) -> int:
    """Never more than a minute from now: a moment further off was written before the clock was set back."""
    return min(max(until_ns, now_ns), now_ns + _MINUTE_NS)
