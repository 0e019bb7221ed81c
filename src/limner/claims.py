"""Claims: how a request that was sent before finds its job, and which of several identical jobs it means.

The official SDKs send a request again when its connection broke, its time was up or the answer asked for it, and say in
`x-stainless-retry-count` how often they have; they send nothing that tells two identical requests apart. A caller may,
by an `Idempotency-Key`. Rules:

- A first request (count 0, no key of its own) is always a job of its own: the same prompt sent twice is two pictures.
- A retry may have a job of the same key, endpoint and content that fewer retries have claimed, and claims it: of two
  retries with the same count, no two get the same job. One that finds none left is a job of its own.
- A request that was refused, failed or cancelled comes again, too, and must not get a twin's picture: it leaves a
  refusal behind, and the retry that takes it up is a job of its own.
- Of several jobs and refusals it gets one that nobody waits for, else a job under way, else one whose answer may have
  got lost; of equals the one with the most retries behind it, and of those the newest.

Knows no database and no wire.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from limner.errors import Conflict

RETRY_S_MAX: Final = 900.0
"""How long after its end a job may be claimed by a retry: the SDKs wait 600 s for an answer that got lost unnoticed,
then up to a minute before they ask again."""
REFUSAL_S_MAX: Final = 120.0
"""How long the retry of a refused request is waited for: twice the longest the SDKs can be told to wait."""
IDEMPOTENCY_S: Final = 86_400.0
"""How long an `Idempotency-Key` stands for its job."""
IDEMPOTENCY_KEY_CHARS_MAX: Final = 255
"""As in Stripe's API, whose habit the header is; a UUID has 36."""
IDEMPOTENCY_KEY_PATTERN: Final = r"[\x21-\x7e]+(?: +[\x21-\x7e]+)*"
"""What every HTTP library can send: visible ASCII, and blanks within."""
_KEY: Final = re.compile(IDEMPOTENCY_KEY_PATTERN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """What a request says of having been sent before.

    retries: how often, by the SDKs' own count; None when its sender does not count. idempotency_key: by which its
    sender knows it.
    """

    retries: int | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a request may be found by, and finds its job by.

    fingerprint: of its content, SHA-256. of_task: whether its sender waits for the id of a task alone. unattended: jobs
    under way of that content that nobody waits for, as far as this process knows.
    """

    key_id: str
    fingerprint: bytes
    repeat: Repeat
    of_task: bool = False
    unattended: frozenset[str] = frozenset()

    @property
    def returning(self) -> bool:
        """Whether it may mean a job that is there already."""
        return bool(self.repeat.retries) or self.repeat.idempotency_key is not None

    @property
    def found_by_content(self) -> bool:
        """Whether a retry without any other mark may come for it."""
        return self.repeat.retries is not None and self.repeat.idempotency_key is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A job, or a refusal, that a retry may mean. retries: the most that any request which had it had behind it.

    abandoned: whether nobody waits for it, nor has got it.
    """

    id: str | int
    retries: int
    since_s: float
    abandoned: bool
    running: bool = False
    is_refusal: bool = False


def in_order(candidates: Iterable[Candidate], retries: int) -> list[Candidate]:
    """Those that a request sent for that many times after the first may mean, the likeliest first."""
    return sorted(
        (candidate for candidate in candidates if candidate.retries < retries),
        key=lambda candidate: (
            not candidate.abandoned,
            not (candidate.abandoned or candidate.running),
            -candidate.retries,
            candidate.is_refusal,
            -candidate.since_s,
        ),
    )


def is_idempotency_key(text: str) -> bool:
    """Whether `text` can be one."""
    return len(text) <= IDEMPOTENCY_KEY_CHARS_MAX and _KEY.fullmatch(text) is not None


def other_content() -> Conflict:
    """The refusal of an `Idempotency-Key` that stands for another request."""
    return Conflict(
        "This Idempotency-Key was sent before with a different request. Use a new key for a new request, or send the "
        "same request again.",
        code="idempotency_key_reused",
    )


def answer_gone() -> Conflict:
    """The refusal of an `Idempotency-Key` whose answer was delivered and is no longer kept: another would be paid."""
    return Conflict(
        "The request with this Idempotency-Key was answered before, and its pictures are no longer kept. Use a new key "
        "to have new ones made.",
        code="idempotency_answer_expired",
    )
