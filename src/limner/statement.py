"""What an account has, and the entries that made it so, as they are read: page by page, or job by job.

A bill is read job by job: a job's entries belong to the time it ended, as its usage does, so that the entries of any
key and period add up to the charge of its usage. Contracts, pure; `storage/` reads the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from limner.ledger import EntryKind
from limner.usage import RowPlace, UsageFilter, UsageRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the ledger. job_id, price_book: None for what belongs to no job."""

    id: int
    account_id: str
    kind: EntryKind
    amount_nusd: int
    balance_before_nusd: int
    balance_after_nusd: int
    reason: str
    created_at_s: float
    job_id: str | None
    price_book: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryQuery:
    """Which entries of one account: those made from `since_s` on and before `until_s` (Unix seconds; None is open).

    kinds: empty takes all. job_id: None takes all; that of a task takes those of the job that draws it, too.
    """

    account_id: str
    since_s: float | None = None
    until_s: float | None = None
    kinds: tuple[EntryKind, ...] = ()
    job_id: str | None = None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Entries, the latest first, and whether there are more behind them."""

    entries: tuple[Entry, ...]
    has_more: bool

    @property
    def end(self) -> int | None:
        """The id behind which the next page begins, or None when this is the last."""
        return self.entries[-1].id if self.has_more else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an account has. balance_nusd: what is left, holds taken out; held_nusd: what jobs under way hold of it.

    spent_nusd: what it was charged in all.
    """

    account_id: str
    balance_nusd: int
    held_nusd: int
    spent_nusd: int


@dataclass(frozen=True, slots=True)
class JobEntries:
    """A job that has ended, and its entries, which add up to what it was charged.

    entries: the hold, the settle or release that resolved it, and the charge of one that was delivered after that.
    """

    row: UsageRow
    entries: tuple[Entry, ...]

    @property
    def place(self) -> RowPlace:
        """Where a page that ends with it ended."""
        return RowPlace(self.row.finished_at_s, self.row.job_id)


class Statement(Protocol):
    """Where the ledger is read."""

    async def standing(self, account_id: str) -> Standing | None:
        """What an account has, or None when there is no such account."""
        ...

    async def entries(self, query: EntryQuery, *, limit: int, before_id: int | None = None) -> EntryPage:
        """A page of an account's entries, the latest first, older than the entry `before_id`."""
        ...

    async def jobs(self, where: UsageFilter, *, limit: int, after: RowPlace | None = None) -> tuple[JobEntries, ...]:
        """The entries of the first `limit` jobs that match behind `after`, by the time they ended."""
        ...
