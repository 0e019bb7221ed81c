"""Files from addresses we were given, fetched so that nobody can make Limner look around inside its own network.

What the bytes mean, and what a failure means to whoever asked, is not known here.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Final

from aiohttp import ClientError, ClientResponse, ClientSession, DummyCookieJar, TCPConnector
from yarl import URL

from limner.addresses import guarded_sockets

REDIRECTS_MAX: Final = 3
_CONNECTIONS_MAX: Final = 32
_CHUNK_BYTES: Final = 64 * 1024
_OK: Final = 200
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SCHEMES: Final = frozenset({"http", "https"})


class DownloadFailed(Exception):
    """A file cannot be had. `reason` is a sentence that tells nothing of our network."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Downloader:
    """Downloads files. Its sessions are opened by the first download; whoever made this closes it.

    timeout_s: for one file, redirects included. exempt: networks that may be reached although they are not public.
    hosts: names or addresses, as they stand in a URL, that may be reached wherever they lead and over plain HTTP.
    https_only: whether every other host must be asked over TLS. tls: what certificates are checked against; True is the
    system's authorities. proxy: on the way to `hosts`; nobody else is asked over one, since what a name leads to would
    be seen by the proxy alone.
    """

    def __init__(
        self,
        *,
        bytes_max: int,
        timeout_s: float,
        exempt: tuple[str, ...] = (),
        hosts: frozenset[str] = frozenset(),
        https_only: bool = False,
        tls: ssl.SSLContext | bool = True,
        proxy: str | None = None,
    ) -> None:
        self._bytes_max = bytes_max
        self._timeout_s = timeout_s
        self._socket = guarded_sockets(exempt)
        self._hosts = hosts
        self._schemes = frozenset({"https"}) if https_only else _SCHEMES
        self._tls = tls
        self._proxy = proxy
        self._guarded: ClientSession | None = None
        self._trusting: ClientSession | None = None

    async def fetch(self, url: str) -> bytes:
        """The file at `url`, whatever it is.

        Raises DownloadFailed when the address is not allowed or there is no answer of status 200 within the limits.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._follow(url)
        except TimeoutError as error:
            raise DownloadFailed(f"It took longer than {self._timeout_s:g} seconds.") from error
        except (ClientError, UnicodeError) as error:  # UnicodeError: a host name the resolver cannot encode.
            # One message whether nobody answered or the address is inside: a caller learns nothing of our network.
            raise DownloadFailed("The server could not be reached.") from error

    async def close(self) -> None:
        """Close the sessions. No download is under way."""
        for session in (self._guarded, self._trusting):
            if session is not None:
                await session.close()

    async def _follow(self, url: str) -> bytes:
        target = self._checked(url)
        for _ in range(REDIRECTS_MAX + 1):
            answer = await self._get(target)
            if isinstance(answer, bytes):
                return answer
            target = answer
        raise DownloadFailed(f"More than {REDIRECTS_MAX} redirects.")

    async def _get(self, target: URL) -> bytes | URL:
        """The file at `target`, or where it says the file has gone."""
        async with self._session_for(target).get(target, allow_redirects=False) as response:
            if response.status == _OK:
                return await self._body(response)
            location = response.headers.get("Location")
            if response.status in _REDIRECTS and location is not None:
                return self._checked(location, base=target)
            raise DownloadFailed(f"Upstream status code: {response.status}.")

    async def _body(self, response: ClientResponse) -> bytes:
        chunks, size_bytes = list[bytes](), 0
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            size_bytes += len(chunk)
            if size_bytes > self._bytes_max:
                raise DownloadFailed(f"It has more than {self._bytes_max} bytes.")
            chunks.append(chunk)
        return b"".join(chunks)

    def _checked(self, text: str, base: URL | None = None) -> URL:
        """`text` as an absolute address. Raises DownloadFailed for one not allowed or that carries credentials."""
        try:
            url = URL(text) if base is None else base.join(URL(text))
        except ValueError as error:
            raise DownloadFailed("It is no valid URL.") from error
        schemes = _SCHEMES if url.host in self._hosts else self._schemes
        if url.scheme not in schemes or not url.host:
            raise DownloadFailed(f"It is no {' or '.join(sorted(schemes))} URL.")
        if url.user is not None or url.password is not None:
            raise DownloadFailed("Its URL carries credentials.")
        return url

    def _session_for(self, target: URL) -> ClientSession:
        if target.host in self._hosts:
            if self._trusting is None:
                connector = TCPConnector(limit=_CONNECTIONS_MAX, force_close=True, ssl=self._tls)
                self._trusting = _session(connector, self._proxy)
            return self._trusting
        if self._guarded is None:
            self._guarded = _session(
                TCPConnector(limit=_CONNECTIONS_MAX, force_close=True, socket_factory=self._socket, ssl=self._tls)
            )
        return self._guarded


def _session(connector: TCPConnector, proxy: str | None = None) -> ClientSession:
    return ClientSession(
        connector=connector,
        proxy=proxy,
        cookie_jar=DummyCookieJar(),
        # A compressed body could unpack to anything: ask for none, and count bytes as they come.
        auto_decompress=False,
        headers={"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "Limner"},
        trust_env=False,
    )
