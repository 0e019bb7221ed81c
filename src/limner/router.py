"""Routes: which engines may serve a job, in which order. Pure.

Knows abilities and names, and is told who takes no jobs just now; does not know how engines are called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import sha256
from math import log
from typing import Final

from limner.engine import Engine
from limner.errors import InvalidRequest
from limner.exactness import can_serve
from limner.job import ImageRequest

_LOTS: Final = 2**64


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A public model tied to engines by name.

    weights: empty tries the engines in order; else as many as engines, each its engine's share of the jobs.
    """

    model: str
    engines: tuple[str, ...]
    weights: tuple[int, ...] = ()


def candidates(
    route: Route, engines: Mapping[str, Engine], request: ImageRequest, *, job_id: str, out: AbstractSet[str]
) -> tuple[str, ...]:
    """The names of the route's engines that can serve `request`, natively or emulated, in the order to try them.

    out: engines that take no jobs just now; they come last. Raises InvalidRequest when no engine can serve it.
    """
    able = [name for name in _in_order(route, job_id) if can_serve(request, engines[name].ability)]
    if not able:
        raise InvalidRequest(
            f"The model '{route.model}' does not support image {request.kind}s on this server.",
            param="model",
            code="unsupported_parameter",
        )
    return tuple(sorted(able, key=lambda name: name in out))


def by_loss(engines: tuple[str, ...], losses: Mapping[str, int], *, out: AbstractSet[str]) -> tuple[str, ...]:
    """`engines` with those behind the first ordered by how little of the request each would lose.

    The first is the operator's choice, and so is the order of equals. losses: parameters that the engine would adapt or
    ignore. out: as `candidates` takes it; they stay last.
    """
    first, *others = engines
    return (first, *sorted(others, key=lambda name: (name in out, losses[name])))


def lot(*words: str) -> float:
    """A number above 0 and below 1 that is always the same for the same words and evenly spread over others."""
    digest = sha256("\0".join(words).encode()).digest()
    return (int.from_bytes(digest[:8]) // 2 + 0.5) / (_LOTS // 2)


def _in_order(route: Route, job_id: str) -> Sequence[str]:
    """The operator's order, or one drawn by lot from the job's id, in which shares go by weight."""
    if not route.weights:
        return route.engines
    # The first of several exponential clocks to ring is each one's with a probability in proportion to its rate.
    rings = {name: -log(lot(job_id, name)) / weight for name, weight in zip(route.engines, route.weights, strict=True)}
    return sorted(route.engines, key=rings.__getitem__)
