"""Accounts in the database. What changes their balance is in `ledger.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from limner.accounts import Account, AccountTerms
from limner.errors import Conflict, NotFound
from limner.job import Json
from limner.storage.database import Database
from limner.storage.tables import accounts
from limner.storage.trail import note
from limner.trail import Action, Stamp, changes

_BY_ID: Final = select(accounts).where(accounts.c.id == bindparam("account"))
_ALL: Final = select(accounts).order_by(accounts.c.created_at_s, accounts.c.id)


class SqlAccountStore:
    """Keeps accounts; see `limner.accounts.AccountRegister`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, account: Account, stamp: Stamp) -> None:
        """Store a new account. Raises Conflict when there is one of that name, open or closed."""
        await self._database.write(lambda connection: _add(connection, account, stamp))

    async def all(self) -> tuple[Account, ...]:
        """Every account, closed ones too, the oldest first."""
        rows = await self._database.read(lambda connection: connection.execute(_ALL).all())
        return tuple(_account(row) for row in rows)

    async def change(self, account_id: str, change: Callable[[AccountTerms], AccountTerms], stamp: Stamp) -> Account:
        """Put `change` of an account's terms in their place, in one transaction. Raises NotFound for no account."""
        return await self._database.write(lambda connection: _change(connection, account_id, change, stamp))

    async def close(self, account_id: str, stamp: Stamp) -> Account:
        """Refuse the account's keys from now on; one closed before keeps its time. Raises NotFound for no account."""
        return await self._database.write(lambda connection: _close(connection, account_id, stamp))


def _add(connection: Connection, account: Account, stamp: Stamp) -> None:
    if connection.execute(_BY_ID, {"account": account.id}).one_or_none() is not None:
        raise Conflict(f"There is an account '{account.id}' already. Choose another name.", param="name")
    row = {
        "id": account.id,
        "balance_nusd": account.balance_nusd,
        **_columns(account.terms),
        "created_at_s": account.created_at_s,
        "closed_at_s": account.closed_at_s,
    }
    connection.execute(insert(accounts), row)
    note(connection, stamp, Action.ACCOUNT_CREATED, account.id, {"after": _facts(account.terms)})


def _change(
    connection: Connection, account_id: str, change: Callable[[AccountTerms], AccountTerms], stamp: Stamp
) -> Account:
    before = _found(connection, account_id).terms
    after = change(before)
    details = changes(_facts(before), _facts(after))
    if details:
        connection.execute(update(accounts).where(accounts.c.id == account_id).values(_columns(after)))
        note(connection, stamp, Action.ACCOUNT_CHANGED, account_id, details)
    return _found(connection, account_id)


def _close(connection: Connection, account_id: str, stamp: Stamp) -> Account:
    if _found(connection, account_id).closed_at_s is None:
        connection.execute(update(accounts).where(accounts.c.id == account_id).values(closed_at_s=stamp.at_s))
        note(connection, stamp, Action.ACCOUNT_CLOSED, account_id, {})
    return _found(connection, account_id)


def _found(connection: Connection, account_id: str) -> Account:
    row = connection.execute(_BY_ID, {"account": account_id}).one_or_none()
    if row is None:
        raise NotFound(f"There is no account '{account_id}'.", param="account")
    return _account(row)


def _facts(terms: AccountTerms) -> dict[str, Json]:
    """Terms as the trail tells them."""
    return {
        "credit_limit_nusd": terms.credit_limit_nusd,
        "markup_bp": terms.markup_bp,
        "labels": dict(terms.labels),
    }


def _columns(terms: AccountTerms) -> dict[str, Any]:
    return {
        "credit_limit_nusd": terms.credit_limit_nusd,
        "markup_bp": terms.markup_bp,
        "labels": orjson.dumps(terms.labels, option=orjson.OPT_SORT_KEYS).decode(),
    }


def _account(row: Row[Any]) -> Account:
    return Account(
        id=row.id,
        terms=AccountTerms(
            credit_limit_nusd=row.credit_limit_nusd, markup_bp=row.markup_bp, labels=orjson.loads(row.labels)
        ),
        balance_nusd=row.balance_nusd,
        created_at_s=row.created_at_s,
        closed_at_s=row.closed_at_s,
    )
