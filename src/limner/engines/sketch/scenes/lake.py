"""A lake below mountains, which it mirrors; without a lake, mountains above a valley."""

from __future__ import annotations

from limner.engines.sketch import plants, skies, terrain
from limner.engines.sketch.colour import Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.scene import Band, Mirror, Perch, Setting, Stage


def build(stage: Stage) -> Setting:
    """Two ranges, a wooded shore, and water or a meadow in front."""
    dice, light = stage.dice("lake"), stage.light
    wet = "lake" in stage.prompt.scenes
    shore = stage.height * dice.uniform(0.56, 0.62)
    sky, land, near = Ink(), Ink(), Ink()
    skies.sky(sky, stage, shore)
    rock = Colour.parse(dice.choice(("#5f7390", "#6b6f8c", "#66808a")))
    snowy = "snow" in stage.prompt.weather
    wide = max(1.0, stage.width / 1000)
    terrain.mountains(land, stage, "far range", terrain.Range(shore + 10, shore * 0.5, round(5 * wide), rock, 0.55))
    terrain.mountains(
        land, stage, "near range", terrain.Range(shore + 10, shore * 0.36, round(4 * wide), rock.lighter(-0.08), 0.22)
    )
    green = "#dfe9ef" if snowy else "#4f7a48"
    terrain.ridge(
        land,
        stage,
        "foothill",
        terrain.Hill(shore - 22, 16, 420),
        str(light.on(Colour.parse(green).lighter(-0.04), 0.3)),
    )
    tree = light.on(Colour.parse("#2f5d46"), 0.16)
    for index in range(stage.more(46 * wide)):
        share = dice.random()
        x = dice.uniform(-10, stage.width + 10)
        plants.distant_pine(
            land,
            dice,
            plants.Tree(x, shore + 6 + share * 4, 34 + 46 * share * dice.random(), tree.lighter(-0.03 * (index % 3))),
        )
    if wet:
        return _with_water(stage, sky, land, near, shore, snowy=snowy)
    return _with_meadow(stage, sky, land, near, shore, snowy=snowy)


def _with_water(stage: Stage, sky: Ink, land: Ink, near: Ink, shore: float, *, snowy: bool) -> Setting:
    light, dice, front = stage.light, stage.dice("bank"), Ink()
    bank = stage.height * 0.87
    deep = light.on(Colour.parse("#2d6a86")).mix(light.sky[1], 0.3)
    terrain.water(land, stage, shore + 4, stage.height, deep, light.sky[3].mix(light.sky[2], 0.35))
    terrain.glitter(front, stage, shore + 30, bank, deep, light.sky[3].mix(light.sky[2], 0.4))
    ground = light.on(Colour.parse("#e8eff4" if snowy else "#3f6b3a"))
    line = terrain.ridge(
        front,
        stage,
        "bank",
        terrain.Hill(bank + 26, 16, 700),
        front.down(bank, stage.height, ((0, ground, 1), (1, ground.lighter(-0.1), 1))),
    )
    if not snowy:
        plants.grass(front, stage, "turf", bank + 26, stage.height * 0.96, ground.lighter(0.03), 70)
        plants.grass(near, stage, "near turf", stage.height * 0.965, stage.height + 14, ground.lighter(-0.04), 70)
        for _ in range(stage.more(9 * stage.width / 1000)):
            x = dice.choice((dice.uniform(0, 0.22), dice.uniform(0.78, 1.0))) * stage.width
            front.line(
                path("M", x, line(x) + 14, "q", dice.uniform(-8, 8), -40, dice.uniform(-12, 12), -dice.uniform(50, 90)),
                str(ground.lighter(-0.06)),
                3.2,
            )
    skies.falling(near, stage)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        shore=front,
        ground=Band(bank + 54, stage.height * 0.965, 0.72, 0.95),
        air=(stage.height * 0.06, shore * 0.7),
        water=Band(shore + 60, bank - 30, 0.5, 0.9),
        mirror=Mirror(shore + 6, stage.height, 0.72),
        perches=(Perch(stage.width * (0.3 if light.x > 0.5 else 0.7), shore + 8, 130),),  # noqa: PLR2004 - away from the light
        distant=True,
    )


def _with_meadow(stage: Stage, sky: Ink, land: Ink, near: Ink, shore: float, *, snowy: bool) -> Setting:
    light, dice = stage.light, stage.dice("valley")
    sun_left = light.from_left
    base = Colour.parse("#e4edf3" if snowy else "#6a9a4e")
    for index, share in enumerate((0.02, 0.1, 0.2)):
        y = shore + (stage.height - shore) * share
        tone = light.on(base.lighter(-0.035 * index), 0.18 - 0.07 * index)
        line = terrain.ridge(
            land,
            stage,
            f"valley {index}",
            terrain.Hill(y, 14 + 8 * index, 620),
            land.down(y - 20, stage.height, ((0, tone.lighter(0.05), 1), (1, tone.lighter(-0.1), 1))),
        )
        for _ in range(stage.more(5)):
            x = dice.choice((dice.uniform(-0.02, 0.3), dice.uniform(0.7, 1.02))) * stage.width
            plants.pine(
                land,
                dice,
                plants.Tree(
                    x,
                    line(x) + 8,
                    80 + 70 * index + dice.uniform(0, 40),
                    light.on(Colour.parse("#2f6148"), 0.16 - 0.06 * index),
                ),
                sun_left=sun_left,
                snow=snowy,
            )
    if not snowy:
        tones = tuple(light.on(Colour.parse(code)) for code in ("#fdfdf8", "#f3d24f", "#b79be6", "#f6b3c9"))
        plants.flowers(land, stage, "alpine flowers", shore + 150, stage.height * 0.9, tones, 46)
        plants.flowers(near, stage, "near flowers", stage.height * 0.92, stage.height + 4, tones, 26)
        plants.grass(land, stage, "far grass", shore + 120, stage.height * 0.9, light.on(base.lighter(-0.09)), 60)
        plants.grass(near, stage, "grass", stage.height * 0.9, stage.height + 12, light.on(base.lighter(-0.13)), 90)
    skies.falling(near, stage)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(shore + 110, stage.height * 0.94, 0.6, 1.0),
        air=(stage.height * 0.06, shore * 0.7),
    )
