"""One database: a thread that writes, a few that read, and nothing on the event loop but waiting.

SQLite has one writer at a time whatever we do, so we give it one thread, and that thread commits all waiting writes
together (group commit): a batch is one BEGIN IMMEDIATE, each write in a savepoint of its own so that a failing one
rolls back alone, one COMMIT. Only then do the callers hear of it: whoever got an answer has it on disk.

Knows connections and threads; knows no table. Reads run on connections that cannot write.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

T = TypeVar("T")

READERS: Final = 4
"""Reads at a time. They are short and come from memory; more threads would only wait for the interpreter."""
BATCH_MAX: Final = 256
"""Writes a commit takes at most: some 50 ms of work, so that no caller waits much longer for its commit."""
GATHER_S: Final = 0.001
"""How long the writer waits for more after a commit of several writes: a commit costs as much as ten writes, and where
several came, others follow. A lone job never waits."""
BUSY_TIMEOUT_MS: Final = 10_000
"""How long to wait for another process, such as the command line, to finish its own short write."""

_PRAGMAS: Final = (
    # Readers do not wait for the writer, nor it for them.
    "journal_mode = WAL",
    # See `Database.write`: FULL for batches that a power cut must not forget.
    "synchronous = NORMAL",
    "foreign_keys = ON",
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
)


_SYNCED: Final[Mapping[bool, str]] = {True: "PRAGMA synchronous = FULL", False: "PRAGMA synchronous = NORMAL"}


class Closed(RuntimeError):
    """The database was closed before this write or read was asked for."""


@dataclass(frozen=True, slots=True)
class _Write:
    function: Callable[[Connection], Any]
    lasting: bool
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


@dataclass(frozen=True, slots=True)
class _Result:
    """What a write returned, or the error that rolled it back."""

    value: Any = None
    error: BaseException | None = None


class Database:
    """An open SQLite file. Use as an async context manager, or call `close`."""

    def __init__(self, path: Path) -> None:
        self._writer = _engine(path, _PRAGMAS, begin="BEGIN IMMEDIATE", connections=1)
        self._readers = _engine(path, (*_PRAGMAS, "query_only = ON"), begin="BEGIN", connections=READERS)
        self._reading = ThreadPoolExecutor(READERS, thread_name_prefix="limner-read")
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._closed = False
        self._lasting = False
        self._busy = False
        self._writing = threading.Thread(target=self._write_batches, name="limner-write", daemon=True)
        self._writing.start()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def write(self, function: Callable[[Connection], T], *, lasting: bool = True) -> T:
        """Run `function` on the writer's thread in a transaction and return its value once that is on the disk.

        Whatever it raises rolls back its own changes alone and is raised here. A caller cancelled while it waits does
        not undo the write. lasting: False for what a power cut may forget, with all that would have built on it; the
        death of the process forgets nothing that has returned. Raises Closed after `close`.
        """
        if self._closed:
            raise Closed("the database is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.put(_Write(function, lasting, future, loop))
        return await future

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run `function` on a reader's thread, in one snapshot of the database. Raises Closed after `close`."""
        if self._closed:
            raise Closed("the database is closed")
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._read, function)

    async def close(self) -> None:
        """Finish the writes and reads asked for and close the file. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._waiting.put(None)
        await asyncio.to_thread(self._finish)

    def _read(self, function: Callable[[Connection], T]) -> T:
        with self._readers.connect() as connection:
            return function(connection)

    def _finish(self) -> None:
        self._writing.join()
        self._reading.shutdown()
        self._readers.dispose()
        self._writer.dispose()

    def _write_batches(self) -> None:
        """The writer's thread: sleep until there is a write, then take all there are."""
        going_on = True
        while going_on:
            batch, going_on = self._take()
            self._busy = len(batch) > 1
            results = self._commit(batch)
            for write, result in zip(batch, results, strict=True):
                # The loop of a caller that has already gone away may be closed; its write is done all the same.
                with contextlib.suppress(RuntimeError):
                    write.loop.call_soon_threadsafe(_resolve, write.future, result)

    def _take(self) -> tuple[list[_Write], bool]:
        """The writes waiting, at least one, and whether more may come."""
        batch: list[_Write] = []
        try:
            write = self._waiting.get()
            if self._busy:
                time.sleep(GATHER_S)
            while write is not None:
                batch.append(write)
                if len(batch) == BATCH_MAX:
                    return batch, True
                write = self._waiting.get_nowait()
        except queue.Empty:
            return batch, True
        return batch, False

    def _commit(self, batch: list[_Write]) -> list[_Result]:
        """Run a batch in one transaction. When that itself fails, as with a full disk, every write of it has failed."""
        if not batch:
            return []
        try:
            with self._writer.connect() as connection:
                self._sync(connection, lasting=any(write.lasting for write in batch))
                with connection.begin():
                    return [_run_alone(write.function, connection) for write in batch]
        except BaseException as error:  # noqa: BLE001  handed to the callers, each of whom waits for its outcome
            return [_Result(error=error)] * len(batch)

    def _sync(self, connection: Connection, *, lasting: bool) -> None:
        """Say whether the coming commit is to reach the disk before it returns, and with it all before it."""
        if lasting is not self._lasting:
            driver: Any = connection.connection.driver_connection
            driver.execute(_SYNCED[lasting])
            self._lasting = lasting


def _run_alone(function: Callable[[Connection], Any], connection: Connection) -> _Result:
    """Run one write of a batch, undoing what it did when it fails.

    The savepoint goes straight to the driver: through SQLAlchemy it would cost as much as the write's own statements.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("SAVEPOINT write")
    try:
        result = _Result(value=function(connection))
    except BaseException as error:  # noqa: BLE001  handed to the caller that waits for it
        driver.execute("ROLLBACK TO write")
        result = _Result(error=error)
    driver.execute("RELEASE write")
    return result


def _resolve(future: asyncio.Future[Any], result: _Result) -> None:
    if future.done():  # its caller was cancelled
        return
    if result.error is not None:
        future.set_exception(result.error)
    else:
        future.set_result(result.value)


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
