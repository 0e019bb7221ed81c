"""Bringing a database to today's schema: the migrations, run in process, while nobody else writes.

A database a newer Limner has changed is refused rather than guessed at. One that is behind is brought up by whoever
opens it; where other gateways may be serving from it, the operator says when.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, String, column, insert, inspect, select, table

from limner.storage.backend import DatabaseUnusable
from limner.storage.tables import DEFAULT_ACCOUNT, accounts

HEAD: Final = "0001"
"""The newest migration; a test compares it with the folder. Known here so that a start without changes need not
import the migration tool, which takes as long as everything else in storage together."""

_APPLIED: Final = table("alembic_version", column("version_num", String))
"""Alembic's own table: one row, the last migration applied."""


class DatabaseTooNew(DatabaseUnusable):
    """The database was changed by a newer version of Limner."""


class DatabaseBehind(DatabaseUnusable):
    """The database was made by an older version of Limner."""


def bring_up_to_date(connection: Connection, now_s: float) -> str | None:
    """Run the migrations that are missing, and make the default account in a database that has none.

    Returns the version there was, None when it was empty. Raises DatabaseTooNew when it is ahead of this program.
    """
    before = _checked_version(connection)
    if before != HEAD:
        _migrate(connection)
    if connection.scalar(select(accounts.c.id).limit(1)) is None:
        connection.execute(insert(accounts), {"id": DEFAULT_ACCOUNT, "balance_nusd": 0, "created_at_s": now_s})
    return before


def require_up_to_date(connection: Connection, now_s: float) -> None:
    """Set up a database that is empty, and leave any other as it is.

    Raises DatabaseBehind when it is not at the newest version, DatabaseTooNew when it is ahead of this program.
    """
    found = _checked_version(connection)
    if found is None:
        bring_up_to_date(connection, now_s)
    elif found != HEAD:
        raise DatabaseBehind(
            f"The database is at version {found}, this Limner needs {HEAD}. Stop the gateways that use it, run "
            f"`limner migrate up`, and start them again."
        )


def version(connection: Connection) -> str | None:
    """The last migration applied; None for a database that is not Limner's."""
    if not inspect(connection).has_table(_APPLIED.name):
        return None
    return connection.scalar(select(_APPLIED.c.version_num))


def _checked_version(connection: Connection) -> str | None:
    found = version(connection)
    # Versions are numbers with leading zeros: they sort as they follow each other.
    if found is not None and found > HEAD:
        raise DatabaseTooNew(
            f"The database is at version {found}, which this Limner does not know: a newer one made it. Run that one, "
            f"or restore a copy from before."
        )
    return found


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  see HEAD
    from alembic.config import Config  # noqa: PLC0415  see HEAD

    config = Config()
    config.set_main_option("script_location", "limner.storage:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
