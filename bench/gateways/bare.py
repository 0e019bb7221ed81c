"""The libraries that Limner is made of, doing the least they can: bytes in, bytes out, one key compared.

Nothing is read, checked, counted or kept: no gateway made of them can cost less. Started as a process of its own:
python -m bench.gateways.bare PORT UPSTREAM KEY UPSTREAM_KEY [CERTIFICATE]
"""

from __future__ import annotations

import ssl
import sys

import aiohttp
import uvicorn
from starlette.types import Receive, Scope, Send


class Bare:
    """A plain ASGI app. upstream: address, without a path. certificate: the only one that signs for it, with TLS."""

    def __init__(self, upstream: str, key: str, upstream_key: str, certificate: str | None = None) -> None:
        self._upstream = upstream
        self._key = f"Bearer {key}".encode()
        self._upstream_key = f"Bearer {upstream_key}"
        self._tls = ssl.create_default_context(cafile=certificate) if certificate else True
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, and its answer back as it comes."""
        headers = dict(scope["headers"])
        if headers.get(b"authorization") != self._key:
            await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})
            return
        body, more = [], True
        while more:
            message = await receive()
            body.append(message.get("body", b""))
            more = message.get("more_body", False)
        passed = {"Authorization": self._upstream_key, "Content-Type": headers[b"content-type"].decode()}
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        url = self._upstream + scope["path"]
        async with self._session.post(url, data=b"".join(body), headers=passed, ssl=self._tls) as answer:
            told = [(name.encode(), answer.headers[name].encode()) for name in ("content-type", "content-length")]
            await send({"type": "http.response.start", "status": answer.status, "headers": told})
            async for piece in answer.content.iter_any():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})


if __name__ == "__main__":
    uvicorn.run(
        Bare(*sys.argv[2:]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="error",
        access_log=False,
        lifespan="off",
        backlog=4096,
    )
