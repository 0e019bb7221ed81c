"""The rules: what must hold once everything is quiet, asked of the evidence one by one.

Those on money are SQL of our own: what Limner's own `check` thinks of its books is no evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from torture.diary import End, Sending
from torture.evidence import Evidence, JobRow

ATTEMPTS_MAX: Final = 6
"""Calls of one job at most: three at each of two engines."""
NEVER_SENT: Final = frozenset({"not_connected", "connect_timeout"})
"""What failed attempts are called that did not come to a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule after it was asked. looked_at: how many of what it is about. violations: a sentence or an id each."""

    rule: str
    looked_at: int
    violations: Sequence[str]


OPEN_TASKS: Final = """SELECT tasks.id FROM tasks JOIN jobs ON jobs.id = tasks.job_id
        WHERE jobs.outcome IS NULL OR tasks.request_kept OR (
            jobs.outcome = 'interrupted' AND tasks.confirmed AND tasks.began_at_s IS NULL
            AND tasks.cancelled_at_s IS NULL AND tasks.error_code IS NULL AND tasks.restarts < 5
        )"""
"""Tasks that have not ended, or whose request is still kept."""

_Rule: TypeAlias = Callable[[Evidence], tuple[int, Sequence[str]]]

_BOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "an account's balance is the sum of its entries": (
        "accounts",
        """SELECT accounts.id FROM accounts
        LEFT JOIN (SELECT account_id, sum(amount_nusd) AS total FROM entries GROUP BY account_id) AS sums
            ON sums.account_id = accounts.id
        WHERE accounts.balance_nusd <> coalesce(sums.total, 0)""",
    ),
    "an entry begins with the balance that the one before it left": (
        "entries",
        """SELECT id FROM (
            SELECT id, amount_nusd, balance_before_nusd, balance_after_nusd,
                lag(balance_after_nusd) OVER (PARTITION BY account_id ORDER BY id) AS left_nusd
            FROM entries
        ) AS chain
        WHERE balance_before_nusd <> coalesce(left_nusd, 0)
            OR balance_before_nusd + amount_nusd <> balance_after_nusd""",
    ),
    "every job has ended": ("jobs", "SELECT id FROM jobs WHERE outcome IS NULL"),
    "a hold was resolved exactly once": (
        "entries WHERE kind = 'hold'",
        """SELECT holds.id FROM entries AS holds LEFT JOIN entries AS ends ON ends.resolves = holds.id
        WHERE holds.kind = 'hold' GROUP BY holds.id HAVING count(ends.id) <> 1""",
    ),
    "a job has one hold, and its entries make its charge": (
        "jobs",
        """SELECT jobs.id FROM jobs LEFT JOIN entries ON entries.job_id = jobs.id
        GROUP BY jobs.id, jobs.charge_nusd
        HAVING coalesce(sum(entries.amount_nusd), 0) <> -jobs.charge_nusd
            OR sum(CASE WHEN entries.kind = 'hold' THEN 1 ELSE 0 END) <> 1""",
    ),
    "a job's usage says its charge": (
        "jobs",
        """SELECT jobs.id FROM jobs LEFT JOIN usage ON usage.job_id = jobs.id
        WHERE usage.charge_nusd IS NULL OR usage.charge_nusd <> jobs.charge_nusd OR usage.outcome <> jobs.outcome""",
    ),
    "no account went further below nothing than it may": (
        "entries WHERE kind = 'hold'",
        """SELECT entries.id FROM entries JOIN accounts ON accounts.id = entries.account_id
        WHERE entries.kind = 'hold' AND entries.balance_after_nusd < -accounts.credit_limit_nusd""",
    ),
    "no key spent more than its budget": (
        "keys",
        """SELECT keys.id FROM keys JOIN meters ON meters.key_id = keys.id
        WHERE meters.spent_nusd > keys.budget_nusd""",
    ),
    "a key's meter says its jobs' charges, and that none is under way": (
        "meters",
        """SELECT meters.key_id FROM meters
        LEFT JOIN (SELECT key_id, sum(charge_nusd) AS charged_nusd FROM jobs GROUP BY key_id) AS sums
            ON sums.key_id = meters.key_id
        WHERE meters.jobs_running <> 0 OR meters.spent_nusd <> coalesce(sums.charged_nusd, 0)""",
    ),
    "a job is charged if delivered or stored, and only then": (
        "jobs",
        "SELECT id FROM jobs WHERE (outcome IN ('delivered', 'stored')) <> (charge_nusd > 0)",
    ),
    "every task has ended, and needs its request no more": ("tasks", OPEN_TASKS),
    "a task that was cancelled was not drawn, and costs nothing": (
        "tasks WHERE cancelled_at_s IS NOT NULL",
        """SELECT tasks.id FROM tasks JOIN jobs ON jobs.id = tasks.job_id
        WHERE tasks.cancelled_at_s IS NOT NULL AND (tasks.began_at_s IS NOT NULL OR jobs.charge_nusd > 0)""",
    ),
    "a task whose id nobody could know was not drawn": (
        "tasks WHERE NOT confirmed",
        """SELECT tasks.id FROM tasks JOIN jobs ON jobs.id = tasks.job_id
        WHERE NOT tasks.confirmed AND (tasks.began_at_s IS NOT NULL OR tasks.restarts > 0 OR jobs.charge_nusd > 0)""",
    ),
}
"""Rule -> what it is about, and a query for what breaks it."""


def findings(evidence: Evidence) -> list[Finding]:
    """Every rule, asked."""
    asked = [_of_the_books(evidence, rule, about, query) for rule, (about, query) in _BOOKS.items()]
    for rule, of in _OTHERS.items():
        looked_at, violations = of(evidence)
        asked.append(Finding(rule=rule, looked_at=looked_at, violations=violations))
    return asked


def _of_the_books(evidence: Evidence, rule: str, about: str, query: str) -> Finding:
    [(looked_at,)] = evidence.rows(f"SELECT count(*) FROM {about}")  # noqa: S608  from the table above
    return Finding(rule=rule, looked_at=looked_at, violations=[str(row[0]) for row in evidence.rows(query)])


def _delivered_is_charged(evidence: Evidence) -> tuple[int, Sequence[str]]:
    jobs = ((sending, evidence.jobs.get(sending.job or "")) for sending in evidence.answered)
    wrong = [
        f"{sending.ticket} has a picture of {sending.job}, which is {job.outcome if job else 'unknown'}"
        for sending, job in jobs
        if job is None or not job.charged or job.ticket != sending.ticket
    ]
    return len(evidence.answered), wrong


def _answers_are_whole(evidence: Evidence) -> tuple[int, Sequence[str]]:
    drawn = {call.id: call.ticket for call in evidence.calls}
    wrong = [
        f"{sending.ticket}, job {sending.job}"
        for sending in evidence.answered
        if not sending.pictures or any(drawn.get(call) != sending.ticket for call in sending.pictures)
    ]
    return len(evidence.answered), wrong


def _errors_are_free(evidence: Evidence) -> tuple[int, Sequence[str]]:
    refused = [sending for sending in evidence.sendings if sending.end is End.REFUSED]
    jobs = ((sending, evidence.jobs.get(sending.job or "")) for sending in refused)
    return len(refused), [
        f"{sending.ticket} was told {sending.status} {sending.code} and charged for {job.id}"
        for sending, job in jobs
        if job is not None and job.charged
    ]


def _charged_is_stored(evidence: Evidence) -> tuple[int, Sequence[str]]:
    charged = [job for job in evidence.jobs.values() if job.charged]
    return len(charged), [f"{job.id} ({job.outcome})" for job in charged if not _stored(job, evidence)]


def _stored(job: JobRow, evidence: Evidence) -> bool:
    marks = [evidence.kept.get(key) for key in job.kept]
    return len(marks) == job.n and all(mark is not None and mark.ticket == job.ticket for mark in marks)


def _stored_is_known(evidence: Evidence) -> tuple[int, Sequence[str]]:
    known = {key for job in evidence.jobs.values() for key in job.kept}
    return len(evidence.kept), [key for key in evidence.kept if key not in known]


def _calls_are_counted(evidence: Evidence) -> tuple[int, Sequence[str]]:
    wrong = []
    for ticket in {*evidence.calls_of, *evidence.jobs_of}:
        jobs, saw = evidence.jobs_of.get(ticket, ()), evidence.calls_of.get(ticket, 0)
        sure = sum(map(_surely_reached, jobs))
        most = sure + sum(_perhaps_reached(job) for job in jobs if _may_have_begun(job, evidence))
        if not sure <= saw <= most:
            wrong.append(f"{ticket}: {saw} calls, its jobs tell of {sure} to {most}")
    return len(evidence.calls), wrong


def _surely_reached(job: JobRow) -> int:
    """Calls that the upstream must have seen: what was charged was drawn, and an answer tells that a failure was."""
    return job.charged + sum((failure["upstream"] or {}).get("status") is not None for failure in job.failures)


def _perhaps_reached(job: JobRow) -> int:
    """Calls of which the job knows no end: the connection broke, or the job died with its gateway."""
    if job.outcome == "interrupted" and not job.engine:
        return ATTEMPTS_MAX
    told = [failure["upstream"] or {} for failure in job.failures]
    unsure = sum(one.get("status") is None and one.get("code") not in NEVER_SENT for one in told)
    # One that was interrupted in good order has told of all its failures, but not of the call it was in.
    return unsure + (job.outcome == "interrupted")


def _may_have_begun(job: JobRow, evidence: Evidence) -> bool:
    """Whether an engine may have begun with it: never with a task's whose place another took, or that did not begin."""
    tasks = evidence.tasks_of.get(job.ticket, ())
    return not tasks or any(task.begun and task.job == job.id for task in tasks)


def _bought_twice(evidence: Evidence) -> tuple[int, Sequence[str]]:
    retried = {sending.ticket for sending in evidence.sendings if sending.retry}
    bought = Counter(job.ticket for job in evidence.jobs.values() if job.charged)
    return len(retried), [f"{ticket}: {bought[ticket]} pictures" for ticket in retried if bought[ticket] > 1]


def _tasks_are_drawn_once(evidence: Evidence) -> tuple[int, Sequence[str]]:
    wrong = []
    for ticket, tasks in evidence.tasks_of.items():
        jobs = evidence.jobs_of[ticket]
        expected, charged = sum(1 + task.restarts for task in tasks), [job for job in jobs if job.charged]
        if len(jobs) != expected or len(charged) > 1 or not all(_may_have_begun(job, evidence) for job in charged):
            wrong.append(f"{ticket}: {len(jobs)} jobs, its tasks tell of {expected}; {len(charged)} charged")
    return len(evidence.tasks), wrong


def _tasks_are_found(evidence: Evidence) -> tuple[int, Sequence[str]]:
    taken_in = {(sending.task, sending.ticket) for sending in evidence.sendings if sending.task is not None}
    known = {(task.id, task.ticket) for task in evidence.tasks.values()}
    return len(taken_in), [f"{ticket} was taken in as {task_id}" for task_id, ticket in taken_in - known]


def _tasks_end_as_told(evidence: Evidence) -> tuple[int, Sequence[str]]:
    told = [sending for sending in evidence.sendings if sending.looked and sending.end not in {End.IMPATIENT, End.LEFT}]
    return len(told), [
        f"{sending.task} was told as {sending.stands} ({sending.code}) by {sending.job}"
        for sending in told
        if not _is_as_told(sending, evidence)
    ]


def _is_as_told(sending: Sending, evidence: Evidence) -> bool:
    task = evidence.tasks.get(sending.task or "")
    if task is None or (sending.stands, sending.job) != (evidence.stands(task), task.job):
        return False
    return sending.end is End.CANCELLED or task.code in {None, sending.code}


def _cancelled_is_meant(evidence: Evidence) -> tuple[int, Sequence[str]]:
    known = {sending.task for sending in evidence.sendings}
    cancelled = [task for task in evidence.tasks.values() if evidence.stands(task) == "cancelled"]
    return len(cancelled), [
        task.id for task in cancelled if task.id in known and task.ticket not in evidence.taken_back
    ]


def _requests_are_gone(evidence: Evidence) -> tuple[int, Sequence[str]]:
    needed = {task.id for task in evidence.tasks.values() if task.request_kept}
    return len(evidence.tasks), [task_id for task_id in evidence.requests if task_id not in needed]


def _nothing_is_left(evidence: Evidence) -> tuple[int, Sequence[str]]:
    return len(evidence.leftovers), evidence.leftovers


def _nothing_broke(evidence: Evidence) -> tuple[int, Sequence[str]]:
    return evidence.log_lines, evidence.tracebacks


def _all_left_well(evidence: Evidence) -> tuple[int, Sequence[str]]:
    return sum(evidence.deeds.values()), evidence.ends


_OTHERS: Final[Mapping[str, _Rule]] = {
    "a picture that a caller got is of a charged job of its own": _delivered_is_charged,
    "a caller got all its pictures whole, drawn for this request": _answers_are_whole,
    "a caller that was told of an error pays nothing for that job": _errors_are_free,
    "a charged job's pictures are stored, whole": _charged_is_stored,
    "a stored picture is one that a job's row will remove": _stored_is_known,
    "upstream calls are of jobs that ran, or failures they tell": _calls_are_counted,
    "no retry of a request bought its picture a second time": _bought_twice,
    "a task that was taken in is known by a row": _tasks_are_found,
    "a task was drawn and charged once at most, however many jobs": _tasks_are_drawn_once,
    "a task has ended as its caller was told": _tasks_end_as_told,
    "a task that its caller knows of was cancelled by nobody else": _cancelled_is_meant,
    "the request of a task that has ended is gone": _requests_are_gone,
    "nothing waits in a spool or a journal": _nothing_is_left,
    "no traceback in a log": _nothing_broke,
    "servers end when they are told to or killed, and well": _all_left_well,
}
