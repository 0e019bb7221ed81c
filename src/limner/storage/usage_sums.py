"""The sums kept of every hour and every day, in step with the rows of usage: part of the settlement's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, delete

from limner.storage.tables import usage, usage_sums
from limner.storage.upsert import Adding
from limner.usage import KEPT, MINUTE_S

_ADDING: Final = Adding(usage_sums)
NOT_DETAILED: Final[Mapping[str, Any]] = {"engine": "", "kind": "", "width_px": 0, "height_px": 0}
"""What stands in the columns of detail of a sum that has none."""
_SHARED: Final = tuple(column.name for column in usage_sums.c if column.name in usage.c)
"""Columns that a row of usage and a sum both have."""
_AMOUNTS: Final = tuple(name for name in _SHARED if not usage_sums.c[name].primary_key)


def add_up(connection: Connection, row: Mapping[str, Any]) -> None:
    """Add a row of usage to the sums of its hour and its day."""
    _add(connection, row, {"requests": 1})


def take_away(connection: Connection, row: Mapping[str, Any]) -> None:
    """Take a row of usage out of the sums of its hour and its day, where it has been added before."""
    _add(connection, row, {"requests": -1, **{name: -row[name] for name in _AMOUNTS}})
    connection.execute(delete(usage_sums).where(usage_sums.c.key_id == row["key_id"], usage_sums.c.requests == 0))


def _add(connection: Connection, row: Mapping[str, Any], amounts: Mapping[str, int]) -> None:
    ended_s = row["minute"] * MINUTE_S
    shared = {name: row[name] for name in _SHARED}
    for grain in KEPT:
        span = {
            "width_s": grain.width_s,
            "detailed": grain.detailed,
            "starts_at_s": ended_s // grain.width_s * grain.width_s,
        }
        _ADDING.run(connection, {**shared, **span, **amounts, **({} if grain.detailed else NOT_DETAILED)})
