"""Times on the command line: UTC, as ISO 8601 has them, and spans such as 90s, 30m, 1h or 7d."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

_SPAN: Final = re.compile(r"(\d{1,9})([smhd])")
_UNIT_S: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def time(at_s: float | None) -> str | None:
    """A moment to the second, or None."""
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")


def day(at_s: float) -> str:
    """The day of a moment."""
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()


def moment_s(text: str) -> float:
    """The moment a text names: a day, which begins at midnight, or a time of one, UTC unless it says otherwise.

    Raises ValueError for any other text.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"not a day or a time, such as 2027-01-31 or 2027-01-31T18:00: {text!r}") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def span_s(text: str) -> int:
    """How long a text says, in seconds. Raises ValueError for what is no number with one of s, m, h and d behind it."""
    read = _SPAN.fullmatch(text)
    if read is None:
        raise ValueError(f"not a span of time, such as 90s, 30m, 1h or 7d: {text!r}")
    return int(read[1]) * _UNIT_S[read[2]]
