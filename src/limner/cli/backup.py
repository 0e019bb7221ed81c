"""`limner backup`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from limner.cli.options import ConfigOption, DataOption
from limner.cli.settings import configuration
from limner.cli.storing import told_plainly
from limner.cli.terminal import fail, message_console
from limner.storage.backup import back_up

app = typer.Typer(add_completion=False)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="File to make.", metavar="FILE", show_default=False)],
    *,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Copy the SQLite database to a file, beside a running server, too.

    The copy is of one moment and complete in itself. Pictures and the secret of links are files in the data folder and
    are not in it. To restore, stop the server, put the copy in the place of limner.db, and run `limner check`.
    """
    settings = configuration(config, data=data)
    if settings.server.database is not None:
        fail("this installation is on PostgreSQL: back it up with that server's own tools, such as pg_dump")
    with told_plainly(settings):
        size_bytes = back_up(settings.server.data, file)
    message_console().print(f"Backed up to {escape(str(file))}: {size_bytes:,} bytes.", soft_wrap=True)
