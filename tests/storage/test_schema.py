"""The migrations make the very tables the code works with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from tests.storage.openers import DATABASES

from limner.clock import ManualClock
from limner.storage import DatabaseTooNew, open_storage
from limner.storage.backend import Backend
from limner.storage.postgres import PostgresBackend
from limner.storage.schema import HEAD, make, migrate, version
from limner.storage.sqlite import SqliteBackend
from limner.storage.tables import metadata

IN_POSTGRES = """
SELECT concat_ws('.', table_name, column_name) AS name,
    concat_ws(' ', data_type, is_nullable, column_default, is_identity) AS made
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


def schema(connection: Connection) -> dict[str, str]:
    """Name -> what made it, of everything in a database, with the order of constraints and spaces taken out."""
    if connection.dialect.name == "postgresql":
        return {row.name: row.made for row in connection.execute(text(IN_POSTGRES))}
    rows = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    )
    return {name: _sorted(sql) for name, sql in rows}


def _sorted(sql: str) -> str:
    return "\n".join(sorted(line.strip().rstrip(",") for line in re.sub(r"[ \t]+", " ", sql).splitlines()))


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Backend, Backend]]:
    """Two databases of a kind with nothing in them."""

    def opened(name: str) -> Backend:
        if request.param == "sqlite":
            return SqliteBackend(tmp_path / name)
        return PostgresBackend(request.getfixturevalue("postgres").create())

    with closing(opened("a")) as one, closing(opened("b")) as other:
        yield one, other


def test_the_migrations_make_the_tables(empty: tuple[Backend, Backend]) -> None:
    """An old database that is migrated is as a new one is made: columns, constraints, indexes, triggers and version."""
    made, migrated = empty
    made.alone(make)
    migrated.alone(migrate)
    assert len(made.alone(schema)) > len(metadata.tables)
    assert migrated.alone(schema) == made.alone(schema)
    assert migrated.alone(version) == made.alone(version) == HEAD


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
