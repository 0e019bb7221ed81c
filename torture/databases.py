"""The database under the gateways, as the harness sees it: SQL of its own, and for the villain what can be killed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

Rows: TypeAlias = Callable[[str], list[tuple[Any, ...]]]
"""What the database answers to a query, asked beside the gateways."""


def sqlite_rows(data: Path) -> Rows:
    """Of the database in a data folder."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        address = f"file:{data / 'limner.db'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as connection:
            return connection.execute(query).fetchall()

    return rows
