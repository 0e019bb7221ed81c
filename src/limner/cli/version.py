"""`limner version`."""

from __future__ import annotations

import platform

import typer

from limner import __version__
from limner.cli.options import JsonOption
from limner.cli.terminal import print_json, print_line

app = typer.Typer(add_completion=False)


@app.command()
def version(*, as_json: JsonOption = False) -> None:
    """Show the version."""
    if as_json:
        print_json({"limner": __version__, "python": platform.python_version()})
    else:
        print_line(f"limner {__version__}")
