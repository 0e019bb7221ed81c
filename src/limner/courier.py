"""Posts to addresses that callers name, in a way that reaches nothing inside our own network.

Redirects are not followed, and an answer is its status: nothing of what a receiver says is read or kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from aiohttp import ClientError, ClientSession, DummyCookieJar, TCPConnector
from yarl import URL

from limner.addresses import guarded_sockets
from limner.webhooks import TIMEOUT_S, Undeliverable

_CONNECTIONS_MAX: Final = 64
_READ_AHEAD_BYTES: Final = 4096
"""What is taken in of an answer that nobody reads."""
_HEADERS: Final[Mapping[str, str]] = {"Content-Type": "application/json", "User-Agent": "Limner"}


class HttpCourier:
    """Posts; see `limner.webhooks.Courier`. Whoever made this closes it.

    hosts: names or addresses, as they stand in a URL, that may be reached wherever they lead and over plain HTTP.
    exempt: networks that may be reached although they are not public.
    """

    def __init__(
        self, *, hosts: frozenset[str] = frozenset(), exempt: tuple[str, ...] = (), timeout_s: float = TIMEOUT_S
    ) -> None:
        self._hosts = hosts
        self._timeout_s = timeout_s
        self._guarded = _session(
            TCPConnector(limit=_CONNECTIONS_MAX, force_close=True, socket_factory=guarded_sockets(exempt))
        )
        self._trusting = _session(TCPConnector(limit=_CONNECTIONS_MAX, force_close=True))

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status that answers `body`. Raises Undeliverable when there is none, or the address is not allowed."""
        target = URL(url)
        trusted = target.host in self._hosts
        if target.scheme != "https" and not trusted:
            raise Undeliverable("it is no https URL")
        session = self._trusting if trusted else self._guarded
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                session.post(target, data=body, headers=headers, allow_redirects=False) as response,
            ):
                return response.status
        except TimeoutError as error:
            raise Undeliverable(f"no answer within {self._timeout_s:g} s") from error
        except (ClientError, UnicodeError, OSError) as error:  # UnicodeError: a host the resolver cannot encode.
            raise Undeliverable(type(error).__name__) from error

    async def close(self) -> None:
        """Close what was opened. Nothing is being posted."""
        await self._guarded.close()
        await self._trusting.close()


def _session(connector: TCPConnector) -> ClientSession:
    return ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        headers=_HEADERS,
        read_bufsize=_READ_AHEAD_BYTES,
        # Neither proxies nor passwords (.netrc) from the environment: docs/decisions/0005.
        trust_env=False,
    )
