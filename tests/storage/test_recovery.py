"""Nothing stays held, and nothing is charged twice, whoever dies and whatever fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.storage.jobs import CHARGE_NUSD, HOLD_NUSD, Jobs
from tests.storage.openers import Opener

from limner.admin import create_key
from limner.blobs import Blob
from limner.clock import ManualClock
from limner.errors import LimitReached
from limner.keys import KeyTerms
from limner.leases import BEAT_S, LEASE_S
from limner.ledger import Abandoned, AlreadyResolved
from limner.limits import KeyLimits
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.trail import SERVER

BEATS = int(LEASE_S / BEAT_S)


@pytest.fixture
async def other(opener: Opener) -> AsyncIterator[Storage]:
    """A second gateway on the same database."""
    async with opener() as opened:
        yield opened


async def passing(clock: ManualClock, *alive: Storage, beats: int = BEATS + 1) -> int:
    """Time passes; those that live do what they do each beat. Returns how many jobs they ended for others."""
    released = 0
    for _ in range(beats):
        clock.advance(BEAT_S)
        released += sum([await storage.recovery.round() for storage in alive])
    return released


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


async def test_the_jobs_of_a_gateway_that_died_are_ended(
    storage: Storage, other: Storage, jobs: Jobs, clock: ManualClock
) -> None:
    """Another notices its silence and releases its holds."""
    await other.recovery.begin(alone=False)
    await other.ledger.admit(jobs.admission("req_dead"))
    await storage.ledger.admit(jobs.admission("req_alive"))
    assert await passing(clock, storage) == 1
    assert await outcome(storage, "req_dead") is Outcome.INTERRUPTED
    assert await outcome(storage, "req_alive") is None
    await storage.ledger.settle(jobs.record("req_alive"))
    assert await sound(storage) == -CHARGE_NUSD


async def test_gateways_that_live_are_left_alone(
    storage: Storage, other: Storage, jobs: Jobs, clock: ManualClock
) -> None:
    """However long a job takes."""
    await storage.ledger.admit(jobs.admission("req_a"))
    await other.ledger.admit(jobs.admission("req_b"))
    assert await passing(clock, storage, other, beats=10 * BEATS) == 0
    assert [await outcome(storage, job_id) for job_id in ("req_a", "req_b")] == [None, None]


async def test_of_two_that_notice_one_ends_the_jobs(
    opener: Opener, storage: Storage, other: Storage, jobs: Jobs, clock: ManualClock
) -> None:
    """Both look at the same time; each job is ended once."""
    async with opener() as dead:
        await dead.recovery.begin(alone=False)
        for number in range(20):
            await dead.ledger.admit(jobs.admission(f"req_{number}"))
    await passing(clock, storage, other, beats=BEATS)
    clock.advance(BEAT_S)
    assert sum(await asyncio.gather(storage.recovery.round(), other.recovery.round())) == 20
    assert await sound(storage) == 0


async def test_a_gateway_that_wakes_is_not_taken_for_dead_again(
    storage: Storage, other: Storage, jobs: Jobs, clock: ManualClock
) -> None:
    """It begins to count where it had stood still, and has a whole lease from there."""
    await other.recovery.begin(alone=False)
    await other.ledger.admit(jobs.admission("req_a"))
    assert await passing(clock, storage, beats=BEATS + 1) == 1
    await other.recovery.round()
    await other.ledger.admit(jobs.admission("req_b"))
    assert await passing(clock, storage, other) == 0
    assert await outcome(storage, "req_b") is None


async def test_a_gateway_that_died_before_it_counted_is_noticed(
    opener: Opener, storage: Storage, jobs: Jobs, clock: ManualClock
) -> None:
    """Its jobs are there, though it never was."""
    async with opener() as dead:
        await dead.ledger.admit(jobs.admission("req_a"))
    assert await passing(clock, storage) == 1
    assert await sound(storage) == 0


async def test_a_picture_that_is_delivered_after_all_is_charged_once(
    storage: Storage, other: Storage, jobs: Jobs, clock: ManualClock
) -> None:
    """A gateway that only stood still delivers what it drew: the account pays, and the picture is still kept."""
    await other.recovery.begin(alone=False)
    await other.ledger.admit(jobs.admission("req_a"))
    await other.blobs.write("req_a/0.png", Blob.from_bytes(b"picture", "image/png"))
    await passing(clock, storage)
    with pytest.raises(Abandoned):
        await other.ledger.settle(jobs.record("req_a"))
    assert await sound(storage) == 0
    await other.ledger.settle(jobs.record("req_a"), late=True)
    with pytest.raises(AlreadyResolved):
        await other.ledger.settle(jobs.record("req_a"), late=True)
    assert await outcome(storage, "req_a") is Outcome.DELIVERED
    assert await storage.blobs.read("req_a/0.png", "image/png") is not None
    assert await sound(storage) == -CHARGE_NUSD


@pytest.mark.parametrize("ending", [Outcome.STORED, Outcome.FAILED])
async def test_nothing_else_that_comes_after_all_is_charged(
    storage: Storage, other: Storage, jobs: Jobs, clock: ManualClock, ending: Outcome
) -> None:
    """A job without a picture has been ended already; so has one whose client has left and may have bought another."""
    await other.recovery.begin(alone=False)
    await other.ledger.admit(jobs.admission("req_a"))
    await passing(clock, storage)
    with pytest.raises(AlreadyResolved):
        await other.ledger.settle(jobs.record("req_a", ending), late=True)
    assert await outcome(storage, "req_a") is Outcome.INTERRUPTED
    assert await sound(storage) == 0


async def test_a_gateway_that_left_in_good_order_is_not_missed(
    storage: Storage, other: Storage, jobs: Jobs, clock: ManualClock
) -> None:
    """It ended its jobs itself."""
    await other.recovery.begin(alone=False)
    await other.ledger.admit(jobs.admission("req_a"))
    await other.ledger.settle(jobs.record("req_a"))
    await other.recovery.leave()
    assert await passing(clock, storage) == 0
    assert await sound(storage) == -CHARGE_NUSD


async def test_a_late_charge_counts_against_the_keys_budget(
    opener: Opener, storage: Storage, clock: ManualClock
) -> None:
    """What was given back when the job seemed lost is taken again, and no place is counted twice."""
    new = await create_key(
        storage.keys,
        "limited",
        terms=KeyTerms(limits=KeyLimits(budget_nusd=HOLD_NUSD, jobs_at_once=1)),
        by=SERVER,
        clock=clock,
    )
    jobs = Jobs(new.key, clock)
    async with opener() as other:
        await other.ledger.admit(jobs.admission("req_a"))
        await passing(clock, storage)
        await other.ledger.settle(jobs.record("req_a"), late=True)
    with pytest.raises(LimitReached, match="quota"):
        await storage.ledger.admit(jobs.admission("req_b"))
    await storage.ledger.admit(jobs.admission("req_c", hold_nusd=HOLD_NUSD - CHARGE_NUSD))
    assert (await storage.ledger.add_up(DEFAULT_ACCOUNT)).sound
