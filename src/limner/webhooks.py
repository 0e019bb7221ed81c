"""Webhooks: where the end of a task may be told, how it is signed, and when it is tried again. Pure.

    limner-delivery: dlv_…                       the same for every attempt to tell of one task
    limner-timestamp: 1790000000                 Unix seconds of this attempt
    limner-signature: t=1790000000,v1=…          HMAC-SHA256 of "1790000000." and the body, 64 hexadecimal digits

The key of the HMAC is the account's secret as text, its prefix included. Every account has its own, made of the one
secret of the installation: nobody can sign what another one believes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import socket
from collections.abc import Mapping
from ipaddress import IPv4Address, ip_address
from typing import Final, Protocol
from urllib.parse import urlsplit

from limner.addresses import is_public
from limner.errors import InvalidRequest

RETRY_S: Final = (10.0, 60.0, 300.0, 1_800.0, 7_200.0)
"""Pauses between the attempts to tell of one task: a restart, a deployment, an outage of hours. After the last of them
the caller has to ask."""
TIMEOUT_S: Final = 15.0
"""For one attempt, from looking up the name to the head of the answer."""
LEASE_S: Final = 60.0
"""How long until an attempt of which nothing was noted is made again: four times as long as it may take."""
PICTURES_BYTES_MAX: Final = 1024 * 1024
"""Larger pictures are to be asked for: common receivers take bodies of a few MiB, and base64 adds a third."""

DELIVERY_HEADER: Final = "limner-delivery"
TIMESTAMP_HEADER: Final = "limner-timestamp"
SIGNATURE_HEADER: Final = "limner-signature"
SECRET_PREFIX: Final = "whsec_"  # noqa: S105  what secrets begin with is none
_SUCCESS: Final = range(200, 300)
# What a URL may consist of; blanks and control characters would end up in a request's head.
_URL: Final = re.compile(r"[\x21-\x7e]+")


class Undeliverable(Exception):
    """A receiver did not answer. `reason` is for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Courier(Protocol):
    """Posts to addresses that callers name."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status that answers `body`. Raises Undeliverable when there is none, or the address is not allowed."""
        ...


def check(url: str, hosts: frozenset[str]) -> None:
    """Refuse an address that will not be posted to, as far as its text shows. Raises InvalidRequest.

    hosts: names or addresses that the operator lets be inside the network and without TLS.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a port or an IPv6 host that is none
        host, port, parts = "", None, urlsplit("")
    if not _URL.fullmatch(url) or not host or port == 0 or parts.scheme not in {"http", "https"}:
        raise _refused("Expected a valid https URL, but got a value with an invalid format.")
    if parts.username is not None or parts.password is not None:
        raise _refused("A URL that carries credentials is not accepted.")
    if host in hosts:
        return
    if parts.scheme != "https":
        raise _refused("Expected an https URL.")
    if _is_inside(host):
        raise _refused("Addresses inside a private network are not accepted.")


def account_secret(secret: bytes, account_id: str) -> str:
    """The secret by which an account knows what is from this installation, whose secret is `secret`."""
    return SECRET_PREFIX + hmac.new(secret, account_id.encode(), hashlib.sha256).hexdigest()


def signed_headers(account_secret: str, task_id: str, body: bytes, now_s: float) -> Mapping[str, str]:
    """The headers of an attempt to deliver `body`."""
    at = str(int(now_s))
    signature = hmac.new(account_secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        DELIVERY_HEADER: "dlv_" + task_id.removeprefix("req_"),
        TIMESTAMP_HEADER: at,
        SIGNATURE_HEADER: f"t={at},v1={signature}",
    }


def was_taken(status: int) -> bool:
    """Whether a receiver's answer means that it need not be told again."""
    return status in _SUCCESS


def pause_s(attempts: int) -> float | None:
    """How long to wait after so many attempts that failed, or None when there will be no other."""
    return RETRY_S[attempts - 1] if attempts <= len(RETRY_S) else None


def _is_inside(host: str) -> bool:
    """Whether a host is, by its very name, no public one. What others lead to shows when they are connected to."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return not is_public(ip_address(name))
    except ValueError:
        pass
    try:
        # Shortened, octal, hexadecimal: spelled as C programs understand them, and with them the system's resolver.
        return not is_public(IPv4Address(socket.inet_aton(name)))
    except OSError:
        return False


def _refused(why: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid 'webhook'. {why}", param="webhook", code="invalid_value")
