"""`limner serve`."""

from __future__ import annotations

import typer

from limner.app import serve as serve_until_stopped
from limner.cli.listening import run
from limner.cli.options import ConfigOption, DataOption, HostOption, PortOption
from limner.cli.settings import configuration

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    *, host: HostOption = None, port: PortOption = None, data: DataOption = None, config: ConfigOption = None
) -> None:
    """Start the server and run until it is told to stop.

    Ctrl-C or SIGTERM lets requests under way finish; a second one stops at once.
    """
    settings = configuration(config, host=host, port=port, data=data)
    run(settings, lambda: serve_until_stopped(settings))
