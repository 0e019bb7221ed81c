"""What an operator can do: make, list and revoke keys, read usage, check the ledger.

The command line and the admin API call these functions and have no rules of their own. Knows the contracts of the
stores, not where they are.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from limner.clock import Clock
from limner.errors import InvalidRequest, NotFound
from limner.job import Strictness
from limner.keys import Key, KeyRegister, KeyRing, masked, new_secret, secret_hash
from limner.usage import DAY_S, Dimension, UsageQuery, UsageStore, UsageSum

NAME_CHARS_MAX: Final = 64
"""Fits a line of a list."""
FIRST_KEY_NAME: Final = "first"
ACCOUNT_DEFAULT: Final = "default"

_KEY_ID_PREFIX: Final = "key_"
_KEY_ID_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key and its secret, which is told this once and stored nowhere."""

    key: Key
    secret: str


async def create_key(
    keys: KeyRegister,
    name: str,
    *,
    admin: bool = False,
    strictness: Strictness | None = None,
    strict: bool = False,
    account_id: str = ACCOUNT_DEFAULT,
    clock: Clock,
) -> NewKey:
    """Make a key. strictness and strict: as `Key` has them.

    Raises InvalidRequest for a name that cannot be used, Conflict when a key that is not revoked has it.
    """
    secret = new_secret()
    key = Key(
        id=_KEY_ID_PREFIX + secrets.token_hex(_KEY_ID_BYTES),
        account_id=account_id,
        name=_checked_name(name),
        admin=admin,
        strictness=strictness,
        strict=strict,
        hint=masked(secret),
        created_at_s=clock.now_s(),
        revoked_at_s=None,
    )
    await keys.add(key, secret_hash(secret))
    return NewKey(key, secret)


async def list_keys(keys: KeyRegister, *, revoked: bool = False) -> tuple[Key, ...]:
    """Every key, the oldest first; those revoked only when asked for."""
    return tuple(key for key in await keys.all() if revoked or key.revoked_at_s is None)


async def revoke_key(keys: KeyRegister, id_or_name: str, *, clock: Clock, ring: KeyRing | None = None) -> Key:
    """Refuse a key from now on and return it; revoking it again changes nothing.

    ring: that of the server in this process, where it must not work a moment longer; other processes learn of it
    within CACHE_TTL_S. Raises NotFound when no key has that id and none that is good has that name.
    """
    found = next((key for key in await keys.all() if _is_meant(key, id_or_name)), None)
    if found is None:
        raise NotFound(f"There is no key '{id_or_name}'. `limner keys list` shows those there are.", param="key")
    revoked = await keys.revoke(found.id, clock.now_s())
    if ring:
        ring.forget(found.id)
    return revoked


async def first_key_if_none(keys: KeyRegister, *, clock: Clock) -> NewKey | None:
    """An admin key for a server that has never had any, or None when it has, were it revoked."""
    if await keys.all():
        return None
    return await create_key(keys, FIRST_KEY_NAME, admin=True, clock=clock)


async def usage(
    store: UsageStore,
    *,
    by: tuple[Dimension, ...] = (Dimension.DAY, Dimension.MODEL, Dimension.KEY),
    days: int | None = None,
    account_id: str | None = None,
    clock: Clock,
) -> tuple[UsageSum, ...]:
    """What was drawn, charged and spent, told apart and sorted by `by`.

    days: that many days up to now, today counted as one; None takes all there is. account_id: None takes every account.
    Raises InvalidRequest for fewer than one day.
    """
    if days is not None and days < 1:
        raise InvalidRequest(f"Usage is of 1 day or more, not {days}.", param="days")
    since_s = None if days is None else (clock.now_s() // DAY_S - days + 1) * DAY_S
    return await store.sums(UsageQuery(by=by, since_s=since_s, account_id=account_id))


def _is_meant(key: Key, id_or_name: str) -> bool:
    return key.id == id_or_name or (key.name == id_or_name and key.revoked_at_s is None)


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not stripped or len(stripped) > NAME_CHARS_MAX or not stripped.isprintable():
        raise InvalidRequest(
            f"A key's name has 1 to {NAME_CHARS_MAX} printable characters; this one is {name[:NAME_CHARS_MAX]!r}.",
            param="name",
        )
    return stripped
