"""A still life: a table of boards before a quiet wall, lit from one side."""

from __future__ import annotations

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.materials import MATERIALS, Area, textured
from limner.engines.sketch.scene import Band, Setting, Stage

_WALLS = ("#7f9c97", "#b98f7a", "#5f7d92", "#93866f", "#a5737a")


def build(stage: Stage) -> Setting:
    """Wall, light on the wall, table top."""
    dice, light = stage.dice("table"), stage.light
    edge = stage.height * 0.6
    sky, land, near = Ink(), Ink(), Ink()
    indoors = WHITE.mix(light.ambient, 0.5)
    chosen = (
        stage.prompt.colours[0].mix(Colour.parse("#9a9a9a"), 0.2)
        if stage.prompt.colours
        else Colour.parse("#bfe3ea" if stage.prompt.mood == "joy" else dice.choice(_WALLS))
    )
    wall = chosen.times(indoors)
    sky.rect(0, 0, stage.width, stage.height, sky.across(0, stage.width, _sided(wall, left=light.from_left)))
    x = light.x * stage.width
    sky.circle(
        x, edge * 0.35, 620, sky.around(x, edge * 0.35, 620, ((0, light.sun.mix(WHITE, 0.4), 0.4), (1, light.sun, 0)))
    )
    if stage.prompt.mood == "joy":
        _bunting(sky, stage, edge)
    else:
        _window_light(sky, stage, edge)
    if stage.prompt.surface in MATERIALS and stage.prompt.surface != "wood":
        _slab(land, stage, edge, indoors)
    else:
        _boards(land, stage, edge, indoors)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(edge + 110, stage.height * 0.9, 0.86, 1.04),
        air=(stage.height * 0.08, edge * 0.5),
        alike=True,
        shadow=0.42,
    )


def _sided(wall: Colour, *, left: bool) -> tuple[tuple[float, Colour, float], ...]:
    bright, dark = wall.lighter(0.09), wall.lighter(-0.1)
    return ((0, bright, 1), (1, dark, 1)) if left else ((0, dark, 1), (1, bright, 1))


def _window_light(sky: Ink, stage: Stage, edge: float) -> None:
    """The pale shape a window throws on the wall."""
    light = stage.light
    lean = 90 if light.from_left else -90
    x, y, width, height = stage.width * (0.58 if lean > 0 else 0.16), edge * 0.1, stage.width * 0.26, edge * 0.62
    pale = str(light.sun.mix(WHITE, 0.4))
    for row in range(2):
        for column in range(2):
            left, top = x + column * width / 2, y + row * height / 2
            shift, drop = lean * row * 0.5, column * 18
            near_x, far_x = left + shift, left + shift + width * 0.46
            upper, lower = top + drop, top + drop + height * 0.46
            slant = lean * 0.46
            pane = [(near_x, upper), (far_x, upper + 16), (far_x + slant, lower + 16), (near_x + slant, lower)]
            sky.polygon(pane, pale, opacity=0.16)


_FLAGS = ("#e8505b", "#f9b233", "#3fb28f", "#3d8be0", "#9b5de5", "#f15bb5")


def _bunting(sky: Ink, stage: Stage, edge: float) -> None:
    """Two strings of flags and confetti: somebody celebrates."""
    dice = stage.dice("bunting")
    for row, (top, sag) in enumerate(((0.02, 0.2), (0.1, 0.26))):
        count = max(7, round(stage.width / 105))
        line = path("M", -10, edge * top, "Q", stage.width / 2, edge * (top + 2 * sag), stage.width + 10, edge * top)
        sky.line(line, "#fdf6e8", 3)
        for index in range(count):
            share = (index + 0.5) / count
            x = share * stage.width
            y = edge * (top + 4 * sag * share * (1 - share))
            colour = Colour.parse(_FLAGS[(index + 2 * row) % len(_FLAGS)])
            sky.polygon([(x - 34, y - 2), (x + 34, y - 2), (x, y + 62)], str(colour))
            sky.polygon([(x, y - 2), (x + 34, y - 2), (x, y + 62)], str(colour.lighter(-0.06)))
    for _ in range(stage.more(70 * stage.width / 1000)):
        x, y = dice.uniform(0, stage.width), dice.uniform(edge * 0.3, edge)
        sky.circle(x, y, dice.uniform(3, 7), dice.choice(_FLAGS), opacity=0.85)


def _slab(land: Ink, stage: Stage, edge: float, indoors: Colour) -> None:
    """A table top of stone, glass or metal."""
    assert stage.prompt.surface is not None
    material, light = MATERIALS[stage.prompt.surface], stage.light
    colour = material.colour.times(indoors)
    area = Area("table", 0, 0, stage.width, stage.height - edge)
    top = land.down(edge, stage.height, ((0, colour.lighter(0.06), 1), (1, colour.lighter(-0.09), 1)))
    land.rect(0, edge, stage.width, stage.height - edge + 2, top)
    extent = f'width="{area.width:.1f}" height="{area.height:.1f}" viewBox="0 0 {area.width:.1f} {area.height:.1f}"'
    texture = f'<g opacity="0.7">{textured(area, material, colour)}</g>'
    land.sprite(f'<svg x="0" y="{edge:.1f}" {extent}>{texture}</svg>')
    x = light.x * stage.width
    land.glow(x, edge + 150, 560, light.sun.mix(WHITE, 0.3), 0.4, flat=0.45)
    land.rect(0, edge - 1, stage.width, 5, str(colour.lighter(0.2)), opacity=0.9)


def _boards(land: Ink, stage: Stage, edge: float, indoors: Colour) -> None:
    dice, light = stage.dice("boards"), stage.light
    wood = Colour.parse("#b07a48").times(indoors)
    land.rect(
        0,
        edge - 6,
        stage.width,
        40,
        land.down(edge - 6, edge + 6, ((0, Colour.parse("#1d120b"), 0), (1, Colour.parse("#1d120b"), 0.25))),
    )
    land.rect(
        0,
        edge,
        stage.width,
        stage.height - edge + 2,
        land.down(edge, stage.height, ((0, wood.lighter(0.05), 1), (1, wood.lighter(-0.07), 1))),
    )
    y, step, row = edge, 34.0, 0
    while y < stage.height:
        tone = wood.lighter(dice.uniform(-0.035, 0.03))
        land.rect(0, y, stage.width, step, str(tone), opacity=0.75)
        for _ in range(stage.more(7)):
            x, reach, dy = dice.uniform(-60, stage.width), dice.uniform(60, 260), dice.uniform(0.15, 0.85) * step
            land.line(
                path("M", x, y + dy, "q", reach / 2, dice.uniform(-4, 4), reach, 0),
                str(wood.lighter(-0.1)),
                1.5,
                opacity=0.4,
            )
        if row % 2:
            x = dice.uniform(0.1, 0.9) * stage.width
            land.ellipse(x, y + step / 2, 13, step * 0.15, str(wood.lighter(-0.15)), opacity=0.5)
        land.rect(0, y, stage.width, 2.4, str(wood.lighter(-0.2)), opacity=0.7)
        y, step, row = y + step, step * 1.3, row + 1
    x = light.x * stage.width
    land.glow(x, edge + 150, 560, light.sun.mix(WHITE, 0.3), 0.3, flat=0.45)
    land.rect(0, edge - 1, stage.width, 4, str(wood.lighter(0.15)), opacity=0.8)
