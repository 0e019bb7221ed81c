"""The scene graph: everything that will be in a picture, where, how large and in which light, before it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Final, TypeAlias

from limner.engines.sketch.colour import Colour
from limner.engines.sketch.ink import UNITS_SHORT_SIDE, Ink
from limner.engines.sketch.light import Light
from limner.engines.sketch.prompt import Prompt
from limner.job import Size

DETAIL_LOW: Final = 0
DETAIL_MEDIUM: Final = 1
DETAIL_HIGH: Final = 2


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture's extent in units: its shorter side is 1000 of them, whatever its pixels."""

    width: float
    height: float

    @classmethod
    def of(cls, size: Size) -> Canvas:
        """The canvas of a picture of this size."""
        unit = UNITS_SHORT_SIDE / min(size.width_px, size.height_px)
        return cls(size.width_px * unit, size.height_px * unit)


def dice_for(*words: object) -> Random:
    """A source of chance that depends on nothing but these words: the same in every process and on every machine."""
    digest = sha256("\0".join(map(str, words)).encode("utf-8", "replace")).digest()
    return Random(int.from_bytes(digest))  # noqa: S311 - art, not secrets


@dataclass(frozen=True, slots=True)
class Stage:
    """What a scene is built from."""

    canvas: Canvas
    prompt: Prompt
    light: Light
    detail: int
    key: str

    @property
    def width(self) -> float:
        """Units from left to right."""
        return self.canvas.width

    @property
    def height(self) -> float:
        """Units from top to bottom."""
        return self.canvas.height

    def dice(self, part: str) -> Random:
        """Chance for one part of the picture; other parts do not change it."""
        return dice_for(self.key, part)

    def more(self, count: float) -> int:
        """A number of ornaments, fewer or more with the detail asked for."""
        return max(1, round(count * (0.3, 1.0, 2.0)[self.detail]))


@dataclass(frozen=True, slots=True)
class Band:
    """Where things may stand: baselines (y) from far to near, and how large a thing of size 1 is there (units)."""

    far_y: float
    near_y: float
    far_scale: float
    near_scale: float

    def scale(self, y: float) -> float:
        """Size of things whose feet are at `y`."""
        if self.near_y == self.far_y:
            return self.near_scale
        share = min(1.0, max(0.0, (y - self.far_y) / (self.near_y - self.far_y)))
        return self.far_scale + (self.near_scale - self.far_scale) * share


@dataclass(frozen=True, slots=True)
class Perch:
    """A place made for a building: the top of a cliff, a hill. height: of the building, in units."""

    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Mirror:
    """Water that shows what is above it: from `top` (y) down to `bottom`; strength 0 to 1."""

    top: float
    bottom: float
    strength: float = 0.55


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the picture: left, top, width and height in units."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A scene's drawing and where things go in it.

    sky, land, near: layers from back to front; things stand between land and near. shore: ground in front of a
    mirror. ground: for what stands or lies; air: top and bottom (y) for what flies; water: for what floats or swims, or
    None; submerged: all of the picture is under it. alike: things are shown at nearly the same size (a table, a plain
    ground). shadow: how dark shadows on the ground are, 0 to 1. floating: things hang in the air or drift rather than
    stand. walled: furniture belongs at the far edge of the ground. frame: where all things go, as large as they fit
    side by side, instead of standing anywhere. laid: things lie there, seen from above. outlined: they have a white
    edge, as stickers do. span, water_span: from where to where, in shares of the width, things stand and swim.
    crossing: where a bridge goes over the water. distant: the perches are far away, for what is in the background.
    """

    sky: Ink
    land: Ink
    near: Ink
    shore: Ink | None = None
    ground: Band
    air: tuple[float, float]
    water: Band | None = None
    submerged: bool = False
    mirror: Mirror | None = None
    perches: tuple[Perch, ...] = ()
    alike: bool = False
    shadow: float = 0.3
    floating: bool = False
    walled: bool = False
    frame: Box | None = None
    laid: bool = False
    outlined: bool = False
    span: tuple[float, float] = (0.0, 1.0)
    water_span: tuple[float, float] = (0.0, 1.0)
    crossing: Perch | None = None
    distant: bool = False


BuildSetting: TypeAlias = Callable[[Stage], Setting]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One thing in its place. x: its middle; y: its feet (or its lowest point in the air); height: of its ink; units.

    name: with its look, as "tree~winter". contact: "ground" throws a shadow, "water" has a reflection, "air" neither.
    afloat: carried by something on the water. material: what it is made of, of `materials.MATERIALS`.
    lift: how far above its ground it is, as what jumps.
    """

    name: str
    colour: Colour | None
    x: float
    y: float
    width: float
    height: float
    flip: bool = False
    contact: str = "ground"
    tilt_deg: float = 0.0
    afloat: bool = False
    material: str | None = None
    lift: float = 0.0

    @property
    def left(self) -> float:
        """X of its left edge."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """X of its right edge."""
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        """Y of its upper edge."""
        return self.y - self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Lettering:
    """Text in a box (units), written as large as fits. kind: "plain", "poster", "caption" or "neon"."""

    text: str
    x: float
    y: float
    width: float
    height: float
    face: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A composed picture. setting is None when the things stand alone on nothing."""

    stage: Stage
    name: str
    setting: Setting | None
    placed: tuple[Placed, ...]
    lettering: tuple[Lettering, ...] = ()
    style: str | None = None
