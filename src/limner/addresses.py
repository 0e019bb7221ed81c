"""Which network addresses strangers may make Limner connect to: the public ones, and those an operator exempts.

The rule is checked where a socket is made, on the very address about to be connected to. A name that resolves to
something else the second time, a redirect or an unusual spelling of an address therefore changes nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, TypeAlias

AddressInfo: TypeAlias = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]
"""What `socket.getaddrinfo` says of one address."""

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


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _IPV4_NOT_PUBLIC)
    return address in _IPV6_PUBLIC and not any(address in network for network in _IPV6_NOT_PUBLIC)


def guarded_sockets(exempt: tuple[str, ...] = ()) -> Callable[[AddressInfo], socket.socket]:
    """What makes sockets for an HTTP client: for public addresses, and those in the networks `exempt`.

    It raises PermissionError, before a socket is made, for any other.
    """
    networks = tuple(ip_network(network) for network in exempt)

    def guarded(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, where = info
        address = ip_address(str(where[0]))
        if not is_public(address) and not any(address in network for network in networks):
            raise PermissionError("not a public address")
        return socket.socket(family, kind, protocol)

    return guarded
