"""The forms a price can have, each a function of the work alone.

A price's `steps` are what the work comes to. Where the request left something open they are the dearest it may become,
so that one function says what to hold and what to charge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from limner.job import AREA_PX_MAX, QUALITIES, Answer, ImageFacts, ImageRequest, Quality, Size, Usage

MEGAPIXEL_PX: Final = 1_048_576
"""1024x1024, which services bill as one. Source: fal.ai's price of a pixel, 0.025 USD / 1,048,576 for flux/dev."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """All of a job that a price may be a function of, as it was asked for or as it was delivered.

    size: None where it is open. quality: AUTO where it is open. usage: as counted, or the most it may come to.
    inputs: sizes of the input pictures, None for one that is not known.
    """

    n: int
    size: Size | None
    quality: Quality
    usage: Usage
    inputs: tuple[Size | None, ...] = ()

    @classmethod
    def asked(cls, request: ImageRequest, images: Sequence[ImageFacts | None], bound: Usage) -> Self:
        """What may become of `request`. images: facts of its input pictures. bound: the most tokens it may take."""
        return cls(n=request.n, size=request.size, quality=request.quality, usage=bound, inputs=_sizes(images))

    @classmethod
    def delivered(cls, answer: Answer, images: Sequence[ImageFacts | None]) -> Self:
        """What became of it. images: facts of the request's input pictures."""
        return cls(
            n=len(answer.blobs),
            size=answer.size,
            quality=answer.quality,
            usage=answer.usage,
            inputs=_sizes(images),
        )

    @property
    def is_open(self) -> bool:
        """Whether an engine has still to choose something."""
        return self.size is None or self.quality is Quality.AUTO


@dataclass(frozen=True, slots=True)
class Step:
    """One product of a bill: so many of `what`, each at the same price."""

    what: str
    count: int
    each_nusd: int

    @property
    def amount_nusd(self) -> int:
        """What they come to."""
        return self.count * self.each_nusd


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRates:
    """Nano-dollars a token. The pictures are in the tokens."""

    text_input_nusd: int
    image_input_nusd: int
    text_output_nusd: int
    image_output_nusd: int

    def steps(self, work: Work) -> tuple[Step, ...]:
        """A step for each kind of token."""
        usage = work.usage
        return _steps(
            ("text input tokens", usage.text_input_tokens, self.text_input_nusd),
            ("image input tokens", usage.image_input_tokens, self.image_input_nusd),
            ("text output tokens", usage.text_output_tokens, self.text_output_nusd),
            ("image output tokens", usage.image_output_tokens, self.image_output_nusd),
        )


@dataclass(frozen=True, slots=True)
class PerImage:
    """Nano-dollars a picture, whatever its size; input pictures are paid once for each picture drawn of them."""

    image_nusd: int
    input_image_nusd: int = 0

    def steps(self, work: Work) -> tuple[Step, ...]:
        """A step for the pictures, and one for those that went in."""
        return _steps(("pictures", work.n, self.image_nusd), _inputs(work, self.input_image_nusd))


@dataclass(frozen=True, slots=True)
class Band:
    """Nano-dollars a picture of up to as many pixels as `up_to` has, for every quality but AUTO; None is no limit."""

    up_to: Size | None
    image_nusd: Mapping[Quality, int]


@dataclass(frozen=True, slots=True)
class Banded:
    """Nano-dollars a picture by its size and quality; the first band that has room for a size is its own.

    bands: growing, the last one without limit. Input pictures are paid once for each picture drawn of them.
    """

    bands: tuple[Band, ...]
    input_image_nusd: int = 0

    def steps(self, work: Work) -> tuple[Step, ...]:
        """A step for the pictures, and one for those that went in."""
        bands = self.bands if work.size is None else (self._band(work.size),)
        qualities = QUALITIES if work.quality is Quality.AUTO else (work.quality,)
        nusd, band, quality = max(
            ((band.image_nusd[quality], band, quality) for band in bands for quality in qualities),
            key=lambda priced: priced[0],
        )
        return _steps((self._name(band, quality), work.n, nusd), _inputs(work, self.input_image_nusd))

    def _band(self, size: Size) -> Band:
        return next(band for band in self.bands if band.up_to is None or size.area_px <= band.up_to.area_px)

    def _name(self, band: Band, quality: Quality) -> str:
        """What a picture of the band is called, by nothing that makes no difference."""
        name = "pictures"
        if len(self.bands) > 1:
            name += f" up to {band.up_to}" if band.up_to else f" over {self.bands[-2].up_to}"
        return f"{name}, {quality.value}" if len(set(band.image_nusd.values())) > 1 else name


@dataclass(frozen=True, slots=True, kw_only=True)
class PerMegapixel:
    """Nano-dollars a megapixel of each picture, begun ones counted whole: the first, further ones, those of inputs.

    Input pictures are paid once for each picture drawn of them. One of unknown size counts as the largest result.
    """

    first_nusd: int
    further_nusd: int
    input_nusd: int

    def steps(self, work: Work) -> tuple[Step, ...]:
        """A step for each of the three."""
        return _steps(
            ("first megapixels", work.n, self.first_nusd),
            ("further megapixels", work.n * (_megapixels(work.size) - 1), self.further_nusd),
            ("input megapixels", work.n * sum(map(_megapixels, work.inputs)), self.input_nusd),
        )


@dataclass(frozen=True, slots=True)
class Free:
    """Nothing, because the operator wrote so."""

    def steps(self, work: Work) -> tuple[Step, ...]:  # noqa: ARG002  free whatever it is
        """None."""
        return ()


Price: TypeAlias = TokenRates | PerImage | Banded | PerMegapixel | Free


def total_nusd(steps: Iterable[Step]) -> int:
    """What all of them come to."""
    return sum(step.amount_nusd for step in steps)


def _sizes(images: Sequence[ImageFacts | None]) -> tuple[Size | None, ...]:
    return tuple(None if facts is None else facts.size for facts in images)


_Product: TypeAlias = tuple[str, int, int]
"""What a `Step` has: of what, how many, each at how much."""


def _steps(*products: _Product) -> tuple[Step, ...]:
    """A step for each product of which there are any."""
    return tuple([Step(what, count, each_nusd) for what, count, each_nusd in products if count])


def _inputs(work: Work, each_nusd: int) -> _Product:
    return "input pictures", work.n * len(work.inputs) if each_nusd else 0, each_nusd


def _megapixels(size: Size | None) -> int:
    area_px = AREA_PX_MAX if size is None else size.area_px
    return -(-area_px // MEGAPIXEL_PX)
