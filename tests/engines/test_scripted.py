"""The scripted engine does as it is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import ValidationError

from limner.clock import ManualClock, SystemClock
from limner.engine import Event, Finished, Partial
from limner.engines.scripted import SIZE, Failure, ScriptedEngine, ScriptedSettings
from limner.errors import EngineFailed, EngineUnavailable, LimnerError, ModerationBlocked
from limner.imaging.codec import decode, encode, inspect
from limner.imaging.pixels import PIXELS_MAX
from limner.job import COMPRESSION_DEFAULT, Format, ImageRequest, Kind, Quality

WISH = ImageRequest(kind=Kind.GENERATION, model="gpt-image-2", prompt="anything", n=2)
STREAM = ImageRequest(kind=Kind.GENERATION, model="gpt-image-2", prompt="anything", stream=True, partial_images=3)


def scripted(**settings: object) -> ScriptedEngine:
    """A scripted engine on the machine's clock."""
    return ScriptedEngine(ScriptedSettings.model_validate(settings), SystemClock())


async def events(engine: ScriptedEngine, request: ImageRequest = WISH) -> list[Event]:
    """Everything one run says."""
    return [event async for event in engine.run(request)]


async def test_it_answers_real_pictures() -> None:
    """As many decodable PNGs as asked for."""
    [last] = await events(scripted())
    assert isinstance(last, Finished)
    assert [inspect(picture.blob).size for picture in last.pictures] == [SIZE, SIZE]
    assert last.quality is Quality.MEDIUM


@pytest.mark.parametrize(
    ("fail", "error"),
    [
        (Failure.UNAVAILABLE, EngineUnavailable),
        (Failure.ERROR, EngineFailed),
        (Failure.MIDWAY, EngineFailed),
        (Failure.MODERATION, ModerationBlocked),
    ],
)
async def test_it_fails_as_told(fail: Failure, error: type[LimnerError]) -> None:
    """Each failure is the error a real engine would raise."""
    with pytest.raises(error):
        await events(scripted(fail=fail))


async def test_midway_means_after_the_partial_pictures() -> None:
    """The caller has seen something when it fails."""
    seen = []
    with pytest.raises(EngineFailed):
        async for event in scripted(fail=Failure.MIDWAY).run(STREAM):
            seen.append(event)  # noqa: PERF401 - what came before the error is the point
    assert [type(event) for event in seen] == [Partial] * 3


async def test_fewer_is_one_picture_less() -> None:
    """Of two asked for, one comes."""
    [last] = await events(scripted(fail=Failure.FEWER))
    assert isinstance(last, Finished)
    assert len(last.pictures) == 1


async def test_nothing_is_nothing() -> None:
    """The events just end."""
    assert await events(scripted(fail=Failure.NOTHING)) == []


async def test_only_the_first_runs_fail() -> None:
    """After `fail_first` failures it works."""
    engine = scripted(fail=Failure.ERROR, fail_first=1)
    with pytest.raises(EngineFailed):
        await events(engine)
    assert len(await events(engine)) == 1


async def test_partial_pictures_are_spread_over_the_delay(clock: ManualClock) -> None:
    """Three partials and the picture divide 8 seconds into four equal waits."""
    engine = ScriptedEngine(ScriptedSettings(delay_s=8), clock)
    seen: list[float] = []

    async def watch() -> None:
        start_s = clock.now_s()
        async for _ in engine.run(STREAM):
            seen.append(clock.now_s() - start_s)  # noqa: PERF401 - the clock moves meanwhile

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watch())
        for _ in range(4):
            while not clock.sleepers:
                await asyncio.sleep(0)
            clock.advance(2)
            await asyncio.sleep(0)
    assert seen == [2, 4, 6, 8]


async def test_the_picture_can_be_padded_to_a_size() -> None:
    """Exactly as many bytes as told, and still the same picture."""
    [plain] = await events(scripted())
    [padded] = await events(scripted(picture_bytes=2_000_000))
    assert isinstance(plain, Finished)
    assert isinstance(padded, Finished)
    assert padded.pictures[0].blob.size_bytes == 2_000_000
    same = decode(padded.pictures[0].blob, PIXELS_MAX) == decode(plain.pictures[0].blob, PIXELS_MAX)
    assert same.all()


async def test_the_operators_own_picture_is_answered(tmp_path: Path) -> None:
    """`picture` names the file whose bytes come back."""
    [built_in] = await events(scripted())
    assert isinstance(built_in, Finished)
    pixels = 255 - decode(built_in.pictures[0].blob, PIXELS_MAX)
    file = tmp_path / "own.png"
    file.write_bytes(encode(pixels, Format.PNG, COMPRESSION_DEFAULT, opaque=True).read())
    [last] = await events(scripted(picture=file))
    assert isinstance(last, Finished)
    assert last.pictures[0].blob.read() == file.read_bytes()


async def test_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    """The engine does not start with a file it could not honestly answer."""
    [built_in] = await events(scripted())
    assert isinstance(built_in, Finished)
    small = decode(built_in.pictures[0].blob, PIXELS_MAX)[:64, :64]
    file = tmp_path / "small.png"
    file.write_bytes(encode(small, Format.PNG, COMPRESSION_DEFAULT, opaque=True).read())
    with pytest.raises(ValueError, match="1024x1024"):
        scripted(picture=file)


async def test_an_unavailable_engine_probes_as_unreachable() -> None:
    """The probe tells what a run would find."""
    assert not (await scripted(fail=Failure.UNAVAILABLE).probe()).reachable


def test_unknown_settings_are_refused() -> None:
    """A misspelt setting never passes as the default."""
    with pytest.raises(ValidationError, match="delay"):
        ScriptedSettings.model_validate({"delay": 3})
