"""Troubles of a machine, made on each kind of database: it takes nothing more, or another program keeps it locked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from limner.storage import Storage

_FULL = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON entries EXECUTE FUNCTION refuse();
"""
_ROOM = "DROP FUNCTION refuse CASCADE"


async def fill_disk(storage: Storage) -> None:
    """Let the database have no room for more: on SQLite within some rows, on PostgreSQL for no entry at all."""
    await _execute(storage, _FULL if storage.shared else "PRAGMA max_page_count = 1")  # As many pages as it has.


async def make_room(storage: Storage) -> None:
    """Let it have room again."""
    await _execute(storage, _ROOM if storage.shared else "PRAGMA max_page_count = 1000000")


async def never_wait(storage: Storage) -> None:
    """Let the time that a write waits for another program be over at once."""
    await _execute(storage, "SET lock_timeout = 1" if storage.shared else "PRAGMA busy_timeout = 0")


@contextmanager
def locked(data: Path, address: str | None) -> Iterator[None]:
    """Another program has the database at `address`, or the one in the folder, and does not let go."""
    if address is None:
        with closing(sqlite3.connect(data / "limner.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        with psycopg.connect(address) as others:
            others.execute("LOCK TABLE entries IN EXCLUSIVE MODE")
            yield
            others.rollback()


async def _execute(storage: Storage, statements: str) -> None:
    await storage.database.write(lambda connection: connection.exec_driver_sql(statements))
