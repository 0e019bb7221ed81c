"""Plans carried out, on a tiny engine that plays a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from limner.blobs import Blob
from limner.engine import Ability, Event, Finished, Partial, Picture, Probe
from limner.errors import EngineFailed, InvalidImageRequest, LimnerError, ModerationBlocked
from limner.exactness import Place, Plan, events, fit
from limner.imaging.animation import Animation
from limner.imaging.codec import decode, encode, inspect
from limner.imaging.pixels import PIXELS_MAX, Pixels, size_of
from limner.job import Background, Fate, Format, ImageRequest, Kind, Quality, Size, Treatment, Usage

GENERATION = ImageRequest(kind=Kind.GENERATION, model="m", prompt="a hare")

Script = Callable[[ImageRequest], AsyncIterator[Event]]


@dataclass
class PlayingEngine:
    """Plays `script` on every run, and notes the requests it got and how many of its runs were closed."""

    ability: Ability
    script: Script
    concurrency: int = 100
    requests: list[ImageRequest] = field(default_factory=list)
    closed: int = 0

    async def run(self, request: ImageRequest) -> AsyncGenerator[Event, None]:
        """Play the script."""
        self.requests.append(request)
        try:
            async for event in self.script(request):
                yield event
        finally:
            self.closed += 1

    async def probe(self) -> Probe:
        """Always there."""
        return Probe(reachable=True, detail="playing")

    async def close(self) -> None:
        """Nothing is held."""


def painted(size: Size, colour: tuple[int, int, int, int] = (200, 30, 40, 255)) -> Pixels:
    """One colour."""
    return np.full((size.height_px, size.width_px, 4), colour, np.uint8)


def picture(pixels: Pixels, output_format: Format = Format.PNG, *, transparent: bool = False) -> Picture:
    """`pixels` as an engine would deliver them."""
    blob = encode(pixels, output_format, 90, opaque=not transparent)
    return Picture(blob=blob, size=size_of(pixels), transparent=transparent)


def delivering(*pictures: Picture, partials: tuple[Partial, ...] = (), ignored: tuple[str, ...] = ()) -> Script:
    """A script that shows `partials` and finishes with `pictures`."""

    async def script(_: ImageRequest) -> AsyncIterator[Event]:
        for partial in partials:
            yield partial
        yield Finished(pictures=pictures, quality=Quality.LOW, ignored=ignored)

    return script


def plan_of(engine: PlayingEngine, request: ImageRequest, *given: str) -> Plan:
    """A plan for a caller who sent `given`."""
    return fit(request, given=given, unknown=(), ability=engine.ability)


def places(engine: PlayingEngine) -> Place:
    """The places of an engine that are left when one job has come to it."""
    left = asyncio.Semaphore(engine.concurrency - 1)
    return lambda: left


async def outcome(engine: PlayingEngine, plan: Plan) -> tuple[list[Event], Finished]:
    """Every event, and the last one, which must be the finish."""
    async with aclosing(events(engine, plan, places(engine))) as source:
        seen = [event async for event in source]
    finished = seen[-1]
    assert isinstance(finished, Finished)
    return seen, finished


async def test_a_right_picture_passes_as_the_very_same_blob(rich: Ability) -> None:
    """Nothing is decoded, copied or even looked at when nothing must change: bytes that are no picture pass too."""
    size = Size(1024, 1024)
    final = Blob.from_bytes(b"no picture at all", "image/webp")
    unfinished = Blob.from_base64(b"bm9uZQ==", "image/webp")
    partial = Partial(index=0, blob=unfinished, size=size, quality=Quality.LOW, transparent=False)
    engine = PlayingEngine(rich, delivering(Picture(blob=final, size=size, transparent=False), partials=(partial,)))
    request = replace(GENERATION, size=size, output_format=Format.WEBP, compression=30, stream=True, partial_images=1)
    plan = plan_of(engine, request, "size", "output_format", "output_compression")
    seen, finished = await outcome(engine, plan)
    assert isinstance(seen[0], Partial)
    assert seen[0].blob is unfinished
    assert finished.pictures[0].blob is final
    assert engine.requests == [request]
    assert plan.final_report(finished) == plan.report


async def test_size_and_format_come_out_exactly(poor: Ability) -> None:
    """A square PNG becomes the WebP of the size that was asked for, and both are told as emulated."""
    engine = PlayingEngine(poor, delivering(picture(painted(Size(64, 64)))))
    request = replace(GENERATION, size=Size(96, 48), output_format=Format.WEBP)
    plan = plan_of(engine, request, "size", "output_format")
    _, finished = await outcome(engine, plan)
    (made,) = finished.pictures
    assert made.size == Size(96, 48)
    assert made.blob.media_type == "image/webp"
    facts = inspect(made.blob)
    assert (facts.format, facts.size, facts.has_alpha) == (Format.WEBP, Size(96, 48), False)
    assert decode(made.blob, PIXELS_MAX)[20, 40] == pytest.approx([200, 30, 40, 255], abs=6)
    assert set(plan.final_report(finished).values()) == {Treatment(Fate.EMULATED)}


async def test_an_engine_that_promises_too_much_is_put_right_and_told(rich: Ability) -> None:
    """A picture of another size and format than the engine claims is corrected, and the report says so."""
    engine = PlayingEngine(rich, delivering(picture(painted(Size(50, 50)), Format.JPEG)))
    plan = plan_of(engine, replace(GENERATION, size=Size(64, 32)), "size", "output_format", "n")
    _, finished = await outcome(engine, plan)
    assert inspect(finished.pictures[0].blob).size == Size(64, 32)
    assert plan.final_report(finished) == {
        "size": Treatment(Fate.EMULATED),
        "output_format": Treatment(Fate.EMULATED),
        "n": Treatment(Fate.HONOURED),
    }


async def test_what_an_engine_ignores_is_told(rich: Ability) -> None:
    """The engine has the last word on what it could not do."""
    engine = PlayingEngine(rich, delivering(picture(painted(Size(64, 64))), ignored=("quality",)))
    plan = plan_of(engine, replace(GENERATION, quality=Quality.HIGH), "quality")
    assert plan.report == {"quality": Treatment(Fate.HONOURED)}
    _, finished = await outcome(engine, plan)
    assert plan.final_report(finished) == {"quality": Treatment(Fate.IGNORED)}


async def test_unfinished_pictures_are_made_exact_too(poor: Ability) -> None:
    """A stream never changes its size or format on the way."""
    ability = replace(poor, partial_images=True)
    raw = picture(painted(Size(64, 64)))
    partial = Partial(index=0, blob=raw.blob, size=raw.size, quality=Quality.LOW, transparent=False)
    engine = PlayingEngine(ability, delivering(raw, partials=(partial, replace(partial, index=1))))
    request = replace(GENERATION, size=Size(32, 48), output_format=Format.JPEG, stream=True, partial_images=2)
    seen, _ = await outcome(engine, plan_of(engine, request))
    partials = [event for event in seen if isinstance(event, Partial)]
    assert [event.index for event in partials] == [0, 1]
    for event in partials:
        assert event.size == inspect(event.blob).size == Size(32, 48)
        assert event.blob.media_type == "image/jpeg"


async def test_a_compression_is_applied_where_the_engine_has_none(poor: Ability) -> None:
    """An engine's own JPEG is encoded again at the quality that was named."""
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 4), np.uint8)
    raw = picture(noise, Format.JPEG)
    engine = PlayingEngine(replace(poor, formats=frozenset({Format.JPEG})), delivering(raw))
    request = replace(GENERATION, output_format=Format.JPEG, compression=5)
    _, finished = await outcome(engine, plan_of(engine, request, "output_compression"))
    assert finished.pictures[0].blob.size_bytes < raw.blob.size_bytes / 3


async def test_a_plain_background_is_cut_away(poor: Ability) -> None:
    """Transparency without the engine's help: the subject stays, the rest goes, and the answer says transparent."""
    pixels = painted(Size(64, 64), (255, 255, 255, 255))
    pixels[20:44, 20:44, :3] = (200, 30, 40)
    engine = PlayingEngine(poor, delivering(picture(pixels)))
    plan = plan_of(engine, replace(GENERATION, background=Background.TRANSPARENT), "background")
    _, finished = await outcome(engine, plan)
    (made,) = finished.pictures
    assert made.transparent
    cut = decode(made.blob, PIXELS_MAX)
    assert cut[0, 0, 3] == 0
    assert cut[30, 30].tolist() == [200, 30, 40, 255]
    assert plan.final_report(finished) == {"background": Treatment(Fate.EMULATED)}


async def test_a_background_that_cannot_be_cut_away_is_told_as_ignored(poor: Ability) -> None:
    """A picture without a plain border stays whole, and nobody claims that it is transparent."""
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 4), np.uint8)
    engine = PlayingEngine(poor, delivering(picture(noise)))
    plan = plan_of(engine, replace(GENERATION, background=Background.TRANSPARENT), "background")
    _, finished = await outcome(engine, plan)
    assert not finished.pictures[0].transparent
    assert not inspect(finished.pictures[0].blob).has_alpha
    assert plan.final_report(finished) == {"background": Treatment(Fate.IGNORED)}


@pytest.mark.parametrize(("cuttable", "fate"), [(True, Fate.EMULATED), (False, Fate.IGNORED)])
async def test_transparency_an_engine_fails_to_give_is_made_up_for_or_told(
    rich: Ability, fate: Fate, *, cuttable: bool
) -> None:
    """An engine that can paint on nothing and did not this time is treated like one that cannot."""
    pixels = np.random.default_rng(1).integers(0, 255, (64, 64, 4), np.uint8)
    if cuttable:
        pixels[:] = 255
        pixels[20:44, 20:44, :3] = (200, 30, 40)
    engine = PlayingEngine(rich, delivering(picture(pixels)))
    plan = plan_of(engine, replace(GENERATION, background=Background.TRANSPARENT), "background")
    _, finished = await outcome(engine, plan)
    assert finished.pictures[0].transparent is cuttable
    assert inspect(finished.pictures[0].blob).has_alpha is cuttable
    assert plan.final_report(finished) == {"background": Treatment(fate)}


async def test_transparency_an_engine_has_after_all_is_kept(poor: Ability) -> None:
    """A picture that comes with alpha is not cut a second time."""
    pixels = painted(Size(64, 64))
    pixels[:, :32, 3] = 0
    engine = PlayingEngine(poor, delivering(picture(pixels, transparent=True)))
    plan = plan_of(engine, replace(GENERATION, background=Background.TRANSPARENT), "background")
    _, finished = await outcome(engine, plan)
    assert np.array_equal(decode(finished.pictures[0].blob, PIXELS_MAX), pixels)


async def test_an_opaque_background_is_made_opaque(rich: Ability) -> None:
    """Transparency nobody wanted is laid on white."""
    nothing = picture(painted(Size(64, 64), (0, 0, 0, 0)), transparent=True)
    engine = PlayingEngine(rich, delivering(nothing))
    plan = plan_of(engine, replace(GENERATION, background=Background.OPAQUE), "background")
    _, finished = await outcome(engine, plan)
    assert not finished.pictures[0].transparent
    assert decode(finished.pictures[0].blob, PIXELS_MAX)[0, 0].tolist() == [255, 255, 255, 255]
    assert plan.final_report(finished) == {"background": Treatment(Fate.EMULATED)}


async def test_an_animation_that_has_to_be_changed_stands_still(rich: Ability) -> None:
    """One of another size than asked for is made anew, from its first frame, and that is told."""
    animation = Animation(painted(Size(64, 64)), 100, clear=False)
    for colour in ((200, 30, 40, 255), (10, 30, 200, 255)):
        animation.add(painted(Size(64, 64), colour))
    engine = PlayingEngine(
        replace(rich, parameters=frozenset({"frame_count"})),
        delivering(Picture(blob=animation.finished(), size=Size(64, 64), transparent=False)),
    )
    request = replace(GENERATION, output_format=Format.GIF, extra={"frame_count": 2})
    for size, frames, fates in (
        (Size(64, 64), 2, {"size": Fate.HONOURED, "frame_count": Fate.HONOURED}),
        (Size(32, 32), 1, {"size": Fate.EMULATED, "frame_count": Fate.IGNORED}),
    ):
        plan = plan_of(engine, replace(request, size=size), "size", "frame_count")
        _, finished = await outcome(engine, plan)
        assert (inspect(finished.pictures[0].blob).frames, finished.pictures[0].size) == (frames, size)
        assert plan.final_report(finished) == {name: Treatment(fate) for name, fate in fates.items()}


async def test_a_drawing_passes_untouched(rich: Ability) -> None:
    """An SVG is never decoded, whatever size it says it has."""
    svg = Picture(blob=Blob.from_bytes(b"<svg/>", "image/svg+xml"), size=Size(300, 300), transparent=True)
    engine = PlayingEngine(rich, delivering(svg))
    request = replace(GENERATION, output_format=Format.SVG, size=Size(64, 64), background=Background.OPAQUE)
    _, finished = await outcome(engine, plan_of(engine, request))
    assert finished.pictures == (svg,)


def masked_edit(base: Pixels, *, repaint: tuple[slice, slice]) -> ImageRequest:
    """An edit of `base` that may repaint one rectangle."""
    mask = np.full_like(base, 255)
    mask[(*repaint, 3)] = 0
    return replace(
        GENERATION,
        kind=Kind.EDIT,
        images=(encode(base, Format.PNG, 100, opaque=False),),
        mask=encode(mask, Format.PNG, 100, opaque=False),
    )


async def test_outside_the_mask_the_first_picture_is_untouched(poor: Ability) -> None:
    """With an engine that knows no masks, only the masked rectangle is the engine's; the rest is the caller's bytes."""
    base = np.random.default_rng(1).integers(0, 255, (64, 64, 4), np.uint8)
    # The size is left open, and the engine's own is another: the caller's picture decides.
    engine = PlayingEngine(poor, delivering(picture(painted(Size(48, 32)))))
    plan = plan_of(engine, masked_edit(base, repaint=np.s_[10:20, 30:50]))
    _, finished = await outcome(engine, plan)
    expected = base.copy()
    expected[10:20, 30:50] = (200, 30, 40, 255)
    assert np.array_equal(decode(finished.pictures[0].blob, PIXELS_MAX), expected)
    assert engine.requests[0].mask is None
    assert plan.final_report(finished)["mask"] == Treatment(Fate.EMULATED)


async def test_a_masked_edit_larger_than_any_result_takes_the_engines_size(poor: Ability) -> None:
    """A picture that no result may be as large as is brought to the engine's, with its mask."""
    base = painted(Size(4000, 2500), (0, 0, 250, 255))
    engine = PlayingEngine(poor, delivering(picture(painted(Size(64, 64)))))
    _, finished = await outcome(engine, plan_of(engine, masked_edit(base, repaint=np.s_[:, 2000:])))
    assert finished.pictures[0].size == Size(64, 64)


async def test_a_masked_edit_has_the_size_asked_for(poor: Ability) -> None:
    """The first picture and its mask are brought to the answer's size together."""
    base = painted(Size(40, 20), (0, 0, 250, 255))
    request = replace(masked_edit(base, repaint=np.s_[:, 20:]), size=Size(80, 40))
    engine = PlayingEngine(poor, delivering(picture(painted(Size(64, 64)))))
    _, finished = await outcome(engine, plan_of(engine, request))
    result = decode(finished.pictures[0].blob, PIXELS_MAX)
    assert size_of(result) == Size(80, 40)
    assert result[20, 20].tolist() == [0, 0, 250, 255]
    assert result[20, 60].tolist() == [200, 30, 40, 255]


@pytest.mark.parametrize("field_name", ["images", "mask"])
async def test_an_input_that_cannot_be_decoded_is_refused_before_the_engine_runs(
    field_name: str, poor: Ability
) -> None:
    """Nobody pays for a run whose result could not be laid on its base."""
    request = masked_edit(painted(Size(64, 64)), repaint=np.s_[:9, :9])
    broken = Blob.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png")
    request = replace(request, images=(broken,)) if field_name == "images" else replace(request, mask=broken)
    engine = PlayingEngine(poor, delivering(picture(painted(Size(64, 64)))))
    with pytest.raises(InvalidImageRequest) as refusal:
        await outcome(engine, plan_of(engine, request))
    assert refusal.value.code == "invalid_image_file"
    assert engine.requests == []


async def test_a_broken_picture_is_the_engine_s_failure(poor: Ability) -> None:
    """What the engine delivered cannot be decoded: the caller gets OpenAI's failure, not our traceback."""
    photo = BytesIO()
    Image.new("RGB", (64, 64)).save(photo, "PNG")
    truncated = Blob.from_bytes(photo.getvalue()[:60], "image/png")
    engine = PlayingEngine(poor, delivering(Picture(blob=truncated, size=Size(64, 64), transparent=False)))
    with pytest.raises(EngineFailed, match="Image generation failed"):
        await outcome(engine, plan_of(engine, replace(GENERATION, size=Size(32, 32))))


@pytest.mark.parametrize("size", [None, Size(30_000, 30_000)])
async def test_a_header_that_announces_too_much_is_the_engine_s_failure(rich: Ability, size: Size | None) -> None:
    """Nobody asked for it, nobody could decode it, and an account would pay for its pixels."""
    blob = picture(painted(Size(64, 64))).blob
    engine = PlayingEngine(rich, delivering(Picture(blob=blob, size=Size(30_000, 30_000), transparent=False)))
    with pytest.raises(EngineFailed, match="Image generation failed"):
        await outcome(engine, plan_of(engine, replace(GENERATION, size=size)))


@pytest.mark.parametrize("n_max", [1, 10])
async def test_fewer_pictures_than_asked_for_are_a_failure(n_max: int, poor: Ability) -> None:
    """Two delivered of three is nothing delivered, in one call or several."""
    engine = PlayingEngine(
        replace(poor, n_max=n_max), delivering(*[picture(painted(Size(64, 64)))] * (n_max == 10) * 2)
    )
    with pytest.raises(EngineFailed):
        await outcome(engine, plan_of(engine, replace(GENERATION, n=3)))


async def test_more_pictures_than_asked_for_are_cut_to_the_number(poor: Ability) -> None:
    """A generous engine does not break the answer's length."""
    engine = PlayingEngine(poor, delivering(*[picture(painted(Size(64, 64)))] * 3))
    _, finished = await outcome(engine, plan_of(engine, GENERATION))
    assert len(finished.pictures) == 1


@pytest.mark.parametrize("n", [1, 2])
async def test_an_engine_that_just_ends_has_failed(n: int, poor: Ability) -> None:
    """No finish, no answer."""

    async def script(_: ImageRequest) -> AsyncIterator[Event]:
        return
        yield

    engine = PlayingEngine(poor, script)
    with pytest.raises(EngineFailed):
        await outcome(engine, plan_of(engine, replace(GENERATION, n=n)))


async def test_nothing_follows_the_finish(rich: Ability) -> None:
    """An engine that goes on talking is closed at its finish."""
    raw = picture(painted(Size(64, 64)))

    async def script(_: ImageRequest) -> AsyncIterator[Event]:
        finished = Finished(pictures=(raw,), quality=Quality.LOW)
        yield finished
        yield finished

    engine = PlayingEngine(rich, script)
    seen, _ = await outcome(engine, plan_of(engine, GENERATION))
    assert len(seen) == 1
    assert engine.closed == 1


async def test_closing_early_stops_the_engine(rich: Ability) -> None:
    """Who has seen enough closes the events, and the engine's iterator is closed with them."""
    raw = picture(painted(Size(64, 64)))
    partial = Partial(index=0, blob=raw.blob, size=raw.size, quality=Quality.LOW, transparent=False)
    engine = PlayingEngine(rich, delivering(raw, partials=(partial,)))
    source = events(engine, plan_of(engine, replace(GENERATION, stream=True, partial_images=1)))
    await anext(source)
    assert engine.closed == 0
    await source.aclose()
    assert engine.closed == 1


def numbered(number: int) -> Picture:
    """A picture to be told from its siblings."""
    return picture(painted(Size(64, 64), (number, 0, 0, 255)))


async def test_several_calls_run_at_once_and_join_in_order(rich: Ability) -> None:
    """All are under way before the first ends; pictures stand in the order of the calls, not of their ends.

    An unfinished picture, which nobody can number across calls, is dropped.
    """
    ability = replace(rich, n_max=1)
    everyone = asyncio.Barrier(3)
    last_first = [asyncio.Event() for _ in range(3)]
    last_first[2].set()

    async def script(request: ImageRequest) -> AsyncIterator[Event]:
        number = request.extra["seed"]
        assert isinstance(number, int)
        raw = numbered(number)
        yield Partial(index=0, blob=raw.blob, size=raw.size, quality=Quality.HIGH, transparent=False)
        await everyone.wait()
        await last_first[number].wait()
        if number:
            last_first[number - 1].set()
        yield Finished(
            pictures=(numbered(number),),
            quality=Quality.HIGH,
            usage=Usage(text_input_tokens=1, image_input_tokens=2, text_output_tokens=3, image_output_tokens=4),
            cost_nusd=10 + number,
            ignored=("moderation",) if number == 1 else (),
        )

    engine = PlayingEngine(ability, script)
    seen, finished = await outcome(engine, plan_of(engine, replace(GENERATION, n=3, extra={"seed": 0})))
    assert seen == [finished]
    assert [decode(one.blob, PIXELS_MAX)[0, 0, 0] for one in finished.pictures] == [0, 1, 2]
    assert finished.quality is Quality.HIGH
    assert finished.usage == Usage(
        text_input_tokens=3, image_input_tokens=6, text_output_tokens=9, image_output_tokens=12
    )
    assert finished.cost_nusd == 33
    assert finished.ignored == ("moderation",)
    assert engine.closed == 3


async def test_usage_and_cost_are_unknown_when_one_call_s_are(poor: Ability) -> None:
    """A sum with a hole in it would be taken for the whole."""

    async def script(request: ImageRequest) -> AsyncIterator[Event]:
        known = not engine.closed
        yield Finished(
            pictures=(numbered(1),),
            quality=Quality.LOW,
            usage=Usage(image_output_tokens=5) if known else None,
            cost_nusd=5 if known else None,
        )

    engine = PlayingEngine(poor, script, concurrency=1)
    _, finished = await outcome(engine, plan_of(engine, replace(GENERATION, n=2)))
    assert finished.usage is None
    assert finished.cost_nusd is None


async def test_calls_side_by_side_respect_the_engine_s_concurrency(poor: Ability) -> None:
    """An engine that takes two runs at once never has three of one job."""
    running, most = 0, 0

    async def script(_: ImageRequest) -> AsyncIterator[Event]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.to_thread(lambda: None)
        running -= 1
        yield Finished(pictures=(numbered(1),), quality=Quality.LOW)

    engine = PlayingEngine(poor, script, concurrency=2)
    _, finished = await outcome(engine, plan_of(engine, replace(GENERATION, n=6)))
    assert len(finished.pictures) == 6
    assert most == 2


async def test_without_further_places_the_calls_follow_one_another(poor: Ability) -> None:
    """A job ends on its own place alone, so that jobs never wait for each other's places in a circle."""
    never = asyncio.Semaphore(0)
    numbers = iter(range(1, 9))

    async def script(_: ImageRequest) -> AsyncIterator[Event]:
        assert engine.closed == len(engine.requests) - 1
        yield Finished(pictures=(numbered(next(numbers)),), quality=Quality.LOW)

    for place in (None, lambda: never):
        engine = PlayingEngine(poor, script)
        async with aclosing(events(engine, plan_of(engine, replace(GENERATION, n=3)), place)) as source:
            [finished] = [event async for event in source]
        assert isinstance(finished, Finished)
        assert len(finished.pictures) == 3


@pytest.mark.parametrize("error", [EngineFailed("broken"), ModerationBlocked("rejected")])
async def test_a_failed_call_knows_what_its_siblings_cost(poor: Ability, error: LimnerError) -> None:
    """What the operator pays for is not lost with the pictures."""
    error.cost_nusd = 7

    async def script(_: ImageRequest) -> AsyncIterator[Event]:
        if len(engine.requests) == 3:
            raise error
        yield Finished(pictures=(numbered(1),), quality=Quality.LOW, cost_nusd=20)

    engine = PlayingEngine(poor, script, concurrency=1)
    with pytest.raises(type(error)) as failed:
        await outcome(engine, plan_of(engine, replace(GENERATION, n=3)))
    assert failed.value is error
    assert error.cost_nusd == 47


@pytest.mark.parametrize(
    "pictures", [(), (Picture(blob=Blob.from_bytes(b"no", "image/png"), size=Size(9, 9), transparent=False),)]
)
async def test_pictures_that_cannot_be_used_have_their_cost(poor: Ability, pictures: tuple[Picture, ...]) -> None:
    """Too few or broken: the upstream charges the operator all the same."""

    async def script(_: ImageRequest) -> AsyncIterator[Event]:
        yield Finished(pictures=pictures, quality=Quality.LOW, cost_nusd=20)

    engine = PlayingEngine(poor, script)
    with pytest.raises(EngineFailed) as failed:
        await outcome(engine, plan_of(engine, replace(GENERATION, size=Size(64, 32)), "size"))
    assert failed.value.cost_nusd == 20


async def test_one_failed_call_stops_its_siblings(poor: Ability) -> None:
    """The failure comes out as it is, not wrapped, and no sibling goes on drawing."""
    waiting = asyncio.Barrier(3)

    async def script(request: ImageRequest) -> AsyncIterator[Event]:
        first = len(engine.requests) == 1
        await waiting.wait()
        if first:
            raise ModerationBlocked("no hares")
        await asyncio.Event().wait()
        yield Finished(pictures=(), quality=Quality.LOW)

    engine = PlayingEngine(poor, script)
    with pytest.raises(ModerationBlocked, match="no hares"):
        await outcome(engine, plan_of(engine, replace(GENERATION, n=3)))
    assert engine.closed == 3


async def test_a_refusal_outweighs_a_failure_beside_it(poor: Ability) -> None:
    """Both come in the same moment: what moderation has refused is not to be asked of another engine."""
    waiting = asyncio.Barrier(2)

    async def script(_: ImageRequest) -> AsyncIterator[Event]:
        first = len(engine.requests) == 1
        await waiting.wait()
        if first:
            raise ModerationBlocked("no hares")
        raise EngineFailed("broken")
        yield

    engine = PlayingEngine(poor, script)
    with pytest.raises(ModerationBlocked, match="no hares"):
        await outcome(engine, plan_of(engine, replace(GENERATION, n=2)))


async def test_cancelling_stops_every_call(poor: Ability) -> None:
    """A job that is stopped while several calls draw leaves none of them behind."""
    started = asyncio.Barrier(4)

    async def script(_: ImageRequest) -> AsyncIterator[Event]:
        await started.wait()
        await asyncio.Event().wait()
        yield Finished(pictures=(), quality=Quality.LOW)

    engine = PlayingEngine(poor, script)
    job = asyncio.ensure_future(outcome(engine, plan_of(engine, replace(GENERATION, n=3))))
    await started.wait()
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert engine.closed == 3


def test_events_are_a_generator_that_can_be_closed(rich: Ability) -> None:
    """Callers rely on `aclose`."""
    engine = PlayingEngine(rich, delivering())
    assert isinstance(events(engine, plan_of(engine, GENERATION)), AsyncGenerator)
