"""Tasks in the database: who is first to begin, cancel, replace or deliver is the only one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from tests.storage.jobs import CHARGE_NUSD, Jobs
from tests.storage.openers import Opener

from limner.claims import Claim, Repeat
from limner.clock import ManualClock
from limner.errors import Conflict
from limner.ledger import AlreadyResolved
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.tasks import RESTARTS_MAX, Failure, Task, TaskStatus, Ticket
from limner.trail import SERVER, Stamp

HOOK = "https://receiver.example/hook"
LEASE_S = 60.0
BROKE = Failure(code="image_generation_failed", message="It broke.")


@pytest.fixture
async def storage(storage: Storage) -> Storage:
    """Those of a gateway that lives."""
    await storage.recovery.begin(alone=False)
    return storage


@pytest.fixture
async def other(opener: Opener) -> AsyncIterator[Storage]:
    """A second gateway on the same database."""
    async with opener() as opened:
        await opened.recovery.begin(alone=False)
        yield opened


async def admit(
    storage: Storage, jobs: Jobs, task_id: str, webhook: str | None = None, claim: Claim | None = None
) -> None:
    """Admit a task's first job."""
    ticket = Ticket(task_id=task_id, by_address=False, webhook=webhook)
    await storage.ledger.admit(replace(jobs.admission(task_id, claim=claim), ticket=ticket))


async def submit(
    storage: Storage, jobs: Jobs, task_id: str, webhook: str | None = None, claim: Claim | None = None
) -> None:
    """Admit a task's first job, and let its caller know."""
    await admit(storage, jobs, task_id, webhook, claim)
    assert await storage.tasks.confirm(task_id)


async def restart(storage: Storage, jobs: Jobs, task_id: str, old: str, new: str) -> None:
    """Admit a job in the place of another."""
    ticket = Ticket(task_id=task_id, by_address=False, webhook=None, replaces=old)
    await storage.ledger.admit(replace(jobs.admission(new), ticket=ticket))


async def found(storage: Storage, task_id: str) -> Task:
    """The task, which must be there."""
    task = await storage.tasks.find(DEFAULT_ACCOUNT, task_id)
    assert task is not None
    return task


async def ids(storage: Storage) -> list[str]:
    """Of tasks that need another job."""
    return [task.id for task in await storage.tasks.restartable(10)]


async def test_a_task_is_admitted_with_its_job(storage: Storage, jobs: Jobs, clock: ManualClock) -> None:
    """It waits, begins, and ends as its job does."""
    await submit(storage, jobs, "req_a", HOOK)
    task = await found(storage, "req_a")
    assert (task.status, task.webhook, task.created_at_s) == (TaskStatus.PENDING, HOOK, clock.now_s())
    assert await storage.tasks.of_job("req_a") == task
    assert await storage.tasks.begin("req_a", "req_a")
    assert (await found(storage, "req_a")).status is TaskStatus.PROCESSING
    clock.advance(5)
    await storage.ledger.settle(jobs.record("req_a"))
    task = await found(storage, "req_a")
    assert (task.status, task.finished_at_s, task.told_failure) == (TaskStatus.COMPLETED, clock.now_s(), None)


async def test_a_task_is_its_accounts_own(storage: Storage, jobs: Jobs) -> None:
    """Another account's is as good as none, to see and to cancel."""
    await submit(storage, jobs, "req_a")
    assert await storage.tasks.find("acct_other", "req_a") is None
    assert not await storage.tasks.cancel("acct_other", "req_a")
    assert await storage.tasks.find(DEFAULT_ACCOUNT, "req_b") is None
    assert await storage.tasks.of_job("req_b") is None


async def test_a_task_that_cannot_be_admitted_is_not_there(storage: Storage, jobs: Jobs, clock: ManualClock) -> None:
    """Task, job and hold come together or not at all."""
    await storage.keys.revoke(jobs.admission("req_x").job.key_id, Stamp(SERVER, clock.now_s()))
    with pytest.raises(Exception, match="Incorrect API key"):
        await submit(storage, jobs, "req_a")
    assert await storage.tasks.find(DEFAULT_ACCOUNT, "req_a") is None


async def test_beginning_and_cancelling_exclude_each_other(storage: Storage, other: Storage, jobs: Jobs) -> None:
    """Of both at the same time one happens, whichever gateway asks."""
    for number in range(20):
        task_id = f"req_{number}"
        await submit(storage, jobs, task_id)
        begun, cancelled = await asyncio.gather(
            storage.tasks.begin(task_id, task_id), other.tasks.cancel(DEFAULT_ACCOUNT, task_id)
        )
        assert begun is not cancelled
        status = (await found(storage, task_id)).status
        assert status is (TaskStatus.PROCESSING if begun else TaskStatus.CANCELLED)
        assert (await storage.tasks.cancelled(frozenset({task_id})) == {task_id}) is cancelled


async def test_a_task_is_withdrawn_unless_a_later_sending_has_found_it(storage: Storage, jobs: Jobs) -> None:
    """It is cancelled, and no retry that comes afterwards finds it."""
    first, second = Repeat(retries=0), Repeat(retries=1)
    for task_id in ("req_found", "req_lost"):
        await admit(storage, jobs, task_id, claim=jobs.claim(first, content=task_id))
    assert await storage.ledger.claim(jobs.claim(second, content="req_found")) == "req_found"
    assert not await storage.tasks.withdraw("req_found", 0)
    assert (await found(storage, "req_found")).status is TaskStatus.PENDING
    assert await storage.tasks.withdraw("req_lost", 0)
    assert (await found(storage, "req_lost")).status is TaskStatus.CANCELLED
    assert await storage.ledger.claim(jobs.claim(second, content="req_lost")) is None
    assert not await storage.tasks.withdraw("req_lost", 0)


@pytest.mark.parametrize("again", [Repeat(retries=1), Repeat(retries=0, idempotency_key="once")])
async def test_a_task_whose_server_died_before_it_was_confirmed_is_over(
    storage: Storage, jobs: Jobs, again: Repeat
) -> None:
    """It is not restarted and tells no webhook; the next sending is a task of its own, since nobody waits for this."""
    claim = replace(jobs.claim(replace(again, retries=0)), of_task=True)
    await admit(storage, jobs, "req_a", HOOK, claim)
    assert not await storage.tasks.begin("req_a", "req_a")
    await storage.ledger.settle(jobs.record("req_a", Outcome.INTERRUPTED))
    assert not await storage.tasks.confirm("req_a")
    assert await ids(storage) == []
    assert (await found(storage, "req_a")).status.over
    assert await storage.tasks.claim_deliveries(10, LEASE_S) == ()
    assert await storage.tasks.with_needless_requests(10) == ("req_a",)
    assert await storage.ledger.claim(replace(claim, repeat=again)) is None


async def test_a_task_is_confirmed_or_over(storage: Storage, other: Storage, jobs: Jobs) -> None:
    """Of a gateway that was taken for dead and wakes at the same moment: never told and then forgotten."""
    for number in range(20):
        task_id = f"req_{number}"
        await admit(storage, jobs, task_id)
        confirmed, _ = await asyncio.gather(
            storage.tasks.confirm(task_id), other.ledger.settle(jobs.record(task_id, Outcome.INTERRUPTED))
        )
        status = (await found(storage, task_id)).status
        assert status is (TaskStatus.PENDING if confirmed else TaskStatus.FAILED)
        waiting = {task.id for task in await storage.tasks.restartable(number + 1)}
        assert (task_id in waiting) is confirmed


async def test_a_task_begins_once(storage: Storage, other: Storage, jobs: Jobs) -> None:
    """Nobody draws it a second time."""
    await submit(storage, jobs, "req_a")
    assert sorted(await asyncio.gather(storage.tasks.begin("req_a", "req_a"), other.tasks.begin("req_a", "req_a"))) == [
        False,
        True,
    ]


async def test_an_ended_task_is_not_cancelled(storage: Storage, jobs: Jobs) -> None:
    """Whatever its end."""
    await submit(storage, jobs, "req_a")
    await storage.ledger.settle(jobs.record("req_a", Outcome.FAILED))
    assert not await storage.tasks.cancel(DEFAULT_ACCOUNT, "req_a")


async def test_a_task_whose_server_died_before_it_began_gets_one_other_job(
    storage: Storage, other: Storage, jobs: Jobs
) -> None:
    """It is pending all the while; of two gateways one restarts it, and the other holds nothing."""
    await submit(storage, jobs, "req_a", HOOK)
    await storage.ledger.settle(jobs.record("req_a", Outcome.INTERRUPTED))
    assert (await found(storage, "req_a")).status is TaskStatus.PENDING
    assert await ids(storage) == ["req_a"]
    assert await storage.tasks.claim_deliveries(10, LEASE_S) == ()
    tries = await asyncio.gather(
        restart(storage, jobs, "req_a", "req_a", "req_b"),
        restart(other, jobs, "req_a", "req_a", "req_c"),
        return_exceptions=True,
    )
    assert [type(failure) for failure in tries if failure is not None] == [Conflict]
    assert await ids(storage) == []
    task = await found(storage, "req_a")
    assert (task.status, task.restarts) == (TaskStatus.PENDING, 1)
    assert await storage.tasks.begin("req_a", task.job.job_id)
    await storage.ledger.settle(jobs.record(task.job.job_id))
    audit = await storage.ledger.add_up(DEFAULT_ACCOUNT)
    assert (audit.faults, audit.held_nusd, audit.balance_nusd) == ((), 0, -CHARGE_NUSD)


async def test_a_job_whose_place_was_taken_cannot_begin(storage: Storage, jobs: Jobs) -> None:
    """A gateway that only stood still finds that another has its task, and cannot say why it would have failed."""
    await submit(storage, jobs, "req_a")
    await storage.ledger.settle(jobs.record("req_a", Outcome.INTERRUPTED))
    await restart(storage, jobs, "req_a", "req_a", "req_b")
    assert not await storage.tasks.begin("req_a", "req_a")
    await storage.tasks.note("req_a", "req_a", Failure(code="late", message="Late."))
    assert (await found(storage, "req_a")).failure is None
    assert await storage.tasks.begin("req_a", "req_b")


async def test_a_job_that_was_ended_for_its_gateway_cannot_begin(storage: Storage, jobs: Jobs) -> None:
    """Though nobody has taken its place yet: a gateway that wakes then leaves the task to whoever will."""
    await submit(storage, jobs, "req_a")
    await storage.ledger.settle(jobs.record("req_a", Outcome.INTERRUPTED))
    assert not await storage.tasks.begin("req_a", "req_a")
    assert await ids(storage) == ["req_a"]


async def test_a_task_that_was_told_as_failed_stays_so(storage: Storage, jobs: Jobs) -> None:
    """What its gateway drew or met while it was taken for dead is neither charged nor told: its caller has gone on."""
    await submit(storage, jobs, "req_a")
    await storage.tasks.begin("req_a", "req_a")
    await storage.ledger.settle(jobs.record("req_a", Outcome.INTERRUPTED))
    before = await found(storage, "req_a")
    await storage.tasks.note("req_a", "req_a", BROKE)
    with pytest.raises(AlreadyResolved):
        await storage.ledger.settle(jobs.record("req_a", Outcome.STORED))
    assert await found(storage, "req_a") == before
    assert before.status is TaskStatus.FAILED
    audit = await storage.ledger.add_up(DEFAULT_ACCOUNT)
    assert (audit.faults, audit.held_nusd, audit.balance_nusd) == ((), 0, 0)


@pytest.mark.parametrize("again", [Repeat(retries=1), Repeat(retries=0, idempotency_key="once")])
async def test_a_submission_sent_again_finds_the_task_whatever_job_it_has(
    storage: Storage, jobs: Jobs, again: Repeat
) -> None:
    """While it waits, while another job is to take its job's place, and afterwards; not when nothing will."""
    first = replace(jobs.claim(replace(again, retries=0)), of_task=True)
    await submit(storage, jobs, "req_a", claim=first)
    retries = iter(range(1, 10))

    async def meant() -> str | None:
        return await storage.ledger.claim(replace(first, repeat=replace(again, retries=next(retries))))

    assert await meant() == "req_a"
    await storage.ledger.settle(jobs.record("req_a", Outcome.INTERRUPTED))
    assert await meant() == "req_a"
    await restart(storage, jobs, "req_a", "req_a", "req_b")
    assert await meant() == "req_b"
    await storage.tasks.begin("req_a", "req_b")
    await storage.ledger.settle(jobs.record("req_b", Outcome.INTERRUPTED))
    assert await meant() is None


async def test_what_has_begun_is_not_restarted(storage: Storage, jobs: Jobs) -> None:
    """An engine may have drawn it, and been paid: the task failed, and its caller decides."""
    await submit(storage, jobs, "req_a")
    assert await storage.tasks.begin("req_a", "req_a")
    await storage.ledger.settle(jobs.record("req_a", Outcome.INTERRUPTED))
    assert await ids(storage) == []
    with pytest.raises(Conflict):
        await restart(storage, jobs, "req_a", "req_a", "req_b")
    task = await found(storage, "req_a")
    assert task.status is TaskStatus.FAILED
    assert task.told_failure is not None
    assert task.told_failure.code == "interrupted"


async def test_a_task_that_waits_for_another_job_can_be_cancelled(storage: Storage, jobs: Jobs) -> None:
    """And then gets none."""
    await submit(storage, jobs, "req_a")
    await storage.ledger.settle(jobs.record("req_a", Outcome.INTERRUPTED))
    assert await storage.tasks.cancel(DEFAULT_ACCOUNT, "req_a")
    assert await ids(storage) == []
    assert (await found(storage, "req_a")).status is TaskStatus.CANCELLED


async def test_a_task_is_not_restarted_for_ever(storage: Storage, jobs: Jobs) -> None:
    """After so many servers it is told as failed."""
    await submit(storage, jobs, "req_0")
    for number in range(RESTARTS_MAX):
        await storage.ledger.settle(jobs.record(f"req_{number}", Outcome.INTERRUPTED))
        assert await ids(storage) == ["req_0"]
        await restart(storage, jobs, "req_0", f"req_{number}", f"req_{number + 1}")
    await storage.ledger.settle(jobs.record(f"req_{RESTARTS_MAX}", Outcome.INTERRUPTED))
    assert await ids(storage) == []
    assert (await found(storage, "req_0")).status is TaskStatus.FAILED


@pytest.mark.parametrize(
    ("failure", "status"), [(BROKE, TaskStatus.FAILED), (replace(BROKE, timed_out=True), TaskStatus.TIMEOUT)]
)
async def test_what_ended_a_task_is_told(storage: Storage, jobs: Jobs, failure: Failure, status: TaskStatus) -> None:
    """With its words, once its job has ended."""
    await submit(storage, jobs, "req_a")
    await storage.tasks.begin("req_a", "req_a")
    await storage.tasks.note("req_a", "req_a", failure)
    assert (await found(storage, "req_a")).status is TaskStatus.PROCESSING
    await storage.ledger.settle(jobs.record("req_a", Outcome.FAILED))
    task = await found(storage, "req_a")
    assert (task.status, task.told_failure) == (status, failure)


async def test_a_failure_that_was_not_noted_has_its_code(storage: Storage, jobs: Jobs) -> None:
    """That of the job."""
    await submit(storage, jobs, "req_a")
    await storage.ledger.settle(jobs.record("req_a", Outcome.REFUSED))
    failure = (await found(storage, "req_a")).told_failure
    assert failure is not None
    assert failure.code == "why"


async def test_a_request_is_kept_until_an_engine_begins(storage: Storage, jobs: Jobs) -> None:
    """Or until there is nothing to begin: not for a task that was cancelled and has not ended yet."""
    for task_id in ("req_waits", "req_begun", "req_failed", "req_lost"):
        await submit(storage, jobs, task_id)
    await storage.tasks.begin("req_begun", "req_begun")
    await storage.ledger.settle(jobs.record("req_failed", Outcome.FAILED))
    await storage.ledger.settle(jobs.record("req_lost", Outcome.INTERRUPTED))
    assert set(await storage.tasks.with_needless_requests(10)) == {"req_begun", "req_failed"}
    await storage.tasks.request_gone("req_begun")
    assert await storage.tasks.with_needless_requests(10) == ("req_failed",)


async def test_the_end_of_a_task_is_delivered_by_one(storage: Storage, other: Storage, jobs: Jobs) -> None:
    """Of two gateways that look at the same time, whoever claims it, until its lease is over."""
    for number in range(10):
        await submit(storage, jobs, f"req_{number}", HOOK)
        await storage.ledger.settle(jobs.record(f"req_{number}"))
    await submit(storage, jobs, "req_untold")
    await storage.ledger.settle(jobs.record("req_untold"))
    await submit(storage, jobs, "req_running", HOOK)
    claims = await asyncio.gather(*(gateway.tasks.claim_deliveries(7, LEASE_S) for gateway in (storage, other)))
    claimed = [task.id for claim in claims for task in claim]
    assert len(claimed) == len(set(claimed))
    rest = await storage.tasks.claim_deliveries(10, LEASE_S)
    assert {*claimed, *(task.id for task in rest)} == {f"req_{number}" for number in range(10)}
    assert {task.deliveries for task in rest} <= {1}


async def test_a_delivery_is_its_gateways_own_while_that_lives(
    storage: Storage, other: Storage, jobs: Jobs, clock: ManualClock
) -> None:
    """Whatever time it is: no other claims it. Itself does when nothing was noted of its attempt for a lease."""
    await submit(storage, jobs, "req_a", HOOK)
    await storage.ledger.settle(jobs.record("req_a"))
    assert [task.deliveries for task in await storage.tasks.claim_deliveries(1, LEASE_S)] == [1]
    clock.advance(LEASE_S - 1)
    assert await storage.tasks.claim_deliveries(1, LEASE_S) == ()
    clock.advance(10 * LEASE_S)
    assert await other.tasks.claim_deliveries(1, LEASE_S) == ()
    assert [task.deliveries for task in await storage.tasks.claim_deliveries(1, LEASE_S)] == [2]


async def test_a_delivery_whose_gateway_died_is_claimed_again(
    storage: Storage, other: Storage, jobs: Jobs, clock: ManualClock
) -> None:
    """Once that was taken for dead, or has left, as a further attempt of another's."""
    await submit(storage, jobs, "req_a", HOOK)
    await storage.ledger.settle(jobs.record("req_a"))
    assert [task.deliveries for task in await storage.tasks.claim_deliveries(1, LEASE_S)] == [1]
    await storage.recovery.leave()
    assert [task.deliveries for task in await other.tasks.claim_deliveries(1, LEASE_S)] == [2]
    await storage.tasks.deliver_again("req_a", 0)
    assert await storage.tasks.claim_deliveries(1, LEASE_S) == ()
    await other.tasks.delivered("req_a")
    clock.advance(10 * LEASE_S)
    assert await other.tasks.claim_deliveries(1, LEASE_S) == ()


async def test_a_delivery_that_was_not_taken_comes_again_or_never(
    storage: Storage, jobs: Jobs, clock: ManualClock
) -> None:
    """When it is said to."""
    await submit(storage, jobs, "req_a", HOOK)
    await storage.ledger.settle(jobs.record("req_a"))
    await storage.tasks.claim_deliveries(1, LEASE_S)
    await storage.tasks.deliver_again("req_a", 300)
    clock.advance(299)
    assert await storage.tasks.claim_deliveries(1, LEASE_S) == ()
    clock.advance(1)
    assert len(await storage.tasks.claim_deliveries(1, LEASE_S)) == 1
    await storage.tasks.deliver_again("req_a", None)
    clock.advance(10_000)
    assert await storage.tasks.claim_deliveries(1, LEASE_S) == ()
