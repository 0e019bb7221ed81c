"""One database: a thread that writes, a few that read, and nothing on the event loop but waiting.

Writers of a database go one after another whatever we do, so we give it one thread, and that thread commits all waiting
writes together (group commit). Only then do the callers hear of it: whoever got an answer has it on disk.

`Batches` has the thread, the backend the connections; nobody here knows a table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Self

from limner.storage.backend import READERS, Backend, T, Work
from limner.storage.batches import Batches, Result

BATCH_MAX: Final = 256
"""Writes a commit takes at most: some 50 ms of work, so that no caller waits much longer for its commit."""
GATHER_S: Final = 0.001
"""How long the writer waits for more after a commit of several writes: a commit costs as much as ten writes, and where
several came, others follow. A lone job never waits."""


class Closed(RuntimeError):
    """The database was closed before this write or read was asked for."""


@dataclass(frozen=True, slots=True)
class _Write:
    function: Work[Any]
    lasting: bool


class Database:
    """An open database. Use as an async context manager, or call `close`, which closes the backend, too."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._reading = ThreadPoolExecutor(READERS, thread_name_prefix="limner-read")
        self._writing: Batches[_Write, Any] = Batches(
            self._commit, name="limner-write", items_max=BATCH_MAX, gather_s=GATHER_S
        )
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def write(self, function: Work[T], *, lasting: bool = True) -> T:
        """Run `function` on the writer's thread in a transaction and return its value once that is on the disk.

        Whatever it raises rolls back its own changes alone and is raised here. It may be run again after its changes
        were undone, so it changes nothing but the database. A caller cancelled while it waits does not undo the write.
        lasting: False for what a power cut may forget, with all that would have built on it; the death of a process
        forgets nothing that has returned. Raises Closed after `close`, DatabaseAway for a database that cannot be
        reached, and the database's own error when the transaction could not be committed, which then has changed
        nothing; `OutcomeUnknown` where even that could not be learned.
        """
        if self._closed:
            raise Closed("the database is closed")
        value: T = await self._writing.do(_Write(function, lasting))
        return value

    async def read(self, function: Work[T]) -> T:
        """Run `function` on a reader's thread, in one snapshot of the database.

        Raises Closed after `close`, DatabaseAway for a database that cannot be reached.
        """
        if self._closed:
            raise Closed("the database is closed")
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._backend.read, function)

    async def close(self) -> None:
        """Finish the writes and reads asked for and close the backend. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        await asyncio.to_thread(self._finish)

    def _finish(self) -> None:
        self._writing.close()
        self._reading.shutdown()
        self._backend.close()

    def _commit(self, batch: Sequence[_Write]) -> Sequence[Result[Any]]:
        """Run a batch in one transaction. When that itself fails, as with a full disk, every write of it has failed."""
        return self._backend.commit([write.function for write in batch], lasting=any(write.lasting for write in batch))
