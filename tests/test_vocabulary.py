"""Every count is tiktoken's count."""

from __future__ import annotations

from functools import cache

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.vocabulary import _PIECES, TOKENS, o200k_base

SCRIPTS = st.characters(
    categories=("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Nd", "Nl", "Po", "Ps", "Sm", "So", "Zs", "Cc", "Cf")
)
WORDS = st.sampled_from(
    [
        "a",
        "fox",
        " in",
        " the",
        "Snow",
        "'s",
        "'LL",
        "\r\n",
        "\n\n",
        "  ",
        "\t",
        "1234",
        " 3",
        "!!!",
        "é",
        "e\u0301",
        "漢字",
        "🦊",
    ]
)


@cache
def peer() -> tiktoken.Encoding:
    """Tiktoken with the very same tokens."""
    vocabulary = o200k_base()
    ranks = {vocabulary._token(rank): rank for rank in range(TOKENS)}
    return tiktoken.Encoding("o200k_base", pat_str=_PIECES, mergeable_ranks=ranks, special_tokens={})


def test_every_token_is_found_by_its_bytes() -> None:
    """The table has all tokens, each under its own rank."""
    vocabulary = o200k_base()
    assert all(vocabulary.rank(vocabulary._token(rank)) == rank for rank in range(TOKENS))
    assert vocabulary.rank(b"no token has these bytes") is None


@settings(max_examples=300)
@given(st.text(SCRIPTS, max_size=60) | st.lists(WORDS, max_size=30).map("".join))
def test_any_text_counts_as_tiktoken_counts_it(text: str) -> None:
    """Whatever the script, the spacing or the punctuation."""
    assert o200k_base().count(text) == len(peer().encode_ordinary(text))


@settings(max_examples=100)
@given(st.text("ab", min_size=1, max_size=300) | st.text("aA'sé ", max_size=200))
def test_long_pieces_merge_in_tiktokens_order(text: str) -> None:
    """Few letters, many ties: the lowest rank first, the leftmost of equals."""
    assert o200k_base().count(text) == len(peer().encode_ordinary(text))


@pytest.mark.parametrize(
    "text", ["a" * 5000, "ab" * 3000, "\U0001f600" * 2000, " " * 4000 + "x", "漢" * 3000, "é" * 3001]
)
def test_long_repetitions_count_as_tiktoken_counts_them(text: str) -> None:
    """Where a naive merge would take quadratic time."""
    assert o200k_base().count(text) == len(peer().encode_ordinary(text))


def test_what_is_no_unicode_is_counted() -> None:
    """A lone surrogate is a question mark."""
    assert o200k_base().count("\ud800") == o200k_base().count("?")
