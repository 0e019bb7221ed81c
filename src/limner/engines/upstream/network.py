"""How the engine reaches its server: over which proxy, and whose certificates it believes."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

_KEEPALIVE_S: Final = 4.0
"""Shorter than any server's: a connection its server has just closed would cost a request."""
_HEADERS: Final[Mapping[str, str]] = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "Limner",
}


def trust(ca_file: Path | None) -> ssl.SSLContext | bool:
    """What servers are checked against: the system's authorities (or SSL_CERT_FILE's) and those in `ca_file`."""
    if ca_file is None:
        return True
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=ca_file)
    return context


def session(*, tls: ssl.SSLContext | bool, proxy: str | None, connect_timeout_s: float) -> ClientSession:
    """A session for one server. Whoever made it closes it."""
    return ClientSession(
        # The gateway bounds the requests under way by `concurrency`.
        connector=TCPConnector(limit=0, keepalive_timeout=_KEEPALIVE_S, ssl=tls),
        proxy=proxy,
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        headers=_HEADERS,
        timeout=ClientTimeout(total=None, sock_connect=connect_timeout_s),
        # Neither proxies nor passwords (.netrc) from the environment: docs/decisions/0005.
        trust_env=False,
    )
