"""A proxy on a real socket: tunnels for CONNECT, and requests with a whole address passed on (RFC 9110, 9.3.6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """What it was asked. heads: of each request, as they came. refuses_with: a status instead of a tunnel."""

    url: str = ""
    heads: list[bytes] = field(default_factory=list)
    refuses_with: int | None = None
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def asked(self) -> list[str]:
        """The first line of each request."""
        return [head.split(b"\r\n")[0].decode() for head in self.heads]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.writers.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            if self.refuses_with is not None:
                writer.write(b"HTTP/1.1 %d no\r\nContent-Length: 0\r\n\r\n" % self.refuses_with)
            else:
                await self._pass_on(head, reader, writer)
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    async def _pass_on(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        authority = target if method == "CONNECT" else target.split("/")[2]
        host, _, port = authority.partition(":")
        onward_reader, onward = await asyncio.open_connection(host, int(port))
        self.writers.add(onward)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = target.split(authority, 1)[1]
            onward.write(head.replace(target.encode(), path.encode(), 1))
        await asyncio.gather(_copy(onward_reader, writer), _copy(reader, onward))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def proxying(*, refuses_with: int | None = None) -> AsyncIterator[Proxy]:
    """A running proxy."""
    proxy = Proxy(refuses_with=refuses_with)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        for writer in proxy.writers:
            writer.close()
        for writer in proxy.writers:
            with suppress(ConnectionError):
                await writer.wait_closed()
