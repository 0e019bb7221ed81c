"""The OpenAPI 3.1 document, made from the tables that parse requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from limner.claims import IDEMPOTENCY_KEY_CHARS_MAX, IDEMPOTENCY_KEY_PATTERN
from limner.contract.catalog import Catalog, Delivery
from limner.contract.families import FAMILIES
from limner.contract.fields import Endpoint
from limner.contract.files import ORDERS
from limner.contract.ledger_schemas import LEDGER_SCHEMAS, argument_schema
from limner.contract.organization import COSTS, IMAGES, Report
from limner.contract.rates import RATE_HEADERS
from limner.contract.samples import code_samples
from limner.contract.schemas import EVENTS, SCHEMAS, encodings, ref, request_schema
from limner.contract.tasks import RESULT_FORMAT, TASK_ID
from limner.files import PAGE_FILES_MAX
from limner.job import Json, Kind

_JSON: Final = "application/json"
_FORM: Final = "multipart/form-data"


def document(catalog: Catalog, *, server_url: str, version: str) -> dict[str, Json]:
    """The document. server_url: the address that paths are appended to, `/v1` included."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Limner",
            "version": version,
            "summary": "OpenAI's Images API, self-hosted.",
            "description": "Parameters the model has no use for are never an error: what became of each stands in the "
            "`limner-parameters` header.",
        },
        "servers": [{"url": server_url}],
        "security": [{"bearer": []}],
        "tags": [{"name": name} for name in ("Images", "Models", "Files", "Tasks", "Usage", "Credits")],
        "paths": {
            "/images/generations": {"post": _image_operation(Kind.GENERATION, catalog, server_url)},
            "/images/edits": {"post": _image_operation(Kind.EDIT, catalog, server_url)},
            "/images/variations": {"post": _image_operation(Kind.VARIATION, catalog, server_url)},
            **_MODEL_PATHS,
            **_FILE_PATHS,
            **_task_paths(catalog, server_url.removesuffix("/v1")),
            "/organization/usage/images": {
                "get": _report_operation(IMAGES, "ImagesUsagePage", "Usage of all accounts")
            },
            "/organization/costs": {"get": _report_operation(COSTS, "CostsPage", "What all accounts were charged")},
            **_credits_paths(server_url),
        },
        "components": {
            "schemas": {**SCHEMAS, **LEDGER_SCHEMAS},
            "headers": _HEADERS,
            "responses": {str(status): _error_response(status) for status in _STATUSES},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


_OPERATION_IDS: Final = {
    Kind.GENERATION: ("images.generate", "Create images from a prompt"),
    Kind.EDIT: ("images.edit", "Edit or extend images, or repaint what a mask leaves open"),
    Kind.VARIATION: ("images.createVariation", "Create variations of an image"),
}
_ENDPOINTS: Final[Mapping[Kind, Mapping[str, Endpoint]]] = {
    Kind.GENERATION: {_JSON: Endpoint.GENERATIONS},
    Kind.EDIT: {_FORM: Endpoint.EDITS_FORM, _JSON: Endpoint.EDITS_JSON},
    Kind.VARIATION: {_FORM: Endpoint.VARIATIONS},
}
_IMAGE_ERRORS: Final = (400, 401, 403, 404, 405, 408, 409, 413, 429, 500, 503)
_READ_ERRORS: Final = (400, 401, 403, 404, 405, 429, 500, 503)


def _image_operation(kind: Kind, catalog: Catalog, server_url: str) -> dict[str, Json]:
    operation_id, summary = _OPERATION_IDS[kind]
    content: dict[str, Json] = {}
    for media_type, endpoint in _ENDPOINTS[kind].items():
        schema = request_schema(endpoint, catalog)
        content[media_type] = {"schema": schema}
        if media_type == _FORM:
            content[media_type] = {"schema": schema, "encoding": encodings(schema)}
    is_legacy = any(FAMILIES[model.family].legacy for model in catalog.values())
    answer: dict[str, Json] = {"anyOf": [ref("Images"), ref("LegacyImages")]} if is_legacy else ref("Images")
    events: list[Json] = [ref(name) for name in EVENTS[kind]]
    operation = _operation(
        operation_id,
        "Images",
        summary,
        {_JSON: {"schema": answer}, "text/event-stream": {"schema": {"type": "string"}, "x-events": events}},
        _IMAGE_ERRORS,
        headers=("x-request-id", "limner-parameters", *RATE_HEADERS),
    )
    body: dict[str, Json] = {"required": True, "content": content}
    return operation | {
        "parameters": [
            idempotency_key(
                "One for each picture you want to buy: for 24 hours, the same request with the same one is not a "
                "second picture."
            )
        ],
        "requestBody": body,
        "x-codeSamples": code_samples(operation_id, server_url),
    }


def idempotency_key(description: str) -> dict[str, Json]:
    """The header `Idempotency-Key` as a parameter."""
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": IDEMPOTENCY_KEY_CHARS_MAX,
            "pattern": f"^{IDEMPOTENCY_KEY_PATTERN}$",
        },
        "description": description,
    }


def _operation(
    operation_id: str,
    tag: str,
    summary: str,
    content: Mapping[str, Json],
    error_statuses: tuple[int, ...],
    headers: tuple[str, ...] = ("x-request-id",),
) -> dict[str, Json]:
    success: dict[str, Json] = {
        "description": "Done.",
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": dict(content),
    }
    failures: dict[str, Json] = {str(status): {"$ref": f"#/components/responses/{status}"} for status in error_statuses}
    return {
        "operationId": operation_id,
        "tags": [tag],
        "summary": summary,
        "responses": {"200": success, **failures},
    }


def _schema(name: str) -> dict[str, Json]:
    return {_JSON: {"schema": ref(name)}}


def _path_parameter(name: str) -> dict[str, Json]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query_parameter(name: str, schema: dict[str, Json], description: str) -> dict[str, Json]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


_MODEL_PATHS: Final[dict[str, Json]] = {
    "/models": {
        "get": _operation(
            "models.list", "Models", "List the models this server offers", _schema("ModelList"), _READ_ERRORS
        )
    },
    "/models/{model}": {
        "parameters": [_path_parameter("model")],
        "get": _operation("models.retrieve", "Models", "Look up one model", _schema("Model"), _READ_ERRORS),
    },
}

_LISTING: Final[list[Json]] = [
    _query_parameter("after", {"type": "string"}, "Id of the last file of the page before."),
    _query_parameter("limit", {"type": "integer", "minimum": 1, "maximum": PAGE_FILES_MAX}, "Files per page."),
    _query_parameter("order", {"enum": list(ORDERS)}, "By time of upload; `desc` is the default."),
    _query_parameter("purpose", {"type": "string"}, "Only files uploaded for this purpose."),
]
_UPLOAD: Final[dict[str, Json]] = {"required": True, "content": {_FORM: {"schema": ref("FileUpload")}}}
_BINARY: Final[dict[str, Json]] = {"*/*": {"schema": {"type": "string", "format": "binary"}}}

_FILE_PATHS: Final[dict[str, Json]] = {
    "/files": {
        "get": _operation("files.list", "Files", "List your files", _schema("FileList"), _READ_ERRORS)
        | {"parameters": _LISTING},
        "post": _operation("files.create", "Files", "Upload a picture for later edits", _schema("File"), _IMAGE_ERRORS)
        | {"requestBody": _UPLOAD},
    },
    "/files/{file_id}": {
        "parameters": [_path_parameter("file_id")],
        "get": _operation("files.retrieve", "Files", "Look up one file", _schema("File"), _READ_ERRORS),
        "delete": _operation("files.delete", "Files", "Delete a file", _schema("FileDeleted"), _READ_ERRORS),
    },
    "/files/{file_id}/content": {
        "parameters": [_path_parameter("file_id")],
        "get": _operation("files.content", "Files", "Download a file", _BINARY, _READ_ERRORS),
    },
}


def _report_operation(report: Report, page: str, summary: str) -> dict[str, Json]:
    parameters: list[Json] = [
        _query_parameter(argument.name, argument_schema(argument), argument.description)
        | ({"required": True} if argument.required else {})
        for argument in report.arguments
    ]
    operation = _operation(
        report.operation, "Usage", f"{summary}, for keys that administer the server", _schema(page), _READ_ERRORS
    )
    return operation | {"parameters": parameters}


_CREDITS: Final = (
    ("/api-user/credits", "get", "credits.retrieve", "What your account has left, holds and has spent", "", "Credits"),
    ("/api-user/services", "get", "services.list", "Models and their prices", "", "Services"),
    ("/api-user/usage/search", "post", "usage.search", "Jobs of your account", "UsageSearch", "UsageFound"),
    ("/api-user/points/search", "post", "points.search", "Entries of your account", "PointsSearch", "PointsFound"),
)
"""Path, method, operation, what it does, component of the request's body if it has one, and of the answer."""


def _credits_paths(server_url: str) -> dict[str, Json]:
    """They stand at the root of the server, beside OpenAI's own paths."""
    servers: list[Json] = [{"url": server_url.removesuffix("/openai/v1")}]
    security: list[Json] = [{"bearer": []}, {"apiKey": []}]
    paths: dict[str, Json] = {}
    for path, method, operation_id, summary, asked, answer in _CREDITS:
        errors = _IMAGE_ERRORS if asked else _READ_ERRORS
        operation = _operation(operation_id, "Credits", summary, _schema(answer), errors) | {"security": security}
        if asked:
            operation |= {"requestBody": {"content": _schema(asked)}}
        paths[path] = {"servers": servers, method: operation}
    return paths


_TASK_QUERY: Final[list[Json]] = [
    _query_parameter(TASK_ID, {"type": "string", "minLength": 1}, "What the submission answered.") | {"required": True},
    _query_parameter(
        RESULT_FORMAT, {"enum": list(Delivery)}, "Pictures in the answer or by address; the model's own way is default."
    ),
]


def _task_paths(catalog: Catalog, server_url: str) -> dict[str, Json]:
    """Paths of tasks, which lie beside OpenAI's: server_url is without its version."""
    servers: list[Json] = [{"url": server_url}]
    schema = request_schema(Endpoint.TASKS, catalog)
    submit = _operation(
        "tasks.create",
        "Tasks",
        "Submit a task: generate pictures, or edit them when there is an `image`, without waiting",
        _schema("TaskSubmitted"),
        _IMAGE_ERRORS,
        headers=("x-request-id", "limner-parameters"),
    )
    look = _operation("tasks.retrieve", "Tasks", "Look up a task and its result", _schema("Task"), _READ_ERRORS)
    cancel = _operation(
        "tasks.cancel", "Tasks", "Take back a task that is not processed yet", _schema("Task"), (*_READ_ERRORS, 409)
    )
    body: dict[str, Json] = {"required": True, "content": {_JSON: {"schema": schema}}}
    return {
        "/images": {"servers": servers, "post": submit | {"requestBody": body}},
        "/tasks": {"servers": servers, "parameters": _TASK_QUERY, "get": look, "delete": cancel},
    }


_HEADERS: Final[dict[str, Json]] = {
    "x-request-id": {"description": "Id of the request, and of its job.", "schema": {"type": "string"}},
    "limner-parameters": {
        "description": "What became of each parameter: honoured, adapted, emulated or ignored (RFC 9651 dictionary).",
        "schema": {"type": "string"},
    },
    "x-should-retry": {
        "description": "Whether the very same request may succeed later.",
        "schema": {"enum": ["true", "false"]},
    },
    "retry-after": {"description": "Seconds to wait.", "schema": {"type": "string"}},
    **{name: {"description": description, "schema": {"type": "string"}} for name, description in RATE_HEADERS.items()},
    "www-authenticate": {"schema": {"type": "string"}},
    "allow": {"description": "Methods the path has.", "schema": {"type": "string"}},
}
_STATUSES: Final[Mapping[int, tuple[str, tuple[str, ...]]]] = {
    400: ("The request breaks a rule, or its prompt or pictures were refused.", ()),
    401: ("No key, or one that is not valid.", ("www-authenticate",)),
    403: ("The key may not do this.", ()),
    404: ("No such route, model, file or job.", ()),
    405: ("The path does not have this method.", ("allow",)),
    408: ("The body came too slowly.", ()),
    409: ("The request contradicts what is stored.", ()),
    413: ("The body, or a file in it, is too large.", ()),
    429: ("A quota or a rate is used up.", ("retry-after", *RATE_HEADERS)),
    500: ("The engine failed, or this server did.", ("retry-after",)),
    503: ("The engine or this server takes no work just now.", ("retry-after",)),
}
"""Status -> what it means, and headers beside those every error has."""


def _error_response(status: int) -> dict[str, Json]:
    description, more_headers = _STATUSES[status]
    return {
        "description": description,
        "headers": {
            name: {"$ref": f"#/components/headers/{name}"} for name in ("x-request-id", "x-should-retry", *more_headers)
        },
        "content": _schema("Error"),
    }
