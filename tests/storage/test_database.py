"""Group commit, on every database: many writes, one commit, and each on its own when it fails."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from tests.storage.gate import Gate, together
from tests.storage.openers import Connector

from limner.storage.database import BATCH_MAX, Closed, Database
from limner.storage.deferred import deferred
from limner.storage.sqlite import SqliteBackend


@pytest.fixture
async def database(connector: Connector) -> AsyncIterator[Database]:
    """A database with one table of numbers."""
    async with Database(connector()) as opened:
        await opened.write(lambda connection: connection.execute(text("CREATE TABLE numbers (n INTEGER UNIQUE)")))
        yield opened


def add(connection: Connection, number: int) -> int:
    """Insert a number."""
    connection.execute(text("INSERT INTO numbers VALUES (:n)"), {"n": number})
    return number


def numbers(connection: Connection) -> list[int]:
    """All that were inserted."""
    return list(connection.scalars(text("SELECT n FROM numbers ORDER BY n")))


async def gathered(database: Database, functions: Sequence[Callable[[Connection], object]]) -> list[object]:
    """Run writes that all wait at the same time; their values or errors."""
    return await together(database, *(database.write(function) for function in functions))


def adding(number: int) -> Callable[[Connection], int]:
    """A write that inserts a number."""
    return lambda connection: add(connection, number)


class Total:
    """Numbers that are inserted as one."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def write(self, connection: Connection) -> None:
        """Insert their sum."""
        add(connection, sum(self.numbers))


def deferring(number: int) -> Callable[[Connection], int]:
    """A write that leaves its number to be inserted with those of others."""

    def write(connection: Connection) -> int:
        deferred(connection, Total).numbers.append(number)
        return number

    return write


async def test_a_write_is_seen_by_the_next_read(database: Database) -> None:
    """Whoever got a write's value finds it in the database."""
    assert await database.write(adding(7)) == 7
    assert await database.read(numbers) == [7]


async def test_a_failing_write_rolls_back_alone(database: Database) -> None:
    """In a batch with others, one that fails loses its own changes and raises; the others stand."""

    def half(connection: Connection) -> None:
        add(connection, 2)
        raise LookupError("half-way")

    results = await gathered(
        database,
        [adding(1), half, adding(1), adding(3)],
    )
    assert results[0] == 1
    assert isinstance(results[1], LookupError)
    assert isinstance(results[2], IntegrityError)
    assert results[3] == 3
    assert await database.read(numbers) == [1, 3]


async def test_a_write_may_go_on_after_a_statement_of_its_own_failed(database: Database) -> None:
    """What the database refused leaves what the write did before in place, and it may ask what is there."""

    def persistent(connection: Connection) -> list[int]:
        add(connection, 1)
        with pytest.raises(IntegrityError):
            add(connection, 1)
        with pytest.raises(IntegrityError):
            connection.execute(text("INSERT INTO numbers VALUES (:n)"), [{"n": 1}, {"n": 5}])
        connection.execute(text("INSERT INTO numbers VALUES (:n)"), [{"n": 3}, {"n": 4}])
        return numbers(connection)

    def careless(connection: Connection) -> None:
        with contextlib.suppress(IntegrityError):
            add(connection, 1)

    assert await gathered(database, [persistent, careless, adding(2)]) == [[1, 3, 4], None, 2]
    assert await database.read(numbers) == [1, 2, 3, 4]


async def test_after_a_refusal_writes_go_on(database: Database) -> None:
    """One refused write after another, and good ones among them, each have their own end."""
    for number in range(3):
        results = await gathered(database, [adding(number), adding(number)])
        assert results[0] == number
        assert isinstance(results[1], IntegrityError)
    assert await database.read(numbers) == [0, 1, 2]


async def test_what_writes_defer_is_written_once_for_all(database: Database) -> None:
    """Writes that wait together add to one row instead of writing a row each."""
    assert await gathered(database, [deferring(1), deferring(2), adding(7)]) == [1, 2, 7]
    assert await database.read(numbers) == [3, 7]
    await database.write(deferring(8))
    assert await database.read(numbers) == [3, 7, 8]


async def test_a_failing_write_takes_what_it_deferred_with_it(database: Database) -> None:
    """Its part is in no row, now or later, and that of the others is there once."""

    def half(connection: Connection) -> None:
        deferring(4)(connection)
        raise LookupError("half-way")

    results = await gathered(database, [deferring(1), half, deferring(2)])
    assert results[::2] == [1, 2]
    assert isinstance(results[1], LookupError)
    assert sum(await database.read(numbers)) == 3
    await database.write(deferring(8))
    assert sum(await database.read(numbers)) == 11


async def test_a_write_fails_when_what_it_deferred_cannot_be_written(database: Database) -> None:
    """Nobody is told of a success of which a part is missing; what fails with others' parts alone stands."""
    await database.write(adding(3))
    assert await gathered(database, [deferring(1), deferring(2)]) == [1, 2]
    with pytest.raises(IntegrityError):
        await database.write(deferring(3))
    assert await database.read(numbers) == [1, 2, 3]


async def test_waiting_writes_share_a_commit(database: Database, connector: Connector) -> None:
    """Writes that wait together are committed together, in the order they came."""
    seen: list[tuple[int, list[int]]] = []
    outside = connector()

    def watched(number: int) -> Callable[[Connection], None]:
        def write(connection: Connection) -> None:
            add(connection, number)
            seen.append((number, outside.read(numbers)))

        return write

    await gathered(database, [watched(number) for number in range(3)])
    outside.close()
    assert seen == [(0, []), (1, []), (2, [])]
    assert await database.read(numbers) == [0, 1, 2]


async def test_more_writes_than_a_batch_takes_are_all_done(database: Database) -> None:
    """The limit of a batch makes further batches, it drops nothing."""
    count = BATCH_MAX + 10
    assert await gathered(database, [adding(number) for number in range(count)]) == list(range(count))
    assert await database.read(numbers) == list(range(count))


async def test_a_commit_that_fails_fails_every_write_of_its_batch(database: Database) -> None:
    """When the transaction itself is lost nobody is told that a write succeeded, and the next batch works again."""

    def lose(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.rollback()

    results = await gathered(database, [adding(1), lose])
    assert all(isinstance(result, Exception) for result in results)
    assert await database.read(numbers) == []
    assert await database.write(adding(2)) == 2


async def test_a_cancelled_caller_does_not_undo_its_write(database: Database) -> None:
    """A write once asked for happens, whether or not anybody still waits for it."""
    gate = Gate(database)
    await gate.closed()
    write = asyncio.ensure_future(database.write(adding(1)))
    await asyncio.sleep(0)
    write.cancel()
    await gate.open()
    await database.write(adding(2))
    assert write.cancelled()
    assert await database.read(numbers) == [1, 2]


async def test_a_read_cannot_write(database: Database) -> None:
    """Reads run on connections that refuse to change anything."""
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        await database.read(adding(1))


async def test_writes_asked_for_before_closing_are_done(connector: Connector) -> None:
    """Closing waits for what is queued; afterwards nothing more is taken, and closing again changes nothing."""
    database = Database(connector())
    await database.write(lambda connection: connection.execute(text("CREATE TABLE numbers (n INTEGER)")))
    last = asyncio.ensure_future(database.write(adding(1)))
    await asyncio.sleep(0)
    await database.close()
    await database.close()
    assert await last == 1
    with pytest.raises(Closed):
        await database.write(numbers)
    with pytest.raises(Closed):
        await database.read(numbers)


async def test_another_process_may_write_in_between(database: Database, connector: Connector) -> None:
    """Two programs on one database take turns instead of failing."""
    async with Database(connector()) as other:
        await asyncio.gather(
            *(database.write(adding(number)) for number in range(0, 40, 2)),
            *(other.write(adding(number)) for number in range(1, 40, 2)),
        )
    assert await database.read(numbers) == list(range(40))


async def test_many_buyers_on_several_gateways_spend_a_budget_once(connector: Connector) -> None:
    """Of forty purchases at once, asked of three open databases, exactly as many succeed as the budget is good for."""
    gateways = [Database(connector()) for _ in range(3)]
    await gateways[0].write(lambda connection: connection.execute(text("CREATE TABLE budgets (left_nusd INTEGER)")))
    await gateways[0].write(lambda connection: connection.execute(text("INSERT INTO budgets VALUES (7)")))

    def buy(connection: Connection) -> None:
        left_nusd = connection.scalar(text("SELECT left_nusd FROM budgets"))
        if not left_nusd:
            raise LookupError("the budget is spent")
        connection.execute(text("UPDATE budgets SET left_nusd = :left"), {"left": left_nusd - 1})

    bought = await asyncio.gather(*(gateways[n % 3].write(buy) for n in range(40)), return_exceptions=True)
    assert sum(result is None for result in bought) == 7
    assert sum(isinstance(result, LookupError) for result in bought) == 33
    for gateway in gateways:
        await gateway.close()


async def test_a_file_that_cannot_be_opened_is_told_to_the_caller(tmp_path: Path) -> None:
    """A write to a database that cannot be opened raises instead of waiting for ever."""
    async with Database(SqliteBackend(tmp_path / "missing" / "numbers.db")) as database:
        with pytest.raises(OperationalError, match="unable to open"):
            await database.write(numbers)


def test_a_write_whose_loop_is_gone_is_done_all_the_same(connector: Connector) -> None:
    """An event loop that ended under a write takes nobody else with it."""
    entered, leave = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        entered.set()
        leave.wait()

    async def start() -> Database:
        database = Database(connector())
        await database.write(lambda connection: connection.execute(text("CREATE TABLE numbers (n INTEGER)")))
        waiting = asyncio.ensure_future(database.write(slow))
        await asyncio.to_thread(entered.wait)
        waiting.cancel()
        return database

    async def finish(database: Database) -> list[int]:
        await database.write(adding(1))
        found = await database.read(numbers)
        await database.close()
        return found

    database = asyncio.run(start())
    leave.set()
    assert asyncio.run(finish(database)) == [1]
