"""Stream events, byte for byte against golden files, and as the official SDK reads them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from limner.blobs import Blob
from limner.contract.sse import KEEPALIVE, completed_event, error_event, partial_event
from limner.errors import EngineFailed, ModerationBlocked
from limner.job import Answer, Background, Format, Kind, PartialAnswer, Quality, Size, Usage

Golden = Callable[[str], bytes]


def partial() -> PartialAnswer:
    """An unfinished picture."""
    return PartialAnswer(
        index=0,
        blob=Blob.from_bytes(b"partial", "image/png"),
        created_s=1790000000,
        size=Size(1024, 1024),
        quality=Quality.HIGH,
        background=Background.TRANSPARENT,
        output_format=Format.PNG,
    )


def answer(safety_identifier: str | None = None) -> Answer:
    """A job that delivered one picture."""
    return Answer(
        blobs=(Blob.from_bytes(b"picture 1", "image/webp"),),
        revised_prompts=(None,),
        created_s=1790000000,
        size=Size(1536, 864),
        quality=Quality.LOW,
        background=Background.OPAQUE,
        output_format=Format.WEBP,
        usage=Usage(text_input_tokens=12, image_input_tokens=64, image_output_tokens=240),
        report={},
        safety_identifier=safety_identifier,
    )


def test_a_partial_picture(golden: Golden) -> None:
    """Event name, one line of data, a blank line; keys in the observed order."""
    assert b"".join(partial_event(Kind.GENERATION, partial())) == golden("partial.sse")


def test_the_completed_picture(golden: Golden) -> None:
    """Usage has no details of the output in a stream."""
    assert b"".join(completed_event(Kind.EDIT, answer())) == golden("completed.sse")


@pytest.mark.parametrize(
    ("kind", "family"),
    [(Kind.GENERATION, "image_generation"), (Kind.EDIT, "image_edit"), (Kind.VARIATION, "image_generation")],
)
def test_events_are_named_for_their_endpoint(kind: Kind, family: str) -> None:
    """The `event:` line and the `type` key agree."""
    for name, chunks in (
        ("partial_image", partial_event(kind, partial())),
        ("completed", completed_event(kind, answer())),
    ):
        event, data = b"".join(chunks).decode().removesuffix("\n\n").split("\n")
        assert event == f"event: {family}.{name}"
        assert json.loads(data.removeprefix("data: "))["type"] == f"{family}.{name}"


def test_the_safety_identifier_is_repeated_at_the_end() -> None:
    """Only in the completed event, and only when the caller gave one."""
    data = b"".join(completed_event(Kind.EDIT, answer("who"))).split(b"data: ")[1]
    assert json.loads(data)["safety_identifier"] == "who"


def test_an_error_ends_a_stream_nested(golden: Golden) -> None:
    """Flat, the official Python SDK would take it for an ordinary event."""
    assert error_event(EngineFailed("Image generation failed"), "req_1") == golden("error.sse")


def test_a_refusal_in_a_stream_has_its_details(golden: Golden) -> None:
    """The same fifth key as in a plain answer."""
    error = ModerationBlocked("for the log", stage="output", categories=("sexual",))
    assert error_event(error, "req_1") == golden("refused.sse")


def test_base64_is_spliced_and_not_copied() -> None:
    """The very bytes of a blob's base64 are a chunk of the event."""
    told = answer()
    assert told.blobs[0].base64() is completed_event(Kind.EDIT, told)[1]


def test_a_keepalive_is_a_comment() -> None:
    """A line that starts with a colon, and a blank one: nothing any parser makes an event of."""
    assert KEEPALIVE.startswith(b":")
    assert KEEPALIVE.endswith(b"\n\n")
    assert KEEPALIVE.count(b"\n") == 2
