"""The application: which path leads where. One function builds it; nothing here has state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp

from limner.contract.organization import COSTS, IMAGES
from limner.contract.rates import RATE_HEADERS
from limner.http.admin import admin_routes
from limner.http.credits import Credits, PointsSearch, Services, UsageSearch
from limner.http.exchange import Exchanges
from limner.http.files import FileContent, Files, OneFile
from limner.http.images import Images
from limner.http.jobs import Jobs
from limner.http.links import PATH as RESULT_PATH
from limner.http.links import Links, Results
from limner.http.methods import Methods, UnknownRoute
from limner.http.models import Models
from limner.http.openapi import AdminOpenApi, OpenApi
from limner.http.organization import Organization
from limner.http.pages import Docs, Static, home
from limner.http.probes import Alive, Ready
from limner.http.surface import Surface
from limner.http.tasks import PATH as TASKS_PATH
from limner.http.tasks import SUBMIT_PATH, SubmitTask, Tasks
from limner.job import Kind, Strictness

API_PREFIXES: Final = ("/openai/v1", "/v1")
"""The same endpoints twice: the second is what clients expect that take a host and add `/v1` themselves."""

EXPOSED_HEADERS: Final = (
    "x-request-id",
    "openai-processing-ms",
    "limner-parameters",
    "retry-after",
    "retry-after-ms",
    *RATE_HEADERS,
)


def build_app(surface: Surface) -> ASGIApp:
    """The whole HTTP surface as one ASGI app. It has no lifespan: whoever made what `surface` holds closes it."""
    links = Links.of(surface)
    tasks = Tasks(surface, links)
    router = Router(
        [
            *[
                Route(prefix + path, Methods(apps))
                for prefix in API_PREFIXES
                for path, apps in _api(surface, links).items()
            ],
            *[Route(path, Methods(apps)) for path, apps in admin_routes(surface).items()],
            Route("/limner/v1/openapi.json", Methods({"GET": AdminOpenApi(surface)})),
            Route("/limner/v1/jobs/{job_id}", Methods({"GET": Jobs(surface)})),
            Route(SUBMIT_PATH, Methods({"POST": SubmitTask(surface)})),
            Route(TASKS_PATH, Methods({"GET": tasks, "DELETE": tasks})),
            Route("/api-user/credits", Methods({"GET": Credits(surface)})),
            Route("/api-user/services", Methods({"GET": Services(surface)})),
            Route("/api-user/usage/search", Methods({"POST": UsageSearch(surface)})),
            Route("/api-user/points/search", Methods({"POST": PointsSearch(surface)})),
            Route(RESULT_PATH, Methods({"GET": Results(surface, links)})),
            Route("/", Methods({"GET": home()})),
            Route("/docs", Methods({"GET": Docs(surface)})),
            Route("/healthz", Methods({"GET": Alive()})),
            Route("/readyz", Methods({"GET": Ready(surface)})),
            Mount("/static", Methods({"GET": Static()})),
        ],
        redirect_slashes=False,
        default=UnknownRoute(surface.strictness),
    )
    app: ASGIApp = Exchanges(router, surface.clock, surface.limits.linger_s)
    if surface.allowed_origins:
        app = CORSMiddleware(
            app,
            allow_origins=surface.allowed_origins,
            allow_methods=("GET", "POST", "PATCH", "DELETE"),
            allow_headers=("*",),
            expose_headers=EXPOSED_HEADERS,
        )
    return app


def _api(surface: Surface, links: Links) -> Mapping[str, Mapping[str, ASGIApp]]:
    """OpenAI's endpoints: path -> method -> app."""
    models = Models(surface)
    files = Files(surface)
    one_file = OneFile(surface)
    paths: dict[str, Mapping[str, ASGIApp]] = {
        "/images/generations": {"POST": Images(Kind.GENERATION, surface, links)},
        "/images/edits": {"POST": Images(Kind.EDIT, surface, links)},
        "/images/variations": {"POST": Images(Kind.VARIATION, surface, links)},
        "/models": {"GET": models},
        "/models/{model_id:path}": {"GET": models},
        "/files": {"GET": files, "POST": files},
        "/files/{file_id}": {"GET": one_file, "DELETE": one_file},
        "/files/{file_id}/content": {"GET": FileContent(surface)},
        "/organization/usage/images": {"GET": Organization(IMAGES, surface)},
        "/organization/costs": {"GET": Organization(COSTS, surface)},
        "/openapi.json": {"GET": OpenApi(surface)},
    }
    if surface.strictness is Strictness.OPENAI:
        # Retired with dall-e-2 in May 2026: the live API knows the route no more.
        del paths["/images/variations"]
    return paths
