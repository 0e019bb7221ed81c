"""Tasks in the database: each step is one statement that lets through the first of those who try it at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    insert,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from limner.clock import Clock
from limner.errors import Conflict
from limner.ledger import Admission
from limner.record import Outcome
from limner.storage.database import Database
from limner.storage.jobs import find_job
from limner.storage.tables import gateways, jobs, tasks
from limner.tasks import RESTARTS_MAX, Failure, Task

_FIND: Final = select(tasks).where(tasks.c.id == bindparam("task"), tasks.c.account_id == bindparam("account"))
_OF_JOB: Final = select(tasks).where(tasks.c.job_id == bindparam("job"))
_ENDED: Final = jobs.c.outcome.is_not(None)
WAITING: Final = (
    "(tasks.confirmed AND tasks.began_at_s IS NULL AND tasks.cancelled_at_s IS NULL AND tasks.error_code IS NULL "
    f"AND tasks.restarts < {RESTARTS_MAX})"
)
"""Of a row of `tasks`: it is to be drawn, by another job where its job was interrupted."""
_RESTARTABLE: Final[ColumnElement[bool]] = and_(
    jobs.c.outcome == Outcome.INTERRUPTED.value, literal_column(WAITING, Boolean)
)
# Not by EXISTS, for which PostgreSQL may read all tasks at once.
TO_BE_REPLACED: Final[ColumnElement[bool]] = and_(
    jobs.c.outcome == Outcome.INTERRUPTED.value,
    select(tasks.c.id)
    .where(tasks.c.job_id == jobs.c.id, literal_column(WAITING, Boolean))
    .correlate(jobs)
    .scalar_subquery()
    .is_not(None),
)
"""Of a row of `jobs`: another is to take its place."""
_STILL_OPEN: Final[ColumnElement[bool]] = (
    select(literal_column("1"))
    .where(jobs.c.id == tasks.c.job_id, or_(jobs.c.outcome.is_(None), _RESTARTABLE))
    .correlate(tasks)
    .exists()
)
_WITH_JOBS: Final = tasks.join(jobs, jobs.c.id == tasks.c.job_id)
_KEPT: Final = (
    select(tasks)
    .select_from(_WITH_JOBS)
    .where(tasks.c.request_kept)
    .order_by(tasks.c.created_at_s, tasks.c.id)
    .limit(bindparam("tasks_max"))
)
_TO_RESTART: Final = _KEPT.where(_RESTARTABLE)
_BEHIND: Final = _TO_RESTART.where(
    # The first condition follows from the second, and is the one that an index on the time is used for.
    tasks.c.created_at_s >= bindparam("since_s"),
    tuple_(tasks.c.created_at_s, tasks.c.id) > tuple_(bindparam("since_s"), bindparam("task")),
)
_NEEDLESS: Final = _KEPT.with_only_columns(tasks.c.id).where(
    or_(tasks.c.began_at_s.is_not(None), and_(_ENDED, not_(_RESTARTABLE)))
)
# By the counting of gateways, not by the time of day, in which two of them may differ: what a gateway tells is its own
# until it has left or was taken for dead.
_DELIVERABLE: Final[ColumnElement[bool]] = or_(
    and_(
        tasks.c.deliver_at_s <= bindparam("now_s"),
        or_(tasks.c.delivered_by.is_(None), tasks.c.delivered_by == bindparam("gateway")),
    ),
    and_(
        tasks.c.deliver_at_s.is_not(None),
        tasks.c.delivered_by.is_not(None),
        tasks.c.delivered_by.not_in(select(gateways.c.id)),
    ),
)
_DUE: Final = (
    select(tasks.c.id)
    .select_from(_WITH_JOBS)
    .where(tasks.c.deliver_at_s.is_not(None), _DELIVERABLE, _ENDED, not_(_RESTARTABLE))
    .order_by(tasks.c.deliver_at_s)
    .limit(bindparam("tasks_max"))
)
_CLAIM: Final = (
    update(tasks)
    .where(tasks.c.id == bindparam("task"), _DELIVERABLE)
    .values(deliver_at_s=bindparam("until_s"), delivered_by=bindparam("gateway"), deliveries=tasks.c.deliveries + 1)
    .returning(tasks)
)
_OPEN: Final = and_(tasks.c.began_at_s.is_(None), tasks.c.cancelled_at_s.is_(None))
_JOB_RUNS: Final[ColumnElement[bool]] = (
    select(literal_column("1")).where(jobs.c.id == tasks.c.job_id, jobs.c.outcome.is_(None)).correlate(tasks).exists()
)
# Its webhook is to be told from now on: of a task that nobody knows nothing is.
_CONFIRM: Final = (
    update(tasks)
    .where(tasks.c.id == bindparam("task"), _JOB_RUNS)
    .values(confirmed=True, deliver_at_s=case((tasks.c.webhook.is_not(None), bindparam("now_s"))))
)
_BEGIN: Final = (
    update(tasks)
    # One that ended while its gateway stood still is another gateway's to draw.
    .where(tasks.c.id == bindparam("task"), tasks.c.job_id == bindparam("job"), tasks.c.confirmed, _OPEN, _JOB_RUNS)
    .values(began_at_s=bindparam("now_s"))
)
_CANCEL_ANY: Final = (
    update(tasks)
    .where(tasks.c.id == bindparam("task"), _OPEN)
    .where(_STILL_OPEN)
    .values(cancelled_at_s=bindparam("now_s"))
)
_CANCEL: Final = _CANCEL_ANY.where(tasks.c.account_id == bindparam("account"))
_UNCLAIMED: Final = (
    select(literal_column("1")).where(jobs.c.id == tasks.c.job_id, jobs.c.retries <= bindparam("retries")).exists()
)
_WITHDRAW: Final = _CANCEL_ANY.where(_UNCLAIMED).returning(tasks.c.job_id)
_HIDE: Final = update(jobs).where(jobs.c.id == bindparam("job")).values(fingerprint=None)
_REPLACE: Final = (
    update(tasks)
    .where(tasks.c.id == bindparam("task"), tasks.c.job_id == bindparam("old"))
    .where(select(literal_column("1")).where(jobs.c.id == tasks.c.job_id, _RESTARTABLE).exists())
    .values(job_id=bindparam("job"), restarts=tasks.c.restarts + 1)
)


class SqlTaskStore:
    """Keeps tasks; see `limner.tasks.TaskStore`. gateway_id: who claims deliveries."""

    def __init__(self, database: Database, clock: Clock, gateway_id: str) -> None:
        self._database = database
        self._clock = clock
        self._gateway_id = gateway_id

    async def find(self, account_id: str, task_id: str) -> Task | None:
        """One of the account's tasks, or None."""
        asked = {"account": account_id, "task": task_id}
        return await self._database.read(lambda connection: _one(connection, _FIND, asked))

    async def of_job(self, job_id: str) -> Task | None:
        """The task that a job draws, or None."""
        return await self._database.read(lambda connection: _one(connection, _OF_JOB, {"job": job_id}))

    async def confirm(self, task_id: str) -> bool:
        """Whether the task's id may be told: not when its job has ended, as when its gateway was taken for dead."""
        values = {"task": task_id, "now_s": self._clock.now_s()}
        # A power cut must not forget it: its caller relies on it from now on.
        return await self._database.write(lambda connection: connection.execute(_CONFIRM, values).rowcount == 1)

    async def begin(self, task_id: str, job_id: str) -> bool:
        """Whether an engine may begin with this job: not when its task was cancelled, nor when it has ended.

        It has when its gateway was taken for dead, whether or not another job has its place yet. Never before the task
        is confirmed.
        """
        values = {"task": task_id, "job": job_id, "now_s": self._clock.now_s()}
        # A power cut must not forget it: an engine elsewhere draws on, and would be paid once more.
        return await self._database.write(lambda connection: connection.execute(_BEGIN, values).rowcount == 1)

    async def cancel(self, account_id: str, task_id: str) -> bool:
        """Whether the task is cancelled now: not when an engine has begun."""
        values = {"task": task_id, "account": account_id, "now_s": self._clock.now_s()}
        return await self._database.write(lambda connection: connection.execute(_CANCEL, values).rowcount == 1)

    async def withdraw(self, task_id: str, retries: int) -> bool:
        """Whether the task is cancelled now, and found by no retry any more; `cancel` for one whose id nobody knows.

        Not when a request that had been sent more often than `retries` times has found it.
        """
        values = {"task": task_id, "retries": retries, "now_s": self._clock.now_s()}
        return await self._database.write(lambda connection: _withdraw(connection, values))

    async def note(self, task_id: str, job_id: str, failure: Failure) -> None:
        """Keep what is about to end the task, unless it has ended or another job has its place."""
        noted = (
            update(tasks)
            .where(tasks.c.id == task_id, tasks.c.job_id == job_id, _STILL_OPEN)
            .values(error_code=failure.code, error_message=failure.message, timed_out=failure.timed_out)
        )
        await self._database.write(lambda connection: connection.execute(noted), lasting=False)

    async def restartable(self, tasks_max: int, after: Task | None = None) -> tuple[Task, ...]:
        """Tasks that need another job, the oldest first, of those behind `after` if that is given."""
        asked: dict[str, Any] = {"tasks_max": tasks_max}
        statement = _TO_RESTART
        if after is not None:
            statement, asked = _BEHIND, {**asked, "since_s": after.created_at_s, "task": after.id}
        return await self._database.read(
            lambda connection: _tasks(connection, connection.execute(statement, asked).all())
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

    async def request_kept(self, task_id: str) -> None:
        """The task's request is kept, though it may have been said to be gone: it was written late."""
        await self._say_kept(task_id, kept=True)

    async def request_gone(self, task_id: str) -> None:
        """The task's request is no longer kept."""
        await self._say_kept(task_id, kept=False)

    async def _say_kept(self, task_id: str, *, kept: bool) -> None:
        said = update(tasks).where(tasks.c.id == task_id).values(request_kept=kept)
        await self._database.write(lambda connection: connection.execute(said), lasting=False)

    async def claim_deliveries(self, tasks_max: int, lease_s: float) -> tuple[Task, ...]:
        """Tasks that have ended and whose webhooks are to be told now.

        No other gateway gets them while this one lives, nor does this one for `lease_s`.
        """
        now_s = self._clock.now_s()
        asked = {"now_s": now_s, "gateway": self._gateway_id, "tasks_max": tasks_max}
        due = await self._database.read(lambda connection: connection.scalars(_DUE, asked).all())
        if not due:
            return ()
        claim = {"now_s": now_s, "gateway": self._gateway_id, "until_s": now_s + lease_s}
        return await self._database.write(lambda connection: _claim(connection, due, claim))

    async def delivered(self, task_id: str) -> None:
        """The task's webhook has been told."""
        told = (
            update(tasks)
            .where(tasks.c.id == task_id)
            .values(deliver_at_s=None, delivered_by=None, delivered_at_s=self._clock.now_s())
        )
        await self._database.write(lambda connection: connection.execute(told))

    async def deliver_again(self, task_id: str, in_s: float | None) -> None:
        """The task's webhook could not be told: it is to be in `in_s` seconds, or never."""
        at_s = None if in_s is None else self._clock.now_s() + in_s
        later = (
            update(tasks)
            .where(tasks.c.id == task_id, tasks.c.delivered_by == self._gateway_id)
            .values(deliver_at_s=at_s, delivered_by=None)
        )
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
            "confirmed": False,
            "restarts": 0,
            "request_kept": True,
            "timed_out": False,
            "webhook": ticket.webhook,
            "deliveries": 0,
        },
    )


def _withdraw(connection: Connection, values: Mapping[str, Any]) -> bool:
    job_id = connection.scalar(_WITHDRAW, values)
    if job_id is not None:
        connection.execute(_HIDE, {"job": job_id})
    return job_id is not None


def _one(connection: Connection, statement: Select[Any], asked: Mapping[str, Any]) -> Task | None:
    return next(iter(_tasks(connection, connection.execute(statement, asked).all())), None)


def _claim(connection: Connection, due: Sequence[str], claim: Mapping[str, Any]) -> tuple[Task, ...]:
    claimed: list[Row[Any]] = []
    for task_id in due:
        # Whoever is second finds the row as the first one left it.
        claimed += connection.execute(_CLAIM, {"task": task_id, **claim}).all()
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
        confirmed=row.confirmed,
        began_at_s=row.began_at_s,
        cancelled_at_s=row.cancelled_at_s,
        restarts=row.restarts,
        failure=failure,
        webhook=row.webhook,
        deliveries=row.deliveries,
    )
