"""The migrations make the very tables the code works with."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from limner.clock import ManualClock
from limner.storage import DatabaseTooNew, open_storage
from limner.storage.schema import HEAD
from limner.storage.tables import metadata


def schema(connection: Connection) -> dict[str, str]:
    """Name -> what made it, of every table and index, with the order of constraints and spaces taken out."""
    rows = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    )
    return {name: _sorted(sql) for name, sql in rows if name != "alembic_version"}


def _sorted(sql: str) -> str:
    return "\n".join(sorted(line.strip().rstrip(",") for line in re.sub(r"[ \t]+", " ", sql).splitlines()))


async def test_the_migrations_make_the_tables(tmp_path: Path, clock: ManualClock) -> None:
    """A database brought up by migrations has the schema of `tables.py`: columns, constraints, indexes and all."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        made = schema(connection)
    engine.dispose()
    async with open_storage(tmp_path, clock) as storage:
        assert await storage.database.read(schema) == made


def test_the_head_is_the_newest_migration() -> None:
    """The version known without importing the migration tool is the one of the folder."""
    config = Config()
    config.set_main_option("script_location", str(files("limner.storage") / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


async def test_opening_again_changes_nothing(tmp_path: Path, clock: ManualClock) -> None:
    """An up-to-date database is left as it is."""
    async with open_storage(tmp_path, clock) as storage:
        before = await storage.database.read(
            lambda connection: list(connection.execute(text("SELECT * FROM accounts")))
        )
    clock.advance(5)
    async with open_storage(tmp_path, clock) as storage:
        assert await storage.answers()
        after = await storage.database.read(lambda connection: list(connection.execute(text("SELECT * FROM accounts"))))
    assert after == before
    assert len(after) == 1


async def test_a_closed_database_does_not_answer(tmp_path: Path, clock: ManualClock) -> None:
    """What `/readyz` asks: yes while it is open, no afterwards, never an error."""
    async with open_storage(tmp_path, clock) as storage:
        assert await storage.answers()
        await storage.database.close()
        assert not await storage.answers()


async def test_a_newer_database_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    """A database at a version this program does not know is left alone and the operator told."""
    async with open_storage(tmp_path, clock) as storage:
        await storage.database.write(
            lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        )
    with pytest.raises(DatabaseTooNew, match="version 9999"):
        async with open_storage(tmp_path, clock):
            pass


async def test_nothing_is_left_in_the_working_folder(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening needs no file in the working folder and leaves none there."""
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    async with open_storage(tmp_path / "data", clock):
        pass
    assert list((tmp_path / "cwd").iterdir()) == []
