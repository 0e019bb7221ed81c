"""Usage as it is read: finished jobs summed by time, model, engine, key, account, source, size or end user.

Knows the questions and the answers' shape; `storage/` adds up the usage rows that jobs left. A question about a span of
time is answered from sums that are kept of whole days and hours, and from rows only for what is left at its ends:
`spans_of` says which. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from limner.job import Kind, Size, Usage
from limner.record import Outcome

MINUTE_S: Final = 60
HOUR_S: Final = 3_600
DAY_S: Final = 86_400


class Dimension(StrEnum):
    """What usage can be told apart by. Days, hours and minutes are UTC; a job belongs to the one it ended in."""

    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"
    MODEL = "model"
    KEY = "key"
    ACCOUNT = "account"
    ENGINE = "engine"
    SOURCE = "source"
    SIZE = "size"
    USER = "user"


WIDTHS_S: Final = {Dimension.DAY: DAY_S, Dimension.HOUR: HOUR_S, Dimension.MINUTE: MINUTE_S}
"""Dimensions of time, of which a question has at most one, and their length."""


@dataclass(frozen=True, slots=True)
class Grain:
    """Of what sums are kept: spans `width_s` long, told apart by account, key and model.

    detailed: by engine, source and size as well, which makes them many more.
    """

    width_s: int
    detailed: bool


KEPT: Final = (Grain(HOUR_S, detailed=False), Grain(DAY_S, detailed=False), Grain(DAY_S, detailed=True))
_DETAILS: Final = frozenset({Dimension.ENGINE, Dimension.SOURCE, Dimension.SIZE})


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFilter:
    """Which jobs are meant: by when they ended, from `since_s` on and before `until_s` (Unix seconds; None is open).

    The other conditions hold when any of their values fits; an empty one takes all. users: end users as callers named
    them, by `safety_identifier` or `user`.
    """

    since_s: float | None = None
    until_s: float | None = None
    account_ids: tuple[str, ...] = ()
    key_ids: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    sources: tuple[Kind, ...] = ()
    sizes: tuple[Size, ...] = ()
    users: tuple[str, ...] = ()


EVERYTHING: Final = UsageFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageQuery:
    """Which jobs to add up, and the dimensions to tell them apart by, in the order the answer is sorted by."""

    by: tuple[Dimension, ...] = ()
    where: UsageFilter = EVERYTHING

    @property
    def width_s(self) -> int | None:
        """Length of the spans of time that are told apart, or None."""
        return next((WIDTHS_S[dimension] for dimension in self.by if dimension in WIDTHS_S), None)

    @property
    def grains(self) -> tuple[Grain, ...]:
        """The kept sums that can answer, the shortest first. None for end users, who are too many to be summed up."""
        where = self.where
        if Dimension.USER in self.by or where.users:
            return ()
        detailed = not _DETAILS.isdisjoint(self.by) or bool(where.engines or where.sources or where.sizes)
        # A sum of a day does not know its hours.
        return tuple(
            grain
            for grain in KEPT
            if grain.detailed is detailed and (self.width_s is None or grain.width_s <= self.width_s)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSum:
    """One line of the answer.

    starts_at_s: of the minute, hour or day, Unix seconds. This and the rest up to `user` are None where not told apart;
    size and user are also None for jobs without a picture, or without an end user.

    requests counts every job that was admitted and has ended; images, tokens and charge come from delivered ones; cost
    is what upstreams asked of the operator, also for jobs that were not delivered.
    """

    starts_at_s: int | None = None
    model: str | None = None
    engine: str | None = None
    key_id: str | None = None
    account_id: str | None = None
    source: Kind | None = None
    size: Size | None = None
    user: str | None = None
    requests: int
    images: int
    usage: Usage
    charge_nusd: int
    cost_nusd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """One job that has ended, as usage keeps it. size and user: None without a picture or an end user."""

    job_id: str
    account_id: str
    key_id: str
    model: str
    engine: str
    source: Kind
    size: Size | None
    user: str | None
    outcome: Outcome
    finished_at_s: float
    images: int
    usage: Usage
    charge_nusd: int
    cost_nusd: int


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Where a page of rows ended."""

    finished_at_s: float
    job_id: str


@dataclass(frozen=True, slots=True)
class RowPage:
    """Rows, the latest first, and whether there are more behind them."""

    rows: tuple[UsageRow, ...]
    has_more: bool

    @property
    def end(self) -> RowPlace | None:
        """Where the next page begins, or None when this is the last."""
        return RowPlace(self.rows[-1].finished_at_s, self.rows[-1].job_id) if self.has_more else None


class UsageStore(Protocol):
    """Where usage rows are kept."""

    async def sums(self, query: UsageQuery) -> tuple[UsageSum, ...]:
        """The sums `query` asks for; without `by`, one line, of zeros when nothing matches."""
        ...

    async def rows(
        self,
        where: UsageFilter,
        *,
        limit: int,
        after: RowPlace | None = None,
        outcomes: tuple[Outcome, ...] = (),
    ) -> RowPage:
        """A page of the jobs that match, the latest first, behind `after`. outcomes: empty takes all."""
        ...


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a question's time, and where its jobs are added up: kept sums of a grain, or rows when None."""

    grain: Grain | None
    since_s: float | None
    until_s: float | None


def spans_of(query: UsageQuery) -> tuple[Span, ...]:
    """The time of `query` cut into spans: days where whole days fit, hours and rows at its ends. None overlap."""
    since_s, until_s = query.where.since_s, query.where.until_s
    if since_s is not None and until_s is not None and until_s <= since_s:
        return ()
    return tuple(_cut(since_s, until_s, query.grains))


def _cut(since_s: float | None, until_s: float | None, grains: Sequence[Grain]) -> list[Span]:
    """The longest spans in the middle, what is before and behind them cut into shorter ones."""
    if not grains:
        return [Span(None, since_s, until_s)]
    *shorter, grain = grains
    first_s = None if since_s is None else -int(-since_s // grain.width_s) * grain.width_s
    last_s = None if until_s is None else int(until_s // grain.width_s) * grain.width_s
    if first_s is not None and last_s is not None and first_s >= last_s:
        return _cut(since_s, until_s, shorter)
    spans = [Span(grain, first_s, last_s)]
    if since_s != first_s:
        spans = [*_cut(since_s, first_s, shorter), *spans]
    if until_s != last_s:
        spans += _cut(last_s, until_s, shorter)
    return spans
