"""One database: a thread that writes, a few that read, and nothing on the event loop but waiting.

Writers of a database go one after another whatever we do, so we give it one thread, and that thread commits all waiting
writes together (group commit). Only then do the callers hear of it: whoever got an answer has it on disk.

Knows threads and batches; the backend knows connections; neither knows a table.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Self

from limner.storage.backend import READERS, Backend, Result, T, Work

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
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class Database:
    """An open database. Use as an async context manager, or call `close`, which closes the backend, too."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._reading = ThreadPoolExecutor(READERS, thread_name_prefix="limner-read")
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._closed = False
        self._busy = False
        self._writing = threading.Thread(target=self._write_batches, name="limner-write", daemon=True)
        self._writing.start()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def write(self, function: Work[T], *, lasting: bool = True) -> T:
        """Run `function` on the writer's thread in a transaction and return its value once that is on the disk.

        Whatever it raises rolls back its own changes alone and is raised here. It may be run again after its changes
        were undone, so it changes nothing but the database. A caller cancelled while it waits does not undo the write.
        lasting: False for what a power cut may forget, with all that would have built on it; the death of a process
        forgets nothing that has returned. Raises Closed after `close`, and the database's own error when the
        transaction could not be committed, which then has changed nothing; `OutcomeUnknown` where even that could not
        be learned.
        """
        if self._closed:
            raise Closed("the database is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.put(_Write(function, lasting, future, loop))
        return await future

    async def read(self, function: Work[T]) -> T:
        """Run `function` on a reader's thread, in one snapshot of the database. Raises Closed after `close`."""
        if self._closed:
            raise Closed("the database is closed")
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._backend.read, function)

    async def close(self) -> None:
        """Finish the writes and reads asked for and close the backend. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._waiting.put(None)
        await asyncio.to_thread(self._finish)

    def _finish(self) -> None:
        self._writing.join()
        self._reading.shutdown()
        self._backend.close()

    def _write_batches(self) -> None:
        """The writer's thread: sleep until there is a write, then take all there are."""
        going_on = True
        while going_on:
            batch, going_on = self._take()
            self._busy = len(batch) > 1
            results = self._commit(batch)
            for write, result in zip(batch, results, strict=True):
                # The loop of a caller that has already gone away may be closed; its write is done all the same.
                with contextlib.suppress(RuntimeError):
                    write.loop.call_soon_threadsafe(_resolve, write.future, result)

    def _take(self) -> tuple[list[_Write], bool]:
        """The writes waiting, at least one, and whether more may come."""
        batch: list[_Write] = []
        try:
            write = self._waiting.get()
            if self._busy:
                time.sleep(GATHER_S)
            while write is not None:
                batch.append(write)
                if len(batch) == BATCH_MAX:
                    return batch, True
                write = self._waiting.get_nowait()
        except queue.Empty:
            return batch, True
        return batch, False

    def _commit(self, batch: list[_Write]) -> list[Result]:
        """Run a batch in one transaction. When that itself fails, as with a full disk, every write of it has failed."""
        if not batch:
            return []
        try:
            return self._backend.commit(
                [write.function for write in batch], lasting=any(write.lasting for write in batch)
            )
        except BaseException as error:  # noqa: BLE001  handed to the callers, each of whom waits for its outcome
            return [Result(error=error)] * len(batch)


def _resolve(future: asyncio.Future[Any], result: Result) -> None:
    if future.done():  # its caller was cancelled
        return
    if result.error is not None:
        future.set_exception(result.error)
    else:
        future.set_result(result.value)
