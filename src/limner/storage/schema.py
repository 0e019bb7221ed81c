"""Bringing a database to today's schema: the migrations, run in process.

A database a newer Limner has changed is refused rather than guessed at.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, String, column, insert, inspect, select, table

from limner.storage.tables import DEFAULT_ACCOUNT, accounts

HEAD: Final = "0001"
"""The newest migration; a test compares it with the folder. Known here so that a start without changes need not
import the migration tool, which takes as long as everything else in storage together."""

_APPLIED: Final = table("alembic_version", column("version_num", String))
"""Alembic's own table: one row, the last migration applied."""


class DatabaseTooNew(RuntimeError):
    """The database was changed by a newer version of Limner."""


def bring_up_to_date(connection: Connection, now_s: float) -> None:
    """Run the migrations that are missing, and make the default account in a database that has none.

    Raises DatabaseTooNew when the database is ahead of this program.
    """
    if _version(connection) != HEAD:
        _migrate(connection)
    if connection.scalar(select(accounts.c.id).limit(1)) is None:
        connection.execute(insert(accounts), {"id": DEFAULT_ACCOUNT, "balance_nusd": 0, "created_at_s": now_s})


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_APPLIED.name):
        return None
    return connection.scalar(select(_APPLIED.c.version_num))


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  see HEAD
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util.exc import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "limner.storage:migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseTooNew(
            f"The database is at version {_version(connection)}, which this Limner does not know: a newer one made "
            f"it. Run that one, or restore a copy from before."
        ) from error
