"""A cave: rings of rock into the depth, a glow at its end, crystals, a pool."""

from __future__ import annotations

import math

from limner.engines.sketch.colour import WHITE, Colour
from limner.engines.sketch.ink import Ink, Point
from limner.engines.sketch.scene import Band, Setting, Stage
from limner.engines.sketch.terrain import waver


def build(stage: Stage) -> Setting:
    """Four arches of rock, each nearer one darker; stalactites, crystals in the named colour, their light."""
    dice = stage.dice("cave")
    named = (
        stage.prompt.colours[0]
        if stage.prompt.colours
        else Colour.parse(dice.choice(("#3fa8e0", "#8f6be0", "#2fc4a6", "#f0a040")))
    )
    hue, _, saturation = named.hls
    rock = Colour.of_hls(hue, 0.24, min(0.42, saturation * 0.5))
    glow = Colour.of_hls(hue, 0.72, max(0.5, saturation))
    sky, land, near = Ink(), Ink(), Ink()
    sky.rect(0, 0, stage.width, stage.height, str(rock.lighter(0.1)))
    x, y = stage.width * 0.5, stage.height * 0.46
    sky.glow(x, y, min(stage.width, stage.height) * 0.75, glow, 1.0)
    sky.glow(x, y, min(stage.width, stage.height) * 0.3, glow.mix(WHITE, 0.7), 0.95)
    floor = stage.height * 0.66
    for ring in range(4):
        tone = rock.mix(glow, 0.4 - 0.13 * ring).lighter(-0.015 * ring)
        reach = 0.24 + 0.105 * ring
        _arch(land if ring < 3 else near, stage, f"arch {ring}", reach, str(tone))  # noqa: PLR2004 - the nearest frames the picture
        if ring == 1:
            _floor(land, stage, floor, rock, glow)
        for _ in range(stage.more(3)):
            side = dice.choice((-1, 1))
            at = x + side * stage.width * (reach * 0.82 + dice.uniform(0.0, 0.12))
            if ring < 3:  # noqa: PLR2004 - none before the things
                _crystals(land, stage, at, floor + 18 + 44 * ring, 46 + 34 * ring, glow)
    _crystals(near, stage, stage.width * 0.08, stage.height * 0.97, 200, glow)
    _crystals(near, stage, stage.width * 0.93, stage.height * 0.98, 160, glow)
    return Setting(
        sky=sky,
        land=land,
        near=near,
        ground=Band(floor + 50, stage.height * 0.9, 0.72, 0.95),
        air=(stage.height * 0.2, floor * 0.86),
        shadow=0.4,
    )


def _arch(ink: Ink, stage: Stage, part: str, reach: float, fill: str) -> None:
    """Rock all round an opening; teeth hang from its upper edge."""
    dice = stage.dice(part)
    line = waver(dice, 2.2, 4)
    x, y = stage.width * 0.5, stage.height * 0.5
    hole: list[Point] = []
    for step in range(73):
        angle = math.tau * step / 72
        wild = 1 + 0.14 * line(angle)
        up = math.sin(angle) < -0.35  # noqa: PLR2004 - the vault
        tooth = (1 - dice.uniform(0.1, 0.34) * (step % 3 == 0)) if up else 1.0
        low = 1.18 if math.sin(angle) > 0 else 1.0
        hole.append(
            (
                x + math.cos(angle) * stage.width * reach * wild,
                y + math.sin(angle) * stage.height * reach * wild * tooth * low,
            )
        )
    outer = f"M-30 -30H{stage.width + 30:.0f}V{stage.height + 30:.0f}H-30Z"
    inner = "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in hole) + "Z"
    ink.sprite(f'<path d="{outer}{inner}" fill="{fill}" fill-rule="evenodd"/>')


def _floor(land: Ink, stage: Stage, y: float, rock: Colour, glow: Colour) -> None:
    tone = rock.mix(glow, 0.18)
    line = waver(stage.dice("floor"), 420, 3)
    xs = [step * 20.0 - 20 for step in range(int(stage.width / 20) + 4)]
    land.polygon(
        [(-20.0, stage.height + 20), *((x, y + line(x) * 14) for x in xs), (stage.width + 60, stage.height + 20)],
        land.down(y - 20, stage.height, ((0, tone.lighter(0.08), 1), (1, rock.lighter(-0.1), 1))),
    )
    middle = stage.width * 0.5
    land.ellipse(middle, y + 60, stage.width * 0.26, 30, str(glow.mix(rock, 0.45)))
    land.ellipse(
        middle,
        y + 56,
        stage.width * 0.24,
        24,
        land.around(
            middle, y + 50, stage.width * 0.24, ((0, glow.mix(WHITE, 0.5), 1), (1, glow.mix(rock, 0.5), 1)), flat=0.3
        ),
    )
    for index in range(4):
        land.ellipse(middle + (index - 2) * 46, y + 50 + index * 5, 40, 2, "#ffffff", opacity=0.5)


def _crystals(ink: Ink, stage: Stage, x: float, y: float, size: float, glow: Colour) -> None:
    """A cluster of prisms that shine."""
    dice = stage.dice(f"crystals {x:.0f} {y:.0f}")
    ink.glow(x, y - size * 0.4, size * 1.3, glow, 0.5)
    for lean in sorted((dice.uniform(-0.7, 0.7) for _ in range(5)), key=abs, reverse=True):
        tall, half = size * (1.05 - 0.5 * abs(lean)) * dice.uniform(0.8, 1.1), size * 0.12
        base = x + lean * size * 0.34
        tip = (base + lean * tall * 0.55, y - tall)
        shoulder = 0.76
        left = (base - half + lean * tall * 0.55 * shoulder, y - tall * shoulder)
        right = (base + half + lean * tall * 0.55 * shoulder, y - tall * shoulder)
        middle = (base + lean * tall * 0.55 * shoulder, y - tall * (shoulder - 0.06))
        ink.polygon([(base - half, y), left, tip, middle, (base, y)], str(glow.mix(WHITE, 0.35)))
        ink.polygon([(base + half, y), right, tip, middle, (base, y)], str(glow.lighter(-0.22)))
