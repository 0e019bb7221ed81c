"""How databases find rows: what runs for every job must not get slower as the ledger grows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, TypeAlias

import psycopg
import pytest
from sqlalchemy import Connection, event
from tests.storage.jobs import Jobs

from limner.claims import Repeat
from limner.clock import ManualClock
from limner.keys import secret_hash
from limner.record import Outcome
from limner.statement import EntryQuery
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.storage.postgres import PostgresBackend
from limner.storage.sqlite import SqliteBackend
from limner.tasks import INTERRUPTED, Ticket
from limner.usage import DAY_S, Dimension, RowPlace, UsageFilter, UsageQuery

FEW: Final = (
    "ix_jobs_unfinished",
    "ix_jobs_retained",
    "ix_tasks_deliver_at_s",
    "ix_tasks_request_kept",
    "gateways",
    "refusals",
)
"""What is under way, to be told, or kept for a while, and may be read whole."""
LOOKED_AT: Final = ("SELECT", "UPDATE", "DELETE", "INSERT", "WITH")

Ran: TypeAlias = dict[str, Any]
"""Statements as the driver got them, with the values of each."""


async def test_no_statement_of_a_job_reads_a_whole_table(storage: Storage, jobs: Jobs, clock: ManualClock) -> None:
    """Each statement of a job's path, and of what runs from time to time, finds its rows by an index."""
    with listening(storage) as ran:
        await storage.keys.find(secret_hash("any"))
        await storage.ledger.admit(jobs.admission("req_a"))
        await storage.ledger.settle(jobs.record("req_a"))
        for repeat in (Repeat(retries=1), Repeat(retries=0, idempotency_key="once")):
            claim = jobs.claim(repeat)
            await storage.ledger.claim(claim)
            await storage.ledger.admit(jobs.admission(f"req_{repeat.retries}", claim=claim))
            await storage.ledger.note_refusals([claim], admitted=False)
        await storage.jobs.find(DEFAULT_ACCOUNT, "req_a")
        await storage.recovery.begin(alone=True)
        await storage.expire(0, 0)
    assert {f"UPDATE {table}" for table in ("accounts", "meters", "jobs")} <= changed_by(ran)
    await assert_found_by_index(storage, ran)


async def test_no_statement_of_a_task_reads_a_whole_table(storage: Storage, jobs: Jobs) -> None:
    """Neither those of its way nor those that look every second whether there is something to do."""
    account, tasks = DEFAULT_ACCOUNT, storage.tasks
    ticket = Ticket(task_id="req_a", by_address=False, webhook="https://receiver.example")
    await storage.recovery.begin(alone=True)
    with listening(storage) as ran:
        await storage.ledger.admit(replace(jobs.admission("req_a"), ticket=ticket))
        await tasks.confirm("req_a")
        await storage.ledger.settle(jobs.record("req_a", Outcome.INTERRUPTED))
        assert len(await tasks.restartable(5)) == 1
        await storage.ledger.admit(replace(jobs.admission("req_b"), ticket=replace(ticket, replaces="req_a")))
        await tasks.begin("req_a", "req_b")
        await tasks.cancel(account, "req_a")
        await tasks.note("req_a", "req_b", INTERRUPTED)
        await storage.ledger.settle(jobs.record("req_b"))
        await tasks.find(account, "req_a")
        await tasks.of_job("req_b")
        await tasks.cancelled(frozenset(["req_a"]))
        assert await tasks.with_needless_requests(5) == ("req_a",)
        await tasks.request_gone("req_a")
        assert len(await tasks.claim_deliveries(5, 60)) == 1
        await tasks.deliver_again("req_a", 60)
        await tasks.delivered("req_a")
    assert {f"UPDATE {table}" for table in ("accounts", "jobs", "tasks")} <= changed_by(ran)
    await assert_found_by_index(storage, ran)


@pytest.mark.parametrize("address", [None])
async def test_no_question_about_usage_reads_a_whole_table(storage: Storage) -> None:
    """Sums by the key of their time, single jobs and entries by an index: a page costs what it shows."""
    by_model, week = (Dimension.DAY, Dimension.MODEL), UsageFilter(since_s=0.5, until_s=7 * DAY_S + 0.5)
    account = replace(week, account_ids=(DEFAULT_ACCOUNT,))
    with listening(storage) as ran:
        await storage.usage.sums(UsageQuery(by=by_model, where=week))
        await storage.usage.sums(UsageQuery(by=by_model, where=UsageFilter(users=("ann",))))
        await storage.usage.rows(account, limit=5, after=RowPlace(1.5, "req_a"))
        await storage.statement.standing(DEFAULT_ACCOUNT)
        await storage.statement.entries(EntryQuery(account_id=DEFAULT_ACCOUNT), limit=5, before_id=9)
        await storage.statement.jobs(account, limit=5, after=RowPlace(1.5, "req_a"))
    steps = await plan(storage, ran)
    assert len(ran) >= 10
    assert not [step for step in steps if step.startswith("SCAN") and "ix_jobs_unfinished" not in step]
    sums = [step for step in steps if "usage_sums" in step]
    assert sums
    assert all("width_s=? AND detailed=? AND starts_at_s>? AND starts_at_s<?" in step for step in sums)


def changed_by(ran: Ran) -> set[str]:
    """The first words of what changes rows: that which is prepared is among them."""
    return {" ".join(statement.split()[:2]) for statement in ran if statement.startswith("UPDATE")}


async def assert_found_by_index(storage: Storage, ran: Ran) -> None:
    """No statement reads a whole table but those with few rows."""
    steps = await plan(storage, ran)
    assert len(steps) >= 8
    scans = {step: statement for step, statement in steps.items() if step.startswith("SCAN")}
    assert {step: scans[step] for step in scans if not any(index in step for index in FEW)} == {}


@contextmanager
def listening(storage: Storage) -> Iterator[Ran]:
    """What runs meanwhile, noted at the driver: statements that were prepared do not pass through SQLAlchemy."""
    ran: Ran = {}

    def connect(_dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        if isinstance(backend, SqliteBackend):
            return sqlite3.connect(*arguments, factory=_noting_sqlite(ran), **options)
        return _noting_postgres(ran).connect(*arguments, **options)

    backend = storage.database._backend
    assert isinstance(backend, SqliteBackend | PostgresBackend)
    engines = (backend._writer, backend._readers)
    for engine in engines:
        event.listen(engine, "do_connect", connect)
        engine.dispose()
    yield ran
    for engine in engines:
        event.remove(engine, "do_connect", connect)
        engine.dispose()


def _noting_sqlite(ran: Ran) -> type[sqlite3.Connection]:
    class Cursor(sqlite3.Cursor):
        def execute(self, statement: str, values: Any = (), /) -> Any:
            ran[statement] = values
            return super().execute(statement, values)

    class Noting(sqlite3.Connection):
        def cursor(self, _factory: Any = None, /) -> Any:
            return super().cursor(Cursor)

        def execute(self, statement: str, values: Any = (), /) -> sqlite3.Cursor:
            return self.cursor().execute(statement, values)  # type: ignore[no-any-return]  # as above

    return Noting


def _noting_postgres(ran: Ran) -> type[psycopg.Connection[Any]]:
    def noting(factory: type[psycopg.Cursor[Any]]) -> type[psycopg.Cursor[Any]]:
        def execute(self: Any, query: Any, values: Any = None, **options: Any) -> Any:
            ran[query if isinstance(query, str) else query.decode()] = values
            return factory.execute(self, query, values, **options)

        return type("Noting", (factory,), {"execute": execute})

    class Noting(psycopg.Connection[Any]):
        def cursor(self, *arguments: Any, **options: Any) -> Any:
            # The backend changes it from batch to batch.
            factory = self.cursor_factory
            self.cursor_factory = noting(factory)
            try:
                return super().cursor(*arguments, **options)
            finally:
                self.cursor_factory = factory

    return Noting


async def plan(storage: Storage, ran: Ran) -> dict[str, str]:
    """The steps by which the statements would find their rows, each with a statement that has it."""
    steps = _postgres_steps if storage.shared else _sqlite_steps
    looked_at = {statement: values for statement, values in ran.items() if statement.strip().startswith(LOOKED_AT)}
    return await storage.database.write(
        lambda connection: {
            step: statement for statement, values in looked_at.items() for step in steps(connection, statement, values)
        }
    )


def _sqlite_steps(connection: Connection, statement: str, values: Any) -> list[str]:
    driver: Any = connection.connection.driver_connection
    return [step[3] for step in driver.execute(f"EXPLAIN QUERY PLAN {statement}", values)]


def _postgres_steps(connection: Connection, statement: str, values: Any) -> list[str]:
    """In SQLite's words. The session that writes uses indexes wherever it can."""
    driver: Any = connection.connection.driver_connection
    [(found,)] = driver.execute(f"EXPLAIN (FORMAT JSON) {statement}", values).fetchall()
    return [_step(node) for node in _nodes(found[0]["Plan"]) if "Relation Name" in node or "Index Name" in node]


def _step(node: Mapping[str, Any]) -> str:
    bounded = node["Node Type"].startswith("Bitmap Heap") or "Index Cond" in node or node["Node Type"] == "ModifyTable"
    verb = "SEARCH" if bounded else "SCAN"
    return f"{verb} {node.get('Relation Name')} USING INDEX {node.get('Index Name')}"


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)
