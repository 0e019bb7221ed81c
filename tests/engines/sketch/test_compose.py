"""The scene graph: which scene, and every thing whole, in its place and in its colour."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engines.sketch.conftest import SPOKEN

from limner.engines.sketch import vocabulary
from limner.engines.sketch.arrange import THINGS_DRAWN_MAX
from limner.engines.sketch.compose import compose, compose_subject
from limner.engines.sketch.habitat import habitat
from limner.engines.sketch.scene import Placed, Scene
from limner.engines.sketch.scenes import SCENES
from limner.engines.sketch.sprite import sprite
from limner.job import Size

SQUARE = Size(1024, 1024)
SIZES = (SQUARE, Size(1536, 1024), Size(1024, 1536), Size(3072, 1024), Size(1024, 3072))


def named(scene: Scene, name: str) -> list[Placed]:
    """Everything of that name in the picture."""
    return [item for item in scene.placed if item.name == name]


@pytest.mark.parametrize(
    ("prompt", "scene"),
    [
        ("a lighthouse on a cliff at sunset", "sea"),
        ("sun and waves at the beach", "beach"),
        ("three red apples on a wooden table", "table"),
        ("a fox in a snowy forest", "forest"),
        ("a neon city at night", "city"),
        ("an astronaut on mars", "mars"),
        ("a cozy room with a lamp", "room"),
        ("a pizza in the kitchen", "kitchen"),
        ("fish under water", "underwater"),
        ("a rocket", "space"),
        ("a penguin", "snow"),
        ("a cow", "meadow"),
        ("a sailboat", "sea"),
        ("a sword in the rain", "meadow"),
        ("a cat in the snow", "snow"),
        ("snow", "snow"),
        ("thunderstorm", "sea"),
        ("rain", "city"),
        ("northern lights", "lake"),
        ("a fox logo", "logo"),
        ('a card with a cake "Hi"', "poster"),
        ('a poster "Hi"', "poster"),
        ("balloons in the sky", "sky"),
        ("sky over a meadow", "meadow"),
        ("quarterly revenue synergy", "abstract"),
        ("", "abstract"),
    ],
)
def test_a_prompt_gets_its_scene(prompt: str, scene: str) -> None:
    """The named place, else where the things live, else one for the weather, else an abstract composition."""
    assert compose(prompt, SQUARE, seed=1).name == scene


def test_counts_and_colours_reach_the_picture() -> None:
    """Five blue balloons are five, and blue, and in the air."""
    scene = compose("five blue balloons over the sea", SQUARE, seed=3)
    balloons = named(scene, "balloon")
    assert len(balloons) == 5
    assert {balloon.colour for balloon in balloons} == {vocabulary.COLOURS["blue"]}
    assert scene.setting is not None
    assert scene.setting.water is not None
    assert all(balloon.y < scene.setting.water.far_y for balloon in balloons)


def test_all_kinds_survive_a_crowd() -> None:
    """When there are too many things, every kind is still there."""
    scene = compose("100 cats, 100 dogs and a cow", SQUARE, seed=1)
    assert {*Counter(item.name for item in scene.placed)} == {"cat", "dog", "cow"}
    assert len(scene.placed) <= THINGS_DRAWN_MAX + 1


def test_sides_are_honoured() -> None:
    """Left is left of right, whatever chance says."""
    for seed in range(8):
        scene = compose("a cat on the right and a dog on the left", SQUARE, seed=seed)
        (cat,), (dog,) = named(scene, "cat"), named(scene, "dog")
        assert dog.right < scene.stage.width / 2 < cat.left


def test_background_is_behind_foreground() -> None:
    """What is in the background stands farther up than what is in the foreground."""
    scene = compose("a horse in the background and a dog in the foreground", SQUARE, seed=2)
    (horse,), (dog,) = named(scene, "horse"), named(scene, "dog")
    assert horse.y < dog.y


def test_size_words_change_the_size() -> None:
    """A giant is larger than a tiny one of the same kind."""
    (large,), (small,) = (named(compose(f"a {size} cat", SQUARE, seed=1), "cat") for size in ("giant", "tiny"))
    assert large.height > 1.5 * small.height


def test_a_rider_sits_on_its_mount() -> None:
    """The rider's feet are within the mount, its head above it, and the mount is drawn over its legs."""
    scene = compose("an astronaut riding a horse", SQUARE, seed=4)
    (rider,), (mount,) = named(scene, "astronaut-figure"), named(scene, "horse")
    assert mount.top < rider.y < mount.y
    assert rider.top < mount.top
    assert mount.left < rider.x < mount.right
    assert scene.placed.index(rider) < scene.placed.index(mount)


def test_who_jumps_is_above_the_ground() -> None:
    """A jumping dog is in the air, with its shadow where it would stand."""
    (dog,) = compose("a dog jumping in the park", SQUARE, seed=1).placed
    assert 0.2 * dog.height < dog.lift < 0.4 * dog.height
    assert dog.contact == "ground"


def test_who_flies_is_in_the_sky() -> None:
    """Cars that fly leave the street."""
    scene = compose("flying cars over a city", SQUARE, seed=1)
    assert all(item.contact == "air" and item.y < 500 for item in named(scene, "automobile"))


def test_who_sits_is_lower_than_who_stands() -> None:
    """A pose changes how tall a person is drawn, and not how large."""
    (standing,), (sitting,) = (compose(f"a man {act} on the beach", SQUARE, seed=1).placed for act in ("", "sitting"))
    assert 0.5 * standing.height < sitting.height < 0.8 * standing.height


def test_nobody_paints_without_an_easel() -> None:
    """What an act takes is there, unless the prompt names it itself."""
    for prompt in ("a woman painting in the park", "a woman painting on an easel in the park"):
        assert sorted(item.name.partition("~")[0] for item in compose(prompt, SQUARE, seed=1).placed) == [
            "easel",
            "woman",
        ]


def test_small_things_on_a_table_are_a_still_life() -> None:
    """The table is the scene then, of its material; where people are, it is a table among them."""
    scene = compose("a perfume bottle on a marble table", SQUARE, seed=1)
    assert (scene.name, scene.stage.prompt.surface) == ("table", "marble")
    assert named(scene, "table") == []
    assert named(compose("a man beside a marble table", SQUARE, seed=1), "table")


def test_sizes_among_people_are_those_of_life() -> None:
    """A cup is no barrel beside a man; alone it fills the picture."""
    together = compose("a man and a cup of tea in the park", SQUARE, seed=1)
    man, (cup,) = next(item for item in together.placed if item.name.startswith("man")), named(together, "teacup")
    assert cup.height < 0.4 * man.height
    (alone,) = named(compose("a cup of tea", SQUARE, seed=1), "teacup")
    assert alone.height > 1.5 * cup.height


@pytest.mark.parametrize(
    ("prompt", "high", "low"),
    [
        ("a man with a parrot on his shoulder", 0.0, 0.4),
        ("a woman in an armchair with a cat on her lap", 0.3, 0.9),
        ("a girl with a bird on her head", -0.1, 0.25),
    ],
)
def test_what_is_on_somebody_is_where_it_is_said(prompt: str, high: float, low: float) -> None:
    """On a shoulder, a lap, a head: its feet are at that height of who carries it."""
    placed = compose(prompt, SQUARE, seed=1).placed
    carrier = next(item for item in placed if sprite(item.name).kind == "person")
    carried = next(item for item in placed if sprite(item.name).kind.startswith("animal"))
    assert high < (carried.y - carrier.top) / carrier.height < low
    assert carrier.left < carried.x < carrier.right


def test_a_sign_that_is_held_has_the_text_on_it() -> None:
    """Within its board, in the picture of who holds it; a sign by itself hangs on a wall."""
    scene = compose('a cat holding a sign that says "hello"', SQUARE, seed=1)
    (board,), (text,) = named(scene, "sign-board"), scene.lettering
    assert board.left < text.x < text.x + text.width < board.right
    assert board.top < text.y < text.y + text.height < board.y
    assert compose('a neon sign "hello"', SQUARE, seed=1).name == "wall"


def test_fruit_lies_round_its_dish() -> None:
    """Blueberries with pancakes are smaller than these, and at their foot."""
    scene = compose("pancakes with blueberries", SQUARE, seed=1)
    (dish,) = named(scene, "pancakes")[:1]
    assert all(berry.height < 0.4 * dish.height for berry in named(scene, "blueberries"))


def test_small_things_stand_on_the_desk_that_is_named() -> None:
    """Several share its top without hiding one another."""
    scene = compose("a desk, a laptop and a mug in an office", SQUARE, seed=1)
    (desk,), (laptop,), (mug,) = named(scene, "desk"), named(scene, "laptop"), named(scene, "mug")
    assert all(desk.top < item.y < desk.top + 0.3 * desk.height for item in (laptop, mug))
    assert abs(laptop.x - mug.x) > 0.25 * desk.width


def test_people_have_looks_of_their_own() -> None:
    """Three women are three, and a look that is named is had by each."""
    women = [item.name for item in compose("three women with dark skin", SQUARE, seed=1).placed]
    assert len(set(women)) == 3
    assert all("~s4," in name for name in women)


def test_a_lighthouse_stands_on_its_cliff() -> None:
    """A building by the sea gets the perch made for it."""
    scene = compose("a lighthouse by the sea", SQUARE, seed=5)
    (tower,) = named(scene, "lighthouse")
    assert scene.setting is not None
    assert (tower.x, tower.y) == (scene.setting.perches[0].x, scene.setting.perches[0].y)


def test_fish_swim_and_boats_float() -> None:
    """Things of the water are in it or on it."""
    under = compose("two fish and a crab under water", SQUARE, seed=1)
    assert all(fish.y < named(under, "crab")[0].y for fish in named(under, "fish"))
    (boat,) = named(compose("a boat on a lake", SQUARE, seed=1), "sailboat")
    assert boat.contact == "water"


@pytest.mark.parametrize("name", sorted(SCENES))
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_leaves_the_picture(name: str, size: Size) -> None:
    """In every scene and shape, things of every medium are whole within the canvas."""
    word = SPOKEN[name]
    for seed in range(3):
        scene = compose(f"{word} with three giant elephants, two birds, a whale, a castle and a lamp", size, seed=seed)
        assert scene.name in (name, "beach")
        for item in scene.placed:
            assert item.left >= 0
            assert item.right <= scene.stage.width
            assert item.top >= 0
            assert item.y <= scene.stage.height


@settings(max_examples=25)
@given(
    st.lists(
        st.sampled_from(sorted({*vocabulary.SYNONYMS, *vocabulary.COLOURS, *vocabulary.SIZES, "9", "right"})),
        max_size=8,
    ),
    st.integers(0, 2**31),
)
def test_any_things_can_be_arranged(words: list[str], seed: int) -> None:
    """Whatever is named, it is placed inside the picture at a size greater than nothing."""
    scene = compose(" and ".join(words), SQUARE, seed=seed)
    for item in scene.placed:
        assert item.height > 0
        assert item.left >= 0
        assert item.right <= scene.stage.width


def test_pictures_of_one_prompt_differ() -> None:
    """Each seed composes anew."""
    scenes = [compose("a cat in a meadow", SQUARE, seed=seed) for seed in range(6)]
    assert len({(named(scene, "cat")[0].x, scene.stage.light.x) for scene in scenes}) == 6


def test_bright_days_differ() -> None:
    """Two pictures of a day need not have the same sky; a blue sky that is asked for is blue."""
    skies = {compose("a cat in a garden", SQUARE, seed=seed).stage.light.sky for seed in range(12)}
    assert len(skies) > 2
    clear = {compose("a garden under a clear sky", SQUARE, seed=seed).stage.light.sky for seed in range(12)}
    assert len(clear) == 1


@pytest.mark.parametrize(
    ("prompt", "hour"),
    [
        ("a cyberpunk city", "night"),
        ("a gloomy meadow", "dusk"),
        ("a storm at sea", "storm"),
        ("a dark city at noon", "day"),
    ],
)
def test_mood_and_weather_choose_an_hour_that_is_not_named(prompt: str, hour: str) -> None:
    """Neon shines at night, gloom comes at dusk; an hour that is named stays."""
    assert compose(prompt, SQUARE, seed=1).stage.light.hour == hour


def test_a_subject_stands_alone() -> None:
    """No setting; things as large as the picture allows; nothing for a prompt without things."""
    scene = compose_subject("three cats", SQUARE, seed=1)
    assert scene.setting is None
    assert len(scene.placed) == 3
    assert compose_subject("synergy", SQUARE, seed=1).placed == ()


def test_every_drawing_has_a_home() -> None:
    """Every icon and figure a prompt can name lives in a scene that exists."""
    assert {habitat(name).scene for name in vocabulary.SYNONYMS.values()} <= {*SCENES}
    assert sprite("fox").height > sprite("fox").width


DRAW = """
import hashlib
from limner.engines.sketch.paint import paint
from limner.job import Quality, Size
for prompt in ("two red cats in a city at night in the rain", "synergy", 'a lake "Hi", watercolour'):
    pixels = paint(prompt, Size(320, 208), seed=11, quality=Quality.MEDIUM, transparent=False)
    print(hashlib.sha256(pixels.tobytes()).hexdigest())
"""


def test_processes_agree_on_every_pixel() -> None:
    """Two processes with different hash seeds and thread counts draw the same bytes."""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", DRAW],
            env={"PYTHONHASHSEED": seed, "VIPS_CONCURRENCY": threads, "PYTHONPATH": ":".join(sys.path)},
            check=True,
            capture_output=True,
        ).stdout
        for seed, threads in (("1", "1"), ("2", "4"))
    }
    assert len(outputs) == 1
    assert len({*outputs.pop().split()}) == 3
