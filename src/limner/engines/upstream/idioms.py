"""What the entries of the table of dialects are made of: addresses, abilities and words that several have in common.

Each entry says what a server does, with where that was learnt. A parameter stands in `names` only when the server is
known to honour it: what it would drop in silence is left to the exactness layer, which emulates it or tells that it has
no effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from limner.engine import Ability
from limner.job import Format, Json, Kind, Size

GENERATIONS: Final = "/images/generations"
EDITS: Final = "/images/edits"
BOTH: Final = frozenset({Kind.GENERATION, Kind.EDIT})
GENERATION: Final = frozenset({Kind.GENERATION})
RASTER: Final = frozenset({Format.PNG, Format.JPEG, Format.WEBP})
BASE64: Final[Mapping[str, Json]] = {"response_format": "b64_json"}
DIFFUSION: Final = ("seed", "negative_prompt", "num_inference_steps", "guidance_scale", "true_cfg_scale")
"""Parameters of diffusion servers beyond OpenAI's; reached through the SDKs' `extra_body`."""


def same(*names: str) -> Mapping[str, str]:
    """Names that are theirs as they are ours."""
    return {name: name for name in names}


def plain(
    *,
    kinds: frozenset[Kind] = BOTH,
    sizes: frozenset[Size] | None = None,
    n_max: int = 1,
    formats: frozenset[Format] = frozenset({Format.PNG}),
    images_max: int = 1,
    parameters: tuple[str, ...] = (),
) -> Ability:
    """A server without masks, transparency, qualities, compression and streams."""
    return Ability(
        kinds=kinds,
        sizes=sizes,
        n_max=n_max,
        formats=formats,
        compression=False,
        qualities=frozenset(),
        transparent=False,
        mask=False,
        images_max=images_max,
        partial_images=False,
        parameters=frozenset(parameters),
    )
