"""Holding an answer against what an OpenAPI document says of its operation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from tests.server.wire import Answer


def problems(document: Mapping[str, Any], method: str, template: str, answer: Answer) -> list[str]:
    """Where an answer differs from what the document says of its operation."""
    operation = document["paths"][template][method.lower()]
    described = operation["responses"].get(str(answer.status)) or operation["responses"].get("default")
    if described is None:
        return [f"{method} {template} answers {answer.status}, which is not described"]
    registry: Registry[Any] = Registry().with_resource("urn:limner", DRAFT202012.create_resource(dict(document)))
    while "$ref" in described:
        described = registry.resolver("urn:limner").lookup(described["$ref"]).contents
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    content = described.get("content", {})
    if media_type not in content:
        return [f"{method} {template} answers {media_type}, described are {sorted(content)}"]
    if media_type != "application/json":
        return []
    schema = _absolute(content[media_type]["schema"])
    errors = Draft202012Validator(schema, registry=registry).iter_errors(json.loads(answer.body))
    return [f"{method} {template} {answer.status}: {error.json_path}: {error.message[:200]}" for error in errors]


def _absolute(schema: Any) -> Any:
    """A schema whose references into the document stand alone."""
    return json.loads(json.dumps(schema).replace('"$ref": "#/', '"$ref": "urn:limner#/'))
