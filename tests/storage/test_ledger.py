"""The ledger, on every database: holds, settlements, and that an account always adds up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Row, func, insert, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from tests.storage.jobs import CHARGE_NUSD, HOLD_NUSD, Jobs
from tests.storage.openers import Opener

from limner.admin import create_key, revoke_key
from limner.clock import ManualClock
from limner.errors import Defect, NotAuthenticated
from limner.job import ImageRequest, Kind
from limner.keys import Key
from limner.ledger import TRANSITIONS, AlreadyResolved, EntryKind, HoldState
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.storage.tables import entries
from limner.trail import SERVER
from limner.usage import UsageQuery

CHARGED = [outcome for outcome in Outcome if outcome.charged]
UNCHARGED = [outcome for outcome in Outcome if not outcome.charged]


async def lines(storage: Storage) -> list[Row[Any]]:
    """Every entry, in order."""
    return await storage.database.read(
        lambda connection: list(connection.execute(select(entries).order_by(entries.c.id)))
    )


async def sound(storage: Storage) -> bool:
    """Whether the default account adds up."""
    return (await storage.ledger.add_up(DEFAULT_ACCOUNT)).sound


async def test_a_new_database_has_the_default_account_with_nothing_in_it(storage: Storage) -> None:
    """The account every key belongs to exists from the start, empty and sound."""
    assert await storage.ledger.account_ids() == (DEFAULT_ACCOUNT,)
    assert await storage.ledger.balance_nusd(DEFAULT_ACCOUNT) == 0
    assert await sound(storage)


async def test_an_unknown_account_has_no_balance_and_is_not_sound(storage: Storage) -> None:
    """Asking for an account that does not exist is not mistaken for one that is empty."""
    assert await storage.ledger.balance_nusd("nobody") is None
    assert (await storage.ledger.add_up("nobody")).faults == ("there is no such account",)


async def test_a_hold_takes_the_worst_case_out_of_the_balance(storage: Storage, jobs: Jobs) -> None:
    """While a job runs its account has the hold less, and the audit says how much is held."""
    await storage.ledger.admit(jobs.admission("req_a"))
    audit = await storage.ledger.add_up(DEFAULT_ACCOUNT)
    assert (audit.balance_nusd, audit.held_nusd, audit.entries, audit.sound) == (-HOLD_NUSD, HOLD_NUSD, 1, True)


@pytest.mark.parametrize("outcome", CHARGED)
async def test_settling_gives_back_what_was_not_charged(storage: Storage, jobs: Jobs, outcome: Outcome) -> None:
    """After a delivered or stored job the account has paid its charge, no more and no less."""
    await storage.ledger.admit(jobs.admission("req_a"))
    await storage.ledger.settle(jobs.record("req_a", outcome))
    assert await storage.ledger.balance_nusd(DEFAULT_ACCOUNT) == -CHARGE_NUSD
    hold, end = await lines(storage)
    assert (hold.kind, hold.amount_nusd, hold.price_book) == ("hold", -HOLD_NUSD, "2026-11-22+test")
    assert (end.kind, end.amount_nusd, end.resolves) == ("settle", HOLD_NUSD - CHARGE_NUSD, hold.id)
    assert await sound(storage)


async def test_no_more_is_charged_than_was_held(storage: Storage, jobs: Jobs) -> None:
    """A bound that was too low costs the operator the difference: a budget that allowed the hold is never overrun."""
    await storage.ledger.admit(jobs.admission("req_a", hold_nusd=10))
    await storage.ledger.settle(jobs.record("req_a", charge_nusd=25))
    assert [line.amount_nusd for line in await lines(storage)] == [-10, 0]
    job = await storage.jobs.find(DEFAULT_ACCOUNT, "req_a")
    assert job is not None
    assert job.record is not None
    assert job.record.charge_nusd == 10
    [line] = await storage.usage.sums(UsageQuery(by=()))
    assert line.charge_nusd == 10
    assert await sound(storage)


@pytest.mark.parametrize("outcome", UNCHARGED)
async def test_every_other_end_releases_the_whole_hold(storage: Storage, jobs: Jobs, outcome: Outcome) -> None:
    """A job that delivered nothing costs nothing, even when its record names a charge."""
    await storage.ledger.admit(jobs.admission("req_a"))
    await storage.ledger.settle(jobs.record("req_a", outcome))
    assert await storage.ledger.balance_nusd(DEFAULT_ACCOUNT) == 0
    assert [line.kind for line in await lines(storage)] == ["hold", "release"]
    assert await sound(storage)


async def test_what_was_held_is_what_was_stored(storage: Storage, jobs: Jobs) -> None:
    """A record that misremembers its hold gives back the true one."""
    await storage.ledger.admit(jobs.admission("req_a"))
    await storage.ledger.settle(replace(jobs.record("req_a", Outcome.FAILED), hold_nusd=1))
    assert await storage.ledger.balance_nusd(DEFAULT_ACCOUNT) == 0


VERBS = (EntryKind.HOLD, EntryKind.SETTLE, EntryKind.RELEASE)
OUTCOME_OF = {EntryKind.SETTLE: Outcome.DELIVERED, EntryKind.RELEASE: Outcome.FAILED}
WAY_TO = {
    HoldState.ABSENT: (),
    HoldState.HELD: (EntryKind.HOLD,),
    HoldState.SETTLED: (EntryKind.HOLD, EntryKind.SETTLE),
    HoldState.RELEASED: (EntryKind.HOLD, EntryKind.RELEASE),
}
"""Abandoned holds have tests of their own: see test_recovery.py."""


async def perform(storage: Storage, jobs: Jobs, verb: EntryKind) -> None:
    """Do one verb to the job `req_a`."""
    if verb is EntryKind.HOLD:
        await storage.ledger.admit(jobs.admission("req_a"))
    else:
        await storage.ledger.settle(jobs.record("req_a", OUTCOME_OF[verb]))


@pytest.mark.parametrize(("state", "verb"), list(product(WAY_TO, VERBS)))
async def test_every_pair_of_state_and_verb(storage: Storage, jobs: Jobs, state: HoldState, verb: EntryKind) -> None:
    """The database follows the table of transitions: what is not in it is refused and leaves no trace."""
    for step in WAY_TO[state]:
        await perform(storage, jobs, step)
    before = await lines(storage)
    if (state, verb) in TRANSITIONS:
        await perform(storage, jobs, verb)
        assert len(await lines(storage)) == len(before) + 1
    else:
        resolved = state in {HoldState.SETTLED, HoldState.RELEASED}
        with pytest.raises(AlreadyResolved if resolved else Defect):
            await perform(storage, jobs, verb)
        assert await lines(storage) == before
    assert await sound(storage)


async def test_a_key_revoked_meanwhile_admits_nothing(storage: Storage, jobs: Jobs, key: Key) -> None:
    """Admission asks for the key in its own transaction: one revoked a moment before holds nothing."""
    await revoke_key(storage.keys, key.id, by=SERVER, clock=ManualClock())
    with pytest.raises(NotAuthenticated, match=r"sk-limner-\*{8}") as refused:
        await storage.ledger.admit(jobs.admission("req_a"))
    assert refused.value.code == "invalid_api_key"
    assert await lines(storage) == []


async def test_a_key_of_another_account_admits_nothing(storage: Storage, jobs: Jobs, key: Key) -> None:
    """A job names the account its key belongs to, or is refused."""
    admission = jobs.admission("req_a")
    with pytest.raises(NotAuthenticated):
        await storage.ledger.admit(replace(admission, job=replace(admission.job, account_id="other")))
    with pytest.raises(NotAuthenticated):
        await storage.ledger.admit(replace(admission, job=replace(admission.job, key_id="key_none")))
    assert await lines(storage) == []


async def test_a_job_that_breaks_its_table_is_a_defect(storage: Storage, jobs: Jobs) -> None:
    """What the schema refuses is our own bug, said as one, and holds nothing."""
    nothing = ImageRequest(kind=Kind.GENERATION, model="gpt-image-2", prompt="", n=0)
    with pytest.raises(Defect, match="rules of its table"):
        await storage.ledger.admit(jobs.admission("req_a", request=nothing))
    assert await storage.ledger.balance_nusd(DEFAULT_ACCOUNT) == 0


async def test_many_jobs_at_once_keep_the_chain(storage: Storage, jobs: Jobs) -> None:
    """Jobs admitted and settled side by side leave one unbroken chain of balances."""

    async def whole(number: int) -> None:
        await storage.ledger.admit(jobs.admission(f"req_{number}"))
        await storage.ledger.settle(jobs.record(f"req_{number}", tuple(Outcome)[number % len(Outcome)]))

    await asyncio.gather(*(whole(number) for number in range(60)))
    audit = await storage.ledger.add_up(DEFAULT_ACCOUNT)
    assert (audit.entries, audit.held_nusd, audit.faults) == (120, 0, ())
    assert audit.balance_nusd == -20 * CHARGE_NUSD


async def test_two_programs_share_one_chain(opener: Opener, storage: Storage, jobs: Jobs) -> None:
    """A second program on the same data, writing at the same time, continues the same chain of balances."""
    async with opener() as other:
        both = (storage, other)
        await asyncio.gather(*(both[n % 2].ledger.admit(jobs.admission(f"req_{n}")) for n in range(40)))
        await asyncio.gather(*(both[n % 3 % 2].ledger.settle(jobs.record(f"req_{n}")) for n in range(40)))
    audit = await storage.ledger.add_up(DEFAULT_ACCOUNT)
    assert (audit.entries, audit.balance_nusd, audit.faults) == (80, -40 * CHARGE_NUSD, ())


async def test_settling_twice_at_once_settles_once(storage: Storage, jobs: Jobs) -> None:
    """Of two settlements racing in one batch exactly one wins."""
    await storage.ledger.admit(jobs.admission("req_a"))
    record = jobs.record("req_a")
    results = await asyncio.gather(*(storage.ledger.settle(record) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(result, AlreadyResolved) for result in results) == 4
    assert await storage.ledger.balance_nusd(DEFAULT_ACCOUNT) == -CHARGE_NUSD


async def test_holds_of_a_killed_server_are_released(opener: Opener, clock: ManualClock) -> None:
    """A job without an end, found at the next start, is interrupted: its hold goes back and it counts as a request."""
    async with opener() as killed:
        key = (await create_key(killed.keys, "tests", by=SERVER, clock=clock)).key
        jobs = Jobs(key, clock)
        for job_id in ("req_a", "req_b", "req_done"):
            await killed.ledger.admit(jobs.admission(job_id))
        await killed.ledger.settle(jobs.record("req_done"))
    clock.advance(60)
    async with opener() as restarted:
        assert await restarted.recovery.begin(alone=True) == 2
        assert await restarted.recovery.begin(alone=True) == 0
        assert await restarted.ledger.balance_nusd(DEFAULT_ACCOUNT) == -CHARGE_NUSD
        job = await restarted.jobs.find(DEFAULT_ACCOUNT, "req_a")
        assert job is not None
        assert job.record is not None
        assert (job.record.outcome, job.record.finished_at_s) == (Outcome.INTERRUPTED, clock.now_s())
        with pytest.raises(AlreadyResolved):
            await restarted.ledger.settle(jobs.record("req_b", Outcome.FAILED))
        assert await sound(restarted)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from([None, *Outcome]),
        st.integers(0, 10**12),
    ),
    max_size=20,
)


# One database for all examples: each brings jobs of its own, and the ledger has to add up with those before it.
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_any_sequence_adds_up(storage: Storage, jobs: Jobs, steps: list[tuple[int, Outcome | None, int]]) -> None:
    """Whatever is admitted and settled, in any order and however often, the balance is the sum of the entries."""
    example = uuid4()
    for number, outcome, amount_nusd in steps:
        job_id = f"req_{example}_{number}"
        try:
            if outcome is None:
                await storage.ledger.admit(jobs.admission(job_id, hold_nusd=amount_nusd))
            else:
                await storage.ledger.settle(jobs.record(job_id, outcome, charge_nusd=amount_nusd))
        except Defect:
            pass
    audit = await storage.ledger.add_up(DEFAULT_ACCOUNT)
    total_nusd = await storage.database.read(
        lambda connection: connection.scalar(select(func.coalesce(func.sum(entries.c.amount_nusd), 0)))
    )
    assert audit.faults == ()
    assert audit.balance_nusd == total_nusd


async def edit(storage: Storage, statement: str) -> None:
    """Change rows behind the ledger's back, past the schema's own rules."""

    def write(connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA ignore_check_constraints = ON"))
            connection.execute(text("DROP TRIGGER entries_unchanged"))
        else:
            connection.execute(text("DROP TRIGGER entries_stay ON entries"))
            table = statement.removeprefix("DELETE FROM ").removeprefix("UPDATE ").split()[0]
            for rule in inspect(connection).get_check_constraints(table):
                connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {rule['name']}"))
        connection.execute(text(statement))

    await storage.database.write(write)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE accounts SET balance_nusd = 5", "the balance is 5"),
        ("UPDATE entries SET amount_nusd = -1 WHERE id = 1", "entry 1: before and amount do not make after"),
        ("UPDATE entries SET balance_before_nusd = 1 WHERE id = 2", "entry 2: its balance before"),
        ("UPDATE entries SET job_id = 'req_b' WHERE id = 2", "entry 2: resolves what is not a hold"),
        ("UPDATE entries SET resolves = NULL, kind = 'hold' WHERE id = 2", "job req_a: ended without resolving"),
        ("UPDATE jobs SET outcome = 'failed' WHERE id = 'req_b'", "job req_b: ended without resolving"),
        ("UPDATE jobs SET hold_nusd = 1 WHERE id = 'req_a'", "job req_a: its hold is not what its row says"),
        ("UPDATE jobs SET charge_nusd = 1 WHERE id = 'req_a'", "job req_a: pays other than its charge"),
        ("UPDATE meters SET spent_nusd = 1", "key key_"),
        ("UPDATE meters SET jobs_running = 0", "key key_"),
        ("UPDATE usage SET charge_nusd = 1", "job req_a: its usage is not its end"),
        ("DELETE FROM usage", "job req_a: its usage is not its end"),
        ("UPDATE usage SET images = 9", "usage of 86400 s from 1789948800 on: the sums kept"),
        ("UPDATE usage_sums SET requests = 2 WHERE width_s = 3600", "usage of 3600 s from 1789999200 on: the sums"),
        ("DELETE FROM usage_sums WHERE detailed", "usage of 86400 s from 1789948800 on: the sums kept"),
    ],
)
async def test_the_audit_finds_an_edited_row(storage: Storage, jobs: Jobs, statement: str, fault: str) -> None:
    """Each rule of the ledger is asked of the rows, so that a damaged file does not pass for a sound one."""
    await storage.ledger.admit(jobs.admission("req_a"))
    await storage.ledger.settle(jobs.record("req_a"))
    await storage.ledger.admit(jobs.admission("req_b"))
    assert await sound(storage)
    await storage.database.write(lambda connection: connection.execute(text("DROP INDEX uq_entries_hold_of_job")))
    await edit(storage, statement)
    faults = (await storage.ledger.add_up(DEFAULT_ACCOUNT)).faults
    assert any(line.startswith(fault) for line in faults), faults


@pytest.mark.parametrize("statement", ["UPDATE entries SET reason = 'a gift'", "DELETE FROM entries WHERE id = 2"])
async def test_the_database_keeps_every_entry(storage: Storage, jobs: Jobs, statement: str) -> None:
    """Nothing but an insert is taken, whoever asks."""
    await storage.ledger.admit(jobs.admission("req_a"))
    await storage.ledger.settle(jobs.record("req_a"))
    before = await lines(storage)
    with pytest.raises(SQLAlchemyError, match="rows of entries are only added"):
        await storage.database.write(lambda connection: connection.execute(text(statement)))
    assert await lines(storage) == before


async def test_the_schema_itself_refuses_a_second_resolution(storage: Storage, jobs: Jobs) -> None:
    """No program, not only ours, can resolve a hold twice."""
    await storage.ledger.admit(jobs.admission("req_a"))
    await storage.ledger.settle(jobs.record("req_a"))
    again = {**(await lines(storage))[1]._mapping, "id": 99}
    with pytest.raises(Exception, match=r"UNIQUE.*resolves|unique.*resolves"):
        await storage.database.write(lambda connection: connection.execute(insert(entries), again))
