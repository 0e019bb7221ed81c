"""Balances, the entries that make them, and the meters of keys: each changed in the transaction of what changes it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from limner.claims import other_content
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
BALANCE_AND_METER: Final = Prepared(
    select(accounts.c.balance_nusd, *METERED).where(
        accounts.c.id == bindparam("account"), meters.c.key_id == bindparam("key")
    )
)
_ADD_TO_BALANCE: Final = Prepared(
    update(accounts)
    .where(accounts.c.id == bindparam("account"))
    .values(balance_nusd=accounts.c.balance_nusd + bindparam("amount"))
)
_SET_METER: Final = Prepared(update(meters).where(meters.c.key_id == bindparam("key")))
_INSERT_ENTRY: Final = Prepared(insert(entries).inline())
_CREDITED: Final = select(entries.c.amount_nusd, entries.c.reason).where(
    entries.c.account_id == bindparam("account"), entries.c.idempotency_key == bindparam("key")
)


def add_entry(
    connection: Connection,
    *,
    account_id: str,
    amount_nusd: int,
    balance_before_nusd: int,
    idempotency_key: str | None = None,
    **columns: Any,
) -> None:
    """Change the balance of an account by an entry. columns: the others of it, by their names.

    balance_before_nusd: read in the same transaction. Nobody writes beside it, so that it is still that.
    """
    _ADD_TO_BALANCE.run(connection, {"account": account_id, "amount": amount_nusd})
    _INSERT_ENTRY.run(
        connection,
        {
            "account_id": account_id,
            "amount_nusd": amount_nusd,
            "balance_before_nusd": balance_before_nusd,
            "balance_after_nusd": balance_before_nusd + amount_nusd,
            "idempotency_key": idempotency_key,
            **columns,
        },
    )


def set_meter(connection: Connection, key_id: str, meter: Meter) -> None:
    """Put a key's meter in the place of the one before."""
    _SET_METER.run(connection, {"key": key_id, **{column.name: getattr(meter, column.name) for column in METERED}})


def credit(
    connection: Connection,
    account_id: str,
    amount_nusd: int,
    reason: str,
    stamp: Stamp,
    idempotency_key: str | None,
) -> int:
    """Add to a balance by an entry of its own and an act; return the balance; see `limner.ledger.Till`."""
    before_nusd = connection.scalar(BALANCE, {"account": account_id})
    if before_nusd is None:
        raise NotFound(f"There is no account '{account_id}'.", param="account")
    if idempotency_key is not None:
        # Nothing is written beside this: what is not there now is not there when it is written.
        asked = {"account": account_id, "key": idempotency_key}
        credited = connection.execute(_CREDITED, asked).one_or_none()
        if credited is not None:
            if tuple(credited) != (amount_nusd, reason):
                raise other_content()
            return int(before_nusd)
    if abs(before_nusd + amount_nusd) > AMOUNT_NUSD_MAX:
        raise InvalidRequest(f"The balance would be beyond ${usd_text(AMOUNT_NUSD_MAX)}.", param="amount_usd")
    add_entry(
        connection,
        account_id=account_id,
        kind=EntryKind.CREDIT,
        amount_nusd=amount_nusd,
        balance_before_nusd=before_nusd,
        reason=reason,
        created_at_s=stamp.at_s,
        job_id=None,
        resolves=None,
        price_book=None,
        idempotency_key=idempotency_key,
    )
    balance_nusd = int(before_nusd) + amount_nusd
    details: dict[str, Json] = {
        "before": {"balance_nusd": before_nusd},
        "after": {"balance_nusd": balance_nusd},
        "amount_nusd": amount_nusd,
        "reason": reason,
    }
    note(connection, stamp, Action.ACCOUNT_CREDITED, account_id, details)
    return balance_nusd
