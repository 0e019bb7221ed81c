"""Diaries: what callers and the upstream saw, a line of JSON each, on the system's side of a write before it happens.

A killed process has lost none of its lines: what has been written to a file is the system's to keep.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class End(StrEnum):
    """How sending a request ended for its caller."""

    ANSWERED = "answered"
    """With all its pictures."""
    REFUSED = "refused"
    """With an error, which may ask to come again."""
    BROKEN = "broken"
    """The connection was lost, or never stood."""
    IMPATIENT = "impatient"
    """Its own time was up."""
    LEFT = "left"
    """It went away for good."""
    TAKEN_IN = "taken in"
    """With the id of a task."""
    CANCELLED = "cancelled"
    """As a task that will not be drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A caller's view of one sending of a wish; or, `looked`, of the end of its task, however often it asked for that.

    retry: how often it had been sent before. job: by the answer's `x-request-id` or the task's `traceId`, where one
    came. pictures: the upstream's calls they were drawn by; empty for what is no picture of this wish. code: of an
    error. task: its id. stands: the word for where the task stands in the end, as its caller was told.
    """

    ticket: str
    retry: int
    end: End
    status: int | None = None
    job: str | None = None
    code: str | None = None
    pictures: tuple[str, ...] = ()
    task: str | None = None
    stands: str | None = None

    @property
    def looked(self) -> bool:
        """Whether it is about a task that had been taken in."""
        return self.task is not None and self.end is not End.TAKEN_IN


class Fate(StrEnum):
    """What the upstream does with a call."""

    DRAWN = "drawn"
    SLOW = "slow"
    STALLED = "stalled"
    CUT = "cut"
    HUNG_UP = "hung up"
    BUSY = "429"
    CLOSED = "429, come back in a second"
    FAILED = "500"
    REFUSED = "moderation"
    FEWER = "fewer pictures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The upstream's view of one request that reached it whole."""

    id: str
    ticket: str
    fate: Fate


class Diary:
    """A file that lines are added to."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, entry: Sending | Call) -> None:
        """Add one."""
        os.write(self._file, json.dumps(asdict(entry)).encode() + b"\n")


def sendings(path: Path) -> list[Sending]:
    """What callers noted."""
    return [Sending(**{**line, "end": End(line["end"]), "pictures": tuple(line["pictures"])}) for line in _lines(path)]


def calls(path: Path) -> list[Call]:
    """What the upstream noted."""
    return [Call(**{**line, "fate": Fate(line["fate"])}) for line in _lines(path)]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        with path.open() as file:
            yield from map(json.loads, file)
