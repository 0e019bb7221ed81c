"""Torments whole installations and sees whether their books are right: `make torture`.

    python -m torture                          some minutes: SQLite with one gateway, then PostgreSQL with three
    python -m torture --wishes 32000           the long one, of more than 20,000 jobs each
    python -m torture --database sqlite        one of them alone
    python -m torture --write                  puts the report into docs/reliability.md, too

The same seed draws the same wishes, fates and deeds; when they meet depends on the machine. Ends with 1 when a rule was
violated, and then leaves its folders for a look.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from torture.databases import DATABASES
from torture.report import Result, report, violations
from torture.rules import findings
from torture.trial import Plan, carried_out

PAGE: Final = Path(__file__).parents[1] / "docs" / "reliability.md"
BEGIN: Final = "<!-- torture: written by `python -m torture --write` -->"
END: Final = "<!-- end of torture -->"
WISHES: Final = 4_000
AT_ONCE: Final = 40
SEEDS: Final = 10**6


def main(words: Sequence[str]) -> int:
    """Carry out what is asked for, and report. The exit code is 1 when a rule was violated."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what was started is ended
    asked = _parsed(words)
    began_s = time.monotonic()
    plans = [
        Plan(wishes=asked.wishes, at_once=asked.at_once, seed=asked.seed, database=database)
        for database in asked.database or DATABASES
    ]
    results = [_tormented(plan) for plan in plans]
    taken_s = time.monotonic() - began_s
    about = f"{_today()}: {asked.wishes:,} requests, {asked.at_once} at once, in {taken_s:.0f} s; seed {asked.seed}."
    text = f"{about}\n\n{report(results)}"
    print(text)
    for result in results:
        for line in violations(result):
            print(line)
    if asked.write:
        _write(text)
    return int(any(result.broken for result in results))


def _tormented(plan: Plan) -> Result:
    folder = Path(tempfile.mkdtemp(prefix="limner-torture-"))
    print(f"{plan.name}, seed {plan.seed}, in {folder}", file=sys.stderr)
    with carried_out(plan, folder, lambda line: print(line, file=sys.stderr)) as evidence:
        result = Result(name=plan.name, evidence=evidence, findings=findings(evidence))
    print(f"{plan.name}: {len(evidence.jobs):,} jobs, {len(result.broken)} rules violated", file=sys.stderr)
    if not result.broken:
        shutil.rmtree(folder)
    return result


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="torture", description="Torment Limner and check its books.")
    parser.add_argument("--wishes", type=int, default=WISHES, help=f"requests that callers mean ({WISHES:,})")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help=f"callers side by side ({AT_ONCE})")
    parser.add_argument("--seed", type=int, default=random.randrange(SEEDS), help="of all that is drawn by lot")
    parser.add_argument("--database", action="append", choices=list(DATABASES), help="under the gateways (each)")
    parser.add_argument("--write", action="store_true", help="put the report into docs/reliability.md, too")
    return parser.parse_args(words)


def _today() -> str:
    today = dt.datetime.now(tz=dt.UTC).date()
    return f"{today} on {os.cpu_count()} cores of {platform.machine()}, Python {platform.python_version()}"


def _write(text: str) -> None:
    page = PAGE.read_text()
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
