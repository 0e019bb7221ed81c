"""Balances, the entries that make them, and the meters of keys: each changed in the transaction of what changes it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from limner.errors import InvalidRequest, NotFound
from limner.job import Json
from limner.ledger import EntryKind
from limner.limits import Meter
from limner.money import AMOUNT_NUSD_MAX, usd_text
from limner.storage.prepared import Prepared
from limner.storage.tables import accounts, entries, meters
from limner.storage.trail import note
from limner.trail import Action, Stamp

METERED: Final = tuple(meters.c[field.name] for field in fields(Meter))
"""What a meter is read from, in the order of its fields."""
BALANCE: Final = select(accounts.c.balance_nusd).where(accounts.c.id == bindparam("account"))
_ADD_TO_BALANCE: Final = Prepared(
    update(accounts)
    .where(accounts.c.id == bindparam("account"))
    .values(balance_nusd=accounts.c.balance_nusd + bindparam("amount"))
    .returning(accounts.c.balance_nusd, accounts.c.credit_limit_nusd, accounts.c.closed_at_s)
)
_METER: Final = Prepared(select(*METERED).where(meters.c.key_id == bindparam("key")))
_SET_METER: Final = Prepared(update(meters).where(meters.c.key_id == bindparam("key")))
_INSERT_ENTRY: Final = Prepared(insert(entries).inline())


def add_to_balance(connection: Connection, account_id: str, amount_nusd: int) -> tuple[Any, ...] | None:
    """Change a balance; return it with the account's credit limit and the time it was closed, or None for no account.

    Whoever changes it next waits here until this transaction has ended.
    """
    return _ADD_TO_BALANCE.run(connection, {"account": account_id, "amount": amount_nusd})


def add_entry(connection: Connection, *, amount_nusd: int, balance_after_nusd: int, **columns: Any) -> None:
    """Write an entry. columns: the others, by their names."""
    before_nusd = balance_after_nusd - amount_nusd
    _INSERT_ENTRY.run(
        connection,
        {
            "amount_nusd": amount_nusd,
            "balance_before_nusd": before_nusd,
            "balance_after_nusd": balance_after_nusd,
            **columns,
        },
    )


def meter_of(connection: Connection, key_id: str) -> Meter:
    """A key's meter. To be read after the balance was changed: then nobody else changes it."""
    row = _METER.run(connection, {"key": key_id})
    assert row is not None
    return Meter(*row)


def set_meter(connection: Connection, key_id: str, meter: Meter) -> None:
    """Put a key's meter in the place of the one before."""
    _SET_METER.run(connection, {"key": key_id, **{column.name: getattr(meter, column.name) for column in METERED}})


def credit(connection: Connection, account_id: str, amount_nusd: int, reason: str, stamp: Stamp) -> int:
    """Add to a balance by an entry of its own and an act; return the balance. Raises NotFound and InvalidRequest."""
    before_nusd = connection.scalar(BALANCE, {"account": account_id})
    if before_nusd is None:
        raise NotFound(f"There is no account '{account_id}'.", param="account")
    if abs(before_nusd + amount_nusd) > AMOUNT_NUSD_MAX:
        raise InvalidRequest(f"The balance would be beyond ${usd_text(AMOUNT_NUSD_MAX)}.", param="amount_usd")
    account = add_to_balance(connection, account_id, amount_nusd)
    assert account is not None
    balance_nusd: int = account[0]
    add_entry(
        connection,
        account_id=account_id,
        kind=EntryKind.CREDIT,
        amount_nusd=amount_nusd,
        balance_after_nusd=balance_nusd,
        reason=reason,
        created_at_s=stamp.at_s,
        job_id=None,
        resolves=None,
        price_book=None,
    )
    details: dict[str, Json] = {
        "before": {"balance_nusd": balance_nusd - amount_nusd},
        "after": {"balance_nusd": balance_nusd},
        "amount_nusd": amount_nusd,
        "reason": reason,
    }
    note(connection, stamp, Action.ACCOUNT_CREDITED, account_id, details)
    return balance_nusd
