"""Ending what others, or we ourselves, had to leave open: jobs of gateways that died, settlements that were kept."""

from __future__ import annotations

import structlog

from limner.clock import Clock
from limner.leases import Watch
from limner.storage.gateways import SqlGateways
from limner.storage.ledger import SqlLedger

_log = structlog.get_logger(__name__)


class Recovery:
    """What a gateway does beside its jobs, so that no hold stays and nothing is charged twice.

    Whoever finds a dead gateway ends its jobs, and whoever is first alone.
    """

    def __init__(self, gateways: SqlGateways, ledger: SqlLedger, clock: Clock, gateway_id: str) -> None:
        self._gateways = gateways
        self._ledger = ledger
        self._clock = clock
        self._gateway_id = gateway_id
        self._watch = Watch()

    async def begin(self, *, alone: bool) -> int:
        """Settle what was kept and count for the first time; return how many jobs of dead gateways were ended.

        alone: nobody else can be using the database, so that whoever has jobs under way there is dead.
        """
        await self._ledger.settle_kept()
        others = await self._gateways.others(self._gateway_id) if alone else {}
        released = [await self._release(other, beats) for other, beats in others.items()]
        await self._gateways.beat(self._gateway_id)
        return sum(released)

    async def round(self) -> int:
        """Count, look after the others, settle what was kept. Returns as `begin`; raises what the database raises.

        To be called every BEAT_S.
        """
        await self._gateways.beat(self._gateway_id)
        others = await self._gateways.others(self._gateway_id)
        silent = self._watch.silent(others, self._clock.monotonic_s())
        released = 0
        for other in silent:
            released += await self._release(other, others[other])
            self._watch.forget(other)
        await self._ledger.settle_kept()
        return released

    async def leave(self) -> None:
        """Count no more. For the end, when every job has its own."""
        await self._gateways.leave(self._gateway_id)

    async def _release(self, gateway_id: str, beats: int) -> int:
        # What they may have stored is left to housekeeping, which has their rows: a bucket that does not answer must
        # not keep us from counting, and what a gateway has stored that only stood still is going to be paid for.
        released = await self._ledger.release_jobs_of(gateway_id, beats)
        if released:
            _log.warning("recovery.released_jobs", gateway=gateway_id, jobs=released)
        return released
