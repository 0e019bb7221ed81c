"""The light of a picture: its hour and weather as colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from limner.engines.sketch.colour import WHITE, Colour


@dataclass(frozen=True, slots=True)
class Light:
    """Colours of an hour.

    sky: four colours from the zenith to the horizon. haze: what distance fades into. sun: the sun, or the moon at
    night. ambient: what falls on things; white is plain day. x: where the light stands, as a share of the width; y: its
    height as a share of the sky. lamps: whether windows and lamps are lit.
    """

    hour: str
    sky: tuple[Colour, Colour, Colour, Colour]
    haze: Colour
    sun: Colour
    ambient: Colour
    x: float = 0.7
    y: float = 0.3
    lamps: bool = False

    @property
    def from_left(self) -> bool:
        """Whether it falls in from the left."""
        return self.x < 0.5  # noqa: PLR2004 - the middle

    def on(self, colour: Colour, distance: float = 0.0) -> Colour:
        """A colour of the land under this light; distance 0 (here) to 1 (lost in the haze)."""
        return colour.times(self.ambient).mix(self.haze, min(1.0, max(0.0, distance)))


def _light(hour: str, sky: str, haze: str, sun: str, ambient: str, *, lamps: bool = False, y: float = 0.3) -> Light:
    zenith, high, low, horizon = (Colour.parse(code) for code in sky.split())
    return Light(
        hour=hour,
        sky=(zenith, high, low, horizon),
        haze=Colour.parse(haze),
        sun=Colour.parse(sun),
        ambient=Colour.parse(ambient),
        lamps=lamps,
        y=y,
    )


HOURS: Final[Mapping[str, Light]] = {
    light.hour: light
    for light in (
        _light("dawn", "#7897cf #b4b5da #f3c9c4 #fee7c7", "#f6d9cf", "#fff4d8", "#f3dfe0", y=0.72),
        _light("day", "#3b8fdc #74b9ef #b3ddf6 #e6f5f7", "#cfe9f5", "#fffbe6", "#ffffff", y=0.24),
        _light("sunset", "#2c2f6b #8b4283 #f0705c #fdc068", "#f2946c", "#fff0b8", "#ffd2b0", y=0.8),
        _light("dusk", "#171c4d #3c3678 #8a5594 #e59592", "#9a6a9c", "#ffe3c4", "#a79cc9", lamps=True, y=0.84),
        _light("night", "#070c26 #0f1d47 #20376a #3d5b8c", "#33507f", "#f6f2dc", "#8797c8", lamps=True, y=0.25),
        _light("storm", "#2d3742 #46535f #6b7983 #a4adb0", "#8b979e", "#d7dcdc", "#a3adb8", lamps=True),
        _light("grey", "#7d8e9d #9dacb8 #bfc9cf #dfe4e4", "#ccd4d8", "#f4f6f4", "#dde2e6"),
        _light("mars", "#8a4a3c #b96a4c #dd9a70 #f2cda0", "#dba27c", "#fff4e2", "#ffdcc4", y=0.35),
        _light("space", "#05060f #0a0d22 #121536 #1c1c48", "#2a2c58", "#fff6de", "#dfe4ff", y=0.2),
    )
}


DAYS: Final = (
    HOURS["day"],
    _light("day", "#5fa8e6 #93c8f2 #c9e4f4 #fdf1da", "#dceaf0", "#fff6d6", "#fffaf0", y=0.3),
    _light("day", "#2f9fc4 #6cc7d8 #b8e6e4 #f2f7e6", "#cfeae6", "#fffbe0", "#fdfffb", y=0.22),
    _light("day", "#7fa9e6 #aecbf2 #dbe0f4 #fbe6dc", "#dfe2f0", "#fff3e0", "#fffbfa", y=0.34),
    _light("day", "#1f6fc9 #4f9be4 #9ccbf2 #dcedf6", "#bcd9ee", "#fffdf0", "#ffffff", y=0.2),
)
"""Days that are alike in nothing but being bright."""


def light_for(time: str | None, weather: frozenset[str], *, x: float, usual: str = "day") -> Light:
    """The light of an hour in a weather. x: where it comes from, as a share of the width."""
    hour = time or usual
    if "storm" in weather and hour == "day":
        hour = "storm"
    elif weather & {"rain", "fog"} and hour == "day":
        hour = "grey"
    elif "aurora" in weather or ("stars" in weather and hour == "day"):
        hour = "night"
    light = replace(HOURS[hour], x=x)
    if weather & {"fog", "snow"}:
        pale = light.sky[3].mix(WHITE, 0.3)
        light = replace(light, haze=light.haze.mix(pale, 0.5))
    return light
