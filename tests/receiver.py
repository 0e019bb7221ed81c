"""A receiver of webhooks on a real socket that can be told to answer, fail, send away or keep silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery as it arrived. Names of headers are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What it got, and what it answers. statuses: of the answers to come, 200 once they are used up.

    STALL: it never answers.
    """

    STALL = 0

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    location: str = "/elsewhere"
    received: list[Received] = field(default_factory=list)
    answered: int = 0
    _never: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Take a delivery."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.path, headers, await request.read()))
        status = self.statuses.pop(0) if self.statuses else 200
        if status == self.STALL:
            await self._never.wait()
        self.answered += 1
        # More than anybody should read of it.
        return web.Response(status=status or 200, body=b"x" * 1_000_000, headers={"Location": self.location})

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let everything run until `condition` holds."""
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.001)

    def let_go(self) -> None:
        """Answer whom it kept waiting."""
        self._never.set()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver()
    application = web.Application(client_max_size=100 * 1024 * 1024)
    application.router.add_route("*", "/{path:.*}", receiver.answer)
    runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        receiver.let_go()
        await runner.cleanup()
