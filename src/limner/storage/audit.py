"""Adding up an account: every rule of the ledger asked of its rows, even those the schema already enforces.

The schema guards the rows against Limner; this guards them against a repaired, restored or edited file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, func, or_, select

from limner.ledger import Audit, EntryKind
from limner.storage.tables import accounts, entries, jobs, keys, meters

FAULTS_SHOWN_MAX: Final = 20
"""Faults listed for each rule: one is enough to know, twenty to see the pattern."""

_ACCOUNT: Final[BindParameter[str]] = bindparam("account")

_lines: Final = (
    select(
        entries,
        func.lag(entries.c.balance_after_nusd, 1, 0).over(order_by=entries.c.id).label("before_by_chain_nusd"),
    )
    .where(entries.c.account_id == _ACCOUNT)
    .subquery()
)
_holds: Final = entries.alias("holds")
_ends: Final = entries.alias("ends")
_late: Final = entries.alias("late")
_jobs_with_entries: Final = (
    jobs.outerjoin(_holds, and_(_holds.c.job_id == jobs.c.id, _holds.c.kind == EntryKind.HOLD.value))
    .outerjoin(_ends, _ends.c.resolves == _holds.c.id)
    .outerjoin(_late, and_(_late.c.job_id == jobs.c.id, _late.c.kind == EntryKind.CHARGE.value))
)

_of_key: Final = (
    select(
        jobs.c.key_id,
        func.sum(func.coalesce(jobs.c.charge_nusd, jobs.c.hold_nusd)).label("spent_nusd"),
        func.count().filter(jobs.c.outcome.is_(None)).label("jobs_running"),
    )
    .where(jobs.c.account_id == _ACCOUNT)
    .group_by(jobs.c.key_id)
    .subquery()
)

_RULES: Final[Mapping[str, Select[Any]]] = {
    "entry {}: its balance before is not the balance after the entry before it": select(_lines.c.id).where(
        _lines.c.balance_before_nusd != _lines.c.before_by_chain_nusd
    ),
    "entry {}: before and amount do not make after": select(_lines.c.id).where(
        _lines.c.balance_before_nusd + _lines.c.amount_nusd != _lines.c.balance_after_nusd
    ),
    "hold {}: resolved more than once": select(entries.c.resolves)
    .where(entries.c.account_id == _ACCOUNT, entries.c.resolves.is_not(None))
    .group_by(entries.c.resolves)
    .having(func.count() > 1),
    "entry {}: resolves what is not a hold of its job and account": select(_ends.c.id)
    .outerjoin(_holds, _ends.c.resolves == _holds.c.id)
    .where(
        _ends.c.account_id == _ACCOUNT,
        _ends.c.resolves.is_not(None),
        or_(
            _holds.c.id.is_(None),
            _holds.c.kind != EntryKind.HOLD.value,
            _holds.c.job_id != _ends.c.job_id,
            _holds.c.account_id != _ends.c.account_id,
        ),
    ),
    "job {}: its hold is not what its row says": select(jobs.c.id)
    .select_from(_jobs_with_entries)
    .where(jobs.c.account_id == _ACCOUNT, or_(_holds.c.id.is_(None), _holds.c.amount_nusd != -jobs.c.hold_nusd)),
    "job {}: ended without resolving its hold, or the other way round": select(jobs.c.id)
    .select_from(_jobs_with_entries)
    .where(jobs.c.account_id == _ACCOUNT, jobs.c.outcome.is_(None) != _ends.c.id.is_(None)),
    "job {}: pays other than its charge": select(jobs.c.id)
    .select_from(_jobs_with_entries)
    .where(
        jobs.c.account_id == _ACCOUNT,
        _ends.c.amount_nusd + func.coalesce(_late.c.amount_nusd, 0) != jobs.c.hold_nusd - jobs.c.charge_nusd,
    ),
    "job {}: charged late, though its hold was settled": select(jobs.c.id)
    .select_from(_jobs_with_entries)
    .where(
        jobs.c.account_id == _ACCOUNT, _late.c.id.is_not(None), _ends.c.kind.is_distinct_from(EntryKind.RELEASE.value)
    ),
    "key {}: its meter has counted other than its jobs": select(keys.c.id)
    .join(meters, meters.c.key_id == keys.c.id)
    .outerjoin(_of_key, _of_key.c.key_id == keys.c.id)
    .where(
        keys.c.account_id == _ACCOUNT,
        or_(
            meters.c.spent_nusd != func.coalesce(_of_key.c.spent_nusd, 0),
            meters.c.jobs_running != func.coalesce(_of_key.c.jobs_running, 0),
        ),
    ),
}

_BALANCE: Final = select(accounts.c.balance_nusd).where(accounts.c.id == _ACCOUNT)
_TOTAL: Final = select(func.count(), func.coalesce(func.sum(entries.c.amount_nusd), 0)).where(
    entries.c.account_id == _ACCOUNT
)
_HELD: Final = select(func.coalesce(func.sum(jobs.c.hold_nusd), 0)).where(
    jobs.c.account_id == _ACCOUNT, jobs.c.outcome.is_(None)
)


def audit(connection: Connection, account_id: str) -> Audit:
    """Check one account's rows. An account that does not exist has that as its fault."""
    account = {"account": account_id}
    balance_nusd = connection.scalar(_BALANCE, account)
    count, total_nusd = connection.execute(_TOTAL, account).one()
    faults = []
    if balance_nusd is None:
        faults.append("there is no such account")
    elif balance_nusd != total_nusd:
        faults.append(f"the balance is {balance_nusd}, the entries make {total_nusd}")
    for sentence, query in _RULES.items():
        broken = connection.scalars(query.limit(FAULTS_SHOWN_MAX), account)
        faults.extend(sentence.format(row) for row in broken)
    return Audit(
        account_id=account_id,
        balance_nusd=balance_nusd or 0,
        held_nusd=int(connection.scalar(_HELD, account) or 0),
        entries=count,
        faults=tuple(faults),
    )
