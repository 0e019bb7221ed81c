"""Settlements that a full disk does not take are not lost, and nothing is charged that was not delivered."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.storage.jobs import CHARGE_NUSD, Jobs
from tests.storage.openers import Opener
from tests.storage.troubles import fill_disk, make_room

from limner.admin import create_key
from limner.clock import ManualClock
from limner.ledger import LedgerUnavailable
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.trail import SERVER


async def outcome(storage: Storage, job_id: str) -> Outcome | None:
    """How a job ended, or None while it has not."""
    job = await storage.jobs.find(DEFAULT_ACCOUNT, job_id)
    assert job is not None
    return job.record.outcome if job.record else None


async def sound(storage: Storage) -> int:
    """The balance of an account that must add up, with nothing held."""
    audit = await storage.ledger.add_up(DEFAULT_ACCOUNT)
    assert (audit.faults, audit.held_nusd) == ((), 0)
    return audit.balance_nusd


def journal(tmp_path: Path) -> Path:
    """Where settlements wait."""
    return tmp_path / "data" / "journal"


def kept(tmp_path: Path) -> list[str]:
    """What waits there."""
    return [path.name for path in journal(tmp_path).iterdir()]


async def fill_up(storage: Storage, jobs: Jobs) -> list[str]:
    """Let jobs begin until the database has no room for another, as on a full disk; return those that did."""
    begun = [f"req_{number}" for number in range(30)]
    for job_id in begun:
        await storage.ledger.admit(jobs.admission(job_id))
    await fill_disk(storage)
    while True:
        job_id = f"req_{len(begun)}"
        try:
            await storage.ledger.admit(jobs.admission(job_id))
        except LedgerUnavailable:
            return begun
        begun.append(job_id)


async def test_settlements_a_full_disk_does_not_take_are_settled_later(
    storage: Storage, jobs: Jobs, tmp_path: Path
) -> None:
    """Callers have their pictures, the journal has what they owe, and each is charged once when there is room."""
    begun = await fill_up(storage, jobs)
    for job_id in begun:
        await storage.ledger.settle(jobs.record(job_id))
    assert kept(tmp_path)
    await make_room(storage)
    await storage.recovery.round()
    assert kept(tmp_path) == []
    assert await sound(storage) == -CHARGE_NUSD * len(begun)
    assert await outcome(storage, begun[0]) is Outcome.DELIVERED


async def test_a_journal_is_settled_by_the_next_start(opener: Opener, tmp_path: Path, clock: ManualClock) -> None:
    """A gateway that dies with settlements in its journal charges them first, and only then ends what it left."""
    async with opener() as dying:
        jobs = await jobs_of(dying, clock)
        begun = await fill_up(dying, jobs)
        for job_id in begun[1:]:
            await dying.ledger.settle(jobs.record(job_id))
    async with opener() as restarted:
        await make_room(restarted)
        await restarted.recovery.begin(alone=True)
        assert await outcome(restarted, begun[0]) is Outcome.INTERRUPTED
        assert await sound(restarted) == -CHARGE_NUSD * (len(begun) - 1)
    assert kept(tmp_path) == []


async def test_without_a_journal_nothing_is_delivered_or_charged(storage: Storage, jobs: Jobs, tmp_path: Path) -> None:
    """When neither the database nor the journal can be written, the caller is told, and the hold goes back later."""
    begun = await fill_up(storage, jobs)
    journal(tmp_path).rmdir()
    ends = await asyncio.gather(
        *(storage.ledger.settle(jobs.record(job_id)) for job_id in begun), return_exceptions=True
    )
    refused = sum(isinstance(end, LedgerUnavailable) and (end.status, end.retryable) == (503, True) for end in ends)
    assert refused == sum(end is not None for end in ends) > 0
    journal(tmp_path).mkdir()
    await make_room(storage)
    await storage.recovery.round()
    assert await sound(storage) == -CHARGE_NUSD * (len(begun) - refused)


async def test_a_settlement_that_had_been_written_is_not_written_twice(
    storage: Storage, jobs: Jobs, tmp_path: Path
) -> None:
    """A journal that says what the database knows, as after a connection broke in the middle, changes nothing."""
    await storage.ledger.admit(jobs.admission("req_a"))
    record = jobs.record("req_a")
    await storage.ledger._journal.add(record)
    await storage.ledger.settle(record)
    assert await storage.ledger.settle_kept() == 0
    assert kept(tmp_path) == []
    assert await sound(storage) == -CHARGE_NUSD


async def test_a_journal_that_cannot_be_read_is_left_for_the_operator(
    storage: Storage, jobs: Jobs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One damaged file keeps no other from being settled."""
    await storage.ledger.admit(jobs.admission("req_a"))
    (journal(tmp_path) / "req_b.json").write_bytes(b"{}")
    await storage.ledger._journal.add(jobs.record("req_a"))
    assert await storage.ledger.settle_kept() == 1
    assert kept(tmp_path) == ["req_b.json"]
    assert "journal.unreadable" in capsys.readouterr().out


async def jobs_of(storage: Storage, clock: ManualClock) -> Jobs:
    """Jobs of a new key."""
    return Jobs((await create_key(storage.keys, "tests", by=SERVER, clock=clock)).key, clock)
