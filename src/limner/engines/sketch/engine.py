"""Sketch as an engine: requests in, events out. Drawing happens in worker threads; this is where it crosses over.

Knows the engine contract, the painter and the editor. Must not know how anything is drawn.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from hashlib import sha256
from typing import Final, TypeVar

import pyvips
import structlog

from limner import process
from limner.blobs import Blob
from limner.engine import Ability, Event, Finished, Partial, Picture, Probe
from limner.engines.sketch import paint
from limner.engines.sketch.edit import edit_stages, natural_size
from limner.engines.sketch.prompt import read_prompt
from limner.engines.sketch.settings import SketchSettings
from limner.errors import EngineFailed, InvalidImageRequest, LimnerError
from limner.imaging.codec import decode_input, encode
from limner.imaging.mask import canonical
from limner.imaging.pixels import Pixels, is_opaque, size_of
from limner.imaging.resize import stretch
from limner.job import AREA_PX_MAX, EDGE_PX_MAX, Background, Format, ImageRequest, Kind, Quality, Size

ABILITY: Final = Ability(
    kinds=frozenset(Kind),
    sizes=None,
    n_max=10,
    formats=frozenset((Format.PNG, Format.JPEG, Format.WEBP, Format.GIF)),
    compression=True,
    qualities=frozenset((Quality.LOW, Quality.MEDIUM, Quality.HIGH)),
    transparent=True,
    mask=True,
    images_max=16,
    partial_images=True,
    parameters=frozenset(("seed", "input_fidelity")),
)

SIZE_SQUARE: Final = Size(1024, 1024)
SIZES_BY_SHAPE: Final = {"wide": Size(1536, 1024), "tall": Size(1024, 1536)}
"""What a prompt's own words make of a size that was left to us."""

EDGE_PX_MIN: Final = 16

LARGE_PX: Final = 2_000_000
"""From here on a picture takes so much memory on its way that what it leaves free goes back to the system at once."""
LARGE_BYTES: Final = 500_000
"""And from here on a file may hold such a picture."""

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)

_QUALITIES: Final = {Quality.AUTO: Quality.MEDIUM, Quality.XHIGH: Quality.HIGH, Quality.MAX: Quality.HIGH}


class SketchEngine:
    """The embedded illustrator. It draws what words say from vector parts; it is no model."""

    def __init__(self, settings: SketchSettings) -> None:
        self._settings = settings
        # libvips keeps its last results, which for layers that are never drawn twice is tens of megabytes of nothing.
        pyvips.cache_set_max(0)

    @property
    def ability(self) -> Ability:
        """Everything the contract has, but for SVG."""
        return ABILITY

    @property
    def concurrency(self) -> int:
        """Pictures drawn at once."""
        return self._settings.concurrency

    def run(self, request: ImageRequest) -> AsyncIterator[Event]:
        """Draw or edit. Between two states of a drawing the run can be closed; one state is not interrupted."""
        if request.kind is Kind.GENERATION:
            return _generate(request)
        return _edit(request)

    async def probe(self) -> Probe:
        """Draw a thumbnail: it proves the drawing libraries, and their first call is slow (half a second)."""
        await _work(paint.warm_up)
        return Probe(reachable=True, detail="draws in this process")

    async def close(self) -> None:
        """Nothing is held."""


async def _generate(request: ImageRequest) -> AsyncGenerator[Event, None]:
    size = request.size or SIZES_BY_SHAPE.get(read_prompt(request.prompt).shape or "", SIZE_SQUARE)
    quality = _QUALITIES.get(request.quality, request.quality)
    transparent = _wants_transparency(request)
    partials = request.partial_images if request.stream else 0
    seed = _seed(request)
    pictures: list[Picture] = []
    for number in range(request.n):
        states = paint.paint_stages(request.prompt, size, seed=seed + number, quality=quality, transparent=transparent)
        stages = _tidied(states, size)
        pixels = await _work(next, stages)
        for state in range(1, paint.STAGES):
            index = state - (paint.STAGES - partials)
            # Only the first picture is shown unfinished: the contract's partials have no picture number.
            if number == 0 and index >= 0:
                yield _partial(index, await _work(_picture, pixels, request), quality)
            pixels = await _work(next, stages)
        pictures.append(await _work(_picture, pixels, request))
        del pixels, states, stages
    yield Finished(pictures=tuple(pictures), quality=quality)


async def _edit(request: ImageRequest) -> AsyncGenerator[Event, None]:
    if not request.images:
        raise InvalidImageRequest("An edit needs at least one image.", param="image")
    first, *others = request.images
    images = [await _work(_decoded, first, "image 1")]
    for number, blob in enumerate(others, start=2):
        # Sixteen pictures of a large camera would fill the memory; none is ever shown larger than the result may be.
        images.append(await _work(_shrunk, await _work(_decoded, blob, f"image {number}")))
    mask = canonical(await _work(_decoded, request.mask, "mask")) if request.mask is not None else None
    natural = size_of(images[0]) if mask is not None else natural_size(request.prompt, images)
    size = request.size or _admissible(natural)
    quality = _QUALITIES.get(request.quality, request.quality)
    fidelity = request.extra.get("input_fidelity")
    seed = _seed(request)
    partials = request.partial_images if request.stream else 0
    shown = 0
    pictures: list[Picture] = []
    followed = True
    for number in range(request.n):
        states = edit_stages(
            request.prompt,
            images,
            mask,
            size,
            seed=seed + number,
            quality=quality,
            transparent=_wants_transparency(request),
            fidelity=fidelity if isinstance(fidelity, str) else None,
        )
        stages = _tidied(states, size)
        state = await _work(next, stages)
        # How many states there are shows only at the end: each is held back until another one follows it.
        while (following := await _work(next, stages, None)) is not None:
            if number == 0 and shown < partials:
                yield _partial(shown, await _work(_picture, state.pixels, request), quality)
                shown += 1
            state = following
        pictures.append(await _work(_picture, state.pixels, request))
        followed = followed and state.followed
        del state
    ignored = () if followed or request.kind is Kind.VARIATION else ("prompt",)
    yield Finished(pictures=tuple(pictures), quality=quality, ignored=ignored)


def _partial(index: int, picture: Picture, quality: Quality) -> Partial:
    return Partial(index=index, blob=picture.blob, size=picture.size, quality=quality, transparent=picture.transparent)


async def _work(function: Callable[..., _T], *arguments: object) -> _T:
    """Run blocking work in a thread. The engine's edge: what leaves it is an error of Limner's own."""
    try:
        return await asyncio.to_thread(function, *arguments)
    except LimnerError:
        raise
    except Exception as error:  # style E5: an engine's edge
        _log.exception("sketch.failed")
        raise EngineFailed("The picture could not be drawn.") from error


def _decoded(blob: Blob, name: str) -> Pixels:
    """A caller's picture. Blocks."""
    if blob.size_bytes >= LARGE_BYTES:
        process.give_memory_back()
    return decode_input(blob, name)


def _tidied(states: Iterator[_T], size: Size) -> Iterator[_T]:
    """The same states, of a picture of that size; what one has left behind is out of the way before the next."""
    _tidy(size)
    for state in states:
        yield state
        del state
        _tidy(size)


def _tidy(size: Size) -> None:
    if size.area_px >= LARGE_PX:
        process.give_memory_back()


def _picture(pixels: Pixels, request: ImageRequest) -> Picture:
    """Pixels in the format asked for. Blocks."""
    opaque = request.background is Background.OPAQUE or is_opaque(pixels) or request.output_format is Format.JPEG
    blob = encode(pixels, request.output_format, request.compression, opaque=opaque)
    _tidy(size_of(pixels))
    return Picture(blob=blob, size=size_of(pixels), transparent=not opaque)


def _wants_transparency(request: ImageRequest) -> bool:
    """Asked for, or left open by the caller and asked for by the prompt."""
    if request.background is Background.AUTO:
        return read_prompt(request.prompt).alone and request.output_format is not Format.JPEG
    return request.background is Background.TRANSPARENT


def _seed(request: ImageRequest) -> int:
    """The caller's seed, or one that the prompt decides."""
    seed = request.extra.get("seed")
    if isinstance(seed, int) and not isinstance(seed, bool):
        return seed
    return int.from_bytes(sha256(request.prompt.encode("utf-8", "replace")).digest()[:4])


def _shrunk(pixels: Pixels) -> Pixels:
    """A picture no larger than a result may be. Blocks."""
    return stretch(pixels, _admissible(size_of(pixels)))


def _admissible(size: Size) -> Size:
    """The size, scaled down to what the contract lets a result be; at least `EDGE_PX_MIN` a side."""
    scale = min(
        1.0,
        EDGE_PX_MAX / max(size.width_px, size.height_px),
        (AREA_PX_MAX / size.area_px) ** 0.5,
    )
    return Size(max(EDGE_PX_MIN, int(size.width_px * scale)), max(EDGE_PX_MIN, int(size.height_px * scale)))
