"""The outbox: tells webhooks of the ends of tasks, each until it is taken or the schedule is over.

What is to be told stands in the tasks' own rows, written when they were admitted: whatever dies, it is told at least
once, and by one of several gateways at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from limner.clock import Clock
from limner.tasks import Task, TaskStore
from limner.webhooks import LEASE_S, Courier, Undeliverable, account_secret, pause_s, signed_headers, was_taken

_log = structlog.get_logger(__name__)

AT_ONCE_MAX: Final = 32
"""Deliveries under way at a time: receivers that stall hold places for some seconds, and bodies are in memory."""


class Outbox:
    """Delivers what is due.

    body: of a task's delivery. courier: called for the first delivery. secret: the installation's. tasks: owns the
    deliveries under way.
    """

    def __init__(
        self,
        *,
        store: TaskStore,
        body: Callable[[Task], Awaitable[bytes]],
        courier: Callable[[], Courier],
        secret: bytes,
        clock: Clock,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._store = store
        self._body = body
        self._open_courier = courier
        self._courier: Courier | None = None
        self._secret = secret
        self._clock = clock
        self._tasks = tasks
        self._deliveries: set[asyncio.Task[None]] = set()

    @property
    def under_way(self) -> int:
        """How many deliveries are under way."""
        return len(self._deliveries)

    async def round(self) -> int:
        """Begin to deliver what is due and has a place; return how many that are. To be called from time to time."""
        free = AT_ONCE_MAX - self.under_way
        due = await self._store.claim_deliveries(free, LEASE_S) if free else ()
        for task in due:
            delivery = self._tasks.create_task(self._deliver(task), name=f"webhook of {task.id}")
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._deliveries.discard)
        return len(due)

    async def stop(self) -> None:
        """Give up what is under way: it is told again once this gateway has left."""
        for delivery in self._deliveries:
            delivery.cancel()
        if self._deliveries:
            await asyncio.wait(self._deliveries)

    async def _deliver(self, task: Task) -> None:
        """Tell once, and note what came of it: the end of a background task, where every error stops."""
        assert task.webhook is not None, "only what has a webhook is claimed"
        try:
            reason = await self._refusal(task, task.webhook)
            if reason is None:
                await self._store.delivered(task.id)
                _log.info("webhook.delivered", task_id=task.id, attempt=task.deliveries)
                return
            in_s = pause_s(task.deliveries)
            # Where to is the caller's own business, and may hold a secret of theirs.
            _log.warning("webhook.failed", task_id=task.id, attempt=task.deliveries, reason=reason, again_in_s=in_s)
            await self._store.deliver_again(task.id, in_s)
        except Exception:  # noqa: BLE001  the end of a background task: the lease brings it back
            _log.exception("webhook.defect", task_id=task.id)

    async def _refusal(self, task: Task, webhook: str) -> str | None:
        """Why an attempt came to nothing, or None when the receiver took it."""
        if self._courier is None:
            self._courier = self._open_courier()
        body = await self._body(task)
        secret = account_secret(self._secret, task.account_id)
        try:
            status = await self._courier.post(webhook, body, signed_headers(secret, task.id, body, self._clock.now_s()))
        except Undeliverable as failure:
            return failure.reason
        return None if was_taken(status) else f"status {status}"
