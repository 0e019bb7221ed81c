"""The API reference page, rendered from the same tables that parse requests, and the files it is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from limner.contract.admin.operations import OPERATIONS, PREFIX
from limner.contract.arguments import Argument
from limner.contract.arguments import Shape as ArgumentShape
from limner.contract.credits import POINTS_SEARCH, USAGE_SEARCH
from limner.contract.families import MODEL_DEFAULT
from limner.contract.fields import FIELDS, WEBHOOK, Endpoint, Field, Shape
from limner.contract.organization import COSTS, IMAGES
from limner.errors import Defect, LimnerError
from limner.http.links import request_url
from limner.http.methods import invalid_url
from limner.http.surface import Surface

_HERE: Final = Path(__file__).parent
API_PATH: Final = "/openai/v1"
TASK_PATH: Final = "/openai"

SECURITY_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
"""A page runs and loads what this server ships, and nothing else."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A field as the page shows it. encoding: the only encoding that has it, or an empty text for all."""

    name: str
    type: str
    required: bool
    default: str | None
    allowed: tuple[str, ...]
    range: str
    encoding: str
    description: str


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A class of errors as the page shows it. code: the usual one, or None where it differs from case to case."""

    status: int
    type: str
    code: str | None
    meaning: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class Language:
    """A tab of examples. id: also the ending of its files among the templates."""

    id: str
    name: str


LANGUAGES: Final = (Language("curl", "curl"), Language("python", "Python"), Language("node", "Node.js"))
EXAMPLES: Final = ("generate", "edit", "stream")


class Docs:
    """GET /docs."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._template = templates().get_template("docs.html")
        self._context = {
            "version": surface.version,
            "models": tuple(surface.catalog),
            "model_default": MODEL_DEFAULT,
            "generation": parameters(Endpoint.GENERATIONS),
            "edit": parameters(Endpoint.EDITS_FORM, Endpoint.EDITS_JSON),
            "task": parameters(Endpoint.TASKS, more=(WEBHOOK,)),
            "images_usage": argument_rows(IMAGES.arguments),
            "costs": argument_rows(COSTS.arguments),
            "usage_search": argument_rows(USAGE_SEARCH),
            "points_search": argument_rows(POINTS_SEARCH),
            "operations": operation_rows(),
            "errors": error_rows(),
            "languages": LANGUAGES,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the page."""
        origin = self._surface.public_url or request_url(scope)
        base_url = origin + API_PATH
        html = self._template.render(
            **self._context,
            origin=origin,
            base_url=base_url,
            task_url=origin + TASK_PATH,
            examples=examples(base_url),
        )
        await HTMLResponse(html, headers=SECURITY_HEADERS)(scope, receive, send)


def home() -> ASGIApp:
    """GET /: the reference, the only page so far."""
    return RedirectResponse("/docs")


class Static:
    """GET /static/*: styles and scripts."""

    def __init__(self) -> None:
        self._files = StaticFiles(directory=_HERE / "static")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one file. Raises NotFound for one that is not there."""
        try:
            await self._files(scope, receive, send)
        except HTTPException as cause:
            raise invalid_url(scope) from cause


def templates() -> Environment:
    """The pages' templates. Everything put into them is escaped; an unknown name is an error."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["marked"] = marked
    return environment


def examples(base_url: str) -> Mapping[str, Mapping[str, str]]:
    """Name -> language id -> program, against the API at `base_url`. Plain text, to be escaped where it is shown."""
    folder = _HERE / "templates" / "examples"
    return {
        name: {
            language.id: (folder / f"{name}.{language.id}").read_text().replace("{{ base_url }}", base_url)
            for language in LANGUAGES
        }
        for name in EXAMPLES
    }


def marked(text: str) -> Markup:
    """`text` as HTML, with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just before


def parameters(*endpoints: Endpoint, more: Sequence[Field] = ()) -> tuple[Parameter, ...]:
    """The fields that any of an operation's encodings has, required ones first; more: beside those of pictures."""
    rows = [_parameter(field, endpoints) for field in (*FIELDS, *more) if field.where & set(endpoints)]
    return tuple(sorted(rows, key=lambda row: not row.required))


_ENCODINGS: Final = {Endpoint.EDITS_FORM: "multipart only", Endpoint.EDITS_JSON: "JSON only"}


def _parameter(field: Field, endpoints: Sequence[Endpoint]) -> Parameter:
    where = [endpoint for endpoint in endpoints if endpoint in field.where]
    return Parameter(
        name=field.name,
        type=_TYPES[field.shape],
        required=field.required and not (field.shape is Shape.PICTURES and Endpoint.TASKS in endpoints),
        default=None if field.default is None else str(field.default).lower(),
        allowed=field.choices,
        range=_range(field),
        encoding=_ENCODINGS[where[0]] if len(where) < len(endpoints) else "",
        description=field.description,
    )


_TYPES: Final = {
    Shape.STRING: "string",
    Shape.IDENTIFIER: "string",
    Shape.INTEGER: "integer",
    Shape.BOOLEAN: "boolean",
    Shape.CHOICE: "string",
    Shape.SIZE: "string",
    Shape.SVG: "object",
    Shape.PICTURE: "file or object",
    Shape.PICTURES: "array",
}


def _range(field: Field) -> str:
    unit = " characters" if field.shape in {Shape.STRING, Shape.IDENTIFIER} else ""
    least, most = field.minimum, field.maximum
    if least is None:
        return "" if most is None else f"at most {most:,}{unit}"
    return f"at least {least:,}{unit}" if most is None else f"{least:,} to {most:,}{unit}"


def argument_rows(arguments: Iterable[Argument]) -> tuple[Parameter, ...]:
    """The arguments of an endpoint that reads the ledger, in the table's order."""
    return tuple(
        Parameter(
            name=argument.name,
            type=_ARGUMENT_TYPES[argument.shape],
            required=argument.required,
            default=None if argument.default is None else str(argument.default),
            allowed=argument.choices,
            range=f"{argument.minimum:,} to {argument.maximum:,}" if argument.shape is ArgumentShape.COUNT else "",
            encoding="",
            description=argument.description,
        )
        for argument in arguments
    )


_ARGUMENT_TYPES: Final = {
    ArgumentShape.TIME: "integer",
    ArgumentShape.COUNT: "integer",
    ArgumentShape.CHOICE: "string",
    ArgumentShape.CHOICES: "array",
    ArgumentShape.TEXT: "string",
    ArgumentShape.TEXTS: "array",
    ArgumentShape.SIZES: "array",
    ArgumentShape.CURSOR: "string",
    ArgumentShape.AMOUNT: "string",
    ArgumentShape.PERCENT: "string",
    ArgumentShape.FLAG: "boolean",
    ArgumentShape.LABELS: "object",
}


@dataclass(frozen=True, slots=True)
class OperationRow:
    """An operation of the administrators' API as the page shows it."""

    method: str
    path: str
    summary: str
    parameters: tuple[Parameter, ...]


def operation_rows() -> tuple[OperationRow, ...]:
    """Every operation, in the table's order."""
    return tuple(
        OperationRow(
            method=operation.method,
            path=PREFIX + operation.path,
            summary=operation.summary,
            parameters=argument_rows(operation.arguments),
        )
        for operation in OPERATIONS
    )


def error_rows() -> tuple[ErrorRow, ...]:
    """Every error an answer can carry, by status; read from the error tree, so that none is forgotten."""
    rows = [
        ErrorRow(
            status=error.status,
            type=error.type,
            code=error.code_default,
            meaning=(error.__doc__ or "").strip().partition("\n")[0].partition(". ")[0].rstrip("."),
            retryable=error.retryable,
        )
        for error in _answers(LimnerError)
    ]
    return tuple(sorted(rows, key=lambda row: (row.status, row.type)))


def _answers(root: type[LimnerError]) -> Iterator[type[LimnerError]]:
    """Every class of the tree but the root and those directly below it that only gather others.

    What kind of defect of ours it was is for the log: callers see one.
    """
    if root is Defect:
        return
    for child in root.__subclasses__():
        if child is Defect or root is not LimnerError or not child.__subclasses__():
            yield child
        yield from _answers(child)
