"""What only a server can do to us: vanish, come back, or take a commit without saying so."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import psycopg
import pytest
from sqlalchemy import Connection, text
from tests.postgres import PostgresServer, postgres_server
from tests.processes import free_port
from tests.storage.jobs import CHARGE_NUSD, Jobs

from limner.admin import create_key
from limner.clock import ManualClock
from limner.storage import (
    DEFAULT_ACCOUNT,
    PATIENCE_PAUSE_S,
    PATIENCE_S,
    DatabaseBehind,
    DatabaseTooNew,
    DatabaseUnusable,
    open_storage,
)
from limner.storage.backend import Backend
from limner.storage.database import Database
from limner.storage.postgres import PostgresBackend
from limner.storage.schema import require_up_to_date
from limner.trail import SERVER

WRITERS_LOCK: Final = int.from_bytes(b"limner", "big")
END_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
    "pg_backend_pid()"
)


@pytest.fixture
async def database(postgres_address: str) -> AsyncIterator[Database]:
    """A database with one table of numbers."""
    async with Database(PostgresBackend(postgres_address)) as opened:
        await opened.write(lambda connection: connection.execute(text("CREATE TABLE numbers (n INTEGER UNIQUE)")))
        yield opened


def adding(number: int) -> Callable[[Connection], int]:
    """A write that inserts a number."""

    def add(connection: Connection) -> int:
        connection.execute(text("INSERT INTO numbers VALUES (:n)"), {"n": number})
        return number

    return add


def numbers(connection: Connection) -> list[int]:
    """All that were inserted."""
    return list(connection.scalars(text("SELECT n FROM numbers ORDER BY n")))


def end_connections(address: str) -> None:
    """Have the server end every connection to a database but this one."""
    backend = PostgresBackend(address)
    backend.alone(lambda connection: connection.scalars(END_OTHERS).all())
    backend.close()


async def test_lost_connections_are_opened_again(database: Database, postgres_address: str) -> None:
    """After the server has ended every connection, the next writes and reads succeed as if nothing had been."""
    await asyncio.gather(*(database.read(numbers) for _ in range(8)))
    await asyncio.to_thread(end_connections, postgres_address)
    assert await database.write(adding(1)) == 1
    assert await asyncio.gather(*(database.read(numbers) for _ in range(8))) == [[1]] * 8


async def test_a_read_whose_connection_is_lost_at_its_end_is_run_again(
    database: Database, postgres_address: str
) -> None:
    """What it found may as well be thrown away: the end of its snapshot changes nothing, but cannot be told of."""
    await database.write(adding(1))
    runs: list[int] = []

    def cut_off(connection: Connection) -> list[int]:
        found = numbers(connection)
        runs.append(1)
        if len(runs) == 1:
            end_connections(postgres_address)
        return found

    assert await database.read(cut_off) == [1]
    assert len(runs) == 2


async def test_a_batch_cut_off_half_way_is_run_again(database: Database, postgres_address: str) -> None:
    """A connection lost between two statements of a batch has undone it; it is run once more, and happens once."""
    runs: list[int] = []

    def cut_off(connection: Connection) -> int:
        adding(1)(connection)
        runs.append(1)
        if len(runs) == 1:
            pid = connection.scalar(text("SELECT pg_backend_pid()"))
            server_side = PostgresBackend(postgres_address)
            server_side.read(
                lambda other: other.scalar(text("SELECT pg_terminate_backend(CAST(:pid AS integer))"), {"pid": pid})
            )
            server_side.close()
        return adding(2)(connection)

    assert await database.write(cut_off) == 2
    assert runs == [1, 1]
    assert await database.read(numbers) == [1, 2]


async def test_a_read_that_fails_by_itself_is_not_run_again(database: Database) -> None:
    """Only a lost connection is a reason to ask twice."""
    runs: list[int] = []

    def fail(_connection: Connection) -> None:
        runs.append(1)
        raise LookupError

    with pytest.raises(LookupError):
        await database.read(fail)
    assert len(runs) == 1


class Wire:
    """Stands between Limner and the server, and can cut a connection when it sees a commit pass.

    lose: "request" swallows the commit, "answer" lets it reach the server and swallows what that says of it.
    """

    def __init__(self, server_port: int) -> None:
        self.lose: str | None = None
        self.losses = 0
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                answers = threading.Event()
                threading.Thread(target=self._requests, args=(client, server, answers), daemon=True).start()
                threading.Thread(target=self._answers, args=(client, server, answers), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket, lose_answer: threading.Event) -> None:
        while data := _received(client):
            if b"COMMIT\0" in data and self.lose is not None:
                lost, self.lose = self.lose, None
                self.losses += 1
                if lost == "request":
                    break
                lose_answer.set()
            server.sendall(data)
        _end(client, server)

    def _answers(self, client: socket.socket, server: socket.socket, lose_answer: threading.Event) -> None:
        while (data := _received(server)) and not lose_answer.is_set():
            client.sendall(data)
        _end(client, server)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError:
        return b""


def _end(*connections: socket.socket) -> None:
    for connection in connections:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


@pytest.fixture
def wire(postgres: PostgresServer) -> Iterator[Wire]:
    """A wire to the server that can be cut."""
    made = Wire(postgres.port)
    yield made
    made.close()


@pytest.mark.parametrize("lose", ["request", "answer"])
async def test_a_commit_without_an_answer_happens_once(
    database: Database, postgres: PostgresServer, postgres_address: str, wire: Wire, lose: str
) -> None:
    """Whether the server got the commit or not, every write of the batch is done once and its caller told so."""
    async with Database(PostgresBackend(postgres_address.replace(f":{postgres.port}/", f":{wire.port}/"))) as cut:
        await cut.write(adding(0))
        wire.lose = lose
        assert await asyncio.gather(*(cut.write(adding(number)) for number in range(1, 20))) == list(range(1, 20))
        assert wire.losses == 1
    assert await database.read(numbers) == list(range(20))


async def test_writes_wait_for_a_server_that_is_restarted(postgres_of_our_own: PostgresServer) -> None:
    """Killed amid writes and started again, the server has each write once, and no caller saw an error."""
    address = postgres_of_our_own.create()
    async with Database(_set_up(address)) as database:
        await database.write(lambda connection: connection.execute(text("CREATE TABLE numbers (n INTEGER UNIQUE)")))

        async def some(start: int) -> None:
            for number in range(start, start + 100):
                await database.write(adding(number))

        writers = [asyncio.create_task(some(start)) for start in (0, 100, 200)]
        while not await database.read(numbers):
            pass
        await asyncio.to_thread(postgres_of_our_own.kill)
        await asyncio.to_thread(postgres_of_our_own.start)
        await asyncio.gather(*writers)
        assert await database.read(numbers) == list(range(300))


@pytest.fixture
def postgres_of_our_own() -> Iterator[PostgresServer]:
    """A server that may be killed."""
    with postgres_server() as server:
        yield server


def _set_up(address: str) -> Backend:
    backend = PostgresBackend(address)
    backend.alone(lambda connection: require_up_to_date(connection, 0.0))
    return backend


async def test_gateways_that_start_at_once_set_the_database_up_once(
    empty_postgres_address: str, tmp_path: Path, clock: ManualClock
) -> None:
    """Of several starting on an empty database one makes the tables, and the others find them."""

    async def start(name: str) -> tuple[str, ...]:
        async with open_storage(tmp_path / name, clock, database=empty_postgres_address) as storage:
            return await storage.ledger.account_ids()

    assert await asyncio.gather(*(start(name) for name in "abc")) == [("default",)] * 3


async def test_what_the_server_refuses_at_the_start_is_told(
    postgres: PostgresServer, empty_postgres_address: str, tmp_path: Path, clock: ManualClock
) -> None:
    """A user who may not make tables is told so in the server's words, as is one whose address makes no sense."""
    postgres.execute("CREATE USER visitor")
    addresses = {
        empty_postgres_address.replace("//limner@", "//visitor@"): "permission denied for schema public",
        empty_postgres_address + "?sslmod=require": "sslmod",
    }
    for address, words in addresses.items():
        with pytest.raises(DatabaseUnusable, match=f"cannot be used: .*{words}"):
            async with open_storage(tmp_path, clock, database=address):
                pass


async def test_a_server_that_is_too_old_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    """Before anything is made in it, with the version that is needed."""
    with postgres_server(16) as server:
        address = server.create()
        with pytest.raises(DatabaseUnusable, match="older than PostgreSQL 17"):
            async with open_storage(tmp_path, clock, database=address):
                pass


@pytest.mark.parametrize(
    ("version", "refusal", "advice"),
    [("0000", DatabaseBehind, "limner migrate up"), ("9999", DatabaseTooNew, "a newer one made it")],
)
async def test_a_gateway_of_another_version_does_not_start(
    postgres_address: str, tmp_path: Path, clock: ManualClock, version: str, refusal: type[Exception], advice: str
) -> None:
    """Neither on a database that is behind, which others may be serving from, nor on one that is ahead."""
    backend = PostgresBackend(postgres_address)
    backend.alone(
        lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    )
    backend.close()
    with pytest.raises(refusal, match=f"version {version}.*{advice}"):
        async with open_storage(tmp_path, clock, database=postgres_address):
            pass


async def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path, clock: ManualClock) -> None:
    """An operator learns that the database cannot be reached; a log of it gives nothing away."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(DatabaseUnusable, match=r"cannot be used.*onnection refused") as refused:
        async with open_storage(tmp_path, clock, database=f"postgresql://limner:hunter2@127.0.0.1:{port}/limner"):
            pass
    assert "hunter2" not in str(refused.value)


async def test_a_server_that_is_being_started_is_waited_for(
    postgres_of_our_own: PostgresServer, tmp_path: Path, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever starts at the same time as its database, in whatever order, gets it, and tells once that it waits."""
    address = postgres_of_our_own.create()
    await asyncio.to_thread(postgres_of_our_own.stop)

    async def start() -> tuple[str, ...]:
        async with open_storage(tmp_path, clock, database=address, patience_s=PATIENCE_S) as storage:
            return await storage.ledger.account_ids()

    starting = asyncio.create_task(start())
    for _ in range(3):
        await sleeping(clock)
        clock.advance(PATIENCE_PAUSE_S)
    await sleeping(clock)
    await asyncio.to_thread(postgres_of_our_own.start)
    clock.advance(PATIENCE_PAUSE_S)
    assert await starting == (DEFAULT_ACCOUNT,)
    assert capsys.readouterr().out.count("database.awaited") == 1


async def test_a_server_that_dies_amid_a_start_is_waited_for(
    postgres_of_our_own: PostgresServer, tmp_path: Path, clock: ManualClock
) -> None:
    """A gateway that had its connection already begins again with the next."""
    address = postgres_of_our_own.create()

    async def start() -> tuple[str, ...]:
        async with open_storage(tmp_path, clock, database=address, patience_s=PATIENCE_S) as storage:
            return await storage.ledger.account_ids()

    with closing(psycopg.connect(address, autocommit=True)) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [WRITERS_LOCK])
        starting = asyncio.create_task(start())
        async with asyncio.timeout(10):
            while not other.execute("SELECT FROM pg_locks WHERE NOT granted").fetchall():
                await asyncio.sleep(0.01)
        await asyncio.to_thread(postgres_of_our_own.kill)
    await sleeping(clock)
    await asyncio.to_thread(postgres_of_our_own.start)
    clock.advance(PATIENCE_PAUSE_S)
    assert await starting == (DEFAULT_ACCOUNT,)


async def test_a_server_that_does_not_come_is_waited_for_so_long(tmp_path: Path, clock: ManualClock) -> None:
    """After that the start ends with the sentence that it would have begun with."""
    address = f"postgresql://limner@127.0.0.1:{free_port()}/limner"

    async def start() -> None:
        async with open_storage(tmp_path, clock, database=address, patience_s=PATIENCE_S):
            pass

    starting = asyncio.create_task(start())
    await sleeping(clock)
    clock.advance(PATIENCE_S)
    with pytest.raises(DatabaseUnusable, match="cannot be used"):
        await starting


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("/limner_", "/missing_"), "does not exist"),
        (("//limner@", "//nobody@"), "does not exist"),
        (("//limner@", "//idle:wrong@"), "not permitted to log in"),
    ],
)
async def test_a_server_that_refuses_us_is_not_waited_for(
    postgres_of_our_own: PostgresServer, tmp_path: Path, clock: ManualClock, change: tuple[str, str], words: str
) -> None:
    """A missing database, an unknown user or one who may not log in will be the same in a minute."""
    postgres_of_our_own.execute("CREATE ROLE idle")
    address = postgres_of_our_own.create().replace(*change)
    with pytest.raises(DatabaseUnusable, match=words):
        async with open_storage(tmp_path, clock, database=address, patience_s=PATIENCE_S):
            pass
    assert clock.sleepers == 0


async def sleeping(clock: ManualClock) -> None:
    """Return once somebody waits for the clock."""
    async with asyncio.timeout(10):
        while clock.sleepers == 0:
            await asyncio.sleep(0)


async def test_open_jobs_of_other_gateways_are_left_alone(
    postgres_address: str, tmp_path: Path, clock: ManualClock
) -> None:
    """A gateway that starts on a shared database releases nobody's holds: their gateways may be drawing."""
    async with open_storage(tmp_path / "a", clock, database=postgres_address) as drawing:
        jobs = Jobs((await create_key(drawing.keys, "tests", by=SERVER, clock=clock)).key, clock)
        await drawing.ledger.admit(jobs.admission("req_a"))
        async with open_storage(tmp_path / "b", clock, database=postgres_address) as starting:
            assert await starting.recovery.begin(alone=not starting.shared) == 0
        await drawing.ledger.settle(jobs.record("req_a"))
        assert await drawing.ledger.balance_nusd(DEFAULT_ACCOUNT) == -CHARGE_NUSD


def test_without_its_driver_the_extra_is_named(tmp_path: Path) -> None:
    """Where the extra is not installed, the message says how to install it."""
    program = f"""
import sys
sys.modules["psycopg"] = None
from pathlib import Path
from limner.storage import open_backend
open_backend(Path({str(tmp_path)!r}), "postgresql://127.0.0.1/limner")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "pip install 'limner[postgres]'" in done.stderr.splitlines()[-1]
