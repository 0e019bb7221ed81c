"""What reading usage takes when there is much of it, what keeping its sums costs each job, and how large a job is.

python -m bench.usage                 ten million rows of a year, some ten minutes and 7 GB in the temporary folder
python -m bench.usage --rows 100000   fewer

The rows go into SQLite by themselves, in bulk; the jobs that are timed pass through the ledger as the server's do.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.figures import Figure, table
from sqlalchemy import Connection
from tests.storage.jobs import Jobs

from limner.admin import create_key
from limner.clock import SystemClock
from limner.job import ImageRequest, Kind
from limner.keys import Key
from limner.storage import Storage, open_storage
from limner.storage.folder import database_path
from limner.storage.usage_sums import add_up
from limner.trail import SERVER
from limner.usage import DAY_S, HOUR_S, KEPT, MINUTE_S, Dimension, UsageFilter, UsageQuery

ROWS: Final = 10_000_000
DAYS: Final = 365
END_S: Final = 1_790_035_200
"""A midnight; the rows are of the year before it."""
KEYS: Final = 200
ACCOUNTS: Final = 20
ASKED: Final = 5
JOBS: Final = 5_000
AT_ONCE: Final = 64
PAGE_MS_MAX: Final = 300
PAGE_DAYS_MAX: Final = 180
"""The longest page the API has, of costs."""

_ROWS: Final = f"""
    INSERT INTO usage (job_id, account_id, key_id, model, engine, outcome, kind, width_px, height_px, user, minute,
        finished_at_s, images, text_input_tokens, image_input_tokens, text_output_tokens, image_output_tokens,
        charge_nusd, cost_nusd)
    WITH RECURSIVE numbers(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :last),
    spread AS (
        SELECT n, n * 2654435761 % {KEYS} AS k, n * 40503 % 65537 AS chance,
            {END_S - DAYS * DAY_S} + n * {DAYS * DAY_S}.0 / :rows AS ended_s
        FROM numbers
    )
    SELECT 'req_' || printf('%032x', n), 'acct_' || printf('%024x', k % {ACCOUNTS}), 'key_' || printf('%024x', k),
        'model-' || ((k + chance % 3) % 12), 'engine-' || ((k + chance % 3) % 3), 'delivered',
        CASE WHEN chance % 10 < 8 THEN 'generation' ELSE 'edit' END,
        CASE chance % 4 WHEN 0 THEN 1536 ELSE 1024 END, CASE chance % 4 WHEN 1 THEN 1536 ELSE 1024 END,
        CASE WHEN chance % 3 = 0 THEN 'user-' || (chance % 5000) END,
        CAST(ended_s / 60 AS INTEGER), ended_s, 1, 20, 0, 0, 1756, 52800000 + chance, 40000000
    FROM spread
"""  # noqa: S608  our own numbers
_SUMS: Final = """
    INSERT INTO usage_sums
    SELECT :width, :detailed, minute * 60 / :width * :width AS starts_at_s, account_id, key_id, model,
        iif(:detailed, engine, '') AS e, iif(:detailed, kind, '') AS t, iif(:detailed, width_px, 0) AS w,
        iif(:detailed, height_px, 0) AS h, count(*), sum(images), sum(text_input_tokens), sum(image_input_tokens),
        sum(text_output_tokens), sum(image_output_tokens), sum(charge_nusd), sum(cost_nusd)
    FROM usage
    GROUP BY starts_at_s, account_id, key_id, model, e, t, w, h
"""
_BATCH: Final = 500_000


def main(words: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.usage", description="Measure usage of many jobs.")
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args(words).rows
    with tempfile.TemporaryDirectory(prefix="limner-bench-") as folder:
        figures = asyncio.run(_measure(Path(folder), rows))
    print(table(figures))


async def _measure(folder: Path, rows: int) -> list[Figure]:
    figures = []
    async with open_storage(folder / "small", SystemClock()) as storage:
        jobs = Jobs((await create_key(storage.keys, "bench", by=SERVER, clock=storage.clock)).key, storage.clock)
        before_bytes = _bytes(folder / "small")
        figures += await _jobs(storage, jobs, "an empty database")
        bytes_per_job = (_bytes(folder / "small") - before_bytes) / JOBS
        figures.append(Figure(name="database for a job, all its rows", value=bytes_per_job, unit="bytes"))
    async with open_storage(folder / "large", SystemClock()) as storage:
        await create_key(storage.keys, "bench", by=SERVER, clock=storage.clock)
    figures += _filled(folder / "large", rows)
    async with open_storage(folder / "large", SystemClock()) as storage:
        [key] = await storage.keys.all()
        figures += await _pages(storage)
        jobs = Jobs(key, storage.clock)
        figures += await _jobs(storage, jobs, f"{rows:,} rows of usage")
        figures.append(await _jobs_beside_readers(storage, jobs))
        figures.append(await _adding(storage, key))
    return figures


def _filled(data: Path, rows: int) -> list[Figure]:
    """Fill the database, and say what the rows and the sums take of it."""
    sizes = [_bytes(data)]
    kept = 0
    with closing(sqlite3.connect(database_path(data), isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = -500000")
        for first in range(0, rows, _BATCH):
            bounds = {"first": first, "last": min(first + _BATCH, rows), "rows": rows}
            connection.execute(_ROWS, bounds)
            print(f"rows: {bounds['last']:,}", file=sys.stderr)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sizes.append(_bytes(data))
        for grain in KEPT:
            kept += connection.execute(_SUMS, {"width": grain.width_s, "detailed": grain.detailed}).rowcount
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sizes.append(_bytes(data))
    return [
        Figure(name="usage, a row with its indexes", value=(sizes[1] - sizes[0]) / rows, unit="bytes"),
        Figure(name="sums, their share of a job", value=(sizes[2] - sizes[1]) / rows, unit="bytes"),
        Figure(name="sums kept for 1000 jobs", value=kept * 1000 / rows, unit="rows"),
    ]


async def _pages(storage: Storage) -> list[Figure]:
    """The median of several times of each page; the slowest, mostly the first, had to come from the disk."""
    model, details, key = Dimension.MODEL, (Dimension.SIZE, Dimension.SOURCE), f"key_{7:024x}"
    pages = (
        ("31 days by day and model", (Dimension.DAY, model), 31 * DAY_S, 0, ()),
        ("31 days by day and model, from amid a minute", (Dimension.DAY, model), 31 * DAY_S, 12_345, ()),
        ("31 days by day and model, one key", (Dimension.DAY, model), 31 * DAY_S, 0, (key,)),
        ("180 days by day and model", (Dimension.DAY, model), 180 * DAY_S, 0, ()),
        ("a year by day and model", (Dimension.DAY, model), DAYS * DAY_S, 0, ()),
        ("168 hours by hour and model", (Dimension.HOUR, model), 168 * HOUR_S, 0, ()),
        ("1440 minutes by minute and model", (Dimension.MINUTE, model), 1440 * MINUTE_S, 0, ()),
        ("31 days by day, model, size and source", (Dimension.DAY, model, *details), 31 * DAY_S, 0, ()),
        ("31 days by day and end user", (Dimension.DAY, Dimension.USER), 31 * DAY_S, 0, ()),
    )
    figures = []
    for name, by, length_s, shift_s, keys in pages:
        until_s = END_S - shift_s - 0.5 * bool(shift_s)
        where = UsageFilter(since_s=max(until_s - length_s, END_S - DAYS * DAY_S), until_s=until_s, key_ids=keys)
        times_ms = []
        for _ in range(ASKED):
            begun_s = time.perf_counter()
            await storage.usage.sums(UsageQuery(by=by, where=where))
            times_ms.append((time.perf_counter() - begun_s) * 1000)
        target = PAGE_MS_MAX if by == (Dimension.DAY, model) and length_s <= PAGE_DAYS_MAX * DAY_S else None
        slowest = f"slowest of {ASKED}: {max(times_ms):.0f} ms"
        figures.append(Figure(name=name, value=statistics.median(times_ms), unit="ms", target=target, peer=slowest))
    return figures


async def _jobs(storage: Storage, jobs: Jobs, among: str) -> list[Figure]:
    """Processor time of a job's admission and settlement, with others at the same time."""
    begun_s, numbers = time.time(), iter(range(JOBS))

    async def work() -> None:
        for number in numbers:
            job_id = f"req_{int(begun_s):016x}{number:016x}"
            request = ImageRequest(kind=Kind.GENERATION, model=f"model-{number % 3}", prompt="x")
            await storage.ledger.admit(jobs.admission(job_id, request=request))
            await storage.ledger.settle(replace(jobs.record(job_id), model=request.model, failures=()))

    begun_s, used_s = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    taken_s, used_s = time.perf_counter() - begun_s, time.process_time() - used_s
    return [
        Figure(name=f"admission and settlement, {among}", value=used_s * 1000 / JOBS, unit="ms CPU"),
        Figure(name=f"the same, {AT_ONCE} at once", value=JOBS / taken_s, unit="/s"),
    ]


async def _jobs_beside_readers(storage: Storage, jobs: Jobs) -> Figure:
    """The same while somebody turns over pages without a pause."""
    where = UsageFilter(since_s=END_S - 31 * DAY_S, until_s=END_S)
    pages = 0

    async def read() -> None:
        nonlocal pages
        while True:
            await storage.usage.sums(UsageQuery(by=(Dimension.DAY, Dimension.MODEL), where=where))
            pages += 1

    reading = asyncio.create_task(read())
    _, throughput = await _jobs(storage, jobs, "")
    reading.cancel()
    return replace(
        throughput, name=f"{throughput.name}, beside pages read one after another", peer=f"{pages} pages read"
    )


async def _adding(storage: Storage, key: Key) -> Figure:
    """Processor time of keeping the sums alone, many in one transaction as under load."""
    rows = [
        {
            "account_id": key.account_id, "key_id": key.id, "model": f"model-{number % 3}", "engine": "engine",
            "kind": "generation", "width_px": 1024, "height_px": 1024, "minute": END_S // 60 + number // 1000,
            "images": 1, "text_input_tokens": 1, "image_input_tokens": 1, "text_output_tokens": 1,
            "image_output_tokens": 1, "charge_nusd": 1, "cost_nusd": 1,
        }
        for number in range(JOBS)
    ]  # fmt: skip

    def add(connection: Connection) -> float:
        begun_s = time.thread_time()
        for row in rows:
            add_up(connection, row)
        return time.thread_time() - begun_s

    used_s = await storage.database.write(add)
    return Figure(name="of it, keeping the sums", value=used_s * 1000 / len(rows), unit="ms CPU")


def _bytes(data: Path) -> int:
    with closing(sqlite3.connect(database_path(data))) as connection:
        [[pages]], [[size]] = (connection.execute(f"PRAGMA page_{what}") for what in ("count", "size"))
    return int(pages * size)


if __name__ == "__main__":
    main(sys.argv[1:])
