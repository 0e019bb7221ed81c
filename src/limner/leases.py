"""Who of several gateways on one database has died, as seen by another.

Each gateway counts up in the database from time to time. One whose count stands still for as long as a lease is dead,
by the clock of whoever watches: nobody's idea of the time of day matters, and a clock that steps changes nothing. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

BEAT_S: Final = 5.0
"""Between two beats of a gateway."""
LEASE_S: Final = 30.0
"""Silence that means death: six beats, longer than a database takes to come back or a busy machine stalls a process."""


class Watch:
    """What one gateway has seen of the others."""

    def __init__(self, lease_s: float = LEASE_S, beat_s: float = BEAT_S) -> None:
        self._lease_s = lease_s
        self._gap_s = 3 * beat_s
        self._seen: dict[str, tuple[int, float]] = {}  # gateway -> its count, and when we first saw that
        self._looked_at_s: float | None = None

    def forget(self, gateway: str) -> None:
        """Begin anew with a gateway that is no longer there: when it comes back, it counts from where it first did."""
        self._seen.pop(gateway, None)

    def silent(self, beats: Mapping[str, int], now_s: float) -> tuple[str, ...]:
        """Those of `beats` (gateway -> its count) whose count has not moved for a lease.

        now_s: of a clock that never steps back. After a pause between two looks, ours or the database's, everybody gets
        a whole lease again: they may not have been able to count either.
        """
        if self._looked_at_s is not None and now_s - self._looked_at_s > self._gap_s:
            self._seen.clear()
        self._looked_at_s = now_s
        # What is gone is forgotten.
        self._seen = {
            gateway: seen if (seen := self._seen.get(gateway)) is not None and seen[0] == count else (count, now_s)
            for gateway, count in beats.items()
        }
        return tuple(gateway for gateway, (_, since_s) in self._seen.items() if now_s - since_s >= self._lease_s)
