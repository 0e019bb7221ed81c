"""Drawings: real vectors of the same picture, harmless whatever the prompt says."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from tests.engines.sketch.conftest import SPOKEN

from limner.engines.sketch import vocabulary
from limner.engines.sketch.edit_filters import Floats
from limner.engines.sketch.paint import paint, paint_scene, scene_of
from limner.engines.sketch.raster import rendered
from limner.engines.sketch.scenes import SCENES
from limner.engines.sketch.vector import STYLES, document
from limner.imaging.pixels import Pixels, size_of
from limner.imaging.resize import stretch
from limner.job import Quality, Size

SMALL = Size(256, 256)
NAMESPACE = "{http://www.w3.org/2000/svg}"
SHAPES = {"path", "rect", "circle", "ellipse", "g", "use", "svg", "defs", "mask", "clipPath", "filter", "stop"}
GRADIENTS = {"linearGradient", "radialGradient"}
DRAWING_BYTES_MAX = 2_000_000


def drawn(
    prompt: str, size: Size = SMALL, *, seed: int = 1, quality: Quality = Quality.MEDIUM, clear: bool = False
) -> bytes:
    """The SVG of a prompt."""
    scene = scene_of(prompt, size, seed=seed, quality=quality, transparent=clear)
    return document(scene, size, transparent=clear)


def elements(svg: bytes) -> Iterator[ET.Element]:
    """All elements of a document that a strict parser takes."""
    return ET.fromstring(svg).iter()  # noqa: S314 - our own document


def on_grey(pixels: Pixels) -> Floats:
    """Colours as they are seen on a grey ground."""
    share = pixels[..., 3:] / 255
    return np.asarray(pixels[..., :3] * share + 128 * (1 - share))


def differs(svg: bytes, pixels: Pixels) -> float:
    """Mean difference of a drawing, rendered, and a painting of the same size, of 255, when both are seen small."""
    shown = rendered(svg).pixels()
    assert size_of(shown) == size_of(pixels)
    shown, pixels = (stretch(picture, SMALL) for picture in (shown, pixels))
    return float(np.abs(on_grey(shown) - on_grey(pixels)).mean())


@pytest.mark.parametrize("name", sorted(SCENES))
@pytest.mark.parametrize("quality", [Quality.LOW, Quality.MEDIUM, Quality.HIGH])
def test_a_drawing_shows_what_the_painting_shows(name: str, quality: Quality) -> None:
    """Rendered, the SVG of every scene is the PNG of the same prompt and seed, but for how water ripples."""
    prompt = f"{SPOKEN[name]} with a cat"
    # A draft is painted at half its size.
    size = Size(2 * SMALL.width_px, 2 * SMALL.height_px) if quality is Quality.LOW else SMALL
    painted = paint(prompt, size, seed=1, quality=quality, transparent=False)
    assert differs(drawn(prompt, size, quality=quality), painted) < 3


@pytest.mark.parametrize(
    "prompt",
    [
        "a close-up of a tiger",
        "a sailboat on the sea at night",
        'a concert poster with a guitar "ROCK NIGHT" "Friday 8 PM"',
        'a neon sign "OPEN 24H" on a brick wall',
        "twelve penguins in heavy snow",
        "a lake in the rain",
        "northern lights over a cabin",
    ],
)
@pytest.mark.parametrize("size", [Size(384, 256), Size(256, 384)], ids=str)
def test_light_weather_and_words_are_in_a_drawing(prompt: str, size: Size) -> None:
    """What lies over the layers is drawn, too: blur, glow, what falls, letters, at any proportions."""
    painted = paint(prompt, size, seed=1, quality=Quality.HIGH, transparent=False)
    assert differs(drawn(prompt, size, quality=Quality.HIGH), painted) < 4


@pytest.mark.parametrize("prompt", ["a cat", "a cat sticker", "two red balloons"])
def test_things_alone_stand_on_nothing(prompt: str) -> None:
    """A transparent drawing is clear around its things, and they are those of the painting."""
    svg = drawn(prompt, clear=True)
    assert rendered(svg).pixels()[0, 0, 3] == 0
    assert differs(svg, paint(prompt, SMALL, seed=1, quality=Quality.MEDIUM, transparent=True)) < 2


@pytest.mark.parametrize("style", sorted(STYLES))
def test_a_style_is_in_a_drawing(style: str) -> None:
    """What a style does to a drawing is near to what it does to pixels, and more than nothing."""
    scene = scene_of("a house in a meadow", Size(512, 512), seed=1, quality=Quality.MEDIUM, transparent=False)
    plain, styled = document(scene, Size(512, 512)), document(replace(scene, style=style), Size(512, 512))
    assert differs(styled, paint_scene(replace(scene, style=style), Size(512, 512))) < 16
    assert differs(styled, rendered(plain).pixels()) > 2


def test_every_style_of_drawings_can_be_asked_for() -> None:
    """No entry is for a style that no word leads to."""
    assert {*vocabulary.STYLES.values()} >= STYLES


@pytest.mark.parametrize("style", sorted(STYLES))
def test_a_styled_thing_alone_stays_on_nothing(style: str) -> None:
    """A style's paper is where the things are, and nowhere else."""
    scene = replace(scene_of("a cat", SMALL, seed=1, quality=Quality.MEDIUM, transparent=True), style=style)
    alpha = rendered(document(scene, SMALL, transparent=True)).pixels()[..., 3]
    assert alpha[0, 0] == 0
    assert alpha.max() == 255


HOSTILE = [
    "<svg onload=alert(1)><script>x</script><image href='file:///etc/passwd'/></svg> and a cat",
    'a sign saying "</svg><script>alert(1)</script>&amp;%s{fur}"',
    'a poster "]]><!ENTITY x SYSTEM \'http://x/\'>" "url(#a)" "javascript:x"',
    "a thousand lizards, 24 gorillas, 24 fairies, 24 red lizards and 24 blue lizards in a rainy forest " * 40,
    'a cat "' + "W@&%" * 8000 + '"',
    "\x00\ud800 a cat",
]


SAID = {style: word for word, style in vocabulary.STYLES.items()}
"""Style -> words that ask for it."""
STYLED = [f"a cat, {SAID[style]}" for style in sorted(STYLES)]


@pytest.mark.parametrize(
    "prompt",
    [*HOSTILE, *SPOKEN.values(), *STYLED],
    ids=lambda prompt: ascii(prompt[:40]),
)
def test_a_drawing_holds_shapes_and_nothing_else(prompt: str) -> None:
    """No picture, script, style sheet, text or address: only known elements, which refer to one another alone."""
    svg = drawn(prompt, Size(768, 256), quality=Quality.HIGH)
    assert len(svg) < DRAWING_BYTES_MAX
    ids: list[str] = []
    references: list[str] = []
    for element in elements(svg):
        name = element.tag.removeprefix(NAMESPACE)
        assert name in SHAPES | GRADIENTS or name.startswith("fe"), name
        assert not (element.text or "").strip()
        for attribute, value in element.attrib.items():
            assert not attribute.startswith("on")
            assert attribute != "style"
            ids += [value] if attribute == "id" else []
            if attribute.endswith("href"):
                assert value.startswith("#")
                references.append(value[1:])
            assert value.count("url(") == len(re.findall(r"url\(#", value))
            references += re.findall(r"url\(#([^)]*)\)", value)
    assert len(ids) == len({*ids})
    assert {*references} <= {*ids}


def test_letters_are_outlines() -> None:
    """A text adds a path of its own for each of its letters, in every alphabet that is packed."""
    shapes = [
        sum(path.count(b"Z") for path in re.findall(rb' d="([^"]*)"', drawn(f'a poster "{text}"'))) for text in "IHO"
    ]
    assert shapes[0] == shapes[1] == shapes[2] - 1
    for text in ("Łódź", "Привет", "Καλημέρα", "Cœur"):
        assert (
            differs(
                drawn(f'a poster "{text}"'),
                paint(f'a poster "{text}"', SMALL, seed=1, quality=Quality.MEDIUM, transparent=False),
            )
            < 4
        )


def test_the_same_scene_is_the_same_drawing_in_every_process() -> None:
    """Neither the process nor its hash seed is in the bytes."""
    program = (
        "import sys, hashlib\n"
        "from limner.engines.sketch.paint import scene_of\n"
        "from limner.engines.sketch.vector import document\n"
        "from limner.job import Quality, Size\n"
        "scene = scene_of('a lake at dawn \"Hi\"', Size(256, 256), seed=1, quality=Quality.HIGH, transparent=False)\n"
        "print(hashlib.sha256(document(scene, Size(256, 256))).hexdigest())\n"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
