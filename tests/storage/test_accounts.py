"""Accounts and their money, on every database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest
from tests.storage.jobs import CHARGE_NUSD, HOLD_NUSD, Jobs

from limner.accounts import Account, AccountTerms
from limner.admin import change_account, close_account, create_account, create_key, credit_account, list_accounts
from limner.claims import IDEMPOTENCY_S
from limner.clock import ManualClock
from limner.errors import Conflict, InvalidRequest, LimitReached, NotAuthenticated, NotFound
from limner.keys import KeyRing
from limner.ledger import Admitted
from limner.money import AMOUNT_NUSD_MAX
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.trail import SERVER, Action, ActQuery

TERMS = AccountTerms(credit_limit_nusd=5, markup_bp=1_250, labels={"team": "design", "a": "=1+1"})


async def prepaid(storage: Storage, clock: ManualClock, amount_nusd: int) -> Jobs:
    """Jobs of a prepaid account with that much in it."""
    account = await create_account(storage.accounts, "studio", by=SERVER, clock=clock)
    await credit_account(storage.ledger, account.id, amount_nusd, by=SERVER, clock=storage.clock)
    return Jobs((await create_key(storage.keys, "paid", account_id=account.id, by=SERVER, clock=clock)).key, clock)


async def test_the_default_account_has_no_limit(storage: Storage) -> None:
    """A new installation draws without anybody putting money in."""
    [account] = await list_accounts(storage.accounts)
    assert (account.id, account.terms) == (DEFAULT_ACCOUNT, AccountTerms(credit_limit_nusd=None))


async def test_what_was_granted_comes_back(storage: Storage, clock: ManualClock) -> None:
    """An account is stored whole, and is prepaid unless told otherwise."""
    clock.advance(1)
    made = await create_account(storage.accounts, "studio", terms=TERMS, by=SERVER, clock=clock)
    assert made == Account(id="studio", terms=TERMS, balance_nusd=0, created_at_s=clock.now_s(), closed_at_s=None)
    assert (await list_accounts(storage.accounts))[1] == made
    assert (await create_account(storage.accounts, "other", by=SERVER, clock=clock)).terms.credit_limit_nusd == 0


async def test_two_accounts_cannot_share_a_name(storage: Storage, clock: ManualClock) -> None:
    """Nor can a closed one's name be given again: its entries are still there."""
    await create_account(storage.accounts, "studio", by=SERVER, clock=clock)
    await close_account(storage.accounts, "studio", by=SERVER, clock=clock)
    with pytest.raises(Conflict, match="account 'studio' already"):
        await create_account(storage.accounts, "studio", by=SERVER, clock=clock)


@pytest.mark.parametrize("name", ["", "Ada", "-a", "a b", "a" * 65, "ä", "a\n", "a\r\nx: y"])
async def test_an_accounts_name_fits_a_header(storage: Storage, clock: ManualClock, name: str) -> None:
    """Every answer names its account, so nothing that could break a header is taken."""
    with pytest.raises(InvalidRequest, match="1 to 64 lower-case letters"):
        await create_account(storage.accounts, name, by=SERVER, clock=clock)


@pytest.mark.parametrize(
    "labels",
    [
        {"a": "x\ny"},
        {"a": "\x1b[31mred"},
        {"a": "\u202etxt"},
        {"a": ""},
        {"": "a"},
        {"a": "x" * 201},
        {str(i): "x" for i in range(17)},
    ],
)
async def test_labels_are_safe_to_print(storage: Storage, clock: ManualClock, labels: dict[str, str]) -> None:
    """No line break, escape or turn of direction gets into a list, and no list grows without end."""
    with pytest.raises(InvalidRequest):
        await create_account(storage.accounts, "studio", terms=AccountTerms(labels=labels), by=SERVER, clock=clock)


async def test_terms_are_changed_one_by_one(storage: Storage, clock: ManualClock) -> None:
    """What is not changed stays, and an account that is not there is told."""
    await create_account(storage.accounts, "studio", terms=TERMS, by=SERVER, clock=clock)
    changed = await change_account(
        storage.accounts, "studio", lambda terms: replace(terms, markup_bp=7), by=SERVER, clock=storage.clock
    )
    assert changed.terms == replace(TERMS, markup_bp=7)
    assert (await list_accounts(storage.accounts))[1] == changed
    with pytest.raises(InvalidRequest, match="not negative"):
        await change_account(
            storage.accounts,
            "studio",
            lambda terms: replace(terms, credit_limit_nusd=-1),
            by=SERVER,
            clock=storage.clock,
        )
    with pytest.raises(NotFound, match="no account 'nobody'"):
        await change_account(storage.accounts, "nobody", lambda terms: terms, by=SERVER, clock=storage.clock)


async def test_a_credit_is_an_entry_of_its_own(storage: Storage, clock: ManualClock) -> None:
    """Money put in and corrected has a line each, with its reason, and the account adds up."""
    await create_account(storage.accounts, "studio", by=SERVER, clock=clock)
    assert await credit_account(storage.ledger, "studio", 50, by=SERVER, clock=storage.clock) == 50
    assert (
        await credit_account(storage.ledger, "studio", -5, " invoice 12 was 45 ", by=SERVER, clock=storage.clock) == 45
    )
    audit = await storage.ledger.add_up("studio")
    assert (audit.balance_nusd, audit.entries, audit.faults) == (45, 2, ())


async def test_a_credit_with_a_key_happens_once(storage: Storage, clock: ManualClock) -> None:
    """Sent again, even at the same moment, it changes nothing; with other words its key is refused."""
    pay = partial(credit_account, storage.ledger, DEFAULT_ACCOUNT, by=SERVER, clock=clock)
    assert await asyncio.gather(*(pay(50, idempotency_key="invoice 12") for _ in range(4))) == [50] * 4
    clock.advance(2 * IDEMPOTENCY_S)
    assert await pay(50, idempotency_key="invoice 12") == 50
    for amount_nusd, reason in ((51, ""), (50, "another")):
        with pytest.raises(Conflict, match="sent before with a different request"):
            await pay(amount_nusd, reason, idempotency_key="invoice 12")
    assert await pay(50, idempotency_key="invoice 13") == 100
    assert await pay(50) == 150
    with pytest.raises(InvalidRequest, match="printable ASCII"):
        await pay(50, idempotency_key="invoice\n12")
    await create_account(storage.accounts, "studio", by=SERVER, clock=clock)
    assert await credit_account(storage.ledger, "studio", 7, idempotency_key="invoice 12", by=SERVER, clock=clock) == 7
    assert (await storage.ledger.add_up(DEFAULT_ACCOUNT)).entries == 3
    assert len((await storage.trail.acts(ActQuery(actions=(Action.ACCOUNT_CREDITED,)), limit=9)).acts) == 4


async def test_a_credit_that_makes_no_sense_is_refused(storage: Storage) -> None:
    """Nothing at all, a correction without a reason, an unknown account, and more than can be counted."""
    for amount_nusd, reason, error in (
        (0, "", InvalidRequest),
        (-1, " ", InvalidRequest),
        (1, "a\nb", InvalidRequest),
    ):
        with pytest.raises(error):
            await credit_account(storage.ledger, DEFAULT_ACCOUNT, amount_nusd, reason, by=SERVER, clock=storage.clock)
    with pytest.raises(NotFound, match="no account 'nobody'"):
        await credit_account(storage.ledger, "nobody", 1, by=SERVER, clock=storage.clock)
    await credit_account(storage.ledger, DEFAULT_ACCOUNT, AMOUNT_NUSD_MAX, by=SERVER, clock=storage.clock)
    with pytest.raises(InvalidRequest, match="beyond"):
        await credit_account(storage.ledger, DEFAULT_ACCOUNT, 1, by=SERVER, clock=storage.clock)
    assert (await storage.ledger.add_up(DEFAULT_ACCOUNT)).sound


async def test_a_prepaid_account_spends_what_it_has_and_no_more(storage: Storage, clock: ManualClock) -> None:
    """The hold that would take the balance below nothing is refused and leaves no trace; settling makes room again."""
    jobs = await prepaid(storage, clock, 2 * HOLD_NUSD - 1)
    await storage.ledger.admit(jobs.admission("req_a"))
    with pytest.raises(LimitReached) as refused:
        await storage.ledger.admit(jobs.admission("req_b"))
    assert refused.value.code == "credit_balance_exhausted"
    assert await storage.jobs.find("studio", "req_b") is None
    await storage.ledger.settle(jobs.record("req_a"))
    await storage.ledger.admit(jobs.admission("req_b"))
    await storage.ledger.settle(jobs.record("req_b", Outcome.FAILED))
    audit = await storage.ledger.add_up("studio")
    assert (audit.balance_nusd, audit.faults) == (2 * HOLD_NUSD - 1 - CHARGE_NUSD, ())


async def test_credit_for_one_buys_one(storage: Storage, clock: ManualClock) -> None:
    """Of many jobs admitted at once, exactly as many are as the balance pays for."""
    jobs = await prepaid(storage, clock, HOLD_NUSD)
    results = await asyncio.gather(
        *(storage.ledger.admit(jobs.admission(f"req_{n}")) for n in range(20)), return_exceptions=True
    )
    assert sum(isinstance(result, Admitted) for result in results) == 1
    assert sum(isinstance(result, LimitReached) for result in results) == 19
    assert await storage.ledger.balance_nusd("studio") == 0


async def test_a_postpaid_account_owes_up_to_its_limit(storage: Storage, clock: ManualClock) -> None:
    """Raising the limit counts from the next job on."""
    jobs = await prepaid(storage, clock, 1)
    with pytest.raises(LimitReached):
        await storage.ledger.admit(jobs.admission("req_a"))
    await change_account(
        storage.accounts,
        "studio",
        lambda terms: replace(terms, credit_limit_nusd=HOLD_NUSD - 1),
        by=SERVER,
        clock=storage.clock,
    )
    await storage.ledger.admit(jobs.admission("req_a"))
    assert await storage.ledger.balance_nusd("studio") == -(HOLD_NUSD - 1)


async def test_a_closed_account_takes_no_jobs_and_settles_those_it_has(storage: Storage, clock: ManualClock) -> None:
    """Closing is effective at the next admission, on every gateway; nothing that was held stays held."""
    jobs = await prepaid(storage, clock, 10 * HOLD_NUSD)
    await storage.ledger.admit(jobs.admission("req_a"))
    closed = await close_account(storage.accounts, "studio", by=SERVER, clock=clock)
    clock.advance(1)
    assert await close_account(storage.accounts, "studio", by=SERVER, clock=clock) == closed
    with pytest.raises(NotAuthenticated) as refused:
        await storage.ledger.admit(jobs.admission("req_b"))
    assert refused.value.code == "account_deactivated"
    await storage.ledger.settle(jobs.record("req_a"))
    assert await storage.ledger.balance_nusd("studio") == 10 * HOLD_NUSD - CHARGE_NUSD
    with pytest.raises(Conflict, match="'studio' is closed"):
        await create_key(storage.keys, "late", account_id="studio", by=SERVER, clock=clock)
    assert len(await list_accounts(storage.accounts)) == 1
    assert len(await list_accounts(storage.accounts, closed=True)) == 2


async def test_a_key_of_a_closed_account_does_not_open_the_door(storage: Storage, clock: ManualClock) -> None:
    """The key is not wrong, and its owner is told what is."""
    await create_account(storage.accounts, "studio", by=SERVER, clock=clock)
    new = await create_key(storage.keys, "paid", account_id="studio", by=SERVER, clock=clock)
    await close_account(storage.accounts, "studio", by=SERVER, clock=clock)
    with pytest.raises(NotAuthenticated, match="deactivated"):
        await KeyRing(storage.keys, clock).authenticate(new.secret)
