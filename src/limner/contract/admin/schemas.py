"""JSON Schemas of what administrators send, from the tables that parse it, and of what they are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from limner.contract.admin.operations import OPERATIONS
from limner.contract.arguments import Argument
from limner.contract.jobs import QUEUED, RUNNING
from limner.contract.ledger_schemas import DOLLARS, argument_schema
from limner.contract.schemas import COUNT, TEXT, TIME, object_of, ref
from limner.job import Json, Kind, Quality, Strictness
from limner.ledger import EntryKind
from limner.record import Outcome
from limner.trail import Action

_FLAG: Final[dict[str, Json]] = {"type": "boolean"}
_LABELS: Final[dict[str, Json]] = {"type": "object", "additionalProperties": {"type": "string"}}
_PERCENT: Final[dict[str, Json]] = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,2})?$"}


def _maybe(schema: Mapping[str, Json]) -> dict[str, Json]:
    return {"anyOf": [dict(schema), {"type": "null"}]}


def _enum(values: Iterable[str]) -> dict[str, Json]:
    return {"enum": list[Json](values)}


def _named(name: str, properties: Mapping[str, Json]) -> dict[str, Json]:
    return object_of({"object": {"const": name}, **properties})


def body_schema(arguments: Iterable[Argument]) -> dict[str, Json]:
    """What the JSON body of an operation holds, and nothing else."""
    properties: dict[str, Json] = {}
    required: list[Json] = []
    for argument in arguments:
        properties[argument.name] = {**argument_schema(argument), "description": argument.description}
        if argument.required:
            required.append(argument.name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def list_name(component: str) -> str:
    """The component of pages of a component."""
    return f"{component}List"


_LIMIT: Final = _maybe(COUNT)
_KEY: Final[dict[str, Json]] = {
    "id": TEXT,
    "name": TEXT,
    "account": TEXT,
    "hint": TEXT,
    "admin": _FLAG,
    "strictness": _maybe(_enum(value.value for value in Strictness)),
    "strict": _FLAG,
    "models": _maybe({"type": "array", "items": TEXT}),
    "budget_usd": _maybe(DOLLARS),
    "budget_day_usd": _maybe(DOLLARS),
    "budget_month_usd": _maybe(DOLLARS),
    "requests_per_minute": _LIMIT,
    "images_per_minute": _LIMIT,
    "jobs_at_once": _LIMIT,
    "expires_at": _maybe(TIME),
    "labels": _LABELS,
    "spent_usd": DOLLARS,
    "spent_day_usd": DOLLARS,
    "spent_month_usd": DOLLARS,
    "jobs_running": COUNT,
    "created_at": TIME,
    "revoked_at": _maybe(TIME),
}
_TOLD_APART: Final[dict[str, Json]] = {
    "start_time": _maybe(TIME),
    **{name: _maybe(TEXT) for name in ("account", "key_id", "model", "engine")},
    "source": _maybe(_enum(kind.value for kind in Kind)),
    "size": _maybe(TEXT),
    "user": _maybe(TEXT),
}
_PRICE: Final[dict[str, Json]] = {
    "model": TEXT,
    "price": {"type": ["string", "object"]},
    "own": _FLAG,
    "source": _maybe(TEXT),
    "read_on": _maybe(TEXT),
}
_BILL: Final = object_of(
    {
        "usd": DOLLARS,
        "markup_usd": DOLLARS,
        "steps": {
            "type": "array",
            "items": object_of({"what": TEXT, "count": COUNT, "each_usd": DOLLARS, "usd": DOLLARS}),
        },
    }
)
_ENTRY: Final = object_of(
    {
        "id": COUNT,
        "kind": _enum(kind.value for kind in EntryKind),
        "amount_usd": DOLLARS,
        "balance_before_usd": DOLLARS,
        "balance_after_usd": DOLLARS,
        "reason": TEXT,
        "price_book": _maybe(TEXT),
        "created_at": TIME,
    }
)

_OBJECTS: Final[Mapping[str, dict[str, Json]]] = {
    "Account": _named(
        "account",
        {
            "name": TEXT,
            "balance_usd": DOLLARS,
            "credit_limit_usd": _maybe(DOLLARS),
            "markup_percent": _PERCENT,
            "labels": _LABELS,
            "created_at": TIME,
            "closed_at": _maybe(TIME),
        },
    ),
    "AccountCheck": _named(
        "account.check",
        {
            "account": TEXT,
            "sound": _FLAG,
            "balance_usd": DOLLARS,
            "held_usd": DOLLARS,
            "entries": COUNT,
            "faults": {"type": "array", "items": TEXT},
        },
    ),
    "Key": _named("key", _KEY),
    "NewKey": _named("key", {**_KEY, "secret": {"type": "string", "description": "Told this once."}}),
    "BlockedUser": _named("blocked_user", {"user": TEXT}),
    "UsageSum": _named(
        "usage",
        {
            **_TOLD_APART,
            **dict.fromkeys(("requests", "images", "input_tokens", "output_tokens"), COUNT),
            "charge_usd": DOLLARS,
            "cost_usd": DOLLARS,
        },
    ),
    "JobEntries": _named(
        "job.entries",
        {
            "job": TEXT,
            "outcome": _enum(outcome.value for outcome in Outcome),
            "finished_at": TIME,
            "account": TEXT,
            "key_id": TEXT,
            "model": TEXT,
            "engine": TEXT,
            "source": _enum(kind.value for kind in Kind),
            "size": _maybe(TEXT),
            "images": COUNT,
            "user": _maybe(TEXT),
            "charge_usd": DOLLARS,
            "cost_usd": DOLLARS,
            "entries": {"type": "array", "items": _ENTRY},
        },
    ),
    "Price": _named("price", _PRICE),
    "Quote": _named(
        "quote",
        {
            **_PRICE,
            "price_book": TEXT,
            "n": COUNT,
            "size": TEXT,
            "quality": _enum(quality.value for quality in Quality),
            "left_open": {"type": "array", "items": TEXT},
            "charge": _BILL,
            "hold": _BILL,
        },
    ),
    "Act": _named(
        "act",
        {
            "id": COUNT,
            "created_at": TIME,
            "actor": {
                "type": "string",
                "description": "A key's id, `cli:` and a user of the operating system, or `server`.",
            },
            "action": _enum(action.value for action in Action),
            "subject": TEXT,
            "details": {"type": "object", "properties": {"before": {"type": "object"}, "after": {"type": "object"}}},
        },
    ),
}

_JOB: Final = _named(
    "job",
    {
        "id": TEXT,
        "status": _enum((QUEUED, RUNNING, *(outcome.value for outcome in Outcome))),
        "kind": _enum(kind.value for kind in Kind),
        "model": TEXT,
        "n": COUNT,
        "created_at": TIME,
        "started_at": _maybe(TIME),
        "finished_at": _maybe(TIME),
        "parameters": {
            "type": "object",
            "additionalProperties": object_of({"fate": TEXT, "to": {}}, optional=("to",)),
        },
        "charge_usd": _maybe(DOLLARS),
        "error": _maybe(object_of({"code": TEXT})),
        "answer": {"anyOf": [ref("Images"), ref("LegacyImages"), {"type": "null"}]},
    },
)

ADMIN_SCHEMAS: Final[Mapping[str, dict[str, Json]]] = {
    **_OBJECTS,
    **{
        list_name(operation.answer): object_of(
            {
                "object": {"const": "list"},
                "data": {"type": "array", "items": ref(operation.answer)},
                "has_more": _FLAG,
                "next_page": _maybe(TEXT),
            }
        )
        for operation in OPERATIONS
        if operation.lists
    },
    "Job": _JOB,
}
"""Component name -> schema."""
