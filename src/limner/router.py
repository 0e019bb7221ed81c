"""Routes: which engines may serve a job, in which order. Pure.

Knows abilities and names; does not know how engines are called or whether they are well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from limner.engine import Engine
from limner.errors import InvalidRequest
from limner.exactness import can_serve
from limner.job import ImageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A public model tied to engines by name, the first one first."""

    model: str
    engines: tuple[str, ...]


def candidates(route: Route, engines: Mapping[str, Engine], request: ImageRequest) -> tuple[str, ...]:
    """The names of the route's engines that can serve `request`, natively or emulated, in the route's order.

    Raises InvalidRequest when none can.
    """
    able = tuple(name for name in route.engines if can_serve(request, engines[name].ability))
    if not able:
        raise InvalidRequest(
            f"The model '{route.model}' does not support image {request.kind}s on this server.",
            param="model",
            code="unsupported_parameter",
        )
    return able
