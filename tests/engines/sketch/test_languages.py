"""Prompts in other languages: read as the English ones they stand for, or not at all."""

from __future__ import annotations

import pytest

from limner.engines.sketch import vocabulary
from limner.engines.sketch.languages import in_english
from limner.engines.sketch.reading import read_prompt


@pytest.mark.parametrize(
    ("prompt", "things", "scene"),
    [
        ("ein Hund und zwei Katzen im Garten", {"dog": 1, "cat": 2}, "garden"),
        ("un chien et trois pommes sur la plage", {"dog": 1, "red-apple": 3}, "beach"),
        ("un perro y un castillo en la montaña", {"dog": 1, "castle": 1}, "mountains"),
        ("un cane e una barca sul lago", {"dog": 1, "sailboat": 1}, "lake"),
        ("um barco e uma casa na praia", {"sailboat": 1, "house": 1}, "beach"),
        ("een hond en een kat in het bos", {"dog": 1, "cat": 1}, "forest"),
    ],
)
def test_six_more_languages_are_read(prompt: str, things: dict[str, int], scene: str) -> None:
    """Things with their number, and the place."""
    read = read_prompt(prompt)
    assert {thing.name: thing.count for thing in read.things} == things
    assert read.scenes == (scene,)


def test_a_colour_may_stand_behind_its_thing() -> None:
    """Where a language puts it there, it is that thing's, and not the next one's."""
    car, dog = read_prompt("une voiture bleue et un chien dans le jardin").things
    assert (car.colour, dog.colour) == (vocabulary.COLOURS["blue"], None)


@pytest.mark.parametrize(
    ("prompt", "act", "material"),
    [
        ("eine schlafende Katze auf dem Sofa", "sleeping", None),
        ("ein Löwe aus Gold und ein Hund", None, "gold"),
        ("une fille qui danse sur la plage", "dancing", None),
        ("un château de glace dans la neige", None, "ice"),
        ("un perro durmiendo en el jardín", "sleeping", None),
        ("un gatto che dorme nel giardino con una palla", "sleeping", None),
    ],
)
def test_acts_and_materials_are_read(prompt: str, act: str | None, material: str | None) -> None:
    """What somebody does and what a thing is made of, as in English."""
    first = read_prompt(prompt).things[0]
    assert (first.act, first.material) == (act, material)


@pytest.mark.parametrize(
    "prompt", ["the taste of pain and gift shops", "a cat dressed as a king, no text", "an old man met his friend", ""]
)
def test_english_stays_as_it_is(prompt: str) -> None:
    """Words that English shares with other languages turn nothing around."""
    assert in_english(prompt) == prompt


def test_a_foreign_word_is_never_an_english_one() -> None:
    """The Spanish foot, "pie", is no cake, and the French pine, "pin", nothing to pin up."""
    assert "pie" not in in_english("el pie de una persona en la calle").split()
    assert {thing.name for thing in read_prompt("un cadeau et un pin dans une chaise").things} <= {
        "chair",
        "wrapped-gift",
    }
