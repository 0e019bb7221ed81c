"""Which of two fates of a parameter is the worse one for its caller. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from limner.job import Fate, Report, Treatment

BADNESS: Final[Mapping[Fate | None, int]] = {
    Fate.HONOURED: 0,
    Fate.EMULATED: 1,
    Fate.ADAPTED: 2,
    Fate.IGNORED: 3,
    None: 4,
}
"""None: the engine cannot serve the request at all."""


def worse(first: Treatment, second: Treatment) -> Treatment:
    """The worse of two treatments; of equals the second, which came later."""
    return first if BADNESS[first.fate] > BADNESS[second.fate] else second


def worst_of(reports: Iterable[Report]) -> Report:
    """The worst that any of `reports` tells of each parameter."""
    worst: dict[str, Treatment] = {}
    for report in reports:
        for name, treatment in report.items():
            worst[name] = worse(worst.get(name, treatment), treatment)
    return worst
