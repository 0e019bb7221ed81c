"""The administrators' API: an app for each operation of the table, and the document that describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp

from limner.contract.admin.operations import OPERATIONS, PREFIX
from limner.http.admin.accounts import ACCOUNTS
from limner.http.admin.endpoint import Endpoint, Handler
from limner.http.admin.keys import KEYS
from limner.http.admin.prices import PRICES
from limner.http.admin.records import RECORDS
from limner.http.surface import Surface

HANDLERS: Final[Mapping[str, Handler]] = {**ACCOUNTS, **KEYS, **RECORDS, **PRICES}
"""Operation -> what carries it out."""


def admin_routes(surface: Surface) -> Mapping[str, Mapping[str, ASGIApp]]:
    """Path -> method -> app."""
    routes: dict[str, dict[str, ASGIApp]] = {}
    for operation in OPERATIONS:
        app = Endpoint(operation, HANDLERS[operation.id], surface)
        routes.setdefault(PREFIX + operation.path, {})[operation.method] = app
    return routes
