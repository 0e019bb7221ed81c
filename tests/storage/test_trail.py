"""The trail of changes, on every database: each change leaves one act, and no act is ever lost, changed or made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import SQLAlchemyError

from limner.accounts import AccountTerms
from limner.admin import (
    ACTS_READ,
    acts,
    block_user,
    change_account,
    change_key,
    close_account,
    create_account,
    create_key,
    credit_account,
    first_key_if_none,
    revoke_key,
    rotate_key,
    unblock_user,
)
from limner.clock import ManualClock
from limner.errors import Conflict, InvalidRequest, NotFound
from limner.keys import KeyTerms
from limner.limits import KeyLimits
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.storage.tables import trail
from limner.storage.trail import note
from limner.trail import SERVER, Act, Action, Actor, ActQuery, Stamp

ADA = Actor("key_ada")


async def told(storage: Storage, query: ActQuery | None = None) -> list[tuple[str, str, str, Any]]:
    """What the trail has, the oldest first, without times."""
    found = [act async for act in acts(storage.trail, query or ActQuery())]
    return [(act.actor.name, act.action.value, act.subject, dict(act.details)) for act in reversed(found)]


async def test_every_change_of_an_account_leaves_an_act(storage: Storage, clock: ManualClock) -> None:
    """By whom, to what, and of what changed the values before and after; a change to nothing leaves none."""
    terms = AccountTerms(markup_bp=5, labels={"team": "design"})
    await create_account(storage.accounts, "studio", terms=terms, by=ADA, clock=clock)
    for markup_bp in (7, 7):
        wanted = replace(terms, markup_bp=markup_bp)
        await change_account(storage.accounts, "studio", lambda _, wanted=wanted: wanted, by=ADA, clock=clock)  # type: ignore[misc]
    await credit_account(storage.ledger, "studio", 50, by=ADA, clock=clock)
    await credit_account(storage.ledger, "studio", -5, "slip", by=ADA, clock=clock)
    for _ in range(2):
        await close_account(storage.accounts, "studio", by=ADA, clock=clock)
    after = {"credit_limit_nusd": 0, "markup_bp": 5, "labels": {"team": "design"}}
    given, taken = {"balance_nusd": 50}, {"balance_nusd": 45}
    assert await told(storage) == [
        ("key_ada", "account.created", "studio", {"after": after}),
        ("key_ada", "account.changed", "studio", {"before": {"markup_bp": 5}, "after": {"markup_bp": 7}}),
        (
            "key_ada",
            "account.credited",
            "studio",
            {"before": {"balance_nusd": 0}, "after": given, "amount_nusd": 50, "reason": "credit"},
        ),
        (
            "key_ada",
            "account.credited",
            "studio",
            {"before": given, "after": taken, "amount_nusd": -5, "reason": "slip"},
        ),
        ("key_ada", "account.closed", "studio", {}),
    ]


async def test_every_change_of_a_key_leaves_an_act(storage: Storage, clock: ManualClock) -> None:
    """From its making to its end, its end users included."""
    new = await create_key(
        storage.keys, "Ada", terms=KeyTerms(models=frozenset({"b", "a"})), strict=True, by=ADA, clock=clock
    )
    limits = KeyLimits(budget_nusd=5)
    for _ in range(2):
        await change_key(storage.keys, "Ada", lambda terms: replace(terms, limits=limits), by=ADA, clock=clock)
        await block_user(storage.keys, "Ada", "ann", by=ADA, clock=clock)
    await unblock_user(storage.keys, "Ada", "ann", by=ADA, clock=clock)
    await rotate_key(storage.keys, "Ada", overlap_s=60, by=ADA, clock=clock)
    for _ in range(2):
        await revoke_key(storage.keys, new.key.id, by=ADA, clock=clock)
    found = await told(storage)
    assert {(actor, subject) for actor, _, subject, _ in found} == {("key_ada", new.key.id)}
    assert [(action, details) for _, action, _, details in found] == [
        (
            "key.created",
            {
                "after": {
                    "name": "Ada", "account": DEFAULT_ACCOUNT, "admin": False, "strictness": None, "strict": True,
                    "models": ["a", "b"], "budget_nusd": None, "budget_day_nusd": None, "budget_month_nusd": None,
                    "requests_per_minute": None, "images_per_minute": None, "jobs_at_once": None,
                    "expires_at_s": None, "labels": {},
                }
            },
        ),
        ("key.changed", {"before": {"budget_nusd": None}, "after": {"budget_nusd": 5}}),
        ("user.blocked", {"after": {"user": "ann"}}),
        ("user.unblocked", {"before": {"user": "ann"}}),
        ("key.rotated", {"after": {"old_secret_until_s": clock.now_s() + 60}}),
        ("key.revoked", {}),
    ]  # fmt: skip


async def test_what_is_refused_leaves_nothing(storage: Storage, clock: ManualClock) -> None:
    """An act is written with its change, or neither is."""
    await create_key(storage.keys, "Ada", by=ADA, clock=clock)
    before = await told(storage)
    with pytest.raises(Conflict):
        await create_key(storage.keys, "Ada", by=ADA, clock=clock)
    with pytest.raises(Conflict):
        await create_account(storage.accounts, DEFAULT_ACCOUNT, by=ADA, clock=clock)
    with pytest.raises(InvalidRequest):
        await credit_account(storage.ledger, DEFAULT_ACCOUNT, 2**63, by=ADA, clock=clock)
    with pytest.raises(NotFound):
        await unblock_user(storage.keys, "Ada", "ann", by=ADA, clock=clock)
    assert await told(storage) == before


async def test_a_change_whose_transaction_fails_leaves_nothing(storage: Storage, clock: ManualClock) -> None:
    """What is rolled back takes its act with it."""

    class Lost(Exception):
        """The transaction's end."""

    def fail(connection: Any) -> None:
        note(connection, Stamp(ADA, clock.now_s()), Action.ACCOUNT_CLOSED, DEFAULT_ACCOUNT, {})
        raise Lost

    with pytest.raises(Lost):
        await storage.database.write(fail)
    assert await told(storage) == []


@pytest.mark.parametrize(
    "broken",
    [
        update(trail).values(actor="nobody"),
        delete(trail),
        delete(trail).where(trail.c.id == 1),
    ],
    ids=str,
)
async def test_the_database_keeps_every_act(storage: Storage, clock: ManualClock, broken: Any) -> None:
    """Nothing but an insert is taken, whoever asks."""
    await create_key(storage.keys, "Ada", by=ADA, clock=clock)
    before = await told(storage)
    with pytest.raises(SQLAlchemyError, match="rows of trail are only added"):
        await storage.database.write(lambda connection: connection.execute(broken))
    assert await told(storage) == before


async def test_postgres_does_not_empty_the_trail_either(
    storage: Storage, address: str | None, clock: ManualClock
) -> None:
    """It has a statement of its own for that."""
    if address is None:
        pytest.skip("SQLite has no TRUNCATE")
    await create_key(storage.keys, "Ada", by=ADA, clock=clock)
    with pytest.raises(SQLAlchemyError, match="rows of trail are only added"):
        await storage.database.write(lambda connection: connection.execute(text("TRUNCATE trail")))


async def test_no_secret_is_on_the_trail(
    storage: Storage, address: str | None, clock: ManualClock, tmp_path: Path
) -> None:
    """Neither whole, nor hashed, nor masked."""
    made = [await create_key(storage.keys, "Ada", by=ADA, clock=clock)]
    made.append(await rotate_key(storage.keys, "Ada", by=ADA, clock=clock))
    said = repr(await told(storage))
    for new in made:
        assert new.secret not in said
        assert new.key.hint not in said
        assert new.secret[-4:] not in said


async def test_the_trail_is_read_by_who_what_and_when(storage: Storage, clock: ManualClock) -> None:
    """Each condition narrows it."""
    key = await first_key_if_none(storage.keys, clock=clock)
    assert key is not None
    clock.advance(10)
    await create_account(storage.accounts, "studio", by=ADA, clock=clock)
    clock.advance(10)
    await close_account(storage.accounts, "studio", by=ADA, clock=clock)
    now_s = clock.now_s()
    made, opened, closed = await told(storage)
    assert made[:3] == (SERVER.name, "key.created", key.key.id)
    for query, expected in (
        (ActQuery(actors=("key_ada",)), [opened, closed]),
        (ActQuery(actors=("server", "nobody")), [made]),
        (ActQuery(subjects=("studio",)), [opened, closed]),
        (ActQuery(subjects=(key.key.id,), actors=("key_ada",)), []),
        (ActQuery(actions=(Action.ACCOUNT_CLOSED,)), [closed]),
        (ActQuery(since_s=now_s - 10), [opened, closed]),
        (ActQuery(until_s=now_s - 10), [made]),
        (ActQuery(since_s=now_s - 10, until_s=now_s), [opened]),
        (ActQuery(since_s=now_s, until_s=now_s - 10), []),
    ):
        assert await told(storage, query) == expected


async def test_the_trail_is_read_page_by_page(storage: Storage, clock: ManualClock) -> None:
    """The latest first, each act once, however many there are."""

    def fill(connection: Any) -> None:
        for number in range(ACTS_READ + 3):
            note(connection, Stamp(SERVER, float(number)), Action.ACCOUNT_CLOSED, f"a{number}", {})

    await storage.database.write(fill)
    found: list[Act] = [act async for act in acts(storage.trail, ActQuery())]
    assert [act.subject for act in found] == [f"a{number}" for number in reversed(range(ACTS_READ + 3))]
    page = await storage.trail.acts(ActQuery(), limit=2, before_id=found[0].id)
    assert (page.acts, page.has_more, page.end) == (tuple(found[1:3]), True, found[2].id)
