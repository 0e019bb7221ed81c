"""A table seen from above, laid for what is named."""

from __future__ import annotations

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, Point, path
from limner.engines.sketch.scene import Band, Box, Setting, Stage


def build(stage: Stage) -> Setting:
    """Boards from edge to edge, a cloth, leaves at the corners."""
    dice, light = stage.dice("flatlay"), stage.light
    indoors = WHITE.mix(light.ambient, 0.4)
    named = (
        stage.prompt.colours[0].mix(WHITE, 0.2)
        if stage.prompt.colours
        else Colour.parse(dice.choice(("#d9c4a3", "#b98a5e", "#e8e2d8", "#8fa7a3")))
    )
    wood = named.times(indoors)
    sky, land, near = Ink(), Ink(), Ink()
    sky.rect(0, 0, stage.width, stage.height, str(wood))
    count = 6
    for index in range(count):
        top, tall = stage.height * index / count, stage.height / count
        sky.rect(0, top, stage.width, tall + 1, str(wood.lighter(dice.uniform(-0.03, 0.03))))
        for _ in range(stage.more(9)):
            reach = dice.uniform(90, 340)
            sky.line(
                path(
                    "M",
                    dice.uniform(-100, stage.width),
                    top + dice.uniform(8, tall - 8),
                    "q",
                    reach / 2,
                    dice.uniform(-6, 6),
                    reach,
                    0,
                ),
                str(wood.lighter(-0.08)),
                1.8,
                opacity=0.45,
            )
        sky.rect(0, top, stage.width, 3, str(wood.lighter(-0.16)), opacity=0.7)
    cloth = Colour.parse(dice.choice(("#f6efe4", "#e9eef0", "#f3e1dc"))).times(indoors)
    margin = min(stage.width, stage.height) * 0.09
    land.rect(
        margin + 10,
        margin + 14,
        stage.width - 2 * margin,
        stage.height - 2 * margin,
        "#2a1d12",
        round_by=14,
        opacity=0.16,
    )
    land.rect(margin, margin, stage.width - 2 * margin, stage.height - 2 * margin, str(cloth), round_by=14)
    stripe = Colour.parse(dice.choice(("#c8503f", "#4f7f9a", "#d9a441"))).times(indoors)
    for inset in (22, 36):
        shape = path(
            "M",
            margin + inset,
            margin + inset,
            "H",
            stage.width - margin - inset,
            "V",
            stage.height - margin - inset,
            "H",
            margin + inset,
            "Z",
        )
        land.line(shape, str(stripe), 4, opacity=0.7)
    for corner_x, corner_y, turn in ((0.05, 0.06, 30), (0.95, 0.94, 210), (0.95, 0.07, 120)):
        _sprig(land, (stage.width * corner_x, stage.height * corner_y), turn, indoors)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(stage.height * 0.7, stage.height * 0.8, 1.0, 1.0),
        air=(stage.height * 0.1, stage.height * 0.9),
        alike=True,
        shadow=0.0,
        frame=Box(margin * 1.5, margin * 1.5, stage.width - 3 * margin, stage.height - 3 * margin),
        laid=True,
    )


def _sprig(land: Ink, at: Point, turn_deg: float, indoors: Colour) -> None:
    leaf = Colour.parse("#5f8f58").times(indoors)
    land.sprite(f'<g transform="translate({at[0]:.0f} {at[1]:.0f}) rotate({turn_deg:.0f})">')
    land.line(path("M", 0, 0, "q", 60, -14, 130, 0), str(leaf.lighter(-0.1)), 4)
    for step in range(6):
        out = 14 + step * 20
        for side in (-1, 1):
            land.shape(
                path("M", out, 0, "q", 16, side * 30, 36, side * 30, "q", -6, side * -26, -36, side * -30, "z"),
                str(leaf.lighter(0.03 * (step % 2))),
            )
    land.sprite("</g>")
