"""How SQLite finds rows: what runs for every job must not get slower as the ledger grows."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, event
from tests.storage.jobs import Jobs

from limner.claims import Repeat
from limner.clock import ManualClock
from limner.keys import secret_hash
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.storage.sqlite import SqliteBackend


@pytest.fixture
def address() -> None:
    """SQLite alone."""


FEW = ("ix_jobs_unfinished", "ix_jobs_retained", "gateways")
"""What is under way or kept, and may be read whole."""


async def test_no_statement_of_a_job_reads_a_whole_table(storage: Storage, jobs: Jobs, clock: ManualClock) -> None:
    """Each statement of a job's path, and of what runs from time to time, finds its rows by an index."""
    ran: dict[str, Any] = {}

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any) -> None:
        ran[statement] = parameters

    backend = storage.database._backend
    assert isinstance(backend, SqliteBackend)
    engines = (backend._writer, backend._readers)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
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
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)

    def plans(connection: Connection) -> list[str]:
        looked_at = [statement for statement in ran if statement.startswith(("SELECT", "UPDATE", "DELETE"))]
        return [
            step.detail
            for statement in looked_at
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ran[statement])
        ]

    steps = await storage.database.read(plans)
    assert len(steps) >= 8
    scans = [step for step in steps if step.startswith("SCAN")]
    assert not [step for step in scans if not any(index in step for index in FEW)]
