"""JSON Schemas of requests and answers, made from the field tables; the OpenAPI document is put together from them.

Requests are described as the lenient rules take them: other keys are allowed, and a parameter that no rule refuses
takes anything, beside the values that mean something. Rules across fields are not expressed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from limner.contract.catalog import Catalog
from limner.contract.families import FAMILIES, MODEL_DEFAULT
from limner.contract.fields import (
    FIELDS,
    IMAGE_URL_CHARS_MAX,
    REASONING_EFFORTS,
    WEBHOOK,
    Endpoint,
    Field,
    Shape,
)
from limner.contract.files import EXPIRY_S_MAX, EXPIRY_S_MIN, PURPOSES
from limner.job import QUALITIES, Background, Format, Json, Kind
from limner.tasks import TaskStatus

_FORMS: Final = frozenset({Endpoint.EDITS_FORM, Endpoint.VARIATIONS})
_IMAGE_TYPES: Final = "image/png, image/jpeg, image/webp, application/octet-stream"
IMAGES_MAX: Final = 16

_POPULAR_SIZES: Final = (
    "auto", "1024x1024", "1536x1024", "1024x1536", "2048x2048", "2048x1152", "3840x2160", "2160x3840",
)  # fmt: skip
"""Source: OpenAI image generation guide."""


def request_schema(endpoint: Endpoint, catalog: Catalog) -> dict[str, Json]:
    """What an endpoint's body holds."""
    properties: dict[str, Json] = {}
    required: list[Json] = []
    for field in FIELDS:
        if endpoint in field.where:
            properties |= _properties(field, endpoint, catalog)
            # A form of an edit may spell its pictures in two ways, and a task need not have any.
            if field.required and (field.shape is not Shape.PICTURES or endpoint not in _PICTURES_OPEN):
                required.append(field.name)
    schema: dict[str, Json] = {
        "type": "object",
        "properties": properties,
        "additionalProperties": True,
        "required": required,
    }
    if endpoint is Endpoint.TASKS:
        webhook: dict[str, Json] = {"anyOf": [_value(WEBHOOK, is_form=False), {"type": "null"}]}
        properties[WEBHOOK.name] = webhook | {"description": WEBHOOK.description}
        schema["dependentRequired"] = {"mask": ["image"], "markup": ["image"]}
    if endpoint is Endpoint.EDITS_FORM:
        schema["anyOf"] = [{"required": ["image"]}, {"required": ["image[]"]}]
    return schema


def encodings(schema: Mapping[str, Json]) -> dict[str, Json]:
    """Media types of a form's file parts."""
    properties = schema["properties"]
    assert isinstance(properties, dict)
    return {name: {"contentType": _IMAGE_TYPES} for name in _FILE_NAMES if name in properties}


_PICTURES_OPEN: Final = frozenset({Endpoint.EDITS_FORM, Endpoint.TASKS})
_FILE_NAMES: Final = ("image", "image[]", "mask", "markup")


def _properties(field: Field, endpoint: Endpoint, catalog: Catalog) -> dict[str, Json]:
    """A field as one property, or several where a form spells it with brackets."""
    about: dict[str, Json] = {"description": field.description}
    if field.default is not None:
        about["default"] = field.default
    is_form = endpoint in _FORMS
    if field.name == "model":
        values: list[Json] = [*catalog, *([] if is_form else [None])]
        default: dict[str, Json] = {"default": MODEL_DEFAULT} if MODEL_DEFAULT in catalog else {}
        return {"model": {"enum": values, "description": field.description, **default}}
    if field.shape is Shape.PICTURES and is_form:
        one: dict[str, Json] = {"type": "string", "format": "binary", **about}
        if endpoint is Endpoint.VARIATIONS:
            return {"image": one}
        several: dict[str, Json] = {"type": "array", "items": {"type": "string", "format": "binary"}, **about}
        return {"image": one, "image[]": several | {"minItems": 1, "maxItems": IMAGES_MAX}}
    if field.shape is Shape.SVG and is_form:
        return {f"svg{path}": _lax(schema) | about for path, schema in _SVG_PARTS.items()}
    schema = _of_a_task(field) if endpoint is Endpoint.TASKS else _value(field, is_form=is_form)
    if (field.nullable or (field.name, endpoint) == ("image", Endpoint.TASKS)) and not is_form:
        schema = {"anyOf": [schema, {"type": "null"}]}
    return {field.name: (_lax(schema) if _is_never_refused(field) else schema) | about}


def _of_a_task(field: Field) -> dict[str, Json]:
    """A picture of a task may also be an address by itself, and several a list or one alone."""
    if field.shape not in {Shape.PICTURE, Shape.PICTURES}:
        return _value(field, is_form=False)
    one: dict[str, Json] = {"anyOf": [_IMAGE_URL, ref("ImageReference")]}
    if field.shape is Shape.PICTURE:
        return one
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": IMAGES_MAX}]}


_IMAGE_URL: Final[dict[str, Json]] = {
    "type": "string",
    "maxLength": IMAGE_URL_CHARS_MAX,
    "pattern": "^(https?://|data:)",
    "description": "An http(s) address, or a base64 data: URL.",
}


def _lax(schema: dict[str, Json]) -> dict[str, Json]:
    """The values that mean something, and any other, which is told as ignored."""
    return {"anyOf": [schema, {}]}


def _is_never_refused(field: Field) -> bool:
    """Whether the lenient rules let any value of `field` pass for every gpt-image model of today's default family."""
    return field.name in {"response_format", "style", "input_fidelity"} or (
        field.name not in FAMILIES[MODEL_DEFAULT].fields and field.shape is not Shape.PICTURE
    )


def _value(field: Field, *, is_form: bool) -> dict[str, Json]:
    match field.shape:
        case Shape.STRING | Shape.IDENTIFIER:
            kinds: Json = ["string", "number"] if field.shape is Shape.IDENTIFIER and not is_form else "string"
            return _bounded({"type": kinds}, field, "minLength", "maxLength")
        case Shape.INTEGER:
            return _bounded({"type": "integer"}, field, "minimum", "maximum")
        case Shape.BOOLEAN:
            return {"type": "boolean"}
        case Shape.CHOICE:
            return {"type": "string", "enum": list(field.choices)}
        case Shape.SIZE:
            free: dict[str, Json] = {"type": "string", "pattern": "^[1-9][0-9]{1,3}x[1-9][0-9]{1,3}$"}
            return {"anyOf": [{"type": "string", "enum": list(_POPULAR_SIZES)}, free]}
        case Shape.SVG:
            return _SVG
        case Shape.PICTURES:
            return {"type": "array", "items": ref("ImageReference"), "minItems": 1, "maxItems": IMAGES_MAX}
        case _:
            return {"type": "string", "format": "binary"} if is_form else ref("ImageReference")


def _bounded(schema: dict[str, Json], field: Field, low: str, high: str) -> dict[str, Json]:
    bounds = {low: field.minimum, high: field.maximum}
    return schema | {name: bound for name, bound in bounds.items() if bound is not None}


_SVG_PARTS: Final[Mapping[str, dict[str, Json]]] = {
    "[model]": {"type": "string"},
    "[reasoning][effort]": {"type": "string", "enum": list(REASONING_EFFORTS)},
}
_SVG: Final[dict[str, Json]] = {
    "type": "object",
    "properties": {
        "model": {"type": "string"},
        "reasoning": {
            "type": ["object", "null"],
            "properties": {"effort": {"enum": [*REASONING_EFFORTS, None]}},
        },
    },
}


def ref(name: str) -> dict[str, Json]:
    """A component, by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(properties: Mapping[str, Json], optional: tuple[str, ...] = ()) -> dict[str, Json]:
    """An object with all of the properties, but those that are optional."""
    required: list[Json] = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required}


COUNT: Final[dict[str, Json]] = {"type": "integer", "minimum": 0}
TIME: Final[dict[str, Json]] = {"type": "integer", "description": "Unix seconds."}
TEXT: Final[dict[str, Json]] = {"type": "string"}
_BASE64: Final[dict[str, Json]] = {"type": "string", "contentEncoding": "base64"}
_ECHO: Final[dict[str, Json]] = {
    "background": {"enum": [value.value for value in Background if value is not Background.AUTO]},
    "output_format": {"enum": [value.value for value in Format]},
    "quality": {"enum": [quality.value for quality in QUALITIES]},
    "size": {"type": "string", "pattern": "^[0-9]+x[0-9]+$"},
}
_SIDES: Final = object_of({"image_tokens": COUNT, "text_tokens": COUNT})
_USAGE: Final[dict[str, Json]] = {
    "input_tokens": COUNT,
    "input_tokens_details": _SIDES,
    "output_tokens": COUNT,
    "output_tokens_details": _SIDES,
    "total_tokens": COUNT,
}
_STREAM_USAGE: Final = {name: schema for name, schema in _USAGE.items() if name != "output_tokens_details"}


def _event(name: str, extra: Mapping[str, Json], optional: tuple[str, ...] = ()) -> dict[str, Json]:
    return object_of({"type": {"const": name}, "b64_json": _BASE64, "created_at": TIME, **_ECHO, **extra}, optional)


_PARTIAL: Final[dict[str, Json]] = {"partial_image_index": COUNT}
_COMPLETED: Final[dict[str, Json]] = {"usage": object_of(_STREAM_USAGE), "safety_identifier": TEXT}


def _images(picture: Mapping[str, Json]) -> dict[str, Json]:
    return object_of(
        {
            "created": TIME,
            "background": _ECHO["background"],
            "data": {"type": "array", "minItems": 1, "items": object_of(picture)},
            "output_format": _ECHO["output_format"],
            "quality": _ECHO["quality"],
            "size": _ECHO["size"],
            "usage": object_of(_USAGE),
            "safety_identifier": TEXT,
        },
        optional=("safety_identifier",),
    )


SCHEMAS: Final[Mapping[str, dict[str, Json]]] = {
    "ImageReference": {
        "type": "object",
        "description": "A picture by address or by the id of an uploaded file: exactly one of the two.",
        "properties": {
            "image_url": _IMAGE_URL,
            "file_id": {"type": "string", "minLength": 1},
        },
        "oneOf": [{"required": ["image_url"]}, {"required": ["file_id"]}],
    },
    "Images": _images({"b64_json": _BASE64}),
    "ImagesByAddress": _images({"url": TEXT}),
    "LegacyImages": object_of(
        {
            "created": TIME,
            "data": {
                "type": "array",
                "minItems": 1,
                "items": object_of(
                    {"revised_prompt": TEXT, "url": TEXT, "b64_json": _BASE64},
                    optional=("revised_prompt", "url", "b64_json"),
                )
                | {"oneOf": [{"required": ["url"]}, {"required": ["b64_json"]}]},
            },
        }
    ),
    "ImageGenerationPartialImageEvent": _event("image_generation.partial_image", _PARTIAL),
    "ImageGenerationCompletedEvent": _event("image_generation.completed", _COMPLETED, ("safety_identifier",)),
    "ImageEditPartialImageEvent": _event("image_edit.partial_image", _PARTIAL),
    "ImageEditCompletedEvent": _event("image_edit.completed", _COMPLETED, ("safety_identifier",)),
    "ErrorEvent": object_of({"type": {"const": "error"}, "error": ref("ErrorObject")}),
    "Model": object_of({"id": TEXT, "object": {"const": "model"}, "created": TIME, "owned_by": TEXT}),
    "ModelList": object_of({"object": {"const": "list"}, "data": {"type": "array", "items": ref("Model")}}),
    "File": object_of(
        {
            "id": TEXT,
            "object": {"const": "file"},
            "bytes": COUNT,
            "created_at": TIME,
            "expires_at": {"type": ["integer", "null"]},
            "filename": TEXT,
            "purpose": {"enum": list(PURPOSES)},
            "status": {"enum": ["processed"]},
            "status_details": {"type": "null"},
        }
    ),
    "FileList": object_of(
        {
            "object": {"const": "list"},
            "data": {"type": "array", "items": ref("File")},
            "first_id": {"type": ["string", "null"]},
            "last_id": {"type": ["string", "null"]},
            "has_more": {"type": "boolean"},
        }
    ),
    "FileDeleted": object_of({"id": TEXT, "object": {"const": "file"}, "deleted": {"const": True}}),
    "FileUpload": object_of(
        {
            "file": {"type": "string", "format": "binary"},
            "purpose": {"enum": list(PURPOSES), "description": "`vision` or `user_data` for pictures."},
            "expires_after[anchor]": {"const": "created_at"},
            "expires_after[seconds]": {"type": "integer", "minimum": EXPIRY_S_MIN, "maximum": EXPIRY_S_MAX},
        },
        optional=("expires_after[anchor]", "expires_after[seconds]"),
    )
    | {
        "dependentRequired": {
            "expires_after[anchor]": ["expires_after[seconds]"],
            "expires_after[seconds]": ["expires_after[anchor]"],
        }
    },
    "TaskSubmitted": object_of({"taskId": TEXT}),
    "Task": object_of(
        {
            "taskId": TEXT,
            "status": {"enum": [status.value for status in TaskStatus]},
            "result": {"anyOf": [{"type": "null"}, ref("Images"), ref("ImagesByAddress"), ref("LegacyImages")]},
            "errorMessage": {"type": ["string", "null"]},
            "errorCode": {"type": ["string", "null"]},
            "createdAt": {"type": "string", "format": "date-time"},
            "finishedAt": {"type": ["string", "null"], "format": "date-time"},
            "traceId": TEXT | {"description": "Id of the job that draws it, as in the server's log."},
            "note": TEXT | {"description": "Why a completed task is told without its result."},
        },
        optional=("note",),
    ),
    "ErrorObject": object_of(
        {
            "message": TEXT,
            "type": TEXT,
            "param": {"type": ["string", "null"]},
            "code": {"type": ["string", "null"]},
            "moderation_details": object_of(
                {
                    "moderation_stage": {"enum": ["input", "output", "unknown"]},
                    "categories": {"type": "array", "items": TEXT},
                }
            ),
        },
        optional=("moderation_details",),
    ),
    "Error": object_of({"error": ref("ErrorObject")}),
}
"""Component name -> schema."""

EVENTS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.GENERATION: ("ImageGenerationPartialImageEvent", "ImageGenerationCompletedEvent", "ErrorEvent"),
    Kind.EDIT: ("ImageEditPartialImageEvent", "ImageEditCompletedEvent", "ErrorEvent"),
    Kind.VARIATION: ("ImageGenerationPartialImageEvent", "ImageGenerationCompletedEvent", "ErrorEvent"),
}
"""Components of what an operation's stream may carry."""
