"""OpenAI's error envelope: what every answer that is not a success says.

Four keys, always all of them; a refusal by moderation has a fifth. Knows no status line and no header: the HTTP layer
takes those from the error itself. Source: OpenAI API reference, error objects; texts observed 2025 to 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson

from limner.errors import Defect, LimitReached, LimnerError, ModerationBlocked
from limner.job import Json

_MODERATION: Final = (
    "Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com "
    "and include the request ID {request_id}."
)
_DEFECT: Final = (
    "The server had an error while processing your request. Sorry about that! You can retry your request, or contact "
    "us through our help center at help.openai.com if the error persists. (Please include the request ID {request_id} "
    "in your message.)"
)
_RATE_TYPES: Final[Mapping[str, str]] = {"rate_limit_exceeded": "requests", "slow_down": "requests"}
"""Code of a passing limit -> its type, the limited dimension (observed), unless the error names another; a quota keeps
its class's type."""


def error_object(error: LimnerError, request_id: str) -> dict[str, Json]:
    """The value of the envelope's `error` key. request_id: for the texts that quote it."""
    body: dict[str, Json] = {
        "message": message(error, request_id),
        "type": error_type(error),
        "param": error.param,
        "code": error.code,
    }
    if isinstance(error, ModerationBlocked):
        body["moderation_details"] = {"moderation_stage": error.stage, "categories": list(error.categories)}
    return body


def error_body(error: LimnerError, request_id: str) -> bytes:
    """The whole answer's body: JSON, two spaces deep, UTF-8."""
    return orjson.dumps({"error": error_object(error, request_id)}, option=orjson.OPT_INDENT_2)


def error_type(error: LimnerError) -> str:
    """The envelope's `type`."""
    if isinstance(error, LimitReached) and error.code is not None:
        return error.dimension or _RATE_TYPES.get(error.code, error.type)
    return error.type


def message(error: LimnerError, request_id: str) -> str:
    """The envelope's `message`."""
    if isinstance(error, Defect):
        # What a defect says of itself is for the log.
        return _DEFECT.format(request_id=request_id)
    if isinstance(error, ModerationBlocked):
        violations = f" safety_violations=[{', '.join(error.categories)}]." if error.categories else ""
        return _MODERATION.format(request_id=request_id) + violations
    return error.message
