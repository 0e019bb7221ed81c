"""The contract of an engine: what it can do, as data, and how it makes pictures, as a stream of events.

An engine sees an `ImageRequest` the exactness layer has already fitted to its `Ability`, and nothing of HTTP, keys,
money or storage. A plain answer and a streamed one are two folds of the same events.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from limner.blobs import Blob
from limner.job import Format, ImageRequest, Kind, Quality, Report, Size, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """What an engine does by itself. The exactness layer emulates or tells the rest.

    sizes: None means every size the contract admits. n_max: pictures per call. formats: encodings it answers in.
    compression: whether `output_compression` reaches its encoder. qualities: those that change its work. transparent:
    whether it can paint on nothing. mask: whether it repaints only where the mask says. mask_kept: whether a mask that
    it takes also keeps the rest as it was; where not, Limner sees to that. images_max: input pictures it looks at
    (0: none). partial_images: whether it shows unfinished pictures. parameters: wire names of any further
    parameters it understands, such as `seed` or `input_fidelity`. edits_as_low: whether `moderation`, if that is one of
    them, can be `low` for an edit, too.
    """

    kinds: frozenset[Kind]
    sizes: frozenset[Size] | None
    n_max: int
    formats: frozenset[Format]
    compression: bool
    qualities: frozenset[Quality]
    transparent: bool
    mask: bool
    images_max: int
    partial_images: bool
    mask_kept: bool = True
    parameters: frozenset[str] = frozenset()
    edits_as_low: bool = True

    @property
    def moderates(self) -> bool:
        """Whether it judges requests itself, as strictly as they say."""
        return "moderation" in self.parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One finished picture. transparent: whether its alpha channel says anything; size: its true size."""

    blob: Blob
    size: Size
    transparent: bool
    revised_prompt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """An unfinished picture, in the requested format. Index counts from 0 and rises by 1.

    size, quality (never AUTO) and transparent are those of the picture it will become. told: as in `Finished`, as
    far as it is known already.
    """

    index: int
    blob: Blob
    size: Size
    quality: Quality
    transparent: bool
    told: Report = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The last event of a run. `pictures` has as many elements as were asked for.

    quality: the one used, never AUTO. usage: the upstream's own numbers, or None for the published formula.
    cost_nusd: what the upstream charges the operator for this call, or None when it did not say.
    ignored: wire names of parameters the engine found it could not honour for this very request. emulated: those that
    were brought about by other means than the engine's own. told: what an engine that keeps a report of its own says of
    parameters, by the report's keys; only what it says of those the caller sent counts, and only for the worse.
    """

    pictures: tuple[Picture, ...]
    quality: Quality
    usage: Usage | None = None
    cost_nusd: int | None = None
    ignored: tuple[str, ...] = ()
    emulated: tuple[str, ...] = ()
    told: Report = field(default_factory=dict)


Event: TypeAlias = Partial | Finished


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether an engine can be reached, in one sentence for the operator. Never costs money.

    key_accepted: whether the key it was asked with is taken; None without one, and where that does not show. models:
    names of those its server lists; None where there is no list.
    """

    reachable: bool
    detail: str
    key_accepted: bool | None = None
    models: tuple[str, ...] | None = None


class Engine(Protocol):
    """Makes images. Any number of `run`s may be under way at once; the gateway bounds them by `concurrency`."""

    @property
    def ability(self) -> Ability:
        """What this engine does by itself."""
        ...

    @property
    def concurrency(self) -> int:
        """How many runs may be under way at once; further jobs wait in the gateway's queue."""
        ...

    def run(self, request: ImageRequest) -> AsyncGenerator[Event, None]:
        """Draw: any number of `Partial`, then exactly one `Finished`.

        Closing it early stops the work. Raises EngineFailed, EngineUnavailable or ModerationBlocked, and
        InvalidImageRequest for an input it cannot use; nothing else leaves an engine. EngineUnavailable says that
        nothing has run and the same call may be made again; whatever may have cost something is EngineFailed.
        """
        ...

    async def probe(self) -> Probe:
        """Tell whether the engine can be reached, at no cost. Called at the start, so it may also warm up."""
        ...

    async def close(self) -> None:
        """Give back what the engine holds. No run is under way."""
        ...
