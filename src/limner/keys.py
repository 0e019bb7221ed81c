"""Keys: how one looks, how it is checked, what it allows. Only a hash is ever stored.

    sk-limner-<32 base-62 characters><6 base-62 characters of CRC-32>

The checksum tells a mistyped key from an unknown one without asking the database; the prefix lets secret scanners find
a leaked one. 32 characters of base 62 are 190 random bits, so a plain SHA-256 is not worth guessing against.
"""

from __future__ import annotations

import hashlib
import secrets
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

from limner.clock import Clock
from limner.errors import NotAuthenticated, NotPermitted
from limner.job import Strictness
from limner.limits import UNLIMITED, KeyLimits, Meter
from limner.trail import Stamp

PREFIX: Final = "sk-limner-"
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_CHARS: Final = 32
_CHECKSUM_CHARS: Final = 6
MASK_CHARS_SHOWN: Final = 4
MASK_CHARS_HIDDEN_MIN: Final = 16
"""A secret of which less would stay hidden shows nothing: a short key of another service is not to be half printed."""

CACHE_TTL_S: Final = 5.0
"""How long a key that was good is believed. Admission asks the database again, so this bounds only what is free."""
CACHE_KEYS_MAX: Final = 10_000
"""Keys remembered at a time, some 5 MB; beyond it the one asked for longest ago is forgotten."""

OVERLAP_S_MAX: Final = 366 * 86_400
"""The longest that a secret works beside the one in its place."""

_WHERE_TO_GET_ONE: Final = "Ask whoever runs this server for an API key; they make one with `limner keys create`."


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTerms:
    """What an operator grants a key and may change at any time.

    models: those it may ask for; None is all of them. expires_at_s: None is never. labels: the operator's own words,
    which Limner only repeats.
    """

    models: frozenset[str] | None = None
    limits: KeyLimits = UNLIMITED
    expires_at_s: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as stored: everything but its secrets. revoked_at_s: None while it is good.

    hint and secret_expires_at_s: of the secret it was found by, else of its newest: its masked form, and when it has to
    make room for a newer one. strictness: None follows the server's setting. strict: whether what it asks for must be
    brought about as asked, or is refused. markup_bp and account_closed: of its account.
    """

    id: str
    account_id: str
    name: str
    admin: bool
    strictness: Strictness | None
    strict: bool
    hint: str
    created_at_s: float
    revoked_at_s: float | None
    terms: KeyTerms = KeyTerms()
    secret_expires_at_s: float | None = None
    markup_bp: int = 0
    account_closed: bool = False

    @property
    def expires_at_s(self) -> float | None:
        """When it or the secret it was found by ends, whichever comes first; None for neither."""
        ends = [at_s for at_s in (self.terms.expires_at_s, self.secret_expires_at_s) if at_s is not None]
        return min(ends, default=None)

    def may_use(self, model: str) -> bool:
        """Whether it may ask for a model."""
        return self.terms.models is None or model in self.terms.models


class KeyStore(Protocol):
    """Where keys are looked up."""

    async def find(self, secret_hash: bytes) -> Key | None:
        """The key that has a secret with this hash, whether it is good or not."""
        ...


class KeyRegister(KeyStore, Protocol):
    """Where keys are kept. Whatever changes one leaves an act on the trail, in the same transaction."""

    async def add(self, key: Key, secret_hash: bytes, stamp: Stamp) -> None:
        """Store a new key.

        Raises Conflict when another key that is not revoked has its name or its account is closed, NotFound when there
        is no such account.
        """
        ...

    async def all(self) -> tuple[Key, ...]:
        """Every key, revoked ones too, the oldest first."""
        ...

    async def meters(self) -> Mapping[str, Meter]:
        """What each key has used, by its id."""
        ...

    async def change(self, key_id: str, change: Callable[[KeyTerms], KeyTerms], stamp: Stamp) -> Key:
        """Put `change` of a key's terms in their place, in one transaction. Raises NotFound for no such key."""
        ...

    async def rotate(self, key_id: str, new: NewSecret, old_until_s: float, stamp: Stamp) -> Key:
        """Give a key another secret. Those it has end at `old_until_s`, or sooner where they were to end sooner.

        Raises NotFound when there is no such key.
        """
        ...

    async def block(self, key_id: str, user: str, stamp: Stamp) -> None:
        """Draw no more for an end user of a key; one blocked before stays so. Raises NotFound for no such key."""
        ...

    async def unblock(self, key_id: str, user: str, stamp: Stamp) -> bool:
        """Draw for an end user again; whether they were blocked."""
        ...

    async def blocked(self, key_id: str) -> tuple[str, ...]:
        """The end users that a key may draw no more for, in the order of their names."""
        ...

    async def revoke(self, key_id: str, stamp: Stamp) -> Key:
        """Refuse the key from now on; one revoked before keeps its time.

        Raises NotFound when there is no such key.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """A secret as it is stored. hint: its masked form."""

    hash: bytes
    hint: str


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
        and set(_ALPHABET).issuperset(body + checksum)
        and secrets.compare_digest(_checksum(body), checksum)
    )


def secret_hash(secret: str) -> bytes:
    """SHA-256 of a key: 32 bytes, the only form that is stored."""
    return hashlib.sha256(secret.encode()).digest()


def masked(secret: str) -> str:
    """`secret` fit for a message or a list: its start, stars, its last four characters; a short one all stars."""
    start = PREFIX if secret.startswith(PREFIX) else secret[:MASK_CHARS_SHOWN]
    if len(secret) < len(start) + MASK_CHARS_HIDDEN_MIN + MASK_CHARS_SHOWN:
        return "*" * len(secret)
    return f"{start}{'*' * 8}{secret[-MASK_CHARS_SHOWN:]}"


def key_missing() -> NotAuthenticated:
    """The refusal of a request without a key. Source: observed at api.openai.com, August 2026; its end is ours."""
    return NotAuthenticated(
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the "
        f"API from your browser and are prompted for a username and password. {_WHERE_TO_GET_ONE}"
    )


def key_refused(hint: str) -> NotAuthenticated:
    """The refusal of a key that is unknown or revoked. hint: its masked form. Source as for `key_missing`."""
    return NotAuthenticated(f"Incorrect API key provided: {hint}. {_WHERE_TO_GET_ONE}", code="invalid_api_key")


def key_expired(hint: str, expired_at_s: float) -> NotAuthenticated:
    """The refusal of a key whose time is over, or whose secret has been replaced. hint: its masked form."""
    ended = datetime.fromtimestamp(expired_at_s, UTC).isoformat(sep=" ", timespec="seconds")
    return NotAuthenticated(
        f"Incorrect API key provided: {hint}. It expired at {ended}. {_WHERE_TO_GET_ONE}", code="invalid_api_key"
    )


def check_good(
    hint: Callable[[], str],
    *,
    revoked_at_s: float | None,
    expires_at_s: float | None,
    account_closed: bool,
    now_s: float,
) -> None:
    """Raise NotAuthenticated for a key that is good no more. hint: tells its masked form, should that be needed."""
    if revoked_at_s is not None:
        raise key_refused(hint())
    if expires_at_s is not None and expires_at_s <= now_s:
        raise key_expired(hint(), expires_at_s)
    if account_closed:
        raise account_deactivated()


def check_model(key: Key, model: str) -> None:
    """Raise NotPermitted when a key may not use a model. Status and code are OpenAI's for projects, the words ours."""
    if not key.may_use(model):
        raise NotPermitted(
            f"This API key does not have access to model `{model}`. GET /models lists those it has.",
            code="model_not_found",
        )


def user_blocked() -> NotPermitted:
    """The refusal of an end user whom the operator has blocked. OpenAI documents none of its own for images."""
    return NotPermitted(
        "The end user named by 'safety_identifier' or 'user' is blocked. Ask whoever runs this server about it.",
        code="identifier_blocked",
    )


def account_deactivated() -> NotAuthenticated:
    """The refusal of a key whose account is closed. Code as OpenAI has it for such accounts; the words are ours."""
    return NotAuthenticated(
        "The account associated with this API key has been deactivated. Ask whoever runs this server about it.",
        code="account_deactivated",
    )


class KeyRing:
    """Tells whose key a request shows, asking the store at most every few seconds for each key.

    Only keys that are there and open are remembered: one made a moment ago works at once, and guesses cannot push
    others out. Keys are
    looked up by their hash, so what the time of a lookup may tell brings nobody nearer to a secret.
    """

    def __init__(
        self, store: KeyStore, clock: Clock, *, ttl_s: float = CACHE_TTL_S, keys_max: int = CACHE_KEYS_MAX
    ) -> None:
        self._store = store
        self._clock = clock
        self._ttl_s = ttl_s
        self._keys_max = keys_max
        self._known: dict[bytes, tuple[Key, float]] = {}  # hash -> key, believed until; the oldest first
        self._revoked: set[str] = set()
        self._changes = 0

    async def authenticate(self, secret: str | None) -> Key:
        """The key whose secret this is. Raises NotAuthenticated when there is none, or none that is ours and good."""
        if secret and (known := self._remembered(secret_hash(secret))):
            return self._checked(secret, known)
        return await self.authenticate_now(secret)

    async def authenticate_now(self, secret: str | None) -> Key:
        """The same, with the store asked whatever is remembered: for what no admission checks again.

        What is found is remembered for those that one does check.
        """
        if not secret:
            raise key_missing()
        if not well_formed(secret):
            raise key_refused(masked(secret))
        return self._checked(secret, await self._ask(secret_hash(secret)))

    def _checked(self, secret: str, key: Key | None) -> Key:
        if key is None or key.id in self._revoked:
            raise key_refused(masked(secret))
        check_good(
            lambda: masked(secret),
            revoked_at_s=key.revoked_at_s,
            expires_at_s=key.expires_at_s,
            account_closed=key.account_closed,
            now_s=self._clock.now_s(),
        )
        return key

    def ask_again(self) -> None:
        """Believe nothing found before, since keys or accounts have changed; nor a lookup that is under way."""
        self._known.clear()
        self._changes += 1

    def forget(self, key_id: str) -> None:
        """Refuse a revoked key from this moment, even where a lookup under way still found it good."""
        self._revoked.add(key_id)

    def _remembered(self, hashed: bytes) -> Key | None:
        key, until_s = self._known.get(hashed, (None, 0.0))
        return key if self._clock.monotonic_s() < until_s else None

    async def _ask(self, hashed: bytes) -> Key | None:
        until_s = self._clock.monotonic_s() + self._ttl_s
        changes = self._changes
        key = await self._store.find(hashed)
        self._known.pop(hashed, None)
        if key is None or key.revoked_at_s is not None or key.account_closed or changes != self._changes:
            return key
        if len(self._known) >= self._keys_max:
            del self._known[next(iter(self._known))]
        self._known[hashed] = (key, until_s)
        return key


def _checksum(body: str) -> str:
    value, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM_CHARS):
        value, digit = divmod(value, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
