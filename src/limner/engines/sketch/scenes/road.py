"""A road that comes down from the horizon and passes in front of us."""

from __future__ import annotations

from limner.engines.sketch import plants, skies, terrain
from limner.engines.sketch.colour import Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.scene import Band, Setting, Stage


def build(stage: Stage) -> Setting:
    """Mountains or dunes far away, fields, the road's bends, and its near stretch to drive on."""
    dice, light = stage.dice("road"), stage.light
    dry = "desert" in stage.prompt.scenes
    horizon = stage.height * dice.uniform(0.46, 0.5)
    sky, land, near = Ink(), Ink(), Ink()
    skies.sky(sky, stage, horizon)
    wide = max(1.0, stage.width / 1000)
    rock = Colour.parse("#b5795a" if dry else "#66788f")
    peaks = terrain.Range(horizon + 12, horizon * 0.46, round(5 * wide), rock, 0.45, snow=not dry)
    terrain.mountains(land, stage, "range", peaks)
    base = Colour.parse("#d9ab6c" if dry else "#b9a24a" if stage.prompt.season == "autumn" else "#84b455")
    for index, share in enumerate((0.0, 0.12, 0.28)):
        y = horizon + (stage.height - horizon) * share
        tone = light.on(base.lighter(0.03 - 0.04 * index), 0.34 - 0.14 * index)
        fill = land.down(y - 20, stage.height, ((0, tone.lighter(0.05), 1), (1, tone.lighter(-0.08), 1)))
        line = terrain.ridge(land, stage, f"field {index}", terrain.Hill(y, 16, 640, octaves=2), fill)
        for _ in range(stage.more(0 if dry else 6 * wide)):
            x = dice.uniform(0, stage.width)
            tree = plants.Tree(
                x, line(x) + 6, (30 + 40 * index) * dice.uniform(0.8, 1.3), light.on(base.lighter(-0.18), 0.24)
            )
            plants.broadleaf(land, dice, tree, sun_left=light.from_left)
    lane = stage.height * 0.8
    _bends(land, stage, horizon, lane)
    _lane(land, near, stage, lane, base)
    skies.falling(near, stage)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(lane + 34, lane + 92, 0.56, 0.66),
        air=(stage.height * 0.06, horizon * 0.85),
    )


def _bends(land: Ink, stage: Stage, horizon: float, lane: float) -> None:
    """The road from the horizon, one bend after the other, until it meets the near lane."""
    light = stage.light
    grey, pale = light.on(Colour.parse("#6a6d76"), 0.12), light.on(Colour.parse("#f0e2b4"))
    side = 1 if light.from_left else -1
    width, x, top = stage.width, stage.width * (0.5 + 0.16 * side), horizon + 16
    deep = lane - top

    def curve(left: float, right: float, reach: float) -> str:
        """Both edges of the ribbon, `left` and `right` of its middle where it is nearest."""
        far = 3.0
        return path(
            "M",
            x - far,
            top,
            "C",
            x - 90 * side - far,
            top + deep * 0.18,
            x + 330 * side - left * 0.3,
            top + deep * 0.3,
            x + 60 * side - left * 0.5,
            top + deep * 0.55,
            "S",
            x - 480 * side - left,
            lane - reach,
            x - 150 * side - left,
            lane + 20,
            "L",
            x - 150 * side + right,
            lane + 20,
            "C",
            x - 430 * side + right,
            lane - reach,
            x + 110 * side,
            top + deep * 0.66,
            x + 120 * side + right * 0.4,
            top + deep * 0.5,
            "S",
            x - 60 * side + far,
            top + deep * 0.16,
            x + far,
            top,
            "Z",
        )

    del width
    land.shape(curve(96, 110, 40), str(light.on(Colour.parse("#d8c7a0"), 0.1)), opacity=0.6)
    land.shape(curve(78, 92, 36), str(grey))
    del pale


def _lane(land: Ink, near: Ink, stage: Stage, y: float, base: Colour) -> None:
    light = stage.light
    grey = light.on(Colour.parse("#5d606a"))
    deep = stage.height * 0.125
    land.rect(0, y - 8, stage.width, deep + 16, str(light.on(Colour.parse("#d8c7a0"))))
    land.rect(
        0, y, stage.width, deep, land.down(y, y + deep, ((0, grey.lighter(0.05), 1), (1, grey.lighter(-0.04), 1)))
    )
    pale = str(light.on(Colour.parse("#f4ead0")))
    for edge in (y + 8, y + deep - 12):
        land.rect(0, edge, stage.width, 4, pale, opacity=0.85)
    x = -30.0
    while x < stage.width:
        land.rect(x, y + deep * 0.5 - 4, 84, 7, pale, opacity=0.9)
        x += 170
    low = y + deep + 8
    ground = light.on(base.lighter(-0.06))
    near.rect(
        0,
        low,
        stage.width,
        stage.height - low + 2,
        near.down(low, stage.height, ((0, ground, 1), (1, ground.lighter(-0.08), 1))),
    )
    plants.grass(near, stage, "verge", low + 12, stage.height + 10, ground.lighter(-0.06), 60)
