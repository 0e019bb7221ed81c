"""The model endpoints: what the server offers, in OpenAI's shape."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from limner.contract.models import model_body, models_body
from limner.http.bearer import key_of
from limner.http.surface import Surface


class Models:
    """GET /models and /models/{id}."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises NotAuthenticated, and NotFound for a model that is not there for the key."""
        key = await key_of(scope, self._surface)
        model_id = scope["path_params"].get("model_id")
        catalog = {name: model for name, model in self._surface.catalog.items() if key.may_use(name)}
        body = models_body(catalog) if model_id is None else model_body(model_id, catalog)
        await Response(body, media_type="application/json")(scope, receive, send)
