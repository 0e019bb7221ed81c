"""The command line: one file a command.

Exit codes: 0 done, 1 failed, 2 called wrongly, 130 interrupted. Results go to standard output, everything else to
standard error. A command's file is imported when the command is called, so that `limner --help` answers at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS: Final[Mapping[str, str]] = {
    "up": "Start a server with a first key and a first picture.",
    "serve": "Start the server and run until it is told to stop.",
    "check": "Check that the configuration, the engines and the ledger are sound.",
    "accounts": "Create accounts, change their terms, and put money in.",
    "keys": "Create keys, change their terms, and revoke them.",
    "webhooks": "Show the secret that webhooks are signed with.",
    "prices": "Show what models cost, and what a job would.",
    "backup": "Copy the SQLite database to a file, beside a running server, too.",
    "migrate": "Bring the database up to date, or move it to PostgreSQL.",
    "usage": "Show what was drawn and what it cost, in US dollars.",
    "entries": "Show the ledger's entries of every job that ended, which add up to what was charged for them.",
    "trail": "Show who changed which account or key, and what was before and after.",
    "generate": "Draw a picture from a prompt and save it.",
    "edit": "Change one or more pictures and save the result.",
    "sketch": "See what the embedded illustrator draws, and how much of what was asked for is in it.",
    "version": "Show the version.",
}
"""Name of each command, which is also its file -> its sentence in `limner --help`."""


class _LazyGroup(TyperGroup):
    """Knows the commands by name and sentence, and imports one when it is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {name: TyperCommand(name, help=sentence) for name, sentence in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        return name, typer.main.get_command(import_module(f"limner.cli.{name}").app), rest


app = typer.Typer(cls=_LazyGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def _limner() -> None:
    """OpenAI's Images API, self-hosted, in front of any image engine, with every picture accounted for."""


def main() -> None:
    """Run the command named on the command line; the entry point of `limner`."""
    app(prog_name="limner")
