"""Measures a Limner of this checkout on this machine, prints the figures and writes them into docs/performance.md.

python -m bench.run                            everything, some twelve minutes
python -m bench.run gateways                   only Limner beside other gateways
python -m bench.run gateways:generations-2m    one of its loads
python -m bench.run start call                 only these
    --quick                                    one round at once, whatever else runs, and without LiteLLM

What is measured whole is written; what was named in part or is quick is only printed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import signal
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.figures import Figure, table
from bench.gateways.peers import missing, version
from bench.gateways.ratios import TARGETS, details_table, targets_table
from bench.gateways.rounds import enough_cores, measure
from bench.gateways.scenarios import SCENARIOS, Name, Scenario
from bench.measures import ALL

PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"
GATEWAYS: Final = "gateways"
ROUNDS: Final = 3
PATIENCE_S: Final = 90.0
"""With other programs on the machine, in a whole run."""
PARTS: Final = ("figures", "targets", "details")
"""Of the page, each between two marks."""


def marks(part: str) -> tuple[str, str]:
    """Between what a part of the page stands."""
    return f"<!-- {part}: written by bench/run.py -->", f"<!-- end of {part} -->"


def main(words: Sequence[str]) -> int:
    """Measure what is named, or everything. The exit code is 1 when a target is missed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what was started is stopped
    names, quick = _parsed(words)
    single = [measured for measured in ALL if not names or measured.__name__ in names]
    # Kept to the end: on ext4 making a file is slow for minutes after others were deleted.
    with tempfile.TemporaryDirectory(prefix="limner-bench-") as folder:
        missed = _figures(single, Path(folder), write=not names) if single else False
        return int(_loads(names, quick=quick) or missed)


def _loads(names: set[str], *, quick: bool) -> bool:
    """Measure the loads that are named, or all of them where nothing is; whether a target is missed."""
    loads = [load for load in SCENARIOS if not names or names & {GATEWAYS, f"{GATEWAYS}:{load.name}"}]
    return bool(loads) and _gateways(loads, quick=quick, write=len(loads) == len(SCENARIOS) and not quick)


def _parsed(words: Sequence[str]) -> tuple[set[str], bool]:
    known = [*(measured.__name__ for measured in ALL), GATEWAYS, *(f"{GATEWAYS}:{load.name}" for load in SCENARIOS)]
    parser = argparse.ArgumentParser(prog="bench.run", description="Measure Limner on this machine.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; all when none is named")
    parser.add_argument("--quick", action="store_true", help="one round, and without LiteLLM")
    found = parser.parse_args(words)
    if unknown := set(found.names) - set(known):
        parser.error(f"nothing is called {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return set(found.names), found.quick


def _figures(measures: Sequence[object], folder: Path, *, write: bool) -> bool:
    figures: list[Figure] = []
    for measured in ALL:
        if measured in measures:
            print(f"measuring: {measured.__name__}", file=sys.stderr)
            figures += measured(folder)
    print(table(figures))
    if write:
        _write("figures", f"{_measured_on()}\n\n{table(figures)}")
    return any(figure.missed for figure in figures)


def _gateways(loads: Sequence[Scenario], *, quick: bool, write: bool) -> bool:
    if not enough_cores():
        print("gateways: left out, they need two cores", file=sys.stderr)
        return False
    absent = missing()
    for name in absent:
        print(f"gateways: without {name}, which is not installed; tools/bench_peers.sh says why", file=sys.stderr)
    without = {*absent, Name.LITELLM} if quick else set(absent)
    rounds = 1 if quick else ROUNDS
    patience_s = 0.0 if quick else PATIENCE_S
    readings = measure(loads, rounds=rounds, without=tuple(without), patience_s=patience_s)
    others = f"Other programs used {statistics.median(readings.others_shares):.0%} of a core meanwhile."
    targets, details = targets_table(readings), details_table(readings, loads)
    print(targets, details, others, sep="\n\n")
    if write:
        peers = ", ".join(f"{name} {version(name)}" for name in (Name.NGINX, Name.LITELLM) if name not in absent)
        left_out = "".join(f" Without {name}, which was not installed." for name in absent)
        about = f"{_measured_on()} {peers}; the median of {rounds} rounds (lowest to highest). {others}{left_out}"
        _write("targets", f"{about}\n\n{targets}")
        _write("details", details)
    return any(target.missed(readings) for target in TARGETS)


def _measured_on() -> str:
    today = dt.datetime.now(tz=dt.UTC).date()
    return f"Measured {today} on {os.cpu_count()} cores of {platform.machine()}, Python {platform.python_version()}."


def _write(part: str, text: str) -> None:
    page = PAGE.read_text()
    begin, end = marks(part)
    before, after = page.split(begin)[0], page.split(end)[1]
    PAGE.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
