"""A thin HTTP client for load: keeps connections open, reads answers by their length, costs next to nothing itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass

_LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where requests go, on this machine. key: empty where none is asked for."""

    port: int
    path: str
    key: str = ""

    def request(self, content: object) -> bytes:
        """A POST of a JSON document."""
        body = json.dumps(content).encode()
        lines = (
            f"POST {self.path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Authorization: Bearer {self.key}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "",
            "",
        )
        return "\r\n".join(lines).encode() + body


class Connection:
    """One open connection; requests go over it one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, target: Target) -> Connection:
        """Open one."""
        return cls(*await asyncio.open_connection("127.0.0.1", target.port, limit=4 * 1024 * 1024))

    async def send(self, request: bytes) -> None:
        """Send a request whole."""
        self._writer.write(request)
        await self._writer.drain()

    async def answer(self) -> bytes:
        """The body of the next answer. Raises RuntimeError for any status but 200."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        length = next(int(line.partition(b":")[2]) for line in lines if line.lower().startswith(_LENGTH))
        body = await self._reader.readexactly(length)
        if b" 200 " not in status:
            raise RuntimeError(f"{status.decode()}: {body[:500].decode(errors='replace')}")
        return body

    def close(self) -> None:
        """Close at once."""
        self._writer.close()


async def open_and_send(target: Target, requests: Iterable[bytes]) -> list[Connection]:
    """A connection for each request, all sent, no answer awaited."""
    connections = []
    for request in requests:
        connection = await Connection.to(target)
        await connection.send(request)
        connections.append(connection)
    return connections
