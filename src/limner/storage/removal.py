"""Removing many blobs: side by side, for a bucket takes its time over each, and none in the way of another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

import structlog

from limner.blobs import BlobStore

_log = structlog.get_logger(__name__)

REMOVALS_AT_ONCE: Final = 16
"""Far below what object stores take; no more threads than that wait for a folder's disk."""
FAILURES_MAX: Final = 2 * REMOVALS_AT_ONCE
"""Then the store is taken to be away: to ask it for a thousand blobs more would cost as many timeouts."""


async def remove(blobs: BlobStore, keys: Iterable[str]) -> set[str]:
    """Delete blobs and return the keys of those that are gone; the rest may be there or not.

    One that cannot be deleted stops no other. After FAILURES_MAX of them the rest is left for another time.
    """
    waiting, gone = iter(keys), set[str]()
    failures: list[OSError] = []

    async def work() -> None:
        for key in waiting:
            if len(failures) >= FAILURES_MAX:
                return
            try:
                await blobs.delete(key)
            except OSError as error:
                failures.append(error)
            else:
                gone.add(key)

    async with asyncio.TaskGroup() as workers:
        for _ in range(REMOVALS_AT_ONCE):
            workers.create_task(work())
    if failures:
        _log.error("blobs.not_removed", blobs=len(failures), reason=str(failures[0]))
    return gone
