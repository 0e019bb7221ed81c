"""The way to servers that the operator names: over which proxy, and whose certificates are believed.

For `engines` and `moderators` alike. Files from addresses that callers name go another way: `limner.download`.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from limner.engine import Probe

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession
    from yarl import URL

_OK: Final = 200
_REFUSED_KEY: Final = frozenset({401, 403})
_SERVER_ERRORS: Final = 500
READ_AHEAD_BYTES: Final = 16 * 1024
"""What a connection may take in before somebody asks for it: adds up when a thousand answers come at once."""
MODELS_BYTES_MAX: Final = 2 * 1024 * 1024
"""Of a list of models: hundreds of them, with a page about each."""
_NAME_CHARS_MAX: Final = 200
_KEEPALIVE_S: Final = 4.0
"""Shorter than any server's: a connection its server has just closed would cost a request."""
_HEADERS: Final[Mapping[str, str]] = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "Limner",
}


_PROXY: Final = re.compile(
    r"https?://(?:[^\s/@]+@)?[^\s/@:]+(?::[0-9]{1,5})?/?|https?://(?:[^\s/@]+@)?\[[0-9a-fA-F:]+\](?::[0-9]{1,5})?/?"
)


class OutboundSettings(BaseModel):
    """What every table of such a server may say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ca_file: Path | None = Field(
        default=None,
        description="PEM file of authorities that may have signed the server's certificate, beside the system's own.",
    )
    proxy: SecretStr | None = Field(
        default=None,
        description="Proxy on the way to the server, `http://[user:password@]host:port`; none is taken from the "
        "environment.",
    )

    @field_validator("ca_file")
    @classmethod
    def _authorities_can_be_read(cls, ca_file: Path | None) -> Path | None:
        if ca_file is not None:
            try:
                ssl.create_default_context(cafile=ca_file)
            except OSError as error:  # An SSLError is one, too.
                raise ValueError(f"no certificates can be read from {ca_file}") from error
        return ca_file

    @field_validator("proxy")
    @classmethod
    def _a_proxy_is_an_address(cls, proxy: SecretStr | None) -> SecretStr | None:
        if proxy is not None and not _PROXY.fullmatch(proxy.get_secret_value()):
            raise ValueError("a proxy is written as `http://[user:password@]host:port`")
        return proxy

    @property
    def proxy_address(self) -> str | None:
        """The proxy, with its password."""
        return self.proxy.get_secret_value() if self.proxy else None


def trust(ca_file: Path | None) -> ssl.SSLContext | bool:
    """What servers are checked against: the system's authorities (or SSL_CERT_FILE's) and those in `ca_file`."""
    if ca_file is None:
        return True
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=ca_file)
    return context


def session(
    *, tls: ssl.SSLContext | bool, proxy: str | None, connect_timeout_s: float, connections_max: int = 0
) -> ClientSession:
    """A session for one server. connections_max: 0 for any number. Whoever made it closes it."""
    # Only here and below: every command reads the settings above, and few ask a server.
    from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector  # noqa: PLC0415

    return ClientSession(
        connector=TCPConnector(limit=connections_max, keepalive_timeout=_KEEPALIVE_S, ssl=tls),
        proxy=proxy,
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        headers=_HEADERS,
        read_bufsize=READ_AHEAD_BYTES,
        timeout=ClientTimeout(total=None, sock_connect=connect_timeout_s),
        # Neither proxies nor passwords (.netrc) from the environment: docs/decisions/0005.
        trust_env=False,
    )


class Unreadable(Exception):
    """An answer whose body is not read. Its text says why."""


async def models_probe(
    session: ClientSession,
    url: URL,
    *,
    name: str,
    headers: Mapping[str, str],
    timeout_s: float,
    why: Callable[[Exception], str],
) -> Probe:
    """Ask for the list of models: every answer but a refused key or a failing server means it is there.

    name: of the server, for the operator. headers: those with its key, none without one. why: what to add about a
    connection that failed, or nothing.
    """
    from aiohttp import ClientError  # noqa: PLC0415

    try:
        async with asyncio.timeout(timeout_s):
            response = await session.get(url, headers=headers, allow_redirects=False)
            try:
                models = await _listed(response)
            finally:
                response.close()
    except (ClientError, TimeoutError) as error:
        return Probe(False, f"{name} does not answer{why(error)}")
    if response.status in _REFUSED_KEY:
        said = "refuses its key" if headers else "wants a key, and none is set"
        return Probe(False, f"{name} {said}", key_accepted=False if headers else None)
    if response.status >= _SERVER_ERRORS:
        return Probe(False, f"{name} answers with status {response.status}")
    if models is None:
        unknown = ": its key was not checked" if headers else ""
        return Probe(True, f"{name} answers without a list of models (status {response.status}){unknown}")
    accepts = " and accepts its key" if headers else ""
    return Probe(True, f"{name} answers{accepts}", key_accepted=True if headers else None, models=models)


async def whole(response: ClientResponse, bytes_max: int) -> bytes:
    """The body of an answer. Raises Unreadable for one that is compressed or has more than `bytes_max` bytes."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise Unreadable("it is compressed")  # Not asked for, and could unpack to anything.
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > bytes_max:
            raise Unreadable("it does not end")
    return bytes(body)


async def _listed(response: ClientResponse) -> tuple[str, ...] | None:
    """The names in OpenAI's list of models, or in a bare one as some servers have it; None for anything else."""
    if response.status != _OK:
        return None
    try:
        answer = orjson.loads(await whole(response, MODELS_BYTES_MAX))
    except (Unreadable, orjson.JSONDecodeError):
        return None
    rows = answer.get("data") if isinstance(answer, dict) else answer
    if not isinstance(rows, list):
        return None
    names = (row.get("id") for row in rows if isinstance(row, dict))
    # They are shown in a terminal.
    return tuple(name[:_NAME_CHARS_MAX] for name in names if isinstance(name, str) and name.isprintable())
