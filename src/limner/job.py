"""The nouns of one job: what was asked, what became of every parameter, what came out.

Values are in our own words, not the wire's: `contract/` turns OpenAI's fields into these and back.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self, TypeAlias

from limner.blobs import Blob

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class Kind(StrEnum):
    """What a job does. An inpainting is an edit that has a mask."""

    GENERATION = "generation"
    EDIT = "edit"
    VARIATION = "variation"


class Format(StrEnum):
    """Encoding of a picture."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    GIF = "gif"
    SVG = "svg"

    @property
    def media_type(self) -> str:
        """The IANA media type."""
        return "image/svg+xml" if self is Format.SVG else f"image/{self}"


class Quality(StrEnum):
    """Effort an engine may spend; AUTO leaves it to the engine and is never in an answer."""

    AUTO = "auto"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


QUALITIES: Final[tuple[Quality, ...]] = tuple(quality for quality in Quality if quality is not Quality.AUTO)
"""What a picture can have, ascending."""


class Background(StrEnum):
    """Whether the picture has an alpha channel worth keeping; AUTO is never in an answer."""

    AUTO = "auto"
    TRANSPARENT = "transparent"
    OPAQUE = "opaque"


class Moderation(StrEnum):
    """How strict the safety stage is."""

    AUTO = "auto"
    LOW = "low"


class Strictness(StrEnum):
    """Which refusals apply: the product's lenient rules or every one of the live API's."""

    LIMNER = "limner"
    OPENAI = "openai"


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """Width and height in pixels, both positive."""

    width_px: int
    height_px: int

    @classmethod
    def of_text(cls, text: str) -> Self:
        """What `str` wrote, or somebody who writes as it does. Raises ValueError for any other text."""
        width, height = text.split("x")
        return cls(int(width), int(height))

    def __str__(self) -> str:
        return f"{self.width_px}x{self.height_px}"

    @property
    def area_px(self) -> int:
        """Number of pixels."""
        return self.width_px * self.height_px


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What a file says of itself before its pixels are decoded; size after EXIF orientation."""

    format: Format
    size: Size
    has_alpha: bool
    frames: int


EDGE_PX_MAX: Final = 3840
AREA_PX_MAX: Final = 8_294_400
"""The largest result there is. Source: OpenAI API reference, parameter `size`."""

COMPRESSION_DEFAULT: Final = 100
"""Least compression, best quality: OpenAI's default for `output_compression`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """Everything a caller asked for, checked and in canonical form. An engine gets one of these.

    size: None leaves it to the engine. compression: 0 to 100 as on the wire, where 100 is the best quality.
    images: the pictures to edit or vary, first one first. mask: any image whose alpha 0 marks what to repaint, same
    size as the first image. markup: an overlay drawn on the first image. extra: parameters by wire name that have no
    field here and that some engines understand (`seed`, `complexity`, `svg`, …), already type-checked where the
    contract knows them.
    """

    kind: Kind
    model: str
    prompt: str
    n: int = 1
    size: Size | None = None
    quality: Quality = Quality.AUTO
    background: Background = Background.AUTO
    output_format: Format = Format.PNG
    compression: int = COMPRESSION_DEFAULT
    moderation: Moderation = Moderation.AUTO
    stream: bool = False
    partial_images: int = 0
    user: str | None = None
    safety_identifier: str | None = None
    images: tuple[Blob, ...] = ()
    mask: Blob | None = None
    markup: Blob | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)


class Fate(StrEnum):
    """What became of a parameter the caller sent."""

    HONOURED = "honoured"
    ADAPTED = "adapted"
    EMULATED = "emulated"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Treatment:
    """A parameter's fate and, when it was changed, the value that took its place."""

    fate: Fate
    to: str | None = None


Report: TypeAlias = Mapping[str, Treatment]
"""Wire name of each parameter the caller sent -> what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one job, by OpenAI's definitions."""

    text_input_tokens: int = 0
    image_input_tokens: int = 0
    text_output_tokens: int = 0
    image_output_tokens: int = 0

    @property
    def input_tokens(self) -> int:
        """Text and image tokens that went in."""
        return self.text_input_tokens + self.image_input_tokens

    @property
    def output_tokens(self) -> int:
        """Text and image tokens that came out."""
        return self.text_output_tokens + self.image_output_tokens

    @property
    def total_tokens(self) -> int:
        """All of them."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One admitted request. Its id is also the caller's `x-request-id`."""

    id: str
    account_id: str
    key_id: str
    request: ImageRequest
    admitted_at_s: float


def new_job_id(now_s: float) -> str:
    """An id in the form of OpenAI's request ids: `req_` and 32 hexadecimal digits. now_s: Unix time.

    The first 12 digits are that time in milliseconds, so that ids ascend: databases then put what belongs to new jobs
    side by side, where each id by chance would have a page of every index written anew. The other 20 are by chance.
    """
    return f"req_{int(now_s * 1000):012x}{secrets.token_hex(10)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialAnswer:
    """An unfinished picture on its way to the caller. Index counts from 0; no value here is ever `auto`."""

    index: int
    blob: Blob
    created_s: int
    size: Size
    quality: Quality
    background: Background
    output_format: Format


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a job delivered. `blobs` has exactly n elements; no value here is ever `auto`."""

    blobs: tuple[Blob, ...]
    revised_prompts: tuple[str | None, ...]
    created_s: int
    size: Size
    quality: Quality
    background: Background
    output_format: Format
    usage: Usage
    report: Report
    safety_identifier: str | None = None
