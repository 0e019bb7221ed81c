"""Lists of words: how they are written and what they find."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.moderators.wordlist import LIST_BYTES_MAX, InvalidList, parse_list, read_list, words_of

LIST = parse_list(
    """
    # Whoever looks after it, and since when.
    everywhere
    [violence]
    blow up  # what one does to buildings
    [sexual auto]
    nudé
    Straße
    裸体
    हिन्दी
    [self-harm/intent]
    nude
    """
)


def categories(text: str) -> list[str | None]:
    """Categories of the terms found."""
    return [term.category for term in LIST.found(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Blow Up the bridge",
        "blow\n\tup",
        "blow, up!",
        "blow_up",
        "\uff42\uff4c\uff4f\uff57\u3000\uff55\uff50",
        "b\u200bl\u2060ow u\u00adp",
        "blöw ùp",
        "b\u0336l\u0336o\u0336w u\u0336p",
        "\U0001d41b\U0001d425\U0001d428\U0001d430 up",
        "b\ufe0flow\U000e0101 up",
    ],
)
def test_a_phrase_is_found_however_it_is_written(text: str) -> None:
    """Capitals, accents, invisible characters, other writings of a letter and what stands between change nothing."""
    assert categories(text) == ["violence"]


@pytest.mark.parametrize("text", ["blow it up", "up blow", "blower up", "blow upwards", "denude", "nudes", ""])
def test_only_whole_words_one_after_another_are_found(text: str) -> None:
    """A term inside a longer word, or with a word between its own, is another text."""
    assert categories(text) == []


def test_all_that_is_found_is_told() -> None:
    """Each category with a term in the text, and none for a term above the first heading."""
    assert set(categories("blow up everywhere in the nude")) == {None, "violence", "sexual", "self-harm/intent"}


def test_scripts_without_spaces_are_searched_within() -> None:
    """Nothing tells where a word ends there, so the term is found inside the text."""
    assert categories("她裸体了") == ["sexual"]
    assert categories("STRASSE") == ["sexual"]


def test_marks_that_make_another_letter_count() -> None:
    """Only marks that may be left out are: a vowel sign in Devanagari or a voiced kana is a letter's own."""
    assert categories("हिन्दी है") == ["sexual"]
    assert categories("हनद") == []
    assert words_of("が") != words_of("か")
    assert words_of("שָׁלוֹם") == words_of("שלום")


def test_a_heading_says_what_low_lets_pass() -> None:
    """`[sexual auto]` is for the stricter level alone."""
    assert {(term.category, term.low_passes) for term in LIST.found("blow up straße")} == {
        ("violence", False),
        ("sexual", True),
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it has no terms"),
        ("# nothing\n[violence]", "it has no terms"),
        ("fine\n***", "line 2 has neither letters nor digits"),
        ("[violence", "line 1 is no heading"),
        ("[violence low]", "line 1 is no heading"),
        ("[a, b]", "line 1 is no heading"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(text: str, words: str) -> None:
    """The message names the line."""
    with pytest.raises(InvalidList, match=words):
        parse_list(text)


@given(st.text())
def test_any_text_can_be_held_against_a_list(text: str) -> None:
    """Whatever the characters, there are words or none, in the same form a second time."""
    words = words_of(text)
    assert words_of(" ".join(words)) == words
    list(LIST.found(text))


@given(st.text(min_size=1).filter(words_of), st.text())
def test_a_term_is_always_found_where_it_stands(term: str, before: str) -> None:
    """Between line breaks, every text that can be a term is found, however it is written."""
    single = " ".join(words_of(term))
    assert any(found.words == words_of(term) for found in parse_list(single).found(f"{before}\n{term}\n{before}"))


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    """Absent, another encoding, too large, wrong inside: each has its sentence with the file's name."""
    file = tmp_path / "list.txt"
    for content, words in (
        (None, "cannot be read: No such file"),
        (b"\xff\xfe", "is no UTF-8"),
        (b"x" * (LIST_BYTES_MAX + 1), "has more than 4194304 bytes"),
        (b"[", "line 1 is no heading"),
    ):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(ValueError, match=words) as refused:
            read_list(file)
        assert str(file) in str(refused.value)
    file.write_bytes(b"\xef\xbb\xbf[violence]\r\nblow up\r\n")
    assert [term.category for term in read_list(file).found("blow up")] == ["violence"]


def test_the_example_in_the_document_can_be_used() -> None:
    """docs/moderation.md shows a list, and says what it finds."""
    page = (Path(__file__).parents[2] / "docs" / "moderation.md").read_text()
    example = parse_list(page.partition("```\n# One")[2].partition("```")[0].partition("\n")[2])
    assert [(term.category, term.low_passes) for term in example.found("Blow, UP a nude")] == [
        ("violence", False),
        ("sexual", True),
    ]
    assert not [*example.found("blow it up, or blowing up")]
