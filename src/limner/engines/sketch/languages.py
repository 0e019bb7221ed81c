"""Prompts in other languages, turned into the English words sketch reads.

Knows tables of words, no grammar but one rule: where colours stand. A word in no table becomes one that English does
not have either, so that a French "pain" is never an English one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from limner.engines.sketch import vocabulary
from limner.engines.sketch.art import foreign_words

_PHRASE_WORDS_MAX: Final = 5
_UNKNOWN: Final = "zz"
_ENGLISH: Final = frozenset(
    (
        "the", "an", "of", "and", "with", "on", "at", "is", "over", "under", "by", "from", "into", "to", "his", "her",
        "their", "that", "which", "for", "as", "no", "near", "two", "three", "photo", "portrait",
    )
)  # fmt: skip
"""Small words that count for English against the others."""
_SURE: Final = 2
"""How many of its small words tell a language."""
_PLURALS: Final = (("es", ""), ("s", ""), ("x", ""), ("en", ""), ("n", ""), ("e", ""), ("er", ""))
_MARKS: Final = frozenset(",.;:!?()\n")


@dataclass(frozen=True, slots=True)
class _Language:
    """known_by: its small words. phrases: of it -> English. after: whether colours stand after what they colour."""

    known_by: frozenset[str]
    phrases: Mapping[str, str]
    after: bool


def in_english(text: str) -> str:
    """The prompt with the words it shares with no table left out; English ones as they are.

    text: in lower case, as a caller wrote it but for quoted texts.
    """
    words = re.findall(r"[^\W_]+|[,.;:!?()\n]", text)
    language = _language(frozenset(words))
    return text if language is None else " ".join(_translated(words, language))


def _language(words: frozenset[str]) -> _Language | None:
    """The language of a prompt; None for English and for what cannot be told."""
    best = max(_languages().values(), key=lambda language: len(language.known_by & words))
    score = len(best.known_by & words)
    return best if score >= _SURE and score > len(_ENGLISH & words) else None


def _translated(words: list[str], language: _Language) -> list[str]:
    out: list[str] = []
    at = 0
    while at < len(words):
        length, english = _phrase(words, at, language)
        if language.after and english in vocabulary.COLOURS and out and out[-1] not in _MARKS:
            out.insert(len(out) - 1, english)
        else:
            out.append(english)
        at += length
    return out


def _phrase(words: list[str], at: int, language: _Language) -> tuple[int, str]:
    """The longest known phrase that begins here, as (its words, its English)."""
    if words[at] in _MARKS or words[at].isdigit():
        return 1, words[at]
    for length in range(min(_PHRASE_WORDS_MAX, len(words) - at), 0, -1):
        english = language.phrases.get(" ".join(words[at : at + length]))
        if english is not None:
            return length, english
    for ending, singular in _PLURALS:
        stem = words[at].removesuffix(ending) + singular
        if stem != words[at] and stem in language.phrases and len(stem) > 2:  # noqa: PLR2004 - no article is a plural
            return 1, language.phrases[stem]
    return 1, _UNKNOWN


@cache
def _languages() -> Mapping[str, _Language]:
    text = (resources.files("limner.engines.sketch") / "languages.toml").read_text(encoding="utf-8")
    tables: dict[str, Any] = tomllib.loads(text)
    return {
        code: _Language(
            known_by=frozenset(table["known_by"].split()),
            phrases=dict(foreign_words(code))
            | {phrase.strip(): english for english, phrases in table["words"].items() for phrase in phrases.split(",")},
            after=table["after"],
        )
        for code, table in tables.items()
    }
