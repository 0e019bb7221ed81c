"""The report: what was done, what came of it, and every rule with its violations; for a terminal and for a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from torture.diary import End, Fate
from torture.evidence import CHARGED, Evidence
from torture.rules import Finding

SHOWN_MAX: Final = 5
_LEFT_ALIGNED: Final = "---"
_RIGHT_ALIGNED: Final = "---:"


@dataclass(frozen=True, slots=True)
class Table:
    """A heading over its first column, and rows. All but the first column are numbers."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def text(self) -> str:
        """Markdown whose columns stand below each other, to be read as it is as well."""
        lines = [self.head, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.head))]
        below = [_LEFT_ALIGNED + "-" * (widths[0] - 3), *("-" * (width - 1) + ":" for width in widths[1:])]
        return "\n".join(_line(cells, widths) for cells in (self.head, tuple(below), *self.rows))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join((first, *others))} |"


def tables(evidence: Evidence, findings: Sequence[Finding]) -> list[Table]:
    """The report's parts."""
    return [_done(evidence), _came(evidence), _calls(evidence), _rules(findings)]


def broken(findings: Sequence[Finding]) -> list[str]:
    """What was violated, with the first few that did it."""
    return [
        f"{finding.rule}:\n" + "\n".join(f"    {one}" for one in finding.violations[:SHOWN_MAX])
        for finding in findings
        if finding.violations
    ]


def _done(evidence: Evidence) -> Table:
    sendings, ends = evidence.sendings, Counter(sending.end for sending in evidence.sendings)
    fates = Counter(call.fate for call in evidence.calls)
    rows = [
        ("requests meant", len({sending.ticket for sending in sendings})),
        ("requests sent, retries included", len(sendings)),
        ("retries", sum(sending.retry > 0 for sending in sendings)),
        ("callers that left for good", ends[End.LEFT]),
        ("callers whose own time was up", ends[End.IMPATIENT]),
        *sorted(evidence.deeds.items()),
        *((f"upstream: {fate}", fates[fate]) for fate in Fate if fate is not Fate.DRAWN),
    ]
    return Table(("what was done", "times"), [(name, _count(count)) for name, count in rows])


def _came(evidence: Evidence) -> Table:
    jobs = Counter(job.outcome or "not ended" for job in evidence.jobs.values())
    ends = Counter(sending.end for sending in evidence.sendings)
    codes = Counter(sending.code or "none" for sending in evidence.sendings if sending.end is End.REFUSED)
    rows = [
        ("jobs", len(evidence.jobs)),
        *((f"jobs {outcome}" + (", charged" if outcome in CHARGED else ""), jobs[outcome]) for outcome in sorted(jobs)),
        ("callers answered with their pictures", ends[End.ANSWERED]),
        *((f"callers told {code}", codes[code]) for code in sorted(codes)),
        ("connections that broke", ends[End.BROKEN]),
    ]
    return Table(("what came of it", "times"), [(name, _count(count)) for name, count in rows])


def _calls(evidence: Evidence) -> Table:
    charged = sum(job.charged for job in evidence.jobs.values())
    told, died = 0, 0
    for ticket, saw in evidence.calls_of.items():
        jobs = evidence.jobs_of.get(ticket, ())
        others = saw - sum(job.charged for job in jobs)
        failures = min(others, sum(len(job.failures) for job in jobs))
        told += failures
        died += others - failures
    rows = [
        ("all", len(evidence.calls)),
        ("of jobs that were charged", charged),
        ("failures that jobs tell of", told),
        ("of jobs that died with their gateway", died),
    ]
    return Table(("calls of the upstream", "times"), [(name, _count(count)) for name, count in rows])


def _rules(findings: Sequence[Finding]) -> Table:
    rows = [
        (
            finding.rule if finding.binding else f"{finding.rule} (only counted)",
            _count(finding.looked_at),
            _count(len(finding.violations)),
        )
        for finding in findings
    ]
    return Table(("rule", "looked at", "violations"), rows)


def _count(number: int) -> str:
    return f"{number:,}"
