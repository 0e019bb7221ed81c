"""A job by the id that every answer to an image request has as its `x-request-id`."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from limner.contract.answers import images_body
from limner.contract.catalog import Model
from limner.contract.families import MODEL_DEFAULT
from limner.contract.jobs import job_body, no_such_job
from limner.http.bearer import key_of
from limner.http.surface import Surface


class Jobs:
    """GET /limner/v1/jobs/{job_id}, with any key of the job's account."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises NotAuthenticated, and NotFound for what is no job of the key's account."""
        key = await key_of(scope, self._surface)
        job_id = scope["path_params"]["job_id"]
        view = await self._surface.gateway.look_up(key.account_id, job_id)
        if view is None:
            raise no_such_job(job_id)
        name = view.job.model
        # A model that is no longer offered has answered in the shape of the usual family.
        model = self._surface.catalog.get(name) or Model(id=name, family=MODEL_DEFAULT, created_s=0)
        body = job_body(
            view.job,
            started_at_s=view.started_at_s,
            parameters=view.parameters,
            # Whatever way the request asked for: a link would have to be signed anew each time.
            answer=images_body(view.answer, model) if view.answer is not None else None,
        )
        await Response(b"".join(body), media_type="application/json")(scope, receive, send)
