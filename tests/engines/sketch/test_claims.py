"""The table of claims: what the pictures of the contact sheet must show, they show."""

from __future__ import annotations

import pytest

from limner.engines.sketch.claims import check
from limner.engines.sketch.sheet import Sample, more_samples, samples


@pytest.mark.parametrize("sample", [*samples(), *more_samples()], ids=lambda sample: sample.text)
def test_a_picture_shows_what_it_must(sample: Sample) -> None:
    """Every claim of a prompt holds, on the scene graph and on the pixels, but for those listed as not met."""
    missed = {verdict.claim for verdict in check(sample) if verdict.fault is not None}
    assert missed == set(sample.unmet)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("a cat", "2 cat"),
        ("a cat", "1 dog"),
        ("a red cat", "1 cat blue"),
        ("a cat on the left", "cat right"),
        ("a cat on the left", "cat large"),
        ("a cat and a dog", "cat riding dog"),
        ("a cat and a dog", "cat wearing dog"),
        ("a cat and a dog", "no things"),
        ("a cat", "cat crowd"),
        ("a cat", "cat sleeping"),
        ("a man", "person waving"),
        ("a cup", "hot-beverage of wood"),
        ("an elephant and a mouse", "mouse larger than elephant"),
        ("a meadow at noon", "hour night"),
        ("a meadow", "scene sea"),
        ("a meadow", "season winter"),
        ("a meadow", "style oil"),
        ("a meadow at noon", "dark"),
        ("a meadow at noon", "grey"),
        ("a meadow at noon", "mostly red"),
        ("a meadow at noon", "clear corners"),
        ("a foggy night on a lake", "colourful"),
        ('a poster "HELLO"', "text GOODBYE"),
    ],
)
def test_a_claim_can_fail(text: str, claim: str) -> None:
    """A check that finds everything right would prove nothing: each kind finds its fault."""
    (verdict,) = check(Sample("test", text, (claim,)))
    assert verdict.fault


def test_a_claim_of_no_known_spelling_is_an_error() -> None:
    """A claim that nothing checks never counts as met."""
    with pytest.raises(ValueError, match="no such claim"):
        check(Sample("test", "a cat", ("purrs",)))
