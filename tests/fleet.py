"""Several gateways on one database, and a plain balancer in front of them that knows nothing of Limner."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import Final

from tests.serving import Server

GATEWAYS: Final = 3
_READ_BYTES: Final = 64 * 1024


@contextmanager
def fleet(folder: Path, address: str, config: str) -> Iterator[list[Server]]:
    """Three gateways, started at once on the PostgreSQL database at `address`; each must leave well at the end.

    Each has a data folder of its own, with the shared ones of pictures and files in it.
    """
    shared = folder / "shared"
    for name in ("results", "uploads"):
        (shared / name).mkdir(parents=True)
    gateways = []
    for number in range(GATEWAYS):
        own = folder / f"gateway-{number}"
        own.mkdir()
        gateway = Server(own, config, {"LIMNER_SERVER__DATABASE": address})
        gateway.data.mkdir()
        for path in shared.iterdir():
            (gateway.data / path.name).symlink_to(path)
        gateways.append(gateway)
    with ThreadPoolExecutor(GATEWAYS) as threads:
        list(threads.map(Server.start, gateways))
    try:
        yield gateways
    except BaseException:
        for gateway in gateways:
            gateway.kill()
        raise
    with ExitStack() as stack:
        for gateway in gateways:
            stack.callback(gateway.stop)


class RoundRobin:
    """Passes bytes on: each connection to the next of the servers, whatever became of the one before."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = cycle(ports)
        self.served: list[int] = []
        """The port each connection went to, in their order."""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until one of its ends leaves."""
        port = next(self._ports)
        self.served.append(port)
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        ways = [asyncio.ensure_future(_pass(reader, to_server)), asyncio.ensure_future(_pass(from_server, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for end in (writer, to_server):
            end.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_READ_BYTES):
            writer.write(data)
            await writer.drain()


@contextmanager
def balanced(gateways: Sequence[Server]) -> Iterator[tuple[str, RoundRobin]]:
    """The `base_url` of a round-robin in front of the gateways, on a thread of its own, and what it has done."""
    balancer = RoundRobin([gateway.port for gateway in gateways])
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="round-robin")
    thread.start()

    async def close(server: asyncio.Server) -> None:
        server.close()
        passing = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(balancer, "127.0.0.1", 0), loop).result()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/openai/v1", balancer
    finally:
        asyncio.run_coroutine_threadsafe(close(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
