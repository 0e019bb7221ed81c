"""Carry out every fault of tests/faults and write what was seen into docs/reliability.md. `make docs` runs it."""

from __future__ import annotations

import sys
from typing import Any

import pytest

TEST = "tests/faults/test_faults.py::test_a_fault_ends_as_it_should"


class Collector:
    """Takes the table's rows from the tests' reports."""

    def __init__(self) -> None:
        self.rows: list[Any] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called by pytest after each step of a test."""
        if report.when == "call":
            self.rows += [value for name, value in report.user_properties if name == "row"]


def main() -> int:
    """Write the page when every test has passed; return pytest's verdict."""
    collector = Collector()
    verdict = pytest.main(["-q", TEST], plugins=[collector])
    # Not before pytest has begun: it wants to be the first to import what it takes for a plugin.
    from tests.faults.table import PAGE, table, with_table  # noqa: PLC0415

    if verdict == pytest.ExitCode.OK:
        PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), table(collector.rows)), encoding="utf-8")
    return int(verdict)


if __name__ == "__main__":
    sys.exit(main())
