"""From an error to a response: the one function that picks a status, headers and an envelope."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

from limner.contract.envelope import error_body
from limner.contract.rates import rate_headers
from limner.errors import LimitReached, LimnerError, MethodNotAllowed, NotAuthenticated

RETRY_AFTER_S_MAX: Final = 60.0
"""Older Python SDKs ignore a longer delay, and Node 6 sleeps through any, an hour included (observed November 2026)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as it goes on the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


def refusal(error: LimnerError, request_id: str) -> Refusal:
    """The response for `error`, without the headers that every answer has.

    `x-should-retry` is always there: the SDKs would otherwise retry each 409, 429 and 5xx by themselves, and sending a
    deterministic error again only wastes the caller's time.
    """
    body = error_body(error, request_id)
    headers = {"content-type": "application/json", "content-length": str(len(body))}
    may_help = error.retryable or error.retry_after_s is not None
    headers["x-should-retry"] = "true" if may_help else "false"
    if error.retry_after_s is not None:
        delay_s = min(error.retry_after_s, RETRY_AFTER_S_MAX)
        headers["retry-after"] = str(ceil(delay_s))
        headers["retry-after-ms"] = str(ceil(delay_s * 1000))
    if isinstance(error, LimitReached):
        headers |= rate_headers(error.allowances)
    if isinstance(error, NotAuthenticated):
        headers["www-authenticate"] = 'Bearer realm="Limner"'
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = ", ".join(error.allowed)
    return Refusal(error.status, headers, body)
