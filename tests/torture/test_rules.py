"""Each rule of the torture finds what breaks it: a harness that finds nothing has to be able to find something."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.storage.jobs import Jobs
from torture.databases import sqlite_rows
from torture.diary import Call, End, Fate, Sending
from torture.evidence import Evidence, jobs_in
from torture.pictures import Mark
from torture.rules import findings

from limner.admin import create_key
from limner.clock import ManualClock
from limner.job import ImageRequest, Kind
from limner.record import Outcome
from limner.storage import open_storage
from limner.trail import SERVER

GOOD, BAD = "ticket-1", "ticket-2"
ANSWER = Sending(ticket=GOOD, retry=1, end=End.ANSWERED, status=200, job="req_good", pictures=("call-1", "call-1"))


@pytest.fixture
async def data(tmp_path: Path, clock: ManualClock) -> Path:
    """A data folder whose books have a job that was delivered and one that failed at an upstream twice."""
    folder = tmp_path / "data"
    async with open_storage(folder, clock) as storage:
        jobs = Jobs((await create_key(storage.keys, "tests", by=SERVER, clock=clock)).key, clock)
        for job_id, ticket, outcome in (("req_good", GOOD, Outcome.DELIVERED), ("req_bad", BAD, Outcome.FAILED)):
            request = ImageRequest(kind=Kind.GENERATION, model="gpt-image-2", prompt="x", n=2, user=ticket)
            await storage.ledger.admit(jobs.admission(job_id, request=request))
            record = jobs.record(job_id, outcome)
            await storage.ledger.settle(replace(record, failures=()) if outcome.charged else record)
    return folder


def found(data: Path, **changes: Any) -> Mapping[str, list[str]]:
    """What the rules find in the books and in evidence that fits them, but for `changes`."""
    rows = sqlite_rows(data)
    fitting = Evidence(
        rows=rows,
        jobs=jobs_in(rows),
        sendings=[ANSWER, Sending(ticket=BAD, retry=0, end=End.REFUSED, status=500, job="req_bad", code="failed")],
        calls=[
            Call(id="call-1", ticket=GOOD, fate=Fate.DRAWN),
            Call(id="call-2", ticket=BAD, fate=Fate.FAILED),
        ],
        kept={f"req_good/{index}.png": Mark(GOOD, "call-1") for index in range(2)},
        leftovers=(),
        ends=(),
        tracebacks=(),
    )
    evidence = replace(fitting, **changes)
    return {finding.rule: list(finding.violations) for finding in findings(evidence)}


def broken(data: Path, **changes: Any) -> list[str]:
    """The rules that are."""
    return [rule for rule, violations in found(data, **changes).items() if violations]


def test_good_books_break_no_rule(data: Path) -> None:
    """What fits together is left alone."""
    assert broken(data) == []


WRONG_BOOKS: Mapping[str, str] = {
    "UPDATE accounts SET balance_nusd = balance_nusd + 1": "an account's balance is the sum of its entries",
    "UPDATE entries SET balance_before_nusd = 5 WHERE id = 3": (
        "an entry begins with the balance that the one before it left"
    ),
    "UPDATE jobs SET outcome = NULL WHERE id = 'req_bad'": "every job has ended",
    "UPDATE entries SET resolves = NULL WHERE kind = 'release'": "a hold was resolved exactly once",
    "UPDATE jobs SET charge_nusd = charge_nusd - 1 WHERE id = 'req_good'": (
        "a job has one hold, and its entries make its charge"
    ),
    "DELETE FROM usage WHERE job_id = 'req_good'": "a job's usage says its charge",
    "UPDATE accounts SET credit_limit_nusd = 5": "no account went further below nothing than it may",
    "UPDATE keys SET budget_nusd = 5": "no key spent more than its budget",
    "UPDATE meters SET jobs_running = 1": "a key's meter says its jobs' charges, and that none is under way",
    "UPDATE jobs SET outcome = 'failed'": "a job is charged if delivered or stored, and only then",
}


@pytest.mark.parametrize("statement", WRONG_BOOKS)
def test_wrong_books_are_found(data: Path, statement: str) -> None:
    """Each rule on money notices what the database itself would refuse."""
    with closing(sqlite3.connect(data / "limner.db")) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("DROP TRIGGER entries_unchanged")
        connection.execute(statement)
        connection.commit()
    assert WRONG_BOOKS[statement] in broken(data)


WRONG_EVIDENCE: Mapping[str, Mapping[str, Any]] = {
    "a picture that a caller got is of a charged job of its own": {"sendings": [replace(ANSWER, job="req_bad")]},
    "a caller got all its pictures whole, drawn for this request": {"sendings": [replace(ANSWER, pictures=())]},
    "a caller that was told of an error pays nothing for that job": {"sendings": [replace(ANSWER, end=End.REFUSED)]},
    "a charged job's pictures are stored, whole": {"kept": {"req_good/0.png": Mark(GOOD, "call-1")}},
    "a stored picture is one that a job's row will remove": {
        "kept": {f"{job}/{index}.png": Mark(GOOD, "call-1") for job in ("req_good", "req_gone") for index in range(2)}
    },
    "upstream calls are of jobs that ran, or failures they tell": {
        "calls": [Call(id=f"call-{number}", ticket=GOOD, fate=Fate.DRAWN) for number in (1, 2)]
    },
    "nothing waits in a spool or a journal": {"leftovers": ["gateway-1/data/journal/req_a.json"]},
    "no traceback in a log": {"tracebacks": ["job.defect"]},
    "servers end when they are told to or killed, and well": {"ends": ["gateway-1 ended by itself with 1"]},
}


@pytest.mark.parametrize("rule", WRONG_EVIDENCE)
def test_evidence_that_contradicts_the_books_is_found(data: Path, rule: str) -> None:
    """What callers, the upstream, the disk and the logs say is held against the jobs."""
    assert rule in broken(data, **WRONG_EVIDENCE[rule])


def test_a_second_picture_for_a_retry_is_found(data: Path) -> None:
    """Whoever sent one request twice and pays twice."""
    twice = {job_id: replace(job, id=job_id) for job_id, job in zip("ab", [jobs_of(data)["req_good"]] * 2, strict=True)}
    assert "no retry of a request bought its picture a second time" in broken(data, jobs=twice)


def jobs_of(data: Path) -> Mapping[str, Any]:
    """The jobs in the books."""
    return jobs_in(sqlite_rows(data))
