"""Bringing a database to today's schema, while nobody else writes: made whole when it is empty, else by migrations.

A database a newer Limner has changed is refused rather than guessed at. One that is behind is brought up by whoever
opens it; where other gateways may be serving from it, the operator says when.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect, select

from limner.storage.backend import DatabaseUnusable
from limner.storage.tables import DEFAULT_ACCOUNT, accounts, metadata

HEAD: Final = "0001"
"""The newest migration; a test compares it with the folder. Known here so that a start that has nothing to migrate need
not import the migration tool, which takes as long as everything else in storage together, and 10 MB."""

_APPLIED: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Alembic's own table: one row, the last migration applied."""


class DatabaseTooNew(DatabaseUnusable):
    """The database was changed by a newer version of Limner."""


class DatabaseBehind(DatabaseUnusable):
    """The database was made by an older version of Limner."""


def bring_up_to_date(connection: Connection, now_s: float) -> str | None:
    """Make the tables or run the migrations that are missing, and make the default account where there is none.

    Returns the version there was, None when it was empty. Raises DatabaseTooNew when it is ahead of this program.
    """
    before = _checked_version(connection)
    if before is None:
        make(connection)
    elif before != HEAD:
        migrate(connection)
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


def make(connection: Connection) -> None:
    """Make the tables of a database that has none, as all migrations together would: a test compares them."""
    metadata.create_all(connection)
    _APPLIED.create(connection)
    connection.execute(insert(_APPLIED), {"version_num": HEAD})


def migrate(connection: Connection) -> None:
    """Run the migrations that have not been applied."""
    from alembic import command  # noqa: PLC0415  see HEAD
    from alembic.config import Config  # noqa: PLC0415  see HEAD

    config = Config()
    config.set_main_option("script_location", "limner.storage:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


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
