"""The record of a job: which ends are paid for, and where its pictures are kept."""

from __future__ import annotations

from limner.job import Format
from limner.record import Outcome, result_key


def test_only_what_was_delivered_or_stored_is_charged() -> None:
    """Of all the ways a job can end the account pays for two."""
    assert {outcome for outcome in Outcome if outcome.charged} == {Outcome.DELIVERED, Outcome.STORED}


def test_results_are_named_for_job_and_place() -> None:
    """Each picture of a job has its own key."""
    assert result_key("req_a", 1, Format.JPEG) == "req_a/1.jpeg"
