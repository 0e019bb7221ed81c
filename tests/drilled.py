"""An engine, a moderator and a ledger that tests hold by the hand: they wait for gates, and end as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from limner.blobs import Blob
from limner.claims import Claim
from limner.clock import ManualClock
from limner.engine import Ability, Event, Finished, Probe
from limner.engines.scripted import ScriptedEngine, ScriptedSettings
from limner.errors import DatabaseAway
from limner.job import ImageRequest, Moderation, Usage
from limner.ledger import Admission, Admitted, Ledger
from limner.moderation import Ruling, Verdict
from limner.record import JobRecord


@dataclass
class DrilledEngine:
    """Ends its runs with `endings`, one each, and works when there are none left.

    endings: an error, or None for a picture. gate: runs wait until it is open. cost_nusd: of each picture. usage: what
    it says it used, when that is other than usual. able: what is other than usual in its ability.
    """

    endings: list[Exception | None] = field(default_factory=list)
    concurrency: int = 100
    cost_nusd: int = 0
    usage: Usage | None = None
    reachable: bool | None = True
    able: dict[str, Any] = field(default_factory=dict)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    runs: int = 0
    running: int = 0
    running_max: int = 0
    probes: int = 0
    _artist: ScriptedEngine = field(default_factory=lambda: ScriptedEngine(ScriptedSettings(), ManualClock()))

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def ability(self) -> Ability:
        """One picture a call, unless told otherwise."""
        return replace(self._artist.ability, **{"n_max": 1, **self.able})

    async def run(self, request: ImageRequest) -> AsyncGenerator[Event, None]:
        """Wait for the gate, then end as told."""
        self.runs += 1
        self.running += 1
        self.running_max = max(self.running_max, self.running)
        try:
            await self.gate.wait()
            ending = self.endings.pop(0) if self.endings else None
            if ending is not None:
                raise ending
            async for event in self._artist.run(request):
                if isinstance(event, Finished):
                    yield replace(event, cost_nusd=self.cost_nusd, usage=self.usage or event.usage)
                else:
                    yield event
        finally:
            self.running -= 1

    async def probe(self) -> Probe:
        """As told."""
        self.probes += 1
        if self.reachable is None:
            raise TypeError("a defect")
        return Probe(reachable=self.reachable, detail="drilled")

    async def close(self) -> None:
        """Nothing is held."""


@dataclass
class DrilledModerator:
    """Gives the same verdict to all.

    gate: judgements wait until it is open. asked: what it was asked, each as prompt, number of pictures and level.
    """

    verdict: Verdict = field(default_factory=lambda: Verdict(Ruling.ALLOWED))
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[tuple[str, int, Moderation]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    async def judge(self, prompt: str, images: tuple[Blob, ...], level: Moderation) -> Verdict:
        """Remember the question, wait for the gate, then say what it was told to."""
        self.asked.append((prompt, len(images), level))
        await self.gate.wait()
        return self.verdict

    async def probe(self) -> Probe:
        """Always there."""
        return Probe(reachable=True, detail="drilled")

    async def close(self) -> None:
        """Nothing is held."""


@dataclass
class DrilledLedger:
    """A ledger whose database is away for a while. admissions, settlements: gates that each of them waits for.

    blind: whether looking for the job of a request fails.
    """

    ledger: Ledger = field(init=False)
    admissions: asyncio.Event = field(default_factory=asyncio.Event)
    settlements: asyncio.Event = field(default_factory=asyncio.Event)
    blind: bool = False
    admitting: int = 0
    settling: int = 0

    def __post_init__(self) -> None:
        self.admissions.set()
        self.settlements.set()

    def before(self, ledger: Ledger) -> DrilledLedger:
        """Itself, as the ledger that a house sees instead of its own."""
        self.ledger = ledger
        return self

    async def claim(self, claim: Claim) -> str | None:
        """Look as ever, unless blind."""
        if self.blind:
            raise DatabaseAway("The database is away.")
        return await self.ledger.claim(claim)

    async def admit(self, admission: Admission) -> Admitted:
        """Wait for the gate, then admit."""
        self.admitting += 1
        await self.admissions.wait()
        return await self.ledger.admit(admission)

    async def note_refusals(self, claims: Sequence[Claim], *, admitted: bool) -> None:
        """Note as ever."""
        await self.ledger.note_refusals(claims, admitted=admitted)

    async def settle(self, record: JobRecord, *, late: bool = False) -> None:
        """Wait for the gate, then settle."""
        self.settling += 1
        await self.settlements.wait()
        await self.ledger.settle(record, late=late)
