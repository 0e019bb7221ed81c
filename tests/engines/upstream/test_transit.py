"""Room for answers: bounded, in order, and never lost."""

from __future__ import annotations

import asyncio

import pytest

from limner.engines.upstream.transit import Lease, Transit


async def asked(transit: Transit, size_bytes: int) -> asyncio.Task[Lease]:
    """Someone who has asked for room and waits as far as they must."""
    task = asyncio.create_task(transit.enter(size_bytes))
    await settle()
    return task


async def settle() -> None:
    """Let everything happen that can without time passing."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_answers_wait_until_there_is_room_in_the_order_they_came() -> None:
    """A small one does not overtake a large one that waits."""
    transit = Transit(10)
    first, second, third = [await asked(transit, size) for size in (6, 6, 1)]
    assert [task.done() for task in (first, second, third)] == [True, False, False]
    lease = first.result()
    del first, lease
    await settle()
    assert second.done()
    assert third.done()


async def test_an_answer_larger_than_all_the_room_has_it_to_itself() -> None:
    """It is neither refused nor joined by others."""
    transit = Transit(10)
    large = await asked(transit, 50)
    small = await asked(transit, 1)
    assert (large.done(), small.done()) == (True, False)
    del large
    await settle()
    assert small.done()


async def test_an_answer_that_has_waited_long_enough_is_read_all_the_same() -> None:
    """What it brings has been paid for."""
    transit = Transit(10, patience_s=0)
    leases = [await transit.enter(8) for _ in range(3)]
    assert len(leases) == 3
    patient = Transit(10)
    first, waiting = await asked(patient, 8), await asked(patient, 8)
    assert (first.done(), waiting.done()) == (True, False)
    waiting.cancel()


@pytest.mark.parametrize("come", [False, True])
async def test_leaving_takes_no_room(come: bool) -> None:  # noqa: FBT001 -- pytest
    """Whether the turn had not come yet or came in the same moment."""
    transit = Transit(10)
    first = await asked(transit, 10)
    leaving, last = await asked(transit, 10), await asked(transit, 10)
    if come:
        lease = first.result()
        del first, lease
        await asyncio.sleep(0)
        leaving.cancel()
    else:
        leaving.cancel()
        await settle()
        lease = first.result()
        del first, lease
    await settle()
    assert leaving.cancelled()
    assert last.done()


async def test_room_is_given_back_from_any_thread() -> None:
    """The last to hold a picture may be a thread that stored it."""
    transit = Transit(10)
    kept = [await transit.enter(10)]
    waiting = await asked(transit, 10)
    await asyncio.to_thread(kept.clear)
    await settle()
    assert waiting.done()
