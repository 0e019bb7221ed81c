"""The engine: every size, format and background of its ability, partial pictures, seeds and failures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL.GifImagePlugin import GifImageFile

from limner.blobs import Blob
from limner.engine import Event, Finished, Partial
from limner.engines.sketch.engine import ABILITY, SketchEngine
from limner.engines.sketch.settings import SketchSettings
from limner.errors import EngineFailed, InvalidImageRequest
from limner.imaging.codec import decode, encode, inspect
from limner.imaging.pixels import PIXELS_MAX, Pixels, is_opaque
from limner.job import Background, Fate, Format, ImageRequest, Json, Kind, Quality, Size, Treatment

PLAIN = ImageRequest(kind=Kind.GENERATION, model="gpt-image-2", prompt="a cat in a meadow", size=Size(256, 256))


@pytest.fixture
async def engine() -> AsyncIterator[SketchEngine]:
    """Sketch as it comes."""
    built = SketchEngine(SketchSettings())
    yield built
    await built.close()


async def events(engine: SketchEngine, request: ImageRequest) -> list[Event]:
    """All that a run says."""
    return [event async for event in engine.run(request)]


async def finish(engine: SketchEngine, request: ImageRequest) -> Finished:
    """The last event of a run that has no others."""
    (last,) = await events(engine, request)
    assert isinstance(last, Finished)
    return last


def pixels_of(blob: Blob) -> Pixels:
    """The blob's pixels."""
    return decode(blob, PIXELS_MAX)


def photo(size: Size) -> Blob:
    """A picture to edit."""
    y, x = np.mgrid[0 : size.height_px, 0 : size.width_px]
    pixels = np.stack((x % 256, y % 256, (x + y) % 256, np.full_like(x, 255)), axis=-1).astype(np.uint8)
    return encode(pixels, Format.PNG, 100, opaque=True)


@pytest.mark.parametrize("output_format", sorted(ABILITY.formats - {Format.SVG}))
@pytest.mark.parametrize("size", [Size(256, 256), Size(320, 208), Size(208, 320)], ids=str)
async def test_every_format_has_the_size_asked_for(engine: SketchEngine, output_format: Format, size: Size) -> None:
    """The file says the format and the size that were requested."""
    done = await finish(engine, replace(PLAIN, size=size, output_format=output_format))
    facts = inspect(done.pictures[0].blob)
    assert (facts.format, facts.size, done.pictures[0].size) == (output_format, size, size)


@pytest.mark.parametrize(("prompt", "transparent"), [("a cat", False), ("a cat sticker", True)])
async def test_a_drawing_is_made_of_shapes(engine: SketchEngine, prompt: str, *, transparent: bool) -> None:
    """An SVG holds no picture, says its size, and is clear around its things where a painting would be."""
    done = await finish(engine, replace(PLAIN, prompt=prompt, output_format=Format.SVG, size=Size(320, 208)))
    (picture,) = done.pictures
    svg = picture.blob.read()
    assert (picture.blob.media_type, picture.size, picture.transparent) == (
        "image/svg+xml",
        Size(320, 208),
        transparent,
    )
    assert b'width="320" height="208"' in svg
    assert b"<image" not in svg
    assert b"<path" in svg
    assert (done.told, done.emulated) == ({}, ())


async def test_drawings_of_one_request_differ_and_repeat(engine: SketchEngine) -> None:
    """Each picture of a request is another drawing, the same every time."""
    request = replace(PLAIN, n=2, output_format=Format.SVG)
    first, again = [[picture.blob.read() for picture in (await finish(engine, request)).pictures] for _ in range(2)]
    assert first == again
    assert first[0] != first[1]


async def test_a_style_made_of_pixels_is_told_where_a_drawing_leaves_it_out(engine: SketchEngine) -> None:
    """The prompt is then told as adapted, by the style that is missing."""
    done = await finish(engine, replace(PLAIN, prompt="a cat, stained glass", output_format=Format.SVG))
    assert done.told == {"prompt": Treatment(Fate.ADAPTED, "without its style stainedglass")}


async def test_an_edited_photograph_is_held_by_its_drawing(engine: SketchEngine) -> None:
    """A photograph has no shapes: its SVG holds the picture, which is told as emulated."""
    request = replace(
        PLAIN, kind=Kind.EDIT, prompt="make it brighter", images=(photo(Size(64, 64)),), output_format=Format.SVG
    )
    done = await finish(engine, request)
    assert b"<image" in done.pictures[0].blob.read()
    assert done.emulated == ("output_format",)


@pytest.mark.parametrize(
    ("extra", "frames", "duration_ms"),
    [
        ({}, 9, 200),
        ({"frame_count": 2, "frame_duration_ms": 40}, 2, 40),
        ({"frame_count": 16, "frame_duration_ms": 0}, 16, 0),
        ({"frame_count": 3, "frame_duration_ms": 9_999_999}, 3, 655_350),
    ],
)
async def test_a_gif_is_an_animation(
    engine: SketchEngine, extra: dict[str, Json], frames: int, duration_ms: int
) -> None:
    """It has as many frames as were asked for, each as long, all different, and plays for ever."""
    request = replace(PLAIN, size=Size(128, 96), output_format=Format.GIF, extra=extra)
    (picture,) = (await finish(engine, request)).pictures
    with GifImageFile(BytesIO(picture.blob.read())) as gif:
        shown = []
        for number in range(frames):
            gif.seek(number)
            assert gif.info["duration"] == duration_ms
            shown.append(gif.convert("RGB").tobytes())
        assert (gif.n_frames, gif.size, gif.info["loop"]) == (frames, (128, 96), 0)
    assert len({*shown}) > frames / 2
    assert not picture.transparent


async def test_a_gif_of_things_alone_is_clear_around_them(engine: SketchEngine) -> None:
    """In every frame, and what has moved on leaves nothing behind."""
    request = replace(PLAIN, prompt="a red balloon", background=Background.TRANSPARENT, output_format=Format.GIF)
    (picture,) = (await finish(engine, request)).pictures
    assert picture.transparent
    with GifImageFile(BytesIO(picture.blob.read())) as gif:
        solid = []
        for number in range(gif.n_frames):
            gif.seek(number)
            alpha = np.asarray(gif.convert("RGBA"))[..., 3]
            assert alpha[0, 0] == 0
            solid.append(int((alpha == 255).sum()))
    assert max(solid) < 1.05 * min(solid)


async def test_a_gif_can_be_left_between_two_frames(engine: SketchEngine) -> None:
    """A run that is cancelled draws no further frame."""
    drawing = asyncio.ensure_future(finish(engine, replace(PLAIN, n=10, output_format=Format.GIF)))
    await asyncio.sleep(0)
    drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing


async def test_an_edited_photograph_stands_still(engine: SketchEngine) -> None:
    """Its GIF has one frame, and the report says that frames were not made."""
    request = replace(
        PLAIN,
        kind=Kind.EDIT,
        prompt="make it brighter",
        images=(photo(Size(64, 64)),),
        output_format=Format.GIF,
        extra={"frame_count": 4, "frame_duration_ms": 100},
    )
    done = await finish(engine, request)
    assert inspect(done.pictures[0].blob).frames == 1
    assert done.ignored == ("frame_count", "frame_duration_ms")


@pytest.mark.parametrize(
    ("prompt", "size"),
    [
        ("a cat", Size(1024, 1024)),
        ("a wide panorama of a lake", Size(1536, 1024)),
        ("a portrait of a cat", Size(1024, 1536)),
    ],
)
async def test_an_open_size_follows_the_prompt(engine: SketchEngine, prompt: str, size: Size) -> None:
    """Without a size the picture is square unless the prompt says otherwise."""
    done = await finish(engine, replace(PLAIN, prompt=prompt, size=None, quality=Quality.LOW))
    assert done.pictures[0].size == size


@pytest.mark.parametrize(
    ("background", "prompt", "transparent"),
    [
        (Background.TRANSPARENT, "a cat", True),
        (Background.AUTO, "a cat sticker", True),
        (Background.AUTO, "a cat", False),
        (Background.OPAQUE, "a cat sticker", False),
    ],
)
async def test_backgrounds(engine: SketchEngine, background: Background, prompt: str, *, transparent: bool) -> None:
    """Transparency is given when asked for by the request, or by the prompt when the request leaves it open."""
    (picture,) = (await finish(engine, replace(PLAIN, prompt=prompt, background=background))).pictures
    assert picture.transparent is transparent
    assert inspect(picture.blob).has_alpha is transparent
    assert is_opaque(pixels_of(picture.blob)) is not transparent


async def test_a_jpeg_is_never_transparent(engine: SketchEngine) -> None:
    """A format without alpha gets an opaque picture."""
    request = replace(PLAIN, prompt="a cat sticker", output_format=Format.JPEG)
    assert not (await finish(engine, request)).pictures[0].transparent


@pytest.mark.parametrize("partials", [0, 1, 2, 3])
@pytest.mark.parametrize("background", [Background.OPAQUE, Background.TRANSPARENT])
async def test_partial_pictures_lead_to_the_finished_one(
    engine: SketchEngine, partials: int, background: Background
) -> None:
    """As many as asked for, numbered from 0, all different, and none the finished picture."""
    request = replace(PLAIN, stream=True, partial_images=partials, background=background)
    *shown, last = await events(engine, request)
    assert isinstance(last, Finished)
    assert [event.index for event in shown if isinstance(event, Partial)] == list(range(partials))
    files = [event.blob.read() for event in shown if isinstance(event, Partial)]
    files.append(last.pictures[0].blob.read())
    assert len({*files}) == partials + 1


async def test_without_a_stream_there_are_no_partials(engine: SketchEngine) -> None:
    """Partial pictures belong to streams."""
    await finish(engine, replace(PLAIN, partial_images=3))


async def test_several_pictures_are_different(engine: SketchEngine) -> None:
    """As many compositions as pictures were asked for."""
    done = await finish(engine, replace(PLAIN, n=3))
    assert len({picture.blob.read() for picture in done.pictures}) == 3


async def test_a_seed_decides(engine: SketchEngine) -> None:
    """The same seed gives the same bytes, another seed others; no seed is the prompt's own."""
    first, second, other, own, own_again = [
        (await finish(engine, replace(PLAIN, extra=extra))).pictures[0].blob.read()
        for extra in ({"seed": 7}, {"seed": 7}, {"seed": 8}, {}, {"seed": True})
    ]
    assert first == second != other
    assert own == own_again != first


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        (Quality.AUTO, Quality.MEDIUM),
        (Quality.LOW, Quality.LOW),
        (Quality.HIGH, Quality.HIGH),
        (Quality.MAX, Quality.HIGH),
    ],
)
async def test_the_quality_used_is_told(engine: SketchEngine, asked: Quality, used: Quality) -> None:
    """AUTO is resolved and what is beyond HIGH is HIGH."""
    assert (await finish(engine, replace(PLAIN, quality=asked))).quality is used


async def test_an_edit_keeps_the_size_of_its_picture(engine: SketchEngine) -> None:
    """Without a size an edit is as large as its first image."""
    request = replace(
        PLAIN, kind=Kind.EDIT, prompt="make it black and white", size=None, images=(photo(Size(300, 200)),)
    )
    done = await finish(engine, request)
    assert done.pictures[0].size == Size(300, 200)
    grey = pixels_of(done.pictures[0].blob)[..., :3]
    assert np.ptp(grey.astype(int), axis=2).max() < 40


@pytest.mark.parametrize(
    ("prompt", "count", "size"),
    [
        ("rotate 90 degrees", 1, Size(200, 300)),
        ("rotate it to the left and make it brighter", 1, Size(200, 300)),
        ("turn it upside down", 1, Size(300, 200)),
        ("put these side by side", 2, Size(606, 204)),
        ("make a collage", 2, Size(300, 200)),
    ],
)
async def test_an_edit_left_to_choose_leaves_nothing_out(
    engine: SketchEngine, prompt: str, count: int, size: Size
) -> None:
    """A picture turned onto its side is as wide as it was high, and pictures side by side are all there."""
    request = replace(PLAIN, kind=Kind.EDIT, prompt=prompt, size=None, images=(photo(Size(300, 200)),) * count)
    assert (await finish(engine, request)).pictures[0].size == size


async def test_a_huge_picture_is_edited_at_the_largest_size(engine: SketchEngine) -> None:
    """An edit's size stays within the contract's limits."""
    request = replace(PLAIN, kind=Kind.EDIT, prompt="flip it", size=None, images=(photo(Size(4000, 16)),))
    assert (await finish(engine, request)).pictures[0].size == Size(3840, 16)


async def test_a_masked_edit_leaves_the_rest_alone(engine: SketchEngine) -> None:
    """Pixels the mask keeps are the input's."""
    mask = np.full((96, 96, 4), 255, np.uint8)
    mask[:48, :, 3] = 0
    source = photo(Size(96, 96))
    request = replace(
        PLAIN,
        kind=Kind.EDIT,
        prompt="a red balloon",
        size=Size(96, 96),
        images=(source,),
        mask=encode(mask, Format.PNG, 100, opaque=False),
        extra={"input_fidelity": "high"},
    )
    edited = pixels_of((await finish(engine, request)).pictures[0].blob)
    assert (edited[48:, :, :3] == pixels_of(source)[48:, :, :3]).all()
    assert (edited[:48, :, :3] != pixels_of(source)[:48, :, :3]).any()


async def test_an_edit_that_is_not_understood_says_so(engine: SketchEngine) -> None:
    """The prompt is reported as ignored rather than dropped in silence."""
    request = replace(PLAIN, kind=Kind.EDIT, prompt="zorbify the frobnicator", size=None, images=(photo(Size(64, 64)),))
    assert (await finish(engine, request)).ignored == ("prompt",)


async def test_a_variation_is_another_picture(engine: SketchEngine) -> None:
    """Each variation differs from its input and from the next."""
    request = replace(PLAIN, kind=Kind.VARIATION, prompt="", n=2, size=Size(64, 64), images=(photo(Size(64, 64)),))
    done = await finish(engine, request)
    assert done.ignored == ()
    assert len({photo(Size(64, 64)).read(), *(picture.blob.read() for picture in done.pictures)}) == 3


async def test_a_streamed_edit_first_shows_the_picture_as_it_came(engine: SketchEngine) -> None:
    """An edit has one state before the finished one: its input."""
    request = replace(
        PLAIN,
        kind=Kind.EDIT,
        prompt="make it black and white",
        size=None,
        stream=True,
        partial_images=2,
        images=(photo(Size(64, 64)),),
    )
    shown, last = await events(engine, request)
    assert isinstance(shown, Partial)
    assert isinstance(last, Finished)
    assert (pixels_of(shown.blob) == pixels_of(request.images[0])).all()


async def test_an_edit_without_a_picture_is_refused(engine: SketchEngine) -> None:
    """There is nothing to edit."""
    with pytest.raises(InvalidImageRequest):
        await finish(engine, replace(PLAIN, kind=Kind.EDIT))


async def test_a_broken_picture_is_the_callers_mistake(engine: SketchEngine) -> None:
    """An unreadable input is a 400, not a failure of the engine."""
    with pytest.raises(InvalidImageRequest):
        await finish(engine, replace(PLAIN, kind=Kind.EDIT, images=(Blob.from_bytes(b"not a picture", "image/png"),)))


async def test_what_goes_wrong_inside_leaves_as_an_engine_failure(engine: SketchEngine) -> None:
    """An unexpected exception is translated, with its cause kept for the log."""
    with pytest.raises(EngineFailed) as caught:
        await finish(engine, replace(PLAIN, size=Size(0, 0)))
    assert caught.value.__cause__ is not None


async def test_leaving_stops_the_drawing(engine: SketchEngine) -> None:
    """A run can be closed after its first partial picture."""
    request = replace(PLAIN, n=10, stream=True, partial_images=3)
    run = engine.run(request)
    async with aclosing(run) as open_run:
        assert isinstance(await anext(open_run), Partial)


async def test_it_is_always_reachable(engine: SketchEngine) -> None:
    """The probe says yes, as often as it is asked."""
    assert (await engine.probe()).reachable
    assert (await engine.probe()).reachable
    assert engine.concurrency == SketchSettings().concurrency
    assert engine.ability is ABILITY
