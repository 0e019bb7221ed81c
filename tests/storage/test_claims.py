"""Which job a request means, on each database: the rule itself, and that its requests never share a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.storage.jobs import Jobs

from limner.claims import Candidate, Claim, Repeat, in_order
from limner.clock import ManualClock
from limner.errors import Conflict
from limner.record import Outcome
from limner.storage import Storage

FIRST = Repeat(retries=0)
SECOND = Repeat(retries=1)


def candidate(name: str, retries: int, **more: object) -> Candidate:
    """A job under way that somebody waits for, unless told otherwise."""
    return Candidate(**{"id": name, "retries": retries, "since_s": 0, "abandoned": False, "running": True, **more})  # type: ignore[arg-type]  # the test names its fields


def test_the_likeliest_comes_first() -> None:
    """Jobs nobody waits for and refusals by their retries, then jobs under way, then answers that may be lost."""
    candidates = [
        candidate("lost", 1, running=False),
        candidate("attended", 0),
        candidate("attended later", 0, since_s=1),
        candidate("attended again", 1),
        candidate("refusal", 1, abandoned=True, is_refusal=True),
        candidate("left", 1, abandoned=True),
        candidate("stored", 1, abandoned=True, running=False, since_s=1),
        candidate("left at first", 0, abandoned=True),
        candidate("claimed by as many", 2),
    ]
    assert [one.id for one in in_order(candidates, 2)] == [
        "stored", "left", "refusal", "left at first", "attended again", "attended later", "attended", "lost",
    ]  # fmt: skip


async def test_what_was_replayed_is_nobodys_any_more(storage: Storage, jobs: Jobs) -> None:
    """A stored answer that one retry has had is not given to another, which was refused when it first asked."""
    await storage.ledger.admit(jobs.admission("req_a", claim=jobs.claim(FIRST)))
    await storage.ledger.note_refusals([jobs.claim(FIRST)], admitted=False)
    await storage.ledger.settle(jobs.record("req_a", Outcome.STORED))
    assert await storage.ledger.claim(jobs.claim(SECOND)) == "req_a"
    assert await storage.ledger.claim(jobs.claim(Repeat(retries=2))) is None


async def test_a_retry_that_was_refused_unseen_finds_its_job_with_the_next(storage: Storage, jobs: Jobs) -> None:
    """While the database was away nobody knew that the picture was there already: it is not bought again."""
    await storage.ledger.admit(jobs.admission("req_a", claim=jobs.claim(FIRST)))
    await storage.ledger.settle(jobs.record("req_a"))
    await storage.ledger.note_refusals([jobs.claim(SECOND)], admitted=False)
    assert await storage.ledger.claim(jobs.claim(Repeat(retries=2))) == "req_a"


async def test_a_job_is_claimed_once_for_each_count(storage: Storage, jobs: Jobs) -> None:
    """A second retry of the same count does not get it; a later one does."""
    await storage.ledger.admit(jobs.admission("req_a", claim=jobs.claim(FIRST)))
    found = [await storage.ledger.claim(jobs.claim(Repeat(retries=retries))) for retries in (1, 1, 3, 2)]
    assert found == ["req_a", None, "req_a", None]


async def test_an_admission_finds_what_a_look_before_did_not(storage: Storage, jobs: Jobs) -> None:
    """The job was admitted in between: nothing is stored or held for the retry."""
    assert await storage.ledger.claim(jobs.claim(SECOND)) is None
    await storage.ledger.admit(jobs.admission("req_a", claim=jobs.claim(FIRST)))
    held_nusd = await storage.ledger.balance_nusd("default")
    assert (await storage.ledger.admit(jobs.admission("req_b", claim=jobs.claim(SECOND)))).instead == "req_a"
    assert await storage.jobs.find("default", "req_b") is None
    assert await storage.ledger.balance_nusd("default") == held_nusd


async def test_a_job_without_a_count_is_not_found(storage: Storage, jobs: Jobs) -> None:
    """Whoever does not count sends no retries, and a job admitted without a claim belongs to no request."""
    await storage.ledger.admit(jobs.admission("req_a", claim=jobs.claim(Repeat())))
    await storage.ledger.admit(jobs.admission("req_b"))
    assert await storage.ledger.claim(jobs.claim(SECOND)) is None


@pytest.mark.parametrize("outcome", list(Outcome))
async def test_a_retry_finds_what_was_charged(storage: Storage, jobs: Jobs, outcome: Outcome) -> None:
    """What came to nothing runs anew, with an idempotency key as well."""
    once = Repeat(idempotency_key="once")
    for job_id, repeat in (("req_a", FIRST), ("req_b", once)):
        await storage.ledger.admit(jobs.admission(job_id, claim=jobs.claim(repeat)))
        await storage.ledger.settle(jobs.record(job_id, outcome))
    found = [await storage.ledger.claim(jobs.claim(repeat)) for repeat in (SECOND, once)]
    assert found == (["req_a", "req_b"] if outcome.charged else [None, None])
    admitted = await storage.ledger.admit(jobs.admission("req_c", claim=jobs.claim(once)))
    assert admitted.instead == ("req_b" if outcome.charged else None)


async def test_an_idempotency_key_is_free_again_after_its_time(
    storage: Storage, jobs: Jobs, clock: ManualClock
) -> None:
    """Also when housekeeping has not come by yet."""
    once = Repeat(idempotency_key="once")
    await storage.ledger.admit(jobs.admission("req_a", claim=jobs.claim(once)))
    with pytest.raises(Conflict):
        await storage.ledger.admit(jobs.admission("req_b", claim=jobs.claim(once, "a cat")))
    clock.advance(86_400)
    assert (await storage.ledger.admit(jobs.admission("req_b", claim=jobs.claim(once, "a cat")))).instead is None
    assert await storage.ledger.claim(jobs.claim(once, "a cat")) == "req_b"


class Luck(Enum):
    """How a step goes. BAD: there is no room for a job, or it fails. BLIND: not even a job that is there is seen."""

    GOOD = auto()
    BAD = auto()
    BLIND = auto()


@dataclass
class Caller:
    """Somebody who wants one picture. job: the one it waits for, or waited for last; None after a refusal."""

    retries: int = 0
    job: str | None = None
    waiting: bool = False
    served: bool = False


class World:
    """Callers who all ask for the same, and what became of their requests."""

    def __init__(self, storage: Storage, jobs: Jobs, content: str, ids: Iterator[int]) -> None:
        self._storage = storage
        self._jobs = jobs
        self._content = content
        self._ids = ids
        self.callers: list[Caller] = []
        self.running: dict[str, Claim] = {}
        self.paid: set[str] = set()

    async def ask(self, caller: Caller, luck: Luck) -> None:
        """Send the request once more."""
        unattended = set(self.running) - {one.job for one in self.callers if one.waiting}
        claim = self._jobs.claim(Repeat(retries=caller.retries), self._content, unattended)
        if luck is Luck.BLIND:
            await self._storage.ledger.note_refusals([claim], admitted=False)
            caller.job = None
            return
        found = await self._storage.ledger.claim(claim) if claim.returning else None
        if found is None and luck is Luck.BAD:
            await self._storage.ledger.note_refusals([claim], admitted=False)
            caller.job = None
            return
        if found is None:
            own = f"req_{next(self._ids)}"
            found = (await self._storage.ledger.admit(self._jobs.admission(own, claim=claim))).instead or own
        if found not in self.paid:
            self.running[found] = claim
        caller.job, caller.waiting, caller.served = found, found in self.running, found not in self.running

    async def end(self, job: str, *, well: bool) -> None:
        """The engine has delivered, or failed."""
        claim = self.running.pop(job)
        there = [caller for caller in self.callers if caller.job == job and caller.waiting]
        for caller in there:
            caller.waiting, caller.served = False, well
        if well:
            self.paid.add(job)
            outcome = Outcome.DELIVERED if there else Outcome.STORED
        else:
            outcome = Outcome.FAILED
        await self._storage.ledger.settle(self._jobs.record(job, outcome))
        if not well:
            await self._storage.ledger.note_refusals([claim], admitted=True)

    def check(self) -> None:
        """Nobody shares a picture, and nobody has bought two."""
        had = [caller.job for caller in self.callers if caller.waiting or caller.served]
        assert len(set(had)) == len(had)
        assert len(self.running) + len(self.paid) <= len(self.callers)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["new", "drop", "again", "end"]),
        st.integers(0, 5),
        st.sampled_from([Luck.GOOD, Luck.GOOD, Luck.BAD, Luck.BLIND]),
    ),
    min_size=1,
    max_size=40,
)
_IDS = count()


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_identical_requests_never_share_a_picture_nor_buy_two(
    storage: Storage, jobs: Jobs, clock: ManualClock, steps: list[tuple[str, int, Luck]]
) -> None:
    """Whatever connections break, requests are refused and jobs fail: each caller has one picture, its own."""
    world = World(storage, jobs, f"content {next(_IDS)}", _IDS)
    for step, number, luck in steps:
        clock.advance(0.001)  # of jobs begun at the very same moment none is the newest
        if step == "new":
            world.callers.append(Caller())
            await world.ask(world.callers[-1], luck)
        waiting = [caller for caller in world.callers if caller.waiting]
        gone = [caller for caller in world.callers if not caller.waiting and not caller.served]
        if step == "drop" and waiting:
            waiting[number % len(waiting)].waiting = False
        if step == "again" and gone:
            caller = gone[number % len(gone)]
            caller.retries += 1 + (number == 0)  # a retry may get lost on its way
            await world.ask(caller, luck)
        if step == "end" and world.running:
            await world.end(sorted(world.running)[number % len(world.running)], well=luck is not Luck.BAD)
        world.check()
