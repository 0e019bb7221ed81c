"""Files from addresses we were given, fetched so that nobody can make Limner look around inside its own network.

The rule is checked where a socket is made, on the very address about to be connected to. A name that resolves to
something else the second time, a redirect or an unusual spelling of an address therefore changes nothing. What the
bytes mean, and what a failure means to whoever asked, is not known here.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from aiohttp import AddrInfoType, ClientError, ClientResponse, ClientSession, DummyCookieJar, TCPConnector
from yarl import URL

REDIRECTS_MAX: Final = 3
_CONNECTIONS_MAX: Final = 32
_CHUNK_BYTES: Final = 64 * 1024
_OK: Final = 200
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SCHEMES: Final = frozenset({"http", "https"})

_IPV4_NOT_PUBLIC: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's platform service, reachable from inside its machines only
        "169.254.0.0/16",  # link-local, where clouds keep their credentials
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
"""Source: IANA IPv4 Special-Purpose Address Registry."""

_IPV6_PUBLIC: Final = IPv6Network("2000::/3")
"""All global unicast. Outside it lie loopback, link-local, private, multicast, mapped IPv4 and NAT64."""
_IPV6_NOT_PUBLIC: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments; Teredo, which wraps IPv4
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which wraps IPv4
        "3fff::/20",  # documentation
    )
)
"""Source: IANA IPv6 Special-Purpose Address Registry."""


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
        self._exempt = tuple(ip_network(network) for network in exempt)
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

    def _socket(self, info: AddrInfoType) -> socket.socket:
        """A socket for the address in `info`. Raises PermissionError, before it is made, for one not allowed."""
        family, kind, protocol, _, address = info
        if not self._allowed(str(address[0])):
            raise PermissionError("not a public address")
        return socket.socket(family, kind, protocol)

    def _allowed(self, text: str) -> bool:
        address = ip_address(text)
        if any(address in network for network in self._exempt):
            return True
        if isinstance(address, IPv4Address):
            return not any(address in network for network in _IPV4_NOT_PUBLIC)
        return address in _IPV6_PUBLIC and not any(address in network for network in _IPV6_NOT_PUBLIC)


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
