"""The log as a program writes it: whoever has something to say, its lines look the same."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

PROGRAM = """
import logging, warnings
import structlog
from limner.sinks.log import configure_logging

configure_logging(level="info", as_json={as_json})
structlog.get_logger("limner.somewhere").info("job.delivered", job_id="req_a")
logging.getLogger("psycopg").warning("error ignored terminating %r: %s", "<Pipeline [BAD]>", "two\\nlines")
logging.getLogger("psycopg").info("nothing to see")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("asyncio").exception("Task exception was never retrieved")
    structlog.get_logger("limner.somewhere").exception("job.defect")
warnings.warn("an old way of doing things")
"""


def written(*, as_json: bool) -> list[str]:
    """The lines of a program that logs in every way."""
    command = [sys.executable, "-c", PROGRAM.format(as_json=as_json)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()


def test_every_line_is_json_where_that_was_asked_for() -> None:
    """Also what libraries say, and Python itself: one object a line, each with its time, level and event."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in written(as_json=True)]
    assert [(line["level"], line["event"].partition("\n")[0]) for line in lines[:4]] == [
        ("info", "job.delivered"),
        ("warning", "error ignored terminating '<Pipeline [BAD]>': two"),
        ("error", "Task exception was never retrieved"),
        ("error", "job.defect"),
    ]
    assert all(line["timestamp"] for line in lines)
    assert [line.get("logger") for line in lines] == [None, "psycopg", "asyncio", None, "py.warnings"]
    assert ["ZeroDivisionError" in line.get("exception", "") for line in lines[2:4]] == [True, True]
    assert "an old way of doing things" in lines[4]["event"]


def test_text_has_a_line_for_each_event() -> None:
    """Name and value pairs, for libraries too; what has several lines is written in one."""
    lines = written(as_json=False)
    assert len(lines) == 5
    assert all(line.startswith("timestamp=") and " level=" in line and " event=" in line for line in lines)
