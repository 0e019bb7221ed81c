"""How a question's time is cut into kept sums and rows."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.usage import DAY_S, HOUR_S, WIDTHS_S, Dimension, Span, UsageFilter, UsageQuery, spans_of

TIMES = st.none() | st.integers(0, 4 * DAY_S).map(float) | st.floats(0, 4 * DAY_S)
DAY, HOUR, MINUTE = (UsageQuery(by=(dimension,)) for dimension in WIDTHS_S)


def within(query: UsageQuery, since_s: float | None, until_s: float | None) -> UsageQuery:
    """The same question of a part of the time."""
    return replace(query, where=UsageFilter(since_s=since_s, until_s=until_s))


def test_whole_days_are_answered_from_days_alone() -> None:
    """The page an operator looks at most touches no rows."""
    assert spans_of(within(DAY, 0, 31 * DAY_S)) == (Span(DAY_S, 0, 31 * DAY_S),)
    assert spans_of(UsageQuery()) == (Span(DAY_S, None, None),)


def test_what_is_left_at_the_ends_comes_from_hours_and_rows() -> None:
    """A span that begins and ends within a minute has every kind of part, in order."""
    assert spans_of(within(DAY, 10.5, 2 * DAY_S + HOUR_S + 1)) == (
        Span(None, 10.5, HOUR_S),
        Span(HOUR_S, HOUR_S, DAY_S),
        Span(DAY_S, DAY_S, 2 * DAY_S),
        Span(HOUR_S, 2 * DAY_S, 2 * DAY_S + HOUR_S),
        Span(None, 2 * DAY_S + HOUR_S, 2 * DAY_S + HOUR_S + 1),
    )


@pytest.mark.parametrize(
    ("query", "width_s"),
    [
        (HOUR, HOUR_S),
        (MINUTE, None),
        (UsageQuery(by=(Dimension.DAY, Dimension.USER)), None),
        (UsageQuery(where=UsageFilter(users=("ann",))), None),
    ],
)
def test_finer_questions_are_answered_from_finer_sums(query: UsageQuery, width_s: int | None) -> None:
    """A day does not know its hours, an hour not its minutes, and no sum its end users."""
    assert spans_of(query) == (Span(width_s, None, None),)


@given(since_s=TIMES, until_s=TIMES, by=st.sampled_from([(), *((dimension,) for dimension in WIDTHS_S)]))
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
        if span.width_s is not None:
            assert all(end % span.width_s == 0 for end in ends)
    assert len(spans) <= 5
