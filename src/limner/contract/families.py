"""Model families: what each generation of OpenAI's image models accepts, as data.

A family names its fields, the values of each that differ from family to family, and its limits. Knows no parsing.
Sources: OpenAI API reference and OpenAPI document (images), official SDK types of November 2026, refusals observed
August 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from limner.contract.catalog import Catalog, Delivery, Model

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family's own table.

    fields: wire names it accepts, in every endpoint that has them. choices: values of the enumerated fields, in the
    order OpenAI's refusals list them; without an entry for `size`, any size within the rules of `sizes.py`.
    prompt_chars_max, n_max, images_max: limits. image_bytes_max: for each uploaded picture. full_fidelity: whether
    inputs are always read in full, so that `input_fidelity` must be left out. legacy: a dall-e family, whose answers
    have no echo keys and may carry URLs. revised_prompts: whether its answers tell them.
    """

    name: str
    fields: frozenset[str]
    choices: Mapping[str, tuple[str, ...]]
    prompt_chars_max: int = 32_000
    n_max: int = 10
    images_max: int = 16
    image_bytes_max: int = 50 * MEBIBYTE
    full_fidelity: bool = False
    legacy: bool = False
    revised_prompts: bool = False


_GPT_FIELDS: Final = frozenset(
    {
        "model", "prompt", "n", "size", "quality", "background", "output_format", "output_compression", "moderation",
        "stream", "partial_images", "user", "safety_identifier", "input_fidelity", "image", "images", "mask",
    }
)  # fmt: skip
_GPT_2_5_FIELDS: Final = _GPT_FIELDS | {"markup"}
_GPT_2_6_FIELDS: Final = _GPT_2_5_FIELDS | {"complexity", "frame_count", "frame_duration_ms", "svg"}
_DALL_E_FIELDS: Final = frozenset(
    {"model", "prompt", "n", "size", "quality", "response_format", "user", "image", "mask"}
)

_GPT_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "quality": ("low", "medium", "high", "auto"),
    "background": ("transparent", "opaque", "auto"),
    "output_format": ("png", "webp", "jpeg"),
    "moderation": ("auto", "low"),
    "input_fidelity": ("high", "low"),
}
_GPT_2_5_CHOICES: Final = {**_GPT_CHOICES, "quality": ("low", "medium", "high", "xhigh", "max", "auto")}
_GPT_2_6_CHOICES: Final = {
    **_GPT_2_5_CHOICES,
    "output_format": ("png", "webp", "jpeg", "gif", "svg"),
    "complexity": ("low", "medium", "high"),
}
_GPT_1_CHOICES: Final = {**_GPT_CHOICES, "size": ("1024x1024", "1024x1536", "1536x1024", "auto")}
DALL_E_2_SIZES: Final = ("256x256", "512x512", "1024x1024")
_DALL_E_2_CHOICES: Final = {
    "quality": ("standard",),
    "response_format": ("url", "b64_json"),
    "size": DALL_E_2_SIZES,
}
_DALL_E_3_CHOICES: Final = {
    "quality": ("standard", "hd"),
    "response_format": ("url", "b64_json"),
    "size": ("1024x1024", "1792x1024", "1024x1792"),
    "style": ("vivid", "natural"),
}

FAMILIES: Final[Mapping[str, Family]] = {
    family.name: family
    for family in (
        Family(name="gpt-image-2", fields=_GPT_FIELDS, choices=_GPT_CHOICES, full_fidelity=True),
        Family(name="gpt-image-2.5", fields=_GPT_2_5_FIELDS, choices=_GPT_2_5_CHOICES, full_fidelity=True),
        Family(name="gpt-image-2.6", fields=_GPT_2_6_FIELDS, choices=_GPT_2_6_CHOICES, full_fidelity=True),
        Family(name="gpt-image-1", fields=_GPT_FIELDS, choices=_GPT_1_CHOICES),
        Family(name="gpt-image-1.5", fields=_GPT_FIELDS, choices=_GPT_1_CHOICES),
        Family(
            name="gpt-image-1-mini",
            fields=_GPT_FIELDS,
            choices={**_GPT_1_CHOICES, "input_fidelity": ("low",)},
        ),
        Family(
            name="dall-e-3",
            fields=_DALL_E_FIELDS | {"style"},
            choices=_DALL_E_3_CHOICES,
            prompt_chars_max=4_000,
            n_max=1,
            images_max=1,
            image_bytes_max=4 * MEBIBYTE,
            legacy=True,
            revised_prompts=True,
        ),
        Family(
            name="dall-e-2",
            fields=_DALL_E_FIELDS,
            choices=_DALL_E_2_CHOICES,
            prompt_chars_max=1_000,
            images_max=1,
            image_bytes_max=4 * MEBIBYTE,
            legacy=True,
        ),
    )
}

MODEL_DEFAULT: Final = "gpt-image-2"
"""The model of a request that names none, under the product's rules. The live API refuses such a request."""

_FAMILY_BY_NAME: Final = (
    (re.compile(r"gpt-image-2\.6(-.+)?"), "gpt-image-2.6"),
    (re.compile(r"gpt-image-2\.5(-.+)?"), "gpt-image-2.5"),
    (re.compile(r"gpt-image-2(-.+)?"), "gpt-image-2"),
    (re.compile(r"gpt-image-1-mini(-.+)?"), "gpt-image-1-mini"),
    (re.compile(r"gpt-image-1\.5(-.+)?|chatgpt-image-latest"), "gpt-image-1.5"),
    (re.compile(r"gpt-image-1(-.+)?"), "gpt-image-1"),
    (re.compile(r"dall-e-3"), "dall-e-3"),
    (re.compile(r"dall-e-2"), "dall-e-2"),
)


def family_of(model_id: str) -> str | None:
    """The family whose table OpenAI's model of that name follows, or None for a name that is not OpenAI's."""
    return next((family for pattern, family in _FAMILY_BY_NAME if pattern.fullmatch(model_id)), None)


_KNOWN_MODELS: Final = (
    # name, Unix seconds; days of announcement where OpenAI's own listing was not seen.
    ("gpt-image-1", 1745517030),
    ("gpt-image-1-mini", 1758845821),
    ("gpt-image-1.5", 1764030620),
    ("chatgpt-image-latest", 1765925279),
    ("gpt-image-2", 1776729600),
    ("gpt-image-2-2026-04-21", 1776729600),
    ("gpt-image-2.5-sunburst", 1788825600),
    ("gpt-image-2.5-sunburst-2026-09-08", 1788825600),
    ("gpt-image-2.5-flare", 1788825600),
    ("gpt-image-2.5-flare-2026-09-08", 1788825600),
    ("gpt-image-2.6-sunburst", 1794268800),
    ("gpt-image-2.6-flare", 1794268800),
)


def known_models() -> Catalog:
    """OpenAI's image models that are not retired; dall-e-2 and dall-e-3 exist only where an operator declares them."""
    models: dict[str, Model] = {}
    for model_id, created_s in _KNOWN_MODELS:
        family = family_of(model_id)
        assert family is not None
        models[model_id] = Model(id=model_id, family=family, created_s=created_s, owned_by="system")
    return models


def delivery_default(family: str) -> Delivery:
    """How a family's pictures reach a caller who does not say: dall-e models by URL, all others in the answer."""
    return Delivery.URL if FAMILIES[family].legacy else Delivery.B64_JSON
