"""Work that waits together is done together."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Sequence

import pytest

from limner.storage.batches import Batches, Result


async def test_what_waits_at_the_same_time_is_one_batch() -> None:
    """While one batch is worked on, the next gathers; no batch is larger than its limit, and the order is kept."""
    seen: list[tuple[int, ...]] = []
    go_on = threading.Event()

    def work(items: Sequence[int]) -> Sequence[Result[int]]:
        go_on.wait()
        seen.append(tuple(items))
        return [Result(2 * item) for item in items]

    batches: Batches[int, int] = Batches(work, name="test", items_max=3)
    first = asyncio.create_task(batches.do(0))
    others = [asyncio.create_task(batches.do(number)) for number in range(1, 8)]
    await asyncio.sleep(0)
    go_on.set()
    assert [await task for task in (first, *others)] == [0, 2, 4, 6, 8, 10, 12, 14]
    await asyncio.to_thread(batches.close)
    assert [number for batch in seen for number in batch] == list(range(8))
    assert max(len(batch) for batch in seen) == 3


async def test_an_error_of_the_batch_is_everybodys() -> None:
    """Nobody waits for ever, and the thread goes on."""
    broken = [True]

    def work(items: Sequence[str]) -> Sequence[Result[str]]:
        if broken.pop():
            raise OSError("disk")
        return [Result(item) for item in items]

    batches: Batches[str, str] = Batches(work, name="test", items_max=3)
    with pytest.raises(OSError, match="disk"):
        await batches.do("a")
    broken.append(False)
    assert await batches.do("b") == "b"
    await asyncio.to_thread(batches.close)


async def test_an_item_is_worked_on_though_nobody_waits_any_more() -> None:
    """A caller that is cancelled undoes nothing, and closing waits for what was asked for."""
    done: list[str] = []

    def work(items: Sequence[str]) -> Sequence[Result[None]]:
        done.extend(items)
        return [Result() for _ in items]

    batches: Batches[str, None] = Batches(work, name="test", items_max=3)
    task = asyncio.create_task(batches.do("a"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(batches.close)
    assert done == ["a"]


async def test_what_has_been_worked_on_is_let_go() -> None:
    """A picture's room in memory is given back with the last reference to it: a thread that waits may not keep one."""

    class Picture:
        pass

    batches: Batches[Picture, None] = Batches(lambda items: [Result() for _ in items], name="test", items_max=3)
    pictures = [Picture() for _ in range(5)]
    known = [weakref.ref(picture) for picture in pictures]
    await asyncio.gather(*map(batches.do, pictures))
    pictures.clear()
    gc.collect()
    async with asyncio.timeout(10):
        # Their callers are answered a moment before the thread turns to what comes next.
        while any(picture() is not None for picture in known):
            await asyncio.sleep(0)
    await asyncio.to_thread(batches.close)
