"""Results as CSV, for a spreadsheet or another program (RFC 4180)."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, TextIO, TypeAlias

import typer

from limner.money import usd_text

CsvOption: TypeAlias = Annotated[
    str | None, typer.Option("--csv", help="Write CSV to this file, or - for standard output.", metavar="FILE")
]
Cell: TypeAlias = str | int | Decimal | None
Line: TypeAlias = Mapping[str, Cell]

_STDOUT: Final = "-"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the start of a formula. Source: OWASP, CSV injection."""


def amount(nusd: int) -> Decimal:
    """Dollars as a number that prints with every digit."""
    return Decimal(usd_text(nusd))


@contextmanager
def spreadsheet(target: str, names: Sequence[str]) -> Iterator[Callable[[Line], None]]:
    """Open `target` with a line of names, and yield what writes a line under them. Raises OSError naming `target`."""
    try:
        with _opened(target) as file:
            writer = csv.writer(file)
            writer.writerow(names)
            yield lambda line: writer.writerow([harmless(line[name]) for name in names])
    except OSError as error:
        raise OSError(error.errno, error.strerror, target) from error


def harmless(cell: Cell) -> Cell:
    """A text that would be run as a formula made one that is shown. Numbers are what they are."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


@contextmanager
def _opened(target: str) -> Iterator[TextIO]:
    if target == _STDOUT:
        yield sys.stdout
        return
    with Path(target).open("w", encoding="utf-8", newline="") as file:
        yield file
