"""The contract of a moderator: what judges a request before an engine that does not do so itself.

A moderator sees what the caller wants drawn and nothing of HTTP, keys, money or engines. It never raises what went
wrong on its side: whether a request that could not be judged may pass is the operator's wish, and part of the verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from limner.blobs import Blob
from limner.engine import Probe
from limner.errors import ModerationBlocked, ModeratorUnavailable
from limner.job import Moderation


class Ruling(StrEnum):
    """What becomes of a request."""

    ALLOWED = "allowed"
    BLOCKED = "blocked"
    WAIVED = "waived"
    """Nobody could judge it, and the operator wants such requests drawn all the same."""
    UNJUDGED = "unjudged"
    """Nobody could judge it, so it is not drawn for now."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A ruling and, when the request is blocked, what for: names for the caller, possibly none."""

    ruling: Ruling
    categories: tuple[str, ...] = ()

    def enforce(self) -> None:
        """Raise ModerationBlocked or ModeratorUnavailable for a request that is not to be drawn."""
        if self.ruling is Ruling.BLOCKED:
            raise ModerationBlocked("The request was refused.", stage="input", categories=self.categories)
        if self.ruling is Ruling.UNJUDGED:
            raise ModeratorUnavailable("The request could not be checked just now. Please try again later.")


class Moderator(Protocol):
    """Judges requests. Any number of judgements may be under way at once."""

    async def judge(self, prompt: str, images: tuple[Blob, ...], level: Moderation) -> Verdict:
        """Judge a request, at no cost and within a time of its own.

        prompt: empty for a variation. images: what the caller sent to be edited, as far as the moderator takes
        pictures. level: LOW lets more pass. Raises InvalidImageRequest for a picture that is none.
        """
        ...

    async def probe(self) -> Probe:
        """Tell whether the moderator can be reached. Judges nothing and costs nothing."""
        ...

    async def close(self) -> None:
        """Give back what the moderator holds. No judgement is under way."""
        ...
