"""The report: what was done, what came of it, and every rule with its violations; for a terminal and for a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from torture.diary import End, Fate, Sending
from torture.evidence import CHARGED, Evidence
from torture.rules import Finding

SHOWN_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one torture came to. name: of what was tormented."""

    name: str
    evidence: Evidence
    findings: Sequence[Finding]

    @property
    def broken(self) -> Sequence[Finding]:
        """The rules that were violated."""
        return [finding for finding in self.findings if finding.violations]


def report(results: Sequence[Result]) -> str:
    """Tables with a column for each torture. Where a table begins with all of something, the rest adds up to that."""
    parts = {
        "what was done": _done,
        "requests sent": _sendings,
        "jobs": _jobs,
        "tasks": _tasks,
        "calls of the upstream": _calls,
    }
    tables = [
        _counted(head, {result.name: part(result.evidence) for result in results}) for head, part in parts.items()
    ]
    rules = zip(*(result.findings for result in results), strict=True)
    rows = [(same[0].rule, *(_violated(finding) for finding in same)) for same in rules]
    return "\n\n".join([*tables, _table(("violations of a rule", *(result.name for result in results)), rows)])


def violations(result: Result) -> Iterable[str]:
    """What was violated, with the first few that did it."""
    for finding in result.broken:
        yield f"{result.name}: {finding.rule}:"
        yield from (f"    {one}" for one in finding.violations[:SHOWN_MAX])


def _done(evidence: Evidence) -> Mapping[str, int]:
    sendings, fates = _sent(evidence), Counter(call.fate for call in evidence.calls)
    return {
        "requests meant": len({sending.ticket for sending in sendings}),
        "sent again": sum(sending.retry > 0 for sending in sendings),
        "tasks asked for until they ended": sum(sending.stands is not None for sending in evidence.sendings),
        "tasks restarted": sum(task.restarts > 0 for task in evidence.tasks.values()),
        **dict(sorted(evidence.deeds.items())),
        **{f"upstream: {fate}": fates[fate] for fate in Fate if fate is not Fate.DRAWN},
    }


def _sendings(evidence: Evidence) -> Mapping[str, int]:
    sendings = _sent(evidence)
    ends = Counter(sending.end for sending in sendings)
    codes = Counter(sending.code or "none" for sending in sendings if sending.end is End.REFUSED)
    return {
        "all, those sent again included": len(sendings),
        "answered with their pictures": ends[End.ANSWERED],
        "taken in as tasks": ends[End.TAKEN_IN],
        **{f"told {code}": codes[code] for code in sorted(codes)},
        "cut off, or nobody there": ends[End.BROKEN],
        "given up when the caller's time was up": ends[End.IMPATIENT],
        "left for good by the caller": ends[End.LEFT],
    }


def _jobs(evidence: Evidence) -> Mapping[str, int]:
    outcomes = Counter(job.outcome or "not ended" for job in evidence.jobs.values())
    return {
        "all": len(evidence.jobs),
        **{outcome + (", charged" if outcome in CHARGED else ""): outcomes[outcome] for outcome in sorted(outcomes)},
    }


def _tasks(evidence: Evidence) -> Mapping[str, int]:
    ends = Counter(evidence.stands(task) for task in evidence.tasks.values())
    return {
        "all": len(evidence.tasks),
        **{end + (", charged" if end == "completed" else ""): ends[end] for end in sorted(ends)},
    }


def _calls(evidence: Evidence) -> Mapping[str, int]:
    told, died = 0, 0
    for ticket, saw in evidence.calls_of.items():
        jobs = evidence.jobs_of.get(ticket, ())
        others = saw - sum(job.charged for job in jobs)
        failures = min(others, sum(len(job.failures) for job in jobs))
        told += failures
        died += others - failures
    return {
        "all": len(evidence.calls),
        "of jobs that were charged": sum(job.charged for job in evidence.jobs.values()),
        "failures that jobs tell of": told,
        "cut off in jobs that died or were interrupted": died,
    }


def _sent(evidence: Evidence) -> Sequence[Sending]:
    """What was posted, without the looks at tasks."""
    return [sending for sending in evidence.sendings if not sending.looked]


def _violated(finding: Finding) -> str:
    return f"{len(finding.violations):,} of {finding.looked_at:,}"


def _counted(head: str, columns: Mapping[str, Mapping[str, int]]) -> str:
    """A table of counts, a column for each name; what one does not know happened never."""
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    rows = [(name, *(f"{column.get(name, 0):,}" for column in columns.values())) for name in names]
    return _table((head, *columns), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown whose columns stand below each other, to be read as it is as well; all but the first are numbers."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    below = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(cells, widths) for cells in (head, below, *rows))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join((first, *others))} |"
