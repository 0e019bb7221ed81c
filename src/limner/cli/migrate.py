"""`limner migrate up`, `limner migrate copy`."""

from __future__ import annotations

import asyncio

import typer
from rich.table import Table

from limner.cli.options import ConfigOption, DataOption
from limner.cli.settings import configuration
from limner.cli.storing import told_plainly
from limner.cli.terminal import FAILED, fail, message_console, result_console
from limner.clock import SystemClock
from limner.storage import migrate
from limner.storage.moving import Moved, move_to_postgres

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def migrations() -> None:
    """Bring the database up to date, or move it to PostgreSQL."""


@app.command()
def up(*, data: DataOption = None, config: ConfigOption = None) -> None:
    """Bring the database to the version this Limner needs.

    Only PostgreSQL asks for it, since other gateways may be serving from it: stop them first. SQLite is brought up to
    date by whatever opens it.
    """
    settings = configuration(config, data=data)
    with told_plainly(settings):
        done = migrate(settings.server.data, settings.server.database_address, SystemClock())
    if done.before == done.now:
        message_console().print(f"The database is at version {done.now} already.")
    else:
        message_console().print(f"The database is at version {done.now} now; before, it was {done.before or 'empty'}.")


@app.command()
def copy(*, data: DataOption = None, config: ConfigOption = None) -> None:
    """Copy the SQLite database of the data folder to the PostgreSQL database of the configuration.

    The server must be stopped and the PostgreSQL database empty. Everything is copied, ids and history included, and
    compared before it counts: rows of every table, and the sum of every account. The SQLite database stays as it is,
    and so do the pictures in the data folder.
    """
    settings = configuration(config, data=data)
    address = settings.server.database_address
    if address is None:
        fail("name the PostgreSQL database first, as `database` in [server] or as LIMNER_SERVER__DATABASE")
    with told_plainly(settings):
        moved = asyncio.run(move_to_postgres(settings.server.data, address, SystemClock()))
    result_console().print(_table(moved))
    unsound = [audit.account_id for audit in moved.audits if not audit.sound]
    accounts = f"{len(moved.audits)} account{'s' if len(moved.audits) > 1 else ''}"
    if unsound:
        message_console().print(f"Copied as it was: of {accounts}, these do not add up: {', '.join(unsound)}.")
        raise typer.Exit(FAILED)
    message_console().print(f"Copied and compared: every row arrived, and {accounts} add up as before.")


def _table(moved: Moved) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("table")
    table.add_column("rows", justify="right")
    for name, count in moved.rows.items():
        table.add_row(name, f"{count:,}")
    return table
