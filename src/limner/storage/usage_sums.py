"""The sums kept of every hour and every day, in step with the rows of usage: part of the settlement's transaction.

Jobs that are settled together mostly add to the same few sums, which are written once for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import add, itemgetter
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, bindparam, delete

from limner.storage.deferred import deferred
from limner.storage.tables import usage, usage_sums
from limner.storage.upsert import Adding
from limner.usage import HOUR_S, KEPT, MINUTE_S

_Key: TypeAlias = tuple[Any, ...]
_Amounts: TypeAlias = tuple[int, ...]

_ADDING: Final = Adding(usage_sums)
_FORGET_EMPTY: Final = delete(usage_sums).where(usage_sums.c.key_id == bindparam("key"), usage_sums.c.requests == 0)
_OWNER: Final = ("account_id", "key_id", "model")
_DETAIL: Final = ("engine", "kind", "width_px", "height_px")
_NOT_DETAILED: Final[_Key] = ("", "", 0, 0)
"""What stands in the columns of detail of a sum that has none."""
_AMOUNTS: Final = tuple(name for name, column in usage_sums.c.items() if name in usage.c and not column.primary_key)
_COLUMNS: Final = ("width_s", "detailed", "starts_at_s", *_OWNER, *_DETAIL, "requests", *_AMOUNTS)
_owner, _detail, _amounts = itemgetter(*_OWNER), itemgetter(*_DETAIL), itemgetter(*_AMOUNTS)


def add_up(connection: Connection, row: Mapping[str, Any]) -> None:
    """Add a row of usage to the sums of its hour and its day."""
    deferred(connection, _Sums).add(row)


def take_away(connection: Connection, row: Mapping[str, Any]) -> None:
    """Take a row of usage out of the sums of its hour and its day, where it has been added before."""
    deferred(connection, _Sums).take_away(row)


class _Sums:
    """What is to be added, by hour, which no sum is shorter than, and by all that sums are told apart by."""

    def __init__(self) -> None:
        self._added: dict[_Key, _Amounts] = {}
        self._lessened: set[str] = set()

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row of usage."""
        self._change(row, (1, *_amounts(row)))

    def take_away(self, row: Mapping[str, Any]) -> None:
        """Add what a row of usage has been added with, the other way round."""
        self._change(row, tuple(-amount for amount in (1, *_amounts(row))))
        self._lessened.add(row["key_id"])

    def write(self, connection: Connection) -> None:
        """Write every sum once. One of which nothing is left goes, for no row of usage makes it."""
        for key, amounts in self._sums().items():
            _ADDING.run(connection, dict(zip(_COLUMNS, (*key, *amounts), strict=True)))
        for key_id in self._lessened:
            connection.execute(_FORGET_EMPTY, {"key": key_id})

    def _change(self, row: Mapping[str, Any], amounts: _Amounts) -> None:
        _put(self._added, (row["minute"] * MINUTE_S // HOUR_S * HOUR_S, _owner(row), _detail(row)), amounts)

    def _sums(self) -> Mapping[_Key, _Amounts]:
        """The same as rows of the table have it: what every kind of sum that is kept gets."""
        sums: dict[_Key, _Amounts] = {}
        for (hour_s, owner, detail), amounts in self._added.items():
            for grain in KEPT:
                starts_at_s = hour_s // grain.width_s * grain.width_s
                told_apart = detail if grain.detailed else _NOT_DETAILED
                _put(sums, (grain.width_s, grain.detailed, starts_at_s, *owner, *told_apart), amounts)
        return sums


def _put(sums: dict[_Key, _Amounts], key: _Key, amounts: _Amounts) -> None:
    so_far = sums.get(key)
    sums[key] = amounts if so_far is None else tuple(map(add, so_far, amounts))
