"""The table of fields: every parameter of the image endpoints, once.

Parsing, the OpenAPI document and the reference page are all read from `FIELDS`, so they cannot disagree. What differs
between families stands in `families.py`; the order in which the live API checks stands in `CHECKS`.
Sources: OpenAI API reference and OpenAPI document (images), official SDK types of November 2026; null rule and order
of checks observed August 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from limner.contract.families import FAMILIES, Family
from limner.job import COMPRESSION_DEFAULT, Json


class Endpoint(StrEnum):
    """An operation in one of its encodings."""

    GENERATIONS = "generations"
    """POST /images/generations, application/json."""
    EDITS_FORM = "edits_form"
    """POST /images/edits, multipart/form-data."""
    EDITS_JSON = "edits_json"
    """POST /images/edits, application/json."""
    VARIATIONS = "variations"
    """POST /images/variations, multipart/form-data."""
    TASKS = "tasks"
    """POST /openai/images, application/json: a generation, or an edit when there is an `image`."""


class Shape(StrEnum):
    """What a field's value looks like."""

    STRING = "string"
    IDENTIFIER = "identifier"
    """A string; a number is kept as its text."""
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    SIZE = "size"
    SVG = "svg"
    """An object naming the author model and reasoning effort of an SVG."""
    PICTURE = "picture"
    """One picture: a file part, or in JSON an object with `image_url` or `file_id`."""
    PICTURES = "pictures"
    """One or more of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One parameter.

    where: the endpoints that have it. default: what leaving it out means, in wire form. minimum, maximum: of an
    integer, or the lengths of a string in characters. choices: the values of an enumeration, or the only sizes.
    nullable: whether null means not given. In `FIELDS` the ranges and choices are the widest any family has;
    `fields_of` narrows them to one family's.
    """

    name: str
    shape: Shape
    description: str
    where: frozenset[Endpoint]
    required: bool = False
    default: Json = None
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    nullable: bool = True


_EVERYWHERE: Final = frozenset(Endpoint)
_EDITS: Final = frozenset({Endpoint.EDITS_FORM, Endpoint.EDITS_JSON, Endpoint.TASKS})
_DRAWING: Final = _EDITS | {Endpoint.GENERATIONS}
_STREAMING: Final = _DRAWING - {Endpoint.TASKS}

PROMPT_CHARS_MAX: Final = 32_000
IDENTIFIER_CHARS_MAX: Final = 1024
"""Of `user` and `safety_identifier`, which are stored with each job. OpenAI states no limit for images."""
IMAGE_URL_CHARS_MAX: Final = 20_971_520
"""Of `image_url`. Source: OpenAI's OpenAPI document, EditImageBodyJsonParam."""
WEBHOOK_CHARS_MAX: Final = 2048
"""What common servers and proxies take of an address."""
REASONING_EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

FIELDS: Final[tuple[Field, ...]] = (
    Field(
        name="model",
        shape=Shape.STRING,
        where=_EVERYWHERE,
        default="gpt-image-2",
        nullable=False,
        description="The model that draws. Left out, it is `gpt-image-2`; OpenAI itself requires it.",
    ),
    Field(
        name="prompt",
        shape=Shape.STRING,
        where=_DRAWING,
        required=True,
        nullable=False,
        minimum=1,
        maximum=PROMPT_CHARS_MAX,
        description="What to draw, or what to change.",
    ),
    Field(
        name="image",
        shape=Shape.PICTURES,
        where=frozenset({Endpoint.EDITS_FORM, Endpoint.VARIATIONS, Endpoint.TASKS}),
        required=True,
        nullable=False,
        description="The picture to work on: one part `image`, or up to 16 parts `image[]`, each a PNG, WebP or JPEG "
        "file of at most 50 MB. Of a task: an http(s) address or a base64 data: URL, or a list of up to 16; without it "
        "the task makes a new picture.",
    ),
    Field(
        name="images",
        shape=Shape.PICTURES,
        where=frozenset({Endpoint.EDITS_JSON}),
        required=True,
        nullable=False,
        description="1 to 16 pictures, each an object with either `image_url` (an http(s) address or a base64 data: "
        "URL) or `file_id`.",
    ),
    Field(
        name="mask",
        shape=Shape.PICTURE,
        where=_EDITS,
        description="A picture with an alpha channel, of the first picture's width and height. Where it is fully "
        "transparent, the first picture is repainted.",
    ),
    Field(
        name="markup",
        shape=Shape.PICTURE,
        where=_EDITS,
        description="A transparent PNG of the first picture's size, laid over it to guide the edit.",
    ),
    Field(
        name="n",
        shape=Shape.INTEGER,
        where=_EVERYWHERE,
        default=1,
        minimum=1,
        maximum=10,
        description="How many pictures to make. With `stream`, only 1.",
    ),
    Field(
        name="size",
        shape=Shape.SIZE,
        where=_EVERYWHERE,
        default="auto",
        description="`auto` or WIDTHxHEIGHT. gpt-image-2 and later: both divisible by 16, at most 3840 pixels a side "
        "and 3:1, from 655,360 to 8,294,400 pixels in all. Older models: 1024x1024, 1536x1024, 1024x1536.",
    ),
    Field(
        name="quality",
        shape=Shape.CHOICE,
        where=_DRAWING,
        default="auto",
        choices=("low", "medium", "high", "xhigh", "max", "auto", "standard", "hd"),
        description="Effort spent on each picture. `xhigh` and `max` came with gpt-image-2.5; `standard` means "
        "`auto`, `hd` means `high`.",
    ),
    Field(
        name="background",
        shape=Shape.CHOICE,
        where=_DRAWING,
        default="auto",
        choices=("transparent", "opaque", "auto"),
        description="Whether to paint on nothing. `transparent` needs `png` or `webp`.",
    ),
    Field(
        name="output_format",
        shape=Shape.CHOICE,
        where=_DRAWING,
        default="png",
        choices=("png", "webp", "jpeg", "gif", "svg"),
        description="Encoding of the pictures. `gif` and `svg` came with gpt-image-2.6.",
    ),
    Field(
        name="output_compression",
        shape=Shape.INTEGER,
        where=_DRAWING,
        default=COMPRESSION_DEFAULT,
        minimum=0,
        maximum=100,
        description="Compression level in percent, for `jpeg` and `webp`; 100 is the best quality.",
    ),
    Field(
        name="moderation",
        shape=Shape.CHOICE,
        where=_DRAWING,
        default="auto",
        choices=("auto", "low"),
        description="How strict the safety stage is.",
    ),
    Field(
        name="stream",
        shape=Shape.BOOLEAN,
        where=_STREAMING,
        default=False,
        description="Answer with server-sent events instead of one JSON body.",
    ),
    Field(
        name="partial_images",
        shape=Shape.INTEGER,
        where=_STREAMING,
        default=0,
        minimum=0,
        maximum=3,
        description="How many unfinished pictures a stream may show before the finished one.",
    ),
    Field(
        name="input_fidelity",
        shape=Shape.CHOICE,
        where=_EDITS,
        choices=("high", "low"),
        description="How closely to keep to the input pictures. gpt-image-1 and 1.5 only: gpt-image-2 and later "
        "always read their inputs at full fidelity.",
    ),
    Field(
        name="complexity",
        shape=Shape.CHOICE,
        where=_DRAWING,
        choices=("low", "medium", "high"),
        description="Effort spent on planning the picture, independent of `quality`. gpt-image-2.6.",
    ),
    Field(
        name="frame_count",
        shape=Shape.INTEGER,
        where=_DRAWING,
        default=9,
        minimum=2,
        maximum=16,
        description="Frames of an animation; only with `output_format` `gif`. gpt-image-2.6.",
    ),
    Field(
        name="frame_duration_ms",
        shape=Shape.INTEGER,
        where=_DRAWING,
        default=200,
        minimum=0,
        description="Milliseconds each frame stays, rounded to 10 and at most 655,350; only with `gif`. gpt-image-2.6.",
    ),
    Field(
        name="svg",
        shape=Shape.SVG,
        where=_DRAWING,
        description="Author model and reasoning effort of an SVG: `{model, reasoning: {effort}}`; only with "
        "`output_format` `svg`. gpt-image-2.6.",
    ),
    Field(
        name="safety_identifier",
        shape=Shape.STRING,
        where=_DRAWING,
        maximum=IDENTIFIER_CHARS_MAX,
        description="A stable, hashed name of your end user. Wins over `user` and is repeated in the answer.",
    ),
    Field(
        name="user",
        shape=Shape.IDENTIFIER,
        where=_EVERYWHERE,
        nullable=False,
        maximum=IDENTIFIER_CHARS_MAX,
        description="Older name for the same purpose. A number is accepted and kept as text.",
    ),
    Field(
        name="response_format",
        shape=Shape.CHOICE,
        where=_EVERYWHERE,
        choices=("url", "b64_json"),
        description="How pictures are delivered, for dall-e models. gpt-image models always answer `b64_json`, "
        "whatever this says.",
    ),
    Field(
        name="style",
        shape=Shape.CHOICE,
        where=frozenset({Endpoint.GENERATIONS, Endpoint.TASKS}),
        default="vivid",
        choices=("vivid", "natural"),
        description="dall-e-3 only; other models take it from the prompt.",
    ),
)

WEBHOOK: Final = Field(
    name="webhook",
    shape=Shape.STRING,
    where=frozenset({Endpoint.TASKS}),
    minimum=1,
    maximum=WEBHOOK_CHARS_MAX,
    description="An https address that the finished task is posted to, signed.",
)
"""Says where to tell of a task, nothing of the pictures: no model's family knows it."""

FIELD: Final[Mapping[str, Field]] = {row.name: row for row in FIELDS}
"""Wire name -> field."""

UNKNOWN_NAMES: Final = "(unknown names)"
PICTURES: Final = "(pictures)"

_REST: Final = (
    "quality", "background", "output_format", "output_compression", "moderation", "stream", "partial_images",
    "input_fidelity", "complexity", "frame_count", "frame_duration_ms", "svg", "safety_identifier", "user",
    "response_format", "style",
)  # fmt: skip

CHECKS: Final[Mapping[Endpoint, tuple[str, ...]]] = {
    Endpoint.GENERATIONS: ("model", UNKNOWN_NAMES, "prompt", "n", "size", *_REST),
    Endpoint.EDITS_JSON: ("model", UNKNOWN_NAMES, "prompt", PICTURES, "n", "size", *_REST),
    Endpoint.EDITS_FORM: ("model", UNKNOWN_NAMES, "prompt", PICTURES, "n", *_REST, "size"),
    Endpoint.VARIATIONS: ("model", UNKNOWN_NAMES, PICTURES, "n", *_REST, "size"),
    Endpoint.TASKS: (
        "model",
        UNKNOWN_NAMES,
        "prompt",
        PICTURES,
        "n",
        "size",
        # Nobody waits for a task: it has no stream.
        *(name for name in _REST if name not in {"stream", "partial_images"}),
    ),
}
"""The order in which the live API looks; only the first problem is reported. Rules across fields come after these.

Observed August 2026: model, unknown names, prompt, pictures, n, the rest; in multipart, quality before
output_compression and size last.
"""


def fields_of(family: str, endpoint: Endpoint) -> Mapping[str, Field]:
    """One family's own table for one endpoint: wire name -> field with the family's ranges and choices."""
    return _FIELDS_OF[family, endpoint]


def _narrowed(field: Field, family: Family) -> Field:
    choices = family.choices.get(field.name, field.choices)
    maximum = {"prompt": family.prompt_chars_max, "n": family.n_max}.get(field.name, field.maximum)
    default = "1024x1024" if field.shape is Shape.SIZE and family.legacy else field.default
    return replace(field, choices=choices, maximum=maximum, default=default)


_FIELDS_OF: Final = {
    (name, endpoint): {
        field.name: _narrowed(field, family)
        for field in FIELDS
        if endpoint in field.where and field.name in family.fields
    }
    for name, family in FAMILIES.items()
    for endpoint in Endpoint
}
