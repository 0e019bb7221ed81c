"""The sea: open water, a beach, or a headland for a lighthouse."""

from __future__ import annotations

from limner.engines.sketch import skies, terrain
from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, smooth
from limner.engines.sketch.scene import Band, Mirror, Perch, Setting, Stage


def build(stage: Stage) -> Setting:
    """Sky, horizon, water; sand when a beach is asked for, a cliff when something stands on it."""
    dice, light = stage.dice("sea"), stage.light
    beach = "beach" in stage.prompt.scenes
    horizon = stage.height * (dice.uniform(0.46, 0.54) if beach else dice.uniform(0.54, 0.62))
    sky, land, near = Ink(), Ink(), Ink()
    skies.sky(sky, stage, horizon)
    far = light.sky[3].mix(light.sky[1], 0.45)
    deep = light.on(Colour.parse("#12698f")).mix(light.sky[0], 0.25)
    if beach:
        deep = light.on(Colour.parse("#1ea6b4"))
    shore = stage.height * 0.76
    bottom = shore + 60 if beach else stage.height
    terrain.water(land, stage, horizon, bottom, deep, far)
    terrain.glitter(near if not beach else land, stage, horizon, bottom, deep, far)
    if not stage.prompt.weather & {"storm", "fog"} and stage.detail:
        _far_coast(land, stage, horizon)
    perches: tuple[Perch, ...] = ()
    building = next(
        (
            thing
            for thing in stage.prompt.things
            if thing.name in ("lighthouse", "castle", "house", "cabin", "church", "hut", "windmill")
        ),
        None,
    )
    if building is not None:
        perches = (_headland(land, stage, horizon),)
    if beach:
        _sand(land, stage, shore)
    skies.falling(near, stage)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(shore + 70, stage.height * 0.955, 0.75, 1.05)
        if beach
        else Band(horizon + 90, stage.height * 0.86, 0.6, 0.95),
        air=(stage.height * 0.06, horizon * 0.92),
        water=Band(horizon + 40, (shore - 30) if beach else stage.height * 0.86, 0.55, 1.0),
        mirror=Mirror(horizon, bottom if not beach else shore - 10, 0.4),
        perches=perches,
        floating=not beach,
    )


def _far_coast(land: Ink, stage: Stage, horizon: float) -> None:
    dice, light = stage.dice("coast"), stage.light
    tone = light.on(Colour.parse("#4f7184"), 0.66)
    x, width = stage.width * dice.uniform(-0.1, 0.5), stage.width * dice.uniform(0.3, 0.5)
    height = dice.uniform(18, 42)
    points = [
        (x, horizon),
        (x + width * 0.2, horizon - height * 0.6),
        (x + width * 0.45, horizon - height),
        (x + width * 0.7, horizon - height * 0.5),
        (x + width, horizon),
    ]
    land.shape(smooth(points) + "Z", str(tone))


def _headland(land: Ink, stage: Stage, horizon: float) -> Perch:
    """A cliff at the side away from the light; the perch is its top."""
    light, dice = stage.light, stage.dice("headland")
    side = 1 if light.from_left else -1
    edge = stage.width if side > 0 else 0.0
    reach = min(stage.width * 0.52, 620)
    top = horizon - 70
    foot = horizon + 150
    rock, lit = light.on(Colour.parse("#6d5a52")), light.on(Colour.parse("#a08674"))
    turf = light.on(Colour.parse("#6f9a4a"))

    def at(share: float, y: float) -> tuple[float, float]:
        return edge - side * reach * share, y

    outline = [
        at(-0.05, top - 26),
        at(0.3, top - 18),
        at(0.55, top),
        at(0.72, top + 14),
        at(0.78, top + 52),
        at(0.76, top + 90),
        at(0.86, top + 120),
        at(0.9, top + 170),
        at(1.0, foot),
        at(-0.05, foot + 30),
    ]
    land.polygon(outline, str(rock))
    strata = [
        (0.72, 14, 0.78, 60),
        (0.62, 8, 0.66, 120),
        (0.5, 4, 0.58, 150),
        (0.36, -6, 0.4, 120),
        (0.2, -12, 0.26, 150),
    ]
    for share, dy, lower, length in strata:
        shift = dice.uniform(-0.02, 0.02)
        land.polygon(
            [
                at(share, top + dy),
                at(share - 0.1, top + dy),
                at(lower - 0.07 + shift, top + dy + length),
                at(lower + shift, top + dy + length * 0.8),
            ],
            str(lit),
            opacity=0.75,
        )
    land.shape(
        smooth(
            [
                at(-0.05, top - 30),
                at(0.2, top - 30),
                at(0.5, top - 10),
                at(0.74, top + 8),
                at(0.74, top + 22),
                at(0.5, top + 14),
                at(0.2, top + 4),
                at(-0.05, top + 8),
            ]
        )
        + "Z",
        str(turf),
    )
    foam = light.on(WHITE)
    for index in range(9):
        x, y = at(0.12 * index, foot + dice.uniform(-2, 12))
        land.ellipse(x, y, dice.uniform(36, 70), dice.uniform(5, 10), str(foam), opacity=0.75)
    return Perch(edge - side * reach * 0.4, top - 4, 330)


def _sand(land: Ink, stage: Stage, shore: float) -> None:
    light, dice = stage.light, stage.dice("sand")
    near, far = light.on(Colour.parse("#efd5a0")), light.on(Colour.parse("#f7e6c1"))
    line = terrain.waver(dice, stage.width * 0.9, 3)
    xs = [x * 20.0 - 20 for x in range(int(stage.width / 20) + 4)]

    def band(offset: float, fill: str, opacity: float = 1.0) -> None:
        points = [
            (-20.0, stage.height + 20),
            *((x, shore + offset + line(x) * 20) for x in xs),
            (stage.width + 40, stage.height + 20),
        ]
        land.polygon(points, fill, opacity=opacity)

    band(-16, str(light.on(WHITE)), 0.55)
    band(-6, str(light.on(WHITE)), 0.8)
    band(6, str(near.mix(Colour.parse("#a98a5e"), 0.45)))
    band(26, land.down(shore, stage.height, ((0, far, 1), (1, near, 1))))
    for _ in range(stage.more(90 * stage.width / 1000)):
        y = shore + 60 + (stage.height - shore) * dice.random()
        land.ellipse(dice.uniform(0, stage.width), y, dice.uniform(1, 3), 1.2, str(near.lighter(-0.14)), opacity=0.5)
