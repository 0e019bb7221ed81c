"""The backlog: takes tasks in, tells where they stand, takes them back, and sees to those a dead server left behind.

A task is a job like any other but for its caller, who does not wait: the backlog waits in their stead. Its request is
kept until an engine has begun, so that another job can take the place of one that ended with its server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from limner.blobs import Blob, BlobStore
from limner.claims import Repeat
from limner.clock import Clock
from limner.contract.catalog import Catalog, Delivery
from limner.contract.draft import TaskDraft
from limner.contract.parse import parse_task
from limner.contract.tasks import failure_of, no_such_task, not_to_be_cancelled
from limner.errors import Allowance, Conflict, Defect, LimnerError, Overloaded, handed_off
from limner.gateway import SENT_ONCE, Gateway
from limner.job import Answer, Strictness, new_job_id
from limner.joining import POLL_S, Joined
from limner.keys import Key, KeyRegister
from limner.tasks import INTERRUPTED, Task, TaskStatus, TaskStore, Ticket, request_key
from limner.turns import RETRY_AFTER_S
from limner.webhooks import check

_log = structlog.get_logger(__name__)

WAITING_BYTES_MAX: Final = 256 * 1024 * 1024
"""Requests of tasks under way in one process, which are in memory: four of the largest, or any number of prompts."""
RESTARTS_AT_ONCE_MAX: Final = 16
"""Tasks looked at in one round, so that a long list of them does not keep the others from being served."""
FORGOTTEN_AT_ONCE_MAX: Final = 100
"""Requests removed in one round."""
MEDIA_TYPE: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Submitted:
    """A task that was taken in.

    report_text: what will become of its parameters, as `limner-parameters` tells it. allowances: what is left of the
    key's rates.
    """

    task_id: str
    report_text: str
    allowances: tuple[Allowance, ...]


class Backlog:
    """The tasks of this process, and the way to all others.

    requests: where what was sent is kept. strictness_for: the rule a key follows. hosts: see `webhooks.check`.
    """

    def __init__(  # noqa: PLR0913  what tasks go through, each by name
        self,
        *,
        gateway: Gateway,
        store: TaskStore,
        requests: BlobStore,
        keys: KeyRegister,
        catalog: Catalog,
        clock: Clock,
        strictness_for: Callable[[Key], Strictness],
        hosts: frozenset[str] = frozenset(),
    ) -> None:
        self._gateway = gateway
        self._store = store
        self._requests = requests
        self._keys = keys
        self._catalog = catalog
        self._clock = clock
        self._strictness_for = strictness_for
        self._hosts = hosts
        self._standing: dict[str, Joined] = {}
        self._looked_at: Task | None = None
        self._waiting_bytes = 0

    async def submit(
        self,
        key: Key,
        task: TaskDraft,
        sent: bytes,
        *,
        request_id: str,
        repeat: Repeat = SENT_ONCE,
        is_there: Callable[[], bool] = lambda: True,
    ) -> Submitted:
        """Take a task in, whose id is `request_id`; or find the one that a request sent before means, once that is in.

        sent: the body that `task` was read from. is_there: whether its client is; a task whose client has left before
        it could be told is withdrawn, unless a request sent later has found it. Raises the LimnerError that refuses it,
        also what admission refuses, Defect when its request cannot be kept; nothing is held or kept then.
        """
        if task.webhook is not None:
            check(task.webhook, self._hosts)
        ticket = Ticket(task_id=request_id, by_address=task.draft.delivery is Delivery.URL, webhook=task.webhook)
        self._check_room(len(sent))
        # Until its request is kept and it is confirmed nothing may become of its job, not even its handing on: nobody
        # could take its place.
        ready = asyncio.Event()
        try:
            joined = await self._begin(key, task, len(sent), ticket, request_id, repeat, ready)
            if joined.job_id == request_id:
                # After its row, by which it is removed: nothing is ever kept that no row knows of.
                await self._keep(request_id, sent)
                if is_there() or not await self._withdrawn(request_id, repeat):
                    await self._confirm(request_id)
                return Submitted(request_id, joined.report_text, joined.allowances)
        except BaseException:
            self._leave(request_id)
            raise
        finally:
            ready.set()
        return Submitted(await self._confirmed(joined.job_id, is_there), joined.report_text, joined.allowances)

    async def find(self, account_id: str, task_id: str) -> Task:
        """One of the account's tasks. Raises NotFound."""
        task = await self._store.find(account_id, task_id)
        if task is None:
            raise no_such_task(task_id)
        return task

    async def answer(self, task: Task) -> Answer | None:
        """What a completed task's engine drew, or None when it is no longer kept, or never was."""
        if task.status is not TaskStatus.COMPLETED:
            return None
        view = await self._gateway.look_up(task.account_id, task.job.job_id)
        return view.answer if view else None

    async def cancel(self, account_id: str, task_id: str) -> Task:
        """Take a task back; one that was taken back before stays so.

        Raises NotFound, and Conflict once it has begun.
        """
        if await self._store.cancel(account_id, task_id):
            self._leave(task_id)
        task = await self.find(account_id, task_id)
        if task.status is not TaskStatus.CANCELLED:
            raise not_to_be_cancelled(task)
        return task

    async def round(self) -> int:
        """See to what others cancelled, what is not needed and what was left behind; return how many were restarted.

        To be called from time to time. Raises what the stores raise.
        """
        if self._standing:
            for task_id in await self._store.cancelled(frozenset(self._standing)):
                self._leave(task_id)
        for task_id in await self._store.with_needless_requests(FORGOTTEN_AT_ONCE_MAX):
            await self._requests.delete(request_key(task_id))
            await self._store.request_gone(task_id)
        return await self._restart_some()

    async def _restart_some(self) -> int:
        """Restart tasks from where the last round ended: those that have to wait are not in the way of the others."""
        left = () if self._gateway.stopping else await self._store.restartable(RESTARTS_AT_ONCE_MAX, self._looked_at)
        # The oldest come again behind the youngest.
        self._looked_at = left[-1] if len(left) == RESTARTS_AT_ONCE_MAX else None
        restarted = 0
        for task in left:
            with suppress(LimnerError):
                restarted += await self._restarted(task)
        return restarted

    async def _keep(self, task_id: str, sent: bytes) -> None:
        try:
            await self._requests.write(request_key(task_id), Blob.from_bytes(sent, MEDIA_TYPE))
        except OSError as error:
            _log.exception("task.not_kept", task_id=task_id)
            raise Defect("The task could not be stored.") from error

    async def _withdrawn(self, task_id: str, repeat: Repeat) -> bool:
        """Whether a task is taken back for a client that left and may have sent its request again meanwhile.

        A sending that was delayed for long may come to be admitted after a later one has found the task of an earlier.
        """
        # One that is known by a key is the same task, whichever sending comes first.
        if repeat.idempotency_key is not None or not await self._store.withdraw(task_id, repeat.retries or 0):
            return False
        self._leave(task_id)
        return True

    async def _confirm(self, task_id: str) -> None:
        """Let a task be begun and restarted. Raises Overloaded when it was ended for us, who stood still."""
        if await self._store.confirm(task_id):
            return
        # Whoever ended it may have looked for its request before that was written.
        await self._store.request_kept(task_id)
        raise _not_taken_in()

    async def _confirmed(self, job_id: str, is_there: Callable[[], bool]) -> str:
        """The id of the task that a job draws, once an earlier sending has confirmed it.

        Whoever admitted that one alone does, or takes it back, or dies and leaves it unconfirmed for good. Raises
        Overloaded then, and when this server stops meanwhile.
        """
        while True:
            task = await self._store.of_job(job_id)
            if task is None or (task.status.over and not task.confirmed):
                raise _not_taken_in()
            if task.confirmed or not is_there():
                return task.id
            if self._gateway.stopping:
                raise handed_off()
            await self._clock.sleep(POLL_S)

    async def _begin(
        self,
        key: Key,
        task: TaskDraft,
        size_bytes: int,
        ticket: Ticket,
        job_id: str,
        repeat: Repeat,
        ready: asyncio.Event | None = None,
    ) -> Joined:
        """Have a task's job admitted, and wait in its caller's stead."""
        self._waiting_bytes += size_bytes
        ended = False

        def done() -> None:
            nonlocal ended
            ended = True
            self._waiting_bytes -= size_bytes
            self._standing.pop(ticket.task_id, None)

        joined = await self._gateway.submit(
            key,
            task.draft,
            request_id=job_id,
            strictness=self._strictness_for(key),
            on_done=done,
            repeat=repeat,
            ticket=ticket,
            may_begin=partial(self._store.begin, ticket.task_id, job_id),
            ready=ready,
        )
        if joined.job_id != job_id:
            joined.leave()
        elif not ended:
            self._standing[ticket.task_id] = joined
        return joined

    async def _restarted(self, task: Task) -> bool:
        """Give a task another job, or end it when that cannot be; False for what needs none any more.

        Raises the LimnerError after which it is to be tried later.
        """
        job_id = new_job_id(self._clock.now_s())
        try:
            key = next(key for key in await self._keys.all() if key.id == task.key_id)
            kept = await self._requests.read(request_key(task.id), MEDIA_TYPE)
            if kept is None:
                await self._store.note(task.id, task.job.job_id, INTERRUPTED)
                return False
            self._check_room(kept.size_bytes)
            sent = await asyncio.to_thread(kept.read)
            read = await asyncio.to_thread(parse_task, sent, self._catalog, self._strictness_for(key))
            ticket = Ticket(task_id=task.id, by_address=task.by_address, webhook=task.webhook, replaces=task.job.job_id)
            await self._begin(key, read, len(sent), ticket, job_id, SENT_ONCE)
        except Conflict:
            return False  # Another gateway was first.
        except LimnerError as error:
            if error.retryable or error.retry_after_s is not None:
                raise
            await self._store.note(task.id, task.job.job_id, failure_of(error, job_id))
            return False
        _log.warning("task.restarted", task_id=task.id, job_id=job_id, instead_of=task.job.job_id)
        return True

    def _leave(self, task_id: str) -> None:
        standing = self._standing.pop(task_id, None)
        if standing is not None:
            standing.leave()

    def _check_room(self, size_bytes: int) -> None:
        if self._waiting_bytes + size_bytes > WAITING_BYTES_MAX:
            raise Overloaded(
                "The server is overloaded: too many tasks are waiting. Please try again later.",
                retry_after_s=RETRY_AFTER_S,
            )


def _not_taken_in() -> Overloaded:
    return Overloaded("The task could not be taken in. Please send the request again.", retry_after_s=RETRY_AFTER_S)
