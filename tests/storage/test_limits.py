"""Budgets and rates of keys, on every database: checked and counted where the job is admitted."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select
from tests.storage.jobs import CHARGE_NUSD, HOLD_NUSD, Jobs
from tests.storage.openers import Opener

from limner.admin import change_key, create_key
from limner.clock import ManualClock
from limner.errors import Allowance, Conflict, Defect, InvalidRequest, LimitReached
from limner.keys import Key, KeyTerms
from limner.ledger import Admitted
from limner.limits import KeyLimits
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.storage.tables import meters
from limner.trail import SERVER


async def limited(storage: Storage, clock: ManualClock, limits: KeyLimits) -> Jobs:
    """Jobs of a key with such limits."""
    return Jobs(
        (await create_key(storage.keys, "limited", terms=KeyTerms(limits=limits), by=SERVER, clock=clock)).key, clock
    )


async def spent_nusd(storage: Storage) -> list[tuple[int, int, int, int]]:
    """What each meter has counted in all, of the day, of the month, and how many jobs run."""
    columns = (meters.c.spent_nusd, meters.c.spent_day_nusd, meters.c.spent_month_nusd, meters.c.jobs_running)
    return await storage.database.read(
        lambda connection: [tuple(row) for row in connection.execute(select(*columns).order_by(meters.c.key_id))]
    )


@pytest.mark.parametrize(
    "limits",
    [
        KeyLimits(budget_nusd=2 * HOLD_NUSD - 1),
        KeyLimits(budget_day_nusd=2 * HOLD_NUSD - 1),
        KeyLimits(budget_month_nusd=2 * HOLD_NUSD - 1),
        KeyLimits(requests_per_minute=1),
        KeyLimits(images_per_minute=2),
        KeyLimits(jobs_at_once=1),
    ],
    ids=["in all", "a day", "a month", "requests", "images", "at once"],
)
async def test_many_at_once_on_a_limit_for_one_get_one(storage: Storage, clock: ManualClock, limits: KeyLimits) -> None:
    """Each check sees what the one before it has taken, whichever limit it is and however many ask together."""
    jobs = await limited(storage, clock, limits)
    results = await asyncio.gather(
        *(storage.ledger.admit(jobs.admission(f"req_{n}")) for n in range(20)), return_exceptions=True
    )
    assert sum(isinstance(result, Admitted) for result in results) == 1
    assert sum(isinstance(result, LimitReached) for result in results) == 19
    assert await spent_nusd(storage) == [(HOLD_NUSD, HOLD_NUSD, HOLD_NUSD, 1)]
    audit = await storage.ledger.add_up(DEFAULT_ACCOUNT)
    assert (audit.entries, audit.balance_nusd, audit.faults) == (1, -HOLD_NUSD, ())


async def test_two_programs_share_one_budget(opener: Opener, storage: Storage, clock: ManualClock) -> None:
    """A second program on the same data counts on the same meter."""
    jobs = await limited(storage, clock, KeyLimits(budget_nusd=3 * HOLD_NUSD))
    async with opener() as other:
        both = (storage, other)
        results = await asyncio.gather(
            *(both[n % 2].ledger.admit(jobs.admission(f"req_{n}")) for n in range(20)), return_exceptions=True
        )
    assert sum(isinstance(result, Admitted) for result in results) == 3
    assert sum(isinstance(result, LimitReached) for result in results) == 17


@pytest.mark.parametrize("outcome", list(Outcome))
async def test_the_meter_ends_with_what_was_charged(storage: Storage, clock: ManualClock, outcome: Outcome) -> None:
    """Every end gives back what it does not charge, and frees the job's place."""
    jobs = await limited(storage, clock, KeyLimits(budget_nusd=HOLD_NUSD, jobs_at_once=1))
    await storage.ledger.admit(jobs.admission("req_a"))
    await storage.ledger.settle(jobs.record("req_a", outcome))
    charged_nusd = CHARGE_NUSD if outcome.charged else 0
    assert await spent_nusd(storage) == [(charged_nusd, charged_nusd, charged_nusd, 0)]


async def test_a_job_that_ends_after_midnight_is_of_the_day_before(storage: Storage, clock: ManualClock) -> None:
    """What it gives back is nothing to the new day, whose budget is whole."""
    jobs = await limited(storage, clock, KeyLimits(budget_day_nusd=HOLD_NUSD))
    await storage.ledger.admit(jobs.admission("req_a"))
    clock.advance(86_400)
    await storage.ledger.admit(jobs.admission("req_b"))
    await storage.ledger.settle(jobs.record("req_a"))
    [(in_all_nusd, of_day_nusd, _, running)] = await spent_nusd(storage)
    assert (in_all_nusd, of_day_nusd, running) == (HOLD_NUSD + CHARGE_NUSD, HOLD_NUSD, 1)
    with pytest.raises(LimitReached):
        await storage.ledger.admit(jobs.admission("req_c"))


async def test_jobs_of_a_killed_server_take_no_budget_and_no_place(opener: Opener, clock: ManualClock) -> None:
    """Releasing what was interrupted corrects the meter, too."""
    async with opener() as killed:
        jobs = await limited(killed, clock, KeyLimits(budget_nusd=HOLD_NUSD, jobs_at_once=1))
        await killed.ledger.admit(jobs.admission("req_a"))
    async with opener() as restarted:
        assert await restarted.recovery.begin(alone=True) == 1
        await restarted.ledger.admit(jobs.admission("req_b"))
        assert (await restarted.ledger.add_up(DEFAULT_ACCOUNT)).sound


async def test_a_refused_job_leaves_no_trace(storage: Storage, clock: ManualClock) -> None:
    """No job, no entry, nothing counted, whether the key, the account or the job's row refuses it."""
    jobs = await limited(storage, clock, KeyLimits(budget_nusd=HOLD_NUSD, requests_per_minute=5))
    await storage.ledger.admit(jobs.admission("req_a", hold_nusd=1))
    before = await spent_nusd(storage)
    with pytest.raises(LimitReached):
        await storage.ledger.admit(jobs.admission("req_b"))
    with pytest.raises(Defect):
        await storage.ledger.admit(jobs.admission("req_a", hold_nusd=1))
    assert await spent_nusd(storage) == before
    assert await storage.jobs.find(DEFAULT_ACCOUNT, "req_b") is None
    [allowance] = (await storage.ledger.admit(jobs.admission("req_c", hold_nusd=1))).allowances
    assert (allowance.limit, allowance.remaining) == (5, 3)


async def test_admission_tells_what_is_left_of_the_rates(storage: Storage, clock: ManualClock) -> None:
    """After this job of two pictures, as the answer's headers will say."""
    jobs = await limited(storage, clock, KeyLimits(requests_per_minute=60, images_per_minute=10))
    assert (await storage.ledger.admit(jobs.admission("req_a"))).allowances == (
        Allowance(dimension="requests", limit=60, remaining=59, reset_ms=1_000),
        Allowance(dimension="images", limit=10, remaining=8, reset_ms=12_000),
    )


async def test_limits_that_change_count_from_the_next_job_on(storage: Storage, clock: ManualClock) -> None:
    """A budget given later has been spent by what was drawn before it."""
    jobs = await limited(storage, clock, KeyLimits())
    await storage.ledger.admit(jobs.admission("req_a"))
    await storage.ledger.settle(jobs.record("req_a"))
    budget = KeyLimits(budget_nusd=HOLD_NUSD)
    key = await change_key(storage.keys, "limited", lambda terms: replace(terms, limits=budget), by=SERVER, clock=clock)
    assert (await storage.keys.all())[0] == key
    assert key.terms.limits == budget
    with pytest.raises(LimitReached, match=r"\$0\.2110 are spent or held"):
        await storage.ledger.admit(jobs.admission("req_b"))


@pytest.mark.parametrize(
    "limits",
    [
        KeyLimits(budget_nusd=-1),
        KeyLimits(budget_day_nusd=-1),
        KeyLimits(budget_month_nusd=-1),
        KeyLimits(requests_per_minute=0),
        KeyLimits(images_per_minute=100_001),
        KeyLimits(jobs_at_once=0),
    ],
)
async def test_limits_that_make_no_sense_are_refused(storage: Storage, clock: ManualClock, limits: KeyLimits) -> None:
    """A key that could never do anything is revoked instead."""
    with pytest.raises(InvalidRequest):
        await limited(storage, clock, limits)


async def test_a_second_key_has_a_meter_of_its_own(storage: Storage, key: Key, jobs: Jobs, clock: ManualClock) -> None:
    """One key's budget is no other's, and a key that was refused a name has none."""
    other = await limited(storage, clock, KeyLimits(budget_nusd=HOLD_NUSD))
    await storage.ledger.admit(jobs.admission("req_a"))
    await storage.ledger.admit(other.admission("req_b"))
    with pytest.raises(Conflict):
        await create_key(storage.keys, key.name, by=SERVER, clock=clock)
    assert len(await spent_nusd(storage)) == 2
