"""What an operator can do: make, list and revoke keys, read usage and the entries behind it, check the ledger.

The command line and the admin API call these functions and have no rules of their own. Knows the contracts of the
stores, not where they are.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

from limner.clock import Clock
from limner.errors import InvalidRequest, NotFound
from limner.job import Strictness
from limner.keys import Key, KeyRegister, KeyRing, masked, new_secret, secret_hash
from limner.statement import JobEntries, Statement
from limner.usage import RowPlace, UsageFilter, UsageQuery, UsageStore, UsageSum

NAME_CHARS_MAX: Final = 64
"""Fits a line of a list."""
FIRST_KEY_NAME: Final = "first"
ACCOUNT_DEFAULT: Final = "default"
JOBS_READ: Final = 1_000
"""Jobs of a bill read at a time: a few megabytes, whatever its length."""

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
        raise _no_key(id_or_name)
    revoked = await keys.revoke(found.id, clock.now_s())
    if ring:
        ring.forget(found.id)
    return revoked


async def first_key_if_none(keys: KeyRegister, *, clock: Clock) -> NewKey | None:
    """An admin key for a server that has never had any, or None when it has, were it revoked."""
    if await keys.all():
        return None
    return await create_key(keys, FIRST_KEY_NAME, admin=True, clock=clock)


async def usage(store: UsageStore, keys: KeyRegister, query: UsageQuery) -> tuple[UsageSum, ...]:
    """What was drawn, charged and spent. Where `query` names keys, it may be by name as well as by id.

    Raises NotFound for a key that there never was.
    """
    return await store.sums(replace(query, where=await _with_key_ids(keys, query.where)))


async def job_entries(statement: Statement, keys: KeyRegister, where: UsageFilter) -> AsyncIterator[JobEntries]:
    """The entries of every job that matches, by the time it ended: they add up to what its usage was charged.

    Read as they are asked for, however many there are. Keys and errors as for `usage`.
    """
    resolved, after = await _with_key_ids(keys, where), None
    while found := await statement.jobs(resolved, limit=JOBS_READ, after=after):
        for job in found:
            yield job
        after = RowPlace(found[-1].row.finished_at_s, found[-1].row.job_id)


async def _with_key_ids(keys: KeyRegister, where: UsageFilter) -> UsageFilter:
    """The same condition with an id for each key. A name means every key that ever had it: a bill is of the past."""
    if not where.key_ids:
        return where
    known = await keys.all()
    found: list[str] = []
    for wanted in where.key_ids:
        meant = [key.id for key in known if wanted in {key.id, key.name}]
        if not meant:
            raise _no_key(wanted)
        found += meant
    return replace(where, key_ids=tuple(dict.fromkeys(found)))


def _no_key(id_or_name: str) -> NotFound:
    return NotFound(f"There is no key '{id_or_name}'. `limner keys list` shows those there are.", param="key")


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
