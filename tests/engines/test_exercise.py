"""The exercise suite of the engine contract: every engine of the visible list passes every test here.

An engine is driven as the gateway drives it, through the exactness layer, so that what it does natively and what is
emulated for it are held to the same promises.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import pytest
from tests.engines.upstream.emulator import Script, emulating
from tests.engines.upstream.enforcement import KEY

from limner import exactness
from limner.blobs import Blob
from limner.clock import SystemClock
from limner.engine import Engine, Event, Finished, Partial
from limner.engines import KINDS
from limner.imaging.codec import decode, encode, inspect, sniff
from limner.imaging.pixels import PIXELS_MAX, Pixels
from limner.job import COMPRESSION_DEFAULT, Background, Fate, Format, ImageRequest, Kind, Quality, Size

SQUARE = Size(1024, 1024)
SIZES = (SQUARE, Size(1536, 1024), Size(816, 816), Size(1024, 640))


UPSTREAMS: dict[str, tuple[Script, dict[str, object]]] = {
    "openai": (Script(), {}),
    "limner": (Script(), {}),
    "recraft": (Script(urls=True), {}),
    "sd-cpp": (Script(), {}),
    "xai": (Script(), {}),
    "localai": (Script(), {"mask": True}),
    "azure-flux": (Script(), {"n_max": 2}),
    "fireworks": (Script(), {"model": "served"}),
    "modelscope": (Script(), {}),
    "nebius": (Script(), {}),
}
"""Dialects that are exercised, with settings beside their address: streams and alpha masks, white masks with results by
address, ratios for sizes, masks that keep nothing, sides for sizes, files as answers, addresses as answers."""


@pytest.fixture(params=[*sorted(set(KINDS) - {"upstream"}), *(f"upstream {dialect}" for dialect in UPSTREAMS)])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    """Each engine with its default settings; `upstream` in front of an emulated server."""
    name, _, dialect = request.param.partition(" ")
    kind = KINDS[name]
    if not dialect:
        built = kind.build(kind.settings(), SystemClock())
        yield built
        await built.close()
        return
    script, own = UPSTREAMS[dialect]
    async with emulating(dialect, replace(script)) as server:
        settings = {"dialect": dialect, "base_url": server.url, "key": KEY, **own}
        built = kind.build(kind.settings.model_validate(settings), SystemClock())
        yield built
        await built.close()


def wish(**changes: object) -> ImageRequest:
    """A plain generation, changed as told."""
    plain = ImageRequest(kind=Kind.GENERATION, model="gpt-image-2", prompt="a red apple on a table", size=SQUARE)
    return replace(plain, **changes)  # type: ignore[arg-type]  # the fields' types are checked by what reads them


def photo(size: Size = SQUARE) -> Pixels:
    """Pixels with a different colour everywhere, so that a shifted or recoded copy is noticed."""
    y, x = np.mgrid[0 : size.height_px, 0 : size.width_px]
    return np.stack((x % 256, y % 256, (x * y) % 251, np.full_like(x, 255)), axis=-1).astype(np.uint8)


def png(pixels: Pixels) -> Blob:
    """`pixels` as a PNG that keeps its alpha."""
    return encode(pixels, Format.PNG, COMPRESSION_DEFAULT, opaque=False)


def needs_edits(engine: Engine) -> None:
    """Leave a test whose request no route would give to `engine`: some services only generate."""
    if Kind.EDIT not in engine.ability.kinds:
        pytest.skip("it does not edit")


async def run(engine: Engine, request: ImageRequest, given: Sequence[str] = ()) -> tuple[list[Event], exactness.Plan]:
    """Everything the engine says to `request` after the exactness layer."""
    plan = exactness.fit(request, given=tuple(given), unknown=(), ability=engine.ability)
    async with aclosing(exactness.events(engine, plan)) as events:
        return [event async for event in events], plan


def finished(events: Sequence[Event]) -> Finished:
    """The last event, which is the only Finished."""
    assert [isinstance(event, Finished) for event in events] == [False] * (len(events) - 1) + [True]
    last = events[-1]
    assert isinstance(last, Finished)
    return last


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_picture_has_exactly_the_size_asked_for(engine: Engine, size: Size) -> None:
    """The decoded picture and what is said of it agree with the request."""
    events, _ = await run(engine, wish(size=size), ["size"])
    picture = finished(events).pictures[0]
    assert picture.size == size
    assert inspect(picture.blob).size == size


@pytest.mark.parametrize("output_format", [Format.PNG, Format.JPEG, Format.WEBP, Format.GIF])
async def test_a_picture_has_the_format_asked_for(engine: Engine, output_format: Format) -> None:
    """The bytes are of the format, and the blob says so."""
    events, _ = await run(engine, wish(output_format=output_format), ["output_format"])
    blob = finished(events).pictures[0].blob
    assert inspect(blob).format is output_format
    assert blob.media_type == output_format.media_type


async def test_a_drawing_is_a_drawing(engine: Engine) -> None:
    """SVG comes from an engine that draws, or holds the picture of one that does not; never anything else."""
    events, plan = await run(engine, wish(output_format=Format.SVG), ["output_format"])
    blob = finished(events).pictures[0].blob
    assert (blob.media_type, sniff(blob.head(300))) == ("image/svg+xml", Format.SVG)
    native = Format.SVG in engine.ability.formats
    assert plan.report["output_format"].fate is (Fate.HONOURED if native else Fate.EMULATED)


async def test_compression_makes_a_smaller_file(engine: Engine) -> None:
    """`output_compression` reaches the encoder, whoever encodes."""
    small, large = [
        finished((await run(engine, wish(output_format=Format.JPEG, compression=c), ["output_compression"]))[0])
        for c in (20, 100)
    ]
    assert small.pictures[0].blob.size_bytes < large.pictures[0].blob.size_bytes


@pytest.mark.parametrize("n", [1, 3])
async def test_as_many_pictures_as_asked_for(engine: Engine, n: int) -> None:
    """`n` pictures come in one Finished, and the quality said is a real one."""
    last = finished((await run(engine, wish(n=n), ["n"]))[0])
    assert len(last.pictures) == n
    assert last.quality is not Quality.AUTO


async def test_a_transparent_background_is_transparent(engine: Engine) -> None:
    """Some of the picture is nothing, and some of it is something."""
    events, _ = await run(engine, wish(background=Background.TRANSPARENT), ["background"])
    picture = finished(events).pictures[0]
    alpha = decode(picture.blob, PIXELS_MAX)[..., 3]
    assert picture.transparent
    assert alpha.min() == 0
    assert alpha.max() > 0


async def test_an_opaque_background_is_opaque(engine: Engine) -> None:
    """Not a pixel is see-through."""
    events, _ = await run(engine, wish(background=Background.OPAQUE), ["background"])
    assert decode(finished(events).pictures[0].blob, PIXELS_MAX)[..., 3].min() == 255


async def test_pixels_under_the_opaque_mask_stay_identical(engine: Engine) -> None:
    """An inpainting changes nothing outside the mask's transparent corner."""
    needs_edits(engine)
    base = photo()
    mask = base.copy()
    mask[:400, :400, 3] = 0
    request = wish(kind=Kind.EDIT, images=(png(base),), mask=png(mask), prompt="a yellow sun")
    events, _ = await run(engine, request, ["image", "mask"])
    result = decode(finished(events).pictures[0].blob, PIXELS_MAX)
    outside = np.ones(base.shape[:2], bool)
    outside[:400, :400] = False
    assert (result[outside] == base[outside]).all()
    assert (result[~outside] != base[~outside]).any()


async def test_an_edit_takes_sixteen_pictures(engine: Engine) -> None:
    """The most pictures the contract admits are an ordinary edit."""
    needs_edits(engine)
    images = tuple(png(photo(Size(64, 64))) for _ in range(16))
    events, _ = await run(engine, wish(kind=Kind.EDIT, images=images, prompt="a collage"), ["image"])
    assert inspect(finished(events).pictures[0].blob).size == SQUARE


async def test_a_variation_is_drawn(engine: Engine) -> None:
    """An image without a prompt gives a picture."""
    needs_edits(engine)
    events, _ = await run(engine, wish(kind=Kind.VARIATION, prompt="", images=(png(photo()),)), ["image"])
    assert inspect(finished(events).pictures[0].blob).size == SQUARE


async def test_partial_pictures_are_real_pictures_in_order(engine: Engine) -> None:
    """Never more than asked for, numbered from 0, each of the final picture's size and format."""
    request = wish(stream=True, partial_images=3, output_format=Format.WEBP)
    events, _ = await run(engine, request, ["stream", "partial_images"])
    partials = [event for event in events if isinstance(event, Partial)]
    finished(events)
    assert [partial.index for partial in partials] == list(range(len(partials)))
    assert len(partials) <= 3
    assert bool(partials) == engine.ability.partial_images
    for partial in partials:
        facts = inspect(partial.blob)
        assert (facts.size, facts.format) == (SQUARE, Format.WEBP)


async def test_no_partial_pictures_unless_asked_for(engine: Engine) -> None:
    """A plain call sees one event."""
    events, _ = await run(engine, wish())
    assert len(events) == 1


async def test_runs_side_by_side_do_not_mix(engine: Engine) -> None:
    """Four runs of different sizes at once each give their own size."""
    results = await asyncio.gather(*(run(engine, wish(size=size), ["size"]) for size in SIZES))
    assert [finished(events).pictures[0].size for events, _ in results] == list(SIZES)


async def test_leaving_early_stops_the_run(engine: Engine) -> None:
    """Closing the iterator after the first event is no error, and the engine still works."""
    plan = exactness.fit(wish(stream=True, partial_images=3), given=(), unknown=(), ability=engine.ability)
    async with aclosing(exactness.events(engine, plan)) as events:
        assert isinstance(await anext(events), Partial | Finished)
    finished((await run(engine, wish()))[0])


async def test_every_parameter_given_is_reported(engine: Engine) -> None:
    """The report names each parameter the caller sent, and no other."""
    given = ("size", "n", "quality", "background", "output_format", "output_compression", "moderation")
    events, plan = await run(engine, wish(quality=Quality.HIGH), given)
    assert set(plan.final_report(finished(events))) == set(given)


async def test_a_seed_makes_a_picture_repeatable(engine: Engine) -> None:
    """The same request gives the same bytes where the engine understands `seed`."""
    first, second = [finished((await run(engine, wish(extra={"seed": 7}), ["seed"]))[0]) for _ in range(2)]
    assert first.pictures[0].blob.read() == second.pictures[0].blob.read()


async def test_a_probe_says_something(engine: Engine) -> None:
    """A healthy engine is reachable, in words."""
    probe = await engine.probe()
    assert probe.reachable
    assert probe.detail
