"""What keeping the books costs: admission and settlement of jobs that draw nothing, and the check of a key."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Final

from bench.figures import Figure
from sqlalchemy import text
from tests.postgres import postgres_server
from tests.storage.jobs import Jobs

from limner.admin import create_key
from limner.clock import Clock, SystemClock
from limner.job import new_job_id
from limner.keys import KeyRing
from limner.storage import Storage, open_storage
from limner.storage.postgres import PostgresBackend
from limner.storage.schema import bring_up_to_date
from limner.trail import SERVER

JOBS: Final = 10_000
JOBS_BEFORE: Final = 500
AT_ONCE: Final = 64
CHECKS: Final = 20_000
_MS: Final = 1e3
_US: Final = 1e6


def accounting(folder: Path) -> list[Figure]:
    """As a gateway does it, in this process, without HTTP, engines and pictures; on the disk of `folder`.

    PostgreSQL runs beside it with the settings it comes with, on the same cores: its own processor time is not counted.
    """
    with postgres_server(lasting=True) as postgres:
        address = postgres.create()
        backend = PostgresBackend(address)
        backend.alone(lambda connection: bring_up_to_date(connection, SystemClock().now_s()))
        backend.close()
        return [
            *asyncio.run(_accounting(folder / "sqlite", "SQLite", ms_max=1.0, cpu_ms_max=0.8)),
            *asyncio.run(_accounting(folder / "postgres", "PostgreSQL", address, ms_max=1.43)),
            asyncio.run(_check(folder / "sqlite")),
        ]


async def _accounting(
    data: Path, name: str, address: str | None = None, *, ms_max: float, cpu_ms_max: float | None = None
) -> list[Figure]:
    clock = SystemClock()
    async with open_storage(data, clock, database=address) as storage:
        new = await create_key(storage.keys, "bench", by=SERVER, clock=clock)
        await _keep_books(storage, Jobs(new.key, clock), clock, JOBS_BEFORE)
        size_bytes = await _size_bytes(storage, address)
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        await _keep_books(storage, Jobs(new.key, clock), clock, JOBS)
        wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
        grown_bytes = await _size_bytes(storage, address) - size_bytes
    rate = f"{JOBS / wall_s:.0f} jobs/s, {AT_ONCE} at once"
    return [
        Figure(
            name=f"admission and settlement on {name}, a job",
            value=wall_s / JOBS * _MS,
            unit="ms",
            target=ms_max,
            peer=rate,
        ),
        Figure(name="processor time for it", value=cpu_s / JOBS * _MS, unit="ms", target=cpu_ms_max),
        Figure(name=f"{name} grows by, a job", value=grown_bytes / JOBS, unit="bytes"),
    ]


async def _keep_books(storage: Storage, jobs: Jobs, clock: Clock, count: int) -> None:
    to_come = iter(range(count))

    async def worker() -> None:
        for _ in to_come:
            # As the gateway makes them: where ids lie in an index decides what is written to the disk.
            job_id = new_job_id(clock.now_s())
            await storage.ledger.admit(jobs.admission(job_id))
            await storage.ledger.settle(jobs.record(job_id))

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


async def _size_bytes(storage: Storage, address: str | None) -> int:
    """Of the database, with what its indexes take and what it keeps free."""
    asked = "pg_database_size(current_database())" if address else "page_count * page_size"
    pragmas = "" if address else " FROM pragma_page_count(), pragma_page_size()"
    size = await storage.database.read(lambda connection: connection.scalar(text(f"SELECT {asked}{pragmas}")))
    assert isinstance(size, int)
    return size


async def _check(data: Path) -> Figure:
    clock = SystemClock()
    async with open_storage(data, clock) as storage:
        new = await create_key(storage.keys, "checked", by=SERVER, clock=clock)
        check_s = await _check_s(KeyRing(storage.keys, clock), new.secret)
    return Figure(name="check of a key known already", value=check_s * _US, unit="µs", target=20.0)


async def _check_s(ring: KeyRing, secret: str) -> float:
    await ring.authenticate(secret)
    cpu_s = time.process_time()
    for _ in range(CHECKS):
        await ring.authenticate(secret)
    return (time.process_time() - cpu_s) / CHECKS
