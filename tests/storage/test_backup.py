"""Backing SQLite up beside a running server, and restoring it."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.storage.jobs import CHARGE_NUSD, Jobs

from limner.admin import create_key
from limner.clock import ManualClock
from limner.storage import DEFAULT_ACCOUNT, DatabaseUnusable, open_storage
from limner.storage.backup import back_up
from limner.storage.folder import database_path
from limner.trail import SERVER


def copies(folder: Path) -> list[str]:
    """Names of the copies in a folder, and of what was left of them."""
    return [path.name for path in folder.glob("copy*")]


async def test_a_copy_made_amid_writes_is_one_moment_of_the_ledger(tmp_path: Path, clock: ManualClock) -> None:
    """While jobs come and go, the copy adds up by itself; restored, it opens, and open jobs are released."""
    data, made = tmp_path / "data", tmp_path / "made"
    made.mkdir()
    async with open_storage(data, clock) as storage:
        jobs = Jobs((await create_key(storage.keys, "tests", by=SERVER, clock=clock)).key, clock)

        async def draw(number: int) -> None:
            await storage.ledger.admit(jobs.admission(f"req_{number}"))
            await storage.ledger.settle(jobs.record(f"req_{number}"))

        async with asyncio.TaskGroup() as tasks:
            for number in range(300):
                tasks.create_task(draw(number))
                if number % 100 == 50:
                    await asyncio.to_thread(back_up, data, made / str(number))
        assert (await storage.ledger.add_up(DEFAULT_ACCOUNT)).balance_nusd == -300 * CHARGE_NUSD
    for copy in [made / str(number) for number in (50, 150, 250)]:
        restored = tmp_path / f"restored-{copy.name}"
        restored.mkdir()
        shutil.copy(copy, database_path(restored))
        async with open_storage(restored, clock) as storage:
            await storage.recovery.begin(alone=True)
            audit = await storage.ledger.add_up(DEFAULT_ACCOUNT)
            assert (audit.held_nusd, audit.faults) == (0, ())


async def test_a_copy_stands_by_itself(tmp_path: Path, clock: ManualClock) -> None:
    """One file, for its owner alone, with no journal beside it and nothing unfinished."""
    async with open_storage(tmp_path / "data", clock):
        size_bytes = back_up(tmp_path / "data", tmp_path / "copy.db")
    assert copies(tmp_path) == ["copy.db"]
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0
    assert (tmp_path / "copy.db").stat().st_size == size_bytes
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT id FROM accounts").fetchall() == [(DEFAULT_ACCOUNT,)]


async def test_a_file_that_exists_is_not_overwritten(tmp_path: Path, clock: ManualClock) -> None:
    """An older copy is not lost to a newer one, which may be of something damaged."""
    (tmp_path / "copy.db").write_text("older")
    async with open_storage(tmp_path / "data", clock):
        with pytest.raises(DatabaseUnusable, match="exists already"):
            back_up(tmp_path / "data", tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "older"


def test_what_is_no_database_is_not_copied(tmp_path: Path) -> None:
    """Neither a folder without one nor a file that is something else leaves a copy behind."""
    with pytest.raises(DatabaseUnusable, match="no SQLite database"):
        back_up(tmp_path, tmp_path / "copy.db")
    database_path(tmp_path).write_text("this was a database once" * 100)
    with pytest.raises(DatabaseUnusable, match="could not be copied"):
        back_up(tmp_path, tmp_path / "copy.db")
    assert copies(tmp_path) == []


async def test_a_damaged_database_is_told_and_not_copied(tmp_path: Path, clock: ManualClock) -> None:
    """A copy is read through before it counts as one."""
    async with open_storage(tmp_path, clock) as storage:
        for number in range(200):
            await create_key(storage.keys, f"key {number}", by=SERVER, clock=clock)
    with database_path(tmp_path).open("r+b") as file:
        file.seek(-5000, 2)
        file.write(b"\xff" * 5000)
    with pytest.raises(DatabaseUnusable, match=r"damaged|could not be copied"):
        back_up(tmp_path, tmp_path / "copy.db")
    assert copies(tmp_path) == []
