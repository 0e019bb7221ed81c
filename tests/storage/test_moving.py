"""Moving an installation from SQLite to PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from tests.storage.jobs import CHARGE_NUSD, Jobs

from limner.admin import create_key
from limner.blobs import Blob
from limner.clock import ManualClock
from limner.files import NewFile
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, DataInUse, Storage, lock_data, open_storage
from limner.storage.moving import NotMoved, move_to_postgres
from limner.storage.signing import LINKS, WEBHOOKS, signing_secret
from limner.storage.tables import metadata
from limner.tasks import Ticket
from limner.trail import SERVER


def rows(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Everything there is, by table."""
    return {
        table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
        for table in metadata.sorted_tables
        if table.name != "commits"
    }


async def history(storage: Storage, clock: ManualClock) -> Jobs:
    """A key, jobs with every outcome, one still open, a file, and the secret of links."""
    jobs = Jobs((await create_key(storage.keys, "tests", admin=True, by=SERVER, clock=clock)).key, clock)
    for outcome in Outcome:
        await storage.ledger.admit(jobs.admission(f"req_{outcome}"))
        await storage.ledger.settle(jobs.record(f"req_{outcome}", outcome))
    await storage.ledger.admit(jobs.admission("req_open"))
    blob = Blob.from_bytes(b"picture", "image/png")
    await storage.files.create(NewFile(account_id=DEFAULT_ACCOUNT, filename="a", purpose="vision", blob=blob))
    await signing_secret(storage.database, LINKS)
    return jobs


async def test_everything_arrives_under_its_own_id(
    tmp_path: Path, clock: ManualClock, empty_postgres_address: str
) -> None:
    """Each row of each table is the same afterwards, and the ledger goes on where it stopped."""
    async with open_storage(tmp_path, clock) as storage:
        jobs = await history(storage, clock)
    moved = await move_to_postgres(tmp_path, empty_postgres_address, clock)
    async with open_storage(tmp_path, clock) as storage:
        before = await storage.database.read(rows)
    async with open_storage(tmp_path, clock, database=empty_postgres_address) as storage:
        assert await storage.database.read(rows) == before
        assert {table: count for table, count in moved.rows.items() if count} == {
            table: len(found) for table, found in before.items() if found
        }
        # The job left open by a server that died was released, as at a start.
        assert moved.rows["entries"] == 2 * moved.rows["jobs"]
        await storage.ledger.admit(jobs.admission("req_new"))
        await storage.ledger.settle(jobs.record("req_new"))
        audit = await storage.ledger.add_up(DEFAULT_ACCOUNT)
    assert (audit.balance_nusd, audit.faults) == (-3 * CHARGE_NUSD, ())
    assert [(found.account_id, found.balance_nusd) for found in moved.audits] == [(DEFAULT_ACCOUNT, -2 * CHARGE_NUSD)]


async def test_tasks_go_on_where_they_were_moved_to(
    tmp_path: Path, clock: ManualClock, empty_postgres_address: str
) -> None:
    """One that waited gets its next job there, the end of another is told from there, signed as before."""
    async with open_storage(tmp_path, clock) as storage:
        await storage.recovery.begin(alone=True)
        jobs = await history(storage, clock)
        for task_id in ("req_waits", "req_ended"):
            ticket = Ticket(task_id=task_id, by_address=False, webhook="https://receiver.example/")
            await storage.ledger.admit(replace(jobs.admission(task_id), ticket=ticket))
            assert await storage.tasks.confirm(task_id)
        await storage.ledger.settle(jobs.record("req_ended"))
        await storage.tasks.claim_deliveries(10, 60)
        secret = await signing_secret(storage.database, WEBHOOKS)
    await move_to_postgres(tmp_path, empty_postgres_address, clock)
    async with open_storage(tmp_path, clock, database=empty_postgres_address) as storage:
        assert [task.id for task in await storage.tasks.restartable(10)] == ["req_waits"]
        assert [task.id for task in await storage.tasks.claim_deliveries(10, 60)] == ["req_ended"]
        assert await signing_secret(storage.database, WEBHOOKS) == secret


async def test_a_target_that_is_not_empty_is_left_alone(
    tmp_path: Path, clock: ManualClock, postgres_address: str
) -> None:
    """Two histories are never mixed."""
    async with open_storage(tmp_path, clock) as storage:
        await history(storage, clock)
    with pytest.raises(NotMoved, match="holds an installation already"):
        await move_to_postgres(tmp_path, postgres_address, clock)
    async with open_storage(tmp_path, clock, database=postgres_address) as storage:
        assert await storage.keys.all() == ()


async def test_a_folder_with_a_server_in_it_is_not_moved(
    tmp_path: Path, clock: ManualClock, empty_postgres_address: str
) -> None:
    """What a server wrote meanwhile would be left behind."""
    async with open_storage(tmp_path, clock):
        pass
    with lock_data(tmp_path), pytest.raises(DataInUse):
        await move_to_postgres(tmp_path, empty_postgres_address, clock)


async def test_a_folder_without_a_database_is_not_moved(
    tmp_path: Path, clock: ManualClock, empty_postgres_address: str
) -> None:
    """A mistyped folder does not become an empty installation."""
    with pytest.raises(NotMoved, match="no SQLite database"):
        await move_to_postgres(tmp_path / "elsewhere", empty_postgres_address, clock)
    assert not (tmp_path / "elsewhere").exists()


async def test_what_the_target_refuses_leaves_it_empty(
    tmp_path: Path, clock: ManualClock, empty_postgres_address: str
) -> None:
    """One bad row, such as an edit left behind, and nothing arrives: a second try starts anew."""
    async with open_storage(tmp_path, clock) as storage:
        await history(storage, clock)

        def damage(connection: Connection) -> None:
            connection.execute(text("PRAGMA ignore_check_constraints = ON"))
            connection.execute(text("UPDATE jobs SET n = 0 WHERE id = 'req_open'"))

        await storage.database.write(damage)
    for _ in range(2):
        with pytest.raises(Exception, match="n_positive"):
            await move_to_postgres(tmp_path, empty_postgres_address, clock)


async def test_text_that_postgresql_cannot_hold_is_cleaned(
    tmp_path: Path, clock: ManualClock, empty_postgres_address: str
) -> None:
    """A caller's own name for a user may have a NUL character in it; neither a move nor a job fails for that."""
    async with open_storage(tmp_path, clock) as storage:
        jobs = await history(storage, clock)
        await storage.database.write(
            lambda connection: connection.execute(
                text("""UPDATE jobs SET "user" = :user WHERE id = 'req_failed'"""), {"user": "a\0b"}
            )
        )
    await move_to_postgres(tmp_path, empty_postgres_address, clock)
    async with open_storage(tmp_path, clock, database=empty_postgres_address) as storage:
        moved = await storage.jobs.find(DEFAULT_ACCOUNT, "req_failed")
        assert moved is not None
        assert moved.record is not None
        assert moved.record.user == "ab"
        admission = jobs.admission("req_new")
        request = replace(admission.job.request, user="c\0d")
        await storage.ledger.admit(replace(admission, job=replace(admission.job, request=request)))


async def test_of_two_moves_at_once_one_arrives(
    tmp_path: Path, clock: ManualClock, empty_postgres_address: str
) -> None:
    """The other is refused, and nothing is there twice."""
    async with open_storage(tmp_path, clock) as storage:
        await history(storage, clock)
    moves = [move_to_postgres(tmp_path, empty_postgres_address, clock) for _ in range(2)]
    results = await asyncio.gather(*moves, return_exceptions=True)
    assert sum(isinstance(result, DataInUse | NotMoved) for result in results) == 1
