"""The ids of jobs."""

from __future__ import annotations

import re

from limner.job import new_job_id


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
