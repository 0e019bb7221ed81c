"""The OpenAPI document of administration: valid, complete, and made of the tables that parse."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types
from schemathesis.core.result import Ok

from limner.contract.admin.openapi import admin_document
from limner.contract.admin.operations import OPERATIONS, Operation
from limner.contract.catalog import Catalog


@pytest.fixture(scope="module")
def described(catalog: Catalog) -> dict[str, Any]:
    """The document."""
    return json.loads(json.dumps(admin_document(catalog, server_url="https://limner.example", version="1.2.3")))  # type: ignore[no-any-return]


def test_schemathesis_reads_every_operation(described: dict[str, Any]) -> None:
    """The document is valid OpenAPI 3.1, and has the operations of the table and the lookup of a job."""
    results = list(schemathesis.openapi.from_dict(described).get_all_operations())
    operations = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(operations) == len(results)
    assert {operation.definition.raw["operationId"] for operation in operations} == {
        *(operation.id for operation in OPERATIONS),
        "jobs.retrieve",
    }
    assert described["servers"] == [{"url": "https://limner.example/limner/v1"}]


def test_no_reference_leads_nowhere(described: dict[str, Any]) -> None:
    """Every `$ref` is a component of the document, and no schema is there for nothing."""
    references = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(described)))
    for reference in references:
        found: Any = described
        for step in reference.split("/"):
            found = found[step]
        assert found
    assert {f"components/schemas/{name}" for name in described["components"]["schemas"]} <= references


def _schema(described: dict[str, Any], operation: Operation) -> dict[str, Any]:
    """The schemas of an operation's arguments, by name."""
    told = described["paths"][operation.path][operation.method.lower()]
    if operation.method == "GET":
        return {parameter["name"]: parameter["schema"] for parameter in told["parameters"]}
    body = told["requestBody"]["content"]["application/json"]["schema"]
    assert body["additionalProperties"] is False
    assert body["required"] == [argument.name for argument in operation.arguments if argument.required]
    properties: dict[str, Any] = body["properties"]
    return properties


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_argument_is_described(described: dict[str, Any], operation: Operation) -> None:
    """Those that are parsed, no others, each nullable where null is a value."""
    schemas = _schema(described, operation)
    assert list(schemas) == [argument.name for argument in operation.arguments]
    for argument in operation.arguments:
        assert Draft202012Validator(schemas[argument.name]).is_valid(None) == argument.nullable


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_place_in_a_path_is_described(described: dict[str, Any], operation: Operation) -> None:
    """By its name."""
    told = [parameter["name"] for parameter in described["paths"][operation.path].get("parameters", [])]
    assert told == re.findall(r"\{(\w+)\}", operation.path)
