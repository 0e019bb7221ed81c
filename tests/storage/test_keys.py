"""Keys, on every database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.storage.jobs import Jobs

from limner.admin import (
    block_user,
    blocked_users,
    change_key,
    create_account,
    create_key,
    rotate_key,
    unblock_user,
)
from limner.clock import ManualClock
from limner.errors import Conflict, Defect, InvalidRequest, NotAuthenticated, NotFound, NotPermitted
from limner.job import ImageRequest, Kind, Strictness
from limner.keys import Key, KeyTerms, NewSecret, secret_hash
from limner.ledger import Admission
from limner.limits import KeyLimits
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.trail import SERVER, Stamp


async def test_a_key_is_found_by_the_hash_of_its_secret(storage: Storage, clock: ManualClock) -> None:
    """What was stored comes back whole, and only for the right secret."""
    new = await create_key(
        storage.keys, "Ada", admin=True, strictness=Strictness.OPENAI, strict=True, by=SERVER, clock=clock
    )
    assert await storage.keys.find(secret_hash(new.secret)) == new.key
    assert await storage.keys.find(secret_hash(new.secret + "x")) is None


async def test_keys_are_listed_the_oldest_first(storage: Storage, clock: ManualClock) -> None:
    """The list keeps the order of their making, revoked ones included."""
    names = ["c", "a", "b"]
    for name in names:
        await create_key(storage.keys, name, by=SERVER, clock=clock)
        clock.advance(1)
    await storage.keys.revoke((await storage.keys.all())[0].id, Stamp(SERVER, clock.now_s()))
    assert [key.name for key in await storage.keys.all()] == names


async def test_two_good_keys_cannot_share_a_name(storage: Storage, key: Key, clock: ManualClock) -> None:
    """A name means one key, until that one is revoked."""
    with pytest.raises(Conflict, match="named 'tests' already"):
        await create_key(storage.keys, "tests", by=SERVER, clock=clock)
    await storage.keys.revoke(key.id, Stamp(SERVER, clock.now_s()))
    assert (await create_key(storage.keys, "tests", by=SERVER, clock=clock)).key.id != key.id


async def test_a_key_of_no_account_is_refused(storage: Storage, clock: ManualClock) -> None:
    """A key belongs to an account that exists."""
    with pytest.raises(NotFound, match="no account 'nobody'"):
        await create_key(storage.keys, "Ada", account_id="nobody", by=SERVER, clock=clock)


async def test_revoking_again_keeps_the_first_time(storage: Storage, key: Key) -> None:
    """A revoked key says since when, and saying it twice does not move it."""
    assert await storage.keys.revoke(key.id, Stamp(SERVER, 5.0)) == replace(key, revoked_at_s=5.0)
    assert (await storage.keys.revoke(key.id, Stamp(SERVER, 9.0))).revoked_at_s == 5.0


async def test_revoking_an_unknown_key_is_refused(storage: Storage) -> None:
    """A mistyped id is told, not ignored."""
    with pytest.raises(NotFound, match="no key 'key_none'"):
        await storage.keys.revoke("key_none", Stamp(SERVER, 5.0))


@pytest.mark.parametrize("hashed", [b"", b"too short"])
async def test_only_a_hash_can_be_stored(storage: Storage, key: Key, hashed: bytes) -> None:
    """What is not 32 bytes long is no SHA-256; the schema refuses it, so that no secret slips in."""
    with pytest.raises(Defect, match="rules of its table"):
        await storage.keys.add(
            replace(key, id="key_b", name="b", account_id=DEFAULT_ACCOUNT), hashed, Stamp(SERVER, 5.0)
        )


TERMS = KeyTerms(
    models=frozenset({"b", "a"}),
    limits=KeyLimits(
        budget_nusd=0,
        budget_day_nusd=1,
        budget_month_nusd=2,
        requests_per_minute=3,
        images_per_minute=4,
        jobs_at_once=5,
    ),
    expires_at_s=2e9,
    labels={"team": "design"},
)


async def test_a_keys_terms_come_back_whole(storage: Storage, clock: ManualClock) -> None:
    """What was granted is what is found, by the secret and in the list."""
    new = await create_key(storage.keys, "Ada", terms=TERMS, by=SERVER, clock=clock)
    found = await storage.keys.find(secret_hash(new.secret))
    assert found == new.key
    assert found.terms.labels == TERMS.labels
    assert await storage.keys.all() == (new.key,)


async def test_terms_are_changed_in_place(storage: Storage, key: Key) -> None:
    """The change sees what is stored, and what it makes is stored."""
    changed = await storage.keys.change(
        key.id, lambda terms: replace(terms, models=frozenset({"a"})), Stamp(SERVER, 5.0)
    )
    assert changed == replace(key, terms=KeyTerms(models=frozenset({"a"})))
    assert await storage.keys.all() == (changed,)
    with pytest.raises(NotFound, match="no key 'key_none'"):
        await storage.keys.change("key_none", lambda terms: terms, Stamp(SERVER, 5.0))


async def test_a_rotated_key_has_two_secrets_for_a_while(storage: Storage, clock: ManualClock) -> None:
    """Both open the same key; only the old one says when it ends, and the key is listed once, by its new one."""
    first = await create_key(storage.keys, "Ada", by=SERVER, clock=clock)
    second = await rotate_key(storage.keys, "Ada", overlap_s=60, by=SERVER, clock=clock)
    old, new = [await storage.keys.find(secret_hash(made.secret)) for made in (first, second)]
    assert old == replace(first.key, secret_expires_at_s=clock.now_s() + 60)
    assert new == second.key == replace(first.key, hint=second.key.hint)
    assert await storage.keys.all() == (second.key,)
    with pytest.raises(NotFound, match="no key 'key_none'"):
        await storage.keys.rotate("key_none", NewSecret(hash=b"h" * 32, hint=""), 0, Stamp(SERVER, 5.0))


async def test_rotating_again_gives_an_old_secret_no_more_time(storage: Storage, clock: ManualClock) -> None:
    """Each old secret ends when the shortest of its overlaps is over."""
    first = await create_key(storage.keys, "Ada", by=SERVER, clock=clock)
    second = await rotate_key(storage.keys, "Ada", overlap_s=60, by=SERVER, clock=clock)
    await rotate_key(storage.keys, "Ada", overlap_s=3_600, by=SERVER, clock=clock)
    ends = [await storage.keys.find(secret_hash(made.secret)) for made in (first, second)]
    assert [key and key.secret_expires_at_s for key in ends] == [clock.now_s() + 60, clock.now_s() + 3_600]


async def test_an_expired_key_is_refused_at_admission(
    storage: Storage, key: Key, jobs: Jobs, clock: ManualClock
) -> None:
    """A gateway that still believes the key asks the database before it draws."""
    await change_key(
        storage.keys, key.id, lambda terms: replace(terms, expires_at_s=clock.now_s() + 5), by=SERVER, clock=clock
    )
    await storage.ledger.admit(jobs.admission("req_a"))
    clock.advance(5)
    with pytest.raises(NotAuthenticated, match=r"expired at 2026-09-2\d .*\+00:00") as refused:
        await storage.ledger.admit(jobs.admission("req_b"))
    assert key.hint in refused.value.message
    assert await storage.jobs.find(DEFAULT_ACCOUNT, "req_b") is None


@pytest.mark.parametrize("field", ["user", "safety_identifier"])
async def test_a_blocked_user_is_refused_before_anything_is_held(
    storage: Storage, key: Key, jobs: Jobs, clock: ManualClock, field: str
) -> None:
    """By either field's exact text, of this key alone, and until taken back."""
    plain = ImageRequest(kind=Kind.GENERATION, model="gpt-image-2", prompt="a fox")

    def admission(job_id: str, **users: Any) -> Admission:
        return jobs.admission(job_id, request=replace(plain, **users))

    for _ in range(2):
        await block_user(storage.keys, "tests", "mallory", by=SERVER, clock=clock)
    assert await blocked_users(storage.keys, "tests") == ("mallory",)
    other = {"user": "safety_identifier", "safety_identifier": "user"}[field]
    for users in ({field: "mallory"}, {field: "mallory", other: "alice"}):
        with pytest.raises(NotPermitted) as refused:
            await storage.ledger.admit(admission("req_a", **users))
        assert refused.value.code == "identifier_blocked"
    assert (await storage.ledger.add_up(DEFAULT_ACCOUNT)).entries == 0
    await storage.ledger.admit(admission("req_a", **{field: "Mallory", other: "mallory "}))
    neighbour = Jobs((await create_key(storage.keys, "neighbour", by=SERVER, clock=clock)).key, clock)
    await storage.ledger.admit(neighbour.admission("req_b", request=admission("", **{field: "mallory"}).job.request))
    await unblock_user(storage.keys, key.id, "mallory", by=SERVER, clock=storage.clock)
    await storage.ledger.admit(admission("req_c", **{field: "mallory"}))
    assert await blocked_users(storage.keys, "tests") == ()


async def test_blocking_whom_there_is_not_is_refused(storage: Storage, key: Key, clock: ManualClock) -> None:
    """An unknown key, a user without a name, and one who is not blocked."""
    with pytest.raises(NotFound, match="no key 'nobody'"):
        await block_user(storage.keys, "nobody", "mallory", by=SERVER, clock=clock)
    for user in ("", "x" * 1_025):
        with pytest.raises(InvalidRequest, match="1 to 1024"):
            await block_user(storage.keys, key.id, user, by=SERVER, clock=clock)
    with pytest.raises(NotFound, match="not blocked"):
        await unblock_user(storage.keys, "tests", "mallory", by=SERVER, clock=storage.clock)


async def test_a_key_cannot_spend_another_accounts_money(storage: Storage, jobs: Jobs, clock: ManualClock) -> None:
    """A job that names a key and an account that do not belong together is refused."""
    await create_account(storage.accounts, "studio", by=SERVER, clock=clock)
    admission = jobs.admission("req_a")
    for account_id in ("studio", "nobody"):
        with pytest.raises(NotAuthenticated):
            await storage.ledger.admit(replace(admission, job=replace(admission.job, account_id=account_id)))
    assert (await storage.ledger.add_up("studio")).entries == 0
