"""What a prompt asks for, as data: the things, how they stand to one another, and all that is said of the whole."""

from __future__ import annotations

from dataclasses import dataclass

from limner.engines.sketch.colour import Colour


@dataclass(frozen=True, slots=True)
class Tie:
    """How a thing stands to another.

    kind: it is "riding", "on", "in", "under", "behind", "before", "beside" or "over" the other, "held" or "worn" by it,
    "printed" on it, its "garnish", or on its "shoulder", "head", "lap" or "hand".
    to: the other's index.
    """

    kind: str
    to: int


@dataclass(frozen=True, slots=True)
class Thing:
    """Something to draw `count` times. name: an icon or a figure. size: 1 is its usual one.

    places: "left", "right", "centre", "top", "bottom", "foreground", "background", "corner". tie: to another thing.
    looks: words of a person's looks, such as "curly" and "dress". material: of `MATERIALS`. act: of
    `ACTS`.
    """

    name: str
    count: int = 1
    colour: Colour | None = None
    size: float = 1.0
    places: frozenset[str] = frozenset()
    tie: Tie | None = None
    looks: frozenset[str] = frozenset()
    material: str | None = None
    act: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a prompt asks for. Every word here is a key of the vocabulary's tables.

    colours: those that belong to no thing. lettering: texts to write, as quoted. alone: the things on a
    transparent ground. layout: a logo, an icon, a poster and the like, instead of a scene. camera: "close", "wide",
    "above". emblem: what stands for the trade or the occasion that is named. surface: what the
    table is made of that all things stand on.
    """

    things: tuple[Thing, ...] = ()
    scenes: tuple[str, ...] = ()
    time: str | None = None
    weather: frozenset[str] = frozenset()
    season: str | None = None
    style: str | None = None
    mood: str | None = None
    colours: tuple[Colour, ...] = ()
    lettering: tuple[str, ...] = ()
    alone: bool = False
    layout: str | None = None
    camera: str | None = None
    shape: str | None = None
    emblem: str | None = None
    surface: str | None = None
