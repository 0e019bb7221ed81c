"""What this machine's disk takes for what every job waits for: its picture and its settlement, each flushed."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from bench.figures import Figure

from limner.blobs import Blob
from limner.storage.local_blobs import LocalBlobs

TIMES: Final = 100
PICTURE_BYTES: Final = 1_500_000
"""As many as 2 MB of base64 are."""
ROW_BYTES: Final = 1_100
"""As many as a job adds to the ledger."""
PAUSE_S: Final = 0.01
"""Between two, so that none waits for the one before."""


def disk(folder: Path) -> list[Figure]:
    """The disk of `folder`: a picture as Limner stores it, and a commit of SQLite that a power cut does not forget."""
    place = folder / "disk"
    place.mkdir()
    pictures, commits = asyncio.run(_pictures_s(place)), list(_commits_s(place / "disk.db"))
    return [
        Figure(name=f"this disk: {what}", value=statistics.median(times_s) * 1000, unit="ms")
        for what, times_s in (("a picture of 1.5 MB written and flushed", pictures), ("a commit flushed", commits))
    ]


async def _pictures_s(place: Path) -> list[float]:
    blobs, picture = LocalBlobs(place), Blob.from_bytes(os.urandom(PICTURE_BYTES), "image/png")
    times_s = []
    for number in range(TIMES):
        begun_s = time.perf_counter()
        await blobs.write(f"{number}.png", picture)
        times_s.append(time.perf_counter() - begun_s)
        await asyncio.sleep(PAUSE_S)
    await blobs.close()
    return times_s


def _commits_s(file: Path) -> Iterator[float]:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE line (text)")
        for _ in range(TIMES):
            begun_s = time.perf_counter()
            connection.execute("INSERT INTO line VALUES (?)", ("x" * ROW_BYTES,))
            yield time.perf_counter() - begun_s
            time.sleep(PAUSE_S)
