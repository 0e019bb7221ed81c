"""JSON Schemas of what reads the ledger: arguments from their tables, and the bodies that answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from limner.contract.arguments import (
    AMOUNT_PATTERN,
    LISTS,
    PERCENT_PATTERN,
    TIME_S_MAX,
    VALUES_MAX,
    Argument,
    Shape,
    text_chars_max,
)
from limner.contract.credits import CURRENCY, POINTS_SEARCH, STATUSES, USAGE_SEARCH
from limner.contract.organization import SOURCES
from limner.contract.schemas import COUNT, TEXT, TIME, object_of, ref
from limner.job import Json, Kind
from limner.ledger import EntryKind


def argument_schema(argument: Argument) -> dict[str, Json]:
    """What an argument's value may be."""
    schema = _one(argument)
    if argument.shape in LISTS:
        schema = {"type": "array", "items": schema, "minItems": 1, "maxItems": VALUES_MAX}
    if argument.nullable:
        schema = {"anyOf": [schema, {"type": "null"}]}
    return schema if argument.default is None else schema | {"default": argument.default}


def _one(argument: Argument) -> dict[str, Json]:
    match argument.shape:
        case Shape.TIME:
            return {"type": "integer", "minimum": 0, "maximum": TIME_S_MAX}
        case Shape.COUNT:
            bounds = {"minimum": argument.minimum, "maximum": argument.maximum}
            return {"type": "integer"} | {name: bound for name, bound in bounds.items() if bound is not None}
        case Shape.CHOICE | Shape.CHOICES:
            return {"enum": list(argument.choices)}
        case Shape.SIZES:
            return {"type": "string", "pattern": "^[1-9][0-9]{0,8}x[1-9][0-9]{0,8}$"}
        case Shape.CURSOR:
            return {"type": "string"}
        case Shape.AMOUNT:
            pattern = AMOUNT_PATTERN if argument.minimum is None else AMOUNT_PATTERN.removeprefix("-?")
            return {"type": "string", "pattern": f"^{pattern}$"}
        case Shape.PERCENT:
            return {"type": "string", "pattern": f"^{PERCENT_PATTERN}$"}
        case Shape.FLAG:
            return {"type": "boolean"}
        case Shape.LABELS:
            return {"type": "object", "additionalProperties": {"type": "string"}}
        case _:
            return {"type": "string", "minLength": 1, "maxLength": text_chars_max(argument)}


def _search(arguments: Iterable[Argument]) -> dict[str, Json]:
    properties: dict[str, Json] = {}
    for argument in arguments:
        value: Json = {"anyOf": [argument_schema(argument), {"type": "null"}], "description": argument.description}
        properties[argument.name] = value
    return {"type": "object", "properties": properties, "additionalProperties": True}


DOLLARS: Final[dict[str, Json]] = {
    "type": "string",
    "pattern": r"^-?[0-9]+\.[0-9]{4,9}$",
    "description": "US dollars.",
}
"""An amount in an answer."""
_MAYBE_TEXT: Final[dict[str, Json]] = {"type": ["string", "null"]}
_CURRENCY: Final[dict[str, Json]] = {"const": CURRENCY}


def _page(result: str) -> dict[str, Json]:
    bucket = object_of(
        {
            "object": {"const": "bucket"},
            "start_time": TIME,
            "end_time": TIME,
            "results": {"type": "array", "items": ref(result)},
        }
    )
    return object_of(
        {
            "object": {"const": "page"},
            "data": {"type": "array", "items": bucket},
            "has_more": {"type": "boolean"},
            "next_page": _MAYBE_TEXT,
        }
    )


def _found(line: str) -> dict[str, Json]:
    return object_of(
        {"data": {"type": "array", "items": ref(line)}, "hasMore": {"type": "boolean"}, "nextCursor": _MAYBE_TEXT}
    )


LEDGER_SCHEMAS: Final[Mapping[str, dict[str, Json]]] = {
    "ImagesUsage": object_of(
        {
            "object": {"const": "organization.usage.images.result"},
            "images": COUNT,
            "num_model_requests": COUNT,
            "size": _MAYBE_TEXT,
            "source": {"enum": [*SOURCES, None]},
            "project_id": _MAYBE_TEXT,
            "user_id": _MAYBE_TEXT,
            "api_key_id": _MAYBE_TEXT,
            "model": _MAYBE_TEXT,
        }
    ),
    "ImagesUsagePage": _page("ImagesUsage"),
    "Costs": object_of(
        {
            "object": {"const": "organization.costs.result"},
            "amount": object_of({"value": {"type": "number", "minimum": 0}, "currency": _CURRENCY}),
            "line_item": _MAYBE_TEXT,
            "project_id": _MAYBE_TEXT,
            "user_id": _MAYBE_TEXT,
            "api_key_id": _MAYBE_TEXT,
            "api_source": _MAYBE_TEXT,
            "quantity": {"type": ["integer", "null"]},
            "quantity_unit": _MAYBE_TEXT,
        }
    ),
    "CostsPage": _page("Costs"),
    "Credits": object_of(
        {"accountId": TEXT, "currency": _CURRENCY, "balance": DOLLARS, "held": DOLLARS, "spent": DOLLARS}
    ),
    "Service": object_of({"model": TEXT, "price": {"type": "object", "required": ["unit"]}}),
    "Services": object_of(
        {"currency": _CURRENCY, "priceBook": TEXT, "services": {"type": "array", "items": ref("Service")}}
    ),
    "UsageSearch": _search(USAGE_SEARCH),
    "UsageLine": object_of(
        {
            "taskId": TEXT,
            "status": {"enum": list(dict.fromkeys(STATUSES.values()))},
            "model": TEXT,
            "source": {"enum": [kind.value for kind in Kind]},
            "size": _MAYBE_TEXT,
            "images": COUNT,
            "inputTokens": COUNT,
            "outputTokens": COUNT,
            "charge": DOLLARS,
            "keyId": TEXT,
            "user": _MAYBE_TEXT,
            "finishedAt": TIME,
        }
    ),
    "UsageFound": _found("UsageLine"),
    "PointsSearch": _search(POINTS_SEARCH),
    "PointsLine": object_of(
        {
            "id": COUNT,
            "kind": {"enum": [kind.value for kind in EntryKind]},
            "amount": DOLLARS,
            "balanceBefore": DOLLARS,
            "balanceAfter": DOLLARS,
            "reason": TEXT,
            "taskId": _MAYBE_TEXT,
            "createdAt": TIME,
        }
    ),
    "PointsFound": _found("PointsLine"),
}
"""Component name -> schema."""
