"""Tasks: jobs whose caller does not wait. Where one stands, and what its store must do.

A task names the job that draws it. As long as no engine has begun, its caller may take it back, and when the server
stops or dies, another job takes that one's place: nothing was drawn, so nothing is drawn twice. Who begins, who cancels
and who takes a job's place is decided by one row in the database, which lets through the first of them alone. Before it
is confirmed nobody knows a task, its caller may have sent it again, and it is neither begun nor restarted. Pure.

    (submitted) ──confirm──> pending

    pending ──begin──> processing ──> completed | failed | timeout
       │ └──restart──> pending, with another job
       └──cancel──> cancelled
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from limner.record import Outcome, StoredJob

RESTARTS_MAX: Final = 5
"""Jobs that may take the place of a task's first: a task that ends its server each time must not do so for ever."""


class TaskStatus(StrEnum):
    """Where a task stands, in the words of the wire."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMEOUT = "timeout"

    @property
    def over(self) -> bool:
        """Whether it will never stand anywhere else."""
        return self not in {TaskStatus.PENDING, TaskStatus.PROCESSING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What makes an admitted job a task's. by_address: how its pictures are delivered. webhook: where to tell of it.

    replaces: the job whose place it takes, None for a new task.
    """

    task_id: str
    by_address: bool
    webhook: str | None
    replaces: str | None = None

    @property
    def tells_apart(self) -> str:
        """What a request for a task differs by from a request for the same pictures that waits for them."""
        return f"task {self.webhook or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What ended a task, as its caller is told. timed_out: whether its time was up."""

    code: str
    message: str
    timed_out: bool = False


INTERRUPTED: Final = Failure(
    code="interrupted",
    message="The server stopped or died while the task was being drawn. Nothing was charged. Please submit it again.",
)
_UNKNOWN: Final = "The task failed. Nothing was charged."


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task as stored, with the job that draws it, or drew it last.

    confirmed: whether anybody may know its id. began_at_s: when its engine began. failure: what ended it, if that was
    noted. deliveries: how often its end was told or tried to be.
    """

    id: str
    account_id: str
    key_id: str
    job: StoredJob
    by_address: bool
    created_at_s: float
    confirmed: bool
    began_at_s: float | None
    cancelled_at_s: float | None
    restarts: int
    failure: Failure | None
    webhook: str | None
    deliveries: int

    @property
    def restartable(self) -> bool:
        """Whether its job ended with its server before an engine began, so that another may take that one's place."""
        return (
            self.job.record is not None
            and self.job.record.outcome is Outcome.INTERRUPTED
            and self.confirmed
            and self.began_at_s is None
            and self.cancelled_at_s is None
            and self.failure is None
            and self.restarts < RESTARTS_MAX
        )

    @property
    def status(self) -> TaskStatus:
        """Where it stands."""
        if self.cancelled_at_s is not None:
            return TaskStatus.CANCELLED
        record = self.job.record
        if record is None or self.restartable:
            return TaskStatus.PENDING if self.began_at_s is None else TaskStatus.PROCESSING
        if record.outcome.charged:
            return TaskStatus.COMPLETED
        if record.outcome is Outcome.CANCELLED:
            return TaskStatus.CANCELLED
        return TaskStatus.TIMEOUT if self.failure and self.failure.timed_out else TaskStatus.FAILED

    @property
    def told_failure(self) -> Failure | None:
        """Why it failed, or None when it did not."""
        record = self.job.record
        if record is None or self.status not in {TaskStatus.FAILED, TaskStatus.TIMEOUT}:
            return None
        if self.failure is not None:
            return self.failure
        if record.outcome is Outcome.INTERRUPTED:
            return INTERRUPTED
        return Failure(code=record.error_code or record.outcome.value, message=_UNKNOWN)

    @property
    def finished_at_s(self) -> float | None:
        """When it came to its end, or None while it has not."""
        if not self.status.over:
            return None
        if self.cancelled_at_s is not None:
            return self.cancelled_at_s
        return self.job.record.finished_at_s if self.job.record else None


class TaskStore(Protocol):
    """Where tasks are kept. A task is stored when its job is admitted, in the same transaction: see `Ledger.admit`."""

    async def find(self, account_id: str, task_id: str) -> Task | None:
        """One of the account's tasks, or None."""
        ...

    async def of_job(self, job_id: str) -> Task | None:
        """The task that a job draws, or None."""
        ...

    async def confirm(self, task_id: str) -> bool:
        """Whether the task's id may be told: not when its job has ended, as when its gateway was taken for dead."""
        ...

    async def begin(self, task_id: str, job_id: str) -> bool:
        """Whether an engine may begin with this job: not when its task was cancelled, nor when it has ended.

        It has when its gateway was taken for dead, whether or not another job has its place yet. Never before the task
        is confirmed.
        """
        ...

    async def cancel(self, account_id: str, task_id: str) -> bool:
        """Whether the task is cancelled now: not when an engine has begun."""
        ...

    async def withdraw(self, task_id: str, retries: int) -> bool:
        """Whether the task is cancelled now, and found by no retry any more; `cancel` for one whose id nobody knows.

        Not when a request that had been sent more often than `retries` times has found it.
        """
        ...

    async def note(self, task_id: str, job_id: str, failure: Failure) -> None:
        """Keep what is about to end the task, unless it has ended or another job has its place."""
        ...

    async def restartable(self, tasks_max: int, after: Task | None = None) -> tuple[Task, ...]:
        """Tasks that need another job, the oldest first, of those behind `after` if that is given."""
        ...

    async def cancelled(self, task_ids: frozenset[str]) -> frozenset[str]:
        """Those of `task_ids` that have been cancelled."""
        ...

    async def with_needless_requests(self, tasks_max: int) -> tuple[str, ...]:
        """Ids of tasks whose requests are kept and not needed any more."""
        ...

    async def request_kept(self, task_id: str) -> None:
        """The task's request is kept, though it may have been said to be gone: it was written late."""
        ...

    async def request_gone(self, task_id: str) -> None:
        """The task's request is no longer kept."""
        ...

    async def claim_deliveries(self, tasks_max: int, lease_s: float) -> tuple[Task, ...]:
        """Tasks that have ended and whose webhooks are to be told now.

        No other gateway gets them while this one lives, nor does this one for `lease_s`.
        """
        ...

    async def delivered(self, task_id: str) -> None:
        """The task's webhook has been told."""
        ...

    async def deliver_again(self, task_id: str, in_s: float | None) -> None:
        """The task's webhook could not be told: it is to be in `in_s` seconds, or never."""
        ...


def request_key(task_id: str) -> str:
    """Where a task's request is kept until it is not needed any more."""
    return f"{task_id}/request.json"
