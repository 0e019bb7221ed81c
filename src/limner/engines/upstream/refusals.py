"""What a server's refusal becomes for a caller: the one table of an upstream's errors. Pure.

No message here holds the operator's key, an upstream's address or, unless the dialect speaks OpenAI's own words and the
caller can act on them, its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Final

from limner.engines.upstream.dialect import Dialect
from limner.errors import (
    EngineFailed,
    EngineRefused,
    EngineUnavailable,
    InvalidImageRequest,
    LimnerError,
    ModerationBlocked,
    UpstreamFault,
)
from limner.health import KEPT_OUT_S_MAX
from limner.job import Json

FAILED: Final = "Image generation failed"
UNAVAILABLE: Final = "The image engine takes no work just now."
REFUSED: Final = "The image engine refused an input."
BLOCKED: Final = "Your request was rejected by the safety system."
_MESSAGE_CHARS_MAX: Final = 500
_TELLING: Final = re.compile(r"://|\b(sk|key|org|proj)-|bearer|api[ _-]?key|\b\d{1,3}(\.\d{1,3}){3}\b", re.IGNORECASE)
"""What a text for callers must not have: addresses, keys, organisations."""
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_/ -]{0,63}")
"""A code, or the name of a category such as `self-harm` or `hate/threatening`."""
_CATEGORIES_MAX: Final = 20

_UNAVAILABLE_STATUSES: Final = frozenset({401, 402, 403, 404, 407, 409, 429, 503, 529})
"""Nothing was drawn, and another engine may well draw it: a key, a balance, a model, a rate or a proxy."""
_BUSY_STATUSES: Final = frozenset({409, 429, 503, 529})
"""Those of them that may be over in a moment."""
_REFUSING_STATUSES: Final = frozenset({400, 413, 415, 422})
"""Nothing was drawn, for something in the request."""
NO_STATUS: Final = 0
"""Of an error that came within a stream: only what it names tells whose it is."""
_CENSORED: Final = 451
"""Content that must not be served (RFC 7725, section 3). SiliconFlow is said to use it for moderation."""

_BLOCKING_CODES: Final = frozenset(
    {
        "moderation_blocked",
        "content_policy_violation",  # OpenAI until 2025, Azure
        "contentfilter",  # Azure
        "content_filter",  # Azure
        "responsibleaipolicyviolation",  # Azure, inner_error
        "inputtextsensitivecontentdetected",  # Seedream
        "inputimagesensitivecontentdetected",
        "outputimagesensitivecontentdetected",
    }
)
_OPERATORS_CODES: Final = frozenset(
    {
        "billing_hard_limit_reached",
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "model_not_found",
    }
)
"""Refusals that concern the operator's account, not the caller's request, and are not over in a moment, whatever their
status. Source: OpenAI, "Spend limits" and 429 errors, November 2026.
"""
_OPERATORS_PARAMS: Final = frozenset({"model"})
_CALLER_CODES: Final = frozenset(
    {
        "invalid_image_file",
        "invalid_transparent_background_output_format",
        "invalid_png_output_compression",
        "invalid_input_fidelity_model",
        "string_above_max_length",
        "unsupported_file_mimetype",
    }
)
"""Refusals without `param` that the caller can mend (OpenAI, observed 2025 to August 2026)."""
_CALLER_TYPES: Final = frozenset({"invalid_request_error", "image_generation_user_error"})
"""What a server that speaks OpenAI's own words calls a mistake of the caller's, also where it names no parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an error body says, whatever its shape."""

    message: str | None = None
    type: str | None = None
    code: str | None = None
    param: str | None = None
    details: Mapping[str, Json] | None = None


def refusal(status: int, headers: Mapping[str, str], told: Told, dialect: Dialect, *, now_s: float) -> LimnerError:
    """The error for an answer of `status`, with its code. headers: by lower-case name; now_s: Unix time, for a date."""
    error = moderation(told) or _refusal(status, headers, told, dialect, now_s=now_s)
    error.upstream = UpstreamFault(code=told.code)
    return error


def _refusal(status: int, headers: Mapping[str, str], told: Told, dialect: Dialect, *, now_s: float) -> LimnerError:
    if status == _CENSORED:
        return ModerationBlocked(BLOCKED)
    theirs = told.code in _OPERATORS_CODES or told.param in _OPERATORS_PARAMS
    callers = told.param or told.code in _CALLER_CODES or (dialect.tells_errors and told.type in _CALLER_TYPES)
    if status in {NO_STATUS, *_REFUSING_STATUSES} and callers and not theirs:
        return InvalidImageRequest(_message(told, dialect), param=_param(told, dialect), code=_code(told))
    if status in _UNAVAILABLE_STATUSES or theirs:
        return EngineUnavailable(
            UNAVAILABLE,
            retry_after_s=retry_after_s(headers, now_s=now_s),
            reached=True,
            passing=status in _BUSY_STATUSES and not theirs,
        )
    return EngineRefused(FAILED) if status in _REFUSING_STATUSES else EngineFailed(FAILED)


def told_by(body: Json) -> Told:
    """What an error body says: OpenAI's envelope, a text, its code beside it, `detail`, or the fields at the top."""
    if not isinstance(body, dict):
        return Told()
    error = body.get("error", body.get("detail", body))
    if isinstance(error, list):
        return _first_fault(error)
    if not isinstance(error, dict):
        return Told(message=_text(error), code=_text(body.get("code")))
    return Told(
        message=_text(error.get("message")),
        type=_text(error.get("type")),
        code=_text(error.get("code")),
        param=_text(error.get("param")),
        details=error,
    )


def moderation(told: Told) -> ModerationBlocked | None:
    """The refusal by a safety system that `told` is, if it is one."""
    details = told.details or {}
    inner = next((value for key in ("inner_error", "innererror") if isinstance(value := details.get(key), dict)), {})
    codes = {text.lower() for text in (told.code, _text(inner.get("code"))) if text}
    if codes.isdisjoint(_BLOCKING_CODES):
        return None
    said = details.get("moderation_details")
    if isinstance(said, dict):
        categories = said.get("categories")
        names = categories if isinstance(categories, list) else []
        return ModerationBlocked(BLOCKED, stage=_stage(said.get("moderation_stage")), categories=_words(names))
    stage = next((stage for stage in ("input", "output") if any(code.startswith(stage) for code in codes)), "unknown")
    return ModerationBlocked(BLOCKED, stage=stage, categories=_filtered(inner))


def retry_after_s(headers: Mapping[str, str], *, now_s: float) -> float | None:
    """How long the server asks to wait, at most KEPT_OUT_S_MAX; None when it does not say, or says that it is over."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
        if not text:
            continue
        try:
            wait_s = float(text) * unit_s
        except ValueError:
            wait_s = _until(text, now_s)
        if wait_s > 0:  # Not for a number that is none, either.
            return min(wait_s, KEPT_OUT_S_MAX)
    return None


def _until(date: str, now_s: float) -> float:
    """Seconds from `now_s` to an HTTP date, or 0 when it is none."""
    try:
        moment = parsedate_to_datetime(date)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now_s
    except (ValueError, OverflowError):  # A year or an offset may have any number of digits.
        return 0.0


def _first_fault(faults: list[Json]) -> Told:
    """FastAPI's list of validation errors: {"loc": ["body", NAME], "msg": …}."""
    first = faults[0] if faults else None
    if not isinstance(first, dict):
        return Told()
    where = first.get("loc")
    param = str(where[-1]) if isinstance(where, list) and where else None
    return Told(message=_text(first.get("msg")), param=param)


def _filtered(inner: Mapping[str, Json]) -> tuple[str, ...]:
    """Categories an Azure content filter names. Both spellings of its key are in use."""
    results = inner.get("content_filter_results", inner.get("content_filter_result"))
    if not isinstance(results, dict):
        return ()
    return _words(name for name, found in results.items() if isinstance(found, dict) and found.get("filtered") is True)


def _words(values: Iterable[Json]) -> tuple[str, ...]:
    """Those of `values` that are names a caller may read."""
    names = (value for value in values if isinstance(value, str) and _is_word(value))
    return tuple(islice(names, _CATEGORIES_MAX))


def _code(told: Told) -> str | None:
    return told.code if told.code and _is_word(told.code) else None


def _is_word(text: str) -> bool:
    return _WORD.fullmatch(text) is not None and not _TELLING.search(text)


def _stage(value: Json) -> str:
    return value if isinstance(value, str) and value in {"input", "output"} else "unknown"


def _message(told: Told, dialect: Dialect) -> str:
    text = told.message or ""
    if dialect.tells_errors and text and not _TELLING.search(text):
        return text[:_MESSAGE_CHARS_MAX]
    param = _param(told, dialect)
    return f"The image engine does not take this value of '{param}'." if param else REFUSED


def _param(told: Told, dialect: Dialect) -> str | None:
    """The parameter by our name for it; a stranger's text is never passed on as one."""
    endpoints = [endpoint for endpoint in (dialect.generation, dialect.edit, dialect.inpainting) if endpoint]
    ours = {theirs: name for endpoint in endpoints for name, theirs in endpoint.names.items()}
    ours |= {endpoint.mask_name: "mask" for endpoint in endpoints}
    ours |= {name: name for name in ("image", "images", "image[]")}
    return ours.get(told.param) if told.param else None


def _text(value: Json) -> str | None:
    return str(value) if isinstance(value, str | int) and value != "" else None
