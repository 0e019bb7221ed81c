"""Keys: how one looks, how it is checked, what it allows. Only a hash is ever stored.

    sk-limner-<32 base-62 characters><6 base-62 characters of CRC-32>

The checksum tells a mistyped key from an unknown one without asking the database; the prefix lets secret scanners find
a leaked one. 32 characters of base 62 are 190 random bits, so a plain SHA-256 is not worth guessing against.
"""

from __future__ import annotations

import hashlib
import secrets
import zlib
from dataclasses import dataclass
from typing import Final, Protocol

from limner.job import Strictness

PREFIX: Final = "sk-limner-"
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_CHARS: Final = 32
_CHECKSUM_CHARS: Final = 6
MASK_CHARS_SHOWN: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as stored: everything but its secret. hint: its masked form. revoked_at_s: None while it is good.

    strictness: None follows the server's setting.
    """

    id: str
    account_id: str
    name: str
    admin: bool
    strictness: Strictness | None
    hint: str
    created_at_s: float
    revoked_at_s: float | None


class KeyStore(Protocol):
    """Where keys are kept."""

    async def find(self, secret_hash: bytes) -> Key | None:
        """The key with this hash, revoked or not."""
        ...


def new_secret() -> str:
    """A fresh key, to be shown once."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARS))
    return PREFIX + body + _checksum(body)


def well_formed(secret: str) -> bool:
    """Whether `secret` has the prefix, the length, the alphabet and the checksum of a key of ours."""
    body, checksum = secret[len(PREFIX) : -_CHECKSUM_CHARS], secret[-_CHECKSUM_CHARS:]
    return (
        secret.startswith(PREFIX)
        and len(body) == _RANDOM_CHARS
        and secret.isascii()
        and secrets.compare_digest(_checksum(body), checksum)
    )


def secret_hash(secret: str) -> bytes:
    """SHA-256 of a key: 32 bytes, the only form that is stored."""
    return hashlib.sha256(secret.encode()).digest()


def masked(secret: str) -> str:
    """`secret` fit for a message or a list: its start, stars, its last four characters; short ones all stars."""
    start = PREFIX if secret.startswith(PREFIX) else secret[:MASK_CHARS_SHOWN]
    if len(secret) < len(start) + 2 * MASK_CHARS_SHOWN:
        return "*" * len(secret)
    return f"{start}{'*' * 8}{secret[-MASK_CHARS_SHOWN:]}"


def _checksum(body: str) -> str:
    value, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM_CHARS):
        value, digit = divmod(value, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
