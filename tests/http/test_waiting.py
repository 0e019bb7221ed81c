"""Whoever waits for a job, while its connection is watched."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message

from limner.clock import ManualClock
from limner.errors import Allowance
from limner.http.waiting import Client, Waiting
from limner.job import Answer, PartialAnswer


class Connection:
    """One that nobody closes."""

    async def __call__(self) -> Message:
        """Wait for what never comes."""
        await asyncio.get_running_loop().create_future()
        raise AssertionError("nothing comes")


class Endless:
    """A request whose job does not end."""

    job_id = "req_a"
    report_text = ""
    allowances: tuple[Allowance, ...] = ()

    async def events(self) -> AsyncIterator[PartialAnswer | Answer]:
        """Wait for what never comes."""
        await asyncio.get_running_loop().create_future()
        raise AssertionError("nothing comes")
        yield

    def leave(self) -> None:
        """Nobody is told."""

    def hand_off(self) -> None:
        """Nobody is told."""


@pytest.mark.usefixtures("rings_stay")
async def test_a_request_that_was_answered_leaves_no_ring_behind() -> None:
    """All there is of it goes at once."""
    connection = Connection()
    ended = weakref.ref(connection)
    async with Client(connection):
        await asyncio.sleep(0)  # The watching begins,
    await asyncio.sleep(0)  # and ends.
    del connection
    assert ended() is None


@pytest.mark.usefixtures("rings_stay")
async def test_a_stream_that_was_sent_leaves_no_ring_behind() -> None:
    """Nor does it keep its pictures, and with them the room of those to come."""
    connection, waiter = Connection(), Endless()
    ended, let_go = weakref.ref(connection), weakref.ref(waiter)
    async with Client(connection) as client, Waiting(waiter, client, ManualClock(), keepalive_s=15.0):
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    del connection, client, waiter
    assert ended() is None
    assert let_go() is None
