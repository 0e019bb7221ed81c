"""Holding a database's writer, so that what is asked for meanwhile is done in one batch."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from typing import Any

from sqlalchemy import Connection

from limner.storage.database import Database


class Gate:
    """Keeps the writer busy with one write until it is opened, so that the writes after it gather in one batch."""

    def __init__(self, database: Database) -> None:
        self._open = threading.Event()
        self._inside = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._write = asyncio.ensure_future(database.write(self._wait))

    async def closed(self) -> None:
        """Return once the writer is held."""
        await self._inside.wait()

    async def open(self) -> None:
        """Let the writer go on."""
        self._open.set()
        await self._write

    def _wait(self, connection: Connection) -> None:
        self._loop.call_soon_threadsafe(self._inside.set)
        self._open.wait()


async def together(database: Database, *waiting: Awaitable[Any]) -> list[Any]:
    """Await what writes, all of it waiting at the same time; the values or errors."""
    gate = Gate(database)
    await gate.closed()
    writes = [asyncio.ensure_future(each) for each in waiting]
    await asyncio.sleep(0)
    await gate.open()
    return list(await asyncio.gather(*writes, return_exceptions=True))
