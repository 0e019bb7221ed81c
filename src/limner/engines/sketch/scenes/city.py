"""A city: two rows of houses behind a street; lit windows, signs and a wet road at night."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from limner.engines.sketch import skies
from limner.engines.sketch.colour import BLACK, WHITE, Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.light import Light
from limner.engines.sketch.scene import Band, Mirror, Setting, Stage

_DAY = ("#c8775d", "#d9a066", "#8fa3b5", "#b5b0a4", "#6f8ba3", "#c9b79a", "#a3746a")
_NIGHT = ("#1d2244", "#24244f", "#1a2b4a", "#2b2350", "#202a52")
_NEON = ("#ff3d9a", "#22e1ff", "#9b5cff", "#ffd23f", "#3dffb0", "#ff6a3d")


def build(stage: Stage) -> Setting:
    """Skyline far away, house fronts near, a street to stand on."""
    dice, light = stage.dice("city"), stage.light
    street = stage.height * dice.uniform(0.74, 0.78)
    sky, land, near = Ink(), Ink(), Ink()
    skies.sky(sky, stage, street * 0.95)
    neon = light.lamps and stage.prompt.mood == "neon"
    if neon:
        glow = Colour.parse("#c02a8f")
        sky.rect(0, 0, stage.width, street, sky.down(street * 0.25, street, ((0, glow, 0), (1, glow, 0.9))))
    _skyline(land, stage, street, 0.62, 0.72, "far")
    _skyline(land, stage, street, 0.34, 0.55, "middle")
    _fronts(land, stage, street, neon=neon)
    wet = bool(stage.prompt.weather & {"rain", "storm"})
    _street(land, near, stage, street, wet=wet)
    skies.falling(near, stage)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(street + 50, stage.height * 0.95, 0.62, 0.86),
        air=(stage.height * 0.05, street * 0.5),
        mirror=Mirror(street + 34, stage.height, 0.62 if wet else 0.34) if wet or light.lamps else None,
    )


def _skyline(land: Ink, stage: Stage, street: float, distance: float, tall: float, part: str) -> None:
    dice, light = stage.dice(f"skyline {part}"), stage.light
    x = -30.0
    while x < stage.width:
        width = dice.uniform(46, 110)
        height = street * tall * dice.uniform(0.5, 1.0)
        base = Colour.parse("#1b2450" if light.lamps else "#7c93ab")
        tone = base.mix(light.haze, distance * (0.6 if light.lamps else 1.0)).lighter(dice.uniform(-0.02, 0.02))
        top = street - height
        land.rect(x, top, width + 1, height, str(tone))
        land.rect(x, top, width * 0.3, height, str(tone.lighter(0.03)))
        kind = dice.random()
        if kind < 0.25:  # noqa: PLR2004 - a quarter have masts
            land.rect(x + width * 0.47, top - 46, 3, 46, str(tone))
            if light.lamps:
                land.circle(x + width * 0.47 + 1.5, top - 46, 3, "#ff5a5a")
        elif kind < 0.5:  # noqa: PLR2004 - a quarter have stepped roofs
            land.rect(x + width * 0.2, top - 22, width * 0.6, 23, str(tone))
        elif kind < 0.65:  # noqa: PLR2004 - some slant
            land.polygon([(x, top + 1), (x + width, top - 36), (x + width, top + 1)], str(tone))
        _windows(land, dice, light, _Front(x, top, width, height, 7.0, distance))
        x += width + dice.uniform(-6, 14)


@dataclass(frozen=True, slots=True)
class _Front:
    """A wall with windows: its box, the width of a pane, all units; distance 0 to 1."""

    x: float
    top: float
    width: float
    height: float
    pane: float
    distance: float


def _windows(land: Ink, dice: Random, light: Light, front: _Front) -> None:
    x, top, pane, distance = front.x, front.top, front.pane, front.distance
    gap = pane * 2.1
    columns, rows = int((front.width - pane) / gap), min(40, int((front.height - pane * 2) / (gap * 1.25)))
    lit = tuple(Colour.parse(code) for code in ("#ffd98a", "#ffc46b", "#fff0c9", "#9fd8ff"))
    dark = light.on(Colour.parse("#3f5a78"), distance * 0.8)
    # One path per tone: thousands of separate rectangles would take most of the drawing time.
    paths: dict[str, list[str]] = {}
    for row in range(rows):
        for column in range(columns):
            if light.lamps:
                if dice.random() > 0.42:  # noqa: PLR2004 - not everybody is at home
                    continue
                tone = str(dice.choice(lit).mix(light.haze, distance * 0.5))
            else:
                if dice.random() > 0.8:  # noqa: PLR2004 - some blinds are down
                    continue
                tone = str(dark if dice.random() < 0.75 else dark.mix(WHITE, 0.35))  # noqa: PLR2004 - some mirror the sky
            left, upper = x + pane * 0.9 + column * gap, top + pane * 1.6 + row * gap * 1.25
            paths.setdefault(tone, []).append(f"M{left:.1f} {upper:.1f}h{pane:.1f}v{pane * 1.35:.1f}h{-pane:.1f}z")
    for tone, parts in paths.items():
        land.shape("".join(parts), tone, opacity=0.92 if light.lamps else 0.7)


def _fronts(land: Ink, stage: Stage, street: float, *, neon: bool) -> None:
    """House fronts at both sides of the view; low in the middle so that the sky comes down to the street."""
    dice, light = stage.dice("fronts"), stage.light
    x = -20.0
    while x < stage.width:
        width = dice.uniform(110, 180)
        aside = abs((x + width / 2) / stage.width - 0.5) * 2
        height = street * (0.16 + 0.42 * aside**1.4) * dice.uniform(0.85, 1.15)
        tone = Colour.parse(dice.choice(_NIGHT)) if light.lamps else light.on(Colour.parse(dice.choice(_DAY)), 0.06)
        top = street - height
        land.rect(
            x,
            top,
            width + 1,
            height + 8,
            land.down(top, street, ((0, tone.lighter(0.03), 1), (1, tone.lighter(-0.04), 1))),
        )
        land.rect(x - 4, top - 7, width + 9, 10, str(tone.lighter(-0.07)))
        _windows(land, dice, light, _Front(x + 6, top + 6, width - 8, height - 64, 15.0, 0.0))
        shop = (
            Colour.parse(dice.choice(_NEON if neon else ("#ffd98a", "#ffb45e", "#ffe7b0")))
            if light.lamps
            else light.on(Colour.parse(dice.choice(("#3f6f7f", "#7f4a3f", "#4f6f4f"))))
        )
        land.rect(x + 12, street - 46, width - 24, 46, str(shop.mix(tone, 0.25)))
        land.rect(x + 16, street - 34, width * 0.5, 34, str(shop.mix(WHITE, 0.5)), opacity=0.75)
        stripes = "".join(
            f"M{x + 10 + i * 16:.0f} {street - 58:.0f}h16l3 17h-20z" for i in range(0, int((width - 24) / 16), 2)
        )
        land.shape(path("M", x + 10, street - 58, "h", width - 20, "l", 3, 17, "h", -(width - 14), "z"), str(shop))
        land.shape(stripes, str(WHITE.times(light.ambient)), opacity=0.85)
        if light.lamps:
            land.glow(x + width / 2, street - 14, width * 0.8, shop, 0.42)
        if light.lamps and (neon or dice.random() < 0.4):  # noqa: PLR2004 - some houses have a sign
            _sign(land, dice, x + dice.uniform(10, width - 34), top + dice.uniform(26, 60), height, street)
        x += width + 2


def _sign(land: Ink, dice: Random, x: float, y: float, height: float, street: float) -> None:
    """A neon sign of plain shapes: bars, rings, arrows. No letters: they would say something."""
    colour = Colour.parse(dice.choice(_NEON))
    tall = min(height * 0.5, dice.uniform(70, 130), street - y - 76)
    if tall < 40:  # noqa: PLR2004 - no room
        return
    land.glow(x + 13, y + tall / 2, tall, colour, 0.5)
    land.rect(x, y, 27, tall, str(BLACK.mix(colour, 0.14)), round_by=5)
    path = f"M{x + 3:.0f} {y + 3:.0f}h21v{tall - 6:.0f}h-21z"
    land.line(path, str(colour), 3)
    step = 0.0
    while step < tall - 26:
        cx, cy = x + 13.5, y + 15 + step
        match dice.randrange(3):
            case 0:
                land.ring(cx, cy, 6, 3, str(colour.mix(WHITE, 0.55)))
            case 1:
                land.line(
                    f"M{cx - 6:.0f} {cy - 5:.0f}h12M{cx - 6:.0f} {cy + 4:.0f}h12", str(colour.mix(WHITE, 0.55)), 3
                )
            case _:
                land.line(f"M{cx - 6:.0f} {cy + 5:.0f}l6 -10l6 10", str(colour.mix(WHITE, 0.55)), 3)
        step += 21


def _street(land: Ink, near: Ink, stage: Stage, street: float, *, wet: bool) -> None:
    light = stage.light
    walk = light.on(Colour.parse("#8d8f9a" if not light.lamps else "#4a4f74"))
    road = light.on(Colour.parse("#5a5d68" if not light.lamps else "#343a5e"))
    land.rect(0, street, stage.width, 36, str(walk))
    land.rect(0, street + 32, stage.width, 6, str(walk.lighter(-0.1)))
    land.rect(
        0,
        street + 38,
        stage.width,
        stage.height - street,
        land.down(street + 38, stage.height, ((0, road.lighter(0.04), 1), (1, road.lighter(-0.06), 1))),
    )
    middle = street + 38 + (stage.height - street - 38) * 0.5
    pale = light.on(Colour.parse("#e9e4c9"))
    x = -40.0
    while x < stage.width:
        near.polygon(
            [(x, middle), (x + 90, middle), (x + 84, middle + 9), (x - 8, middle + 9)],
            str(pale),
            opacity=0.3 if wet else 0.7,
        )
        x += 190
    for share in (0.16, 0.84):
        _lamp(near, stage, share * stage.width, street + 34)


def _lamp(near: Ink, stage: Stage, x: float, foot: float) -> None:
    light = stage.light
    post = str(light.on(Colour.parse("#2e3440")))
    top = foot - min(330, stage.height * 0.34)
    near.rect(x - 4, top, 8, foot - top, post, round_by=3)
    near.rect(x - 9, foot - 12, 18, 12, post, round_by=3)
    near.line(f"M{x:.0f} {top:.0f}q0 -26 30 -26h16", post, 6)
    near.polygon([(x + 36, top - 30), (x + 62, top - 30), (x + 68, top - 18), (x + 30, top - 18)], post)
    if light.lamps:
        warm = Colour.parse("#ffe2a0")
        near.ellipse(x + 49, top - 16, 16, 6, str(warm))
        near.glow(x + 49, top - 12, 120, warm, 0.6)
        near.glow(x + 49, foot + 24, 150, warm, 0.3, flat=0.2)
