"""A plan carried out: the engine's events, with every picture made exactly what was asked for.

A picture that is right already passes as the very blob the engine gave: nothing is decoded, nothing copied. Pixels are
worked on in a thread, reached through `_in_thread` alone. An engine's own errors pass through as they are.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, replace
from typing import Final, ParamSpec, TypeAlias, TypeVar

from limner.engine import Engine, Event, Finished, Partial, Picture
from limner.errors import EngineFailed, LimnerError, ModerationBlocked
from limner.exactness.fates import worst_of
from limner.exactness.plan import OF_FORMAT, Plan
from limner.imaging.codec import UnreadableImage, decode, decode_input, encode, inspect
from limner.imaging.composite import composite
from limner.imaging.mask import canonical
from limner.imaging.matte import cut_out
from limner.imaging.pixels import PIXELS_MAX, Mask, Pixels, is_opaque, size_of
from limner.imaging.resize import cover, cover_mask
from limner.job import AREA_PX_MAX, Background, Format, ImageRequest, Usage

_FAILED: Final = "Image generation failed"

Place: TypeAlias = Callable[[], AbstractAsyncContextManager[None]]
"""Waits for a further place at the engine and holds it."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Canvas:
    """What a masked edit is laid on when the engine knows no masks."""

    base: Pixels
    mask: Mask


@dataclass(frozen=True, slots=True)
class _Made:
    """A picture as it goes out, and the wire names of what was done to it and of what could not be."""

    picture: Picture
    emulated: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()


async def events(engine: Engine, plan: Plan, place: Place | None = None) -> AsyncGenerator[Event, None]:
    """Run `plan`: unfinished pictures, then one `Finished` with exactly the number, size and format asked for.

    The caller has a place at the engine; `place` gives further ones for several calls side by side, and without it they
    follow one another. Close it to stop the engine. Raises what the engine raises; EngineFailed when it delivers fewer
    pictures than asked for, none, or broken ones; InvalidImageRequest, before the engine runs, for an input that cannot
    be decoded.
    """
    canvas = await _in_thread(_canvas, plan.request) if "mask" in plan.steps else None
    if len(plan.calls) > 1:
        yield await _side_by_side(engine, plan, canvas, place)
        return
    async with aclosing(engine.run(plan.calls[0])) as source:
        async for event in source:
            if isinstance(event, Finished):
                yield await _exact(event, plan.calls[0], plan, canvas)
                return
            yield await _exact_partial(event, plan, canvas)
    raise EngineFailed(_FAILED)


async def _side_by_side(engine: Engine, plan: Plan, canvas: _Canvas | None, place: Place | None) -> Finished:
    """Every call of a job: one after another on the job's own place, and on further places as far as they come.

    No call waits for a place of its own, so jobs cannot wait for each other in a circle. The first failure stops the
    others, and has the known cost of all.
    """
    calls = deque(enumerate(plan.calls))
    parts: dict[int, Finished] = {}
    waiting = set[asyncio.Task[None]]()

    async def draw(index: int, call: ImageRequest) -> None:
        async with aclosing(engine.run(call)) as source:
            async for event in source:
                if isinstance(event, Finished):
                    parts[index] = await _exact(event, call, plan, canvas)
                    return
        raise EngineFailed(_FAILED)

    async def help_out(place: Place) -> None:
        async with place():
            waiting.discard(_this_task())
            # One call a place: then it is somebody else's turn.
            if calls:
                await draw(*calls.popleft())

    try:
        async with asyncio.TaskGroup() as group:
            if place is not None:
                waiting.update(group.create_task(help_out(place)) for _ in plan.calls[1:])
            while calls:
                await draw(*calls.popleft())
            for helper in waiting:
                helper.cancel()
    except ExceptionGroup as failures:
        raise _first(failures, [*parts.values()]) from None
    return _joined([parts[index] for index in range(len(plan.calls))])


def _this_task() -> asyncio.Task[None]:
    task = asyncio.current_task()
    assert task is not None, "code that awaits runs in a task"
    return task


def _first(failures: ExceptionGroup[Exception], parts: list[Finished]) -> Exception:
    """The error that a job ends with, which knows what the calls beside it have cost.

    Of those that came in the same moment a refusal by moderation counts, which is final, and no other engine is asked.
    """
    refusals = (error for error in failures.exceptions if isinstance(error, ModerationBlocked))
    error = next(refusals, failures.exceptions[0])
    if isinstance(error, LimnerError):
        known_nusd = [cost for cost in (error.cost_nusd, *(part.cost_nusd for part in parts)) if cost is not None]
        error.cost_nusd = sum(known_nusd) if known_nusd else None
    return error


async def _in_thread(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Where pixels leave the event loop."""
    return await asyncio.to_thread(work, *args, **kwargs)


async def _exact(finished: Finished, call: ImageRequest, plan: Plan, canvas: _Canvas | None) -> Finished:
    """`finished` with its pictures made what the caller asked for, no more of them than the call wanted."""
    if len(finished.pictures) < call.n:
        raise EngineFailed(_FAILED, cost_nusd=finished.cost_nusd)
    try:
        made = [await _made(picture, plan, canvas) for picture in finished.pictures[: call.n]]
    except EngineFailed as broken:
        broken.cost_nusd = finished.cost_nusd
        raise
    pictures = tuple(one.picture for one in made)
    if pictures == finished.pictures:
        return finished
    return replace(
        finished,
        pictures=pictures,
        emulated=_union(finished.emulated, *(one.emulated for one in made)),
        ignored=_union(finished.ignored, *(one.ignored for one in made)),
    )


async def _exact_partial(partial: Partial, plan: Plan, canvas: _Canvas | None) -> Partial:
    picture = Picture(blob=partial.blob, size=partial.size, transparent=partial.transparent)
    made = (await _made(picture, plan, canvas)).picture
    return replace(partial, blob=made.blob, size=made.size, transparent=made.transparent)


async def _made(picture: Picture, plan: Plan, canvas: _Canvas | None) -> _Made:
    steps = _steps(picture, plan)
    return await _in_thread(_remade, picture, steps, plan.request, canvas) if steps else _Made(picture)


def _steps(picture: Picture, plan: Plan) -> frozenset[str]:
    """Wire names of what is still to be done to `picture`; none when it is right as it is.

    Raises EngineFailed for one whose header announces more pixels than anybody could look at.
    """
    wanted = plan.request
    if picture.blob.media_type == Format.SVG.media_type:
        return frozenset()
    if picture.size.area_px > PIXELS_MAX:
        raise EngineFailed(_FAILED)
    unlike = {
        "size": wanted.size is not None and picture.size != wanted.size,
        "output_format": picture.blob.media_type != wanted.output_format.media_type,
        "background": _has_other_background(picture, wanted),
    }
    return plan.steps | {name for name, differs in unlike.items() if differs}


def _has_other_background(picture: Picture, wanted: ImageRequest) -> bool:
    if wanted.background is Background.TRANSPARENT:
        # A JPEG has nothing to be transparent with.
        return not picture.transparent and wanted.output_format is not Format.JPEG
    return picture.transparent and wanted.background is Background.OPAQUE


def _remade(picture: Picture, steps: frozenset[str], wanted: ImageRequest, canvas: _Canvas | None) -> _Made:
    """Decode `picture`, do all that `wanted` says, encode it, and check the result by its own header."""
    try:
        pixels = decode(picture.blob, PIXELS_MAX)
    except UnreadableImage as error:
        raise EngineFailed(_FAILED) from error
    size = wanted.size
    if size is None and canvas is not None and size_of(canvas.base).area_px <= AREA_PX_MAX:
        # Left open, the size of a masked edit is its first picture's: what the mask keeps is then kept to the byte.
        size = size_of(canvas.base)
    if size is not None:
        pixels = cover(pixels, size)
    # What is encoded here stands still.
    ignored = frozenset(OF_FORMAT.get(wanted.output_format, ()))
    if "background" in steps and wanted.background is Background.TRANSPARENT and is_opaque(pixels):
        cut = cut_out(pixels)
        if cut is None:
            ignored |= {"background"}
        else:
            pixels = cut
    if canvas is not None:
        size = size_of(pixels)
        pixels = composite(cover(canvas.base, size), pixels, cover_mask(canvas.mask, size))
    opaque = wanted.background is Background.OPAQUE or wanted.output_format is Format.JPEG or is_opaque(pixels)
    blob = encode(pixels, wanted.output_format, wanted.compression, opaque=opaque)
    if wanted.output_format is not Format.SVG:
        facts = inspect(blob)
        assert facts.format is wanted.output_format, f"encoded {facts.format} for {wanted.output_format}"
        assert wanted.size in {None, facts.size}, f"made {facts.size} for {wanted.size}"
    made = replace(picture, blob=blob, size=size_of(pixels), transparent=not opaque)
    return _Made(made, steps - ignored, ignored)


def _canvas(request: ImageRequest) -> _Canvas:
    """The first picture and its mask, decoded. Raises InvalidImageRequest when one cannot be."""
    assert request.mask is not None, "a mask is emulated only where there is one"
    return _Canvas(decode_input(request.images[0], "image 1"), canonical(decode_input(request.mask, "mask")))


def _joined(parts: list[Finished]) -> Finished:
    """The runs of one job as one. Usage and cost are known only where every run's are."""
    usages = [part.usage for part in parts if part.usage is not None]
    costs_nusd = [part.cost_nusd for part in parts if part.cost_nusd is not None]
    return Finished(
        pictures=tuple(picture for part in parts for picture in part.pictures),
        quality=parts[0].quality,
        usage=_sum(usages) if len(usages) == len(parts) else None,
        cost_nusd=sum(costs_nusd) if len(costs_nusd) == len(parts) else None,
        ignored=_union(*(part.ignored for part in parts)),
        emulated=_union(*(part.emulated for part in parts)),
        told=worst_of(part.told for part in parts),
    )


def _sum(usages: list[Usage]) -> Usage:
    return Usage(
        text_input_tokens=sum(usage.text_input_tokens for usage in usages),
        image_input_tokens=sum(usage.image_input_tokens for usage in usages),
        text_output_tokens=sum(usage.text_output_tokens for usage in usages),
        image_output_tokens=sum(usage.image_output_tokens for usage in usages),
    )


def _union(*names: tuple[str, ...] | frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted({name for some in names for name in some}))
