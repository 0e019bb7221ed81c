"""Scripted: an engine that does as it is told, for tests and for operators' own failure drills.

It answers a real picture, after the delay and with the failure its settings name, and draws nothing. It claims little
(one size, PNG, no masks), so that everything else a caller asks for passes through the exactness layer.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from limner.blobs import Blob
from limner.clock import Clock
from limner.engine import Ability, Event, Finished, Partial, Picture, Probe
from limner.errors import EngineFailed, EngineUnavailable, ModerationBlocked
from limner.imaging.codec import encode, inspect
from limner.job import COMPRESSION_DEFAULT, Format, ImageRequest, Kind, Quality, Size

PARTIAL_IMAGES_MAX: Final = 3
IMAGES_MAX: Final = 16
SIZE: Final = Size(1024, 1024)
_MARGIN_PX: Final = 64
"""A plain white border, so that the gradient has a background that can be cut away."""
_PADDING_CHUNK: Final = b"liMn"
"""A private, ancillary, safe-to-copy PNG chunk: readers skip it (PNG specification, section 5.4)."""
_PNG_END_BYTES: Final = 12
_CHUNK_FRAME_BYTES: Final = 12


class Failure(StrEnum):
    """What goes wrong, and when."""

    UNAVAILABLE = "unavailable"
    """Before any work: the engine cannot be reached."""
    ERROR = "error"
    """After the delay: the engine ran and failed."""
    MIDWAY = "midway"
    """After the partial pictures, instead of the finished one."""
    MODERATION = "moderation"
    """After the delay: refused by the safety system."""
    FEWER = "fewer"
    """One picture less than asked for."""
    NOTHING = "nothing"
    """The stream of events just ends."""


class ScriptedSettings(BaseModel):
    """Settings of one scripted engine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    concurrency: int = Field(default=10_000, ge=1, description="Runs under way at once; more wait in the queue.")
    delay_s: float = Field(default=0.0, ge=0, le=3600, description="Seconds until the finished picture.")
    partial_images: int = Field(
        default=PARTIAL_IMAGES_MAX,
        ge=0,
        le=PARTIAL_IMAGES_MAX,
        description="Most unfinished pictures it shows, evenly spread over the delay.",
    )
    mask: bool = Field(default=False, description="Claim to know masks, so that nothing is laid over its picture.")
    fail: Failure | None = Field(default=None, description="What goes wrong; nothing when absent.")
    fail_first: int | None = Field(
        default=None, ge=0, description="Fail only the first so many runs, then work; all of them when absent."
    )
    picture: Path | None = Field(
        default=None, description="PNG file of 1024x1024 to answer; a built-in gradient when absent."
    )
    picture_bytes: int = Field(
        default=0, ge=0, le=64_000_000, description="Pad the picture to this many bytes, for load tests."
    )


class ScriptedEngine:
    """Plays its settings' script on every run."""

    def __init__(self, settings: ScriptedSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._blob = _padded(_picture(settings.picture), settings.picture_bytes)
        self._runs = count()
        self.concurrency = settings.concurrency
        self.ability = Ability(
            kinds=frozenset(Kind),
            sizes=frozenset({SIZE}),
            n_max=10,
            formats=frozenset({Format.PNG}),
            compression=False,
            qualities=frozenset({Quality.LOW, Quality.MEDIUM, Quality.HIGH}),
            transparent=False,
            mask=settings.mask,
            images_max=IMAGES_MAX,
            partial_images=settings.partial_images > 0,
        )

    async def run(self, request: ImageRequest) -> AsyncGenerator[Event, None]:
        """Wait, show partial pictures, fail or finish: whatever the script says."""
        failure = self._failure_of_this_run()
        if failure is Failure.UNAVAILABLE:
            raise EngineUnavailable("The scripted engine is unavailable, as its settings say.")
        shown = min(request.partial_images, self._settings.partial_images) if request.stream else 0
        quality = Quality.MEDIUM if request.quality is Quality.AUTO else request.quality
        step_s = self._settings.delay_s / (shown + 1)
        for index in range(shown):
            await self._wait(step_s)
            yield Partial(index=index, blob=self._blob, size=SIZE, quality=quality, transparent=False)
        await self._wait(step_s)
        match failure:
            case Failure.ERROR | Failure.MIDWAY:
                raise EngineFailed("Image generation failed")
            case Failure.MODERATION:
                raise ModerationBlocked(
                    "Your request was rejected by the safety system.", stage="input", categories=("violence",)
                )
            case Failure.NOTHING:
                return
            case _:
                pictures = request.n - 1 if failure is Failure.FEWER else request.n
        picture = Picture(blob=self._blob, size=SIZE, transparent=False)
        yield Finished(pictures=(picture,) * pictures, quality=quality, cost_nusd=0)

    async def probe(self) -> Probe:
        """Reachable, unless the script says otherwise."""
        reachable = self._settings.fail is not Failure.UNAVAILABLE
        return Probe(reachable, "scripted" if reachable else "unavailable, as its settings say")

    async def close(self) -> None:
        """Nothing is held."""

    def _failure_of_this_run(self) -> Failure | None:
        run = next(self._runs)
        over = self._settings.fail_first is not None and run >= self._settings.fail_first
        return None if over else self._settings.fail

    async def _wait(self, duration_s: float) -> None:
        if duration_s > 0:
            await self._clock.sleep(duration_s)


def _picture(path: Path | None) -> Blob:
    """The PNG to answer. Raises ValueError when the file at `path` is no PNG of 1024x1024."""
    if path is None:
        y, x = np.mgrid[0 : SIZE.height_px, 0 : SIZE.width_px]
        pixels = np.stack((x // 4, y // 4, (x + y) // 8, np.full_like(x, 255)), axis=-1).astype(np.uint8)
        inner = pixels[_MARGIN_PX:-_MARGIN_PX, _MARGIN_PX:-_MARGIN_PX].copy()
        pixels[:] = 255
        pixels[_MARGIN_PX:-_MARGIN_PX, _MARGIN_PX:-_MARGIN_PX] = inner
        return encode(pixels, Format.PNG, COMPRESSION_DEFAULT, opaque=True)
    blob = Blob.from_bytes(path.read_bytes(), Format.PNG.media_type)
    facts = inspect(blob)
    if (facts.format, facts.size) != (Format.PNG, SIZE):
        raise ValueError(f"the picture of a scripted engine is a PNG of {SIZE}, not {facts.format} of {facts.size}")
    return blob


def _padded(blob: Blob, size_bytes: int) -> Blob:
    """`blob`, a PNG, with a chunk of padding before its end so that it has `size_bytes`; unchanged when it has more."""
    padding_bytes = size_bytes - blob.size_bytes - _CHUNK_FRAME_BYTES
    if padding_bytes <= 0:
        return blob
    png = blob.read()
    content = _PADDING_CHUNK + bytes(padding_bytes)
    chunk = padding_bytes.to_bytes(4) + content + zlib.crc32(content).to_bytes(4)
    return Blob.from_bytes(png[:-_PNG_END_BYTES] + chunk + png[-_PNG_END_BYTES:], Format.PNG.media_type)
