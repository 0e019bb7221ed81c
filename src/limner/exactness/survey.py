"""What an engine would make of many requests, without drawing any: the worst that becomes of each thing asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from limner.engine import Ability
from limner.exactness.plan import can_serve, fit
from limner.job import Fate, ImageRequest


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing a caller may ask for. name: for people; parameter: the wire name whose fate tells."""

    name: str
    parameter: str
    request: ImageRequest


@dataclass(frozen=True, slots=True)
class Survey:
    """Names of what an engine does not do by itself, in the order they were asked. refused: what it cannot serve."""

    emulated: tuple[str, ...]
    adapted: tuple[str, ...]
    ignored: tuple[str, ...]
    refused: tuple[str, ...]


_BADNESS: Final[Mapping[Fate | None, int]] = {
    Fate.HONOURED: 0,
    Fate.EMULATED: 1,
    Fate.ADAPTED: 2,
    Fate.IGNORED: 3,
    None: 4,
}
"""None: the engine cannot serve the request at all."""


def survey(demands: Iterable[Demand], ability: Ability, *, moderated: bool = False) -> Survey:
    """The worst fate of each name among `demands`. moderated: as `fit` takes it."""
    worst: dict[str, Fate | None] = {}
    for demand in demands:
        found = _fate(demand, ability, moderated=moderated)
        worst[demand.name] = max(worst.get(demand.name, Fate.HONOURED), found, key=_BADNESS.__getitem__)

    def names(wanted: Fate | None) -> tuple[str, ...]:
        return tuple(name for name, fate in worst.items() if fate is wanted)

    return Survey(names(Fate.EMULATED), names(Fate.ADAPTED), names(Fate.IGNORED), names(None))


def _fate(demand: Demand, ability: Ability, *, moderated: bool) -> Fate | None:
    if not can_serve(demand.request, ability):
        return None
    plan = fit(demand.request, given=(demand.parameter,), unknown=(), ability=ability, moderated=moderated)
    return plan.report[demand.parameter].fate
