"""Probes for whoever runs the server: does the process answer, and can it take jobs."""

from __future__ import annotations

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from limner.http.surface import Surface


class Alive:
    """GET /healthz: 200 while the process answers at all."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await _answer(200, {"status": "ok"})(scope, receive, send)


class Ready:
    """GET /readyz: 200 when jobs can be taken, else 503 with the reasons, for a balancer to send callers elsewhere."""

    def __init__(self, surface: Surface) -> None:
        self._not_ready = surface.not_ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        reasons = await self._not_ready()
        if reasons:
            response = _answer(503, {"status": "not ready", "reasons": list(reasons)})
        else:
            response = _answer(200, {"status": "ready"})
        await response(scope, receive, send)


def _answer(status: int, body: dict[str, object]) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(orjson.dumps(body), status, media_type="application/json", headers=headers)
