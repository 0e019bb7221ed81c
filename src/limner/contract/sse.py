"""A stream's events as bytes. Each is `event:`, one line of `data:` and a blank line; nothing else is ever sent.

No `id:` and no `retry:` line: the official Python SDK stumbles over both. Errors stand nested under `error`, or it
would take them for ordinary events. No `[DONE]`: the documented streams end with the completed event.
Sources: OpenAI API reference, image streaming events; key order observed October 2025; SDK behaviour measured
November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson

from limner.blobs import Text
from limner.contract.envelope import error_object
from limner.errors import LimnerError
from limner.job import Answer, Json, Kind, PartialAnswer, Usage

MEDIA_TYPE: Final = "text/event-stream; charset=utf-8"
KEEPALIVE: Final = b": keepalive\n\n"
"""A comment, which every client skips; keeps proxies from closing a silent stream."""

_FAMILY: Final[Mapping[Kind, str]] = {
    Kind.GENERATION: "image_generation",
    Kind.EDIT: "image_edit",
    Kind.VARIATION: "image_generation",  # OpenAI has no streamed variations
}
_EVENT_END: Final = b"\n\n"


def partial_event(kind: Kind, partial: PartialAnswer) -> list[Text]:
    """An unfinished picture, in chunks to be sent in order."""
    name = f"{_FAMILY[kind]}.partial_image"
    before: dict[str, Json] = {"type": name, "partial_image_index": partial.index}
    after: dict[str, Json] = {
        "created_at": partial.created_s,
        "size": str(partial.size),
        "quality": partial.quality,
        "background": partial.background,
        "output_format": partial.output_format,
    }
    return _picture_event(name, before, partial.blob.base64(), after)


def completed_event(kind: Kind, answer: Answer) -> list[Text]:
    """The finished picture, of which a stream has exactly one, in chunks to be sent in order."""
    assert len(answer.blobs) == 1
    name = f"{_FAMILY[kind]}.completed"
    after: dict[str, Json] = {
        "created_at": answer.created_s,
        "usage": usage_object(answer.usage),
        "size": str(answer.size),
        "quality": answer.quality,
        "background": answer.background,
        "output_format": answer.output_format,
    }
    if answer.safety_identifier is not None:
        after["safety_identifier"] = answer.safety_identifier
    return _picture_event(name, {"type": name}, answer.blobs[0].base64(), after)


def error_event(error: LimnerError, request_id: str) -> bytes:
    """What ends a stream that fails after its first byte. Shape observed October 2025."""
    told = error_object(error, request_id)
    ordered = {name: told.pop(name) for name in ("type", "code", "message", "param")} | told
    return b"event: error\ndata: " + orjson.dumps({"type": "error", "error": ordered}) + _EVENT_END


def usage_object(usage: Usage) -> dict[str, Json]:
    """`usage` of a completed event, which has no details of the output."""
    return {
        "total_tokens": usage.total_tokens,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "input_tokens_details": {"text_tokens": usage.text_input_tokens, "image_tokens": usage.image_input_tokens},
    }


def _picture_event(name: str, before: dict[str, Json], base64: Text, after: dict[str, Json]) -> list[Text]:
    head = b"event: " + name.encode() + b"\ndata: " + orjson.dumps(before)[:-1] + b',"b64_json":"'
    return [head, base64, b'",' + orjson.dumps(after)[1:] + _EVENT_END]
