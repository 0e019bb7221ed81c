"""Reading prompts: what becomes a thing, what describes it, and what stays just a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.engines.sketch import vocabulary
from limner.engines.sketch.art import icons
from limner.engines.sketch.figures import DRAWN
from limner.engines.sketch.lexicon import lexicon
from limner.engines.sketch.prompt import Prompt, Tie
from limner.engines.sketch.reading import COUNT_MAX, THINGS_MAX, read_prompt
from limner.engines.sketch.scenes import SCENES


def counted(prompt: str) -> dict[str, int]:
    """Name of each thing -> how many."""
    return {thing.name: thing.count for thing in read_prompt(prompt).things}


@pytest.mark.parametrize(
    ("prompt", "things"),
    [
        ("a cat and two dogs", {"cat": 1, "dog": 2}),
        ("three red apples on a wooden table", {"red-apple": 3}),
        ("12 penguins", {"penguin": 12}),
        ("a dozen eggs", {"egg": 12}),
        ("wolves and mice", {"wolf": 3, "mouse": 3}),
        ("a flock of birds", {"bird": 6}),
        ("fish", {"fish": 3}),
        ("a fish", {"fish": 1}),
        ("a sunflower field", {"sunflower": 9}),
        ("a hot air balloon", {"hot-air-balloon": 1}),
        ("a cat, the cat sleeps", {"cat": 1}),
        ("a kitten's toy", {"cat": 1}),
        ("a bouquet of roses", {"bouquet": 1}),
        ("a baby dragon", {"dragon": 1}),
        ("a penguin family", {"penguin": 4}),
        ("a baby in a room", {"baby": 1}),
        ("two trees", {"tree": 2}),
        ("trees", {}),
    ],
)
def test_things_are_counted(prompt: str, things: dict[str, int]) -> None:
    """Digits, number words, articles, plurals and collectives give the number."""
    assert counted(prompt) == things


@pytest.mark.parametrize(
    "prompt",
    [
        "quarterly revenue synergy",
        "the concept of nostalgia",
        "a zorb frobnicating",
        "I cannot bear it",
        "they fly home and cook",
        "cozy",
        "a landscape without cats",
        "no dogs",
        "",
    ],
)
def test_words_that_name_nothing_become_no_thing(prompt: str) -> None:
    """Unknown words, verbs and what is ruled out are not drawn."""
    assert read_prompt(prompt).things == ()


def test_a_colour_belongs_to_the_next_thing() -> None:
    """Each thing has its own colour, and a colour without a thing describes the picture."""
    read = read_prompt("a blue car and a green frog under a pink sky")
    assert {thing.name: thing.colour for thing in read.things} == {
        "automobile": vocabulary.COLOURS["blue"],
        "frog": vocabulary.COLOURS["green"],
    }
    assert read.colours == (vocabulary.COLOURS["pink"],)


def test_a_word_that_is_colour_and_fruit_is_read_by_what_follows() -> None:
    """`orange` before a noun colours it; before a preposition or alone it is a fruit."""
    assert counted("an orange cat") == {"cat": 1}
    assert counted("an orange on a plate") == {"tangerine": 1}
    assert counted("two oranges") == {"tangerine": 2}


@pytest.mark.parametrize(
    ("prompt", "material"),
    [
        ("a wooden robot", "wood"),
        ("a blue glass vase", "glass"),
        ("a castle made of ice", "ice"),
        ("a golden statue of a lion", "gold"),
        ("a lion statue", "stone"),
        ("a lion made of gold", "gold"),
        ("a coffee on a table made of glass", None),
        ("a bronze horse statue", "bronze"),
        ("an ice sculpture of a swan", "ice"),
        ("a knitted teddy bear", "knitted"),
        ("a golden dog", None),
        ("a glass of wine", None),
        ("a woman in a leather jacket", None),
        ("a cat and a pile of paper", None),
        ("an ice cream", None),
    ],
)
def test_a_material_belongs_to_a_thing(prompt: str, material: str | None) -> None:
    """What a thing is made of is read before it, behind "made of" and with "statue"; a golden dog is only golden."""
    assert read_prompt(prompt).things[0].material == material


@pytest.mark.parametrize(
    ("prompt", "acts"),
    [
        ("a sleeping cat", {"cat": "sleeping"}),
        ("a cat sleeping on a couch", {"cat": "sleeping", "couch": None}),
        ("a man and a sleeping dog", {"man": None, "dog": "sleeping"}),
        ("a fox and a rabbit sleeping", {"fox": "sleeping", "rabbit": "sleeping"}),
        ("a girl in a red coat feeding ducks", {"girl": "feeding", "duck": None}),
        ("flying cars", {"automobile": "flying"}),
        ("a woman painting in a garden", {"woman": "painting"}),
        ("an oil painting of a woman", {"woman": None}),
        ("a painting of a man", {"man": None}),
        ("a man with running shoes", {"man": None, "running-shoe": None}),
        ("a runner", {"person": "running"}),
        ("a cat, no sleeping dog", {"cat": None}),
        ("a red car running", {"automobile": None}),
    ],
)
def test_an_act_belongs_to_who_does_it(prompt: str, acts: dict[str, str | None]) -> None:
    """A verb is said of the thing that follows it at once, or of who was spoken of last."""
    assert {thing.name: thing.act for thing in read_prompt(prompt).things} == acts


@pytest.mark.parametrize(
    ("prompt", "things"),
    [
        ("a doctor with a stethoscope smiling at the camera", {"health-worker": 1}),
        ("a bowl of ramen with an egg and chopsticks", {"steaming-bowl": 1}),
        ("a mouse on a paper airplane", {"mouse": 1, "paper-plane": 1}),
        ("a mermaid swimming with dolphins", {"mermaid": 1, "dolphin": 3}),
        ("a baby sea otter", {"otter": 1}),
        ("a pizza with mushrooms", {"pizza": 1, "brown-mushroom": 3}),
        ("a mushroom in the forest", {"mushroom": 1}),
        ("white sneakers", {"running-shoe": 2}),
        ("a stack of books", {"books": 1}),
        ("reading glasses and a sleeping bag", {"glasses": 1}),
        ("a bottle of wine and two glasses", {"bottle": 1, "wine-glass": 2}),
        ("a golden retriever puppy", {"dog": 1}),
        ("two owl feathers", {"feather": 2}),
        ("a gift basket", {"basket": 1}),
        ("a family of bears", {"bear": 4}),
        ("a group of friends", {"person": 4}),
        ("books", {"books": 1}),
        ("a guitar player", {"person": 1, "guitar": 1}),
        ("a red circle and a blue square", {"circle": 1, "square": 1}),
        ("a circle of friends in a town square", {"person": 3}),
        ("a cat holding a sign", {"cat": 1, "sign-board": 1}),
    ],
)
def test_what_a_phrase_means_is_drawn_once(prompt: str, things: dict[str, int]) -> None:
    """What a drawing shows already, a manner of speaking or part of a name is no thing of its own."""
    assert counted(prompt) == things


@pytest.mark.parametrize(
    ("prompt", "emblem"),
    [
        ("logo for a coffee shop", "hot-beverage"),
        ("a poster for a jazz festival", "saxophone"),
        ("a logo with a fox for a bakery", "croissant"),
        ("a logo", None),
        ("no coffee shop, a logo", None),
    ],
)
def test_a_trade_has_an_emblem(prompt: str, emblem: str | None) -> None:
    """A logo of a coffee shop shows a cup; what stands for a trade is read beside everything else."""
    assert read_prompt(prompt).emblem == emblem


def test_sizes_and_places_are_kept() -> None:
    """Size words multiply, position words attach to the thing they follow."""
    elephant, mouse = read_prompt("a giant elephant on the left and a tiny mouse in the bottom right corner").things
    assert elephant.size > 1 > mouse.size
    assert elephant.places == {"left"}
    assert mouse.places == {"bottom", "right", "corner"}


def test_a_rider_knows_its_mount() -> None:
    """`A riding B` ties A to B by B's index."""
    rider, mount = read_prompt("an astronaut riding a horse").things
    assert (rider.name, rider.tie, mount.name, mount.tie) == ("astronaut-figure", Tie("riding", 1), "horse", None)


def test_a_rider_without_a_mount_stands() -> None:
    """A mount nobody knows leaves the rider on its own feet."""
    (rider,) = read_prompt("a cat riding a zorb").things
    assert rider.tie is None


@pytest.mark.parametrize(
    ("prompt", "ties"),
    [
        ("a snowman with a carrot wearing a scarf", {"scarf": ("worn", "snowman-without-snow")}),
        ("a cat wearing a hat and sunglasses", {"womans-hat": ("worn", "cat"), "sunglasses": ("worn", "cat")}),
        ("a bear with a red scarf", {"scarf": ("worn", "bear")}),
        ("a girl holding a balloon", {"balloon": ("held", "girl")}),
        ("a man with an umbrella", {"umbrella": ("held", "man")}),
        ("a fish in a jar", {"fish": ("in", "jar")}),
        ("a vase of roses", {"rose": ("in", "vase")}),
        ("a bird on a bench", {"bird": ("on", "bench")}),
        ("a fox and a rabbit in a boat", {"fox": ("in", "sailboat"), "rabbit": ("in", "sailboat")}),
        ("a cat, a dog on a bench", {"dog": ("on", "bench")}),
        ("a mouse under a mushroom", {"mouse": ("under", "mushroom")}),
        ("a rabbit behind a tree", {"rabbit": ("behind", "tree")}),
        ("a dog in front of a castle", {"dog": ("before", "castle")}),
        ("a dragon flying over a castle", {"dragon": ("over", "castle")}),
        ("a cat on the left, a dog on the right", {}),
        ("an elephant on a phone", {}),
        ("a dog with a castle", {}),
        ("a cat in the snow under a full moon", {}),
    ],
)
def test_a_relation_ties_two_things(prompt: str, ties: dict[str, tuple[str, str]]) -> None:
    """What is said between two things ties them where a drawing can show it, and nothing else does."""
    things = read_prompt(prompt).things
    assert {thing.name: (thing.tie.kind, things[thing.tie.to].name) for thing in things if thing.tie} == ties


def test_clothes_and_looks_belong_to_a_person() -> None:
    """They dress whom they follow, with their colour, and never stand beside a person."""
    (woman,) = read_prompt("a woman in a blue dress with curly hair and dark skin").things
    assert woman.looks == {"dress", "curly", "dark"}
    assert woman.colour == vocabulary.COLOURS["blue"]
    (man,) = read_prompt("an old bald man with a beard").things
    assert man.looks == {"old", "bald", "beard"}
    assert counted("a red dress") == {"dress": 1}


@pytest.mark.parametrize(
    ("prompt", "count"), [("a family", 4), ("a couple on the beach", 2), ("a couple of friends", 2), ("five people", 5)]
)
def test_groups_are_people(prompt: str, count: int) -> None:
    """A word for several people stands for as many."""
    assert counted(prompt) == {"person": count}


@pytest.mark.parametrize("prompt", ["a red panda", "a snow globe", "a rock band", "a logo for a flower shop"])
def test_names_made_of_other_names_are_not_drawn(prompt: str) -> None:
    """What no drawing shows is left out, though each of its words names something."""
    assert read_prompt(prompt).things == ()


@pytest.mark.parametrize(
    ("prompt", "season", "camera", "layout"),
    [
        ("a tree in autumn", "autumn", None, None),
        ("a close-up of a cat in winter", "winter", "close", None),
        ("fields seen from above", None, "above", None),
        ("a wide shot of a hiker", None, "wide", None),
        ("an isometric house", None, "isometric", None),
        ("an app icon of a fox", None, None, "icon"),
        ("an analytics dashboard", None, None, "dashboard"),
    ],
)
def test_season_camera_and_layout_are_read(
    prompt: str, season: str | None, camera: str | None, layout: str | None
) -> None:
    """Each has its own place."""
    read = read_prompt(prompt)
    assert (read.season, read.camera, read.layout) == (season, camera, layout)


def test_the_frame_of_a_picture_is_read() -> None:
    """Scene, hour, weather, style and mood each have their own place."""
    read = read_prompt("a cozy lake at dawn in the fog, watercolour")
    assert read.scenes == ("lake",)
    assert read.time == "dawn"
    assert read.weather == {"fog"}
    assert read.style == "watercolour"
    assert read.mood == "warm"


@pytest.mark.parametrize(
    ("prompt", "lettering"),
    [
        ('a poster saying "HELLO WORLD"', ("HELLO WORLD",)),
        ("a sign “Open” and “Closed”", ("Open", "Closed")),
        ("a card: 'Happy  Birthday'", ("Happy Birthday",)),
        ("a banner «Привет»", ("Привет",)),
        ("a poster saying OPEN NOW", ("OPEN NOW",)),
        ("the dog's owner's hat", ()),
        ('an empty "" quote', ()),
    ],
)
def test_quoted_text_is_lettering(prompt: str, lettering: tuple[str, ...]) -> None:
    """Text in any kind of quotes is to be written, not drawn; apostrophes are no quotes."""
    assert read_prompt(prompt).lettering == lettering


def test_quoted_words_draw_nothing() -> None:
    """A cat in quotes is written, not drawn."""
    assert read_prompt('a poster saying "a cat"').things == ()


def test_stickers_and_icons_stand_alone() -> None:
    """The words for a transparent ground and for an emblem are understood."""
    read = read_prompt("a rocket icon, transparent background")
    assert (read.alone, read.layout) == (True, "icon")


@pytest.mark.parametrize(("prompt", "shape"), [("a wide panorama", "wide"), ("a poster", "tall"), ("a cat", None)])
def test_a_prompt_may_ask_for_a_shape(prompt: str, shape: str | None) -> None:
    """Words such as panorama and poster decide a size left open."""
    assert read_prompt(prompt).shape == shape


def test_crowds_are_capped() -> None:
    """A thousand things, or a hundred kinds, stay drawable."""
    assert counted("1000 cats") == {"cat": COUNT_MAX}
    kinds = read_prompt("a cat, a dog, a pig, a cow, a fox, a bee, an owl, a crab, a duck, a goat").things
    assert len(kinds) == THINGS_MAX


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    """Nothing a caller can write makes reading fail."""
    assert isinstance(read_prompt(text), Prompt)


@given(st.lists(st.sampled_from(sorted(lexicon())), max_size=12))
def test_any_known_words_in_any_order_are_read(phrases: list[str]) -> None:
    """The vocabulary's own words never contradict one another, and what they name can be drawn."""
    for thing in read_prompt(" ".join(phrases)).things:
        assert thing.name in DRAWN or thing.name in icons()
        assert 1 <= thing.count <= COUNT_MAX


def test_the_vocabulary_names_only_what_exists() -> None:
    """Every synonym leads to a drawing and every scene word to a scene."""
    drawable = {*icons(), *DRAWN}
    assert {*vocabulary.SYNONYMS.values(), *vocabulary.ALLOWED_ANYWAY.values()} <= drawable
    assert {*vocabulary.SCENES.values()} <= {*SCENES}
