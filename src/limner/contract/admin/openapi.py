"""The OpenAPI 3.1 document of `/limner/v1`, made from the table of operations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from limner.contract import openapi
from limner.contract.admin.operations import OPERATIONS, PREFIX, Operation
from limner.contract.admin.schemas import ADMIN_SCHEMAS, body_schema, list_name
from limner.contract.arguments import TEXT_CHARS_MAX
from limner.contract.catalog import Catalog
from limner.contract.ledger_schemas import argument_schema
from limner.contract.schemas import ref
from limner.job import Json

_SHARED: Final = ("Error", "ErrorObject", "Images", "LegacyImages")
"""Components that are the same in OpenAI's part of the surface."""
_ERRORS: Final = (400, 401, 403, 404, 405, 500, 503)
_BODY_ERRORS: Final = (*_ERRORS, 408, 409, 413)
_JSON: Final = "application/json"


def admin_document(catalog: Catalog, *, server_url: str, version: str) -> dict[str, Json]:
    """The document. server_url: the address of the server, without a path."""
    shared: Any = openapi.document(catalog, server_url=f"{server_url}/openai/v1", version=version)["components"]
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, _path(operation.path))[operation.method.lower()] = _operation(operation)
    paths["/jobs/{job_id}"] = {**_path("/jobs/{job_id}"), "get": _JOB}
    tags = dict.fromkeys(_tag(operation.id) for operation in OPERATIONS)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Limner's own API",
            "version": version,
            "summary": "Administration, and jobs by their id.",
            "description": "Amounts are US dollars as decimal text, times Unix seconds. Administration wants a key "
            "made with `limner keys create NAME --admin`, and refuses names that it does not know.",
        },
        "servers": [{"url": server_url + PREFIX}],
        "security": [{"bearer": []}],
        "tags": [{"name": name} for name in (*tags, "Jobs")],
        "paths": paths,
        "components": {
            "schemas": {**{name: shared["schemas"][name] for name in _SHARED}, **ADMIN_SCHEMAS},
            "headers": shared["headers"],
            "responses": shared["responses"],
            "securitySchemes": {"bearer": shared["securitySchemes"]["bearer"]},
        },
    }


def _path(path: str) -> dict[str, Json]:
    names = re.findall(r"\{(\w+)\}", path)
    parameters: list[Json] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": TEXT_CHARS_MAX, "pattern": "^[^/]+$"},
            **_DESCRIBED.get(name, {}),
        }
        for name in names
    ]
    return {"parameters": parameters} if parameters else {}


_ONCE: Final = "Of the account: the same request with the same one happens once, whenever it is sent again."
_DESCRIBED: Final[Mapping[str, dict[str, Json]]] = {
    "account": {"description": "The account's name."},
    "key": {"description": "The key's id, or its name while it is good."},
    "job_id": {"description": "The `x-request-id` of the image request."},
}


def _operation(operation: Operation) -> dict[str, Json]:
    answer = list_name(operation.answer) if operation.lists else operation.answer
    asks = operation.method == "GET"
    described = _answering(
        operation.id, _tag(operation.id), operation.summary, answer, _ERRORS if asks else _BODY_ERRORS
    )
    if asks:
        return described | {"parameters": _query(operation)}
    body: dict[str, Json] = {"content": {_JSON: {"schema": body_schema(operation.arguments)}}}
    required = any(argument.required for argument in operation.arguments)
    described |= {"requestBody": body | {"required": required}}
    return described | {"parameters": [openapi.idempotency_key(_ONCE)]} if operation.once else described


def _answering(operation_id: str, tag: str, summary: str, answer: str, errors: tuple[int, ...]) -> dict[str, Json]:
    success: dict[str, Json] = {
        "description": "Done.",
        "headers": {"x-request-id": {"$ref": "#/components/headers/x-request-id"}},
        "content": {_JSON: {"schema": ref(answer)}},
    }
    failures: dict[str, Json] = {str(status): {"$ref": f"#/components/responses/{status}"} for status in errors}
    return {
        "operationId": operation_id,
        "tags": [tag],
        "summary": summary,
        "responses": {"200": success, **failures},
    }


def _query(operation: Operation) -> list[Json]:
    return [
        {
            "name": argument.name,
            "in": "query",
            "schema": argument_schema(argument),
            "description": argument.description,
        }
        for argument in operation.arguments
    ]


def _tag(operation_id: str) -> str:
    return operation_id.partition(".")[0].capitalize()


_JOB: Final = _answering("jobs.retrieve", "Jobs", "Look up a job of the key's account, and its answer", "Job", _ERRORS)
