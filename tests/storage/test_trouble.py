"""What becomes of jobs when the machine is in trouble: clocks that differ, a database that is locked or put back."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.postgres import PostgresServer
from tests.storage.jobs import CHARGE_NUSD, Jobs
from tests.storage.openers import Opener
from tests.storage.troubles import locked, never_wait

from limner.admin import create_key
from limner.blobs import Blob
from limner.clock import ManualClock
from limner.leases import BEAT_S, LEASE_S
from limner.ledger import LedgerUnavailable
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, Storage, open_storage
from limner.storage.backup import back_up
from limner.storage.folder import database_path
from limner.trail import SERVER

DAY_S = 86_400.0

Backup = Callable[[], Callable[[], str | None]]
"""Makes a backup, and returns what puts it back and says where the database is then."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of the installation in trouble."""
    return tmp_path / "data"


@pytest.fixture
async def skewed(data: Path, address: str | None, clock: ManualClock) -> AsyncIterator[tuple[Storage, ManualClock]]:
    """A second gateway on the same database, and its own clock."""
    own = ManualClock(clock.now_s())
    async with open_storage(data, own, database=address) as opened:
        yield opened, own


@pytest.fixture
def backup(request: pytest.FixtureRequest, data: Path, tmp_path: Path, address: str | None) -> Backup:
    """How operations.md has backups made and put back, on each database."""

    def of_sqlite() -> Callable[[], None]:
        copy = tmp_path / "copy.db"
        back_up(data, copy)
        return lambda: put_back(copy, data)

    def of_postgres() -> Callable[[], str]:
        server: PostgresServer = request.getfixturevalue("postgres")
        assert address is not None
        copy = server.dump(address)
        return lambda: server.restore(copy)

    return of_sqlite if address is None else of_postgres


def put_back(copy: Path, data: Path) -> None:
    """Let a copy take the database's place."""
    for path in data.glob(f"{database_path(data).name}*"):
        path.unlink()
    shutil.copy(copy, database_path(data))


async def outcome(storage: Storage, job_id: str) -> Outcome | None:
    """How a job ended; None for one that has not, or is not known."""
    job = await storage.jobs.find(DEFAULT_ACCOUNT, job_id)
    return job.record.outcome if job and job.record else None


async def sound(storage: Storage) -> int:
    """The balance of an account that must add up, with nothing held."""
    audit = await storage.ledger.add_up(DEFAULT_ACCOUNT)
    assert (audit.faults, audit.held_nusd) == ((), 0)
    return audit.balance_nusd


async def test_a_job_does_not_begin_while_the_database_is_locked(
    storage: Storage, jobs: Jobs, data: Path, address: str | None
) -> None:
    """Once another program has kept it for too long the caller is asked to come again, and nothing is held."""
    await never_wait(storage)
    with locked(data, address), pytest.raises(LedgerUnavailable) as refused:
        await storage.ledger.admit(jobs.admission("req_a"))
    assert (refused.value.status, refused.value.retryable) == (503, True)
    await storage.recovery.round()
    assert await storage.jobs.find(DEFAULT_ACCOUNT, "req_a") is None
    await storage.ledger.admit(jobs.admission("req_b"))
    await storage.ledger.settle(jobs.record("req_b"))
    assert await sound(storage) == -CHARGE_NUSD


async def test_a_settlement_waits_in_the_journal_while_the_database_is_locked(
    storage: Storage, jobs: Jobs, data: Path, address: str | None
) -> None:
    """The caller has the picture; it is charged once, as soon as the other program is done."""
    await storage.ledger.admit(jobs.admission("req_a"))
    await never_wait(storage)
    with locked(data, address):
        await storage.ledger.settle(jobs.record("req_a"))
        assert [file.name for file in (data / "journal").iterdir()] == ["req_a.json"]
        with pytest.raises(Exception, match="lock"):
            await storage.recovery.round()
    await storage.recovery.round()
    await storage.recovery.round()
    assert list((data / "journal").iterdir()) == []
    assert await outcome(storage, "req_a") is Outcome.DELIVERED
    assert await sound(storage) == -CHARGE_NUSD


@pytest.mark.parametrize("difference_s", [-DAY_S, DAY_S])
async def test_gateways_whose_clocks_differ_tell_the_living_from_the_dead(
    storage: Storage, skewed: tuple[Storage, ManualClock], jobs: Jobs, clock: ManualClock, difference_s: float
) -> None:
    """A day apart, neither ends the other's jobs as long as it lives, and each does when it is dead."""
    other, others_clock = skewed
    others_clock.set_by(difference_s)
    await storage.recovery.begin(alone=False)
    await other.recovery.begin(alone=False)
    await storage.ledger.admit(jobs.admission("req_a"))
    await other.ledger.admit(jobs.admission("req_b"))
    for _ in range(int(2 * LEASE_S / BEAT_S)):
        for moving in (clock, others_clock):
            moving.advance(BEAT_S)
        assert await storage.recovery.round() + await other.recovery.round() == 0
    for _ in range(int(LEASE_S / BEAT_S) + 1):
        others_clock.advance(BEAT_S)
        await other.recovery.round()
    assert await outcome(other, "req_a") is Outcome.INTERRUPTED
    assert await outcome(other, "req_b") is None
    await other.ledger.settle(jobs.record("req_b"))
    assert await sound(other) == -CHARGE_NUSD


async def test_a_clock_that_steps_back_ends_nobodys_jobs_and_breaks_no_chain(
    storage: Storage, skewed: tuple[Storage, ManualClock], jobs: Jobs, clock: ManualClock
) -> None:
    """Entries follow each other by number, whatever times they carry; who lives is counted, not read off a clock."""
    other, others_clock = skewed
    for gateway in (storage, other):
        await gateway.recovery.begin(alone=False)
    await storage.ledger.admit(jobs.admission("req_a"))
    await other.ledger.admit(jobs.admission("req_b"))
    for moving in (clock, others_clock):
        moving.set_by(-DAY_S)
    for _ in range(int(2 * LEASE_S / BEAT_S)):
        for moving in (clock, others_clock):
            moving.advance(BEAT_S)
        assert await storage.recovery.round() + await other.recovery.round() == 0
    await storage.ledger.settle(jobs.record("req_a"))
    await other.ledger.settle(jobs.record("req_b"))
    assert await sound(storage) == -2 * CHARGE_NUSD


async def test_a_backup_that_is_put_back_forgets_what_came_after_it_and_holds_nothing(
    opener: Opener, backup: Backup, data: Path, address: str | None, clock: ManualClock
) -> None:
    """Taken while serving, it is whole: what had ended is as it was, what was under way is given back.

    What ended later was never charged, as far as the books know; only settlements still in the journal are.
    """
    async with opener() as serving:
        await serving.recovery.begin(alone=not serving.shared)
        jobs = Jobs((await create_key(serving.keys, "tests", by=SERVER, clock=clock)).key, clock)
        for job_id in ("req_ended", "req_under_way", "req_in_journal"):
            await serving.ledger.admit(jobs.admission(job_id))
        await serving.ledger.settle(jobs.record("req_ended"))
        back = backup()
        await serving.ledger.settle(jobs.record("req_under_way"))
        await serving.ledger.admit(jobs.admission("req_later"))
        for job_id in ("req_under_way", "req_later"):
            await serving.blobs.write(f"{job_id}/0.png", Blob.from_bytes(b"picture", "image/png"))
        await serving.ledger.settle(jobs.record("req_later"))
        await never_wait(serving)
        with locked(data, address):
            await serving.ledger.settle(jobs.record("req_in_journal"))
        books = await serving.ledger.add_up(DEFAULT_ACCOUNT)
        assert books.balance_nusd + books.held_nusd == -3 * CHARGE_NUSD
    async with open_storage(data, clock, database=back()) as restored:
        assert await released_by(restored, clock) == 1
        ends = [await outcome(restored, job) for job in ("req_ended", "req_in_journal", "req_under_way", "req_later")]
        assert ends == [Outcome.DELIVERED, Outcome.DELIVERED, Outcome.INTERRUPTED, None]
        assert await sound(restored) == -2 * CHARGE_NUSD
        # Of what was under way the books know that there may be pictures; of what came later they know nothing.
        clock.advance(1)
        await restored.expire(0, 2**40)
        assert await restored.blobs.read("req_under_way/0.png", "image/png") is None
        assert await restored.blobs.read("req_later/0.png", "image/png") is not None


async def released_by(started: Storage, clock: ManualClock) -> int:
    """How many jobs a gateway ends that has just started: one that is alone at once, else after a lease."""
    released = await started.recovery.begin(alone=not started.shared)
    for _ in range(int(LEASE_S / BEAT_S) + 1):
        clock.advance(BEAT_S)
        released += await started.recovery.round()
    return released
