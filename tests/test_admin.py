"""What an operator can do, on real stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.storage.jobs import Jobs

from limner.admin import (
    ACCOUNT_DEFAULT,
    JOBS_READ,
    change_key,
    create_key,
    first_key_if_none,
    job_entries,
    list_keys,
    meters_of_keys,
    revoke_key,
    rotate_key,
    usage,
)
from limner.clock import ManualClock
from limner.errors import Conflict, InvalidRequest, NotAuthenticated, NotFound
from limner.job import Strictness
from limner.keys import KeyRing, KeyTerms, well_formed
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, Storage, open_storage
from limner.trail import SERVER
from limner.usage import DAY_S, UsageFilter, UsageQuery


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
    new = await create_key(
        storage.keys, "  Ada  ", admin=True, strictness=Strictness.OPENAI, strict=True, by=SERVER, clock=clock
    )
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
    new = await create_key(storage.keys, "Ada", by=SERVER, clock=clock)
    body = new.secret[10:-6].encode()
    stored = database_bytes(tmp_path)
    assert b"Ada" in stored
    assert body not in stored


@pytest.mark.parametrize("name", ["", "  ", "a" * 65, "a\nb", "a\x00"])
async def test_a_name_must_be_fit_to_list(storage: Storage, clock: ManualClock, name: str) -> None:
    """A name that is empty, too long or not printable is refused."""
    with pytest.raises(InvalidRequest, match="1 to 64 printable characters"):
        await create_key(storage.keys, name, by=SERVER, clock=clock)


async def test_a_name_in_use_is_refused(storage: Storage, clock: ManualClock) -> None:
    """Two good keys cannot share a name."""
    await create_key(storage.keys, "Ada", by=SERVER, clock=clock)
    with pytest.raises(Conflict, match="named 'Ada' already"):
        await create_key(storage.keys, "Ada ", by=SERVER, clock=clock)


async def test_revoked_keys_are_listed_on_request(storage: Storage, clock: ManualClock) -> None:
    """The list shows good keys; with the revoked ones it shows all."""
    gone = (await create_key(storage.keys, "gone", by=SERVER, clock=clock)).key
    kept = (await create_key(storage.keys, "kept", by=SERVER, clock=clock)).key
    revoked = await revoke_key(storage.keys, "gone", by=SERVER, clock=clock)
    assert await list_keys(storage.keys) == (kept,)
    assert set(await list_keys(storage.keys, revoked=True)) == {revoked, kept}
    assert (revoked.id, revoked.revoked_at_s) == (gone.id, clock.now_s())


async def test_a_key_is_revoked_by_id_or_by_name(storage: Storage, clock: ManualClock) -> None:
    """The id always means the key, the name only the one that is good."""
    first = (await create_key(storage.keys, "Ada", by=SERVER, clock=clock)).key
    assert (await revoke_key(storage.keys, first.id, by=SERVER, clock=clock)).id == first.id
    second = (await create_key(storage.keys, "Ada", by=SERVER, clock=clock)).key
    assert (await revoke_key(storage.keys, "Ada", by=SERVER, clock=clock)).id == second.id
    with pytest.raises(NotFound, match="no key 'Ada'"):
        await revoke_key(storage.keys, "Ada", by=SERVER, clock=clock)
    clock.advance(5)
    assert (await revoke_key(storage.keys, second.id, by=SERVER, clock=clock)).revoked_at_s == clock.now_s() - 5


async def test_a_key_revoked_in_this_process_stops_at_once(storage: Storage, clock: ManualClock) -> None:
    """The server's own ring is told, so that what it remembers does not count."""
    new, ring = await create_key(storage.keys, "Ada", by=SERVER, clock=clock), KeyRing(storage.keys, clock)
    await ring.authenticate(new.secret)
    await revoke_key(storage.keys, "Ada", by=SERVER, clock=clock, ring=ring)
    with pytest.raises(NotAuthenticated):
        await ring.authenticate(new.secret)


async def test_a_rotated_secret_works_until_its_overlap_is_over(storage: Storage, clock: ManualClock) -> None:
    """The new secret works at once, the old one for as long as it was given and not a moment longer."""
    first, ring = await create_key(storage.keys, "Ada", by=SERVER, clock=clock), KeyRing(storage.keys, clock, ttl_s=0)
    second = await rotate_key(storage.keys, "Ada", overlap_s=60, by=SERVER, clock=clock)
    assert (await ring.authenticate(second.secret)).id == first.key.id
    clock.advance(59)
    assert (await ring.authenticate(first.secret)).id == first.key.id
    clock.advance(1)
    with pytest.raises(NotAuthenticated, match="expired"):
        await ring.authenticate(first.secret)
    third = await rotate_key(storage.keys, "Ada", by=SERVER, clock=clock)
    with pytest.raises(NotAuthenticated, match="expired"):
        await ring.authenticate(second.secret)
    assert (await ring.authenticate(third.secret)).id == first.key.id


async def test_what_cannot_be_rotated_is_refused(storage: Storage, clock: ManualClock) -> None:
    """A revoked key does not come back by a new secret, and no overlap lasts for ever."""
    key = (await create_key(storage.keys, "Ada", by=SERVER, clock=clock)).key
    for overlap_s in (-1, 367 * DAY_S):
        with pytest.raises(InvalidRequest, match="366 days"):
            await rotate_key(storage.keys, "Ada", overlap_s=overlap_s, by=SERVER, clock=clock)
    await revoke_key(storage.keys, "Ada", by=SERVER, clock=clock)
    with pytest.raises(NotFound, match="no key 'Ada'"):
        await rotate_key(storage.keys, "Ada", by=SERVER, clock=clock)
    with pytest.raises(Conflict, match="is revoked"):
        await rotate_key(storage.keys, key.id, by=SERVER, clock=clock)


async def test_terms_that_make_no_sense_are_refused(storage: Storage, clock: ManualClock) -> None:
    """Nothing expires before it begins, and a key that may use no model is no key; a time that has come may stay."""
    past = KeyTerms(expires_at_s=clock.now_s())
    with pytest.raises(InvalidRequest, match="still to come"):
        await create_key(storage.keys, "Ada", terms=past, by=SERVER, clock=clock)
    with pytest.raises(InvalidRequest, match="one model at least"):
        await create_key(storage.keys, "Ada", terms=KeyTerms(models=frozenset()), by=SERVER, clock=clock)
    with pytest.raises(InvalidRequest, match="printable"):
        await create_key(storage.keys, "Ada", terms=KeyTerms(labels={"a": "b\x07"}), by=SERVER, clock=clock)
    await create_key(storage.keys, "Ada", terms=KeyTerms(expires_at_s=clock.now_s() + 1), by=SERVER, clock=clock)
    clock.advance(2)
    labelled = await change_key(
        storage.keys, "Ada", lambda terms: replace(terms, labels={"a": "b"}), by=SERVER, clock=clock
    )
    assert labelled.terms.labels == {"a": "b"}
    with pytest.raises(InvalidRequest, match="still to come"):
        await change_key(storage.keys, "Ada", lambda _: past, by=SERVER, clock=clock)


async def test_a_budgets_windows_are_shown_as_they_are_now(storage: Storage, clock: ManualClock) -> None:
    """What was spent yesterday is no part of today's sum, though nothing was drawn since."""
    key = (await create_key(storage.keys, "Ada", by=SERVER, clock=clock)).key
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
    await revoke_key(storage.keys, new.key.id, by=SERVER, clock=clock)
    assert await first_key_if_none(storage.keys, clock=clock) is None


async def test_usage_of_a_key_is_asked_for_by_id_or_name(storage: Storage, clock: ManualClock) -> None:
    """A name means every key that ever had it, an unknown one is refused."""
    ids = []
    for number in range(2):
        key = (await create_key(storage.keys, "Ada", by=SERVER, clock=clock)).key
        jobs = Jobs(key, clock)
        await storage.ledger.admit(jobs.admission(f"req_{number}"))
        await storage.ledger.settle(jobs.record(f"req_{number}"))
        await revoke_key(storage.keys, "Ada", by=SERVER, clock=clock)
        ids.append(key.id)
    for wanted, requests in (("Ada", 2), (ids[0], 1)):
        [line] = await usage(storage.usage, storage.keys, UsageQuery(where=UsageFilter(key_ids=(wanted,))))
        assert line.requests == requests
    with pytest.raises(NotFound, match="no key 'Bob'"):
        await usage(storage.usage, storage.keys, UsageQuery(where=UsageFilter(key_ids=("Bob",))))


async def test_the_entries_of_jobs_add_up_to_their_usage(storage: Storage, clock: ManualClock) -> None:
    """However many pages they are read in, each job that ended comes once, and what is under way does not."""
    key = (await create_key(storage.keys, "Ada", by=SERVER, clock=clock)).key
    jobs = Jobs(key, clock)
    for number in range(JOBS_READ + 2):
        await storage.ledger.admit(jobs.admission(f"req_{number}"))
        outcome = Outcome.DELIVERED if number % 2 else Outcome.FAILED
        await storage.ledger.settle(jobs.record(f"req_{number}", outcome, charge_nusd=number))
    await storage.ledger.admit(jobs.admission("req_running"))
    where = UsageFilter(key_ids=("Ada",))
    found = [job async for job in job_entries(storage.statement, storage.keys, where)]
    assert len({job.row.job_id for job in found}) == len(found) == JOBS_READ + 2
    [line] = await usage(storage.usage, storage.keys, UsageQuery(where=where))
    assert sum(entry.amount_nusd for job in found for entry in job.entries) == -line.charge_nusd < 0


def test_the_default_account_is_the_stores_own() -> None:
    """Keys go to the account a new database has."""
    assert ACCOUNT_DEFAULT == DEFAULT_ACCOUNT
