"""The credits surface: a caller reads its own account, with any key of it, in a header and nowhere else."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from limner.contract.credits import (
    credits_body,
    entries_body,
    entry_search,
    job_search,
    jobs_body,
    services_body,
)
from limner.contract.cursors import Cursors
from limner.errors import Defect, NotAuthenticated
from limner.http.bearer import accepted, secret_of
from limner.http.bounds import BoundedBody
from limner.http.exchange import Exchange
from limner.http.surface import Surface
from limner.keys import PREFIX, Key

BODY_BYTES_MAX: Final = 256 * 1024
"""Every list of a search at its longest, in characters of four bytes."""
_KEY_NAMES: Final = frozenset({"key", "apikey", "xapikey", "token", "accesstoken", "auth", "authorization", "secret"})


class Credits:
    """GET /api-user/credits."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises NotAuthenticated."""
        key = await _key_of(scope, self._surface)
        standing = await self._surface.statement.standing(key.account_id)
        if standing is None:
            raise Defect(f"key {key.id} belongs to an account that is not there")
        await _json(credits_body(standing))(scope, receive, send)


class Services:
    """GET /api-user/services."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises NotAuthenticated."""
        await _key_of(scope, self._surface)
        body = services_body(self._surface.catalog, self._surface.prices)
        await _json(body)(scope, receive, send)


class UsageSearch:
    """POST /api-user/usage/search."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._cursors = Cursors(surface.link_secret)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one page. Raises NotAuthenticated, InvalidRequest for a bad body."""
        key = await _key_of(scope, self._surface)
        search = job_search(key.account_id, await _body(scope, receive, self._surface), self._cursors)
        page = await self._surface.usage.rows(
            search.where, limit=search.limit, after=search.after, outcomes=search.outcomes
        )
        await _json(jobs_body(page, search, self._cursors))(scope, receive, send)


class PointsSearch:
    """POST /api-user/points/search."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._cursors = Cursors(surface.link_secret)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one page. Raises NotAuthenticated, InvalidRequest for a bad body."""
        key = await _key_of(scope, self._surface)
        search = entry_search(key.account_id, await _body(scope, receive, self._surface), self._cursors)
        page = await self._surface.statement.entries(search.query, limit=search.limit, before_id=search.before_id)
        await _json(entries_body(page, search, self._cursors))(scope, receive, send)


async def _key_of(scope: Scope, surface: Surface) -> Key:
    """The key in `X-API-Key`, or else in `Authorization`. Raises NotAuthenticated, also for one in the address."""
    for name, value in QueryParams(scope["query_string"]).multi_items():
        if PREFIX in name + value or name.lower().replace("-", "").replace("_", "") in _KEY_NAMES:
            raise NotAuthenticated(
                "An API key in the address ends up in logs and histories: send it in the header 'X-API-Key' or "
                "'Authorization: Bearer', and have the one you have just shown revoked.",
                code="api_key_in_query",
            )
    headers = Exchange.of(scope).headers
    return await accepted(headers.get("x-api-key", "").strip() or secret_of(headers), scope, surface)


async def _body(scope: Scope, receive: Receive, surface: Surface) -> bytes:
    return await BoundedBody(Exchange.of(scope).headers, receive, surface.limits, bytes_max=BODY_BYTES_MAX).whole()


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
