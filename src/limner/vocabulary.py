"""The vocabulary text is counted in, `o200k_base`, kept in 4 MB: bytes to rank, and text to a number of tokens.

tiktoken holds the same vocabulary in 45 to 70 MB, since it also encodes and decodes at speed; only counting is needed
here, and a test holds every count against tiktoken's. Byte-pair encoding: text is cut into pieces by a pattern, and in
each piece the neighbours with the lowest rank are merged, the leftmost first, until no pair is in the vocabulary.
Source: tiktoken, openai_public.py and src/lib.rs.
"""

from __future__ import annotations

import heapq
import zlib
from array import array
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Final

import regex

TOKENS: Final = 199_998
_SLOTS: Final = 2**19
"""Of the hash table: 2.6 a token, so that most lookups end at the first one."""
_EMPTY: Final = TOKENS
"""Stands in a slot that has no token."""

_PIECES: Final = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)
"""How text is cut, part of the vocabulary's definition."""


class Vocabulary:
    """Every token with its rank. layout: one byte per token, its length; then all tokens; both in order of rank."""

    def __init__(self, layout: bytes) -> None:
        self._tokens = layout[TOKENS:]
        self._starts = array("I", accumulate(layout[:TOKENS], initial=0))
        self._slots = array("I", [_EMPTY]) * _SLOTS
        self._pieces = regex.compile(_PIECES)
        for rank in range(TOKENS):
            self._slots[self._slot(self._token(rank))] = rank

    def rank(self, token: bytes) -> int | None:
        """The rank of `token`, or None when it is no token."""
        rank = self._slots[self._slot(token)]
        return None if rank == _EMPTY else rank

    def count(self, text: str) -> int:
        """Tokens of `text`. Names of special tokens in it are plain text; what is no Unicode counts as `?`."""
        return sum(self._count_piece(piece.encode("utf-8", "replace")) for piece in self._pieces.findall(text))

    def _token(self, rank: int) -> bytes:
        return self._tokens[self._starts[rank] : self._starts[rank + 1]]

    def _slot(self, token: bytes) -> int:
        """Where `token` stands in the table, or the empty slot where it would."""
        slot = zlib.crc32(token) % _SLOTS
        while (rank := self._slots[slot]) != _EMPTY and self._token(rank) != token:
            slot = (slot + 1) % _SLOTS
        return slot

    def _count_piece(self, piece: bytes) -> int:
        if self.rank(piece) is not None:
            return 1
        length = len(piece)
        # A part is known by its start: where the next one starts, and where the one before it does.
        after, before = list(range(1, length + 1)), list(range(-1, length - 1))
        parts = length
        pairs: list[tuple[int, int, int]] = []  # rank, start of the first part, end of the second

        def consider(start: int, end: int) -> None:
            rank = self.rank(piece[start:end])
            if rank is not None:
                heapq.heappush(pairs, (rank, start, end))

        for start in range(length - 1):
            consider(start, start + 2)
        while pairs:
            _, start, end = heapq.heappop(pairs)
            middle = after[start]
            # A pair of which one part has been merged elsewhere meanwhile is no pair any more.
            if middle in {_GONE, length} or after[middle] != end:
                continue
            after[start], after[middle] = end, _GONE
            parts -= 1
            if end < length:
                before[end] = start
                consider(start, after[end])
            if start > 0:
                consider(before[start], end)
        return parts


_GONE: Final = -1
"""In place of a part's end: it has been merged into the part before it."""


@cache
def o200k_base() -> Vocabulary:
    """The vocabulary, read on first use; about a quarter of a second."""
    return Vocabulary(zlib.decompress((files("limner.data") / "o200k_base.bin.z").read_bytes()))
