"""Times on the command line: UTC, as ISO 8601 has them."""

from __future__ import annotations

from datetime import UTC, datetime


def time(at_s: float | None) -> str | None:
    """A moment to the second, or None."""
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")


def day(at_s: float) -> str:
    """The day of a moment."""
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()
