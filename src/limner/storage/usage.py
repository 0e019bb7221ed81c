"""Usage summed and listed in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    Table,
    and_,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from limner.job import Kind, Size, Usage
from limner.record import Outcome
from limner.storage.database import Database
from limner.storage.tables import usage, usage_sums
from limner.usage import (
    MINUTE_S,
    WIDTHS_S,
    Dimension,
    RowPage,
    RowPlace,
    Span,
    UsageFilter,
    UsageQuery,
    UsageRow,
    UsageSum,
    spans_of,
)

_COLUMNS: Final[Mapping[Dimension, tuple[str, ...]]] = {
    Dimension.MODEL: ("model",),
    Dimension.ENGINE: ("engine",),
    Dimension.KEY: ("key_id",),
    Dimension.ACCOUNT: ("account_id",),
    Dimension.SOURCE: ("kind",),
    Dimension.SIZE: ("width_px", "height_px"),
    Dimension.USER: ("user",),
}
"""What a dimension that is no time is called in both tables."""
_TOKENS: Final = ("text_input_tokens", "image_input_tokens", "text_output_tokens", "image_output_tokens")
_AMOUNTS: Final = ("images", *_TOKENS, "charge_nusd", "cost_nusd")
_MINUTE_S: Final = literal_column(str(MINUTE_S), BigInteger)


class SqlUsageStore:
    """Adds up and lists usage rows; see `limner.usage.UsageStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sums(self, query: UsageQuery) -> tuple[UsageSum, ...]:
        """The sums `query` asks for; without `by`, one line, of zeros when nothing matches."""
        return await self._database.read(lambda connection: _sums(connection, query))

    async def rows(
        self,
        where: UsageFilter,
        *,
        limit: int,
        after: RowPlace | None = None,
        outcomes: tuple[Outcome, ...] = (),
    ) -> RowPage:
        """A page of the jobs that match, the latest first, behind `after`. outcomes: empty takes all."""
        statement = _page(where, limit, after, outcomes)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return RowPage(tuple(usage_row(row) for row in rows[:limit]), has_more=len(rows) > limit)


def _sums(connection: Connection, query: UsageQuery) -> tuple[UsageSum, ...]:
    """The parts of every span put together: a day at both ends of which something is cut off comes in several."""
    totals: dict[tuple[Any, ...], list[int]] = {} if query.by else {(): [0] * (1 + len(_AMOUNTS))}
    width = sum(len(_COLUMNS.get(dimension, ("time",))) for dimension in query.by)
    for span in spans_of(query):
        for row in connection.execute(_statement(query, span)):
            # Databases count up to other kinds of numbers, and a sum of nothing is none.
            added = [int(amount or 0) for amount in row[width:]]
            so_far = totals.get(tuple(row[:width]))
            totals[tuple(row[:width])] = (
                added if so_far is None else [a + b for a, b in zip(so_far, added, strict=True)]
            )
    # Sorted here, as databases disagree on the order of texts.
    order = sorted(totals, key=lambda key: [(value is not None, value) for value in key])
    return tuple(_sum(query.by, key, totals[key]) for key in order)


def _statement(query: UsageQuery, span: Span) -> Select[Any]:
    table = usage if span.grain is None else usage_sums
    by = [column for dimension in query.by for column in _told_apart(table, dimension)]
    requests = func.count() if table is usage else func.sum(usage_sums.c.requests)
    return (
        select(*by, requests, *(func.sum(table.c[name]) for name in _AMOUNTS))
        .where(*_within(table, span), *_conditions(table, query.where))
        .group_by(*by)
    )


def _told_apart(table: Table, dimension: Dimension) -> list[ColumnElement[Any]]:
    if dimension not in WIDTHS_S:
        return [table.c[name] for name in _COLUMNS[dimension]]
    # Written out: as a value it would be two, and what is selected not what is grouped by.
    width_s = literal_column(str(WIDTHS_S[dimension]), Integer)
    if table is usage:
        return [usage.c.minute * _MINUTE_S // width_s * width_s]
    return [usage_sums.c.starts_at_s // width_s * width_s]


def _within(table: Table, span: Span) -> Iterator[ColumnElement[bool]]:
    time: Column[Any] = usage.c.finished_at_s if table is usage else usage_sums.c.starts_at_s
    if span.grain is not None:
        yield usage_sums.c.width_s == span.grain.width_s
        yield usage_sums.c.detailed == span.grain.detailed
    # As the column's own kind of number: a driver would take a whole number for one of 32 bits.
    kind = float if table is usage else int
    if span.since_s is not None:
        yield time >= kind(span.since_s)
    if span.until_s is not None:
        yield time < kind(span.until_s)


def _conditions(table: Table, where: UsageFilter) -> Iterator[ColumnElement[bool]]:
    """All that `where` says but the time."""
    yield from _any_of(table.c.account_id, where.account_ids)
    yield from _any_of(table.c.key_id, where.key_ids)
    yield from _any_of(table.c.model, where.models)
    yield from _any_of(table.c.engine, where.engines)
    yield from _any_of(table.c.kind, [kind.value for kind in where.sources])
    if where.sizes:
        sizes = [and_(table.c.width_px == size.width_px, table.c.height_px == size.height_px) for size in where.sizes]
        yield or_(*sizes)
    if where.users:
        yield from _any_of(usage.c.user, where.users)


def _any_of(column: Column[Any], values: Sequence[str]) -> Iterator[ColumnElement[bool]]:
    # One value alone keeps an index that begins with the column in the order of its time.
    if len(values) == 1:
        yield column == values[0]
    elif values:
        yield column.in_(values)


def _sum(by: Iterable[Dimension], key: tuple[Any, ...], totals: Sequence[int]) -> UsageSum:
    requests, images, *tokens, charge_nusd, cost_nusd = totals
    return UsageSum(
        **_named(by, iter(key)),
        requests=requests,
        images=images,
        usage=Usage(**dict(zip(_TOKENS, tokens, strict=True))),
        charge_nusd=charge_nusd,
        cost_nusd=cost_nusd,
    )


def _named(by: Iterable[Dimension], values: Iterator[Any]) -> dict[str, Any]:
    """The fields of a sum that are told apart, from their columns in order."""
    named: dict[str, Any] = {}
    for dimension in by:
        match dimension:
            case Dimension.DAY | Dimension.HOUR | Dimension.MINUTE:
                named["starts_at_s"] = int(next(values))
            case Dimension.SOURCE:
                named["source"] = Kind(next(values))
            case Dimension.SIZE:
                named["size"] = _size(next(values), next(values))
            case _:
                [name] = _COLUMNS[dimension]
                named[name] = next(values)
    return named


def _size(width_px: int, height_px: int) -> Size | None:
    return Size(width_px, height_px) if width_px else None


def conditions(where: UsageFilter) -> Iterator[ColumnElement[bool]]:
    """What is asked of the rows of `usage`."""
    yield from _within(usage, Span(None, where.since_s, where.until_s))
    yield from _conditions(usage, where)


def _page(where: UsageFilter, limit: int, after: RowPlace | None, outcomes: tuple[Outcome, ...]) -> Select[Any]:
    """One row more than `limit`, to see whether there is more."""
    place = tuple_(usage.c.finished_at_s, usage.c.job_id)
    statement = (
        select(usage)
        .where(
            *conditions(where),
            *_any_of(usage.c.outcome, [outcome.value for outcome in outcomes]),
        )
        .order_by(usage.c.finished_at_s.desc(), usage.c.job_id.desc())
        .limit(limit + 1)
    )
    if after is None:
        return statement
    # The first condition follows from the second, and is the one that an index on the time is used for.
    return statement.where(usage.c.finished_at_s <= after.finished_at_s, place < (after.finished_at_s, after.job_id))


def usage_row(row: Row[Any]) -> UsageRow:
    """A row of the table, with whatever other columns."""
    return UsageRow(
        job_id=row.job_id,
        account_id=row.account_id,
        key_id=row.key_id,
        model=row.model,
        engine=row.engine,
        source=Kind(row.kind),
        size=_size(row.width_px, row.height_px),
        user=row.user,
        outcome=Outcome(row.outcome),
        finished_at_s=row.finished_at_s,
        images=row.images,
        usage=Usage(
            text_input_tokens=row.text_input_tokens,
            image_input_tokens=row.image_input_tokens,
            text_output_tokens=row.text_output_tokens,
            image_output_tokens=row.image_output_tokens,
        ),
        charge_nusd=row.charge_nusd,
        cost_nusd=row.cost_nusd,
    )
