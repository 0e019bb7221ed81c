"""How SQLite finds rows: what runs for every job must not get slower as the ledger grows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event
from tests.storage.jobs import Jobs

from limner.claims import Repeat
from limner.clock import ManualClock
from limner.keys import secret_hash
from limner.record import Outcome
from limner.statement import EntryQuery
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.storage.sqlite import SqliteBackend
from limner.tasks import INTERRUPTED, Ticket
from limner.usage import DAY_S, Dimension, RowPlace, UsageFilter, UsageQuery


@pytest.fixture
def address() -> None:
    """SQLite alone."""


FEW = ("ix_jobs_unfinished", "ix_jobs_retained", "ix_tasks_deliver_at_s", "ix_tasks_request_kept", "gateways")
"""What is under way, kept or to be told, and may be read whole."""


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
    steps = await plan(storage, ran)
    assert len(steps) >= 8
    scans = [step for step in steps if step.startswith("SCAN")]
    assert not [step for step in scans if not any(index in step for index in FEW)]


async def test_no_statement_of_a_task_reads_a_whole_table(storage: Storage, jobs: Jobs) -> None:
    """Neither those of its way nor those that look every second whether there is something to do."""
    account, tasks = DEFAULT_ACCOUNT, storage.tasks
    ticket = Ticket(task_id="req_a", by_address=False, webhook="https://receiver.example")
    await storage.recovery.begin(alone=True)
    with listening(storage) as ran:
        await storage.ledger.admit(replace(jobs.admission("req_a"), ticket=ticket))
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
    steps = await plan(storage, ran)
    assert len(steps) >= 15
    scans = [step for step in steps if step.startswith("SCAN")]
    assert not [step for step in scans if not any(index in step for index in FEW)]


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


@contextmanager
def listening(storage: Storage) -> Iterator[dict[str, Any]]:
    """Statements that run meanwhile, with the values of each."""
    ran: dict[str, Any] = {}

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any) -> None:
        ran[statement] = parameters

    backend = storage.database._backend
    assert isinstance(backend, SqliteBackend)
    engines = (backend._writer, backend._readers)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield ran
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


async def plan(storage: Storage, ran: dict[str, Any]) -> list[str]:
    """How the statements would find their rows, step by step."""
    looked_at = [statement for statement in ran if statement.startswith(("SELECT", "UPDATE", "DELETE"))]

    def explain(connection: Connection) -> list[str]:
        return [
            step.detail
            for statement in looked_at
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ran[statement])
        ]

    return await storage.database.read(explain)
