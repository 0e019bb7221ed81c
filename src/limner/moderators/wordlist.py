"""A list of words: how it is written, and how a text is held against it. Pure but for reading the file.

Text and terms are brought to one form first, so that capitals, accents, invisible characters and other writings of the
same letter change nothing. Then both are words: a term matches whole words, one after another, whatever stands between
them. Scripts written without spaces have no words to tell apart: there each character counts as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final
from unicodedata import normalize

import regex

LIST_BYTES_MAX: Final = 4 * 1024 * 1024
"""Far more than any list that somebody looks after."""

_INVISIBLE: Final = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}]+")
_ACCENTS: Final = regex.compile(
    # Marks of Latin, Greek and Cyrillic letters, and the points of Hebrew and Arabic, which may be left out. Marks that
    # make another letter, as in Devanagari or Japanese, stay.
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]+"
)
_UNSPACED: Final = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD: Final = regex.compile(rf"[{_UNSPACED}]|[[\p{{L}}\p{{N}}\p{{M}}]--[{_UNSPACED}]]+", regex.V1)
_HEADING: Final = regex.compile(r"\[\s*([A-Za-z][A-Za-z0-9_/-]{0,63})(\s+auto)?\s*\]")
"""A category goes into answers, where OpenAI's have names such as `self-harm/intent`."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that are refused one after another. low_passes: whether `moderation=low` lets them pass."""

    words: tuple[str, ...]
    category: str | None
    low_passes: bool


@dataclass(frozen=True, slots=True)
class WordList:
    """Terms by their first word."""

    terms: Mapping[str, tuple[Term, ...]]

    def found(self, text: str) -> Iterator[Term]:
        """Every term in `text`, in its order; a term as often as it is there."""
        words = words_of(text)
        for index, word in enumerate(words):
            for term in self.terms.get(word, ()):
                if words[index : index + len(term.words)] == term.words:
                    yield term


def words_of(text: str) -> tuple[str, ...]:
    """The words of `text` in the form in which they are compared."""
    bare = _INVISIBLE.sub("", normalize("NFKD", _INVISIBLE.sub("", text)))
    # Folding may part a letter from a mark once more, as with the Turkish capital I.
    folded = _ACCENTS.sub("", normalize("NFKD", bare.casefold()))
    return tuple(_WORD.findall(normalize("NFKC", folded)))


def read_list(file: Path) -> WordList:
    """The list in `file`. Raises ValueError with a sentence for one that cannot be used."""
    try:
        with file.open("rb") as opened:
            data = opened.read(LIST_BYTES_MAX + 1)
        if len(data) > LIST_BYTES_MAX:
            raise ValueError(f'"{file}" has more than {LIST_BYTES_MAX} bytes')
        return parse_list(data.decode("utf-8-sig"))
    except OSError as error:
        raise ValueError(f'"{file}" cannot be read: {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise ValueError(f'"{file}" is no UTF-8') from error
    except InvalidList as error:
        raise ValueError(f'"{file}": {error}') from error


class InvalidList(ValueError):
    """A text is no list; the message names the line."""


def parse_list(text: str) -> WordList:
    """The list written in `text`. Raises InvalidList."""
    terms = dict[str, list[Term]]()
    category, low_passes = None, False
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        if content.startswith("["):
            heading = _HEADING.fullmatch(content)
            if heading is None:
                raise InvalidList(f"line {number} is no heading such as [violence] or [violence auto]: {content[:60]}")
            category, low_passes = heading[1], heading[2] is not None
            continue
        words = words_of(content)
        if not words:
            raise InvalidList(f"line {number} has neither letters nor digits: {content[:60]}")
        terms.setdefault(words[0], []).append(Term(words, category, low_passes))
    if not terms:
        raise InvalidList("it has no terms")
    return WordList(MappingProxyType({first: tuple(others) for first, others in terms.items()}))
