"""The report reads well as it is, and as a part of a page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torture.diary import Call, End, Fate, Sending
from torture.evidence import Evidence, JobRow, TaskRow
from torture.report import Result, report, violations
from torture.rules import _BOOKS, _OTHERS, Finding

COLUMNS = 100
JOB = JobRow(
    id="req_a",
    ticket="ticket-1",
    engine="left",
    outcome="delivered",
    n=1,
    charge_nusd=5,
    kept=("req_a/0.png",),
    failures=({"upstream": {"status": 500}},),
)
TASK = TaskRow(
    id="req_a",
    ticket="ticket-1",
    job="req_a",
    begun=True,
    cancelled=False,
    code=None,
    timed_out=False,
    restarts=1,
    request_kept=False,
)
SENT = Sending(ticket="ticket-1", retry=0, end=End.ANSWERED, status=200, job="req_a", pictures=("b",))
TAKEN_IN = Sending(ticket="ticket-1", retry=0, end=End.TAKEN_IN, status=200, task="req_a")
LOOKED_AT = replace(SENT, task="req_a", stands="completed")


def result(name: str, **changes: Any) -> Result:
    """A torture of one request, whose job failed once before it was delivered; each rule has one violation."""
    evidence: dict[str, Any] = {
        "rows": lambda query: [],
        "jobs": {"req_a": JOB},
        "tasks": {"req_a": TASK},
        "sendings": [SENT, TAKEN_IN, LOOKED_AT],
        "calls": [
            Call(id="a", ticket="ticket-1", fate=Fate.FAILED),
            Call(id="b", ticket="ticket-1", fate=Fate.DRAWN),
        ],
        "kept": {},
        "requests": (),
        "leftovers": (),
        "ends": (),
        "tracebacks": (),
        "deeds": {"gateway killed": 3},
    }
    rules = [*_BOOKS, *_OTHERS]
    findings = [Finding(rule=rule, looked_at=123_456, violations=["req_a"]) for rule in rules]
    return Result(name=name, evidence=Evidence(**{**evidence, **changes}), findings=findings)


def test_columns_stand_below_each_other_within_a_terminal() -> None:
    """Two tortures fit beside each other."""
    for table in report([result("SQLite"), result("PostgreSQL")]).split("\n\n"):
        assert len({len(line) for line in table.splitlines()}) == 1
        assert len(table.splitlines()[0]) <= COLUMNS


def test_what_happened_in_one_torture_only_happened_never_in_the_other() -> None:
    """Each has its column."""
    lines = report([result("SQLite"), result("PostgreSQL", deeds={"database killed": 7})]).splitlines()
    cells = {line.split("|")[1].strip(): line.split() for line in lines if line.startswith("|")}
    assert cells["gateway killed"][-4:] == ["3", "|", "0", "|"]
    assert cells["database killed"][-4:] == ["0", "|", "7", "|"]
    assert cells["failures that jobs tell of"][-4:] == ["1", "|", "1", "|"]


def test_what_is_counted_in_all_is_the_sum_of_the_rest() -> None:
    """Of requests sent, of jobs, of tasks and of calls."""
    counted = [table.splitlines()[2:] for table in report([result("SQLite")]).split("\n\n")[1:-1]]
    for all_of_them, *parts in [[int(line.split("|")[2]) for line in lines] for lines in counted]:
        assert all_of_them == sum(parts) > 0


def test_what_became_of_tasks_is_told() -> None:
    """Asking for them is no request that was sent, and told by itself."""
    lines = report([result("SQLite")]).splitlines()
    counted = {line.split("|")[1].strip(): int(line.split()[-2]) for line in lines if line.endswith((" 1 |", " 2 |"))}
    assert counted["all, those sent again included"] == 2
    for once in ("tasks asked for until they ended", "tasks restarted", "taken in as tasks", "completed, charged"):
        assert counted[once] == 1


def test_a_violation_is_named() -> None:
    """With the first few of what broke the rule."""
    told = list(violations(result("SQLite")))
    assert told[:2] == ["SQLite: an account's balance is the sum of its entries:", "    req_a"]
