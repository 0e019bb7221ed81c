"""Tasks in the database: each step is one statement that lets through the first of those who try it at once."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    insert,
    literal_column,
    not_,
    or_,
    select,
    update,
)

from limner.clock import Clock
from limner.errors import Conflict
from limner.ledger import Admission
from limner.record import Outcome
from limner.storage.database import Database
from limner.storage.jobs import find_job
from limner.storage.tables import idempotency, jobs, tasks
from limner.tasks import RESTARTS_MAX, Failure, Task

_FIND: Final = select(tasks).where(tasks.c.id == bindparam("task"), tasks.c.account_id == bindparam("account"))
_ENDED: Final = jobs.c.outcome.is_not(None)
_RESTARTABLE: Final[ColumnElement[bool]] = and_(
    jobs.c.outcome == Outcome.INTERRUPTED.value,
    tasks.c.began_at_s.is_(None),
    tasks.c.cancelled_at_s.is_(None),
    tasks.c.error_code.is_(None),
    tasks.c.restarts < RESTARTS_MAX,
)
_WITH_JOBS: Final = tasks.join(jobs, jobs.c.id == tasks.c.job_id)
_KEPT: Final = (
    select(tasks)
    .select_from(_WITH_JOBS)
    .where(tasks.c.request_kept)
    .order_by(tasks.c.created_at_s)
    .limit(bindparam("tasks_max"))
)
_TO_RESTART: Final = _KEPT.where(_RESTARTABLE)
_NEEDLESS: Final = _KEPT.with_only_columns(tasks.c.id).where(
    or_(tasks.c.began_at_s.is_not(None), and_(_ENDED, not_(_RESTARTABLE)))
)
_DUE: Final = (
    select(tasks.c.id, tasks.c.deliver_at_s)
    .select_from(_WITH_JOBS)
    .where(tasks.c.deliver_at_s <= bindparam("now_s"), _ENDED, not_(_RESTARTABLE))
    .order_by(tasks.c.deliver_at_s)
    .limit(bindparam("tasks_max"))
)
_CLAIM: Final = (
    update(tasks)
    .where(tasks.c.id == bindparam("task"), tasks.c.deliver_at_s == bindparam("seen_s"))
    .values(deliver_at_s=bindparam("until_s"), deliveries=tasks.c.deliveries + 1)
    .returning(tasks)
)
_OPEN: Final = and_(tasks.c.began_at_s.is_(None), tasks.c.cancelled_at_s.is_(None))
_BEGIN: Final = (
    update(tasks)
    .where(tasks.c.id == bindparam("task"), tasks.c.job_id == bindparam("job"), _OPEN)
    .values(began_at_s=bindparam("now_s"))
)
_CANCEL: Final = (
    update(tasks)
    .where(tasks.c.id == bindparam("task"), tasks.c.account_id == bindparam("account"), _OPEN)
    .where(
        select(literal_column("1"))
        .where(jobs.c.id == tasks.c.job_id, or_(jobs.c.outcome.is_(None), _RESTARTABLE))
        .exists()
    )
    .values(cancelled_at_s=bindparam("now_s"))
)
_REPLACE: Final = (
    update(tasks)
    .where(tasks.c.id == bindparam("task"), tasks.c.job_id == bindparam("old"), _OPEN)
    .values(job_id=bindparam("job"), restarts=tasks.c.restarts + 1)
)


class SqlTaskStore:
    """Keeps tasks; see `limner.tasks.TaskStore`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, account_id: str, task_id: str) -> Task | None:
        """One of the account's tasks, or None."""
        return await self._database.read(lambda connection: _find(connection, account_id, task_id))

    async def of_job(self, job_id: str) -> str | None:
        """The id of the task that a job draws, or None."""
        asked = select(tasks.c.id).where(tasks.c.job_id == job_id)
        return await self._database.read(lambda connection: connection.scalar(asked))

    async def begin(self, task_id: str, job_id: str) -> bool:
        """Whether an engine may begin with this job: not when its task was cancelled or another job has its place."""
        values = {"task": task_id, "job": job_id, "now_s": self._clock.now_s()}
        # A power cut that forgets it has ended what was begun.
        return await self._database.write(
            lambda connection: connection.execute(_BEGIN, values).rowcount == 1, lasting=False
        )

    async def cancel(self, account_id: str, task_id: str) -> bool:
        """Whether the task is cancelled now: not when an engine has begun."""
        values = {"task": task_id, "account": account_id, "now_s": self._clock.now_s()}
        return await self._database.write(lambda connection: connection.execute(_CANCEL, values).rowcount == 1)

    async def note(self, task_id: str, job_id: str, failure: Failure) -> None:
        """Keep what is about to end the task, unless another job has its place."""
        noted = (
            update(tasks)
            .where(tasks.c.id == task_id, tasks.c.job_id == job_id)
            .values(error_code=failure.code, error_message=failure.message, timed_out=failure.timed_out)
        )
        await self._database.write(lambda connection: connection.execute(noted), lasting=False)

    async def restartable(self, tasks_max: int) -> tuple[Task, ...]:
        """Tasks that need another job, the oldest first."""
        return await self._database.read(
            lambda connection: _tasks(connection, connection.execute(_TO_RESTART, {"tasks_max": tasks_max}).all())
        )

    async def cancelled(self, task_ids: frozenset[str]) -> frozenset[str]:
        """Those of `task_ids` that have been cancelled."""
        asked = select(tasks.c.id).where(tasks.c.id.in_(task_ids), tasks.c.cancelled_at_s.is_not(None))
        return await self._database.read(lambda connection: frozenset(connection.scalars(asked)))

    async def with_needless_requests(self, tasks_max: int) -> tuple[str, ...]:
        """Ids of tasks whose requests are kept and not needed any more."""
        return await self._database.read(
            lambda connection: tuple(connection.scalars(_NEEDLESS, {"tasks_max": tasks_max}))
        )

    async def request_gone(self, task_id: str) -> None:
        """The task's request is no longer kept."""
        gone = update(tasks).where(tasks.c.id == task_id).values(request_kept=False)
        await self._database.write(lambda connection: connection.execute(gone), lasting=False)

    async def claim_deliveries(self, tasks_max: int, lease_s: float) -> tuple[Task, ...]:
        """Tasks that have ended and whose webhooks are to be told now; nobody else gets them for `lease_s`."""
        now_s = self._clock.now_s()
        asked = {"now_s": now_s, "tasks_max": tasks_max}
        due = await self._database.read(lambda connection: connection.execute(_DUE, asked).all())
        if not due:
            return ()
        return await self._database.write(lambda connection: _claim(connection, due, now_s + lease_s))

    async def delivered(self, task_id: str) -> None:
        """The task's webhook has been told."""
        told = update(tasks).where(tasks.c.id == task_id).values(deliver_at_s=None, delivered_at_s=self._clock.now_s())
        await self._database.write(lambda connection: connection.execute(told))

    async def deliver_again(self, task_id: str, in_s: float | None) -> None:
        """The task's webhook could not be told: it is to be in `in_s` seconds, or never."""
        at_s = None if in_s is None else self._clock.now_s() + in_s
        later = update(tasks).where(tasks.c.id == task_id, tasks.c.delivered_at_s.is_(None)).values(deliver_at_s=at_s)
        await self._database.write(lambda connection: connection.execute(later))


def put(connection: Connection, admission: Admission, now_s: float) -> None:
    """Store the task of a job that is being admitted, or put that job in the place of another.

    Raises Conflict when the task needs no other job any more.
    """
    ticket, job = admission.ticket, admission.job
    assert ticket is not None
    if ticket.replaces is not None:
        moved = connection.execute(_REPLACE, {"task": ticket.task_id, "old": ticket.replaces, "job": job.id})
        if moved.rowcount == 0:
            raise Conflict("The task needs no other job.")
        # Whoever sends the submission again is to find the task, not to have another.
        connection.execute(
            update(idempotency)
            .where(idempotency.c.key_id == job.key_id, idempotency.c.job_id == ticket.replaces)
            .values(job_id=job.id)
        )
        return
    connection.execute(
        insert(tasks),
        {
            "id": ticket.task_id,
            "account_id": job.account_id,
            "key_id": job.key_id,
            "job_id": job.id,
            "by_address": ticket.by_address,
            "created_at_s": now_s,
            "restarts": 0,
            "request_kept": True,
            "timed_out": False,
            "webhook": ticket.webhook,
            "deliveries": 0,
            "deliver_at_s": None if ticket.webhook is None else now_s,
        },
    )


def _find(connection: Connection, account_id: str, task_id: str) -> Task | None:
    rows = connection.execute(_FIND, {"task": task_id, "account": account_id}).all()
    return next(iter(_tasks(connection, rows)), None)


def _claim(connection: Connection, due: Any, until_s: float) -> tuple[Task, ...]:
    claimed: list[Row[Any]] = []
    for row in due:
        # Whoever is second finds the row as the first one left it.
        claimed += connection.execute(_CLAIM, {"task": row.id, "seen_s": row.deliver_at_s, "until_s": until_s}).all()
    return _tasks(connection, claimed)


def _tasks(connection: Connection, rows: Any) -> tuple[Task, ...]:
    return tuple(_task(connection, row) for row in rows)


def _task(connection: Connection, row: Row[Any]) -> Task:
    job = find_job(connection, row.account_id, row.job_id)
    assert job is not None, "jobs are never deleted"
    failure = None
    if row.error_code is not None:
        failure = Failure(code=row.error_code, message=row.error_message, timed_out=row.timed_out)
    return Task(
        id=row.id,
        account_id=row.account_id,
        key_id=row.key_id,
        job=job,
        by_address=row.by_address,
        created_at_s=row.created_at_s,
        began_at_s=row.began_at_s,
        cancelled_at_s=row.cancelled_at_s,
        restarts=row.restarts,
        failure=failure,
        webhook=row.webhook,
        deliveries=row.deliveries,
    )
