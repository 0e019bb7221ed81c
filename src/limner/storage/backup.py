"""A copy of the SQLite database, taken while servers write to it: one moment of it, whole."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from limner.storage.backend import DatabaseUnusable
from limner.storage.folder import database_path, make_owner_file
from limner.storage.sqlite import BUSY_TIMEOUT_MS


class NotBackedUp(DatabaseUnusable):
    """No copy was made."""


def back_up(data: Path, file: Path) -> int:
    """Copy the folder's database to `file`, which must not exist, and return its bytes. Blocks.

    Writers go on meanwhile; what they write after the start is not in the copy. The copy is on the disk and was read
    through before it gets its name. Raises NotBackedUp, and OSError for a place that cannot be written.
    """
    if not database_path(data).exists():
        raise NotBackedUp(f"There is no SQLite database in {data}.")
    if file.exists():
        raise NotBackedUp(f"{file} exists already. Name a new file.")
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    make_owner_file(unfinished)
    try:
        _copy(database_path(data), unfinished)
        with unfinished.open("rb") as copy:
            os.fsync(copy.fileno())
        unfinished.rename(file)
    except sqlite3.Error as error:
        raise NotBackedUp(f"The database could not be copied: {error}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return file.stat().st_size


def _copy(database: Path, file: Path) -> None:
    timeout_s = BUSY_TIMEOUT_MS / 1000
    with closing(sqlite3.connect(database, timeout_s)) as source, closing(sqlite3.connect(file)) as copy:
        # All in one step, so that it is one snapshot: with several, SQLite begins anew whenever somebody has written.
        source.backup(copy)
        # A file of its own, without a journal beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        [[found]] = copy.execute("PRAGMA quick_check(1)").fetchall()
        if found != "ok":
            raise NotBackedUp(f"The copy is damaged, and so may be the database: {found}.")
