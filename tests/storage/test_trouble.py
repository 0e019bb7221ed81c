"""What becomes of jobs when the machine is in trouble: clocks that differ, a database that is locked or put back."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.storage.jobs import CHARGE_NUSD, Jobs

from limner.admin import create_key
from limner.blobs import Blob
from limner.clock import ManualClock
from limner.leases import BEAT_S, LEASE_S
from limner.ledger import LedgerUnavailable
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, Storage, open_storage

DAY_S = 86_400.0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of the installation in trouble."""
    return tmp_path / "data"


@pytest.fixture
async def storage(data: Path, clock: ManualClock) -> AsyncIterator[Storage]:
    """Its stores."""
    async with open_storage(data, clock) as opened:
        yield opened


@pytest.fixture
async def jobs(storage: Storage, clock: ManualClock) -> Jobs:
    """Jobs of a key of its default account."""
    return Jobs((await create_key(storage.keys, "tests", clock=clock)).key, clock)


async def outcome(storage: Storage, job_id: str) -> Outcome | None:
    """How a job ended; None for one that has not, or is not known."""
    job = await storage.jobs.find(DEFAULT_ACCOUNT, job_id)
    return job.record.outcome if job and job.record else None


async def sound(storage: Storage) -> int:
    """The balance of an account that must add up, with nothing held."""
    audit = await storage.ledger.add_up(DEFAULT_ACCOUNT)
    assert (audit.faults, audit.held_nusd) == ((), 0)
    return audit.balance_nusd


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Another program has the database and does not let go."""
    with closing(sqlite3.connect(data / "limner.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def never_wait(storage: Storage) -> None:
    """Let the time a write waits for another program be over at once."""
    await storage.database.write(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout = 0"))


async def test_a_job_does_not_begin_while_the_database_is_locked(storage: Storage, jobs: Jobs, data: Path) -> None:
    """Once another program has kept it for too long the caller is asked to come again, and nothing is held."""
    await never_wait(storage)
    with locked(data), pytest.raises(LedgerUnavailable) as refused:
        await storage.ledger.admit(jobs.admission("req_a"))
    assert (refused.value.status, refused.value.retryable) == (503, True)
    await storage.recovery.round()
    assert await storage.jobs.find(DEFAULT_ACCOUNT, "req_a") is None
    await storage.ledger.admit(jobs.admission("req_b"))
    await storage.ledger.settle(jobs.record("req_b"))
    assert await sound(storage) == -CHARGE_NUSD


async def test_a_settlement_waits_in_the_journal_while_the_database_is_locked(
    storage: Storage, jobs: Jobs, data: Path
) -> None:
    """The caller has the picture; it is charged once, as soon as the other program is done."""
    await storage.ledger.admit(jobs.admission("req_a"))
    await never_wait(storage)
    with locked(data):
        await storage.ledger.settle(jobs.record("req_a"))
        assert [file.name for file in (data / "journal").iterdir()] == ["req_a.json"]
        with pytest.raises(Exception, match="locked"):
            await storage.recovery.round()
    await storage.recovery.round()
    await storage.recovery.round()
    assert list((data / "journal").iterdir()) == []
    assert await outcome(storage, "req_a") is Outcome.DELIVERED
    assert await sound(storage) == -CHARGE_NUSD


@pytest.mark.parametrize("difference_s", [-DAY_S, DAY_S])
async def test_gateways_whose_clocks_differ_tell_the_living_from_the_dead(
    storage: Storage, jobs: Jobs, data: Path, clock: ManualClock, difference_s: float
) -> None:
    """A day apart, neither ends the other's jobs as long as it lives, and each does when it is dead."""
    skewed = ManualClock(clock.now_s() + difference_s)
    async with open_storage(data, skewed) as other:
        await storage.recovery.begin(alone=False)
        await other.recovery.begin(alone=False)
        await storage.ledger.admit(jobs.admission("req_a"))
        await other.ledger.admit(jobs.admission("req_b"))
        for _ in range(int(2 * LEASE_S / BEAT_S)):
            for moving in (clock, skewed):
                moving.advance(BEAT_S)
            assert await storage.recovery.round() + await other.recovery.round() == 0
        for _ in range(int(LEASE_S / BEAT_S) + 1):
            skewed.advance(BEAT_S)
            await other.recovery.round()
        assert await outcome(other, "req_a") is Outcome.INTERRUPTED
        assert await outcome(other, "req_b") is None
        await other.ledger.settle(jobs.record("req_b"))
        assert await sound(other) == -CHARGE_NUSD


async def test_a_backup_that_is_put_back_forgets_what_came_after_it_and_holds_nothing(
    data: Path, clock: ManualClock, tmp_path: Path
) -> None:
    """Taken while serving, it is whole: what had ended is as it was, what was under way is given back.

    What ended later was never charged, as far as the books know; only settlements still in the journal are.
    """
    async with open_storage(data, clock) as serving:
        jobs = Jobs((await create_key(serving.keys, "tests", clock=clock)).key, clock)
        for job_id in ("req_ended", "req_under_way", "req_in_journal"):
            await serving.ledger.admit(jobs.admission(job_id))
        await serving.ledger.settle(jobs.record("req_ended"))
        back_up(data / "limner.db", tmp_path / "backup.db")
        await serving.ledger.settle(jobs.record("req_under_way"))
        await serving.ledger.admit(jobs.admission("req_later"))
        for job_id in ("req_under_way", "req_later"):
            await serving.blobs.write(f"{job_id}/0.png", Blob.from_bytes(b"picture", "image/png"))
        await serving.ledger.settle(jobs.record("req_later"))
        await never_wait(serving)
        with locked(data):
            await serving.ledger.settle(jobs.record("req_in_journal"))
        books = await serving.ledger.add_up(DEFAULT_ACCOUNT)
        assert books.balance_nusd + books.held_nusd == -3 * CHARGE_NUSD
    (tmp_path / "backup.db").replace(data / "limner.db")
    async with open_storage(data, clock) as restored:
        assert await restored.recovery.begin(alone=True) == 1
        ends = [await outcome(restored, job) for job in ("req_ended", "req_in_journal", "req_under_way", "req_later")]
        assert ends == [Outcome.DELIVERED, Outcome.DELIVERED, Outcome.INTERRUPTED, None]
        assert await sound(restored) == -2 * CHARGE_NUSD
        assert await restored.blobs.read("req_under_way/0.png", "image/png") is None
        assert await restored.blobs.read("req_later/0.png", "image/png") is not None


def back_up(database: Path, copy: Path) -> None:
    """What `sqlite3 limner.db '.backup backup.db'` does, beside a server."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
