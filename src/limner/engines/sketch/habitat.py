"""Where things live and how large they are beside one another. Tables; the kinds are emojibase's subgroups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from limner.engines.sketch.sprite import base_of, sprite


@dataclass(frozen=True, slots=True)
class Habitat:
    """medium: "ground", "air", "water" (on it) or "deep" (in it). stature: height beside a person's, which is 1.

    scene: the scene a prompt means that names only this thing.
    """

    medium: str
    stature: float
    scene: str


_KINDS: Final[Mapping[str, Habitat]] = {
    "animal-mammal": Habitat("ground", 0.85, "meadow"),
    "animal-bird": Habitat("ground", 0.55, "meadow"),
    "animal-bug": Habitat("ground", 0.4, "meadow"),
    "animal-amphibian": Habitat("ground", 0.5, "lake"),
    "animal-reptile": Habitat("ground", 0.6, "meadow"),
    "animal-marine": Habitat("deep", 0.55, "underwater"),
    "plant-flower": Habitat("ground", 0.55, "meadow"),
    "plant-other": Habitat("ground", 0.6, "meadow"),
    "food-fruit": Habitat("ground", 0.5, "table"),
    "food-vegetable": Habitat("ground", 0.5, "table"),
    "food-prepared": Habitat("ground", 0.5, "table"),
    "food-asian": Habitat("ground", 0.5, "table"),
    "food-sweet": Habitat("ground", 0.5, "table"),
    "drink": Habitat("ground", 0.55, "table"),
    "dishware": Habitat("ground", 0.5, "table"),
    "place-building": Habitat("ground", 1.9, "meadow"),
    "place-religious": Habitat("ground", 1.9, "meadow"),
    "place-other": Habitat("ground", 1.6, "meadow"),
    "place-geographic": Habitat("ground", 1.9, "meadow"),
    "transport-ground": Habitat("ground", 0.95, "city"),
    "transport-water": Habitat("water", 0.95, "sea"),
    "transport-air": Habitat("air", 0.8, "sky"),
    "sky-craft": Habitat("air", 1.1, "sky"),
    "sky-weather": Habitat("air", 0.5, "sky"),
    "person": Habitat("ground", 1.0, "meadow"),
    "person-role": Habitat("ground", 0.9, "studio"),
    "person-fantasy": Habitat("ground", 1.0, "forest"),
    "person-activity": Habitat("ground", 1.0, "meadow"),
    "person-sport": Habitat("ground", 1.0, "meadow"),
    "person-symbol": Habitat("ground", 1.0, "studio"),
    "family": Habitat("ground", 1.0, "meadow"),
    "furniture": Habitat("ground", 1.0, "room"),
    "household": Habitat("ground", 0.7, "room"),
    "musical-instrument": Habitat("ground", 0.8, "room"),
    "event": Habitat("ground", 0.6, "studio"),
    "light-video": Habitat("ground", 0.5, "table"),
    "book-paper": Habitat("ground", 0.45, "table"),
    "writing": Habitat("ground", 0.5, "table"),
    "computer": Habitat("ground", 0.6, "table"),
    "shape": Habitat("air", 0.9, "studio"),
}
_OTHER: Final = Habitat("ground", 0.6, "studio")

_EXCEPTIONS: Final[Mapping[str, Habitat]] = {
    name: habitat
    for names, habitat in (
        ("bird dove eagle bat honeybee butterfly monarch-butterfly fly mosquito owl", Habitat("air", 0.36, "meadow")),
        ("parrot", Habitat("air", 0.4, "forest")),
        ("phoenix", Habitat("air", 0.8, "sky")),
        ("black-bird", Habitat("air", 0.36, "forest")),
        ("duck swan goose", Habitat("water", 0.42, "lake")),
        ("chicken rooster turkey baby-chick front-facing-baby-chick hatching-chick", Habitat("ground", 0.45, "meadow")),
        ("flamingo peacock", Habitat("ground", 0.8, "lake")),
        ("penguin", Habitat("ground", 0.6, "snow")),
        ("polar-bear seal", Habitat("ground", 0.8, "snow")),
        ("elephant mammoth giraffe", Habitat("ground", 1.5, "desert")),
        ("sauropod t-rex", Habitat("ground", 1.7, "forest")),
        ("dragon", Habitat("ground", 1.5, "mountains")),
        ("horse cow ox bison water-buffalo rhinoceros hippopotamus zebra deer", Habitat("ground", 1.15, "meadow")),
        ("camel two-hump-camel scorpion cactus", Habitat("ground", 1.0, "desert")),
        ("fox wolf bear moose hedgehog badger raccoon skunk chipmunk beaver boar", Habitat("ground", 0.8, "forest")),
        ("mouse rat hamster chipmunk hedgehog snail ladybug worm ant", Habitat("ground", 0.42, "meadow")),
        ("rabbit cat black-cat", Habitat("ground", 0.6, "meadow")),
        ("gorilla", Habitat("ground", 1.1, "forest")),
        ("leopard lion tiger tiger-face", Habitat("ground", 0.85, "meadow")),
        ("mushroom", Habitat("ground", 0.4, "forest")),
        ("crab oyster spiral-shell", Habitat("ground", 0.42, "beach")),
        ("coral", Habitat("ground", 0.7, "underwater")),
        ("lobster", Habitat("ground", 0.5, "underwater")),
        ("turtle", Habitat("ground", 0.5, "beach")),
        ("whale spouting-whale orca shark", Habitat("deep", 0.95, "underwater")),
        ("dolphin", Habitat("deep", 0.8, "sea")),
        ("evergreen-tree deciduous-tree leafless-tree christmas-tree", Habitat("ground", 1.9, "meadow")),
        ("palm-tree", Habitat("ground", 1.8, "beach")),
        ("potted-plant bouquet", Habitat("ground", 0.7, "table")),
        ("lighthouse", Habitat("ground", 2.1, "sea")),
        ("office-building tokyo-tower eiffel-tower statue-of-liberty factory", Habitat("ground", 2.2, "city")),
        ("desert-island", Habitat("water", 1.3, "sea")),
        ("beach-with-umbrella umbrella-on-ground", Habitat("ground", 1.0, "beach")),
        ("canoe person-rowing-boat", Habitat("water", 0.6, "lake")),
        ("sailboat", Habitat("water", 1.25, "sea")),
        ("person-surfing", Habitat("water", 0.9, "sea")),
        ("person-swimming", Habitat("water", 0.5, "sea")),
        ("mermaid merman", Habitat("deep", 0.9, "underwater")),
        ("anchor", Habitat("ground", 0.8, "underwater")),
        ("train high-speed-train locomotive tram-car railway-car", Habitat("ground", 1.0, "meadow")),
        ("tractor", Habitat("ground", 1.0, "meadow")),
        ("tent camping", Habitat("ground", 0.85, "forest")),
        ("fire", Habitat("ground", 0.55, "forest")),
        ("alien", Habitat("ground", 0.95, "space")),
        ("rocket flying-saucer satellite ringed-planet comet meteor", Habitat("air", 0.95, "space")),
        ("globe-showing-europe-africa globe-showing-americas", Habitat("air", 1.0, "space")),
        ("globe-showing-asia-australia", Habitat("air", 1.0, "space")),
        ("balloon", Habitat("air", 0.85, "sky")),
        ("kite parachute", Habitat("air", 0.8, "sky")),
        ("umbrella", Habitat("ground", 0.9, "city")),
        ("snowman-without-snow", Habitat("ground", 0.9, "snow")),
        ("skier snowboarder sled ice-skate", Habitat("ground", 0.95, "snow")),
        ("moai", Habitat("ground", 1.3, "meadow")),
        ("volcano", Habitat("ground", 2.2, "desert")),
        ("ghost skull jack-o-lantern", Habitat("ground", 0.8, "forest")),
        ("jack-o-lantern pumpkin", Habitat("ground", 0.5, "meadow")),
        ("fairy genie superhero", Habitat("air", 0.8, "sky")),
        ("astronaut astronaut-figure", Habitat("ground", 1.0, "space")),
        ("robot", Habitat("ground", 1.0, "city")),
        ("mage princess prince", Habitat("ground", 1.0, "forest")),
        ("santa-claus elf", Habitat("ground", 0.95, "snow")),
        ("vampire zombie", Habitat("ground", 1.0, "forest")),
        ("cook artist scientist teacher detective health-worker singer", Habitat("ground", 1.0, "room")),
        ("ninja police-officer firefighter pilot construction-worker guard", Habitat("ground", 1.0, "city")),
        ("house-with-garden castle house houses cabin church windmill", Habitat("ground", 1.9, "meadow")),
        ("shinto-shrine japanese-castle", Habitat("ground", 1.7, "lake")),
        ("telescope", Habitat("ground", 0.9, "meadow")),
        ("treasure-chest", Habitat("ground", 0.6, "beach")),
        ("star", Habitat("air", 0.5, "studio")),
        ("couch-and-lamp bed couch", Habitat("ground", 0.72, "room")),
        ("chair", Habitat("ground", 0.6, "room")),
        ("floor-lamp", Habitat("ground", 1.4, "room")),
        ("soccer-ball basketball volleyball tennis", Habitat("ground", 0.4, "meadow")),
        ("teddy-bear candle", Habitat("ground", 0.6, "room")),
        ("lemon lime strawberry cherries tangerine peach kiwi-fruit egg", Habitat("ground", 0.3, "table")),
        ("garlic onion potato chestnut olive blueberries cookie candy", Habitat("ground", 0.3, "table")),
        ("red-apple green-apple pear tomato avocado mango", Habitat("ground", 0.36, "table")),
        ("man woman old-man old-woman person", Habitat("ground", 1.05, "meadow")),
        ("boy girl", Habitat("ground", 0.72, "meadow")),
        ("baby", Habitat("ground", 0.46, "room")),
        ("tree", Habitat("ground", 1.9, "meadow")),
        ("tall-ship", Habitat("water", 1.6, "sea")),
        ("bridge", Habitat("ground", 1.2, "river")),
        ("bench fence", Habitat("ground", 0.62, "garden")),
        ("waterfall", Habitat("ground", 2.2, "river")),
        ("iceberg", Habitat("water", 1.7, "sea")),
        ("bowl teacup perfume pizza-whole", Habitat("ground", 0.5, "table")),
        ("sandcastle beach-ball", Habitat("ground", 0.5, "beach")),
        ("knight", Habitat("ground", 1.05, "meadow")),
        ("whiteboard", Habitat("ground", 1.2, "office")),
        ("picnic-blanket", Habitat("ground", 0.34, "meadow")),
        ("paper-crane", Habitat("ground", 0.4, "table")),
        ("beret beanie party-hat cowboy-hat wizard-hat", Habitat("ground", 0.45, "studio")),
        ("sign-board", Habitat("ground", 0.7, "studio")),
        ("paper-plane", Habitat("air", 0.5, "sky")),
        ("pedestal", Habitat("ground", 0.2, "studio")),
        ("cafe-table", Habitat("ground", 0.6, "street")),
        ("diploma check-mark", Habitat("ground", 0.4, "studio")),
        ("rose", Habitat("ground", 0.42, "meadow")),
        ("windowsill", Habitat("ground", 1.7, "room")),
        ("cherry-tree", Habitat("ground", 1.9, "meadow")),
        ("otter", Habitat("water", 0.5, "sea")),
        ("easel", Habitat("ground", 0.95, "room")),
        ("table desk", Habitat("ground", 0.5, "room")),
        ("armchair", Habitat("ground", 0.62, "room")),
        ("bookshelf", Habitat("ground", 1.5, "room")),
        ("bottle vase jar basket", Habitat("ground", 0.75, "table")),
        ("mug", Habitat("ground", 0.5, "table")),
        ("t-shirt running-shoe mans-shoe high-heeled-shoe backpack watch", Habitat("ground", 0.6, "studio")),
        ("farmer tractor barn", Habitat("ground", 1.0, "farm")),
        ("singer microphone", Habitat("ground", 1.0, "stage")),
        ("cook", Habitat("ground", 1.0, "kitchen")),
    )
    for name in names.split()
}  # fmt: skip

_REAL: Final[Mapping[str, float]] = {
    name: height
    for names, height in (
        ("dog poodle guide-dog", 0.46), ("cat black-cat fox", 0.36), ("rabbit duck rooster turkey raccoon", 0.3),
        ("swan goose wolf badger koala beaver monkey otter", 0.5),
        ("penguin pig goat ewe ram tiger lion leopard", 0.62),
        ("mouse rat hamster hedgehog chipmunk frog snail crab", 0.16), ("horse cow ox zebra camel deer moose", 1.3),
        ("elephant mammoth", 1.9), ("giraffe", 2.3), ("bear polar-bear gorilla panda", 0.95), ("fire", 0.5),
        ("soccer-ball basketball beach-ball volleyball", 0.2), ("sandcastle", 0.42), ("teddy-bear", 0.32),
        ("fish tropical-fish blowfish", 0.24), ("picnic-blanket", 0.3), ("sunflower", 0.8),
        ("rose tulip blossom", 0.34),
        ("dolphin shark", 0.6), ("bench", 0.55),
    )
    for name in names.split()
}  # fmt: skip
SMALL_KINDS: Final = ("food", "drink", "dishware", "book-paper", "computer", "sport")
"""Kinds of things that are small beside anybody, though they fill a picture alone."""
_REAL_KINDS: Final = {
    "food": 0.22,
    "drink": 0.2,
    "dishware": 0.24,
    "animal-bug": 0.14,
    "book-paper": 0.2,
    "computer": 0.3,
    "sport": 0.2,
}


def beside_people(name: str) -> float:
    """Height among people, where a grown-up's is about 1: nearer to life than the stature of what stands alone."""
    kind = sprite(name).kind
    height = _REAL.get(base_of(name)) or next(
        (tall for start, tall in _REAL_KINDS.items() if kind.startswith(start)), None
    )
    return height or habitat(name).stature


def habitat(name: str) -> Habitat:
    """Where the thing of that name lives."""
    return _EXCEPTIONS.get(base_of(name)) or _KINDS.get(sprite(name).kind, _OTHER)
