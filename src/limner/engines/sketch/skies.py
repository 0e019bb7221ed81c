"""Skies and what is in them: sun, moon, stars, clouds, rainbows, and what falls from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, Point, path, straight
from limner.engines.sketch.light import Light
from limner.engines.sketch.motion import Motion, scattered
from limner.engines.sketch.scene import Stage
from limner.engines.sketch.terrain import waver


def sky(ink: Ink, stage: Stage, horizon: float) -> None:
    """The sky down to the horizon, with what shines in it and the clouds."""
    light = stage.light
    zenith, high, low, rim = light.sky
    tint = stage.prompt.colours[0] if stage.prompt.colours and "sky" in stage.prompt.scenes else None
    if tint:
        zenith, high, low = zenith.mix(tint, 0.6), high.mix(tint, 0.5), low.mix(tint, 0.3)
    stops = ((0.0, zenith, 1.0), (0.42, high, 1.0), (0.76, low, 1.0), (1.0, rim, 1.0))
    ink.rect(0, 0, stage.width, stage.height, ink.down(0, horizon, stops))
    night = light.hour in ("night", "dusk", "space")
    weather = stage.prompt.weather
    veiled = bool(weather & {"rain", "storm", "fog", "clouds"}) or light.hour in ("storm", "grey")
    if night:
        stars(ink, stage, horizon, 150 if light.hour == "night" else 50)
    if "aurora" in weather:
        aurora(ink, stage, horizon)
    if not veiled:
        luminary(ink, stage, horizon)
    elif "storm" not in weather:
        x, y = light.x * stage.width, light.y * horizon
        ink.circle(x, y, 330, ink.around(x, y, 330, ((0, light.sun, 0.5), (1, light.sun, 0))))
    if "rainbow" in weather:
        rainbow(ink, stage, horizon)
    cloud_cover(ink, stage, horizon, veiled=veiled)
    if "storm" in weather:
        lightning(ink, stage, horizon)


def luminary(ink: Ink, stage: Stage, horizon: float) -> None:
    """The sun, or the moon at night, with its glow."""
    light = stage.light
    x, y = light.x * stage.width, light.y * horizon
    if light.hour == "night":
        radius = 46.0
        ink.circle(x, y, 300, ink.around(x, y, 300, ((0, light.sun, 0.34), (0.3, light.sun, 0.12), (1, light.sun, 0))))
        ink.circle(
            x,
            y,
            radius,
            ink.around(x - 12, y - 12, radius * 1.3, ((0, WHITE, 1), (1, light.sun.mix(light.sky[1], 0.2), 1))),
        )
        shade = light.sun.mix(light.sky[2], 0.28)
        for dx, dy, size in ((-14, -9, 9), (12, 9, 12), (6, -20, 6), (-9, 20, 6.5), (26, -8, 5)):
            ink.circle(x + dx, y + dy, size, str(shade), opacity=0.5)
        return
    low = light.hour in ("sunset", "dawn", "dusk", "mars")
    radius = 66.0 if low else 52.0
    reach = 620.0 if low else 420.0
    warm = light.sun.mix(light.sky[3], 0.25)
    ink.circle(
        x, y, reach, ink.around(x, y, reach, ((0, light.sun, 0.8), (0.16, warm, 0.42), (0.5, warm, 0.13), (1, warm, 0)))
    )
    if light.hour != "dusk":
        ink.circle(x, y, radius * 1.5, str(light.sun), opacity=0.25)
        ink.circle(x, y, radius, str(light.sun.mix(WHITE, 0.45)))


def stars(ink: Ink, stage: Stage, bottom: float, count: float) -> None:
    """Stars, denser towards the top, a few of them bright."""
    dice = stage.dice("stars")
    tones = (WHITE, Colour(205, 222, 255), Colour(255, 238, 208))
    for _ in range(stage.more(count * stage.width / 1000)):
        x, y = dice.uniform(0, stage.width), bottom * dice.random() ** 1.3 * 0.96
        size = 0.7 + 1.6 * dice.random() ** 4
        tone, opacity = str(dice.choice(tones)), dice.uniform(0.35, 0.95) * (1 - 0.6 * y / bottom)
        with ink.moving(Motion(twinkle=0.85, begins=scattered(x, y))):
            ink.circle(x, y, size, tone, opacity=opacity)
    for _ in range(stage.more(7)):
        x, y, reach = dice.uniform(0, stage.width), dice.uniform(0, bottom * 0.7), dice.uniform(6, 12)
        sparkle(ink, x, y, reach, dice.choice(tones))


def sparkle(ink: Ink, x: float, y: float, reach: float, colour: Colour) -> None:
    """A star with four rays."""
    thin = reach * 0.13
    points = [
        (x, y - reach),
        (x + thin, y - thin),
        (x + reach, y),
        (x + thin, y + thin),
        (x, y + reach),
        (x - thin, y + thin),
        (x - reach, y),
        (x - thin, y - thin),
    ]
    with ink.moving(Motion(twinkle=0.9, begins=scattered(x, y))):
        ink.circle(x, y, reach * 1.1, ink.around(x, y, reach * 1.1, ((0, colour, 0.4), (1, colour, 0))))
        ink.polygon(points, str(colour))


def cloud_cover(ink: Ink, stage: Stage, horizon: float, *, veiled: bool) -> None:
    """A few fair clouds, or a covered sky."""
    dice, light = stage.dice("clouds"), stage.light
    if light.hour in _CLOUDLESS or (light.hour == "night" and not veiled):
        return
    top, bottom = _cloud_tones(light)
    wide = max(1.0, stage.width / 1000)
    if veiled:
        _overcast(ink, stage, horizon, top, bottom)
        return
    count = round(dice.randint(2, 4) * wide)
    for index in range(count):
        x = (index + dice.uniform(0.2, 0.8)) / count * stage.width
        share = dice.uniform(0.2, 0.6)
        width = dice.uniform(230, 350) * (1.2 - share)
        cloud(ink, dice, Vapour(x, horizon * share, width, top, bottom), opacity=0.94)
    # Thin banks above the horizon give the sky depth.
    for _ in range(round(3 * wide)):
        x, y = dice.uniform(0, stage.width), horizon * dice.uniform(0.7, 0.9)
        ink.ellipse(x, y, dice.uniform(140, 320), dice.uniform(4, 9), str(top), opacity=0.3)


_CLOUDLESS = frozenset(("space", "mars"))


def _cloud_tones(light: Light) -> tuple[Colour, Colour]:
    """The lit top of a cloud and its shaded base."""
    if light.hour == "storm":
        return light.sky[2], light.sky[0]
    if light.hour == "sunset":
        return Colour.parse("#ffcf9a"), light.sky[1].mix(light.sky[2], 0.55)
    if light.hour in ("night", "dusk"):
        return light.sky[3].mix(light.sky[2], 0.4), light.sky[1]
    return light.sky[3].mix(WHITE, 0.8), light.sky[2].mix(light.sky[1], 0.3)


def _overcast(ink: Ink, stage: Stage, horizon: float, top: Colour, bottom: Colour) -> None:
    """Banks of cloud from the top down, each a soft-edged sheet, darker towards us."""
    for row in range(4):
        dice = stage.dice(f"overcast {row}")
        base = horizon * (0.58 - 0.15 * row)
        line = waver(dice, 420, 4)
        bumps = waver(dice, 130, 3)
        xs = [x * 12.0 - 20 for x in range(int(stage.width / 12) + 5)]
        edge = [(x, base + line(x) * 34 + abs(bumps(x)) * 30) for x in xs]
        tone = top.mix(bottom, 0.25 * row)
        fill = ink.down(
            base - horizon * 0.3, base + 50, ((0, tone.mix(bottom, 0.5), 1), (0.7, tone, 1), (1, tone.mix(top, 0.5), 1))
        )
        ink.polygon([(-20.0, -20.0), *edge, (stage.width + 40, -20.0)], fill, opacity=0.82)


@dataclass(frozen=True, slots=True)
class Vapour:
    """A cloud of a width, its flat base in the middle at (x, y); lit above, shaded below."""

    x: float
    y: float
    width: float
    top: Colour
    bottom: Colour


def cloud(ink: Ink, dice: Random, vapour: Vapour, *, opacity: float) -> None:
    """Heaps of vapour on a flat base."""
    x, y, width, top, bottom = vapour.x, vapour.y, vapour.width, vapour.top, vapour.bottom
    height = width * 0.4
    fill = ink.down(
        y - height, y + height * 0.06, ((0, top, 1), (0.5, top.mix(bottom, 0.18), 1), (1, top.mix(bottom, 0.72), 1))
    )
    # One path, so that a translucent cloud does not show where its heaps overlap.
    count = dice.randint(5, 7)
    heaps = []
    for index in range(count):
        share = (index + 0.5) / count
        reach = height * (0.2 + 0.34 * math.sin(share * math.pi)) * dice.uniform(0.85, 1.18)
        heaps.append((x + (share - 0.5) * width * 0.84, y - reach * 0.62, reach))
    base = height * 0.2
    outline = [_round(cx, cy, r, r) for cx, cy, r in heaps]
    outline += [_round(x + side * width, y - base * 0.75, width * 0.17, base) for side in (-0.34, 0.34)]
    outline.append(_round(x, y - base * 0.7, width * 0.36, base * 1.05))
    glow = ink.down(y - height, y - height * 0.2, ((0, top.mix(WHITE, 0.5), 0.7), (1, top.mix(WHITE, 0.5), 0)))
    with ink.moving(Motion(sway_x=9, begins=scattered(x, y))):
        ink.shape("".join(outline), fill, opacity=opacity)
        ink.shape("".join(_round(cx - r * 0.1, cy - r * 0.12, r * 0.78, r * 0.78) for cx, cy, r in heaps[1:-1]), glow)


def _round(x: float, y: float, radius_x: float, radius_y: float) -> str:
    """An ellipse as a path, to be joined with others."""
    half = ("a", radius_x, radius_y, 0, 1, 1)
    return path("M", x - radius_x, y, *half, 2 * radius_x, 0, *half, -2 * radius_x, 0, "Z")


def rainbow(ink: Ink, stage: Stage, horizon: float) -> None:
    """A rainbow from ground to ground."""
    centre, radius = stage.width * 0.5, min(stage.width * 0.47, horizon * 0.98)
    bands = ("#e8453c", "#f58a2e", "#f9d33c", "#56b45a", "#3f8fdc", "#5a55b8", "#9a55b0")
    width = radius * 0.03
    for index, code in enumerate(bands):
        r = radius - index * width
        ink.line(
            path(
                "M", centre - r, horizon + 60, "V", horizon, "A", r, r, 0, 0, 1, centre + r, horizon, "V", horizon + 60
            ),
            code,
            width * 1.06,
            opacity=0.62,
        )


def aurora(ink: Ink, stage: Stage, horizon: float) -> None:
    """Curtains of green and violet light."""
    dice = stage.dice("aurora")
    for index, code in enumerate(("#4dffb0", "#58e0d0", "#a07cff")):
        line = waver(dice, stage.width * 0.8, 3)
        colour = Colour.parse(code)
        base, reach = horizon * (0.62 - 0.12 * index), horizon * 0.42
        step = stage.width / 70
        for column in range(71):
            x = column * step
            y = base + line(x) * horizon * 0.13
            tall = reach * (0.7 + 0.3 * line(x * 3 + 400))
            fill = ink.down(y - tall, y, ((0, colour, 0), (0.75, colour, 0.13), (1, colour, 0)))
            with ink.moving(Motion(twinkle=0.75, begins=2 * column / 71 + index / 3)):
                ink.rect(x - step * 1.5, y - tall, step * 3, tall, fill)


def lightning(ink: Ink, stage: Stage, horizon: float) -> None:
    """One forked bolt."""
    dice = stage.dice("lightning")
    x, y = stage.width * dice.uniform(0.2, 0.8), horizon * 0.24
    points: list[Point] = [(x, y)]
    while y < horizon:
        x, y = x + dice.uniform(-34, 34), y + dice.uniform(22, 52)
        points.append((x, min(y, horizon)))
    for width, opacity in ((22, 0.12), (9, 0.3), (3.4, 1.0)):
        ink.line(straight(points), "#fdf6d8", width, opacity=opacity)
    fork = points[len(points) // 2]
    branch = [fork, (fork[0] + 40, fork[1] + 44), (fork[0] + 62, fork[1] + 96)]
    ink.line(straight(branch), "#fdf6d8", 2.4, opacity=0.9)


def falling(ink: Ink, stage: Stage) -> None:
    """Rain or snow in front of everything, and fog."""
    dice, weather, light = stage.dice("falling"), stage.prompt.weather, stage.light
    area = stage.width * stage.height / 1e6
    if weather & {"rain", "storm"}:
        tone = light.sky[3].mix(WHITE, 0.5)
        for _ in range(stage.more(150 * area)):
            x, y, reach = dice.uniform(-50, stage.width), dice.uniform(-40, stage.height), dice.uniform(18, 52)
            width, opacity = dice.uniform(0.8, 1.9), dice.uniform(0.16, 0.46)
            with ink.moving(Motion(pass_x=-52, pass_y=260, turns=3, begins=scattered(x, y))):
                ink.line(f"M{x:.1f} {y:.1f}l{-reach * 0.2:.1f} {reach:.1f}", str(tone), width, opacity=opacity)
    if "snow" in weather:
        for _ in range(stage.more(170 * area)):
            x, y = dice.uniform(0, stage.width), dice.uniform(0, stage.height)
            size = 1.2 + 5.2 * dice.random() ** 3
            opacity = dice.uniform(0.45, 0.95)
            # What is large is near, and falls past it faster.
            with ink.moving(Motion(pass_x=-8, pass_y=60 + 22 * size, begins=scattered(x, y))):
                ink.circle(x, y, size, "#ffffff", opacity=opacity)
    if "fog" in weather:
        pale = light.haze.mix(WHITE, 0.4)
        ink.rect(
            0,
            0,
            stage.width,
            stage.height,
            ink.down(0, stage.height, ((0, pale, 0.05), (0.6, pale, 0.2), (1, pale, 0.04))),
        )
        for _ in range(6):
            x, y = dice.uniform(0, stage.width), stage.height * dice.uniform(0.4, 0.8)
            with ink.moving(Motion(sway_x=34, begins=scattered(x, y))):
                ink.patch(
                    x,
                    y,
                    dice.uniform(380, 700),
                    ((0, pale, 0.26), (0.5, pale, 0.12), (1, pale, 0)),
                    flat=dice.uniform(0.1, 0.2),
                )
