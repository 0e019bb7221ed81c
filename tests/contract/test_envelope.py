"""The error envelope, byte for byte against golden files."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest

from limner.contract.envelope import error_body, error_object
from limner.errors import Defect, EngineFailed, InvalidRequest, LimitReached, LimnerError, ModerationBlocked, Overloaded

REFUSED = ModerationBlocked("for the log", stage="output", categories=("sexual",))


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (REFUSED, "moderation.json"),
        (Defect("KeyError: 'secret'"), "defect.json"),
        (LimitReached("You exceeded your current quota."), "quota.json"),
        (LimitReached("Rate limit reached.", code="rate_limit_exceeded"), "rate.json"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_envelope(error: LimnerError, name: str, golden: Callable[[str], bytes]) -> None:
    """Two spaces, four keys, a fifth for moderation; a defect keeps its own words to itself."""
    assert error_body(error, "req_1") == golden(name)


def test_a_refusal_without_categories_names_none() -> None:
    """The sentence about violations is left out, the details say so by being empty."""
    told = error_object(ModerationBlocked("for the log"), "req_1")
    assert str(told["message"]).endswith("include the request ID req_1.")
    assert told["moderation_details"] == {"moderation_stage": "unknown", "categories": []}


@pytest.mark.parametrize("error", [InvalidRequest("m"), EngineFailed("m"), Overloaded("m", param="p", code="c")])
def test_all_four_keys_are_always_there(error: LimnerError) -> None:
    """Absent values are null, in OpenAI's order of keys."""
    told = orjson.loads(error_body(error, "req_1"))["error"]
    assert list(told) == ["message", "type", "param", "code"]
    assert told == {"message": "m", "type": error.type, "param": error.param, "code": error.code}
