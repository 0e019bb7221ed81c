"""Servers that speak OpenAI's own words: OpenAI, Azure and another Limner."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from limner.engine import Ability
from limner.engines.upstream.dialect import Dialect, Encoding, Endpoint
from limner.engines.upstream.idioms import BOTH, EDITS, GENERATIONS, RASTER, same
from limner.job import QUALITIES, Format

_OPENAI_COMMON: Final = (
    "model", "prompt", "n", "size", "quality", "background", "output_format", "output_compression", "stream",
    "partial_images", "complexity", "svg", "frame_count", "frame_duration_ms",
)  # fmt: skip

OPENAI: Final = Dialect(
    base_url="https://api.openai.com/v1",
    ability=Ability(
        kinds=BOTH,
        sizes=None,
        n_max=10,
        formats=RASTER,
        compression=True,
        qualities=frozenset(QUALITIES),
        transparent=True,
        mask=True,
        images_max=16,
        partial_images=True,
        parameters=frozenset(
            {"moderation", "input_fidelity", "markup", "complexity", "svg", "frame_count", "frame_duration_ms"}
        ),
        edits_as_low=False,
    ),
    generation=Endpoint(path=GENERATIONS, names=same(*_OPENAI_COMMON, "moderation")),
    edit=Endpoint(path=EDITS, encoding=Encoding.FORM, names=same(*_OPENAI_COMMON, "input_fidelity", "markup")),
    tells_tokens=True,
    tells_errors=True,
    reads_exif=True,
)
"""Source: OpenAI API reference and the types of the official Python SDK 3.54, November 2026."""

AZURE: Final = replace(OPENAI, base_url=None, key_header="api-key", key_prefix="")
"""The v1 surface, `https://RESOURCE.openai.azure.com/openai/v1`. Source: openai-python, lib/azure.py."""

AZURE_DEPLOYMENT: Final = replace(
    AZURE,
    query={"api-version": "2025-04-01-preview"},
    generation=replace(AZURE.generation, names={k: v for k, v in AZURE.generation.names.items() if k != "model"}),
    edit=Endpoint(
        path=EDITS,
        encoding=Encoding.FORM,
        names=same(*(name for name in _OPENAI_COMMON if name != "model"), "input_fidelity", "markup"),
    ),
)
"""The address names the model, so none is sent."""

LIMNER: Final = replace(
    OPENAI,
    base_url=None,
    ability=replace(
        OPENAI.ability,
        formats=frozenset(Format),
        parameters=OPENAI.ability.parameters | {"seed"},
        edits_as_low=True,
    ),
    generation=Endpoint(path=GENERATIONS, names=same(*_OPENAI_COMMON, "moderation", "seed")),
    edit=Endpoint(
        path=EDITS,
        encoding=Encoding.FORM,
        names=same(*_OPENAI_COMMON, "moderation", "input_fidelity", "markup", "seed"),
    ),
    tells_fates=True,
)
