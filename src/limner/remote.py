"""Pictures from strangers' addresses, fetched so that nobody can make Limner look around inside its own network.

The rule is checked where a socket is made, on the very address about to be connected to. A name that resolves to
something else the second time, a redirect or an unusual spelling of an address therefore changes nothing.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from aiohttp import AddrInfoType, ClientError, ClientResponse, ClientSession, DummyCookieJar, TCPConnector
from yarl import URL

from limner.blobs import Blob
from limner.errors import InvalidRequest
from limner.imaging.codec import sniff

BYTES_MAX: Final = 50 * 1024 * 1024
"""As much as an uploaded picture may have. Source: OpenAI API reference, images/edits, parameter `image`."""
TIMEOUT_S: Final = 20.0
"""For one picture, redirects included."""
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


class RemoteImages:
    """Downloads pictures. One session for all, opened by the first download; whoever made this closes it.

    exempt: networks that may be reached although they are not public, such as an operator's own picture server.
    """

    def __init__(
        self,
        *,
        bytes_max: int = BYTES_MAX,
        timeout_s: float = TIMEOUT_S,
        exempt: tuple[str, ...] = (),
    ) -> None:
        self._bytes_max = bytes_max
        self._timeout_s = timeout_s
        self._exempt = tuple(ip_network(network) for network in exempt)
        self._session: ClientSession | None = None

    async def fetch(self, url: str) -> Blob:
        """The file at `url`, whatever it is; its media type is what its first bytes show.

        Raises InvalidRequest when the address is not allowed or there is no answer of status 200 within the limits.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                data = await self._follow(url)
        except TimeoutError as error:
            raise _refusal(f"It took longer than {self._timeout_s:g} seconds.") from error
        except (ClientError, UnicodeError) as error:  # UnicodeError: a host name the resolver cannot encode.
            # One message whether nobody answered or the address is inside: a caller learns nothing of our network.
            raise _refusal("The server could not be reached.") from error
        shown = sniff(data)
        return Blob.from_bytes(data, shown.media_type if shown else "application/octet-stream")

    async def close(self) -> None:
        """Close the session. No download is under way."""
        if self._session is not None:
            await self._session.close()

    async def _follow(self, url: str) -> bytes:
        target = _checked(url)
        for _ in range(REDIRECTS_MAX + 1):
            answer = await self._get(target)
            if isinstance(answer, bytes):
                return answer
            target = answer
        raise _refusal(f"More than {REDIRECTS_MAX} redirects.")

    async def _get(self, target: URL) -> bytes | URL:
        """The file at `target`, or where it says the file has gone."""
        async with self._opened().get(target, allow_redirects=False) as response:
            if response.status == _OK:
                return await self._body(response)
            location = response.headers.get("Location")
            if response.status in _REDIRECTS and location is not None:
                return _checked(location, base=target)
            raise _refusal(f"Upstream status code: {response.status}.")

    async def _body(self, response: ClientResponse) -> bytes:
        chunks, size_bytes = list[bytes](), 0
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            size_bytes += len(chunk)
            if size_bytes > self._bytes_max:
                raise _refusal(f"It has more than {self._bytes_max} bytes.")
            chunks.append(chunk)
        return b"".join(chunks)

    def _opened(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(
                connector=TCPConnector(limit=_CONNECTIONS_MAX, force_close=True, socket_factory=self._socket),
                cookie_jar=DummyCookieJar(),
                # A compressed body could unpack to anything: ask for none, and count bytes as they come.
                auto_decompress=False,
                headers={"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "Limner"},
                trust_env=False,
            )
        return self._session

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


def _checked(text: str, base: URL | None = None) -> URL:
    """`text` as an absolute address. Raises InvalidRequest for one that is not http(s) or carries credentials."""
    try:
        url = URL(text) if base is None else base.join(URL(text))
    except ValueError as error:
        raise _refusal("It is no valid URL.") from error
    if url.scheme not in _SCHEMES or not url.host:
        raise _refusal("It is no http or https URL.")
    if url.user is not None or url.password is not None:
        raise _refusal("Its URL carries credentials.")
    return url


def _refusal(reason: str) -> InvalidRequest:
    """OpenAI's refusal of a picture that cannot be downloaded (status text observed August 2026)."""
    return InvalidRequest(f"Error while downloading file. {reason}", param="url", code="invalid_value")
