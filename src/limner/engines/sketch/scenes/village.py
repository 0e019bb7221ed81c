"""A village: cottages up a hill round a lane."""

from __future__ import annotations

from dataclasses import dataclass

from limner.engines.sketch import plants, skies, terrain
from limner.engines.sketch.colour import LAMPLIGHT, Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.motion import Motion
from limner.engines.sketch.scene import Band, Perch, Setting, Stage

_WALLS = ("#f3e3c8", "#efd2b4", "#e6c9c0", "#dfe3d0", "#f6efe2", "#d9c3a5")
_ROOFS = ("#b2533e", "#8f4636", "#a4643f", "#6f5a55", "#7d4a4a")


def build(stage: Stage) -> Setting:
    """Hills, three rows of cottages, a lane, a green in front."""
    dice, light = stage.dice("village"), stage.light
    snowy = "snow" in stage.prompt.weather
    horizon = stage.height * dice.uniform(0.46, 0.5)
    sky, land, near = Ink(), Ink(), Ink()
    skies.sky(sky, stage, horizon)
    wide = max(1.0, stage.width / 1000)
    if "mountains" in stage.prompt.scenes or snowy:
        terrain.mountains(
            land, stage, "range", terrain.Range(horizon, horizon * 0.5, round(5 * wide), Colour.parse("#7388a6"), 0.5)
        )
    base = Colour.parse("#e8f0f6" if snowy else "#b4a04c" if stage.prompt.season == "autumn" else "#7db04d")
    green = Colour.parse("#3f6b50" if snowy else "#4f8a45")
    spot = stage.width * (0.26 if light.from_left else 0.74)
    perch_y = horizon + 10.0
    for index, share in enumerate((0.0, 0.13, 0.28)):
        y = horizon + (stage.height - horizon) * share
        tone = light.on(base.lighter(0.02 - 0.03 * index), 0.3 - 0.13 * index)
        fill = land.down(y - 30, y + 240, ((0, tone.lighter(0.03), 1), (1, tone.lighter(-0.06), 1)))
        line = terrain.ridge(land, stage, f"slope {index}", terrain.Hill(y, 20, 620, octaves=2), fill)
        if index == 0:
            perch_y = line(spot) + 8
        size = 58 + 40 * index
        count = round((8 - 2 * index) * wide)
        for slot in range(count):
            x = (slot + dice.uniform(0.25, 0.75)) / count * stage.width
            if index == 0 and abs(x - spot) < 110:  # noqa: PLR2004 - kept for a church
                continue
            if dice.random() < 0.3:  # noqa: PLR2004 - trees between the houses
                tree = plants.Tree(x, line(x) + 8, size * 1.3, light.on(green, 0.24 - 0.1 * index))
                if snowy:
                    plants.pine(land, dice, tree, sun_left=light.from_left, snow=True)
                else:
                    plants.broadleaf(land, dice, tree, sun_left=light.from_left)
            else:
                house = House(
                    x,
                    line(x) + 12,
                    size * dice.uniform(0.9, 1.15),
                    dice.choice(_WALLS),
                    dice.choice(_ROOFS),
                    0.2 - 0.09 * index,
                )
                cottage(land, stage, house, snowy=snowy, smoke=dice.random() < 0.5)  # noqa: PLR2004 - half of them heat
    y = horizon + (stage.height - horizon) * 0.36
    middle = stage.width / 2
    lane = light.on(Colour.parse("#f7fafc" if snowy else "#d9bf92"))
    land.shape(
        path(
            "M",
            middle - 10,
            y,
            "C",
            middle - 60,
            y + 70,
            middle + 120,
            y + 110,
            middle - 190,
            stage.height + 10,
            "H",
            middle + 150,
            "C",
            middle + 220,
            y + 150,
            middle + 40,
            y + 80,
            middle + 14,
            y,
            "Z",
        ),
        land.down(y, stage.height, ((0, lane, 0.7), (1, lane.lighter(-0.05), 0.9))),
    )
    if not snowy:
        plants.grass(land, stage, "green", y + 30, stage.height * 0.9, light.on(base.lighter(-0.08)), 44)
        plants.grass(
            near, stage, "near green", stage.height * 0.95, stage.height + 12, light.on(base.lighter(-0.14)), 80
        )
    skies.falling(near, stage)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(horizon + (stage.height - horizon) * 0.5, stage.height * 0.93, 0.62, 0.95),
        air=(stage.height * 0.06, horizon * 0.8),
        perches=(Perch(spot, perch_y, 240),),
    )


@dataclass(frozen=True, slots=True)
class House:
    """A cottage with its feet at (x, y), `size` units wide; distance 0 to 1."""

    x: float
    y: float
    size: float
    wall: str
    roof: str
    distance: float


def cottage(land: Ink, stage: Stage, house: House, *, snowy: bool, smoke: bool) -> None:
    """Wall, roof, door, windows that are lit when lamps are, a chimney."""
    light = stage.light
    wall, roof = light.on(Colour.parse(house.wall), house.distance), light.on(Colour.parse(house.roof), house.distance)
    x, y, size = house.x - house.size / 2, house.y, house.size
    tall, peak = size * 0.6, size * 0.5
    land.ellipse(house.x, y, size * 0.66, size * 0.06, "#1d2a20", opacity=0.2)
    chimney = x + size * (0.7 if light.from_left else 0.22)
    land.rect(chimney, y - tall - peak * 0.95, size * 0.1, peak * 0.7, str(roof.lighter(-0.08)))
    if smoke:
        for step in range(4):
            reach = size * (0.05 + 0.035 * step)
            with land.moving(Motion(pass_x=size * 0.06, pass_y=-size * 0.15, begins=step / 4)):
                land.circle(
                    chimney + size * (0.05 + 0.06 * step),
                    y - tall - peak - step * size * 0.15,
                    reach,
                    "#ffffff",
                    opacity=0.34 - 0.06 * step,
                )
    land.rect(x, y - tall, size, tall, str(wall))
    shade = x + size * 0.62 if light.from_left else x
    land.rect(shade, y - tall, size * 0.38, tall, str(wall.lighter(-0.06)))
    over = size * 0.09
    land.polygon(
        [
            (x - over, y - tall + 3),
            (x + size * 0.16, y - tall - peak),
            (x + size * 0.84, y - tall - peak),
            (x + size + over, y - tall + 3),
        ],
        str(roof),
    )
    if snowy:
        white = str(light.on(Colour.parse("#f6fafd"), house.distance * 0.5))
        low = y - tall - peak * 0.22
        land.polygon(
            [
                (x - over * 0.4, low),
                (x + size * 0.15, y - tall - peak - 3),
                (x + size * 0.85, y - tall - peak - 3),
                (x + size + over * 0.4, low),
            ],
            white,
        )
    else:
        land.rect(x + size * 0.16, y - tall - peak, size * 0.68, size * 0.03, str(roof.lighter(0.07)))
    land.rect(house.x - size * 0.09, y - tall * 0.62, size * 0.18, tall * 0.62, str(roof.lighter(-0.1)))
    glass = Colour.parse(LAMPLIGHT) if light.lamps else light.on(Colour.parse("#7fa3b8"), house.distance)
    for at in (0.1, 0.7):
        land.rect(x + size * at, y - tall * 0.72, size * 0.2, tall * 0.36, str(wall.lighter(0.08)))
        land.rect(x + size * (at + 0.025), y - tall * 0.68, size * 0.15, tall * 0.28, str(glass))
    if light.lamps:
        land.glow(house.x, y - tall * 0.4, size * 0.8, Colour.parse(LAMPLIGHT), 0.3)
