"""The rules of uploaded files."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.errors import LimitReached, TooLarge
from limner.files import FILENAME_CHARS_MAX, FileLimits, check_room, check_size, clean_filename, new_file_id

LIMITS = FileLimits(file_bytes_max=10, files_max=2, account_bytes_max=15)


def test_ids_look_like_openais_and_differ() -> None:
    """An id is `file-` and 24 characters of base 62."""
    made = {new_file_id() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"file-[0-9A-Za-z]{24}", file_id) for file_id in made)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("fox.png", "fox.png"),
        ("/etc/passwd", "passwd"),
        ("C:\\pictures\\fox.png", "fox.png"),
        ("a\r\nb\x00.png", "ab.png"),
        ("рыба 魚.png", "рыба 魚.png"),
        ("", "upload"),
        ("folder/", "upload"),
        (" \t ", "upload"),
        ("a" * 300, "a" * 255),
    ],
)
def test_names_are_cleaned(name: str, clean: str) -> None:
    """What is kept of a name is its last part, printable and of limited length; nothing left is `upload`."""
    assert clean_filename(name) == clean


@given(st.text())
def test_any_name_becomes_a_fit_one(name: str) -> None:
    """No name survives with a separator, a control character or too many characters, and none becomes empty."""
    clean = clean_filename(name)
    assert clean
    assert clean.isprintable()
    assert len(clean) <= FILENAME_CHARS_MAX
    assert not set(clean) & {"/", "\\"}


def test_the_size_of_a_file_has_a_limit() -> None:
    """As many bytes as the limit pass, one more does not."""
    check_size(10, LIMITS)
    with pytest.raises(TooLarge, match="11 bytes; at most 10") as refused:
        check_size(11, LIMITS)
    assert (refused.value.status, refused.value.code, refused.value.param) == (413, "file_too_large", "file")


def test_the_files_of_an_account_have_a_limit() -> None:
    """The last file that fits is taken, the next one is not."""
    check_room(1, LIMITS, files=1, stored_bytes=0)
    with pytest.raises(LimitReached, match="keeps 2 files") as refused:
        check_room(1, LIMITS, files=2, stored_bytes=0)
    assert (refused.value.status, refused.value.code) == (429, "file_limit_reached")


def test_the_bytes_of_an_account_have_a_limit() -> None:
    """The last byte that fits is taken, the next one is not."""
    check_room(5, LIMITS, files=1, stored_bytes=10)
    with pytest.raises(LimitReached, match="6 more would pass the limit of 15") as refused:
        check_room(6, LIMITS, files=1, stored_bytes=10)
    assert refused.value.code == "file_storage_limit_reached"
