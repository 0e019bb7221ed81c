"""The villain: at moments drawn by lot it kills what runs, and starts it again at once."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from torture.databases import Database
from torture.gateways import Gateway
from torture.program import Program

PAUSES_S: Final[Mapping[str, float]] = {
    "gateway killed": 9.0,
    "gateway told to stop": 20.0,
    "gateway frozen": 60.0,
    "upstream killed": 9.0,
    "database killed": 15.0,
}
"""Mean time between two deeds of a kind: long enough for a gateway to start and take jobs in between, mostly."""
STARTED_S: Final = 3.0
"""Where all gateways take longer than this to start, everything is given as much longer: a busy machine would be kept
from doing anything that could go wrong."""
FIRST_S: Final = (1.0, 5.0)
"""When each is done for the first time, so that the shortest torture has some of each."""
STARTING_TOO: Final = 0.3
"""Share of killed gateways that are killed once more while they start and clean up after their own death."""
STARTING_S: Final = (0.3, 2.0)
FROZEN_S: Final = (33.0, 40.0)
"""Longer than a lease, so that the others take it for dead: it is not, and goes on where it was."""
LEAVING_S_MAX: Final = 30.0
WELL: Final = frozenset({0, -signal.SIGTERM})
"""How a process ends that was asked to: the second by a signal that came before it could listen to it."""


class Villain:
    """Its deeds by count, and what ended in a way that neither it nor anybody else asked for.

    started_s: how long it took all gateways to start. slowness: how much more time everything is given for it.
    """

    def __init__(
        self, gateways: Sequence[Gateway], upstream: Program, database: Database, *, started_s: float, seed: int
    ) -> None:
        self.deeds: Counter[str] = Counter()
        self.faults: list[str] = []
        self._gateways = gateways
        self._upstream = upstream
        self._lot = random.Random(f"{seed}/villain")
        self.slowness = max(1.0, started_s / STARTED_S)
        self._leaving_s_max = LEAVING_S_MAX * self.slowness
        self._leaving: dict[str, float] = {}
        self._frozen: tuple[float, Gateway] | None = None
        self._does: dict[str, Callable[[], None]] = {
            "gateway killed": self._kill_gateway,
            "gateway told to stop": self._stop_gateway,
            "upstream killed": self._kill_upstream,
        }
        if database.crash is not None:
            self._crash = database.crash
            self._does |= {"database killed": self._kill_database, "gateway frozen": self._freeze_gateway}
        self._plans = {deed: time.monotonic() + self._lot.uniform(*FIRST_S) for deed in self._does}
        self._again: list[tuple[float, Gateway]] = []

    def look_round(self) -> None:
        """Do what is due. To be called several times a second."""
        now_s = time.monotonic()
        for deed, due_s in self._plans.items():
            if now_s >= due_s:
                self._does[deed]()
                self._plans[deed] = self._soon(deed)
        for due_s, gateway in [plan for plan in self._again if now_s >= plan[0]]:
            self._again.remove((due_s, gateway))
            self._kill(gateway, "gateway killed while it started")
        if self._frozen is not None and now_s >= self._frozen[0]:
            self.relent()
        self.look_after()

    def relent(self) -> None:
        """Let what stands still go on."""
        if self._frozen is not None:
            self._frozen[1].thaw()
            self._frozen = None

    def look_after(self) -> None:
        """See that everything runs which should, and do nothing else."""
        for gateway in self._gateways:
            if gateway.status is not None:
                self._judge(gateway)
                gateway.begin()
            elif time.monotonic() > self._leaving.get(gateway.name, float("inf")):
                self.faults.append(f"{gateway.name} did not stop within {self._leaving_s_max:.0f} s")
                self._kill(gateway, "gateway that would not stop killed")
        if self._upstream.status is not None:
            self.faults.append(f"the upstream ended by itself with {self._upstream.status}")
            self._upstream.begin()

    @property
    def waiting(self) -> bool:
        """Whether a gateway that was told to stop has not done so."""
        return bool(self._leaving)

    def stop_all(self) -> None:
        """Tell every gateway to stop, for good, and see how it does."""
        for gateway in self._gateways:
            gateway.tell_to_stop()
        until_s = time.monotonic() + self._leaving_s_max
        for gateway in self._gateways:
            while gateway.status is None and time.monotonic() < until_s:
                time.sleep(0.05)
            if gateway.status is None:
                self.faults.append(f"{gateway.name} did not stop within {self._leaving_s_max:.0f} s")
                gateway.kill()
            elif gateway.status not in WELL:
                self.faults.append(f"{gateway.name} was told to stop and ended with {gateway.status}")

    def _soon(self, deed: str) -> float:
        return time.monotonic() + self._lot.expovariate(1 / PAUSES_S[deed]) * self.slowness

    def _judge(self, gateway: Gateway) -> None:
        """See whether a gateway that has ended was told to."""
        if self._leaving.pop(gateway.name, None) is None:
            self.faults.append(f"{gateway.name} ended by itself with {gateway.status}")
        elif gateway.status not in WELL:
            self.faults.append(f"{gateway.name} was told to stop and ended with {gateway.status}")

    def _kill_gateway(self) -> None:
        gateway = self._lot.choice(self._gateways)
        self._kill(gateway, "gateway killed")
        if self._lot.random() < STARTING_TOO:
            self._again.append((time.monotonic() + self._lot.uniform(*STARTING_S), gateway))

    def _kill(self, gateway: Gateway, deed: str) -> None:
        gateway.kill()
        if self._frozen is not None and self._frozen[1] is gateway:
            self._frozen = None
        self._leaving.pop(gateway.name, None)
        self.deeds[deed] += 1
        gateway.begin()

    def _stop_gateway(self) -> None:
        gateway = self._lot.choice(self._gateways)
        frozen = self._frozen is not None and self._frozen[1] is gateway
        if gateway.name not in self._leaving and gateway.status is None and not frozen:
            gateway.tell_to_stop()
            self._leaving[gateway.name] = time.monotonic() + self._leaving_s_max
            self.deeds["gateway told to stop"] += 1

    def _freeze_gateway(self) -> None:
        gateway = self._lot.choice(self._gateways)
        if self._frozen is None and gateway.name not in self._leaving and gateway.status is None:
            gateway.freeze()
            self._frozen = (time.monotonic() + self._lot.uniform(*FROZEN_S), gateway)
            self.deeds["gateway frozen"] += 1

    def _kill_database(self) -> None:
        self._crash()
        self.deeds["database killed"] += 1

    def _kill_upstream(self) -> None:
        self._upstream.kill()
        self.deeds["upstream killed"] += 1
        self._upstream.begin()
