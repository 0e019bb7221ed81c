"""A user interface as a mock-up: a phone, a dashboard, a web page. Words are bars, but for those that are quoted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, path, smooth
from limner.engines.sketch.palette import palette_for
from limner.engines.sketch.scene import Band, Box, Lettering, Setting, Stage

_ACCENTS: Final = ("#5b6ef5", "#12a594", "#e5484d", "#f76b15", "#8e4ec6")


@dataclass(frozen=True, slots=True)
class _Skin:
    """Colours of an interface: the window, its cards, its text, its lines, and two that stand out."""

    ground: str
    card: str
    text: str
    faint: str
    accent: Colour
    second: Colour


def build(stage: Stage) -> Setting:
    """A device on a coloured ground."""
    palette, dice = palette_for(stage), stage.dice("ui")
    sky, land, near = Ink(), Ink(), Ink()
    dark = stage.prompt.mood in ("dark", "neon")
    accent = stage.prompt.colours[0] if stage.prompt.colours else Colour.parse(dice.choice(_ACCENTS))
    second = Colour.of_hls(accent.hls[0] + 0.12, 0.6, 0.75)
    skin = (
        _Skin("#14171f", "#1e232e", "#e6e9ef", "#39404e", accent.lighter(0.06), second)
        if dark
        else _Skin("#f6f7fb", "#ffffff", "#252a36", "#d9dde6", accent, second)
    )
    backs = (
        (accent.mix(Colour.parse("#0b0d14"), 0.82), Colour.parse("#0b0d14"))
        if dark
        else (accent.mix(WHITE, 0.66), palette.paper)
    )
    sky.rect(0, 0, stage.width, stage.height, sky.down(0, stage.height, ((0, backs[0], 1), (1, backs[1], 1))))
    frame = None
    match stage.prompt.layout:
        case "dashboard":
            _dashboard(land, stage, skin)
        case "page":
            frame = _page(land, stage, skin)
        case _:
            frame = _phone(land, stage, skin)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(stage.height * 0.7, stage.height * 0.8, 1.0, 1.0),
        air=(stage.height * 0.1, stage.height * 0.8),
        alike=True,
        shadow=0.0,
        frame=frame or _window_of(stage),
    )


def _bar(land: Ink, box: Box, tone: str, *, opacity: float = 1.0) -> None:
    """A word or a button."""
    land.rect(box.x, box.y, box.width, box.height, tone, round_by=box.height / 2, opacity=opacity)


def _card(land: Ink, box: Box, skin: _Skin) -> None:
    land.rect(box.x, box.y + 5, box.width, box.height, "#0b0d14", round_by=16, opacity=0.08)
    land.rect(box.x, box.y, box.width, box.height, skin.card, round_by=16)


def _phone(land: Ink, stage: Stage, skin: _Skin) -> Box:
    """A phone upright: a card that greets, a curve, rows, a bar of tabs."""
    tall = stage.height * 0.9
    wide = tall * 0.485
    if stage.width > stage.height * 1.2:
        _card(land, Box(stage.width * 0.06, stage.height * 0.3, stage.width * 0.2, stage.height * 0.3), skin)
    x, y = (stage.width - wide) / 2, (stage.height - tall) / 2
    land.rect(x + 14, y + 26, wide, tall, "#0b0d14", round_by=wide * 0.15, opacity=0.22)
    land.rect(x, y, wide, tall, "#12141a", round_by=wide * 0.15)
    pad = wide * 0.03
    left, top, across, down = x + pad, y + pad, wide - 2 * pad, tall - 2 * pad
    land.rect(left, top, across, down, skin.ground, round_by=wide * 0.125)
    _bar(land, Box(left + across * 0.34, top + down * 0.014, across * 0.32, down * 0.03), "#12141a")
    _bar(land, Box(left + across * 0.1, top + down * 0.026, across * 0.12, 9), skin.text)
    for step in range(3):
        land.circle(left + across * (0.8 + 0.05 * step), top + down * 0.03, 6, skin.text)
    _bar(land, Box(left + across * 0.08, top + down * 0.085, across * 0.4, 18), skin.text)
    _bar(land, Box(left + across * 0.08, top + down * 0.118, across * 0.26, 10), skin.faint)
    land.circle(left + across * 0.87, top + down * 0.1, across * 0.055, str(skin.second))
    hero = Box(left + across * 0.07, top + down * 0.155, across * 0.86, down * 0.24)
    land.rect(
        hero.x,
        hero.y,
        hero.width,
        hero.height,
        land.across(hero.x, hero.x + hero.width, ((0, skin.accent, 1), (1, skin.second, 1))),
        round_by=22,
    )
    if not stage.prompt.things:
        _sun(land, hero)
    _bar(land, Box(hero.x + hero.width * 0.08, hero.y + hero.height * 0.2, hero.width * 0.34, 30), "#ffffff")
    _bar(
        land,
        Box(hero.x + hero.width * 0.08, hero.y + hero.height * 0.46, hero.width * 0.24, 11),
        "#ffffff",
        opacity=0.7,
    )
    _bar(
        land, Box(hero.x + hero.width * 0.08, hero.y + hero.height * 0.6, hero.width * 0.3, 11), "#ffffff", opacity=0.7
    )
    chips = hero.y + hero.height + down * 0.025
    for index in range(4):
        box = Box(left + across * (0.07 + 0.22 * index), chips, across * 0.2, down * 0.115)
        _card(land, box, skin)
        land.circle(
            box.x + box.width / 2,
            box.y + box.height * 0.36,
            box.width * 0.2,
            str((skin.accent, skin.second)[index % 2]),
        )
        _bar(land, Box(box.x + box.width * 0.22, box.y + box.height * 0.72, box.width * 0.56, 8), skin.faint)
    graph = Box(left + across * 0.07, chips + down * 0.14, across * 0.86, down * 0.17)
    _card(land, graph, skin)
    _curve(land, stage, graph, skin)
    for index in range(2):
        row = Box(
            left + across * 0.07, graph.y + graph.height + down * (0.02 + 0.075 * index), across * 0.86, down * 0.065
        )
        _card(land, row, skin)
        land.circle(row.x + 34, row.y + row.height / 2, 17, str((skin.second, skin.accent)[index]))
        _bar(land, Box(row.x + 66, row.y + row.height * 0.28, row.width * 0.4, 10), skin.text)
        _bar(land, Box(row.x + 66, row.y + row.height * 0.58, row.width * 0.26, 8), skin.faint)
    tabs = top + down * 0.935
    for index in range(4):
        tone = str(skin.accent) if index == 0 else skin.faint
        land.rect(left + across * (0.13 + 0.22 * index), tabs, 26, 26, tone, round_by=8)
    _bar(land, Box(left + across * 0.32, top + down * 0.982, across * 0.36, 6), skin.text)
    return Box(hero.x + hero.width * 0.52, hero.y + hero.height * 0.08, hero.width * 0.44, hero.height * 0.84)


def _sun(land: Ink, hero: Box) -> None:
    x, y, reach = hero.x + hero.width * 0.74, hero.y + hero.height * 0.46, hero.height * 0.22
    land.circle(x, y, reach * 1.5, "#ffffff", opacity=0.2)
    land.circle(x, y, reach, "#ffd75e")
    for dx, dy, size in ((-0.9, 0.75, 0.5), (-0.25, 0.5, 0.66), (0.5, 0.75, 0.55)):
        land.circle(x + dx * reach, y + dy * reach, size * reach, "#ffffff")
    land.rect(x - reach * 1.3, y + reach * 0.75, reach * 2.3, reach * 0.52, "#ffffff", round_by=reach * 0.26)


def _curve(land: Ink, stage: Stage, box: Box, skin: _Skin) -> None:
    dice = stage.dice(f"curve {box.x:.0f} {box.y:.0f}")
    count, level = 9, 0.5
    points = []
    for step in range(count):
        level = min(0.85, max(0.15, level + dice.uniform(-0.24, 0.2)))
        points.append(
            (box.x + box.width * (0.06 + 0.88 * step / (count - 1)), box.y + box.height * (0.16 + 0.7 * level))
        )
    for row in range(3):
        y = box.y + box.height * (0.25 + 0.25 * row)
        land.rect(box.x + box.width * 0.06, y, box.width * 0.88, 1.6, skin.faint, opacity=0.7)
    line = smooth([points[0], *points, points[-1]])
    foot = box.y + box.height * 0.92
    area = f"{line}L{points[-1][0]:.1f} {foot:.1f}L{points[0][0]:.1f} {foot:.1f}Z"
    land.shape(area, land.down(box.y, box.y + box.height, ((0, skin.accent, 0.5), (1, skin.accent, 0.02))))
    land.line(line, str(skin.accent), 5)
    land.circle(*points[-2], 9, str(skin.accent))
    land.circle(*points[-2], 4.5, "#ffffff")


def _window_of(stage: Stage) -> Box:
    margin = min(stage.width, stage.height) * 0.06
    tall = min(stage.height - 2 * margin, (stage.width - 2 * margin) * 0.8)
    return Box(margin, (stage.height - tall) / 2, stage.width - 2 * margin, tall)


def _window(land: Ink, stage: Stage, skin: _Skin) -> Box:
    """A browser's window; what is inside its frame."""
    box = _window_of(stage)
    land.rect(box.x + 8, box.y + 20, box.width, box.height, "#0b0d14", round_by=20, opacity=0.2)
    land.rect(box.x, box.y, box.width, box.height, skin.ground, round_by=20)
    land.rect(box.x, box.y, box.width, 48, skin.card, round_by=20)
    land.rect(box.x, box.y + 28, box.width, 22, skin.card)
    for index, code in enumerate(("#f2695c", "#f5bd4f", "#5fc454")):
        land.circle(box.x + 32 + 28 * index, box.y + 25, 9, code)
    _bar(land, Box(box.x + box.width * 0.28, box.y + 14, box.width * 0.44, 22), skin.faint, opacity=0.6)
    return Box(box.x, box.y + 50, box.width, box.height - 50)


def _dashboard(land: Ink, stage: Stage, skin: _Skin) -> None:
    """A side bar, four figures, a curve, bars, a ring, a table."""
    box, dice = _window(land, stage, skin), stage.dice("figures")
    side = box.width * 0.17
    land.rect(box.x, box.y, side, box.height - 20, skin.card)
    land.rect(box.x, box.y + box.height - 60, side, 60, skin.card, round_by=20)
    land.rect(box.x + 26, box.y + 26, 34, 34, str(skin.accent), round_by=10)
    _bar(land, Box(box.x + 72, box.y + 36, side * 0.4, 14), skin.text)
    for index in range(6):
        y = box.y + 104 + index * 52
        if index == 0:
            land.rect(box.x + 14, y - 12, side - 28, 42, str(skin.accent), round_by=12, opacity=0.2)
        land.rect(box.x + 28, y, 18, 18, str(skin.accent) if index == 0 else skin.faint, round_by=6)
        _bar(
            land, Box(box.x + 60, y + 4, side * (0.5 - 0.05 * (index % 3)), 10), skin.text if index == 0 else skin.faint
        )
    left, wide = box.x + side + 26, box.width - side - 52
    _bar(land, Box(left, box.y + 26, wide * 0.24, 20), skin.text)
    land.circle(left + wide - 20, box.y + 36, 20, str(skin.second))
    y, gap = box.y + 74, 18.0
    across = (wide - 3 * gap) / 4
    tall = box.height * 0.17
    for index in range(4):
        card = Box(left + index * (across + gap), y, across, tall)
        _card(land, card, skin)
        _bar(land, Box(card.x + 18, card.y + 18, across * 0.42, 9), skin.faint)
        _bar(land, Box(card.x + 18, card.y + tall * 0.4, across * 0.52, 22), skin.text)
        risen = index != 2  # noqa: PLR2004 - one figure has fallen
        _bar(land, Box(card.x + 18, card.y + tall * 0.74, across * 0.26, 12), "#3fae6a" if risen else "#e5584f")
        land.rect(
            card.x + across - 52,
            card.y + 18,
            34,
            34,
            str((skin.accent, skin.second)[index % 2]),
            round_by=10,
            opacity=0.3,
        )
    y += tall + gap
    tall = box.height * 0.34
    curve, ring = Box(left, y, wide * 0.64, tall), Box(left + wide * 0.64 + gap, y, wide * 0.36 - gap, tall)
    for card in (curve, ring):
        _card(land, card, skin)
        _bar(land, Box(card.x + 20, card.y + 20, card.width * 0.3, 12), skin.text)
    _curve(land, stage, Box(curve.x + 10, curve.y + 34, curve.width - 20, curve.height - 44), skin)
    _donut(land, ring.x + ring.width / 2, ring.y + ring.height * 0.56, min(ring.width, ring.height) * 0.28, skin)
    y += tall + gap
    tall = box.y + box.height - y - 22
    bars, table = Box(left, y, wide * 0.4, tall), Box(left + wide * 0.4 + gap, y, wide * 0.6 - gap, tall)
    for card in (bars, table):
        _card(land, card, skin)
    for index in range(8):
        up = dice.uniform(0.25, 0.9) * (tall - 50)
        step = (bars.width - 40) / 8
        land.rect(
            bars.x + 20 + index * step,
            bars.y + tall - 22 - up,
            step * 0.6,
            up,
            str((skin.accent, skin.second)[index % 2]),
            round_by=6,
        )
    rows = max(1, int((tall - 24) / 36))
    for index in range(rows):
        at = table.y + 22 + index * (tall - 24) / rows
        land.circle(table.x + 34, at + 6, 11, str(Colour.of_hls(index * 0.19, 0.62, 0.6)))
        _bar(land, Box(table.x + 58, at, table.width * 0.26, 11), skin.text)
        _bar(land, Box(table.x + table.width * 0.5, at, table.width * 0.16, 11), skin.faint)
        _bar(land, Box(table.x + table.width * 0.8, at - 3, table.width * 0.13, 17), str(skin.accent), opacity=0.5)


def _donut(land: Ink, x: float, y: float, reach: float, skin: _Skin) -> None:
    start = -math.pi / 2
    for share, tone in ((0.46, str(skin.accent)), (0.3, str(skin.second)), (0.24, skin.faint)):
        end = start + share * math.tau - 0.06
        begin, finish = (
            (x + math.cos(start) * reach, y + math.sin(start) * reach),
            (x + math.cos(end) * reach, y + math.sin(end) * reach),
        )
        land.line(path("M", *begin, "A", reach, reach, 0, 0, 1, *finish), tone, reach * 0.36)
        start += share * math.tau


def _page(land: Ink, stage: Stage, skin: _Skin) -> Box:
    """A landing page: navigation, a headline beside a picture, three cards."""
    box = _window(land, stage, skin)
    land.rect(box.x + 30, box.y + 26, 30, 30, str(skin.accent), round_by=9)
    for index in range(4):
        _bar(land, Box(box.x + box.width * (0.42 + 0.1 * index), box.y + 36, box.width * 0.06, 11), skin.faint)
    _bar(land, Box(box.x + box.width * 0.84, box.y + 24, box.width * 0.12, 34), str(skin.accent))
    hero_y, hero = box.y + 84, box.height * 0.46
    if not stage.prompt.lettering:
        for index, share in enumerate((0.4, 0.34)):
            _bar(land, Box(box.x + 36, hero_y + 40 + 50 * index, box.width * share, 32), skin.text)
    for index, share in enumerate((0.38, 0.34, 0.28)):
        _bar(land, Box(box.x + 36, hero_y + hero * 0.5 + 24 * index, box.width * share, 11), skin.faint)
    _bar(land, Box(box.x + 36, hero_y + hero * 0.8, box.width * 0.16, 46), str(skin.accent))
    land.rect(box.x + 36 + box.width * 0.18, hero_y + hero * 0.8, box.width * 0.14, 46, skin.card, round_by=23)
    picture = Box(box.x + box.width * 0.52, hero_y, box.width * 0.44, hero)
    fill = land.down(
        picture.y,
        picture.y + picture.height,
        ((0, skin.accent.mix(WHITE, 0.5), 1), (1, skin.second.mix(WHITE, 0.3), 1)),
    )
    land.rect(picture.x, picture.y, picture.width, picture.height, fill, round_by=26)
    if not stage.prompt.things:
        land.circle(
            picture.x + picture.width * 0.7,
            picture.y + picture.height * 0.34,
            picture.height * 0.14,
            "#ffffff",
            opacity=0.9,
        )
        foot = picture.y + picture.height
        shape = path(
            "M",
            picture.x,
            foot - 26,
            "L",
            picture.x + picture.width * 0.34,
            foot - picture.height * 0.5,
            "L",
            picture.x + picture.width * 0.6,
            foot - picture.height * 0.2,
            "L",
            picture.x + picture.width * 0.76,
            foot - picture.height * 0.38,
            "L",
            picture.x + picture.width,
            foot - 60,
            "V",
            foot - 26,
            "Q",
            picture.x + picture.width,
            foot,
            picture.x + picture.width - 26,
            foot,
            "H",
            picture.x + 26,
            "Q",
            picture.x,
            foot,
            picture.x,
            foot - 26,
            "Z",
        )
        land.shape(shape, str(skin.accent), opacity=0.75)
    y = hero_y + hero + 36
    gap = 24.0
    across = (box.width - 72 - 2 * gap) / 3
    tall = box.y + box.height - y - 30
    for index in range(3):
        card = Box(box.x + 36 + index * (across + gap), y, across, tall)
        _card(land, card, skin)
        land.rect(
            card.x + 20,
            card.y + 20,
            44,
            44,
            str((skin.accent, skin.second, skin.accent)[index]),
            round_by=13,
            opacity=0.8,
        )
        _bar(land, Box(card.x + 20, card.y + 84, across * 0.5, 14), skin.text)
        for row in range(max(0, int((tall - 130) / 24))):
            _bar(land, Box(card.x + 20, card.y + 116 + 24 * row, across * (0.8 - 0.1 * row), 9), skin.faint)
    return Box(
        picture.x + picture.width * 0.12, picture.y + picture.height * 0.1, picture.width * 0.76, picture.height * 0.8
    )


def lettering(stage: Stage) -> tuple[Lettering, ...]:
    """A page's headline; the name on a phone's card."""
    texts = stage.prompt.lettering[:1]
    if stage.prompt.layout == "page":
        box = _window_of(stage)
        place = Box(box.x + 36, box.y + 50 + 84 + 10, box.width * 0.44, (box.height - 50) * 0.2)
    else:
        place = Box(stage.width * 0.28, stage.height * 0.01, stage.width * 0.44, stage.height * 0.05)
    return tuple(
        Lettering(text=text, x=place.x, y=place.y, width=place.width, height=place.height, face="inter", kind="plain")
        for text in texts
    )
