"""What a family's callers may ask for: one request for each thing that an engine may be unable to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from limner.blobs import Blob
from limner.contract.families import Family
from limner.contract.sizes import AUTO
from limner.exactness import Demand
from limner.job import Background, Format, ImageRequest, Kind, Moderation, Quality, Size

_FREE_SIZE: Final = Size(1824, 1024)
"""One of the many that a family with free sizes admits; OpenAI's own example in its refusals."""
_PICTURE: Final = Blob.from_bytes(b"", Format.PNG.media_type)
"""Stands where a picture would; nothing here is decoded."""
_COMPRESSION: Final = 50
_PARTIAL_IMAGES_MAX: Final = 3


def demands(family: Family) -> tuple[Demand, ...]:
    """Everything worth asking an engine that is to serve `family`, in the order of the API reference."""
    return tuple(demand for demand in _all(family) if demand.parameter in family.fields | {"image"})


def _all(family: Family) -> Iterator[Demand]:
    plain = ImageRequest(kind=Kind.GENERATION, model=family.name, prompt="-")
    edit = replace(plain, kind=Kind.EDIT, images=(_PICTURE,))
    variation = replace(edit, kind=Kind.VARIATION)
    yield Demand("edits", "image", edit)
    yield Demand("variations", "image", variation)
    yield Demand("images", "image", replace(edit, images=(_PICTURE,) * family.images_max))
    yield Demand("mask", "mask", replace(edit, mask=_PICTURE))
    yield Demand("markup", "markup", replace(edit, markup=_PICTURE))
    for size in _sizes(family):
        yield Demand("size", "size", replace(plain, size=size))
    yield Demand("n", "n", replace(plain, n=family.n_max))
    for quality in Quality:
        if quality in family.choices.get("quality", ()):
            yield Demand("quality", "quality", replace(plain, quality=quality))
    yield Demand("background", "background", replace(plain, background=Background.TRANSPARENT))
    for output_format in Format:
        if output_format in family.choices.get("output_format", ()):
            drawn = replace(plain, output_format=output_format)
            yield Demand("output_format", "output_format", drawn)
    compressed = replace(plain, output_format=Format.WEBP, compression=_COMPRESSION)
    yield Demand("output_compression", "output_compression", compressed)
    yield Demand("moderation", "moderation", replace(plain, moderation=Moderation.LOW))
    yield Demand("partial_images", "partial_images", replace(plain, stream=True, partial_images=_PARTIAL_IMAGES_MAX))
    for name in ("style", "input_fidelity", "complexity", "frame_count", "frame_duration_ms", "svg"):
        yield Demand(name, name, edit)


def _sizes(family: Family) -> tuple[Size, ...]:
    listed = family.choices.get("size", ())
    return tuple(Size.of_text(text) for text in listed if text != AUTO) or (_FREE_SIZE,)
