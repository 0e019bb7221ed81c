"""The ledger's rules and contract: hold, settle, release.

An account's balance is the sum of its entries. A hold takes the worst case out of the balance when a job is admitted;
exactly one later entry refers to it and either settles (gives back what was not charged) or releases (gives back all).
A hold that was released because its gateway was taken for dead can still be charged, once, when the job is delivered
after all, but not when its client has left. Entries are never changed. Pure rules here; `storage/` keeps them in a
database, each method one transaction.

    absent ──hold──> held ──settle──> settled
                       ├───release──> released
                       └───release──> abandoned ──charge──> settled
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from limner.claims import Claim
from limner.errors import Allowance, Defect, Overloaded
from limner.job import Job
from limner.record import JobRecord
from limner.tasks import Ticket
from limner.trail import Stamp


class EntryKind(StrEnum):
    """The ledger's verbs; `credit` for money an operator puts in, `charge` for a job whose hold was gone already."""

    CREDIT = "credit"
    HOLD = "hold"
    SETTLE = "settle"
    RELEASE = "release"
    CHARGE = "charge"


class HoldState(StrEnum):
    """Where the hold of one job stands."""

    ABSENT = "absent"
    HELD = "held"
    SETTLED = "settled"
    RELEASED = "released"
    ABANDONED = "abandoned"
    """Released by another gateway, since the one that ran the job seemed dead."""


TRANSITIONS: Final[Mapping[tuple[HoldState, EntryKind], HoldState]] = {
    (HoldState.ABSENT, EntryKind.HOLD): HoldState.HELD,
    (HoldState.HELD, EntryKind.SETTLE): HoldState.SETTLED,
    (HoldState.HELD, EntryKind.RELEASE): HoldState.RELEASED,
    (HoldState.ABANDONED, EntryKind.CHARGE): HoldState.SETTLED,
}
"""Everything that may happen to a hold; what is not here is refused. A release of an interrupted job abandons it."""


class AlreadyResolved(Defect):
    """A hold was to be resolved a second time. Nothing was changed."""

    code_default = "already_resolved"


class Abandoned(AlreadyResolved):
    """Another gateway took ours for dead and has released the hold. Nothing was changed."""


class LedgerUnavailable(Overloaded):
    """The ledger cannot be written just now: nothing was held, or nothing will be charged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A job about to be admitted, with the most it may cost and what says so.

    price_book: its version. markup_bp: the account's; hold and charge are made with the same one. claim: what its
    request may be found by and finds another job by, or None. ticket: for a job that draws a task.
    """

    job: Job
    hold_nusd: int
    price_book: str
    markup_bp: int = 0
    claim: Claim | None = None
    ticket: Ticket | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """What came of an admission. allowances: what is left of the key's rates.

    instead: the job that the request means; then nothing was stored, held or counted for it.
    """

    allowances: tuple[Allowance, ...] = ()
    instead: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What adding up an account found. `faults` has a sentence for each place where the ledger contradicts itself.

    held: what jobs under way have taken out of the balance for now.
    """

    account_id: str
    balance_nusd: int
    held_nusd: int
    entries: int
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether the account adds up."""
        return not self.faults


class Till(Protocol):
    """Where an operator puts money in."""

    async def credit(
        self, account_id: str, amount_nusd: int, reason: str, stamp: Stamp, idempotency_key: str | None = None
    ) -> int:
        """Add to an account's balance, or take away, by an entry of its own and an act; return the balance.

        idempotency_key: makes it happen once for the account, however often and whenever it is asked for. Raises
        NotFound when there is no such account, InvalidRequest when the balance would be too large to keep, Conflict for
        a key that stands for another credit.
        """
        ...


class Auditor(Protocol):
    """Where accounts are added up."""

    async def account_ids(self) -> tuple[str, ...]:
        """Every account there is."""
        ...

    async def add_up(self, account_id: str) -> Audit:
        """Check one account's ledger against itself, every entry of it. Slow for a long ledger."""
        ...


class Ledger(Protocol):
    """Accounts for every job, in two transactions."""

    async def claim(self, claim: Claim) -> str | None:
        """The id of the job that a request means, which has now been claimed, or None when there is none.

        It is under way, or ended and can be answered again. Raises Conflict for an idempotency key that stands for
        another request, or for one whose answer is no longer kept, DatabaseAway or LedgerUnavailable when it cannot be
        written.
        """
        ...

    async def admit(self, admission: Admission) -> Admitted:
        """Store the job, and the task it draws, and hold the worst case, unless its request means another job.

        Raises NotAuthenticated when the key has become no good meanwhile, NotPermitted when it may draw no more for the
        job's end user, LimitReached when it may not do more or the account cannot pay for it, Defect when the job was
        admitted before, Conflict for one that was to take the place of a task's job and may not, and what `claim` does.
        Then nothing is held or counted.
        """
        ...

    async def note_refusals(self, claims: Sequence[Claim], *, admitted: bool) -> None:
        """Remember for a while that these requests came to nothing, so that their retries mean no twin's job.

        admitted: whether they had a job. One that had none takes the place of its own refusal before.
        """
        ...

    async def settle(self, record: JobRecord, *, late: bool = False) -> None:
        """Store how the job ended, write its usage row, and settle or release its hold.

        Charges `record.charge_nusd` when `record.outcome.charged`, else nothing, and never more than the hold that was
        stored at admission. Raises Abandoned for a job with pictures whose hold was given back when its gateway seemed
        dead; late: one that was delivered is charged all the same. Raises AlreadyResolved the second time, Defect when
        the job was never admitted, LedgerUnavailable when it cannot be written, now or later.
        """
        ...


def charged_nusd(hold_nusd: int, price_nusd: int) -> int:
    """What a delivered job costs its account: its price, but never more than was held.

    The hold is the worst case that a budget was asked for; a price beyond it is a bound of ours that was too low, and
    ours to pay.
    """
    return min(hold_nusd, price_nusd)


def resolution_amount_nusd(hold_nusd: int, charge_nusd: int) -> int:
    """What the entry that ends a hold adds to the balance. Raises ValueError for a charge below 0 or above its hold."""
    if not 0 <= charge_nusd <= hold_nusd:
        raise ValueError(f"a charge is between 0 and its hold: {charge_nusd} of {hold_nusd}")
    return hold_nusd - charge_nusd


def resolution(charged: bool) -> EntryKind:  # noqa: FBT001  the row of a two-row table
    """The entry that ends the hold of a job: settle when the account pays for it, else release."""
    return EntryKind.SETTLE if charged else EntryKind.RELEASE


def after(state: HoldState, verb: EntryKind) -> HoldState:
    """Where a hold stands after `verb`. Raises AlreadyResolved or Defect when that may not happen."""
    if (state, verb) in TRANSITIONS:
        return TRANSITIONS[state, verb]
    if state in {HoldState.SETTLED, HoldState.RELEASED, HoldState.ABANDONED}:
        raise AlreadyResolved(f"a hold is resolved once: cannot {verb} what is {state}")
    raise Defect(f"cannot {verb} a hold that is {state}")
