"""The table of faults as docs/reliability.md has it, made of findings alone."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final, TypeAlias

from tests.faults.drill import OTHER, Finding, Seen

from limner.health import State

Row: TypeAlias = tuple[str, str]
"""The group of a fault and its line of the table: text alone, which a test's report can carry between processes."""
PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
START: Final = "<!-- faults: made by `make docs` -->\n"
END: Final = "<!-- end of faults -->"
_HEAD: Final = "the server", "the caller gets", "with another engine behind it", "the hold is", "the engine afterwards"
_HOLD: Final = {(): "not taken", ("hold", "release"): "released", ("hold", "settle"): "settled"}


def row(finding: Finding) -> Row:
    """The row of a fault."""
    alone, behind = finding.alone, finding.behind
    cells = (
        finding.fault.says,
        f"{_told(alone)}{_attempts(alone)}",
        _passed_on(behind) if OTHER in behind.drew else _told(behind, unless=_told(alone)),
        "; ".join(dict.fromkeys((_HOLD[alone.entries], _HOLD[behind.entries]))),
        "; ".join(dict.fromkeys((_health(alone), _health(behind)))),
    )
    return finding.fault.group.value, _line(cells)


def table(rows: Iterable[Row]) -> str:
    """Every group's rows under its name."""
    lines = [_line(_HEAD), _line(["---"] * len(_HEAD))]
    for group, members in groupby(rows, key=itemgetter(0)):
        lines.append(_line([f"**{group}**", *[""] * (len(_HEAD) - 1)]))
        lines += [line for _, line in members]
    return "\n".join(lines) + "\n"


def on_page(page: str) -> str:
    """The table that stands in the page's text."""
    return page.partition(START)[2].partition(END)[0].strip("\n") + "\n"


def with_table(page: str, text: str) -> str:
    """The page's text with `text` for its table."""
    before, _, rest = page.partition(START)
    return f"{before}{START}\n{text}\n{END}{rest.partition(END)[2]}"


def _told(seen: Seen, unless: str = "") -> str:
    """What the caller got; `unless` it is that, in which case it is the same."""
    code = f"`{seen.error['code']}`" if seen.error else ""
    wait = f", `retry-after: {seen.headers['retry-after']}`" if "retry-after" in seen.headers else ""
    told = f"{seen.status} {_unfinished(seen)}{code or ' and '.join(seen.pictures)}{wait}"
    return "the same" if told == unless else told


def _passed_on(seen: Seen) -> str:
    return f"{seen.status} {_unfinished(seen)}from the other"


def _unfinished(seen: Seen) -> str:
    return f"{seen.partials} unfinished, " if seen.partials else ""


def _attempts(seen: Seen) -> str:
    return {0: ", at once", 1: ""}.get(seen.runs, f", after {seen.runs} attempts")


def _health(seen: Seen) -> str:
    if seen.state is State.OPEN:
        return f"left alone for {seen.wait_s:.0f} s"
    return {0: "well", 1: "1 failure"}.get(seen.failures, f"{seen.failures} failures")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")
