"""Torments a whole installation and sees whether its books are right: `make torture`.

    python -m torture                    a few minutes; the report goes to the terminal
    python -m torture --wishes 20000     the long one
    python -m torture --write            puts the report into docs/reliability.md, too

The same seed draws the same wishes, fates and deeds; when they meet depends on the machine. Ends with 1 when a rule was
violated, and then leaves its folder for a look.
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

from torture.report import broken, tables
from torture.rules import findings
from torture.trial import Plan, carry_out

PAGE: Final = Path(__file__).parents[1] / "docs" / "reliability.md"
BEGIN: Final = "<!-- torture: written by `make torture` -->"
END: Final = "<!-- end of torture -->"
WISHES: Final = 5_000
AT_ONCE: Final = 40
SEEDS: Final = 10**6


def main(words: Sequence[str]) -> int:
    """Carry out what is asked for, and report. The exit code is 1 when a rule was violated."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what was started is ended
    asked = _parsed(words)
    plan = Plan(wishes=asked.wishes, at_once=asked.at_once, seed=asked.seed)
    folder = Path(tempfile.mkdtemp(prefix="limner-torture-"))
    print(f"seed {plan.seed}, in {folder}", file=sys.stderr)
    began_s = time.monotonic()
    evidence = carry_out(plan, folder, lambda line: print(line, file=sys.stderr))
    taken_s = time.monotonic() - began_s
    found = findings(evidence, joining=asked.joining)
    about = f"{_today()}: {plan.wishes:,} requests, {plan.at_once} at once, in {taken_s:.0f} s; seed {plan.seed}."
    text = "\n\n".join([about, *(table.text() for table in tables(evidence, found))])
    print(text)
    for sentence in broken(found):
        print(f"\n{sentence}")
    if asked.write:
        _write(text)
    if any(finding.binding and finding.violations for finding in found):
        print(f"\nwhat is left of it: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="torture", description="Torment Limner and check its books.")
    parser.add_argument("--wishes", type=int, default=WISHES, help=f"requests that callers mean ({WISHES:,})")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help=f"callers side by side ({AT_ONCE})")
    parser.add_argument("--seed", type=int, default=random.randrange(SEEDS), help="of all that is drawn by lot")
    parser.add_argument("--joining", action="store_true", help="let a retry that buys a second picture be a violation")
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
