"""Accounts as administrators write and read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from limner.accounts import Account, AccountTerms
from limner.contract.arguments import Argument, Shape, Values
from limner.job import Json
from limner.ledger import Audit
from limner.money import percent_text, usd_text

TERMS: Final = (
    Argument(
        name="credit_limit_usd",
        shape=Shape.AMOUNT,
        minimum=0,
        nullable=True,
        description='Dollars the balance may go below 0. `"0"`, which a new account has unless told otherwise, is '
        "prepaid; null is no limit.",
    ),
    Argument(name="markup_percent", shape=Shape.PERCENT, description="Percent added to every price."),
    Argument(
        name="labels",
        shape=Shape.LABELS,
        nullable=True,
        description="Up to 16 words of your own, by name: all there shall be; null is none.",
    ),
)
NEW: Final = (
    Argument(
        name="name",
        shape=Shape.TEXT,
        required=True,
        maximum=64,
        description="1 to 64 lower-case letters, digits, dots, dashes and underscores, a letter or digit first.",
    ),
    *TERMS,
)
CREDIT: Final = (
    Argument(
        name="amount_usd",
        shape=Shape.AMOUNT,
        required=True,
        description="Dollars to put in; a negative amount is a correction, and needs a reason.",
    ),
    Argument(name="reason", shape=Shape.TEXT, maximum=200, description="What the entry says."),
)
LISTING: Final = (Argument(name="include_closed", shape=Shape.FLAG, description="Closed accounts, too."),)


def account_change(values: Values) -> Callable[[AccountTerms], AccountTerms]:
    """What makes of an account's terms those that were sent; what was not sent stays."""
    given: dict[str, Any] = {field: values[name] for name, field in _FIELDS.items() if name in values}
    if "labels" in given:
        given["labels"] = given["labels"] or {}
    return lambda terms: replace(terms, **given)


_FIELDS: Final = {"credit_limit_usd": "credit_limit_nusd", "markup_percent": "markup_bp", "labels": "labels"}


def account_object(account: Account) -> dict[str, Json]:
    """An account and its terms."""
    limit_nusd = account.terms.credit_limit_nusd
    return {
        "object": "account",
        "name": account.id,
        "balance_usd": usd_text(account.balance_nusd),
        "credit_limit_usd": None if limit_nusd is None else usd_text(limit_nusd),
        "markup_percent": percent_text(account.terms.markup_bp),
        "labels": dict(account.terms.labels),
        "created_at": int(account.created_at_s),
        "closed_at": None if account.closed_at_s is None else int(account.closed_at_s),
    }


def audit_object(audit: Audit) -> dict[str, Json]:
    """What adding an account up has found."""
    return {
        "object": "account.check",
        "account": audit.account_id,
        "sound": not audit.faults,
        "balance_usd": usd_text(audit.balance_nusd),
        "held_usd": usd_text(audit.held_nusd),
        "entries": audit.entries,
        "faults": list(audit.faults),
    }
