"""The ids of jobs, and sizes as texts."""

from __future__ import annotations

import re

import pytest

from limner.job import Size, new_job_id


def test_ids_have_the_form_of_openais() -> None:
    """`req_` and 32 hexadecimal digits, as clients and their logs know request ids."""
    assert re.fullmatch("req_[0-9a-f]{32}", new_job_id(1_790_000_000.0))


def test_ids_ascend_with_time() -> None:
    """An id made later comes later in the order of texts, whatever chance adds to it."""
    ids = [new_job_id(1_790_000_000.0 + later_s / 64) for later_s in range(300)]
    assert ids == sorted(ids)


def test_ids_of_one_moment_differ() -> None:
    """Two requests of one millisecond have two jobs."""
    assert len({new_job_id(1_790_000_000.0) for _ in range(1000)}) == 1000


def test_a_size_is_read_as_it_is_written() -> None:
    """WIDTHxHEIGHT, the form of every wire and file."""
    assert Size.of_text(str(Size(1536, 1024))) == Size(1536, 1024)


@pytest.mark.parametrize("text", ["", "auto", "1024", "1024x", "1024x1024x1", "1024*1024"])
def test_what_is_no_size_is_an_error(text: str) -> None:
    """Nothing is made of half a size."""
    with pytest.raises(ValueError, match=r"unpack|invalid literal"):
        Size.of_text(text)
