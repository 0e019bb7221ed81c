"""Moving an installation from SQLite to PostgreSQL with its whole history: every row, under its own id.

The rows arrive in one transaction or not at all, and are compared with what they came from before it is committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Table, delete, func, insert, select, text

from limner.clock import Clock
from limner.ledger import Audit
from limner.storage import open_backend, open_storage
from limner.storage.audit import audit
from limner.storage.backend import Backend, DatabaseUnusable
from limner.storage.folder import database_path, lock_data
from limner.storage.schema import bring_up_to_date, version
from limner.storage.tables import accounts, metadata

BATCH: Final = 5_000
"""Rows read and written at a time: a few megabytes."""


class NotMoved(DatabaseUnusable):
    """The installation was left where it is, and the target empty."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What arrived. rows: by table. audits: of every account, alike in both databases."""

    rows: Mapping[str, int]
    audits: tuple[Audit, ...]


async def move_to_postgres(data: Path, address: str, clock: Clock) -> Moved:
    """Copy the folder's SQLite database, which stays as it is, to the empty PostgreSQL database at `address`.

    Pictures stay in the folder. Jobs that a server left open when it died are released first, as at its start. Raises
    DataInUse while a server has the folder, NotMoved when there is nothing to move, the target is not empty or what
    arrived differs, DatabaseUnusable for a target that cannot be used.
    """
    if not database_path(data).exists():
        raise NotMoved(f"There is no SQLite database in {data}.")
    with lock_data(data):
        async with open_storage(data, clock) as storage:
            await storage.recovery.begin(alone=True)
            await storage.recovery.leave()
        with closing(open_backend(data, None)) as source, closing(open_backend(data, address)) as target:
            return await asyncio.to_thread(_move, source, target, clock.now_s())


def _move(source: Backend, target: Backend, now_s: float) -> Moved:
    def fill(arriving: Connection) -> Moved:
        if version(arriving) is not None:
            raise NotMoved("The PostgreSQL database holds an installation already. Name a new, empty one.")
        bring_up_to_date(arriving, now_s)
        # The default account comes with the others.
        arriving.execute(delete(accounts))
        return source.read(lambda leaving: _fill(leaving, arriving))

    return target.alone(fill)


def _fill(leaving: Connection, arriving: Connection) -> Moved:
    for table in metadata.sorted_tables:
        _copy(table, leaving, arriving)
    rows = _counts(leaving)
    if _counts(arriving) != rows:
        raise NotMoved("Not every row arrived: nothing was moved.")
    audits = _audits(leaving)
    if _audits(arriving) != audits:
        raise NotMoved("An account does not add up to the same in both databases: nothing was moved.")
    return Moved(rows, audits)


def _copy(table: Table, leaving: Connection, arriving: Connection) -> None:
    # In the order of their ids, since an entry may refer to one before it.
    rows = leaving.execution_options(yield_per=BATCH).execute(select(table).order_by(*table.primary_key))
    for batch in rows.mappings().partitions():
        arriving.execute(insert(table), [dict(row) for row in batch])
    counted = table.autoincrement_column
    if counted is not None:
        arriving.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table.name}', '{counted.name}'), :next, false)"),
            {"next": (arriving.scalar(select(func.max(counted))) or 0) + 1},
        )


def _counts(connection: Connection) -> Mapping[str, int]:
    return {
        table.name: connection.scalars(select(func.count()).select_from(table)).one()
        for table in metadata.sorted_tables
    }


def _audits(connection: Connection) -> tuple[Audit, ...]:
    return tuple(audit(connection, account) for account in connection.scalars(select(accounts.c.id)).all())
