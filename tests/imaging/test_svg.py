"""What a drawing says of itself, without drawing it."""

from __future__ import annotations

import pytest

from limner.imaging.svg import holding, size_told
from limner.job import Size


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b'<svg width="300" height="200"/>', Size(300, 200)),
        (
            b"<?xml version='1.0'?><!-- it -->\n<svg viewBox='0 0 9 9' width=' 12.6px' height='7' >",
            Size(13, 7),
        ),
        (b'<svg viewBox="-5,-5 40.2 30">', Size(40, 30)),
        (b'<svg width="100%" height="100%" viewBox="0 0 40 30">', Size(40, 30)),
        (b'<svg width="10cm" height="5cm">', None),
        (b'<svg stroke-width="3" height="5"><rect width="8" height="9"/></svg>', None),
        (b'<svg width="0" height="5">', None),
        (b'<svg width="999999" height="5">', None),
        (b"<svgs width='3' height='5'>", None),
        (b"no drawing", None),
        (b" " * 70_000 + b"<svg width='3' height='5'>", None),
        (b"<svg " * 20_000, None),
    ],
)
def test_a_drawing_says_how_large_it_is(data: bytes, size: Size | None) -> None:
    """By the width and height of its first element in pixels, else by its view box."""
    assert size_told(data) == size


def test_a_picture_in_a_drawing_gives_it_its_size() -> None:
    """What is written here is read here."""
    assert size_told(holding(b"png", Size(640, 480))) == Size(640, 480)
