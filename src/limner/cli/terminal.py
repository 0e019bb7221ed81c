"""What every command says to the terminal, and how: results on standard output, the rest on standard error."""

from __future__ import annotations

import json
import sys
from typing import Any, Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

FAILED: Final = 1
"""Exit code of a command that could not do what it was asked."""
_PIPE_WIDTH: Final = 240


def result_console() -> Console:
    """Standard output, for what was asked for."""
    # Rich takes a pipe for 80 columns wide and would cut what another program is to read.
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def message_console() -> Console:
    """Standard error, for progress and remarks."""
    return Console(stderr=True, highlight=False)


def fail(*problems: str) -> NoReturn:
    """End the command with exit code 1 and a line for each problem."""
    console = message_console()
    for problem in problems:
        # One line each, however narrow the terminal: a path or a setting's name is to be copied.
        console.print(f"[red]error:[/red] {escape(problem)}", soft_wrap=True)
    raise typer.Exit(FAILED)


def print_line(text: str) -> None:
    """A line of the result, exactly as it is: no wrapping, no colour."""
    sys.stdout.write(text + "\n")


def print_json(value: Any) -> None:
    """The result for a program to read."""
    print_line(json.dumps(value, indent=2, ensure_ascii=False))
