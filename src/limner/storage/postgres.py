"""PostgreSQL: one database for any number of gateways, whose writers go one after another as they do on SQLite.

Every batch first takes one lock for all of Limner's writers, so that each sees what the one before it did, and nothing
deadlocks. It runs without savepoints, which would cost a round trip each; when a write in it fails, the batch is undone
and run again with them, so that the failing one fails alone.

A connection that is lost is opened again. Lost before the commit was sent, nothing has happened and the batch is run
again. Lost during the commit, the server is asked: each batch leaves a token of its own in the table `commits`, which
is there if the batch is. So no write is ever done twice, and none that was done is reported as lost.

Statements of `Prepared` whose rows nobody asks for are sent ahead of their answers; what they did wrong comes to light
later, which the second run puts right.

Every commit is on the server's disk before it returns. A weaker one would forget admissions when the server dies, whose
jobs live on in their gateways.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Self

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping, PipelineStatus, TransactionStatus
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from limner.errors import DatabaseAway, database_away
from limner.storage.backend import READERS, DatabaseUnreached, DatabaseUnusable, OutcomeUnknown, T, Work
from limner.storage.batches import Result
from limner.storage.deferred import deferring
from limner.storage.prepared import driver_of

ATTEMPTS: Final = 3
"""How often a batch is run whose connection is lost each time: the first may find one that was lost long ago."""
REACH_S: Final = 10.0
"""How long a server may be away until we stop waiting for it: a restart takes a few seconds."""
REACH_PAUSE_S: Final = 0.1
LOCK_S: Final = 60
"""How long a batch waits for those of other gateways."""
BATCH_S: Final = 15
"""How long a batch may hold the lock, until the server ends it: its gateway may have been frozen, or cut off."""
VERSION_MIN: Final = 17
"""The first that can end a transaction after a time; waiting for the next statement of a pipeline it counts as busy."""

_LOCK: Final = 0x6C696D6E6572
"""The number of the one lock of all writers: "limner"."""
_BEGIN: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_TAKE_LOCK: Final = f"SELECT pg_advisory_xact_lock({_LOCK})"
_SETTINGS: Final = (
    f"SET lock_timeout = '{LOCK_S}s'; "
    # A plan made while a table was small is kept: to read all of it, for each foreign key as well as for each job.
    "SET enable_seqscan = off"
)
"""What a writer's session begins with."""
_UNHURRIED: Final = "SET LOCAL lock_timeout = 0"
_HURRIED: Final = f"SET LOCAL transaction_timeout = '{BATCH_S}s'"
_FIND: Final = "SELECT token FROM commits WHERE writer = %s"
_FORGET: Final = "DELETE FROM commits WHERE writer = %s OR committed_at_s < extract(epoch FROM now()) - 86400"
_CONNECTION: Final[Mapping[str, Any]] = {
    "application_name": "limner",
    "connect_timeout": 5,
    # A server that vanished with its machine is noticed within half a minute, where the system's default is hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""What libpq is asked for unless the address says otherwise."""


class _WriteFailed(Exception):
    """One of a batch's writes raised."""


class _Lost(Exception):
    """The connection was lost while it was used; its cause is what raised."""


class PostgresBackend:
    """A PostgreSQL database; see `limner.storage.backend.Backend`. address: as `server.database` has it."""

    shared = True

    def __init__(self, address: str) -> None:
        url = make_url(address).set(drivername="postgresql+psycopg")
        self._writer = _engine(url, _set_up_writer, connections=1)
        self._readers = _engine(url, _set_up_reader, connections=READERS)
        self._name = secrets.token_hex(16)
        self._failing = False
        self._away_since_s: float | None = None
        self._marked = False

    def commit(self, writes: Sequence[Work[Any]], *, lasting: bool) -> list[Result[Any]]:  # noqa: ARG002  all of them last
        """Run writes in one transaction, each undone by itself when it raises."""
        # Where one write is refused others often are, such as those of a budget that is used up: the next batch begins
        # with savepoints then.
        if not self._failing:
            try:
                return self._transact(lambda connection: _run_together(writes, connection))
            except _WriteFailed:
                pass
        results = self._transact(lambda connection: _run_apart(writes, connection))
        self._failing = any(result.error is not None for result in results)
        return results

    def read(self, function: Work[T]) -> T:
        """Run `function` in one snapshot of the database, again when its connection was lost."""
        cause: BaseException | None = None
        # Whatever took one connection has most likely taken all that were open.
        for _ in range(READERS + 1):
            try:
                with self._connected(self._readers) as connection:
                    value = function(connection)
                    # Not left to the block's end, where a connection that is lost at last would fail the read.
                    connection.rollback()
                    return value
            except _Lost as lost:
                cause = lost
        raise database_away() from cause

    def silent(self) -> bool:
        """Whether the server is down or starting, whoever would connect; one that would refuse us is not silent."""
        _, address = self._writer.dialect.create_connect_args(self._writer.url)
        del address["context"]  # SQLAlchemy's own, for the driver.
        try:
            asked = make_conninfo(**{**_CONNECTION, **address}).encode()
        except psycopg.ProgrammingError:
            return False  # There is no such option: connecting says so.
        return PGconn.ping(asked) in {Ping.REJECT, Ping.NO_RESPONSE}

    def alone(self, function: Work[T]) -> T:
        """Run `function` in a transaction of its own, with the lock of all writers."""
        try:
            with self._writer.connect() as connection, connection.begin():
                if _driver(connection).info.server_version < VERSION_MIN * 10_000:
                    raise DatabaseUnusable(
                        f"The database is older than PostgreSQL {VERSION_MIN}, the first that will do."
                    )
                _driver(connection).execute(f"{_BEGIN}; {_UNHURRIED}; {_TAKE_LOCK}".encode())
                return function(connection)
        except DBAPIError as error:
            # What the driver says, without the lines on how it was asked. It never tells a password.
            said = str(error.orig).strip().partition("\n")[0]
            # A connection that is refused is told in words alone, which are the server's and in its language.
            kind = DatabaseUnreached if isinstance(error, OperationalError) else DatabaseUnusable
            raise kind(f"The database cannot be used: {said}") from error

    def close(self) -> None:
        """Close all connections, and take our token away, with those that dead gateways have left."""
        if self._marked:
            with contextlib.suppress(SQLAlchemyError), self._writer.connect() as connection:
                try:
                    _driver(connection).execute(_FORGET, [self._name])
                except psycopg.Error as error:
                    connection.invalidate(error)
        self._readers.dispose()
        self._writer.dispose()

    def _transact(self, function: Work[T]) -> T:
        """Run `function` in a transaction that holds the lock, whatever becomes of connections meanwhile.

        Raises what it raises, its changes undone.
        """
        cause: BaseException | None = None
        for _ in range(ATTEMPTS):
            token = secrets.token_hex(16)
            committing = False
            try:
                with self._connected(self._writer) as connection:
                    connection.begin()
                    _driver(connection).execute(f"{_BEGIN}; {_TAKE_LOCK}; {_HURRIED}; {self._mark(token)}".encode())
                    self._marked = True
                    value = function(connection)
                    committing = True
                    connection.commit()
                    return value
            except _Lost as lost:
                cause = lost
            if committing and self._was_committed(token):
                return value
        raise database_away() from cause

    def _mark(self, token: str) -> str:
        """What leaves a batch's token. Without parameters, so that it is sent together with what goes before it."""
        return (
            "INSERT INTO commits (writer, token, committed_at_s) "  # noqa: S608  hexadecimal digits of our own
            f"VALUES ('{self._name}', '{token}', extract(epoch FROM now())) "
            "ON CONFLICT (writer) DO UPDATE SET token = excluded.token, committed_at_s = excluded.committed_at_s"
        )

    def _was_committed(self, token: str) -> bool:
        """Whether the batch with this token is in the database. Raises OutcomeUnknown when that cannot be learned."""
        cause: BaseException | None = None
        for _ in range(ATTEMPTS):
            try:
                with self._connected(self._writer) as connection, connection.begin():
                    # The lost transaction has the lock until it has ended, one way or the other.
                    _driver(connection).execute(f"{_BEGIN}; {_TAKE_LOCK}".encode())
                    found = _driver(connection).execute(_FIND, [self._name]).fetchone()
                    return found is not None and found[0] == token
            except (_Lost, SQLAlchemyError, psycopg.Error, DatabaseAway) as error:
                cause = error
        raise OutcomeUnknown("the database was lost during a commit") from cause

    @contextlib.contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        """A connection, as `_reach` gets it, for one attempt. Raises _Lost for whatever its loss has made of that."""
        with self._reach(engine) as connection:
            try:
                yield connection
            except BaseException as error:
                if not _lost(connection):
                    raise
                connection.invalidate(error)
                raise _Lost from error

    def _reach(self, engine: Engine) -> Connection:
        """A connection, waiting for a server that is being restarted.

        Raises DatabaseAway when it has been away for REACH_S, from then on at once.
        """
        while True:
            try:
                connection = engine.connect()
            except OperationalError as error:
                now_s = time.monotonic()
                self._away_since_s = self._away_since_s or now_s
                if now_s - self._away_since_s >= REACH_S:
                    raise database_away() from error
                time.sleep(REACH_PAUSE_S)
            else:
                self._away_since_s = None
                return connection


class _Prompt(psycopg.Cursor[Any]):
    """Has the server's answer when it returns, within a pipeline too. Only prepared statements are sent ahead of it."""

    def execute(self, *arguments: Any, prepare: bool | None = None, **options: Any) -> Self:
        if prepare:
            return super().execute(*arguments, prepare=True, **options)
        with self.connection.pipeline():
            return super().execute(*arguments, **options)

    def executemany(self, *arguments: Any, **options: Any) -> None:
        with self.connection.pipeline():
            super().executemany(*arguments, **options)


class _Careful(psycopg.Cursor[Any]):
    """Runs a statement so that its failure leaves the transaction as it was before, which SQLite does by itself."""

    def execute(self, *arguments: Any, **options: Any) -> Self:
        with self._undone():
            return super().execute(*arguments, **options)

    def executemany(self, *arguments: Any, **options: Any) -> None:
        with self._undone():
            super().executemany(*arguments, **options)

    @contextlib.contextmanager
    def _undone(self) -> Iterator[None]:
        plain = psycopg.Cursor(self.connection)
        plain.execute("SAVEPOINT statement")
        try:
            yield
        except psycopg.Error:
            plain.execute("ROLLBACK TO statement")
            raise


def _run_together(writes: Sequence[Work[Any]], connection: Connection) -> list[Result[Any]]:
    """Run a batch, giving it up as a whole when a write of it fails. Raises _WriteFailed."""
    driver = _driver(connection)
    driver.cursor_factory = _Prompt
    # Text that cannot be stored fails the batch, which is then run apart: to look into each would cost them all.
    driver.adapters.register_dumper(str, StrDumperUnknown)
    try:
        with driver.pipeline(), deferring(connection):
            results = [Result(value=write(connection)) for write in writes]
    except BaseException as error:
        if driver.pgconn.pipeline_status != PipelineStatus.OFF:
            # The server has gone amid a pipeline, out of which the driver then finds no way: nothing more can be asked.
            driver.close()
        raise _WriteFailed from error
    finally:
        driver.cursor_factory = psycopg.Cursor
        driver.adapters.register_dumper(str, _WithoutNul)
    if driver.info.transaction_status != TransactionStatus.INTRANS:
        # A write took its error for nothing, where the server now refuses to commit anything, and would not say so.
        raise _WriteFailed
    return results


def _run_apart(writes: Sequence[Work[Any]], connection: Connection) -> list[Result[Any]]:
    """Run a batch, each write undone by itself when it fails."""
    driver = _driver(connection)
    driver.cursor_factory = _Careful
    try:
        return [_run_by_itself(write, connection) for write in writes]
    finally:
        driver.cursor_factory = psycopg.Cursor


def _run_by_itself(write: Work[Any], connection: Connection) -> Result[Any]:
    plain = psycopg.Cursor(_driver(connection))
    plain.execute("SAVEPOINT write")
    try:
        with deferring(connection):
            result: Result[Any] = Result(value=write(connection))
    except BaseException as error:  # noqa: BLE001  handed to the caller that waits for it
        plain.execute("ROLLBACK TO write")
        result = Result(error=error)
    plain.execute("RELEASE write")
    return result


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    driver = driver_of(connection)
    assert isinstance(driver, psycopg.Connection)
    return driver


def _lost(connection: Connection) -> bool:
    return connection.invalidated or _driver(connection).closed


def _set_up_writer(driver: psycopg.Connection[Any], _: object) -> None:
    # Our own BEGIN goes together with what follows it.
    driver.autocommit = True
    driver.execute(_SETTINGS)
    _adapt(driver)


def _set_up_reader(driver: psycopg.Connection[Any], _: object) -> None:
    driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    driver.read_only = True
    _adapt(driver)


class _WithoutNul(StrDumperUnknown):
    """Leaves out the one character that PostgreSQL cannot store: callers who send it are not to get an error for it."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "") if "\0" in obj else obj)


def _adapt(driver: psycopg.Connection[Any]) -> None:
    driver.adapters.register_dumper(str, _WithoutNul)
    # Otherwise small and large numbers have types of their own, and a statement is prepared for each mixture of them.
    driver.adapters.register_dumper(int, Int8Dumper)


def _engine(url: URL, set_up: Callable[[psycopg.Connection[Any], object], None], *, connections: int) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        use_native_hstore=False,
        connect_args={name: value for name, value in _CONNECTION.items() if name not in url.query},
    )
    event.listen(engine, "connect", set_up)
    return engine
