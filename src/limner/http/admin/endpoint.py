"""One operation of the administrators' API: who asks, what for, and the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import orjson
from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from limner.contract.admin.operations import Operation
from limner.contract.admin.pages import Paging, page_object, paging_of
from limner.contract.arguments import TEXT_CHARS_MAX, Values, from_exact_json, from_exact_query
from limner.contract.cursors import Cursors
from limner.http.bearer import admin_of
from limner.http.bounds import BoundedBody
from limner.http.exchange import Exchange
from limner.http.methods import invalid_url
from limner.http.repeats import idempotency_key_of
from limner.http.surface import Surface
from limner.job import Json
from limner.trail import Actor

BODY_BYTES_MAX: Final = 256 * 1024
"""The longest prompt, every list at its longest, in characters of four bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of an administrator.

    subject: the account or key in its path, else empty. idempotency_key: of an operation that takes one.
    """

    by: Actor
    subject: str
    idempotency_key: str | None
    values: Values
    operation: str
    cursors: Cursors

    @property
    def paging(self) -> Paging:
        """The page asked for, of an operation that lists. Raises InvalidRequest."""
        return paging_of(self.operation, self.subject, self.values, self.cursors)

    def page(self, lines: list[Json], end: Json) -> dict[str, Json]:
        """The answer of an operation that lists. end: where the next page begins, or None."""
        return page_object(lines, end, self.paging, self.cursors)


Handler: TypeAlias = Callable[[Surface, Call], Awaitable[Mapping[str, Json]]]
"""Carries an operation out by the functions of `limner.admin`. Raises the LimnerError that refuses it."""


class Endpoint:
    """An operation at its path."""

    def __init__(self, operation: Operation, handler: Handler, surface: Surface) -> None:
        self._operation = operation
        self._handler = handler
        self._surface = surface
        self._cursors = Cursors(surface.link_secret)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises NotAuthenticated, NotPermitted for a user's key, and what refuses it."""
        key = await admin_of(scope, self._surface)
        call = Call(
            by=Actor(key.id),
            subject=_subject(scope),
            idempotency_key=idempotency_key_of(Exchange.of(scope).headers) if self._operation.once else None,
            values=await self._values(scope, receive),
            operation=self._operation.id,
            cursors=self._cursors,
        )
        answer = await self._handler(self._surface, call)
        if self._operation.changes:
            # What was changed counts at once in this process; gateways beside it learn of it within CACHE_TTL_S.
            self._surface.office.ring.ask_again()
        body = orjson.dumps(answer, option=orjson.OPT_INDENT_2)
        # It may have a secret in it.
        headers = {"cache-control": "no-store"}
        await Response(body, media_type="application/json", headers=headers)(scope, receive, send)

    async def _values(self, scope: Scope, receive: Receive) -> Values:
        arguments = self._operation.arguments
        if self._operation.method == "GET":
            return from_exact_query(arguments, QueryParams(scope["query_string"]).multi_items())
        body = BoundedBody(Exchange.of(scope).headers, receive, self._surface.limits, bytes_max=BODY_BYTES_MAX)
        return from_exact_json(arguments, await body.whole())


def _subject(scope: Scope) -> str:
    """What the path names. Raises NotFound for what no account and no key can be called."""
    subject = "".join(scope["path_params"].values())
    if len(subject) > TEXT_CHARS_MAX or "\0" in subject:
        raise invalid_url(scope)
    return subject
