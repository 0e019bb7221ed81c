"""`limner migrate` and `limner backup`, from the terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from typer.testing import Result

Limner = Callable[..., Result]


def said(result: Result) -> str:
    """Everything the command wrote, in one line."""
    return " ".join(result.output.split())


def test_an_installation_moves_to_postgresql(limner: Limner, empty_postgres_address: str) -> None:
    """A key made on SQLite is listed from PostgreSQL afterwards, and the ledger is sound there."""
    limner("keys", "create", "laptop")
    result = limner("migrate", "copy", LIMNER_SERVER__DATABASE=empty_postgres_address)
    assert result.exit_code == 0, result.output
    assert "keys 1" in said(result)
    assert "every row arrived, and 1 account add up as before" in said(result)
    assert "laptop" in limner("keys", "list", LIMNER_SERVER__DATABASE=empty_postgres_address).stdout
    assert limner("check", LIMNER_SERVER__DATABASE=empty_postgres_address).exit_code == 0


def test_a_second_move_is_refused(limner: Limner, empty_postgres_address: str) -> None:
    """The target is not empty any more."""
    limner("keys", "create", "laptop")
    assert limner("migrate", "copy", LIMNER_SERVER__DATABASE=empty_postgres_address).exit_code == 0
    again = limner("migrate", "copy", LIMNER_SERVER__DATABASE=empty_postgres_address)
    assert again.exit_code == 1
    assert "holds an installation already" in said(again)


def test_a_move_needs_to_know_where_to(limner: Limner) -> None:
    """Without a PostgreSQL database in the configuration the setting is named."""
    result = limner("migrate", "copy")
    assert result.exit_code == 1
    assert "LIMNER_SERVER__DATABASE" in said(result)


def test_a_database_is_brought_up_to_date(limner: Limner, empty_postgres_address: str) -> None:
    """An empty one is set up, one that is up to date is left as it is."""
    environ = {"LIMNER_SERVER__DATABASE": empty_postgres_address}
    assert "at version 0001 now; before, it was empty" in said(limner("migrate", "up", **environ))
    assert "at version 0001 already" in said(limner("migrate", "up", **environ))
    assert "at version 0001 now" in said(limner("migrate", "up"))


@pytest.mark.parametrize("command", [["keys", "list"], ["check"], ["usage"]])
def test_a_database_that_is_behind_names_the_command(limner: Limner, postgres_address: str, command: list[str]) -> None:
    """Every command that opens the database says how to bring it up to date, and does not do so by itself."""
    with psycopg.connect(postgres_address) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    result = limner(*command, LIMNER_SERVER__DATABASE=postgres_address)
    assert result.exit_code == 1
    assert "limner migrate up" in said(result)


def test_a_backup_is_made_and_restored(limner: Limner, folder: Path) -> None:
    """The copy in the place of the database is the installation as it was."""
    limner("keys", "create", "laptop")
    result = limner("backup", "copy.db")
    assert result.exit_code == 0, result.output
    assert "Backed up to copy.db" in said(result)
    limner("keys", "create", "phone")
    for file in (folder / "data").glob("limner.db*"):
        file.unlink()
    (folder / "copy.db").rename(folder / "data" / "limner.db")
    listed = limner("keys", "list").stdout
    assert "laptop" in listed
    assert "phone" not in listed
    assert limner("check").exit_code == 0


def test_a_backup_that_cannot_be_made_is_told(limner: Limner, folder: Path, postgres_address: str) -> None:
    """A file that exists, a place that is not there, another kind of database: a sentence each, and exit code 1."""
    limner("keys", "create", "laptop")
    (folder / "older.db").touch()
    refused = {
        limner("backup", "older.db"): "exists already",
        limner("backup", "no/such/folder.db"): "No such file or directory",
        limner("backup", "copy.db", LIMNER_SERVER__DATABASE=postgres_address): "pg_dump",
    }
    for result, words in refused.items():
        assert result.exit_code == 1
        assert words in said(result)
