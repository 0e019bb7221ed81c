"""What a dialect is: how one kind of server deviates from OpenAI's Images API, as data. Knows no server by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Final

from limner.engine import Ability
from limner.job import Json, Size


class Encoding(StrEnum):
    """How a request's body is written."""

    JSON = "json"
    FORM = "form"
    """multipart/form-data."""


class Polarity(StrEnum):
    """Which part of a mask is repainted."""

    ALPHA = "alpha"
    """OpenAI's: the transparent part of a PNG, which is passed as it came."""
    WHITE = "white"
    """The white part of a grey picture without alpha; only black and white are sent."""
    BLACK = "black"
    """The black part of such a picture."""


class ImageForm(StrEnum):
    """How the pictures of an edit are written."""

    PARTS = "parts"
    """Files of a form, one part each, all under the same name."""
    DATA_URLS = "data_urls"
    """A JSON list of data URLs."""
    DATA_URL = "data_url"
    """One data URL as a JSON string."""
    BASE64 = "base64"
    """One bare base64 text as a JSON string."""
    BASE64S = "base64s"
    """A JSON list of bare base64 texts."""
    NUMBERED = "numbered"
    """One data URL per JSON field: `image`, `image2`, `image3`."""
    OBJECTS = "objects"
    """JSON objects with a `url`: one under `image`, or several in a list under `images`."""


class SizeForm(StrEnum):
    """How a size is written, unless the dialect has a table of sizes."""

    TEXT = "text"
    """`size`: WIDTHxHEIGHT."""
    SIDES = "sides"
    """`width` and `height`, whole numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One address of a server and what it takes.

    path: below the base, with `{model}` where it names the model. names: our wire name -> theirs, for every parameter
    it takes; the others are not sent and told as ignored. values: our wire name -> our value -> theirs, where they
    differ. constants: sent with every request. format_accepted: whether the format is asked for in the `Accept` header,
    and the answer is the file itself. image_name: field of the pictures; not used by OBJECTS.
    """

    path: str
    encoding: Encoding = Encoding.JSON
    names: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, Json] = field(default_factory=dict)
    format_accepted: bool = False
    image_form: ImageForm = ImageForm.PARTS
    image_name: str = "image[]"
    mask_name: str = "mask"
    polarity: Polarity = Polarity.ALPHA


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Where an answer says what it cost the operator. path: keys into the body; nusd: nano-dollars of one unit."""

    path: tuple[str, ...]
    nusd: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One kind of server.

    base_url: of the service, or None for servers that people run themselves. key_header, key_prefix: how a key is sent.
    edit: None when it takes no pictures. inpainting: where an edit of one picture with a mask goes, when elsewhere.
    sizes: for a server that takes no pixels: the size a wish is fitted to -> the fields that ask for it.
    size_needed: whether it refuses a request that leaves the size to it. tells_tokens: whether its usage counts tokens
    as OpenAI does. tells_errors: whether its messages are OpenAI's and fit for callers. tells_fates: whether it answers
    with Limner's own report of what became of each parameter. reads_exif: whether it turns pictures as their EXIF says;
    to others they go upright. prompt_commands: what in a prompt would command the server -> what reaches it instead.
    """

    base_url: str | None = None
    ability: Ability
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    query: Mapping[str, str] = field(default_factory=dict)
    generation: Endpoint
    edit: Endpoint | None = None
    inpainting: Endpoint | None = None
    size_form: SizeForm = SizeForm.TEXT
    sizes: Mapping[Size, Mapping[str, Json]] = field(default_factory=dict)
    size_needed: bool = False
    tells_tokens: bool = False
    tells_errors: bool = False
    tells_fates: bool = False
    reads_exif: bool = False
    cost: Cost | None = None
    prompt_commands: Mapping[str, str] = field(default_factory=dict)


SIZE_USUAL: Final = Size(1024, 1024)
"""OpenAI's square: what stands for a size that is left open."""
MODELS_PATH: Final = "/models"
"""What a probe asks for: every server of this family lists its models there, or answers that it does not."""
