"""An installation with nothing in it, to be copied: to run the migrations for each test would take ten times as long.

What a template database is on PostgreSQL.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from limner.clock import ManualClock
from limner.storage.folder import database_path, make_database_file, make_folder
from limner.storage.schema import bring_up_to_date
from limner.storage.sqlite import SqliteBackend


def installed(data: Path) -> Path:
    """The data folder `data`; when it has no database yet, with one that has Limner's tables in it."""
    if not database_path(data).exists():
        make_folder(data)
        make_database_file(data).write_bytes(_database())
    return data


@cache
def _database() -> bytes:
    with tempfile.TemporaryDirectory(prefix="limner-template-") as folder:
        file = make_database_file(Path(folder))
        backend = SqliteBackend(file)
        backend.alone(lambda connection: bring_up_to_date(connection, ManualClock().now_s()))
        backend.close()
        return file.read_bytes()
