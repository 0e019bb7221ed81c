"""Keys, on every database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from limner.admin import create_key
from limner.clock import ManualClock
from limner.errors import Conflict, Defect, NotFound
from limner.job import Strictness
from limner.keys import Key, secret_hash
from limner.storage import DEFAULT_ACCOUNT, Storage


async def test_a_key_is_found_by_the_hash_of_its_secret(storage: Storage, clock: ManualClock) -> None:
    """What was stored comes back whole, and only for the right secret."""
    new = await create_key(storage.keys, "Ada", admin=True, strictness=Strictness.OPENAI, strict=True, clock=clock)
    assert await storage.keys.find(secret_hash(new.secret)) == new.key
    assert await storage.keys.find(secret_hash(new.secret + "x")) is None


async def test_keys_are_listed_the_oldest_first(storage: Storage, clock: ManualClock) -> None:
    """The list keeps the order of their making, revoked ones included."""
    names = ["c", "a", "b"]
    for name in names:
        await create_key(storage.keys, name, clock=clock)
        clock.advance(1)
    await storage.keys.revoke((await storage.keys.all())[0].id, clock.now_s())
    assert [key.name for key in await storage.keys.all()] == names


async def test_two_good_keys_cannot_share_a_name(storage: Storage, key: Key, clock: ManualClock) -> None:
    """A name means one key, until that one is revoked."""
    with pytest.raises(Conflict, match="named 'tests' already"):
        await create_key(storage.keys, "tests", clock=clock)
    await storage.keys.revoke(key.id, clock.now_s())
    assert (await create_key(storage.keys, "tests", clock=clock)).key.id != key.id


async def test_a_key_of_no_account_is_refused(storage: Storage, clock: ManualClock) -> None:
    """A key belongs to an account that exists."""
    with pytest.raises(NotFound, match="no account 'nobody'"):
        await create_key(storage.keys, "Ada", account_id="nobody", clock=clock)


async def test_revoking_again_keeps_the_first_time(storage: Storage, key: Key) -> None:
    """A revoked key says since when, and saying it twice does not move it."""
    assert await storage.keys.revoke(key.id, 5.0) == replace(key, revoked_at_s=5.0)
    assert (await storage.keys.revoke(key.id, 9.0)).revoked_at_s == 5.0


async def test_revoking_an_unknown_key_is_refused(storage: Storage) -> None:
    """A mistyped id is told, not ignored."""
    with pytest.raises(NotFound, match="no key 'key_none'"):
        await storage.keys.revoke("key_none", 5.0)


@pytest.mark.parametrize("hashed", [b"", b"too short"])
async def test_only_a_hash_can_be_stored(storage: Storage, key: Key, hashed: bytes) -> None:
    """What is not 32 bytes long is no SHA-256; the schema refuses it, so that no secret slips in."""
    with pytest.raises(Defect, match="rules of its table"):
        await storage.keys.add(replace(key, id="key_b", name="b", account_id=DEFAULT_ACCOUNT), hashed)
