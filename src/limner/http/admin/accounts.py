"""Operations on accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from limner import admin
from limner.accounts import AccountTerms
from limner.contract.admin.accounts import account_change, account_object, audit_object
from limner.http.admin.endpoint import Call, Handler
from limner.http.surface import Surface
from limner.job import Json


async def _create(surface: Surface, call: Call) -> Mapping[str, Json]:
    name: Any = call.values["name"]
    terms = account_change(call.values)(AccountTerms())
    account = await admin.create_account(surface.office.accounts, name, terms=terms, by=call.by, clock=surface.clock)
    return account_object(account)


async def _list(surface: Surface, call: Call) -> Mapping[str, Json]:
    closed = call.values.get("include_closed") is True
    paging = call.paging
    found = [
        account
        for account in await admin.list_accounts(surface.office.accounts, closed=closed)
        if paging.after is None or [account.created_at_s, account.id] > paging.after
    ]
    shown = found[: paging.limit]
    end: Json = [shown[-1].created_at_s, shown[-1].id] if len(found) > len(shown) else None
    return call.page([account_object(account) for account in shown], end)


async def _retrieve(surface: Surface, call: Call) -> Mapping[str, Json]:
    return account_object(await admin.find_account(surface.office.accounts, call.subject))


async def _change(surface: Surface, call: Call) -> Mapping[str, Json]:
    accounts, change = surface.office.accounts, account_change(call.values)
    return account_object(await admin.change_account(accounts, call.subject, change, by=call.by, clock=surface.clock))


async def _credit(surface: Surface, call: Call) -> Mapping[str, Json]:
    amount_nusd: Any = call.values["amount_usd"]
    reason: Any = call.values.get("reason", "")
    await admin.credit_account(
        surface.office.till,
        call.subject,
        amount_nusd,
        reason,
        idempotency_key=call.idempotency_key,
        by=call.by,
        clock=surface.clock,
    )
    return await _retrieve(surface, call)


async def _close(surface: Surface, call: Call) -> Mapping[str, Json]:
    accounts = surface.office.accounts
    return account_object(await admin.close_account(accounts, call.subject, by=call.by, clock=surface.clock))


async def _check(surface: Surface, call: Call) -> Mapping[str, Json]:
    office = surface.office
    return audit_object(await admin.check_account(office.auditor, office.accounts, call.subject))


ACCOUNTS: Final[Mapping[str, Handler]] = {
    "accounts.create": _create,
    "accounts.list": _list,
    "accounts.retrieve": _retrieve,
    "accounts.change": _change,
    "accounts.credit": _credit,
    "accounts.close": _close,
    "accounts.check": _check,
}
