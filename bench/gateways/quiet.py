"""Keeps what other programs do on this machine out of the readings: waits for them, and measures again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from tests.processes import others_cpu_s

ATTEMPTS_MAX: Final = 3
SHARE_MAX: Final = 0.1
"""Of one core; what others may use while something is measured."""
_LOOK_S: Final = 0.4

_Measured = TypeVar("_Measured")


class Quiet:
    """Measures when others are quiet, one for a whole run. shares: what others used nonetheless, of one core.

    patience_s: for waiting and for measuring again; a machine that is never quiet is measured as it is.
    """

    def __init__(self, patience_s: float) -> None:
        self.shares: list[float] = []
        self._patience_s = patience_s

    def measured(self, measure: Callable[[], _Measured]) -> _Measured:
        """The least disturbed of a few attempts."""
        self._wait()
        kept = [_beside(measure)]
        while min(share for share, _ in kept) > SHARE_MAX and len(kept) < ATTEMPTS_MAX and self._patience_s > 0:
            self._wait()
            begun_s = time.monotonic()
            kept.append(_beside(measure))
            self._patience_s -= time.monotonic() - begun_s
        share, found = min(kept, key=lambda attempt: attempt[0])
        self.shares.append(share)
        return found

    def _wait(self) -> None:
        while self._patience_s > 0:
            begun_s = time.monotonic()
            share, _ = _beside(lambda: time.sleep(_LOOK_S))
            if share <= SHARE_MAX:
                break
            self._patience_s -= time.monotonic() - begun_s


def _beside(measure: Callable[[], _Measured]) -> tuple[float, _Measured]:
    """What others used of one core meanwhile, and what was measured."""
    used_s, begun_s = others_cpu_s(), time.monotonic()
    found = measure()
    return (others_cpu_s() - used_s) / (time.monotonic() - begun_s), found
