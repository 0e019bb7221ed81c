"""The ledger's entries and an account's standing, read from the database."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, literal_column, or_, select, tuple_

from limner.ledger import EntryKind
from limner.statement import Entry, EntryPage, EntryQuery, JobEntries, Standing
from limner.storage.database import Database
from limner.storage.tables import accounts, entries, jobs, tasks, usage
from limner.storage.usage import conditions, usage_row
from limner.usage import RowPlace, UsageFilter

_BALANCE: Final = select(accounts.c.balance_nusd).where(accounts.c.id == bindparam("account"))
_HELD: Final = select(func.sum(jobs.c.hold_nusd)).where(
    jobs.c.outcome.is_(None), jobs.c.account_id == bindparam("account")
)
_GIVEN: Final = select(func.sum(entries.c.amount_nusd)).where(
    entries.c.job_id.is_(None), entries.c.account_id == bindparam("account")
)

_holds: Final = entries.alias("holds")
_ends: Final = entries.alias("ends")
_late: Final = entries.alias("late")
_ENTRIES_OF_JOBS: Final = (
    select(
        usage,
        *(column.label(f"hold_{column.name}") for column in _holds.c),
        *(column.label(f"end_{column.name}") for column in _ends.c),
        *(column.label(f"late_{column.name}") for column in _late.c),
    )
    # The kinds are written out, since a partial index is only sure to be used for a constant.
    .join_from(usage, _holds, and_(_holds.c.job_id == usage.c.job_id, _holds.c.kind == literal_column("'hold'")))
    .join(_ends, _ends.c.resolves == _holds.c.id)
    .outerjoin(_late, and_(_late.c.job_id == usage.c.job_id, _late.c.kind == literal_column("'charge'")))
    .order_by(usage.c.finished_at_s, usage.c.job_id)
)


class SqlStatement:
    """Reads the ledger; see `limner.statement.Statement`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def standing(self, account_id: str) -> Standing | None:
        """What an account has, or None when there is no such account."""
        return await self._database.read(lambda connection: _standing(connection, account_id))

    async def entries(self, query: EntryQuery, *, limit: int, before_id: int | None = None) -> EntryPage:
        """A page of an account's entries, the latest first, older than the entry `before_id`."""
        statement = _page(query, limit, before_id)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return EntryPage(tuple(_entry(row) for row in rows[:limit]), has_more=len(rows) > limit)

    async def jobs(self, where: UsageFilter, *, limit: int, after: RowPlace | None = None) -> tuple[JobEntries, ...]:
        """The entries of the first `limit` jobs that match behind `after`, by the time they ended."""
        statement = _ENTRIES_OF_JOBS.where(*conditions(where)).limit(limit)
        if after is not None:
            place = tuple_(usage.c.finished_at_s, usage.c.job_id)
            # The first condition follows from the second, and is the one that an index on the time is used for.
            statement = statement.where(
                usage.c.finished_at_s >= after.finished_at_s, place > (after.finished_at_s, after.job_id)
            )
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return tuple(_job(row) for row in rows)


def _standing(connection: Connection, account_id: str) -> Standing | None:
    account = {"account": account_id}
    balance_nusd = connection.scalar(_BALANCE, account)
    if balance_nusd is None:
        return None
    held_nusd = int(connection.scalar(_HELD, account) or 0)
    given_nusd = int(connection.scalar(_GIVEN, account) or 0)
    # Whatever was given and is neither left nor held was spent: entries add up, so no job has to be read.
    spent_nusd = given_nusd - balance_nusd - held_nusd
    return Standing(account_id=account_id, balance_nusd=balance_nusd, held_nusd=held_nusd, spent_nusd=spent_nusd)


def _page(query: EntryQuery, limit: int, before_id: int | None) -> Select[Any]:
    """One entry more than `limit`, to see whether there is more."""
    statement = select(entries).where(entries.c.account_id == query.account_id)
    if before_id is not None:
        statement = statement.where(entries.c.id < before_id)
    if query.since_s is not None:
        statement = statement.where(entries.c.created_at_s >= query.since_s)
    if query.until_s is not None:
        statement = statement.where(entries.c.created_at_s < query.until_s)
    if query.kinds:
        statement = statement.where(entries.c.kind.in_([kind.value for kind in query.kinds]))
    if query.job_id is not None:
        # A task has the id of its first job; another that took that one's place is charged instead.
        drawing = select(tasks.c.job_id).where(tasks.c.id == query.job_id)
        statement = statement.where(
            or_(entries.c.job_id == query.job_id, entries.c.job_id == drawing.scalar_subquery())
        )
    return statement.order_by(entries.c.id.desc()).limit(limit + 1)


def _job(row: Row[Any]) -> JobEntries:
    prefixes = ("hold_", "end_") if row.late_id is None else ("hold_", "end_", "late_")
    return JobEntries(usage_row(row), tuple(_entry(row, prefix) for prefix in prefixes))


def _entry(row: Row[Any], prefix: str = "") -> Entry:
    def of(name: str) -> Any:
        return getattr(row, prefix + name)

    return Entry(
        id=of("id"),
        account_id=of("account_id"),
        kind=EntryKind(of("kind")),
        amount_nusd=of("amount_nusd"),
        balance_before_nusd=of("balance_before_nusd"),
        balance_after_nusd=of("balance_after_nusd"),
        reason=of("reason"),
        created_at_s=of("created_at_s"),
        job_id=of("job_id"),
        price_book=of("price_book"),
    )
