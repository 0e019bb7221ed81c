"""Reading instructions: what is understood, and above all what is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.engines.sketch.colour import BLACK
from limner.engines.sketch.edit_arrangement import Arrangement, Layout
from limner.engines.sketch.edit_steps import (
    Add,
    Adjust,
    Backdrop,
    Border,
    ChangeWeather,
    Crop,
    CropTo,
    CutOut,
    Flip,
    Near,
    Place,
    Rearrange,
    Recolour,
    Remove,
    Restyle,
    Step,
    Swap,
    Turn,
    Write,
)
from limner.engines.sketch.edit_words import Region, Style, Tone, Weather
from limner.engines.sketch.instruction import PROMPT_CHARS_MAX, STEPS_MAX, parse, subject_of, wants_nothing
from limner.engines.sketch.vocabulary import COLOURS

RED, BLUE, GREEN, WHITE = (COLOURS[name] for name in ("red", "blue", "green", "white"))


@pytest.mark.parametrize(
    ("prompt", "steps"),
    [
        ("Make it red", [Recolour(RED)]),
        ("please make the car blue.", [Recolour(BLUE, region=Region.SUBJECT)]),
        ("Make the red car blue", [Recolour(BLUE, source=RED)]),
        ("change the red to green", [Recolour(GREEN, source=RED)]),
        ("change the colour of the car to blue", [Recolour(BLUE, region=Region.SUBJECT)]),
        ("a blue tint", [Recolour(BLUE)]),
        ("change the colour of the background to blue", [Backdrop(BLUE)]),
        ("make it dark blue", [Recolour(BLUE.mix(BLACK, 0.45))]),
        ("change the background to nothing", [CutOut()]),
        ("put it on a plain white background", [Backdrop(WHITE)]),
        ("write hello there", [Write("hello there", None, None)]),
        ("zoom in", [Crop(0.19, 0.19, 0.81, 0.81)]),
        ("crop to the top left", [Crop(0, 0, 0.62, 0.62)]),
        ("make it brighter", [Adjust(Tone.BRIGHTEN)]),
        ("make it slightly darker", [Adjust(Tone.DARKEN, 0.5)]),
        ("make it much warmer", [Adjust(Tone.WARM, 1.6)]),
        ("make it more vibrant", [Adjust(Tone.SATURATE)]),
        ("make it less saturated", [Adjust(Tone.DESATURATE)]),
        ("increase the contrast", [Adjust(Tone.CONTRAST)]),
        ("lower the brightness a bit", [Adjust(Tone.DARKEN, 0.5)]),
        ("blur the background", [Adjust(Tone.BLUR, region=Region.BACKGROUND)]),
        ("sharpen the image", [Adjust(Tone.SHARPEN)]),
        ("convert to black and white", [Adjust(Tone.GREY)]),
        ("sepia", [Adjust(Tone.SEPIA)]),
        ("make it brighter and warmer", [Adjust(Tone.BRIGHTEN), Adjust(Tone.WARM)]),
        ("rotate 90 degrees", [Turn(90)]),
        ("rotate 45 degrees counterclockwise", [Turn(-45)]),
        ("rotate it to the left", [Turn(-90)]),
        ("turn it upside down", [Turn(180)]),
        ("flip horizontally", [Flip()]),
        ("flip the photo vertically", [Flip(vertical=True)]),
        ("crop to the left half", [Crop(0, 0, 0.5, 1)]),
        ("turn it into a watercolor painting", [Restyle(Style.WATERCOLOUR)]),
        ("in the style of van gogh", [Restyle(Style.OIL)]),
        ("make it pixel art", [Restyle(Style.PIXEL)]),
        ("change day to night", [ChangeWeather(Weather.NIGHT)]),
        ("change night to day", [ChangeWeather(Weather.DAY)]),
        ("make it a sunny day", [ChangeWeather(Weather.DAY)]),
        ("make it autumn", [ChangeWeather(Weather.AUTUMN)]),
        ("make the sky cloudy", [ChangeWeather(Weather.OVERCAST)]),
        ("turn summer into winter", [ChangeWeather(Weather.SNOW)]),
        ("make it look like winter", [ChangeWeather(Weather.SNOW)]),
        ("add rain", [ChangeWeather(Weather.RAIN)]),
        ("turn it into a sunset", [ChangeWeather(Weather.SUNSET)]),
        ("add a red balloon in the top left", [Add("a red balloon", Place(0.18, 0.18, 0.34))]),
        ("put a cat on the right", [Add("a cat", Place(0.82, 0.62, 0.34))]),
        ("add a small dog", [Add("a small dog", None)]),
        ("Add a bird in the sky, keep everything else unchanged", [Add("a bird", Place(0.68, 0.2, 0.3))]),
        ("replace the cup with a teapot", [Swap("a teapot")]),
        ("turn the flower into a sunflower", [Swap("a sunflower")]),
        ("put a crown on the cat", [Add("crown", Near.ON_TOP)]),
        ("add sunglasses to the cat", [Add("sunglasses", Near.ON)]),
        ("add a dog next to the man", [Add("dog", Near.BESIDE)]),
        ("make the car 2 times bigger", [Rearrange(scale=2.0)]),
        ("move the cup to the left", [Rearrange(x=0.18)]),
        ("duplicate the flower", [Rearrange(again=True)]),
        ("add a white border", [Border(WHITE)]),
        ("keep only the flower in colour", [Adjust(Tone.GREY, region=Region.BACKGROUND)]),
        ("make everything except the car black and white", [Adjust(Tone.GREY, region=Region.BACKGROUND)]),
        ("add a subtle vignette", [Adjust(Tone.VIGNETTE)]),
        ("remove noise", [Adjust(Tone.SMOOTH)]),
        ("make it cinematic", [Adjust(Tone.CINEMATIC)]),
        ("make the sky more dramatic", [Adjust(Tone.DRAMATIC, region=Region.SKY)]),
        ("increase brightness by 33%", [Adjust(Tone.BRIGHTEN)]),
        ("enhance the photo", [Adjust(Tone.ENHANCE)]),
        ("make it an oil painting in the style of van gogh", [Restyle(Style.OIL)]),
        ("pixelate it", [Restyle(Style.PIXEL)]),
        ('write "SALE" in big red letters at the top', [Write("SALE", Place(0.5, 0.18, 0.34), RED)]),
        ("remove the man and fill in the background", [Remove()]),
        ("erase the cup from the table", [Remove()]),
        ("place the astronaut on the moon", [Backdrop("on the moon")]),
        ("blur the left side of the image", [Adjust(Tone.BLUR, region=Region.LEFT)]),
        ("Remove the car.", [Remove()]),
        ("erase the cat from the picture", [Remove()]),
        ("remove the red balloon", [Remove(source=RED)]),
        ("crop to the car", [CropTo(Region.SUBJECT)]),
        ("zoom in on the cat", [CropTo(Region.SUBJECT)]),
        ("crop tightly around the subject", [CropTo(Region.SUBJECT)]),
        ("make the sky purple", [Recolour(COLOURS["purple"], region=Region.SKY)]),
        ("make the sky much darker", [Adjust(Tone.DARKEN, 1.6, Region.SKY)]),
        ("replace the sky with a starry night", [Backdrop("starry night sky", Region.SKY)]),
        ("brighten the left side", [Adjust(Tone.BRIGHTEN, region=Region.LEFT)]),
        ("make the leaves yellow", [Recolour(COLOURS["yellow"], region=Region.GREENERY)]),
        ("remove the background", [CutOut()]),
        ("make the background transparent", [CutOut()]),
        ("make the background white", [Backdrop(WHITE)]),
        ("replace the background with a beach", [Backdrop("beach")]),
        ("put it on a beach", [Backdrop("beach")]),
        ('write "Hello World" at the top', [Write("Hello World", Place(0.5, 0.18, 0.34), None)]),
        ("add the text 'SALE' in red", [Write("SALE", None, RED)]),
        ('add a sign saying "OPEN"', [Add('a sign saying "OPEN"', None)]),
        ("make it red and add a hat", [Recolour(RED), Add("a hat", None)]),
        ("add a cat and a dog", [Add("a cat and a dog", None)]),
        ("Make it red. Then rotate it left!", [Recolour(RED), Turn(-90)]),
        ("remove the background, then make it brighter", [CutOut(), Adjust(Tone.BRIGHTEN)]),
    ],
)
def test_an_instruction_is_read(prompt: str, steps: list[Step]) -> None:
    """Ordinary English instructions become exactly the steps they mean."""
    instruction = parse(prompt)
    assert list(instruction.steps) == steps
    assert instruction.understood


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "variation",
        "A cute baby sea otter wearing a beret",
        "Remove the text",
        "remove the man's hat",
        "make the water purple",
        "crop to the left eye",
        "put it in a suit",
        "make it 3 times bigger",
        "remove the man in the background",
        "replace his hat with a crown",
        "move the hat to the left",
        "give the man a beard",
        "put the red one on the left",
        "keep everything as it is",
        "The man to the left of the red car is bright",
        "a brightly lit room in which nobody rotates",
        "make her smile",
        "turn the lights on",
        "change his shirt to blue",
        "crop out the ex-husband",
        "crop the half",
        "turn it",
        "put them somewhere nice",
        "make it less sepia",
        "reduce the sepia",
        "add it to the image",
        "add a " + "very " * 60 + "small cat",
    ],
)
def test_what_has_no_rule_is_not_guessed(prompt: str) -> None:
    """Words that merely occur in a sentence are no instruction."""
    instruction = parse(prompt)
    assert instruction.steps == ()
    assert not instruction.understood


def test_a_half_understood_prompt_is_not_understood() -> None:
    """The steps that could be read are there, and the instruction says that it is not all."""
    instruction = parse("make it red and make her smile")
    assert instruction.steps == (Recolour(RED),)
    assert not instruction.understood


@pytest.mark.parametrize(
    ("prompt", "arrangement"),
    [
        ("put the second image into the first", Arrangement(Layout.INTO, 0)),
        ("place image 1 on image 2 in the top left", Arrangement(Layout.INTO, 1, Place(0.18, 0.18, 0.34))),
        ("add the logo from the second image on the right", Arrangement(Layout.INTO, 0, Place(0.82, 0.62, 0.34))),
        ("side by side", Arrangement(Layout.BESIDE)),
        ("make a collage", Arrangement(Layout.COLLAGE)),
        ("combine the pictures", Arrangement(Layout.COLLAGE)),
        ("double exposure", Arrangement(Layout.BLEND)),
        ("use the second image as the background", Arrangement(Layout.INTO, 1)),
        ("use the style of the second image", Arrangement(Layout.COLOURS)),
    ],
)
def test_an_arrangement_is_read(prompt: str, arrangement: Arrangement) -> None:
    """How pictures come together is read when there are several, and only then."""
    assert parse(prompt, 2).arrangement == arrangement
    assert parse(prompt, 2).understood
    assert parse(prompt, 1).arrangement is None


def test_an_arrangement_and_steps_go_together() -> None:
    """Pictures are brought together first; what else is said comes after."""
    instruction = parse("side by side and make it black and white", 3)
    assert instruction.arrangement == Arrangement(Layout.BESIDE)
    assert instruction.steps == (Adjust(Tone.GREY),)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "nothing",
        "remove",
        "Remove the person.",
        "erase it",
        "fill with the background",
        "fill in the background",
        "background",
    ],
)
def test_a_wish_for_nothing_is_read(prompt: str) -> None:
    """A masked edit may ask for the hole to be cleared only."""
    assert wants_nothing(prompt)


@pytest.mark.parametrize("prompt", ["a cat", "remove the dog and add a cat", "no idea", "a background of stars"])
def test_a_wish_for_something_is_no_wish_for_nothing(prompt: str) -> None:
    """Anything else asks for something."""
    assert not wants_nothing(prompt)


@pytest.mark.parametrize(
    ("prompt", "subject"),
    [
        ("a flamingo", "a flamingo"),
        ("Add a flamingo", "a flamingo"),
        ("put a flamingo in the masked area", "a flamingo"),
        ("replace the car with a flamingo", "a flamingo"),
        ("Please fill the hole with a flamingo", "a flamingo"),
        ("turn it into a flamingo", "a flamingo"),
        ("add", "add"),
    ],
)
def test_the_subject_of_a_hole_is_found(prompt: str, subject: str) -> None:
    """What is left without the verb and the words for the hole is what shall be seen there."""
    assert subject_of(prompt) == subject


def test_endless_wishes_end() -> None:
    """Only so many steps are done for one instruction; that it went on is not forgotten."""
    instruction = parse("rotate left, " * 100)
    assert len(instruction.steps) == STEPS_MAX
    assert not instruction.understood


@given(st.text(max_size=300))
@settings(max_examples=150)
def test_any_text_can_be_read(prompt: str) -> None:
    """No text is an error, and what is understood has something to do."""
    instruction = parse(prompt, 2)
    assert not instruction.understood or instruction.steps or instruction.arrangement
    assert isinstance(subject_of(prompt), str)
    wants_nothing(prompt)


@pytest.mark.parametrize(
    "piece", ["a bit more ", "make it ", "and ", "the the ", '"', "add a cat in the top left ", "§0 "]
)
def test_long_prompts_are_read_in_bounded_time(piece: str) -> None:
    """A prompt as long as the contract admits, of words that rules love, is read without harm."""
    prompt = piece * (32_000 // len(piece))
    assert len(prompt) > PROMPT_CHARS_MAX
    parse(prompt, 2)
    subject_of(prompt)
    wants_nothing(prompt)
