"""The machine-readable descriptions of the API."""

from __future__ import annotations

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from limner.contract.admin.openapi import admin_document
from limner.contract.openapi import document
from limner.http.links import request_url
from limner.http.surface import Surface


class OpenApi:
    """GET /openapi.json, without a key: it says nothing that the reference page does not."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the document for the address it was asked at."""
        surface = self._surface
        server_url = (surface.public_url or request_url(scope)) + "/openai/v1"
        body = orjson.dumps(document(surface.catalog, server_url=server_url, version=surface.version))
        await Response(body, media_type="application/json")(scope, receive, send)


class AdminOpenApi:
    """GET /limner/v1/openapi.json, without a key, as the other."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the document for the address it was asked at."""
        surface = self._surface
        server_url = surface.public_url or request_url(scope)
        body = orjson.dumps(admin_document(surface.catalog, server_url=server_url, version=surface.version))
        await Response(body, media_type="application/json")(scope, receive, send)
