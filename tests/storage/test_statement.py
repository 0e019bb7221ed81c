"""The ledger as it is read, on every database."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from sqlalchemy import Connection, insert, update
from tests.storage.jobs import CHARGE_NUSD, HOLD_NUSD, Jobs

from limner.clock import ManualClock
from limner.keys import Key
from limner.ledger import EntryKind
from limner.record import Outcome
from limner.statement import Entry, EntryQuery, Standing
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.storage.gateways import GONE
from limner.storage.tables import accounts, entries
from limner.usage import EVERYTHING, RowPlace, UsageFilter

ALL = EntryQuery(account_id=DEFAULT_ACCOUNT)


@pytest.fixture
async def history(storage: Storage, jobs: Jobs, clock: ManualClock) -> None:
    """A delivered job, a failed one and one under way, ten seconds apart, ended in another order than begun."""
    for job_id in ("req_a", "req_b", "req_c"):
        await storage.ledger.admit(jobs.admission(job_id))
        clock.advance(10)
    await storage.ledger.settle(jobs.record("req_b", Outcome.FAILED))
    clock.advance(10)
    await storage.ledger.settle(replace(jobs.record("req_a"), user="ann"))


@pytest.mark.usefixtures("history")
async def test_an_accounts_standing_is_what_it_has_holds_and_spent(storage: Storage) -> None:
    """The balance has the holds taken out; what was spent is what jobs were charged."""
    assert await storage.statement.standing(DEFAULT_ACCOUNT) == Standing(
        account_id=DEFAULT_ACCOUNT,
        balance_nusd=-CHARGE_NUSD - HOLD_NUSD,
        held_nusd=HOLD_NUSD,
        spent_nusd=CHARGE_NUSD,
    )
    assert await storage.statement.standing("nobody") is None


@pytest.mark.usefixtures("history")
async def test_what_an_account_was_given_is_not_spent(storage: Storage) -> None:
    """An entry of no job raises the balance and nothing else, and has no job in the list."""
    given_nusd = 10**9
    entry = {
        "account_id": DEFAULT_ACCOUNT, "kind": "credit", "amount_nusd": given_nusd,
        "balance_before_nusd": -CHARGE_NUSD - HOLD_NUSD, "balance_after_nusd": given_nusd - CHARGE_NUSD - HOLD_NUSD,
        "reason": "paid", "created_at_s": 0.0,
    }  # fmt: skip

    def give(connection: Connection) -> None:
        connection.execute(insert(entries), entry)
        connection.execute(update(accounts).values(balance_nusd=entry["balance_after_nusd"]))

    await storage.database.write(give)
    assert await storage.statement.standing(DEFAULT_ACCOUNT) == Standing(
        account_id=DEFAULT_ACCOUNT,
        balance_nusd=given_nusd - CHARGE_NUSD - HOLD_NUSD,
        held_nusd=HOLD_NUSD,
        spent_nusd=CHARGE_NUSD,
    )
    [told] = (await storage.statement.entries(replace(ALL, kinds=(EntryKind.CREDIT,)), limit=5)).entries
    assert (told.amount_nusd, told.reason, told.job_id, told.price_book) == (given_nusd, "paid", None, None)


async def test_a_new_account_has_nothing(storage: Storage) -> None:
    """No job, no sums."""
    assert await storage.statement.standing(DEFAULT_ACCOUNT) == Standing(
        account_id=DEFAULT_ACCOUNT, balance_nusd=0, held_nusd=0, spent_nusd=0
    )


@pytest.mark.usefixtures("history")
async def test_entries_are_listed_the_latest_first_page_by_page(storage: Storage, clock: ManualClock) -> None:
    """Balances form a chain across pages, and the last page says that it is the last."""
    found: list[Entry] = []
    before_id = None
    for expected_more in (True, True, False):
        page = await storage.statement.entries(ALL, limit=2, before_id=before_id)
        assert page.has_more is expected_more
        found += page.entries
        before_id = page.end
    assert before_id is None
    assert [(entry.kind, entry.job_id) for entry in found] == [
        (EntryKind.SETTLE, "req_a"),
        (EntryKind.RELEASE, "req_b"),
        (EntryKind.HOLD, "req_c"),
        (EntryKind.HOLD, "req_b"),
        (EntryKind.HOLD, "req_a"),
    ]
    for later, earlier in pairwise(found):
        assert later.balance_before_nusd == earlier.balance_after_nusd
    assert found[0] == Entry(
        id=found[0].id,
        account_id=DEFAULT_ACCOUNT,
        kind=EntryKind.SETTLE,
        amount_nusd=HOLD_NUSD - CHARGE_NUSD,
        balance_before_nusd=-2 * HOLD_NUSD,
        balance_after_nusd=-HOLD_NUSD - CHARGE_NUSD,
        reason="delivered",
        created_at_s=clock.now_s(),
        job_id="req_a",
        price_book="2026-11-22+test",
    )


@pytest.mark.usefixtures("history")
async def test_entries_can_be_of_a_part(storage: Storage, clock: ManualClock) -> None:
    """Each condition narrows the list; another account has none of them."""
    now_s = clock.now_s()
    queries = {
        replace(ALL, since_s=now_s): 1,
        replace(ALL, until_s=now_s): 4,
        replace(ALL, kinds=(EntryKind.HOLD, EntryKind.CREDIT)): 3,
        replace(ALL, job_id="req_a"): 2,
        EntryQuery(account_id="other"): 0,
    }
    for query, count in queries.items():
        assert len((await storage.statement.entries(query, limit=10)).entries) == count, query


@pytest.mark.usefixtures("history")
async def test_a_bill_has_both_entries_of_every_ended_job(storage: Storage, key: Key) -> None:
    """In the order they ended; a job under way is in no bill."""
    first, second = await storage.statement.jobs(EVERYTHING, limit=5)
    assert (first.row.job_id, [entry.kind for entry in first.entries]) == ("req_b", [EntryKind.HOLD, EntryKind.RELEASE])
    assert first.entries[0].amount_nusd == -HOLD_NUSD
    assert sum(entry.amount_nusd for entry in second.entries) == -CHARGE_NUSD == -second.row.charge_nusd
    assert await storage.statement.jobs(EVERYTHING, limit=1) == (first,)
    after = RowPlace(first.row.finished_at_s, first.row.job_id)
    assert await storage.statement.jobs(UsageFilter(key_ids=(key.id,)), limit=5, after=after) == (second,)
    assert await storage.statement.jobs(UsageFilter(users=("ann",)), limit=5) == (second,)
    assert await storage.statement.jobs(UsageFilter(until_s=first.row.finished_at_s), limit=5) == ()


async def test_a_bill_has_the_late_charge_of_a_job_that_had_been_given_up(storage: Storage, jobs: Jobs) -> None:
    """Its gateway was taken for dead and delivered all the same: three entries, which add up to its charge."""
    await storage.ledger.admit(jobs.admission("req_a"))
    await storage.ledger.release_jobs_of(storage.gateway_id, GONE)
    await storage.ledger.settle(jobs.record("req_a"), late=True)
    [late] = await storage.statement.jobs(EVERYTHING, limit=5)
    assert [entry.kind for entry in late.entries] == [EntryKind.HOLD, EntryKind.RELEASE, EntryKind.CHARGE]
    assert sum(entry.amount_nusd for entry in late.entries) == -late.row.charge_nusd == -CHARGE_NUSD
