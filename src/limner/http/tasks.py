"""The task endpoints: submit a task, look one up, take one back; and what a webhook is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from limner.blobs import Text
from limner.contract.answers import images_body
from limner.contract.catalog import Delivery, Model
from limner.contract.families import MODEL_DEFAULT
from limner.contract.parse import parse_task
from limner.contract.rates import rate_headers
from limner.contract.tasks import EXPIRED, TOO_LARGE, result_format_of, submitted_body, task_body, task_id_of
from limner.errors import stopped
from limner.http.bearer import key_of, key_to_admit
from limner.http.bounds import BoundedBody, ClientGone
from limner.http.exchange import Exchange
from limner.http.images import INLINE_BYTES_MAX, JSON, media_type_of
from limner.http.links import Links
from limner.http.repeats import repeat_of
from limner.http.surface import Surface
from limner.http.waiting import Client
from limner.job import Kind
from limner.tasks import Task, TaskStatus
from limner.webhooks import PICTURES_BYTES_MAX

SUBMIT_PATH: Final = "/openai/images"
PATH: Final = "/openai/tasks"


class SubmitTask:
    """POST /openai/images: answers once the task is admitted, not once it is drawn."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises the LimnerError that refuses it, ClientGone when nobody is left to be told."""
        surface, headers = self._surface, Exchange.of(scope).headers
        key = await key_to_admit(scope, surface)
        if surface.gateway.stopping:
            raise stopped()
        repeat = repeat_of(headers)
        media_type_of(Kind.GENERATION, headers.get("content-type", ""))
        limits, catalog, strictness = surface.limits, surface.catalog, surface.strictness_for(key)
        sent = await BoundedBody(headers, receive, limits, bytes_max=limits.json_bytes_max).whole()
        if len(sent) <= INLINE_BYTES_MAX:
            task = parse_task(sent, catalog, strictness)
        else:
            task = await asyncio.to_thread(parse_task, sent, catalog, strictness)
        async with Client(receive) as client:
            submitted = await surface.tasks.submit(
                key,
                task,
                sent,
                request_id=Exchange.of(scope).request_id,
                repeat=repeat,
                is_there=lambda: client.there,
            )
            if not client.there:
                raise ClientGone
        told = rate_headers(submitted.allowances)
        if submitted.report_text:
            told["limner-parameters"] = submitted.report_text
        await Response(submitted_body(submitted.task_id), media_type=JSON, headers=told)(scope, receive, send)


class Tasks:
    """GET and DELETE /openai/tasks, with the task's id in the query."""

    def __init__(self, surface: Surface, links: Links) -> None:
        self._surface = surface
        self._links = links
        self._telling = Telling(surface, links)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises NotFound for what is no task of the key's account, Conflict for a late DELETE."""
        key = await key_of(scope, self._surface)
        query = QueryParams(scope["query_string"])
        task_id, asked = task_id_of(query), result_format_of(query)
        tasks = self._surface.tasks
        if scope["method"] == "DELETE":
            task = await tasks.cancel(key.account_id, task_id)
        else:
            task = await tasks.find(key.account_id, task_id)
        by_address = task.by_address if asked is None else asked is Delivery.URL
        chunks = await self._telling.whole(task, self._links.base_url(scope) if by_address else None)
        await Response(b"".join(chunks), media_type=JSON)(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Telling:
    """Turns tasks into bodies."""

    surface: Surface
    links: Links

    async def whole(self, task: Task, base_url: str | None) -> list[Text]:
        """A task with its pictures: in the body, or by links from `base_url`."""
        answer = await self.surface.tasks.answer(task)
        if answer is None:
            return task_body(task, None, EXPIRED if task.status is TaskStatus.COMPLETED else None)
        name = task.job.model
        # A model that is no longer offered has answered in the shape of the usual family.
        model = self.surface.catalog.get(name) or Model(id=name, family=MODEL_DEFAULT, created_s=0)
        if base_url is None:
            return task_body(task, images_body(answer, model))
        urls = self.links.of_answer(base_url, task.job.job_id, answer)
        return task_body(task, images_body(answer, model, Delivery.URL, urls))

    async def to_webhook(self, task: Task) -> bytes:
        """The same for a webhook, without pictures that are too large for one."""
        record = task.job.record
        base_url = self.surface.public_url if task.by_address else None
        if base_url is None and record is not None and record.output_bytes > PICTURES_BYTES_MAX:
            return b"".join(task_body(task, None, TOO_LARGE.format(task_id=task.id)))
        return b"".join(await self.whole(task, base_url))


def webhook_body(surface: Surface) -> Callable[[Task], Awaitable[bytes]]:
    """What makes the bodies of deliveries."""
    return Telling(surface, Links.of(surface)).to_webhook
