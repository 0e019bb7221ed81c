"""The land from high above: fields, woods and a river; an island; blocks of a town."""

from __future__ import annotations

import math
from random import Random

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, Point, path, straight
from limner.engines.sketch.scene import Band, Box, Setting, Stage
from limner.engines.sketch.terrain import waver

_CROPS = ("#9cc25a", "#7fae4a", "#c9c25f", "#b6cf72", "#6f9d49", "#d9b95a", "#8fbf6a")


def build(stage: Stage) -> Setting:
    """Which land it is follows the places that are named."""
    sky, land, near = Ink(), Ink(), Ink()
    places = {*stage.prompt.scenes}
    if places & {"sea", "beach", "underwater"}:
        _island(sky, land, stage)
    elif places & {"city", "street"}:
        _blocks(sky, land, stage)
    else:
        _fields(sky, land, stage, wet=bool(places & {"river", "lake"}))
    for _ in range(3):
        dice = stage.dice(f"cloud {_}")
        x, y = dice.uniform(0, stage.width), dice.uniform(0, stage.height)
        shape = ""
        for step in range(5):
            reach, left, top = dice.uniform(34, 70), x + (step - 2) * 44, y + dice.uniform(-14, 14)
            half = ("a", reach, reach, 0, 1, 1)
            shape += path("M", left - reach, top, *half, 2 * reach, 0, *half, -2 * reach, 0, "Z")
        near.shape(shape, str(stage.light.on(WHITE)), opacity=0.6)
    margin = min(stage.width, stage.height) * 0.2
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(stage.height * 0.5, stage.height * 0.7, 0.5, 0.5),
        air=(stage.height * 0.1, stage.height * 0.9),
        alike=True,
        shadow=0.0,
        frame=Box(margin, margin, stage.width - 2 * margin, stage.height - 2 * margin),
        laid=True,
    )


def _fields(sky: Ink, land: Ink, stage: Stage, *, wet: bool) -> None:
    """A patchwork: corners of a grid pulled about, a crop in each patch, hedges between."""
    dice, light = stage.dice("fields"), stage.light
    sky.rect(0, 0, stage.width, stage.height, str(light.on(Colour.parse("#6f9a4a"))))
    side = 190.0
    columns, rows = int(stage.width / side) + 3, int(stage.height / side) + 3
    corners = {
        (column, row): (
            (column - 1) * side + dice.uniform(-46, 46) + row * 14,
            (row - 1) * side + dice.uniform(-46, 46) - column * 10,
        )
        for column in range(columns + 1)
        for row in range(rows + 1)
    }
    for row in range(rows):
        for column in range(columns):
            patch = [
                corners[column, row],
                corners[column + 1, row],
                corners[column + 1, row + 1],
                corners[column, row + 1],
            ]
            crop = light.on(Colour.parse(dice.choice(_CROPS)))
            land.polygon(patch, str(crop))
            _furrows(land, patch, crop, dice, stage.more(8))
            land.line(straight(patch) + "Z", str(light.on(Colour.parse("#55803f"))), 7)
    if wet:
        _stream(land, stage)
    else:
        _lane(land, stage, dice)
    for _ in range(stage.more(5)):
        _wood(land, stage, dice)
    for _ in range(3):
        x, y = dice.uniform(0.1, 0.9) * stage.width, dice.uniform(0.1, 0.9) * stage.height
        _roof(land, x, y, dice, light.on(Colour.parse("#b5533f")))


def _furrows(land: Ink, patch: list[Point], crop: Colour, dice: Random, count: int) -> None:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = patch
    if dice.random() < 0.5:  # noqa: PLR2004 - ploughed the other way
        (bx, by), (dx, dy) = (dx, dy), (bx, by)
    rows = "".join(
        path("M", ax + (dx - ax) * share, ay + (dy - ay) * share, "L", bx + (cx - bx) * share, by + (cy - by) * share)
        for share in ((step + 0.5) / count for step in range(count))
    )
    land.line(rows, str(crop.lighter(-0.06)), 4, opacity=0.6)


def _stream(land: Ink, stage: Stage) -> None:
    line = waver(stage.dice("stream"), stage.height * 0.8, 2)
    points = [
        (stage.width * 0.5 + line(step * 20.0) * stage.width * 0.26, step * 20.0 - 20)
        for step in range(int(stage.height / 20) + 4)
    ]
    shape = straight(points)
    blue = stage.light.on(Colour.parse("#3f9ac4"))
    land.line(shape, str(stage.light.on(Colour.parse("#d8c48a"))), 92)
    land.line(shape, str(blue), 76)
    land.line(shape, str(blue.mix(WHITE, 0.3)), 20, opacity=0.5)


def _lane(land: Ink, stage: Stage, dice: Random) -> None:
    y = stage.height * dice.uniform(0.3, 0.7)
    shape = path("M", -20.0, y, "C", stage.width * 0.3, y - 160, stage.width * 0.6, y + 200, stage.width + 20, y - 40)
    land.line(shape, str(stage.light.on(Colour.parse("#e9dcb8"))), 26)
    land.line(shape, str(stage.light.on(Colour.parse("#c9b88a"))), 2)


def _wood(land: Ink, stage: Stage, dice: Random) -> None:
    x, y = dice.uniform(0, stage.width), dice.uniform(0, stage.height)
    for _ in range(9):
        at_x, at_y, reach = x + dice.uniform(-70, 70), y + dice.uniform(-50, 50), dice.uniform(16, 28)
        tone = stage.light.on(Colour.parse(dice.choice(("#3f7a3f", "#4c8a45", "#356a3a"))))
        land.circle(at_x + 7, at_y + 9, reach, "#1d3320", opacity=0.3)
        land.circle(at_x, at_y, reach, str(tone))
        land.circle(at_x - reach * 0.25, at_y - reach * 0.3, reach * 0.5, str(tone.lighter(0.07)))


def _roof(land: Ink, x: float, y: float, dice: Random, tone: Colour) -> None:
    turn = dice.uniform(-40, 40)
    land.sprite(f'<g transform="translate({x:.0f} {y:.0f}) rotate({turn:.0f})">')
    land.rect(-26, -16, 64, 44, "#1d2a1a", opacity=0.3)
    land.rect(-32, -22, 64, 22, str(tone.lighter(0.06)))
    land.rect(-32, 0, 64, 22, str(tone.lighter(-0.06)))
    land.sprite("</g>")


def _island(sky: Ink, land: Ink, stage: Stage) -> None:
    dice, light = stage.dice("island"), stage.light
    deep, shallow = light.on(Colour.parse("#1674a8")), light.on(Colour.parse("#46c6cf"))
    sky.rect(0, 0, stage.width, stage.height, str(deep))
    line = waver(dice, 2.6, 3)
    x, y = stage.width * 0.5, stage.height * 0.5

    def coast(reach: float) -> list[Point]:
        points = []
        for step in range(60):
            angle = math.tau * step / 60
            wild = 1 + 0.2 * line(math.cos(angle) + 2) + 0.12 * line(math.sin(angle) * 1.4 + 7)
            points.append(
                (
                    x + math.cos(angle) * stage.width * reach * wild,
                    y + math.sin(angle) * stage.height * reach * 0.9 * wild,
                )
            )
        return points

    for _ in range(stage.more(60)):
        at_x, at_y = dice.uniform(0, stage.width), dice.uniform(0, stage.height)
        land.line(path("M", at_x, at_y, "q", 14, -7, 28, 0), str(deep.lighter(0.1)), 3, opacity=0.7)
    for reach, tone, opacity in ((0.42, shallow, 0.35), (0.37, shallow, 0.6), (0.325, shallow.mix(WHITE, 0.4), 0.9)):
        land.polygon(coast(reach), str(tone), opacity=opacity)
    land.polygon(coast(0.31), str(light.on(Colour.parse("#f3dfae"))))
    land.polygon(coast(0.255), str(light.on(Colour.parse("#6fae4f"))))
    for _ in range(stage.more(80)):
        angle, far = dice.uniform(0, math.tau), math.sqrt(dice.random()) * 0.22
        at_x, at_y, reach = (
            x + math.cos(angle) * far * stage.width,
            y + math.sin(angle) * far * stage.height * 0.9,
            dice.uniform(12, 25),
        )
        tone = light.on(Colour.parse(dice.choice(("#3f8a44", "#56a04e", "#347a40"))))
        land.circle(at_x + 6, at_y + 8, reach, "#1d3320", opacity=0.28)
        land.circle(at_x, at_y, reach, str(tone))
        land.circle(at_x - reach * 0.25, at_y - reach * 0.3, reach * 0.5, str(tone.lighter(0.08)))


def _blocks(sky: Ink, land: Ink, stage: Stage) -> None:
    dice, light = stage.dice("blocks"), stage.light
    sky.rect(0, 0, stage.width, stage.height, str(light.on(Colour.parse("#6b6f7a"))))
    side, gap = 150.0, 40.0
    for row in range(int(stage.height / side) + 2):
        for column in range(int(stage.width / side) + 2):
            x, y = column * side - 60, row * side - 60
            green = dice.random() < 0.14  # noqa: PLR2004 - a park now and then
            land.rect(
                x, y, side - gap, side - gap, str(light.on(Colour.parse("#7fae5a" if green else "#c9c4ba"))), round_by=6
            )
            for part in range(4):
                left, top = x + 8 + (part % 2) * 52, y + 8 + (part // 2) * 52
                if green:
                    land.circle(left + 22, top + 22, dice.uniform(14, 22), str(light.on(Colour.parse("#4c8a45"))))
                    continue
                tone = light.on(Colour.parse(dice.choice(("#b5746a", "#9fa8b0", "#d8cdb8", "#8a96a8", "#c49a7a"))))
                shadow = dice.uniform(8, 22)
                land.rect(left + shadow, top + shadow, 44, 44, "#1a1f2a", opacity=0.3)
                land.rect(left, top, 44, 44, str(tone))
                land.rect(left + 6, top + 6, 32, 32, str(tone.lighter(0.06)))
                if light.lamps:
                    land.rect(left + 12, top + 12, 6, 6, "#ffd97a")
            land.line(path("M", x + side - gap / 2 - 2, y, "v", side - gap), "#f4e9c0", 2, opacity=0.7)
