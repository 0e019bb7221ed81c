"""What a kind of database does for `Database`: whole batches of writes, reads, and work that nobody may write beside.

`storage/sqlite.py` and `storage/postgres.py` are the two there are; what differs between them is said there alone. All
of it blocks: `Database` calls it on threads of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection

from limner.storage.batches import Result

T = TypeVar("T")

READERS: Final = 4
"""Reads at a time. They are short; more threads would only wait for the interpreter."""

Work: TypeAlias = Callable[[Connection], T]
"""What is to be done in a transaction that somebody else begins and ends."""


class DatabaseUnusable(RuntimeError):
    """The database cannot be used as it is; the message tells the operator what to do, and no secret."""


class DatabaseUnreached(DatabaseUnusable):
    """The database could not be connected to, or the connection was lost; nothing was changed."""


class OutcomeUnknown(RuntimeError):
    """The database was lost during a commit and did not come back in time to say whether that had happened.

    Whoever does the write again must be prepared to find it done.
    """


class Backend(Protocol):
    """An open database of one kind.

    shared: whether other servers may be on it at the same time, of another version, too.
    """

    shared: bool

    def commit(self, writes: Sequence[Work[Any]], *, lasting: bool) -> list[Result[Any]]:
        """Run writes in one transaction and return what became of each, in their order, once that is final.

        One that raises is undone by itself, with what it deferred (`storage/deferred.py`). lasting: as at
        `Database.write`. Raises when the transaction itself fails, DatabaseAway when it cannot be begun: then nothing
        has changed. One thread at a time may call it.
        """
        ...

    def read(self, function: Work[T]) -> T:
        """Run `function` in one snapshot of the database, unable to change it. Raises DatabaseAway."""
        ...

    def silent(self) -> bool:
        """Whether there is nothing just now that would let us in or refuse us: a server that is down, or starting."""
        ...

    def alone(self, function: Work[T]) -> T:
        """Run `function` in a transaction of its own while nobody else writes, were it for minutes.

        For changes of the schema. Nothing may write through this object meanwhile. Raises DatabaseUnusable for a
        database that refuses what is asked of it, DatabaseUnreached where it is not there to be asked.
        """
        ...

    def close(self) -> None:
        """Close all connections. Nothing may be running."""
        ...
