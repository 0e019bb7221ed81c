"""Accounts: who pays, how far below nothing the balance may go, and what is added to every price.

Pure rules and the contract of where accounts are kept. An account's balance is the ledger's; see `limner.ledger`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from limner.errors import LimitReached
from limner.money import usd_text
from limner.trail import Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTerms:
    """What an operator grants an account and may change at any time.

    credit_limit_nusd: how far the balance may go below 0; 0 is prepaid, None is no limit. markup_bp: added to every
    price, in hundredths of a percent. labels: the operator's own words, which Limner only repeats.
    """

    credit_limit_nusd: int | None = 0
    markup_bp: int = 0
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as stored. balance_nusd: without what jobs under way hold. closed_at_s: None while it is open."""

    id: str
    terms: AccountTerms
    balance_nusd: int
    created_at_s: float
    closed_at_s: float | None


class AccountRegister(Protocol):
    """Where accounts are kept. Whatever changes one leaves an act on the trail, in the same transaction."""

    async def add(self, account: Account, stamp: Stamp) -> None:
        """Store a new account. Raises Conflict when there is one of that name, open or closed."""
        ...

    async def all(self) -> tuple[Account, ...]:
        """Every account, closed ones too, the oldest first."""
        ...

    async def change(self, account_id: str, change: Callable[[AccountTerms], AccountTerms], stamp: Stamp) -> Account:
        """Put `change` of an account's terms in their place, in one transaction. Raises NotFound for no account."""
        ...

    async def close(self, account_id: str, stamp: Stamp) -> Account:
        """Refuse the account's keys from now on; one closed before keeps its time. Raises NotFound for no account."""
        ...


def check_credit(balance_nusd: int, hold_nusd: int, credit_limit_nusd: int | None) -> None:
    """Raise LimitReached when an account cannot pay for a hold.

    balance_nusd: with the hold taken out. A job that costs nothing is never refused.
    """
    if hold_nusd == 0 or credit_limit_nusd is None or balance_nusd >= -credit_limit_nusd:
        return
    left_nusd = max(0, balance_nusd + hold_nusd + credit_limit_nusd)
    raise LimitReached(
        f"You have run out of credit: this request may cost up to ${usd_text(hold_nusd)}, and "
        f"${usd_text(left_nusd)} are left. Ask whoever runs this server to add credit to your account.",
        code="credit_balance_exhausted",
    )
