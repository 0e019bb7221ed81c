"""What is written once for all the writes that are done or undone together, instead of by each of them.

A backend runs such writes inside `deferring`; a write gets hold of what it adds to by `deferred`. Until the block ends
nothing of it is in the database: only who adds knows of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection

_KEY: Final = "limner_deferred"


class Deferred(Protocol):
    """Gathers what is to be written; made empty."""

    def write(self, connection: Connection) -> None:
        """Write what was gathered, in the transaction of all that added to it."""
        ...


_Deferred = TypeVar("_Deferred", bound=Deferred)


@contextmanager
def deferring(connection: Connection) -> Iterator[None]:
    """Around writes of which all stay, or none: writes at the end what they deferred, and drops it when one raises."""
    info = connection.info
    kinds: dict[type[Deferred], Deferred] = {}
    info[_KEY] = kinds
    try:
        yield
        for gathered in kinds.values():
            gathered.write(connection)
    finally:
        # It may have gone with a connection that was lost.
        info.pop(_KEY, None)


def deferred(connection: Connection, kind: type[_Deferred]) -> _Deferred:
    """The one of its kind that the writes running on a connection share."""
    kinds: dict[type[Deferred], Deferred] = connection.info[_KEY]
    gathered = kinds.get(kind)
    if gathered is None:
        gathered = kinds[kind] = kind()
    assert isinstance(gathered, kind)
    return gathered
