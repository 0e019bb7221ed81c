"""What a request's headers say of its having been sent before, and whether its client would send it again.

The official SDKs count in `x-stainless-retry-count`, 0 the first time, and send no `Idempotency-Key` by themselves
(openai-python 3.52, openai-node 7.57, November 2026). A caller may send one in any client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from limner.claims import IDEMPOTENCY_KEY_CHARS_MAX, Repeat, is_idempotency_key
from limner.contract.refusals import echo
from limner.errors import InvalidRequest

_COUNT: Final = "x-stainless-retry-count"
_COUNT_DIGITS_MAX: Final = 4
_KEY: Final = "idempotency-key"


def repeat_of(headers: Mapping[str, str]) -> Repeat:
    """What the headers say. Raises InvalidRequest for an idempotency key that is none."""
    return Repeat(retries=_retries(headers), idempotency_key=idempotency_key_of(headers))


def was_sent_before(headers: Mapping[str, str]) -> bool:
    """Whether the headers say so, or leave it open."""
    return bool(_retries(headers)) or _KEY in headers


def comes_back(headers: Mapping[str, str]) -> bool:
    """Whether the client sends the same request again when it is told to.

    The SDKs do; but Node's cannot send a body again of which it did not know the length.
    """
    return _retries(headers) is not None and "content-length" in headers


def _retries(headers: Mapping[str, str]) -> int | None:
    text = headers.get(_COUNT, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _COUNT_DIGITS_MAX else None


def idempotency_key_of(headers: Mapping[str, str]) -> str | None:
    """What was sent as `Idempotency-Key`, if anything was. Raises InvalidRequest for what is none."""
    sent = headers.get(_KEY)
    if sent is None:
        return None
    if not is_idempotency_key(sent):
        raise InvalidRequest(
            f"Invalid 'Idempotency-Key': '{echo(sent)}'. Expected 1 to {IDEMPOTENCY_KEY_CHARS_MAX} printable ASCII "
            "characters.",
            code="invalid_value",
        )
    return sent
