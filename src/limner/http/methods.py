"""Which methods a path has, and what the others are told."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from limner.errors import MethodNotAllowed, NotFound
from limner.job import Strictness

_PATH_CHARS_SHOWN = 200


class Methods:
    """An ASGI app that hands a request to the app for its method. HEAD is GET without a body; OPTIONS lists them."""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self._apps = apps
        if "GET" in apps:
            self._apps = {**apps, "HEAD": apps["GET"]}
        self._allowed = (*self._apps, "OPTIONS")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises MethodNotAllowed."""
        method = scope["method"]
        if method == "OPTIONS":
            await Response(status_code=204, headers={"allow": ", ".join(self._allowed)})(scope, receive, send)
            return
        app = self._apps.get(method)
        if app is None:
            raise MethodNotAllowed(f"Invalid method for URL ({_request_line(scope)})", allowed=self._allowed)
        await app(scope, receive, send)


class UnknownRoute:
    """Answers what has no route: OpenAI's older JSON error, or its bare 404 of August 2026 when that is asked for."""

    def __init__(self, strictness: Strictness) -> None:
        self._strictness = strictness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises NotFound under the lenient rules."""
        if self._strictness is Strictness.OPENAI:
            await Response(status_code=404)(scope, receive, send)
            return
        raise invalid_url(scope)


def invalid_url(scope: Scope) -> NotFound:
    """The refusal of a path that leads nowhere."""
    return NotFound(f"Invalid URL ({_request_line(scope)})")


def _request_line(scope: Scope) -> str:
    return f"{scope['method']} {scope['path'][:_PATH_CHARS_SHOWN]}"
