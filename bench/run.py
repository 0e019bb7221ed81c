"""Measures a Limner of this checkout on this machine, prints the figures and writes them into docs/performance.md.

python -m bench.run            everything, some two minutes
python -m bench.run start call only these; nothing is written
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.figures import Figure, table
from bench.measures import ALL

PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN: Final = "<!-- figures: written by bench/run.py -->"
END: Final = "<!-- end of figures -->"


def main(names: list[str]) -> int:
    """Measure what is named, or everything. The exit code is 1 when a target is missed."""
    measures = [measure for measure in ALL if not names or measure.__name__ in names]
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="limner-bench-") as folder:
        for measure in measures:
            print(f"measuring: {measure.__name__}", file=sys.stderr)
            figures += measure(Path(folder))
    print(table(figures))
    if not names:
        _write(figures)
    return int(any(figure.missed for figure in figures))


def _write(figures: list[Figure]) -> None:
    page = PAGE.read_text()
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    today = dt.datetime.now(tz=dt.UTC).date()
    machine = f"Measured {today} on {os.cpu_count()} cores of {platform.machine()}, Python {platform.python_version()}."
    PAGE.write_text(f"{before}{BEGIN}\n\n{machine}\n\n{table(figures)}\n\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
