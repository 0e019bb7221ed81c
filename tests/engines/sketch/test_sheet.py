"""The contact sheet: its prompts, and the page they make."""

from __future__ import annotations

from limner.engines.sketch.sheet import COLUMNS, contact_sheet, samples
from limner.imaging.pixels import is_opaque
from limner.job import Quality


def test_there_are_a_hundred_prompts_and_each_claims_something() -> None:
    """No prompt stands twice, and none is without a claim."""
    assert len({sample.text for sample in samples()}) == 100
    assert all(sample.claims and sample.topic for sample in samples())


def test_the_page_has_every_picture_in_its_place() -> None:
    """All are told in order; each stands on the page, on a checkered ground where it is clear."""
    told: list[int] = []
    page = contact_sheet(16, Quality.LOW, lambda number, _: told.append(number))
    assert told == list(range(100))
    assert is_opaque(page)
    assert page.shape[1] == COLUMNS * 26 + 10
    assert page.shape[0] == 10 * (16 + 44 + 10) + 10
