"""Sketch as an engine: requests in, events out. Drawing happens in worker threads; this is where it crosses over.

Knows the engine contract, the painter and the editor. Must not know how anything is drawn.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Final, TypeVar

import pyvips
import structlog

from limner import process
from limner.blobs import Blob
from limner.engine import Ability, Event, Finished, Partial, Picture, Probe
from limner.engines.sketch import film, paint, vector
from limner.engines.sketch.edit import edit_stages, natural_size
from limner.engines.sketch.reading import read_prompt
from limner.engines.sketch.scene import Scene
from limner.engines.sketch.settings import SketchSettings
from limner.errors import EngineFailed, InvalidImageRequest, LimnerError
from limner.imaging.animation import Animation
from limner.imaging.codec import decode_input, encode
from limner.imaging.mask import canonical
from limner.imaging.pixels import Pixels, is_opaque, size_of
from limner.imaging.resize import stretch
from limner.job import (
    AREA_PX_MAX,
    EDGE_PX_MAX,
    Background,
    Fate,
    Format,
    ImageRequest,
    Json,
    Kind,
    Quality,
    Report,
    Size,
    Treatment,
)

ABILITY: Final = Ability(
    kinds=frozenset(Kind),
    sizes=None,
    n_max=10,
    formats=frozenset(Format),
    compression=True,
    qualities=frozenset((Quality.LOW, Quality.MEDIUM, Quality.HIGH)),
    transparent=True,
    mask=True,
    images_max=16,
    partial_images=True,
    parameters=frozenset(("seed", "input_fidelity", "frame_count", "frame_duration_ms")),
)

SIZE_SQUARE: Final = Size(1024, 1024)
SIZES_BY_SHAPE: Final = {"wide": Size(1536, 1024), "tall": Size(1024, 1536)}
"""What a prompt's own words make of a size that was left to us."""

EDGE_PX_MIN: Final = 16

FURTHER_AREA_PX_MAX: Final = 3 * AREA_PX_MAX // 2
"""Of all pictures of an edit beyond its first, which share it: one and a half of the largest results."""
GUESTS_AREA_PX_MAX: Final = AREA_PX_MAX // 2
"""Of all pictures that are put into the holes of another."""
LARGE_PX: Final = 2_000_000
"""From here on a picture takes so much memory on its way that what it leaves free goes back to the system at once."""
LARGE_BYTES: Final = 500_000
"""And from here on a file may hold such a picture."""
FRAME_COUNT: Final = 9
FRAME_DURATION_MS: Final = 200
"""Of an animation, where the caller leaves them open. Source: OpenAI API reference, `frame_count` and its neighbour."""

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
        """Everything the contract has."""
        return ABILITY

    @property
    def concurrency(self) -> int:
        """Pictures drawn at once."""
        return self._settings.concurrency

    def run(self, request: ImageRequest) -> AsyncGenerator[Event, None]:
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


@dataclass(frozen=True, slots=True)
class _Order:
    """One picture of a generation, with nothing left open."""

    request: ImageRequest
    size: Size
    quality: Quality
    seed: int
    transparent: bool

    def scene(self) -> Scene:
        """What is to be drawn."""
        return paint.scene_of(
            self.request.prompt, self.size, seed=self.seed, quality=self.quality, transparent=self.transparent
        )


async def _generate(request: ImageRequest) -> AsyncGenerator[Event, None]:
    quality = _QUALITIES.get(request.quality, request.quality)
    seed = _seed(request)
    orders = [
        _Order(
            request=request,
            size=request.size or SIZES_BY_SHAPE.get(read_prompt(request.prompt).shape or "", SIZE_SQUARE),
            quality=quality,
            seed=seed + number,
            transparent=_wants_transparency(request),
        )
        for number in range(request.n)
    ]
    if request.output_format is Format.SVG:
        drawings = [await _work(_drawing, order) for order in orders]
        yield Finished(pictures=tuple(picture for picture, _ in drawings), quality=quality, told=drawings[0][1])
        return
    if request.output_format is Format.GIF:
        yield Finished(pictures=tuple([await _animation(order) for order in orders]), quality=quality)
        return
    partials = request.partial_images if request.stream else 0
    pictures: list[Picture] = []
    for number, order in enumerate(orders):
        states = paint.paint_stages(
            request.prompt, order.size, seed=order.seed, quality=quality, transparent=order.transparent
        )
        stages = _tidied(states, order.size)
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
        # Sixteen pictures of a large camera would fill the memory; none is ever shown larger than the result may be,
        # and of many each has a part of it, or what fits a hole.
        room_px = FURTHER_AREA_PX_MAX if request.mask is None else GUESTS_AREA_PX_MAX
        area_px = min(AREA_PX_MAX, room_px // len(others))
        images.append(await _work(_shrunk, await _work(_decoded, blob, f"image {number}"), area_px))
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
    yield Finished(
        pictures=tuple(pictures),
        quality=quality,
        ignored=(
            *(() if followed or request.kind is Kind.VARIATION else ("prompt",)),
            *(_OF_FRAMES if request.output_format is Format.GIF else ()),
        ),
        emulated=("output_format",) if request.output_format is Format.SVG else (),
    )


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


def _drawing(order: _Order) -> tuple[Picture, Report]:
    """An SVG, and what the report says of its prompt: styles made of pixels alone are left out. Blocks."""
    scene = order.scene()
    blob = Blob.from_bytes(vector.document(scene, order.size, transparent=order.transparent), Format.SVG.media_type)
    picture = Picture(blob=blob, size=order.size, transparent=order.transparent)
    if scene.style is None or scene.style in vector.STYLES:
        return picture, {}
    return picture, {"prompt": Treatment(Fate.ADAPTED, f"without its style {scene.style}")}


async def _animation(order: _Order) -> Picture:
    """A GIF, frame by frame: between two of them the run can be closed."""
    scene = await _work(order.scene)
    count = _whole(order.request.extra.get("frame_count"), FRAME_COUNT)
    duration_ms = _whole(order.request.extra.get("frame_duration_ms"), FRAME_DURATION_MS)
    frames = film.frames(scene, order.size, count, transparent=order.transparent)
    frame = await _work(next, frames)
    animation = await _work(partial(Animation, clear=order.transparent), frame, duration_ms)
    while frame is not None:
        await _work(animation.add, frame)
        frame = await _work(next, frames, None)
    return Picture(blob=animation.finished(), size=order.size, transparent=order.transparent)


_OF_FRAMES: Final = ("frame_count", "frame_duration_ms")
"""Parameters without meaning for an edited photograph, which stands still."""


def _whole(value: Json, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _wants_transparency(request: ImageRequest) -> bool:
    """Asked for, or left open by the caller and asked for by the prompt."""
    if request.background is Background.AUTO:
        return read_prompt(request.prompt).alone and request.output_format is not Format.JPEG
    return request.background is Background.TRANSPARENT


def _seed(request: ImageRequest) -> int:
    """The caller's seed, or one that the prompt decides."""
    own = int.from_bytes(sha256(request.prompt.encode("utf-8", "replace")).digest()[:4])
    return _whole(request.extra.get("seed"), own)


def _shrunk(pixels: Pixels, area_px: int) -> Pixels:
    """A picture of that area at most, and no larger than a result may be. Blocks."""
    return stretch(pixels, _admissible(size_of(pixels), area_px))


def _admissible(size: Size, area_px: int = AREA_PX_MAX) -> Size:
    """The size, scaled down to that area and to what the contract lets a result be; `EDGE_PX_MIN` a side at least."""
    scale = min(
        1.0,
        EDGE_PX_MAX / max(size.width_px, size.height_px),
        (area_px / size.area_px) ** 0.5,
    )
    return Size(max(EDGE_PX_MIN, int(size.width_px * scale)), max(EDGE_PX_MIN, int(size.height_px * scale)))
