"""Whoever waits for a job, while its connection is watched."""

from __future__ import annotations

import asyncio
import gc
import weakref

from starlette.types import Message

from limner.http.waiting import Client


class Connection:
    """One that nobody closes."""

    async def __call__(self) -> Message:
        """Wait for what never comes."""
        await asyncio.get_running_loop().create_future()
        raise AssertionError("nothing comes")


async def test_a_request_that_was_answered_leaves_no_ring_behind() -> None:
    """All there is of it goes at once, before anybody looks for rings of references."""
    connection = Connection()
    ended = weakref.ref(connection)
    gc.disable()
    try:
        async with Client(connection):
            await asyncio.sleep(0)  # The watching begins,
        await asyncio.sleep(0)  # and ends.
        del connection
        assert ended() is None
    finally:
        gc.enable()
