"""Keys as administrators write and read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from limner.contract.arguments import Argument, Shape, Values
from limner.contract.fields import IDENTIFIER_CHARS_MAX
from limner.job import Json, Strictness
from limner.keys import OVERLAP_S_MAX, Key, KeyTerms
from limner.limits import RATE_MAX, Meter
from limner.money import usd_text


def _budget(name: str, description: str) -> Argument:
    return Argument(name=name, shape=Shape.AMOUNT, minimum=0, nullable=True, description=description)


def _rate(name: str, description: str) -> Argument:
    return Argument(name=name, shape=Shape.COUNT, minimum=1, maximum=RATE_MAX, nullable=True, description=description)


TERMS: Final = (
    Argument(name="models", shape=Shape.TEXTS, nullable=True, description="Models it may ask for; null is every one."),
    _budget("budget_usd", "Dollars it may spend in all, jobs under way included; null is no limit."),
    _budget("budget_day_usd", "The same for each day (UTC)."),
    _budget("budget_month_usd", "The same for each month (UTC)."),
    _rate("requests_per_minute", "Jobs a minute; null is no limit."),
    _rate("images_per_minute", "Pictures a minute; null is no limit."),
    _rate("jobs_at_once", "Jobs side by side; null is no limit."),
    Argument(
        name="expires_at",
        shape=Shape.TIME,
        nullable=True,
        description="Unix seconds from which on it is refused; null is never.",
    ),
    Argument(
        name="labels",
        shape=Shape.LABELS,
        nullable=True,
        description="Up to 16 words of your own, by name: all there shall be; null is none.",
    ),
)
NEW: Final = (
    Argument(
        name="name",
        shape=Shape.TEXT,
        required=True,
        maximum=64,
        description="Whom or what it is for; no other key that is not revoked may have the name.",
    ),
    Argument(name="account", shape=Shape.TEXT, maximum=64, default="default", description="The account that pays."),
    Argument(name="admin", shape=Shape.FLAG, description="Whether it administers the server, too."),
    Argument(
        name="strictness",
        shape=Shape.CHOICE,
        choices=tuple(value.value for value in Strictness),
        nullable=True,
        description="Rules for its requests; null is the server's.",
    ),
    Argument(
        name="strict",
        shape=Shape.FLAG,
        description="Whether what would be adapted or ignored is refused, instead of told.",
    ),
    *TERMS,
)
ROTATION: Final = (
    Argument(
        name="overlap_s",
        shape=Shape.COUNT,
        minimum=0,
        maximum=OVERLAP_S_MAX,
        default=0,
        description="Seconds that the secret it has still works.",
    ),
)
USER: Final = (
    Argument(
        name="user",
        shape=Shape.TEXT,
        required=True,
        maximum=IDENTIFIER_CHARS_MAX,
        description="The end user, as requests say in `safety_identifier` or `user`, character for character.",
    ),
)
LISTING: Final = (
    Argument(name="include_revoked", shape=Shape.FLAG, description="Revoked keys, too."),
    Argument(name="accounts", shape=Shape.TEXTS, description="Only keys of these accounts."),
)


def key_change(values: Values) -> Callable[[KeyTerms], KeyTerms]:
    """What makes of a key's terms those that were sent; what was not sent stays."""
    sent: Any = values
    given: dict[str, Any] = {}
    if "expires_at" in sent:
        given["expires_at_s"] = sent["expires_at"]
    if "labels" in sent:
        given["labels"] = sent["labels"] or {}
    if "models" in sent:
        given["models"] = None if sent["models"] is None else frozenset(sent["models"])
    limits: dict[str, Any] = {field: sent[name] for name, field in _LIMITS.items() if name in sent}
    return lambda terms: replace(terms, **given, limits=replace(terms.limits, **limits))


_LIMITS: Final = {
    "budget_usd": "budget_nusd",
    "budget_day_usd": "budget_day_nusd",
    "budget_month_usd": "budget_month_nusd",
    "requests_per_minute": "requests_per_minute",
    "images_per_minute": "images_per_minute",
    "jobs_at_once": "jobs_at_once",
}


def key_object(key: Key, meter: Meter) -> dict[str, Json]:
    """A key, its terms, and what it has used. Its secrets are nowhere."""
    limits, terms = key.terms.limits, key.terms
    return {
        "object": "key",
        "id": key.id,
        "name": key.name,
        "account": key.account_id,
        "hint": key.hint,
        "admin": key.admin,
        "strictness": key.strictness.value if key.strictness else None,
        "strict": key.strict,
        "models": None if terms.models is None else list[Json](sorted(terms.models)),
        "budget_usd": _usd(limits.budget_nusd),
        "budget_day_usd": _usd(limits.budget_day_nusd),
        "budget_month_usd": _usd(limits.budget_month_nusd),
        "requests_per_minute": limits.requests_per_minute,
        "images_per_minute": limits.images_per_minute,
        "jobs_at_once": limits.jobs_at_once,
        "expires_at": _time(terms.expires_at_s),
        "labels": dict(terms.labels),
        "spent_usd": usd_text(meter.spent_nusd),
        "spent_day_usd": usd_text(meter.spent_day_nusd),
        "spent_month_usd": usd_text(meter.spent_month_nusd),
        "jobs_running": meter.jobs_running,
        "created_at": int(key.created_at_s),
        "revoked_at": _time(key.revoked_at_s),
    }


def _usd(amount_nusd: int | None) -> str | None:
    return None if amount_nusd is None else usd_text(amount_nusd)


def _time(at_s: float | None) -> int | None:
    return None if at_s is None else int(at_s)
