"""The table of refusals, for shapes that the engine's own tests do not meet."""

from __future__ import annotations

from typing import Any

import pytest

from limner.engines.upstream.dialects import DIALECTS, DialectName
from limner.engines.upstream.refusals import refusal, told_by
from limner.errors import (
    EngineFailed,
    EngineRefused,
    EngineUnavailable,
    InvalidImageRequest,
    LimnerError,
    ModerationBlocked,
)

AZURE_FILTER = {"hate": {"filtered": False, "severity": "safe"}, "jailbreak": {"filtered": True, "detected": True}}


def told(status: int, body: Any, dialect: str = "openai") -> LimnerError:
    """What a caller hears of an answer."""
    return refusal(status, {}, told_by(body), DIALECTS[DialectName(dialect)], now_s=0)


@pytest.mark.parametrize(
    ("body", "stage", "categories"),
    [
        ({"error": {"code": "content_policy_violation"}}, "unknown", ()),
        ({"error": {"code": "contentFilter", "inner_error": {"content_filter_results": AZURE_FILTER}}},
         "unknown", ("jailbreak",)),
        ({"error": {"code": "400", "innererror": {"code": "ResponsibleAIPolicyViolation",
                                                  "content_filter_result": AZURE_FILTER}}}, "unknown", ("jailbreak",)),
        ({"error": {"code": "OutputImageSensitiveContentDetected"}}, "output", ()),
        ({"error": {"code": "InputTextSensitiveContentDetected"}}, "input", ()),
        ({"error": {"code": "moderation_blocked", "moderation_details": {"moderation_stage": "x", "categories": 3}}},
         "unknown", ()),
        ({"error": {"code": "moderation_blocked", "moderation_details": {"categories": [
            "self-harm", "hate/threatening", 3, "key sk-abc", "http://10.0.0.1/", "x" * 99, "a\nb", None]}}},
         "unknown", ("self-harm", "hate/threatening")),
        ({"code": "moderation_blocked"}, "unknown", ()),
    ],
)  # fmt: skip
def test_moderation_has_many_shapes(body: Any, stage: str, categories: tuple[str, ...]) -> None:
    """Each is one refusal, whatever its status."""
    for status in (400, 403, 451, 500):
        error = told(status, body, "azure")
        assert isinstance(error, ModerationBlocked)
        assert (error.stage, error.categories) == (stage, categories)


@pytest.mark.parametrize("body", [None, {"code": 20035, "message": "blocked", "data": None}])
def test_a_status_may_tell_moderation(body: Any) -> None:
    """Whatever the body says of it."""
    assert isinstance(told(451, body, "siliconflow"), ModerationBlocked)


@pytest.mark.parametrize(
    ("dialect", "body", "param"),
    [
        ("sglang", {"detail": [{"loc": ["body", "size"], "msg": "bad"}]}, "size"),
        ("siliconflow", {"error": {"message": "bad", "param": "image_size"}}, "size"),
        ("vllm-omni", {"detail": [{"loc": ["body", "mask_image"], "msg": "bad"}]}, "mask"),
        ("openai", {"error": {"message": "bad", "param": "image"}}, "image"),
        ("openai", {"error": {"message": "", "code": "invalid_image_file"}}, None),
        ("openai", {"error": {"message": "bad", "param": "their-secret-field"}}, None),
    ],
)
def test_a_parameter_has_our_name(dialect: str, body: Any, param: str | None) -> None:
    """Never the server's own, and never an unknown text."""
    error = told(400, body, dialect)
    assert isinstance(error, InvalidImageRequest)
    assert error.param == param
    assert "secret" not in error.message


@pytest.mark.parametrize(
    "body", [None, [], "text", {"error": "text"}, {"detail": []}, {"detail": ["x"]}, {"code": 20012}]
)
def test_shapes_without_a_parameter_tell_callers_nothing(body: Any) -> None:
    """Nothing the caller could mend: it is the request that was refused, or the server that failed, by the status."""
    for status in (400, 413, 415, 422):
        assert type(told(status, body, "sglang")) is EngineRefused
    for status in (200, 302, 418, 500, 502):
        assert type(told(status, body, "sglang")) is EngineFailed


@pytest.mark.parametrize(
    ("body", "code"),
    [({"code": "invalid-argument", "error": "Argument not supported"}, "invalid-argument"), ({"error": "text"}, None),
     ({"code": 20015, "message": "bad", "data": None}, "20015"), ({"error": {"code": "a"}, "code": "b"}, "a")],
)  # fmt: skip
def test_a_code_may_stand_beside_the_error(body: Any, code: str | None) -> None:
    """As xAI and SiliconFlow write it; the operator finds it in the log."""
    said = told(400, body, "xai").upstream
    assert said is not None
    assert said.code == code


@pytest.mark.parametrize("type_", ["invalid_request_error", "image_generation_user_error"])
def test_a_type_may_say_that_it_is_the_callers_mistake(type_: str) -> None:
    """Where OpenAI names neither parameter nor code; other servers' types say nothing, nor does any of a bill."""
    body = {"error": {"message": "Invalid mask image format", "type": type_, "param": None, "code": None}}
    error = told(400, body)
    assert isinstance(error, InvalidImageRequest)
    assert (error.message, error.param, error.code) == ("Invalid mask image format", None, None)
    assert type(told(400, body, "vllm-omni")) is EngineRefused
    assert type(told(500, body)) is EngineFailed
    assert type(told(400, {"error": {**body["error"], "code": "insufficient_quota"}})) is EngineUnavailable


def test_the_operators_account_is_no_business_of_the_callers() -> None:
    """A 400 about the model or the bill sends the job to the next engine."""
    for body in ({"error": {"param": "model"}}, {"error": {"code": "insufficient_quota", "message": "pay"}}):
        error = told(400, body)
        assert type(error) is EngineUnavailable
        assert "pay" not in error.message


@pytest.mark.parametrize(
    "code",
    ["insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded",
     "project_spend_limit_exceeded", "organization_usage_limit_exceeded"],
)  # fmt: skip
def test_a_bill_is_not_over_in_a_moment(code: str) -> None:
    """It comes with the status of a rate, and asking again at once does not help."""
    for body, passing in ((code, False), ("rate_limit_exceeded", True)):
        error = told(429, {"error": {"code": body, "type": "insufficient_quota"}})
        assert isinstance(error, EngineUnavailable)
        assert error.retryable is passing


def test_texts_of_strangers_are_not_passed_on() -> None:
    """Only a dialect that speaks OpenAI's words says them to callers, and not all of them."""
    body = {"error": {"message": "bad size", "param": "size"}}
    assert told(400, body, "sd-cpp").message == "The image engine does not take this value of 'size'."
    assert told(400, body, "limner").message == "bad size"
    for text in ("see http://10.0.0.1/", "key sk-abc", "org-123 may not", "at 10.1.2.3", "Bearer x", "your API key"):
        told_text = told(400, {"error": {"message": text, "param": "size"}}).message
        assert told_text == "The image engine does not take this value of 'size'."
        assert told(400, {"error": {"code": text, "param": "size"}}).code is None
    assert told(400, {"error": {"code": "invalid_value", "param": "size"}}).code == "invalid_value"
    assert len(told(400, {"error": {"message": "a" * 9999, "param": "size"}}).message) == 500
