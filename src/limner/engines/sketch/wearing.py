"""What things can be to one another: which are worn and where, which are held, which hold others, which carry them.

Tables of shares of a drawing's box, and a few rules about kinds. Knows nothing of sentences and nothing of pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from limner.engines.sketch.habitat import habitat
from limner.engines.sketch.people import stance
from limner.engines.sketch.sprite import base_of, sprite
from limner.engines.sketch.vocabulary import PRINTABLE

HATS: Final = frozenset(
    (
        "beret",
        "beanie",
        "party-hat",
        "cowboy-hat",
        "wizard-hat",
        "top-hat",
        "womans-hat",
        "billed-cap",
        "crown",
        "graduation-cap",
        "military-helmet",
        "rescue-workers-helmet",
    )
)
EYEWEAR: Final = frozenset(("glasses", "sunglasses", "goggles", "diving-mask"))
NECKWEAR: Final = frozenset(("scarf", "necktie", "prayer-beads", "ribbon", "sports-medal", "headphone"))
HELD: Final = frozenset(
    (
        "umbrella", "balloon", "magic-wand", "guitar", "microphone", "book", "open-book", "bouquet", "rose",
        "sunflower", "crossed-swords", "dagger", "camera", "wrapped-gift", "red-heart", "candle", "fishing-pole",
        "violin", "trumpet", "briefcase", "handbag", "basket", "luggage", "shopping-bags", "kite", "teddy-bear",
        "magnifying-glass-tilted-left", "shield", "cup-with-straw", "diploma",
    )
)  # fmt: skip
"""What "with" puts into a hand."""
GLASS: Final = frozenset(("jar", "crystal-ball", "light-bulb", "bottle", "wine-glass", "tumbler-glass", "bubbles"))
"""Containers one can see into."""
OPEN: Final = frozenset(
    ("basket", "bucket", "bathtub", "vase", "bowl", "potted-plant", "package", "mug", "bowl-with-spoon",
     "nest-with-eggs",
     "hot-beverage", "canoe", "sailboat", "pot-of-food", "shopping-cart", "hot-air-balloon", "tall-ship", "backpack")
)  # fmt: skip
"""Containers whose front hides the lower part of what is in them."""
VEHICLES: Final = frozenset(("automobile", "racing-car", "pickup-truck", "tractor", "locomotive", "taxi", "rocket"))

_PERSON_KINDS: Final = ("person", "person-role", "person-activity", "person-fantasy", "person-sport", "family")
_FIRM: Final = (
    "animal-mammal", "animal-reptile", "animal-bird", "furniture", "household", "place-building", "place-geographic",
    "transport-ground", "transport-water", "transport-air", "plant-other", "plant-flower", "food-vegetable",
    "food-fruit", "food-sweet", "food-prepared", "book-paper", "mail", "office", "other-object", "musical-instrument",
    "sport", "animal-marine", "money", "place-map", "place-other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Body:
    """Where a body's parts are, in shares of its box: across from the left, down from the top.

    head_x: the head's middle; crown_y: where a hat's brim sits; eyes_y; neck_y; head_width: of the box's width.
    hand_x, hand_y: where something is held.
    """

    head_x: float
    crown_y: float
    eyes_y: float
    neck_y: float
    head_width: float
    hand_x: float = 0.8
    hand_y: float = 0.62


_SITTING: Final = Body(0.45, 0.13, 0.3, 0.5, 0.5, 0.5, 0.72)
_STANDING: Final = Body(0.5, 0.1, 0.3, 0.42, 0.5, 0.79, 0.7)
_ADULT: Final = Body(0.5, 0.055, 0.135, 0.24, 0.46, 0.9, 0.56)
_CHILD: Final = Body(0.5, 0.085, 0.2, 0.34, 0.52, 0.9, 0.62)
_BUST: Final = Body(0.5, 0.16, 0.4, 0.72, 0.5, 0.85, 0.9)
_USUAL: Final = Body(0.5, 0.1, 0.27, 0.45, 0.5)
_BODIES: Final[Mapping[str, Body]] = {
    name: body
    for names, body in (
        ("fox wolf lion tiger-face bear polar-bear panda koala hamster moose unicorn frog", _SITTING),
        (
            "mage princess prince vampire ninja santa-claus elf cook detective farmer firefighter police-officer",
            _STANDING,
        ),
        (
            "alien scientist artist teacher student singer pilot construction-worker health-worker guard zombie",
            _STANDING,
        ),
        ("man woman old-man old-woman person", _ADULT),
        ("boy girl", _CHILD),
        ("baby", Body(0.5, 0.12, 0.33, 0.55, 0.6, 0.86, 0.7)),
        ("cat", Body(0.33, 0.16, 0.3, 0.52, 0.5)),
        ("black-cat", Body(0.3, 0.16, 0.37, 0.5, 0.45)),
        ("dog", Body(0.41, 0.1, 0.28, 0.55, 0.55)),
        ("poodle", Body(0.36, 0.06, 0.25, 0.42, 0.32)),
        ("penguin", Body(0.46, 0.045, 0.14, 0.3, 0.4, 0.12, 0.55)),
        ("rabbit", Body(0.3, 0.42, 0.46, 0.62, 0.48)),
        ("horse", Body(0.18, 0.1, 0.24, 0.5, 0.24)),
        ("cow", Body(0.22, 0.18, 0.25, 0.42, 0.28)),
        ("pig", Body(0.3, 0.12, 0.46, 0.84, 0.5)),
        ("elephant", Body(0.33, 0.08, 0.36, 0.62, 0.5)),
        ("monkey", Body(0.33, 0.12, 0.36, 0.58, 0.44)),
        ("gorilla", Body(0.25, 0.06, 0.22, 0.42, 0.36)),
        ("mouse", Body(0.28, 0.2, 0.36, 0.58, 0.4)),
        ("ewe", Body(0.27, 0.16, 0.36, 0.62, 0.42)),
        ("goat", Body(0.4, 0.26, 0.38, 0.58, 0.44)),
        ("duck", Body(0.36, 0.05, 0.14, 0.4, 0.34)),
        ("rooster", Body(0.32, 0.16, 0.26, 0.44, 0.32)),
        ("owl", Body(0.5, 0.12, 0.3, 0.54, 0.78)),
        ("parrot", Body(0.27, 0.06, 0.17, 0.38, 0.4)),
        ("flamingo", Body(0.27, 0.04, 0.08, 0.36, 0.22)),
        ("turtle", Body(0.2, 0.3, 0.45, 0.7, 0.36)),
        ("snake", Body(0.37, 0.05, 0.12, 0.42, 0.42)),
        ("tiger", Body(0.17, 0.1, 0.27, 0.62, 0.34)),
        ("deer", Body(0.34, 0.24, 0.31, 0.48, 0.36)),
        ("camel", Body(0.2, 0.06, 0.18, 0.45, 0.28)),
        ("giraffe", Body(0.2, 0.05, 0.15, 0.5, 0.26)),
        ("zebra", Body(0.2, 0.08, 0.25, 0.55, 0.28)),
        ("hedgehog", Body(0.24, 0.34, 0.56, 0.82, 0.34)),
        ("t-rex", Body(0.2, 0.06, 0.16, 0.4, 0.34)),
        ("dragon", Body(0.25, 0.08, 0.17, 0.4, 0.4)),
        ("raccoon", Body(0.15, 0.22, 0.42, 0.72, 0.26)),
        ("kangaroo", Body(0.16, 0.2, 0.3, 0.46, 0.24)),
        ("llama", Body(0.16, 0.14, 0.17, 0.36, 0.22)),
        ("badger", Body(0.2, 0.18, 0.36, 0.6, 0.28)),
        ("otter", Body(0.26, 0.06, 0.2, 0.44, 0.38)),
        ("sloth", Body(0.21, 0.34, 0.42, 0.62, 0.36)),
        ("skunk", Body(0.15, 0.6, 0.76, 0.92, 0.24)),
        ("beaver", Body(0.2, 0.06, 0.17, 0.4, 0.36)),
        ("ox", Body(0.18, 0.16, 0.25, 0.5, 0.24)),
        ("rhinoceros", Body(0.2, 0.3, 0.46, 0.8, 0.3)),
        ("hippopotamus", Body(0.2, 0.2, 0.36, 0.76, 0.32)),
        ("chipmunk", Body(0.19, 0.12, 0.36, 0.56, 0.34)),
        ("leopard", Body(0.2, 0.1, 0.24, 0.5, 0.3)),
        ("seal", Body(0.29, 0.02, 0.17, 0.46, 0.42)),
        ("swan", Body(0.15, 0.03, 0.15, 0.46, 0.22)),
        ("goose", Body(0.22, 0.02, 0.09, 0.36, 0.26)),
        ("peacock", Body(0.5, 0.2, 0.29, 0.46, 0.18)),
        ("turkey", Body(0.15, 0.04, 0.12, 0.42, 0.26)),
        ("sauropod", Body(0.23, 0.03, 0.11, 0.4, 0.26)),
        ("bird black-bird", Body(0.21, 0.03, 0.22, 0.48, 0.38)),
        ("guide-dog", Body(0.16, 0.04, 0.12, 0.32, 0.24)),
        ("orangutan", Body(0.52, 0.18, 0.22, 0.46, 0.32)),
        ("ram", Body(0.24, 0.12, 0.4, 0.64, 0.36)),
        ("two-hump-camel", Body(0.2, 0.08, 0.19, 0.5, 0.26)),
        ("teddy-bear", Body(0.5, 0.08, 0.26, 0.5, 0.6)),
        ("snowman-without-snow", Body(0.5, 0.06, 0.2, 0.38, 0.4)),
        ("robot", Body(0.5, 0.06, 0.3, 0.55, 0.6, 0.9, 0.78)),
        ("astronaut-figure", Body(0.48, 0.05, 0.24, 0.45, 0.5, 0.8, 0.27)),
        ("cactus", Body(0.5, 0.04, 0.26, 0.5, 0.4)),
    )
    for name in names.split()
}


def body_of(name: str) -> Body:
    """Where the parts of a thing's body are."""
    if name.endswith("bust"):
        return _BUST
    usual, doing = _BODIES.get(base_of(name), _USUAL), stance(name)
    if doing is not None:
        return Body(
            head_x=usual.head_x,
            crown_y=usual.crown_y * doing.scale_y,
            eyes_y=usual.eyes_y * doing.scale_y,
            neck_y=usual.neck_y * doing.scale_y,
            head_width=usual.head_width * doing.scale_x,
            hand_x=doing.hand_x,
            hand_y=doing.hand_y,
        )
    return usual


def animate(name: str) -> bool:
    """Whether it can wear, hold and ride."""
    kind = sprite(name).kind
    return kind.startswith(("animal", "face-")) or kind in _PERSON_KINDS or base_of(name) in _BODIES


def wearable(name: str) -> bool:
    """Whether it is worn on the head, before the eyes or round the neck."""
    return name in HATS or name in EYEWEAR or name in NECKWEAR


def tie_of(relation: str, subject: str, name: str) -> str | None:
    """What a relation that was said ("on", "with") makes of two things, the subject first; None: nothing drawable.

    "worn", "held", "filling", "printed" and "garnish" tie the second to the first, all others the first to the second.
    """
    flowery = sprite(subject).kind.startswith(("plant", "food"))
    worn = wearable(name) and (animate(subject) or flowery)
    match relation:
        case "wearing":
            return "worn" if wearable(name) else None
        case "holding" | "shaped":
            return "held" if relation == "holding" else "printed"
        case "with":
            return "worn" if worn else _with(subject, name)
        case "in":
            return "worn" if worn else _in(name)
        case "of":
            return "filling" if subject in GLASS or subject in OPEN else None
        case "on" if name == "easel":
            return "beside"
        case "on":
            large = habitat(name).stature > 0.38 * habitat(subject).stature
            if name == "pedestal":
                return "on"
            return "on" if large and sprite(name).kind in _FIRM else None
        case _:
            return "held" if name == "kite" else relation


def _with(subject: str, name: str) -> str | None:
    if subject in PRINTABLE:
        return "printed"
    if subject in OPEN and sprite(name).kind.startswith(("plant", "food")):
        return "filling"
    dish = sprite(subject).kind in ("food-prepared", "food-sweet", "food-asian")
    if dish and sprite(name).kind in ("food-fruit", "food-vegetable"):
        return "garnish"
    return "held" if name in HELD and animate(subject) else None


def _in(name: str) -> str | None:
    if name in GLASS or name in OPEN or name in VEHICLES:
        return "in"
    return "on" if sprite(name).kind in ("furniture", "hotel") or name in ("bed", "chair") else None
