"""The database under the gateways, as the harness sees it: SQL of its own, and for the villain what can be killed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import psycopg
from tests.postgres import postgres_server

Rows: TypeAlias = Callable[[str], list[tuple[Any, ...]]]
"""What the database answers to a query, asked beside the gateways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One that gateways use. address: for their configuration, None for the data folder of the only one.

    crash: kills it and starts it again, None where it has no process. expected: events that gateways may log with a
    traceback while it is away.
    """

    rows: Rows
    address: str | None = None
    crash: Callable[[], None] | None = None
    expected: frozenset[str] = frozenset()


def sqlite_rows(data: Path) -> Rows:
    """Of the database in a data folder."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        address = f"file:{data / 'limner.db'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as connection:
            return connection.execute(query).fetchall()

    return rows


@contextmanager
def _sqlite(data: Path) -> Iterator[Database]:
    yield Database(rows=sqlite_rows(data))


@contextmanager
def _postgres(_data: Path) -> Iterator[Database]:
    with postgres_server() as server:
        address = server.create()

        def rows(query: str) -> list[tuple[Any, ...]]:
            with psycopg.connect(address) as connection:
                return connection.execute(query.encode()).fetchall()

        def crash() -> None:
            server.kill()
            server.start()

        yield Database(rows=rows, address=address, crash=crash, expected=_DATABASE_AWAY)


_DATABASE_AWAY: Final = frozenset({"ledger.settlement_kept", "ledger.unavailable", "recovery.failed", "tasks.failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of database. gateways: how many share one. start: given the data folder of the first gateway."""

    title: str
    gateways: int
    start: Callable[[Path], AbstractContextManager[Database]]


DATABASES: Final[Mapping[str, Kind]] = {
    "sqlite": Kind(title="SQLite", gateways=1, start=_sqlite),
    "postgres": Kind(title="PostgreSQL", gateways=3, start=_postgres),
}
