"""What an operator can do, on real stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.storage.jobs import Jobs

from limner.admin import (
    ACCOUNT_DEFAULT,
    change_key,
    create_key,
    first_key_if_none,
    list_keys,
    meters_of_keys,
    revoke_key,
    rotate_key,
    usage,
)
from limner.clock import ManualClock
from limner.errors import Conflict, InvalidRequest, NotAuthenticated, NotFound
from limner.job import Strictness, Usage
from limner.keys import KeyRing, KeyTerms, well_formed
from limner.storage import DEFAULT_ACCOUNT, Storage, open_storage
from limner.usage import DAY_S, Dimension, UsageQuery, UsageSum


def database_bytes(folder: Path) -> bytes:
    """The database and its journal, as they lie on the disk."""
    return b"".join(path.read_bytes() for path in folder.glob("limner.db*"))


@pytest.fixture
async def storage(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Storage]:
    """Open, empty stores."""
    async with open_storage(tmp_path, clock) as opened:
        yield opened


async def test_a_new_key_opens_the_door(storage: Storage, clock: ManualClock) -> None:
    """The secret told once authenticates as the key that was made."""
    new = await create_key(storage.keys, "  Ada  ", admin=True, strictness=Strictness.OPENAI, strict=True, clock=clock)
    assert well_formed(new.secret)
    assert (new.key.name, new.key.admin, new.key.strictness, new.key.strict) == (
        "Ada",
        True,
        Strictness.OPENAI,
        True,
    )
    assert (new.key.account_id, new.key.created_at_s) == (DEFAULT_ACCOUNT, clock.now_s())
    assert new.key.hint.endswith(new.secret[-4:])
    assert await KeyRing(storage.keys, clock).authenticate(new.secret) == new.key


async def test_no_secret_is_stored(storage: Storage, clock: ManualClock, tmp_path: Path) -> None:
    """Neither the database nor its journal holds the secret."""
    new = await create_key(storage.keys, "Ada", clock=clock)
    body = new.secret[10:-6].encode()
    stored = database_bytes(tmp_path)
    assert b"Ada" in stored
    assert body not in stored


@pytest.mark.parametrize("name", ["", "  ", "a" * 65, "a\nb", "a\x00"])
async def test_a_name_must_be_fit_to_list(storage: Storage, clock: ManualClock, name: str) -> None:
    """A name that is empty, too long or not printable is refused."""
    with pytest.raises(InvalidRequest, match="1 to 64 printable characters"):
        await create_key(storage.keys, name, clock=clock)


async def test_a_name_in_use_is_refused(storage: Storage, clock: ManualClock) -> None:
    """Two good keys cannot share a name."""
    await create_key(storage.keys, "Ada", clock=clock)
    with pytest.raises(Conflict, match="named 'Ada' already"):
        await create_key(storage.keys, "Ada ", clock=clock)


async def test_revoked_keys_are_listed_on_request(storage: Storage, clock: ManualClock) -> None:
    """The list shows good keys; with the revoked ones it shows all."""
    gone = (await create_key(storage.keys, "gone", clock=clock)).key
    kept = (await create_key(storage.keys, "kept", clock=clock)).key
    revoked = await revoke_key(storage.keys, "gone", clock=clock)
    assert await list_keys(storage.keys) == (kept,)
    assert set(await list_keys(storage.keys, revoked=True)) == {revoked, kept}
    assert (revoked.id, revoked.revoked_at_s) == (gone.id, clock.now_s())


async def test_a_key_is_revoked_by_id_or_by_name(storage: Storage, clock: ManualClock) -> None:
    """The id always means the key, the name only the one that is good."""
    first = (await create_key(storage.keys, "Ada", clock=clock)).key
    assert (await revoke_key(storage.keys, first.id, clock=clock)).id == first.id
    second = (await create_key(storage.keys, "Ada", clock=clock)).key
    assert (await revoke_key(storage.keys, "Ada", clock=clock)).id == second.id
    with pytest.raises(NotFound, match="no key 'Ada'"):
        await revoke_key(storage.keys, "Ada", clock=clock)
    clock.advance(5)
    assert (await revoke_key(storage.keys, second.id, clock=clock)).revoked_at_s == clock.now_s() - 5


async def test_a_key_revoked_in_this_process_stops_at_once(storage: Storage, clock: ManualClock) -> None:
    """The server's own ring is told, so that what it remembers does not count."""
    new, ring = await create_key(storage.keys, "Ada", clock=clock), KeyRing(storage.keys, clock)
    await ring.authenticate(new.secret)
    await revoke_key(storage.keys, "Ada", clock=clock, ring=ring)
    with pytest.raises(NotAuthenticated):
        await ring.authenticate(new.secret)


async def test_a_rotated_secret_works_until_its_overlap_is_over(storage: Storage, clock: ManualClock) -> None:
    """The new secret works at once, the old one for as long as it was given and not a moment longer."""
    first, ring = await create_key(storage.keys, "Ada", clock=clock), KeyRing(storage.keys, clock, ttl_s=0)
    second = await rotate_key(storage.keys, "Ada", overlap_s=60, clock=clock)
    assert (await ring.authenticate(second.secret)).id == first.key.id
    clock.advance(59)
    assert (await ring.authenticate(first.secret)).id == first.key.id
    clock.advance(1)
    with pytest.raises(NotAuthenticated, match="expired"):
        await ring.authenticate(first.secret)
    third = await rotate_key(storage.keys, "Ada", clock=clock)
    with pytest.raises(NotAuthenticated, match="expired"):
        await ring.authenticate(second.secret)
    assert (await ring.authenticate(third.secret)).id == first.key.id


async def test_what_cannot_be_rotated_is_refused(storage: Storage, clock: ManualClock) -> None:
    """A revoked key does not come back by a new secret, and no overlap lasts for ever."""
    key = (await create_key(storage.keys, "Ada", clock=clock)).key
    for overlap_s in (-1, 367 * DAY_S):
        with pytest.raises(InvalidRequest, match="366 days"):
            await rotate_key(storage.keys, "Ada", overlap_s=overlap_s, clock=clock)
    await revoke_key(storage.keys, "Ada", clock=clock)
    with pytest.raises(NotFound, match="no key 'Ada'"):
        await rotate_key(storage.keys, "Ada", clock=clock)
    with pytest.raises(Conflict, match="is revoked"):
        await rotate_key(storage.keys, key.id, clock=clock)


async def test_terms_that_make_no_sense_are_refused(storage: Storage, clock: ManualClock) -> None:
    """Nothing expires before it begins, and a key that may use no model is no key; a time that has come may stay."""
    past = KeyTerms(expires_at_s=clock.now_s())
    with pytest.raises(InvalidRequest, match="still to come"):
        await create_key(storage.keys, "Ada", terms=past, clock=clock)
    with pytest.raises(InvalidRequest, match="one model at least"):
        await create_key(storage.keys, "Ada", terms=KeyTerms(models=frozenset()), clock=clock)
    with pytest.raises(InvalidRequest, match="printable"):
        await create_key(storage.keys, "Ada", terms=KeyTerms(labels={"a": "b\x07"}), clock=clock)
    await create_key(storage.keys, "Ada", terms=KeyTerms(expires_at_s=clock.now_s() + 1), clock=clock)
    clock.advance(2)
    labelled = await change_key(storage.keys, "Ada", lambda terms: replace(terms, labels={"a": "b"}), clock=clock)
    assert labelled.terms.labels == {"a": "b"}
    with pytest.raises(InvalidRequest, match="still to come"):
        await change_key(storage.keys, "Ada", lambda _: past, clock=clock)


async def test_a_budgets_windows_are_shown_as_they_are_now(storage: Storage, clock: ManualClock) -> None:
    """What was spent yesterday is no part of today's sum, though nothing was drawn since."""
    key = (await create_key(storage.keys, "Ada", clock=clock)).key
    await storage.ledger.admit(Jobs(key, clock).admission("req_a", hold_nusd=5))
    today = (await meters_of_keys(storage.keys, clock=clock))[key.id]
    assert (today.spent_nusd, today.spent_day_nusd, today.spent_month_nusd, today.jobs_running) == (5, 5, 5, 1)
    clock.advance(40 * DAY_S)
    later = (await meters_of_keys(storage.keys, clock=clock))[key.id]
    assert (later.spent_nusd, later.spent_day_nusd, later.spent_month_nusd, later.jobs_running) == (5, 0, 0, 1)


async def test_the_first_key_is_made_once(storage: Storage, clock: ManualClock) -> None:
    """A server that never had a key gets an admin key; revoking it does not make another."""
    new = await first_key_if_none(storage.keys, clock=clock)
    assert new is not None
    assert new.key.admin
    assert await first_key_if_none(storage.keys, clock=clock) is None
    await revoke_key(storage.keys, new.key.id, clock=clock)
    assert await first_key_if_none(storage.keys, clock=clock) is None


class Asked:
    """A usage store that keeps the question."""

    query: UsageQuery

    async def sums(self, query: UsageQuery) -> tuple[UsageSum, ...]:
        """Nothing was drawn."""
        self.query = query
        return (UsageSum(requests=0, images=0, usage=Usage(), charge_nusd=0, cost_nusd=0),)


async def test_days_are_whole_and_today_is_one(clock: ManualClock) -> None:
    """Usage of one day is since midnight UTC; of seven, since the midnight six days before."""
    store, midnight_s = Asked(), clock.now_s() // DAY_S * DAY_S
    for days, since_s in ((1, midnight_s), (7, midnight_s - 6 * DAY_S), (None, None)):
        await usage(store, by=(Dimension.MODEL,), days=days, account_id="a", clock=clock)
        assert store.query == UsageQuery(by=(Dimension.MODEL,), since_s=since_s, account_id="a")


async def test_no_days_are_refused(clock: ManualClock) -> None:
    """A span of no days is a mistake, not an empty answer."""
    with pytest.raises(InvalidRequest, match="1 day or more, not 0"):
        await usage(Asked(), days=0, clock=clock)


async def test_usage_is_by_day_model_and_key_unless_said_otherwise(storage: Storage, clock: ManualClock) -> None:
    """An empty server has no lines of usage."""
    assert await usage(storage.usage, clock=clock) == ()


def test_the_default_account_is_the_stores_own() -> None:
    """Keys go to the account a new database has."""
    assert ACCOUNT_DEFAULT == DEFAULT_ACCOUNT
