"""Keys in the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from limner.errors import Conflict, Defect, NotFound
from limner.job import Json, Strictness
from limner.keys import Key, KeyTerms, NewSecret
from limner.limits import KeyLimits, Meter
from limner.storage.database import Database
from limner.storage.tables import accounts, blocked_users, key_secrets, keys, meters
from limner.storage.trail import note
from limner.trail import Action, Stamp, changes

_KEYS: Final = (
    select(
        keys,
        key_secrets.c.hint,
        key_secrets.c.expires_at_s.label("secret_expires_at_s"),
        accounts.c.markup_bp,
        accounts.c.closed_at_s,
    )
    .join(key_secrets, key_secrets.c.key_id == keys.c.id)
    .join(accounts, accounts.c.id == keys.c.account_id)
)
_FIND: Final = _KEYS.where(key_secrets.c.secret_hash == bindparam("hash"))
_LASTING: Final = _KEYS.where(key_secrets.c.expires_at_s.is_(None))
_BY_ID: Final = _LASTING.where(keys.c.id == bindparam("key"))
_ALL: Final = _LASTING.order_by(keys.c.created_at_s, keys.c.id)
_BLOCKED_USERS: Final = (
    select(blocked_users.c.user).where(blocked_users.c.key_id == bindparam("key")).order_by(blocked_users.c.user)
)
_SAME_NAME: Final = select(keys.c.id).where(keys.c.name == bindparam("name"), keys.c.revoked_at_s.is_(None))
_ACCOUNT: Final = select(accounts.c.closed_at_s).where(accounts.c.id == bindparam("account"))


class SqlKeyStore:
    """Keeps keys; see `limner.keys.KeyRegister`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, secret_hash: bytes) -> Key | None:
        """The key that has a secret with this hash, whether it is good or not."""
        row = await self._database.read(
            lambda connection: connection.execute(_FIND, {"hash": secret_hash}).one_or_none()
        )
        return _key(row) if row is not None else None

    async def add(self, key: Key, secret_hash: bytes, stamp: Stamp) -> None:
        """Store a new key.

        Raises Conflict when another key that is not revoked has its name or its account is closed, NotFound when there
        is no such account.
        """
        await self._database.write(lambda connection: _add(connection, key, secret_hash, stamp))

    async def all(self) -> tuple[Key, ...]:
        """Every key, revoked ones too, the oldest first."""
        rows = await self._database.read(lambda connection: connection.execute(_ALL).all())
        return tuple(_key(row) for row in rows)

    async def meters(self) -> Mapping[str, Meter]:
        """What each key has used, by its id."""
        rows = await self._database.read(lambda connection: connection.execute(select(meters)).all())
        return {row.key_id: Meter(**{field.name: getattr(row, field.name) for field in fields(Meter)}) for row in rows}

    async def change(self, key_id: str, change: Callable[[KeyTerms], KeyTerms], stamp: Stamp) -> Key:
        """Put `change` of a key's terms in their place, in one transaction. Raises NotFound for no such key."""
        return await self._database.write(lambda connection: _change(connection, key_id, change, stamp))

    async def rotate(self, key_id: str, new: NewSecret, old_until_s: float, stamp: Stamp) -> Key:
        """Give a key another secret. Those it has end at `old_until_s`, or sooner where they were to end sooner.

        Raises NotFound when there is no such key.
        """
        return await self._database.write(lambda connection: _rotate(connection, key_id, new, old_until_s, stamp))

    async def block(self, key_id: str, user: str, stamp: Stamp) -> None:
        """Draw no more for an end user of a key; one blocked before stays so. Raises NotFound for no such key."""
        await self._database.write(lambda connection: _block(connection, key_id, user, stamp))

    async def unblock(self, key_id: str, user: str, stamp: Stamp) -> bool:
        """Draw for an end user again; whether they were blocked."""
        return await self._database.write(lambda connection: _unblock(connection, key_id, user, stamp))

    async def blocked(self, key_id: str) -> tuple[str, ...]:
        """The end users that a key may draw no more for, in the order of their names."""
        return await self._database.read(lambda connection: tuple(connection.scalars(_BLOCKED_USERS, {"key": key_id})))

    async def revoke(self, key_id: str, stamp: Stamp) -> Key:
        """Refuse the key from now on; one revoked before keeps its time.

        Raises NotFound when there is no such key.
        """
        return await self._database.write(lambda connection: _revoke(connection, key_id, stamp))


def _add(connection: Connection, key: Key, secret_hash: bytes, stamp: Stamp) -> None:
    account = connection.execute(_ACCOUNT, {"account": key.account_id}).one_or_none()
    if account is None:
        raise NotFound(f"There is no account '{key.account_id}'.", param="account")
    if account.closed_at_s is not None:
        raise Conflict(f"The account '{key.account_id}' is closed.", param="account")
    if connection.scalar(_SAME_NAME, {"name": key.name}) is not None:
        raise Conflict(
            f"There is a key named '{key.name}' already. Choose another name, or revoke that key first.", param="name"
        )
    row = {
        "id": key.id,
        "account_id": key.account_id,
        "name": key.name,
        "admin": key.admin,
        "strictness": key.strictness.value if key.strictness else None,
        "strict": key.strict,
        **_columns(key.terms),
        "created_at_s": key.created_at_s,
        "revoked_at_s": key.revoked_at_s,
    }
    try:
        connection.execute(insert(keys), row)
        connection.execute(insert(meters), {"key_id": key.id, **asdict(Meter())})
        _add_secret(connection, key.id, NewSecret(hash=secret_hash, hint=key.hint), key.created_at_s)
    except IntegrityError as error:
        raise Defect(f"key {key.id} breaks the rules of its table") from error
    named: dict[str, Json] = {"name": key.name, "account": key.account_id, "admin": key.admin}
    ruled: dict[str, Json] = {"strictness": key.strictness, "strict": key.strict}
    note(connection, stamp, Action.KEY_CREATED, key.id, {"after": {**named, **ruled, **_facts(key.terms)}})


def _add_secret(connection: Connection, key_id: str, new: NewSecret, created_at_s: float) -> None:
    connection.execute(
        insert(key_secrets),
        {"secret_hash": new.hash, "key_id": key_id, "hint": new.hint, "created_at_s": created_at_s},
    )


def _change(connection: Connection, key_id: str, change: Callable[[KeyTerms], KeyTerms], stamp: Stamp) -> Key:
    before = _found(connection, key_id).terms
    after = change(before)
    details = changes(_facts(before), _facts(after))
    if details:
        connection.execute(update(keys).where(keys.c.id == key_id).values(_columns(after)))
        note(connection, stamp, Action.KEY_CHANGED, key_id, details)
    return _found(connection, key_id)


def _rotate(connection: Connection, key_id: str, new: NewSecret, old_until_s: float, stamp: Stamp) -> Key:
    _found(connection, key_id)
    connection.execute(
        update(key_secrets)
        .where(
            key_secrets.c.key_id == key_id,
            or_(key_secrets.c.expires_at_s.is_(None), key_secrets.c.expires_at_s > old_until_s),
        )
        .values(expires_at_s=old_until_s)
    )
    _add_secret(connection, key_id, new, stamp.at_s)
    note(connection, stamp, Action.KEY_ROTATED, key_id, {"after": {"old_secret_until_s": old_until_s}})
    return _found(connection, key_id)


def _block(connection: Connection, key_id: str, user: str, stamp: Stamp) -> None:
    _found(connection, key_id)
    if user not in connection.scalars(_BLOCKED_USERS, {"key": key_id}).all():
        connection.execute(insert(blocked_users), {"key_id": key_id, "user": user, "created_at_s": stamp.at_s})
        note(connection, stamp, Action.USER_BLOCKED, key_id, {"after": {"user": user}})


def _unblock(connection: Connection, key_id: str, user: str, stamp: Stamp) -> bool:
    statement = delete(blocked_users).where(blocked_users.c.key_id == key_id, blocked_users.c.user == user)
    was_blocked = connection.execute(statement).rowcount == 1
    if was_blocked:
        note(connection, stamp, Action.USER_UNBLOCKED, key_id, {"before": {"user": user}})
    return was_blocked


def _revoke(connection: Connection, key_id: str, stamp: Stamp) -> Key:
    if _found(connection, key_id).revoked_at_s is None:
        connection.execute(update(keys).where(keys.c.id == key_id).values(revoked_at_s=stamp.at_s))
        note(connection, stamp, Action.KEY_REVOKED, key_id, {})
    return _found(connection, key_id)


def _found(connection: Connection, key_id: str) -> Key:
    row = connection.execute(_BY_ID, {"key": key_id}).one_or_none()
    if row is None:
        raise NotFound(f"There is no key '{key_id}'.", param="key")
    return _key(row)


def _facts(terms: KeyTerms) -> dict[str, Json]:
    """Terms as the trail tells them."""
    models: list[Json] | None = None if terms.models is None else list[Json](sorted(terms.models))
    return {
        "models": models,
        **asdict(terms.limits),
        "expires_at_s": terms.expires_at_s,
        "labels": dict(terms.labels),
    }


def _columns(terms: KeyTerms) -> dict[str, Any]:
    return {
        "models": None if terms.models is None else orjson.dumps(sorted(terms.models)).decode(),
        **asdict(terms.limits),
        "expires_at_s": terms.expires_at_s,
        "labels": orjson.dumps(terms.labels, option=orjson.OPT_SORT_KEYS).decode(),
    }


def _key(row: Row[Any]) -> Key:
    return Key(
        id=row.id,
        account_id=row.account_id,
        name=row.name,
        admin=row.admin,
        strictness=Strictness(row.strictness) if row.strictness is not None else None,
        strict=row.strict,
        hint=row.hint,
        created_at_s=row.created_at_s,
        revoked_at_s=row.revoked_at_s,
        terms=KeyTerms(
            models=None if row.models is None else frozenset(orjson.loads(row.models)),
            limits=KeyLimits(**{field.name: getattr(row, field.name) for field in fields(KeyLimits)}),
            expires_at_s=row.expires_at_s,
            labels=orjson.loads(row.labels),
        ),
        secret_expires_at_s=row.secret_expires_at_s,
        markup_bp=row.markup_bp,
        account_closed=row.closed_at_s is not None,
    )
