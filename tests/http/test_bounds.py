"""Waiting for a client to leave, and dropping what it still sends."""

from __future__ import annotations

import asyncio

from starlette.types import Message

from limner.http.bounds import drain, gone


class Script:
    """A `receive` that plays messages, then waits for ever."""

    def __init__(self, *messages: Message) -> None:
        self._messages = list(messages)

    async def __call__(self) -> Message:
        """The next message."""
        if not self._messages:
            await asyncio.Event().wait()
        return self._messages.pop(0)

    @property
    def played(self) -> bool:
        """Whether all messages were taken."""
        return not self._messages


async def test_only_a_disconnect_counts_as_leaving() -> None:
    """A server may repeat an empty body message; that is no reason to give up a job."""
    receive = Script({"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"})
    await gone(receive)
    assert receive.played


async def test_draining_ends_with_the_body() -> None:
    """What is left of a body is taken to its end and no further."""
    receive = Script(*({"type": "http.request", "body": b"x", "more_body": more} for more in (True, True, False)))
    await drain(receive, 60.0)
    assert receive.played


async def test_draining_ends_in_time() -> None:
    """A client that never stops sending does not keep its connection."""
    receive = Script({"type": "http.request", "body": b"x", "more_body": True})
    await drain(receive, 0.01)
    assert receive.played
