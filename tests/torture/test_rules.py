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
from torture.evidence import Evidence, jobs_in, kept_in, requests_in, tasks_in
from torture.pictures import Mark, drawn
from torture.rules import findings

from limner.admin import create_key
from limner.clock import ManualClock
from limner.job import ImageRequest, Kind
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, open_storage
from limner.tasks import Ticket
from limner.trail import SERVER

GOOD, BAD, TASK, TAKEN_BACK = "ticket-1", "ticket-2", "ticket-3", "ticket-4"
ANSWER = Sending(ticket=GOOD, retry=1, end=End.ANSWERED, status=200, job="req_good", pictures=("call-1", "call-1"))
TOLD = Sending(
    ticket=TASK,
    retry=0,
    end=End.ANSWERED,
    status=200,
    job="req_second",
    pictures=("call-3", "call-3"),
    task="req_first",
    stands="completed",
)


ENDS = {"req_first": Outcome.INTERRUPTED, "req_second": Outcome.STORED, "req_back": Outcome.CANCELLED}


BACK = Sending(
    ticket=TAKEN_BACK, retry=0, end=End.CANCELLED, status=200, job="req_back", task="req_back", stands="cancelled"
)
KEPT = {
    f"{job}/{index}.png": Mark(ticket, call)
    for job, ticket, call in (("req_good", GOOD, "call-1"), ("req_second", TASK, "call-3"))
    for index in range(2)
}


@pytest.fixture
async def data(tmp_path: Path, clock: ManualClock) -> Path:
    """A data folder whose books have a job that was delivered and one that failed at an upstream twice.

    And two tasks: one drawn by the job that took the place of its first, the other taken back.
    """
    folder = tmp_path / "data"
    async with open_storage(folder, clock) as storage:
        jobs = Jobs((await create_key(storage.keys, "tests", by=SERVER, clock=clock)).key, clock)
        for job_id, ticket, outcome in (("req_good", GOOD, Outcome.DELIVERED), ("req_bad", BAD, Outcome.FAILED)):
            request = ImageRequest(kind=Kind.GENERATION, model="gpt-image-2", prompt="x", n=2, user=ticket)
            await storage.ledger.admit(jobs.admission(job_id, request=request))
            record = jobs.record(job_id, outcome)
            await storage.ledger.settle(replace(record, failures=()) if outcome.charged else record)
        for task_id, job_id, replaces in (
            ("req_first", "req_first", None),
            ("req_first", "req_second", "req_first"),
            ("req_back", "req_back", None),
        ):
            ticket = TAKEN_BACK if task_id == "req_back" else TASK
            request = ImageRequest(kind=Kind.GENERATION, model="gpt-image-2", prompt="x", n=2, user=ticket)
            place = Ticket(task_id=task_id, by_address=False, webhook=None, replaces=replaces)
            await storage.ledger.admit(replace(jobs.admission(job_id, request=request), ticket=place))
            assert await storage.tasks.confirm(task_id)
            if job_id == "req_second":
                assert await storage.tasks.begin(task_id, job_id)
            elif job_id == "req_back":
                assert await storage.tasks.cancel(DEFAULT_ACCOUNT, task_id)
            record = jobs.record(job_id, ENDS[job_id])
            await storage.ledger.settle(replace(record, failures=()))
            await storage.tasks.request_gone(task_id)
    return folder


def found(data: Path, **changes: Any) -> Mapping[str, list[str]]:
    """What the rules find in the books and in evidence that fits them, but for `changes`."""
    rows = sqlite_rows(data)
    fitting = Evidence(
        rows=rows,
        jobs=jobs_in(rows),
        tasks=tasks_in(rows),
        sendings=[
            ANSWER,
            Sending(ticket=BAD, retry=0, end=End.REFUSED, status=500, job="req_bad", code="failed"),
            Sending(ticket=TASK, retry=0, end=End.TAKEN_IN, status=200, job="req_first", task="req_first"),
            TOLD,
            BACK,
        ],
        calls=[
            Call(id="call-1", ticket=GOOD, fate=Fate.DRAWN),
            Call(id="call-2", ticket=BAD, fate=Fate.FAILED),
            Call(id="call-3", ticket=TASK, fate=Fate.DRAWN),
        ],
        kept=KEPT,
        requests=(),
        taken_back=frozenset({TAKEN_BACK}),
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
    "UPDATE tasks SET job_id = 'req_first', began_at_s = NULL WHERE id = 'req_first'": (
        "every task has ended, and needs its request no more"
    ),
    "UPDATE tasks SET request_kept = 1 WHERE id = 'req_back'": "every task has ended, and needs its request no more",
    "UPDATE tasks SET began_at_s = 5 WHERE id = 'req_back'": (
        "a task that was cancelled was not drawn, and costs nothing"
    ),
    "UPDATE tasks SET cancelled_at_s = 5 WHERE id = 'req_first'": (
        "a task that was cancelled was not drawn, and costs nothing"
    ),
    "UPDATE tasks SET confirmed = 0 WHERE id = 'req_first'": "a task whose id nobody could know was not drawn",
    "UPDATE tasks SET restarts = 0": "a task was drawn and charged once at most, however many jobs",
    "UPDATE jobs SET charge_nusd = 5 WHERE id = 'req_first'": (
        "a task was drawn and charged once at most, however many jobs"
    ),
    "UPDATE tasks SET cancelled_at_s = 5": "a task has ended as its caller was told",
    "UPDATE tasks SET error_code = 'why', error_message = 'Why.'": "a task has ended as its caller was told",
    "UPDATE tasks SET began_at_s = NULL": "a task was drawn and charged once at most, however many jobs",
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
    "a charged job's pictures are stored, whole": {"kept": {**KEPT, "req_good/0.png": None}},
    "a stored picture is one that a job's row will remove": {"kept": {**KEPT, "req_gone/0.png": Mark(GOOD, "call-1")}},
    "upstream calls are of jobs that ran, or failures they tell": {
        "calls": [Call(id=f"call-{number}", ticket=GOOD, fate=Fate.DRAWN) for number in (1, 2)]
    },
    "a task that was taken in is known by a row": {"tasks": {}},
    "a task has ended as its caller was told": {"sendings": [replace(TOLD, stands="failed")]},
    "a task that its caller knows of was cancelled by nobody else": {"taken_back": frozenset({TASK})},
    "the request of a task that has ended is gone": {"requests": ["req_back"]},
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
    jobs = jobs_of(data)
    twice = {**jobs, "req_again": replace(jobs["req_good"], id="req_again")}
    assert "no retry of a request bought its picture a second time" in broken(data, jobs=twice)


def test_a_call_for_a_task_that_had_not_begun_is_found(data: Path) -> None:
    """A job whose place another took was interrupted, but may not have been in a call."""
    rule = "upstream calls are of jobs that ran, or failures they tell"
    assert jobs_of(data)["req_first"].outcome == "interrupted"
    assert rule in broken(data, calls=[Call(id=f"call-{number}", ticket=TASK, fate=Fate.DRAWN) for number in (3, 4)])


def test_pictures_and_requests_of_tasks_are_told_apart(tmp_path: Path) -> None:
    """They lie in one folder."""
    results = tmp_path / "data" / "results"
    results.mkdir(parents=True)
    (results / "req_a~0.png").write_bytes(drawn(Mark(GOOD, "call-1")))
    (results / "req_b~request.json").write_bytes(b"{}")
    assert kept_in([tmp_path / "data"]) == {"req_a/0.png": Mark(GOOD, "call-1")}
    assert requests_in([tmp_path / "data"]) == ["req_b"]


def jobs_of(data: Path) -> Mapping[str, Any]:
    """The jobs in the books."""
    return jobs_in(sqlite_rows(data))
