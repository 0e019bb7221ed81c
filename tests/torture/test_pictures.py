"""Pictures of the torture tell what they were drawn for, and whether they are whole."""

from __future__ import annotations

import pytest
from torture.pictures import EDGE_PX, Mark, drawn, mark_of

from limner.blobs import Blob
from limner.imaging.codec import inspect
from limner.job import Format, Size

MARK = Mark("ticket-7", "3f-12")
PICTURE = drawn(MARK)


def test_a_picture_says_what_it_was_drawn_for() -> None:
    """It is a PNG as any other, too."""
    facts = inspect(Blob.from_bytes(PICTURE, "image/png"))
    assert (facts.format, facts.size) == (Format.PNG, Size(EDGE_PX, EDGE_PX))
    assert mark_of(PICTURE) == MARK


@pytest.mark.parametrize("picture", [b"", PICTURE[:-1], PICTURE + b"\0", PICTURE[:60] + b"\xff" + PICTURE[61:]])
def test_a_picture_that_is_not_whole_says_nothing(picture: bytes) -> None:
    """One byte less, more or other is noticed."""
    assert mark_of(picture) is None
