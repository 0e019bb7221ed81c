"""A moderator that holds prompts against a list of words. Looks at no pictures."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from limner.blobs import Blob
from limner.engine import Probe
from limner.job import Moderation
from limner.moderation import Ruling, Verdict

if TYPE_CHECKING:
    from limner.moderators.wordlist import WordList

JUDGED_INLINE_CHARS_MAX: Final = 1000
"""Prompts up to here are judged on the event loop: a quarter of a millisecond with 5000 terms; the longest take 9."""


class WordsSettings(BaseModel):
    """Settings of one word list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Path = Field(
        description="The list: a term or phrase a line, `#` before a comment, `[CATEGORY]` over those of a category, "
        "`[CATEGORY auto]` over those that `low` lets pass."
    )

    @field_validator("file")
    @classmethod
    def _can_be_used(cls, file: Path) -> Path:
        _read(file)
        return file


def _read(file: Path) -> WordList:
    # What brings texts to one form takes 30 ms and some megabytes: a gateway without a list does not wait for it.
    from limner.moderators.wordlist import read_list  # noqa: PLC0415

    return read_list(file)


class WordsModerator:
    """Knows one list, read when it is built."""

    def __init__(self, settings: WordsSettings) -> None:
        self._file = settings.file
        self._list = _read(settings.file)

    async def judge(self, prompt: str, images: tuple[Blob, ...], level: Moderation) -> Verdict:  # noqa: ARG002  no text
        """Refuse a prompt with a term of the list, for the categories of all its terms."""
        if len(prompt) <= JUDGED_INLINE_CHARS_MAX:
            return self._judged(prompt, level)
        return await asyncio.to_thread(self._judged, prompt, level)

    async def probe(self) -> Probe:
        """Always there: the list is in memory."""
        count = sum(len(terms) for terms in self._list.terms.values())
        return Probe(reachable=True, detail=f"{self._file}, terms: {count}")

    async def close(self) -> None:
        """Nothing is held."""

    def _judged(self, prompt: str, level: Moderation) -> Verdict:
        broken = [term for term in self._list.found(prompt) if not (term.low_passes and level is Moderation.LOW)]
        if not broken:
            return Verdict(Ruling.ALLOWED)
        return Verdict(Ruling.BLOCKED, tuple(sorted({term.category for term in broken if term.category is not None})))
