"""A thread that takes whatever is waiting at once: what costs the same for one and for many is paid once.

Knows threads and futures; nothing of what is done.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

_Item = TypeVar("_Item")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Result(Generic[_Value]):
    """What became of one item: a value, or the error that its caller gets."""

    value: _Value | None = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[_Item]):
    item: _Item
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class Batches(Generic[_Item, _Value]):
    """Hands items that wait at the same time to `work`, on one thread of its own, in the order they came.

    work: gives a result for each item, in their order; what it raises is the error of them all. items_max: as many at
    once at most. gather_s: how long to wait for more after a batch of several: where several came, others follow, and
    a lone item never waits.
    """

    def __init__(
        self,
        work: Callable[[Sequence[_Item]], Sequence[Result[_Value]]],
        *,
        name: str,
        items_max: int,
        gather_s: float = 0.0,
    ) -> None:
        self._work = work
        self._items_max = items_max
        self._gather_s = gather_s
        self._waiting: queue.SimpleQueue[_Waiting[_Item] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._take_batches, name=name, daemon=True)
        self._thread.start()

    async def do(self, item: _Item) -> _Value:
        """Have one item worked on; raises the error it met. A caller cancelled while it waits undoes nothing."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Value] = loop.create_future()
        self._waiting.put(_Waiting(item, future, loop))
        return await future

    def close(self) -> None:
        """Finish what waits. Blocks. Nothing may be asked for afterwards."""
        self._waiting.put(None)
        self._thread.join()

    def _take_batches(self) -> None:
        going_on, several = True, False
        while going_on:
            going_on, several = self._take_one(gather=several)

    def _take_one(self, *, gather: bool) -> tuple[bool, bool]:
        """Work on what waits; whether more may come, and whether there were several.

        Its frame ends with the batch: a thread that waited with the last pictures in its hands would keep the room of
        answers that wait to be read.
        """
        batch, going_on = self._take(gather=gather)
        if batch:
            _tell(zip(batch, self._worked(batch), strict=True))
        return going_on, len(batch) > 1

    def _take(self, *, gather: bool) -> tuple[list[_Waiting[_Item]], bool]:
        """What waits, at least one, and whether more may come."""
        batch: list[_Waiting[_Item]] = []
        try:
            waiting = self._waiting.get()
            if gather and self._gather_s:
                time.sleep(self._gather_s)
            while waiting is not None:
                batch.append(waiting)
                if len(batch) == self._items_max:
                    return batch, True
                waiting = self._waiting.get_nowait()
        except queue.Empty:
            return batch, True
        return batch, False

    def _worked(self, batch: Sequence[_Waiting[_Item]]) -> Sequence[Result[_Value]]:
        try:
            return self._work([waiting.item for waiting in batch])
        except BaseException as error:  # noqa: BLE001  handed to the callers, each of whom waits for its outcome
            return [Result(error=error)] * len(batch)


def _tell(outcomes: Iterable[tuple[_Waiting[Any], Result[Any]]]) -> None:
    """Wake the callers, those of one loop together."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Result[Any]]]] = {}
    for waiting, result in outcomes:
        by_loop.setdefault(waiting.loop, []).append((waiting.future, result))
    for loop, ended in by_loop.items():
        # The loop of a caller that has already gone away may be closed; its item is done all the same.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, ended)


def _resolve(ended: Iterable[tuple[asyncio.Future[Any], Result[Any]]]) -> None:
    for future, result in ended:
        if future.done():  # its caller was cancelled
            continue
        if result.error is not None:
            future.set_exception(result.error)
        else:
            future.set_result(result.value)
