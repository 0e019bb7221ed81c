"""Everything that is left when the torture is over, as it is found: rows, diaries, pictures, logs."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from torture.databases import Rows
from torture.diary import Call, End, Sending
from torture.pictures import Mark, mark_of

CHARGED: Final = frozenset({"delivered", "stored"})
_JOBS: Final = 'SELECT id, "user", engine, outcome, n, charge_nusd, blob_keys, failures FROM jobs'
_TASKS: Final = (
    'SELECT tasks.id, jobs."user", job_id, began_at_s IS NOT NULL, cancelled_at_s IS NOT NULL, tasks.error_code, '
    "timed_out, restarts, request_kept FROM tasks JOIN jobs ON jobs.id = tasks.job_id"
)
_LEFTOVERS: Final = ("spool", "journal")
_REQUEST: Final = "/request.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A row of `jobs`, as far as it matters here.

    engine: empty for one that was ended for a gateway that died. failures: one for each failed attempt.
    """

    id: str
    ticket: str
    engine: str
    outcome: str | None
    n: int
    charge_nusd: int
    kept: tuple[str, ...]
    failures: tuple[Mapping[str, Any], ...]

    @property
    def charged(self) -> bool:
        """Whether anybody paid for it."""
        return self.charge_nusd > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """A row of `tasks`. job: the one that draws it, or drew it last. code: of what ended it, if that was noted."""

    id: str
    ticket: str
    job: str
    begun: bool
    cancelled: bool
    code: str | None
    timed_out: bool
    restarts: int
    request_kept: bool


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is found. kept: what the files of results say they are, None for no whole picture; leftovers: other files.

    requests: tasks whose requests are among the results, by the files' names. ends: what the villain says of processes
    that ended badly. tracebacks: lines of logs that tell of one. taken_back: tickets of tasks that their callers
    take back, if they are still there.
    """

    rows: Rows
    jobs: Mapping[str, JobRow]
    tasks: Mapping[str, TaskRow]
    sendings: Sequence[Sending]
    calls: Sequence[Call]
    kept: Mapping[str, Mark | None]
    requests: Sequence[str]
    leftovers: Sequence[str]
    ends: Sequence[str]
    tracebacks: Sequence[str]
    taken_back: frozenset[str] = frozenset()
    log_lines: int = 0
    deeds: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def jobs_of(self) -> Mapping[str, Sequence[JobRow]]:
        """By ticket."""
        found: defaultdict[str, list[JobRow]] = defaultdict(list)
        for job in self.jobs.values():
            found[job.ticket].append(job)
        return found

    def stands(self, task: TaskRow) -> str:
        """What its callers are to be told of a task."""
        outcome = self.jobs[task.job].outcome
        if task.cancelled or outcome == "cancelled":
            return "cancelled"
        if outcome is None:
            return "not ended"
        if outcome in CHARGED:
            return "completed"
        return "timeout" if task.timed_out else "failed"

    @cached_property
    def tasks_of(self) -> Mapping[str, Sequence[TaskRow]]:
        """By ticket."""
        found: defaultdict[str, list[TaskRow]] = defaultdict(list)
        for task in self.tasks.values():
            found[task.ticket].append(task)
        return found

    @cached_property
    def calls_of(self) -> Mapping[str, int]:
        """How many calls of the upstream there were, by ticket."""
        return Counter(call.ticket for call in self.calls)

    @cached_property
    def answered(self) -> Sequence[Sending]:
        """What was answered with pictures."""
        return [sending for sending in self.sendings if sending.end is End.ANSWERED]


def jobs_in(rows: Rows) -> Mapping[str, JobRow]:
    """Every job, by its id."""
    return {
        job_id: JobRow(
            id=job_id,
            ticket=ticket or "",
            engine=engine or "",
            outcome=outcome,
            n=n,
            charge_nusd=charge_nusd or 0,
            kept=tuple(json.loads(kept or "[]")),
            failures=tuple(json.loads(failures or "[]")),
        )
        for job_id, ticket, engine, outcome, n, charge_nusd, kept, failures in rows(_JOBS)
    }


def tasks_in(rows: Rows) -> Mapping[str, TaskRow]:
    """Every task, by its id."""
    return {
        task_id: TaskRow(
            id=task_id,
            ticket=ticket or "",
            job=job,
            begun=bool(begun),
            cancelled=bool(cancelled),
            code=code,
            timed_out=bool(timed_out),
            restarts=restarts,
            request_kept=bool(kept),
        )
        for task_id, ticket, job, begun, cancelled, code, timed_out, restarts, kept in rows(_TASKS)
    }


def kept_in(folders: Iterable[Path]) -> Mapping[str, Mark | None]:
    """The results in some data folders, by the keys that jobs know them by."""
    return {key: mark_of(file.read_bytes()) for key, file in _results(folders) if not key.endswith(_REQUEST)}


def requests_in(folders: Iterable[Path]) -> list[str]:
    """The tasks whose requests are in some data folders, by what the files are called."""
    return [key.removesuffix(_REQUEST) for key, _ in _results(folders) if key.endswith(_REQUEST)]


def _results(folders: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    for folder in {(folder / "results").resolve() for folder in folders}:
        for file in folder.iterdir():
            yield file.name.replace("~", "/"), file


def leftovers_in(folders: Iterable[Path]) -> list[str]:
    """What nobody comes for any more."""
    return [
        str(file.relative_to(folder.parent.parent))
        for folder in folders
        for name in _LEFTOVERS
        for file in (folder / name).iterdir()
    ]


def tracebacks_in(log: Path, expected: frozenset[str]) -> tuple[int, list[str]]:
    """How many lines a log has, and those that tell of a traceback with an event that is not expected."""
    lines = log.read_text(errors="replace").splitlines()
    told = [_told(line) for line in lines if "Traceback" in line]
    return len(lines), [f"{event}: {last}" for event, last in told if event not in expected]


def _told(line: str) -> tuple[str, str]:
    """What happened, and what the traceback ends with; the line itself where it is none of a log."""
    try:
        told = json.loads(line)
    except ValueError:
        return "", line
    return str(told.get("event")), str(told.get("exception", "")).strip().rpartition("\n")[2]
