"""A stage: curtains, spotlights from above, boards, and the heads of the audience."""

from __future__ import annotations

from limner.engines.sketch.colour import Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.scene import Band, Setting, Stage


def build(stage: Stage) -> Setting:
    """Dark wall, beams of coloured light, curtains at both sides, the public in front."""
    dice = stage.dice("theatre")
    floor = stage.height * 0.7
    sky, land, near = Ink(), Ink(), Ink()
    named = stage.prompt.colours[0] if stage.prompt.colours else None
    wall = Colour.parse("#221638") if named is None else named.mix(Colour.parse("#120c20"), 0.75)
    sky.rect(
        0, 0, stage.width, stage.height, sky.down(0, floor, ((0, wall.lighter(-0.06), 1), (1, wall.lighter(0.08), 1)))
    )
    beams = (
        (named,)
        if named
        else tuple(
            map(Colour.parse, dice.choice((("#ff5fa2", "#5fb8ff", "#ffd25f"), ("#ff8a3d", "#b86bff", "#4fe0c0"))))
        )
    )
    sky.glow(stage.width / 2, floor - 60, 480, beams[0], 0.4)
    boards = Colour.parse("#8a5433")
    land.rect(
        0,
        floor,
        stage.width,
        stage.height - floor + 2,
        land.down(floor, stage.height, ((0, boards.lighter(0.02), 1), (1, boards.lighter(-0.14), 1))),
    )
    for index in range(-10, 11):
        x = stage.width / 2
        land.line(
            path("M", x + index * stage.width * 0.06, floor, "L", x + index * stage.width * 0.13, stage.height),
            str(boards.lighter(-0.12)),
            2.4,
            opacity=0.7,
        )
    for index in range(5):
        tone = beams[index % len(beams)]
        top = stage.width * (0.14 + 0.18 * index)
        aim = stage.width * (0.5 + (index - 2) * 0.07)
        fill = land.down(40, floor + 90, ((0, tone.lighter(0.16), 0.62), (0.7, tone, 0.2), (1, tone, 0.04)))
        land.polygon([(top - 8, 44), (top + 8, 44), (aim + 120, floor + 90), (aim - 120, floor + 90)], fill)
        land.glow(aim, floor + 84, 170, tone.lighter(0.2), 0.34, flat=0.2)
    land.rect(0, 24, stage.width, 14, "#15101f")
    for index in range(5):
        top = stage.width * (0.14 + 0.18 * index)
        land.rect(top - 17, 30, 34, 26, "#0d0a14", round_by=6)
        land.ellipse(top, 56, 13, 5, str(beams[index % len(beams)].lighter(0.25)))
    for side in (-1, 1):
        _curtain(land, stage, side, floor)
    _valance(near, stage)
    _public(near, stage)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(floor + 46, floor + 110, 0.98, 1.06),
        air=(stage.height * 0.16, floor * 0.8),
        shadow=0.45,
    )


def _curtain(land: Ink, stage: Stage, side: int, floor: float) -> None:
    red = Colour.parse("#a8202f")
    wide = stage.width * 0.17
    edge = 0.0 if side < 0 else stage.width
    folds = 6
    for fold in range(folds):
        near_x, far_x = edge - side * wide * fold / folds, edge - side * wide * (fold + 1) / folds
        tone = red.lighter((-0.05, 0.03)[fold % 2] - 0.012 * fold)
        hang = floor + 34 - fold * 5
        land.polygon([(near_x, 0), (far_x, 0), (far_x + side * 8, hang), (near_x + side * 4, hang + 6)], str(tone))
    land.rect(min(edge, edge - side * wide * 0.92), floor * 0.62, wide * 0.92, 12, "#e6b84a", round_by=6)


def _valance(near: Ink, stage: Stage) -> None:
    red = Colour.parse("#98192a")
    count = max(6, round(stage.width / 150))
    step = stage.width / count
    for index in range(count):
        x = index * step
        near.shape(
            path("M", x, 0, "H", x + step, "V", 40.0, "Q", x + step / 2, 100.0, x, 40.0, "Z"),
            str(red.lighter((-0.02, 0.03)[index % 2])),
        )
        near.line(path("M", x, 40.0, "Q", x + step / 2, 100.0, x + step, 40.0), "#e6b84a", 6)


def _public(near: Ink, stage: Stage) -> None:
    dice = stage.dice("public")
    for row in range(2):
        y, size = stage.height * (0.95 + 0.045 * row), 32 + 10 * row
        count = round(stage.width / (size * 2.3))
        tone = str(Colour.parse(("#1d1428", "#120c1a")[row]))
        for index in range(count + 1):
            x = (index + dice.uniform(-0.15, 0.15) + 0.5 * row) / count * stage.width
            near.circle(x, y, size * 0.72, tone)
            near.ellipse(x, y + size * 1.35, size * 1.15, size * 0.85, tone)
