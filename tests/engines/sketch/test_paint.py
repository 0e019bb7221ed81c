"""Pixels: what is drawn can be seen, grows by stages, and survives hostile prompts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from tests.engines.sketch.conftest import SPOKEN

from limner.engines.sketch import people, vocabulary
from limner.engines.sketch.asleep import SLEEPERS
from limner.engines.sketch.figures import figure_of
from limner.engines.sketch.materials import MATERIALS
from limner.engines.sketch.paint import STAGES, paint, paint_stages, paint_subject, warm_up
from limner.engines.sketch.poses import POSES
from limner.engines.sketch.scene import dice_for
from limner.engines.sketch.scenes import SCENES
from limner.engines.sketch.skins import SKINNED
from limner.engines.sketch.sprite import Pose, place
from limner.imaging.pixels import Pixels, is_opaque, size_of
from limner.job import Quality, Size

SMALL = Size(256, 256)


def draw(prompt: str, size: Size = SMALL, *, seed: int = 1, transparent: bool = False) -> Pixels:
    """A picture of medium quality."""
    return paint(prompt, size, seed=seed, quality=Quality.MEDIUM, transparent=transparent)


@pytest.mark.parametrize("name", sorted(SCENES))
def test_every_scene_is_a_picture(name: str) -> None:
    """Opaque, of the size asked for, and with more in it than a gradient."""
    pixels = draw(SPOKEN[name])
    assert size_of(pixels) == SMALL
    assert is_opaque(pixels)
    # A gradient's rows change slowly; a drawing has edges.
    assert np.abs(np.diff(pixels[..., :3].astype(int), axis=0)).max() > 12


@pytest.mark.parametrize("hour", ["dawn", "noon", "sunset", "dusk", "night"])
@pytest.mark.parametrize("weather", ["rain", "storm", "snowfall", "fog", "rainbow", "northern lights", "cloudy"])
def test_hours_and_weathers_combine(hour: str, weather: str) -> None:
    """Every hour can have every weather."""
    assert is_opaque(draw(f"a lake at {hour} with {weather}", Size(96, 96)))


def test_night_is_darker_than_day() -> None:
    """The hour changes the light of the whole picture."""
    day, night = (draw(f"a meadow at {hour}")[..., :3].mean() for hour in ("noon", "night"))
    assert night < 0.6 * day


def test_a_red_thing_is_red_and_a_blue_one_blue() -> None:
    """A colour in the prompt reaches the pixels of its thing."""
    for colour, channel in (("red", 0), ("green", 1), ("blue", 2)):
        pixels = paint_subject(f"a {colour} balloon", SMALL, seed=1).pixels
        mean = pixels[pixels[..., 3] == 255][:, :3].mean(axis=0)
        assert mean.argmax() == channel


@pytest.mark.parametrize("material", sorted(MATERIALS))
def test_a_material_can_be_seen(material: str) -> None:
    """It changes much of a thing; what is behind glass and ice shows through, and through nothing else."""
    plain, made = (paint_subject(prompt, SMALL, seed=1).pixels for prompt in ("a chair", f"a {material} chair"))
    inside = plain[..., 3] == 255
    assert (np.abs(plain.astype(int) - made)[inside].max(axis=-1) > 8).mean() > 0.5
    assert ((made[..., 3][inside] < 250).mean() > 0.3) == (MATERIALS[material].clear > 0)


def test_a_heap_of_golden_things_is_golden_without_textures() -> None:
    """Textures are work: a crowd has the material's colours alone, so that any prompt's time is bounded."""
    few, crowd = (paint_subject(f"{count} wooden bottles", SMALL, seed=1).pixels for count in (2, 20))
    shades = [len(np.unique(pixels[pixels[..., 3] == 255], axis=0)) for pixels in (few, crowd)]
    assert shades[0] > 2 * shades[1]
    wood = MATERIALS["wood"].colour
    assert np.abs(crowd[crowd[..., 3] == 255][:, :3].mean(axis=0) - (wood.red, wood.green, wood.blue)).max() < 70


@pytest.mark.parametrize("name", sorted(POSES))
def test_a_pose_can_be_seen(name: str) -> None:
    """Every pose has its own outline, in its own box."""
    standing, posed = (
        people.cast("man", frozenset(), None, dice_for(name), bust=False, pose=pose) for pose in (None, name)
    )
    assert place(Pose(standing, 0, 0, 1), "a") != place(Pose(posed, 0, 0, 1), "a")


@pytest.mark.parametrize("name", sorted(SLEEPERS))
def test_an_animal_sleeps_curled_up(name: str) -> None:
    """It is wider than tall, in its coat."""
    figure = figure_of(f"{name}~asleep")
    assert figure is not None
    assert figure.width > 1.5 * figure.height
    assert figure.main in figure.body()


def test_icons_of_people_have_skins() -> None:
    """None keeps the yellow of the icon set."""
    for name in sorted(SKINNED):
        assert place(Pose(f"{name}~skin4", 0, 0, 1), "a") != place(Pose(f"{name}~skin0", 0, 0, 1), "a")


def test_the_stages_are_states_of_one_drawing() -> None:
    """Each stage differs from the one before and the last is the picture."""
    for transparent in (False, True):
        stages = paint_stages("a cat", SMALL, seed=1, quality=Quality.LOW, transparent=transparent)
        states = [state.copy() for state in stages]
        assert len(states) == STAGES
        assert all((first != second).any() for first, second in pairwise(states))
        finished = paint("a cat", SMALL, seed=1, quality=Quality.LOW, transparent=transparent)
        assert (states[-1] == finished).all()


def test_qualities_differ() -> None:
    """More quality is visibly another picture, not a name."""
    low, medium, high = (
        paint("a forest", SMALL, seed=1, quality=quality, transparent=False)
        for quality in (Quality.LOW, Quality.MEDIUM, Quality.HIGH)
    )
    assert (low != medium).any()
    assert (medium != high).any()


def test_higher_quality_draws_more_of_it() -> None:
    """There is more detail in each step: more edges in the picture."""
    edges = [
        np.abs(np.diff(paint("a meadow", Size(512, 512), seed=1, quality=quality, transparent=False), axis=1)).mean()
        for quality in (Quality.LOW, Quality.MEDIUM, Quality.HIGH)
    ]
    assert edges[0] < 0.95 * edges[1] < 0.95 * 0.95 * edges[2]


def test_a_sticker_has_a_white_edge() -> None:
    """Round a sticker's thing there is white, and nothing beyond it."""
    plain, sticker = draw("a black cat", transparent=True), draw("a sticker of a black cat", transparent=True)
    edge = (sticker[..., 3] > 250) & (plain[..., 3] == 0)
    assert edge.mean() > 0.01
    assert sticker[edge][:, :3].mean() > 240
    assert sticker[0, 0, 3] == 0


def test_seeds_differ() -> None:
    """Another seed is another picture."""
    assert (draw("a meadow", seed=1) != draw("a meadow", seed=2)).any()


def test_transparent_pictures_have_clear_corners_and_a_solid_middle() -> None:
    """A subject alone: nothing around it, itself opaque, and not touching the border."""
    pixels = draw("a rocket", transparent=True)
    alpha = pixels[..., 3]
    assert max(alpha[0].max(), alpha[-1].max(), alpha[:, 0].max(), alpha[:, -1].max()) == 0
    assert alpha.max() == 255


def test_a_transparent_idea_is_still_something() -> None:
    """Without a thing to stand alone, the composition is drawn without its ground."""
    pixels = draw("synergy", transparent=True)
    assert not is_opaque(pixels)
    assert pixels[..., 3].max() == 255


@pytest.mark.parametrize(
    "prompt", ['a poster saying "HELLO"', 'a meadow "Привет Ελλάδα Žluťoučký"', 'a neon sign "OPEN"']
)
def test_text_is_drawn(prompt: str) -> None:
    """The picture with another text differs just where the text stands."""
    with_text, without = draw(prompt), draw(prompt.replace(prompt.split('"')[1], "."))
    assert (with_text != without).mean() > 0.005


def test_text_no_font_can_write_is_left_out() -> None:
    """Characters without a glyph are not boxes."""
    assert is_opaque(draw('a sign saying "日本語"'))


@pytest.mark.parametrize("style", sorted({*vocabulary.STYLES.values()}))
def test_styles_change_the_picture(style: str) -> None:
    """Every style of the vocabulary can be asked for."""
    word = next(word for word, value in vocabulary.STYLES.items() if value == style)
    seed_plain, styled = draw("a fox"), draw(f"a fox, {word}")
    assert (seed_plain != styled).any()


@pytest.mark.parametrize(
    "prompt",
    [
        "<svg onload=alert(1)><image href='file:///etc/passwd'/></svg>",
        'a sign saying "</svg><script>x</script>&amp;%s{fur}"',
        "\0\x1b[2J\u202e\ud800 cat",
        "cat " * 8000,
        "a 99999999999999999999 cats",
        "1000 cats and 1000 dogs and 1000 birds",
        '"' * 2000,
        "(" * 5000,
        'a poster "' + "W" * 3000 + '"',
        "🐱🐶" * 500,
        "{fur} {0} %d \\u0000 ../../etc/passwd",
    ],
)
def test_hostile_prompts_are_only_text(prompt: str) -> None:
    """Markup, control characters, floods and format strings draw a picture like any other."""
    assert size_of(draw(prompt, Size(128, 128))) == Size(128, 128)


@pytest.mark.parametrize("size", [Size(16, 16), Size(48, 16), Size(1024, 352), Size(352, 1024)], ids=str)
def test_any_size_is_drawn(size: Size) -> None:
    """Small, wide and tall pictures have exactly their size."""
    for prompt in ("a cat in a city", 'a lake "Hi"', "geometry"):
        assert size_of(draw(prompt, size)) == size


def test_threads_do_not_disturb_one_another() -> None:
    """Drawings made at once equal drawings made alone."""
    prompts = ["a cat in a city at night", "a fox in a forest", 'a poster "Hi"', "fish under water"]
    alone = [draw(prompt) for prompt in prompts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(draw, prompts * 2))
    for first, second in zip(alone * 2, together, strict=True):
        assert (first == second).all()


def test_a_subject_tells_whether_it_was_recognised() -> None:
    """An unknown thing gives clear pixels and says so."""
    known, unknown = paint_subject("a red hat, a cat", SMALL, seed=1), paint_subject("a zorb", SMALL, seed=1)
    assert known.recognised
    assert known.pixels[..., 3].any()
    assert not unknown.recognised
    assert not unknown.pixels.any()


def test_warming_up_may_be_repeated() -> None:
    """The first slow calls can be made ahead, any number of times."""
    warm_up()
    warm_up()
