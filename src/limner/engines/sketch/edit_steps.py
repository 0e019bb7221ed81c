"""The steps an edit is made of. Plain values: no sentences, no pixels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from limner.engines.sketch.colour import Colour
from limner.engines.sketch.edit_words import Region, Style, Tone, Weather


@dataclass(frozen=True, slots=True)
class Place:
    """Where something goes: its middle, and its side, as shares of the picture."""

    x: float
    y: float
    side: float


@dataclass(frozen=True, slots=True)
class Adjust:
    """Change the tone. strength: 1 is what the bare word means."""

    tone: Tone
    strength: float = 1.0
    region: Region = Region.WHOLE


@dataclass(frozen=True, slots=True)
class Recolour:
    """Give a colour. source: only what has this colour already, or None for all of the region."""

    to: Colour
    source: Colour | None = None
    region: Region = Region.WHOLE


@dataclass(frozen=True, slots=True)
class Turn:
    """Rotate clockwise by `degrees`."""

    degrees: float


@dataclass(frozen=True, slots=True)
class Flip:
    """Mirror: left and right change places, or top and bottom when `vertical`."""

    vertical: bool = False


@dataclass(frozen=True, slots=True)
class Crop:
    """Keep the part between these shares of width and height."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class CropTo:
    """Keep a part of the picture that must be found in it."""

    region: Region


@dataclass(frozen=True, slots=True)
class Remove:
    """Take something out and close the gap. source: what has this colour, or None for the region."""

    region: Region = Region.SUBJECT
    source: Colour | None = None


@dataclass(frozen=True, slots=True)
class Restyle:
    """Redo in a manner."""

    style: Style


@dataclass(frozen=True, slots=True)
class ChangeWeather:
    """Put in another light or weather."""

    weather: Weather


class Near(Enum):
    """Where something goes beside the picture's subject."""

    BESIDE = "beside"
    ON_TOP = "on top"
    ON = "on"


@dataclass(frozen=True, slots=True)
class Add:
    """Paint an object in. place: where, or by the subject, or None for wherever it suits."""

    subject: str
    place: Place | Near | None


@dataclass(frozen=True, slots=True)
class Swap:
    """Paint an object in the place of the picture's subject."""

    subject: str


@dataclass(frozen=True, slots=True)
class Rearrange:
    """Show the picture's own subject elsewhere or larger. x, y: its middle as shares, or None: where it is.

    again: leave it where it was, too.
    """

    scale: float = 1.0
    x: float | None = None
    y: float | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Border:
    """Lay a plain border over the picture's edges."""

    colour: Colour


@dataclass(frozen=True, slots=True)
class CutOut:
    """Take the background away."""


@dataclass(frozen=True, slots=True)
class Backdrop:
    """Put another scene, or a plain colour, behind the subject, or in the sky's place alone."""

    scene: str | Colour
    region: Region = Region.BACKGROUND


@dataclass(frozen=True, slots=True)
class Write:
    """Letter a text. colour None: whichever can be read."""

    text: str
    place: Place | None
    colour: Colour | None


Step: TypeAlias = (
    Adjust
    | Recolour
    | Turn
    | Flip
    | Crop
    | CropTo
    | Remove
    | Restyle
    | ChangeWeather
    | Add
    | Swap
    | Rearrange
    | Border
    | CutOut
    | Backdrop
    | Write
)
