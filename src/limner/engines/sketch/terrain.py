"""The shape of the land: hills, mountains, sheets of water."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, Point
from limner.engines.sketch.motion import Motion, scattered
from limner.engines.sketch.scene import Stage


def waver(dice: Random, wave: float, octaves: int = 4) -> Callable[[float], float]:
    """A smooth random line: x in units -> about -1 to 1, with hills `wave` units wide."""
    waves = [
        (0.5**octave, math.tau * 2**octave / wave * dice.uniform(0.8, 1.25), dice.uniform(0, math.tau))
        for octave in range(octaves)
    ]
    total = sum(share for share, _, _ in waves)

    def height(x: float) -> float:
        return sum(share * math.sin(x * speed + phase) for share, speed, phase in waves) / total

    return height


@dataclass(frozen=True, slots=True)
class Hill:
    """A soft line of hills about `base` (y), `swing` units up and down, one hill about `wave` units wide."""

    base: float
    swing: float
    wave: float
    octaves: int = 4


def ridge(ink: Ink, stage: Stage, part: str, hill: Hill, fill: str) -> Callable[[float], float]:
    """Hills, filled down to the bottom of the picture; returns their height: x -> y."""
    line = waver(stage.dice(part), hill.wave, hill.octaves)

    def height(x: float) -> float:
        return hill.base + line(x) * hill.swing

    step = 14.0
    points = [(-20.0, stage.height + 20)]
    points += [(x * step - 20, height(x * step - 20)) for x in range(int((stage.width + 60) / step) + 1)]
    points.append((stage.width + 40, stage.height + 20))
    ink.polygon(points, fill)
    return height


@dataclass(frozen=True, slots=True)
class Range:
    """`count` peaks up to `height` units above `base` (y). distance: 0 here to 1 lost in the haze."""

    base: float
    height: float
    count: int
    colour: Colour
    distance: float
    snow: bool = True


def mountains(ink: Ink, stage: Stage, part: str, peaks: Range) -> None:
    """A range of mountains, the highest drawn first, and haze about its feet."""
    dice, light = stage.dice(part), stage.light
    white = light.on(_SNOW, peaks.distance * 0.6).mix(light.sun, 0.12)
    faces = _Faces(
        lit=light.on(peaks.colour.lighter(0.09), peaks.distance).mix(light.sun, 0.1),
        shade=light.on(peaks.colour.lighter(-0.06), peaks.distance),
        snow=white if peaks.snow else None,
        sun_left=light.from_left,
    )
    tops = []
    for index in range(peaks.count):
        x = ((index + dice.uniform(0.25, 0.75)) / peaks.count * 1.1 - 0.05) * stage.width
        tops.append((dice.uniform(0.55, 1.0), x))
    for tall, x in sorted(tops, reverse=True):
        height = peaks.height * tall
        bare = faces if tall > _SNOW_FROM else replace(faces, snow=None)
        _peak(ink, dice, _Peak(x, peaks.base, height * dice.uniform(1.7, 2.2), height), bare)
    top = peaks.base - peaks.height * 0.35
    fill = ink.down(top, peaks.base + 30, ((0, light.haze, 0.0), (1, light.haze, 0.55)))
    ink.rect(0, top, stage.width, peaks.height * 0.35 + 60, fill)


_SNOW: Final = Colour(248, 250, 255)
_SNOW_FROM: Final = 0.62
"""Share of a range's height above which a peak is white on top."""
_CAP: Final = 0.38
"""How far down a peak its snow comes."""


@dataclass(frozen=True, slots=True)
class _Peak:
    x: float
    base: float
    width: float
    height: float

    @property
    def apex(self) -> Point:
        return (self.x, self.base - self.height)


@dataclass(frozen=True, slots=True)
class _Faces:
    lit: Colour
    shade: Colour
    snow: Colour | None
    sun_left: bool


def _peak(ink: Ink, dice: Random, peak: _Peak, faces: _Faces) -> None:
    """One mountain: a lit and a shaded face, divided by a spine."""
    left, right = _flank(dice, peak, -1), _flank(dice, peak, 1)
    foot = peak.base + 90
    half = peak.width / 2
    ink.polygon([*reversed(left), peak.apex, *right, (peak.x + half, foot), (peak.x - half, foot)], str(faces.lit))
    lean = 0.05 if faces.sun_left else -0.05
    spine = [
        (peak.x + (dice.uniform(-0.06, 0.06) + lean) * peak.width * (1 - up), peak.base - peak.height * up)
        for up in (0.0, 0.16, 0.32, 0.48, 0.64, 0.8)
    ]
    dark = right if faces.sun_left else left
    edge = peak.x + half if faces.sun_left else peak.x - half
    ink.polygon([peak.apex, *dark, (edge, foot), (spine[0][0], foot), *spine], str(faces.shade))
    if faces.snow is not None:
        _snow_cap(ink, dice, peak, faces, (left, right, spine))


def _flank(dice: Random, peak: _Peak, direction: int) -> list[Point]:
    """The outline from the apex down to one side."""
    points = []
    for step in range(1, 10):
        share = step / 9
        jag = dice.uniform(-0.035, 0.035) * peak.width * (0.4 + share) if step < 9 else 0.0  # noqa: PLR2004 - the foot stays
        points.append((peak.x + direction * peak.width / 2 * share**0.92 + jag, peak.apex[1] + peak.height * share))
    return points


def _snow_cap(
    ink: Ink, dice: Random, peak: _Peak, faces: _Faces, outline: tuple[list[Point], list[Point], list[Point]]
) -> None:
    """Snow over the top of both faces, its lower edge in tongues."""
    assert faces.snow is not None
    lower = peak.apex[1] + peak.height * _CAP
    left, right, spine = ([point for point in side if point[1] < lower] for side in outline)
    start, end = right[-1][0], left[-1][0]
    tongues = [
        (
            start + (end - start) * (tooth + 0.5) / 7,
            lower + peak.height * (0.07 if tooth % 2 else -0.05) * dice.uniform(0.6, 1.3),
        )
        for tooth in range(7)
    ]
    ink.polygon([*reversed(left), peak.apex, *right, *tongues], str(faces.snow))
    dark = right if faces.sun_left else left
    shaded = [point for point in tongues if (point[0] > peak.x) == faces.sun_left]
    if not faces.sun_left:
        shaded.reverse()
    ink.polygon([peak.apex, *dark, *shaded, *spine], str(faces.snow.mix(faces.shade, 0.45)))


def water(ink: Ink, stage: Stage, top: float, bottom: float, near: Colour, far: Colour) -> None:
    """A sheet of water; waves grow towards the viewer and glitter under the light."""
    ink.rect(
        0,
        top,
        stage.width,
        bottom - top + 2,
        ink.down(top, bottom, ((0, far, 1), (0.35, far.mix(near, 0.55), 1), (1, near, 1))),
    )


def glitter(ink: Ink, stage: Stage, top: float, bottom: float, near: Colour, far: Colour) -> None:
    """Wave lines, and the light's path on the water."""
    dice, light = stage.dice("glitter"), stage.light
    deep = bottom - top
    bright = far.mix(WHITE, 0.45)
    for _ in range(stage.more(60 * stage.width / 1000)):
        share = dice.random() ** 1.3
        x, y = dice.uniform(-40, stage.width), top + deep * share
        reach = 20 + 120 * share
        tone = dice.choice((bright, near.lighter(-0.06)))
        with ink.moving(Motion(sway_x=4 + 14 * share, twinkle=0.6, begins=scattered(x, y))):
            ink.ellipse(x, y, reach, 0.8 + 2.8 * share, str(tone), opacity=0.16 + 0.12 * dice.random())
    if light.hour in ("storm", "grey"):
        return
    centre = light.x * stage.width
    for _ in range(stage.more(80)):
        share = dice.random() ** 1.1
        y = top + deep * share
        spread = 26 + 150 * share
        x = centre + dice.gauss(0, 0.45) * spread
        reach, opacity = 9 + 34 * share * dice.random(), dice.uniform(0.35, 0.85)
        with ink.moving(Motion(sway_x=2 + 6 * share, twinkle=0.9, turns=2, begins=scattered(x, y))):
            ink.ellipse(x, y, reach, 0.9 + 2.1 * share, str(light.sun), opacity=opacity)
