"""The table of operations: what leads where, what it takes, and what it answers.

Routes, the OpenAPI document and the reference page are all made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from limner.contract.admin import accounts, keys, prices, records
from limner.contract.admin.pages import PAGE
from limner.contract.arguments import Argument

PREFIX: Final = "/limner/v1"
"""Where all of them are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation. path: below PREFIX. arguments: of the query of a GET, else of the JSON body.

    answer: the component that describes it. lists: whether it answers pages of those. changes: whether it leaves an act
    on the trail. once: whether an `Idempotency-Key` makes it happen once.
    """

    id: str
    method: str
    path: str
    summary: str
    answer: str
    arguments: tuple[Argument, ...] = ()
    lists: bool = False
    changes: bool = False
    once: bool = False


def _list(operation_id: str, path: str, summary: str, answer: str, arguments: tuple[Argument, ...] = ()) -> Operation:
    return Operation(
        id=operation_id,
        method="GET",
        path=path,
        summary=summary,
        answer=answer,
        arguments=(*arguments, *PAGE),
        lists=True,
    )


def _get(operation_id: str, path: str, summary: str, answer: str) -> Operation:
    return Operation(id=operation_id, method="GET", path=path, summary=summary, answer=answer)


def _change(
    operation_id: str,
    verb: str,
    summary: str,
    answer: str,
    arguments: tuple[Argument, ...] = (),
    *,
    once: bool = False,
) -> Operation:
    method, _, path = verb.partition(" ")
    return Operation(
        id=operation_id,
        method=method,
        path=path,
        summary=summary,
        answer=answer,
        arguments=arguments,
        changes=True,
        once=once,
    )


OPERATIONS: Final = (
    _change("accounts.create", "POST /accounts", "Make an account with nothing in it", "Account", accounts.NEW),
    _list("accounts.list", "/accounts", "List accounts, the oldest first", "Account", accounts.LISTING),
    _get("accounts.retrieve", "/accounts/{account}", "Look up an account", "Account"),
    _change(
        "accounts.change",
        "PATCH /accounts/{account}",
        "Change an account's terms; what is not sent stays",
        "Account",
        accounts.TERMS,
    ),
    _change(
        "accounts.credit",
        "POST /accounts/{account}/credits",
        "Put money into an account, by an entry of its own; once for each Idempotency-Key",
        "Account",
        accounts.CREDIT,
        once=True,
    ),
    _change("accounts.close", "POST /accounts/{account}/close", "Admit no more jobs of an account's keys", "Account"),
    _get(
        "accounts.check",
        "/accounts/{account}/check",
        "Add an account's ledger up, every entry of it",
        "AccountCheck",
    ),
    _change("keys.create", "POST /keys", "Make a key, whose secret is told this once", "NewKey", keys.NEW),
    _list("keys.list", "/keys", "List keys, the oldest first", "Key", keys.LISTING),
    _get("keys.retrieve", "/keys/{key}", "Look up a key, by id or name", "Key"),
    _change("keys.change", "PATCH /keys/{key}", "Change a key's terms; what is not sent stays", "Key", keys.TERMS),
    _change(
        "keys.rotate", "POST /keys/{key}/rotate", "Give a key another secret, told this once", "NewKey", keys.ROTATION
    ),
    _change("keys.revoke", "POST /keys/{key}/revoke", "Refuse a key from now on", "Key"),
    _change("keys.block", "POST /keys/{key}/block", "Draw no more for one end user of a key", "Key", keys.USER),
    _change("keys.unblock", "POST /keys/{key}/unblock", "Draw for an end user of a key again", "Key", keys.USER),
    _list("keys.blocked", "/keys/{key}/blocked", "List the end users a key may draw no more for", "BlockedUser"),
    _list("usage.sums", "/usage", "Add up what was drawn, charged and spent", "UsageSum", records.USAGE),
    _list(
        "entries.list",
        "/entries",
        "List the jobs of a bill with their entries, by the time they ended",
        "JobEntries",
        records.BILL,
    ),
    _list("prices.list", "/prices", "List what the served models cost, and who says so", "Price", prices.LISTING),
    Operation(
        id="prices.quote",
        method="POST",
        path="/prices/quote",
        summary="Tell what a job would be held and charged",
        answer="Quote",
        arguments=prices.QUOTE,
    ),
    _list("trail.list", "/trail", "List changes and who made them, the latest first", "Act", records.TRAIL),
)
