"""What keeping the books costs: admission and settlement of jobs that draw nothing, and the check of a key."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Final

from bench.figures import Figure
from sqlalchemy import text
from tests.storage.jobs import Jobs

from limner.admin import create_key
from limner.clock import SystemClock
from limner.keys import KeyRing
from limner.storage import Storage, open_storage
from limner.trail import SERVER

JOBS: Final = 10_000
JOBS_BEFORE: Final = 500
AT_ONCE: Final = 64
CHECKS: Final = 20_000
_MS: Final = 1e3
_US: Final = 1e6


def accounting(folder: Path) -> list[Figure]:
    """SQLite on the disk of `folder`, in this process: as a gateway does it, without HTTP, engines and pictures."""
    return asyncio.run(_accounting(folder / "accounting"))


async def _accounting(data: Path) -> list[Figure]:
    clock = SystemClock()
    async with open_storage(data, clock) as storage:
        new = await create_key(storage.keys, "bench", by=SERVER, clock=clock)
        await _keep_books(storage, Jobs(new.key, clock), "before", JOBS_BEFORE)
        size_bytes = await _size_bytes(storage)
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        await _keep_books(storage, Jobs(new.key, clock), "job", JOBS)
        wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
        grown_bytes = await _size_bytes(storage) - size_bytes
        check_s = await _check_s(KeyRing(storage.keys, clock), new.secret)
    rate = f"{JOBS / wall_s:.0f} jobs/s, {AT_ONCE} at once"
    return [
        Figure(name="admission and settlement, a job", value=wall_s / JOBS * _MS, unit="ms", target=1.0, peer=rate),
        Figure(name="processor time for it", value=cpu_s / JOBS * _MS, unit="ms", target=0.8),
        Figure(name="the database grows by, a job", value=grown_bytes / JOBS, unit="bytes"),
        Figure(name="check of a key known already", value=check_s * _US, unit="µs", target=20.0),
    ]


async def _keep_books(storage: Storage, jobs: Jobs, prefix: str, count: int) -> None:
    names = iter(f"{prefix}_{number}" for number in range(count))

    async def worker() -> None:
        for name in names:
            await storage.ledger.admit(jobs.admission(name))
            await storage.ledger.settle(jobs.record(name))

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


async def _size_bytes(storage: Storage) -> int:
    size = await storage.database.read(
        lambda connection: connection.scalar(
            text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        )
    )
    assert isinstance(size, int)
    return size


async def _check_s(ring: KeyRing, secret: str) -> float:
    await ring.authenticate(secret)
    cpu_s = time.process_time()
    for _ in range(CHECKS):
        await ring.authenticate(secret)
    return (time.process_time() - cpu_s) / CHECKS
