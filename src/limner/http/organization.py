"""The organization endpoints: usage and costs of all accounts, for keys that administer the server."""

from __future__ import annotations

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from limner.contract.cursors import Cursors
from limner.contract.organization import Report, not_an_admin, page_body, question_of
from limner.http.bearer import key_of
from limner.http.surface import Surface


class Organization:
    """GET /organization/usage/images, or GET /organization/costs."""

    def __init__(self, report: Report, surface: Surface) -> None:
        self._report = report
        self._surface = surface
        self._cursors = Cursors(surface.link_secret)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one page. Raises NotPermitted for a key that is no admin's, InvalidRequest for a bad query."""
        surface = self._surface
        if not (await key_of(scope, surface)).admin:
            raise not_an_admin()
        pairs = QueryParams(scope["query_string"]).multi_items()
        question = question_of(self._report, pairs, now_s=surface.clock.now_s(), cursors=self._cursors)
        body = page_body(question, await surface.usage.sums(question.query))
        await Response(body, media_type="application/json")(scope, receive, send)
