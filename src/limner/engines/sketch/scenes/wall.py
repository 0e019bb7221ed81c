"""A wall of bricks, by day or under a sign at night."""

from __future__ import annotations

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, path
from limner.engines.sketch.scene import Band, Lettering, Setting, Stage


def build(stage: Stage) -> Setting:
    """Courses of bricks, a pavement; a lamp or a sign lights them when it is dark."""
    dice = stage.dice("wall")
    dark = _is_dark(stage)
    named = stage.prompt.colours[0] if stage.prompt.colours else Colour.parse("#a5573f")
    brick = named.mix(Colour.parse("#241c3a"), 0.74) if dark else named
    foot = stage.height * 0.84
    sky, land, near = Ink(), Ink(), Ink()
    sky.rect(0, 0, stage.width, stage.height, str(brick.lighter(-0.06)))
    tall, wide = 34.0, 92.0
    rows: dict[str, list[str]] = {}
    for row in range(int(foot / tall) + 1):
        x = -wide * (0.5 if row % 2 else 0.0)
        while x < stage.width:
            tone = str(brick.lighter(round(dice.uniform(-0.03, 0.05), 2)))
            rows.setdefault(tone, []).append(
                path("M", x + 2, row * tall + 2, "h", wide - 4, "v", tall - 4, "h", -(wide - 4), "z")
            )
            x += wide
    for tone, shapes in rows.items():
        sky.shape("".join(shapes), tone)
    walk = Colour.parse("#3a3450" if dark else "#b9b0a4")
    land.rect(
        0,
        foot,
        stage.width,
        stage.height - foot + 2,
        land.down(foot, stage.height, ((0, walk.lighter(0.06), 1), (1, walk.lighter(-0.06), 1))),
    )
    land.rect(0, foot - 12, stage.width, 14, str(walk.lighter(-0.08)))
    if dark:
        x, y = stage.width / 2, stage.height * 0.4
        land.glow(x, y, 620, Colour.parse("#ff4fa3"), 0.34, flat=0.7)
        land.glow(x, y, 380, Colour.parse("#ffb3d9"), 0.2, flat=0.6)
        land.glow(x, foot + 40, 420, Colour.parse("#ff4fa3"), 0.22, flat=0.16)
    else:
        lit = 0.2 if stage.light.from_left else 0.8
        land.glow(stage.width * lit, stage.height * 0.16, 640, stage.light.sun.mix(WHITE, 0.3), 0.34)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(foot + 40, stage.height * 0.95, 0.95, 1.05),
        air=(stage.height * 0.1, foot * 0.7),
        shadow=0.34,
    )


def _is_dark(stage: Stage) -> bool:
    return stage.light.lamps or stage.prompt.mood in ("neon", "dark") or stage.prompt.layout == "sign"


def lettering(stage: Stage) -> tuple[Lettering, ...]:
    """The sign, in glass tubes; on a sign of wood by day it is painted."""
    width, height = stage.width, stage.height
    boxes = ((0.2, 0.34), (0.56, 0.1), (0.68, 0.08))
    if stage.prompt.things:
        boxes = ((0.08, 0.26), (0.36, 0.08), (0.46, 0.06))
    kind = "neon" if _is_dark(stage) else "poster"
    face = "caveat" if stage.dice("face").random() < 0.4 else "bebas-neue"  # noqa: PLR2004 - now and then written by hand
    return tuple(
        Lettering(text=text, x=width * 0.1, y=height * y, width=width * 0.8, height=height * tall, face=face, kind=kind)
        for text, (y, tall) in zip(stage.prompt.lettering, boxes, strict=False)
    )
