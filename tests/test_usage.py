"""How a question's time is cut into kept sums and rows."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.job import Kind, Size
from limner.usage import DAY_S, HOUR_S, KEPT, WIDTHS_S, Dimension, Grain, Span, UsageFilter, UsageQuery, spans_of

TIMES = st.none() | st.integers(0, 4 * DAY_S).map(float) | st.floats(0, 4 * DAY_S)
HOURS, DAYS, DETAILED_DAYS = KEPT
DAY, HOUR, MINUTE = (UsageQuery(by=(dimension,)) for dimension in WIDTHS_S)


def within(query: UsageQuery, since_s: float | None, until_s: float | None) -> UsageQuery:
    """The same question of a part of the time."""
    return replace(query, where=UsageFilter(since_s=since_s, until_s=until_s))


def test_whole_days_are_answered_from_days_alone() -> None:
    """The page an operator looks at most touches no rows."""
    assert spans_of(within(DAY, 0, 31 * DAY_S)) == (Span(DAYS, 0, 31 * DAY_S),)
    assert spans_of(UsageQuery()) == (Span(DAYS, None, None),)


def test_what_is_left_at_the_ends_comes_from_hours_and_rows() -> None:
    """A span that begins and ends within a minute has every kind of part, in order."""
    assert spans_of(within(DAY, 10.5, 2 * DAY_S + HOUR_S + 1)) == (
        Span(None, 10.5, HOUR_S),
        Span(HOURS, HOUR_S, DAY_S),
        Span(DAYS, DAY_S, 2 * DAY_S),
        Span(HOURS, 2 * DAY_S, 2 * DAY_S + HOUR_S),
        Span(None, 2 * DAY_S + HOUR_S, 2 * DAY_S + HOUR_S + 1),
    )


@pytest.mark.parametrize(
    ("query", "grains"),
    [
        (DAY, (HOURS, DAYS)),
        (HOUR, (HOURS,)),
        (MINUTE, ()),
        (UsageQuery(by=(Dimension.DAY, Dimension.MODEL, Dimension.KEY, Dimension.ACCOUNT)), (HOURS, DAYS)),
        (UsageQuery(by=(Dimension.SIZE,)), (DETAILED_DAYS,)),
        (UsageQuery(by=(Dimension.HOUR, Dimension.SOURCE)), ()),
        (UsageQuery(where=UsageFilter(engines=("own",))), (DETAILED_DAYS,)),
        (UsageQuery(where=UsageFilter(sources=(Kind.EDIT,))), (DETAILED_DAYS,)),
        (UsageQuery(where=UsageFilter(sizes=(Size(1, 1),))), (DETAILED_DAYS,)),
        (UsageQuery(by=(Dimension.DAY, Dimension.USER)), ()),
        (UsageQuery(where=UsageFilter(users=("ann",))), ()),
    ],
)
def test_finer_questions_are_answered_from_finer_sums(query: UsageQuery, grains: tuple[Grain, ...]) -> None:
    """A day does not know its hours, an hour not its minutes, and no sum its end users."""
    assert query.grains == grains


@given(since_s=TIMES, until_s=TIMES, by=st.sampled_from([(), (Dimension.SIZE,), *((time,) for time in WIDTHS_S)]))
def test_spans_cover_the_time_once(since_s: float | None, until_s: float | None, by: tuple[Dimension, ...]) -> None:
    """Each begins where the one before ended, the first and the last where the question does, on their own width."""
    spans = spans_of(UsageQuery(by=by, where=UsageFilter(since_s=since_s, until_s=until_s)))
    if since_s is not None and until_s is not None and until_s <= since_s:
        assert spans == ()
        return
    assert (spans[0].since_s, spans[-1].until_s) == (since_s, until_s)
    for before, behind in pairwise(spans):
        assert before.until_s == behind.since_s
    for span in spans:
        ends = [end for end in (span.since_s, span.until_s) if end is not None]
        assert ends == sorted(set(ends))
        if span.grain is not None:
            assert all(end % span.grain.width_s == 0 for end in ends)
    assert len(spans) <= 5
