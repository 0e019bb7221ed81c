"""SQLite: one file, one writer at a time whatever we do, readers that never wait for it.

A batch is one BEGIN IMMEDIATE, its writes, one COMMIT. When a write in it fails, the batch is undone and run again,
each write in a savepoint of its own so that the failing one rolls back alone. From the start they would cost a fifth of
what a job's writes cost: SQLite keeps a copy of every page that a savepoint may have to bring back.

Reads run on connections that cannot write.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from limner.storage.backend import READERS, T, Work
from limner.storage.batches import Result
from limner.storage.deferred import deferring
from limner.storage.prepared import driver_of

BUSY_TIMEOUT_MS: Final = 10_000
"""How long to wait for another process, such as the command line, to finish its own short write."""

_PRAGMAS: Final = (
    # Readers do not wait for the writer, nor it for them.
    "journal_mode = WAL",
    # See `_sync`: FULL for batches that a power cut must not forget.
    "synchronous = NORMAL",
    "foreign_keys = ON",
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
)
_SYNCED: Final[Mapping[bool, str]] = {True: "PRAGMA synchronous = FULL", False: "PRAGMA synchronous = NORMAL"}


class SqliteBackend:
    """An SQLite file; see `limner.storage.backend.Backend`."""

    shared = False

    def __init__(self, path: Path) -> None:
        self._writer = _engine(path, _PRAGMAS, begin="BEGIN IMMEDIATE", connections=1)
        self._readers = _engine(path, (*_PRAGMAS, "query_only = ON"), begin="BEGIN", connections=READERS)
        self._lasting = False
        self._failing = False

    def commit(self, writes: Sequence[Work[Any]], *, lasting: bool) -> list[Result[Any]]:
        """Run writes in one transaction, each undone by itself when it raises."""
        with self._writer.connect() as connection:
            self._sync(connection, lasting=lasting)
            # Where one write is refused others often are, such as those of a budget that is used up: the next batch
            # begins with savepoints then.
            results = None if self._failing else _run_together(writes, connection)
            if results is None:
                with connection.begin():
                    results = [_run_by_itself(write, connection) for write in writes]
                self._failing = any(result.error is not None for result in results)
            return results

    def read(self, function: Work[T]) -> T:
        """Run `function` in one snapshot of the database."""
        with self._readers.connect() as connection:
            return function(connection)

    def silent(self) -> bool:
        """A file is there or can be made, or is refused at once."""
        return False

    def alone(self, function: Work[T]) -> T:
        """Run `function` in a transaction of its own."""
        with self._writer.begin() as connection:
            return function(connection)

    def close(self) -> None:
        """Close the file."""
        self._readers.dispose()
        self._writer.dispose()

    def _sync(self, connection: Connection, *, lasting: bool) -> None:
        """Say whether the coming commit is to reach the disk before it returns, and with it all before it."""
        if lasting is not self._lasting:
            driver = driver_of(connection)
            driver.execute(_SYNCED[lasting])
            self._lasting = lasting


def _run_together(writes: Sequence[Work[Any]], connection: Connection) -> list[Result[Any]] | None:
    """Run a batch; None, and nothing has changed, when a write of it fails. Raises what the commit raises."""
    driver = driver_of(connection)
    results = list[Result[Any]]()
    with connection.begin() as transaction:
        try:
            with deferring(connection):
                for write in writes:
                    results.append(Result(value=write(connection)))
                    # A full disk ends the transaction by itself, and what a write then did would stand alone.
                    assert driver.in_transaction, "no write goes on after an error that ends its transaction"
        except BaseException:  # noqa: BLE001  it is raised again, by the write itself, to the caller that waits for it
            transaction.rollback()
            return None
    return results


def _run_by_itself(write: Callable[[Connection], Any], connection: Connection) -> Result[Any]:
    """Run one write of a batch, undoing what it did when it fails.

    The savepoint goes straight to the driver: through SQLAlchemy it would cost as much as the write's own statements.
    """
    driver = driver_of(connection)
    driver.execute("SAVEPOINT write")
    try:
        with deferring(connection):
            result: Result[Any] = Result(value=write(connection))
    except BaseException as error:  # noqa: BLE001  handed to the caller that waits for it
        driver.execute("ROLLBACK TO write")
        result = Result(error=error)
    driver.execute("RELEASE write")
    return result


def _engine(path: Path, pragmas: tuple[str, ...], *, begin: str, connections: int) -> Engine:
    """A pool on the file. begin: BEGIN IMMEDIATE for a writer.

    A transaction that reads first and writes later could otherwise fail half-way, when another process wrote between.
    """

    def set_up(connection: sqlite3.Connection, _: object) -> None:
        # The driver would otherwise begin transactions by its own rules, which leave reads and savepoints outside.
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        # Every transaction here ends with its block; a rollback at each return would do nothing.
        pool_reset_on_return=None,
        # A connection is used by one thread at a time, but not always the same one, and closed by another.
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", begin_transaction)
    return engine
