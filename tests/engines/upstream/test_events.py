"""Events are read whatever the chunks they come in."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from limner.engines.upstream.events import EventReader

STREAM = (
    b': keepalive\n\nevent: image_generation.partial_image\ndata: {"a":1}\n\n'
    b'id: 7\nretry: 10\n\ndata:{"b":\r\ndata: 2}\r\n\r\ndata: {"c":3}\r\rdata: [DONE]\n\n\n\ndata: {"d":4}\n'
)
EVENTS = [b'{"a":1}', b'{"b":\n2}', b'{"c":3}', b'{"d":4}']


def read(chunks: list[bytes]) -> list[bytes]:
    """The data of all events."""
    reader = EventReader()
    return [data for chunk in chunks for data in reader.feed(chunk)] + reader.rest()


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_events_do_not_depend_on_chunks(cuts: list[int]) -> None:
    """Comments, names, other fields, three kinds of line ends and a last event without its end."""
    edges = [0, *sorted(cuts), len(STREAM)]
    assert read([STREAM[start:end] for start, end in pairwise(edges)]) == EVENTS


def test_events_come_byte_by_byte() -> None:
    """The smallest chunks there are."""
    assert read([bytes([byte]) for byte in STREAM]) == EVENTS
