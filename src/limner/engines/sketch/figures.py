"""Things drawn by hand because the icon set lacks them or shows only their heads.

Each is made of SVG files in `drawings/`, feet on the lower edge of their box, with an icon for the face where there is
one. In a drawing, `fill="{fur}"` is a colour the table below fills in. People and trees are drawn by code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from limner.engines.sketch.asleep import SLEEPERS, sleeper
from limner.engines.sketch.colour import Colour
from limner.engines.sketch.figure import Figure
from limner.engines.sketch.people import PEOPLE, person
from limner.engines.sketch.trees import tree


def _sitting(head: str, fur: str, chest: str, paw: str, tail: str | None, tip: str = "#fff3e6") -> Figure:
    """An animal sitting up, facing us."""
    fills = {"fur": fur, "chest": chest, "haunch": str(Colour.parse(fur).lighter(-0.07)), "paw": paw, "tip": tip}
    parts = ("sitting",) if tail is None else (tail, "sitting")
    return Figure(
        kind="animal-mammal",
        width=166,
        height=198,
        parts=parts,
        main=fur,
        fills=fills,
        head=head,
        head_x=15,
        head_y=-6,
    )


def _standing(head: str, coat: str, legs: str, *, robe: bool = False, hand: str = "#fcc21b") -> Figure:
    """A person standing, facing us. robe: the coat reaches the feet."""
    sleeve = str(Colour.parse(coat).lighter(-0.06))
    fills = {"coat": coat, "legs": legs, "sleeve": sleeve, "hand": hand, "shoes": "#3b3230"}
    return Figure(
        kind="person",
        width=152,
        height=210,
        parts=("standing", "robe" if robe else "coat"),
        main=coat,
        fills=fills,
        head=head,
        head_x=17,
        head_y=-8,
    )


def _drawn(kind: str, width: float, height: float, drawing: str, main: str) -> Figure:
    """A drawing as it is."""
    return Figure(kind=kind, width=width, height=height, parts=(drawing,), main=main)


FIGURES: Final[Mapping[str, Figure]] = {
    "fox": _sitting("fox", "#e8632a", "#fff3e6", "#4a2f2a", "tail-bushy"),
    "wolf": _sitting("wolf", "#8b939b", "#dfe3e6", "#6e767e", "tail-bushy", "#5d656d"),
    "lion": _sitting("lion", "#e0a345", "#f3c877", "#cf9238", "tail-thin", "#7a4f30"),
    "tiger-face": _sitting("tiger-face", "#f29a2e", "#fff3e0", "#e0861c", "tail-thin", "#3b2a22"),
    "bear": _sitting("bear", "#7d5a4c", "#a5806c", "#644438", None),
    "polar-bear": _sitting("polar-bear", "#eef3f6", "#ffffff", "#dbe4ea", None),
    "panda": _sitting("panda", "#35383d", "#f5f5f2", "#26282c", None),
    "koala": _sitting("koala", "#9aa0a6", "#e6e3df", "#7d8389", None),
    "hamster": _sitting("hamster", "#e7a866", "#fff1df", "#f6c9a8", None),
    "moose": _sitting("moose", "#6d4c41", "#8a6656", "#4e342e", None),
    "unicorn": _sitting("unicorn", "#eceff3", "#ffffff", "#c9b6dd", "tail-bushy", "#e86aa8"),
    "frog": _sitting("frog", "#7cb342", "#dcedc8", "#689f38", None),
    "mage": _standing("mage", "#5c6bc0", "#3949ab", robe=True),
    "princess": _standing("princess", "#ec6aa0", "#c2487f", robe=True),
    "prince": _standing("prince", "#3f6fc0", "#2f3f6a"),
    "vampire": _standing("vampire", "#2b2b33", "#1d1d24", robe=True),
    "ninja": _standing("ninja", "#303339", "#24262b"),
    "santa-claus": _standing("santa-claus", "#d8362f", "#c02a25", hand="#f4f4f4"),
    "elf": _standing("elf", "#4f9a4a", "#7a5a3d"),
    "cook": _standing("cook", "#f2f2f0", "#4a5560"),
    "detective": _standing("detective", "#55606a", "#3a424a"),
    "farmer": _standing("farmer", "#3f7fb5", "#34669a"),
    "firefighter": _standing("firefighter", "#c8402f", "#8f2d22"),
    "police-officer": _standing("police-officer", "#2f5fae", "#24457e"),
    "scientist": _standing("scientist", "#eef2f4", "#54616c"),
    "artist": _standing("artist", "#4a4f57", "#3a3d44"),
    "teacher": _standing("teacher", "#5a8f6a", "#3f4a56"),
    "student": _standing("student", "#2f3640", "#2f3640", robe=True),
    "singer": _standing("singer", "#8a3fb0", "#2f2f3a"),
    "pilot": _standing("pilot", "#2b3240", "#222834"),
    "construction-worker": _standing("construction-worker", "#f29a2e", "#3f6f9f"),
    "health-worker": _standing("health-worker", "#eef2f4", "#7fb5c0"),
    "guard": _standing("guard", "#c62f2a", "#26282d"),
    "alien": _standing("alien", "#7f8fa3", "#5d6b80", hand="#b3bcc4"),
    "zombie": _standing("zombie", "#f08030", "#5a5560", hand="#7fa05a"),
    "robot": Figure(
        kind="person",
        width=160,
        height=218,
        parts=("robot-body",),
        main="#9fb0bc",
        head="robot",
        head_x=22,
        head_y=-4,
    ),
    "astronaut-figure": _drawn("person", 148, 198, "astronaut-figure", "#f4f7fa"),
    "hot-air-balloon": _drawn("sky-craft", 160, 194, "hot-air-balloon", "#e2463f"),
    "cabin": _drawn("place-building", 210, 170, "cabin", "#8a5a35"),
    "windmill": _drawn("place-building", 160, 220, "windmill", "#a94436"),
    "bridge": _drawn("place-other", 420, 130, "bridge", "#a49a8c"),
    "eiffel-tower": _drawn("place-building", 130, 260, "eiffel-tower", "#8a6a4f"),
    "tall-ship": _drawn("transport-water", 260, 250, "tall-ship", "#7a4a2a"),
    "floor-lamp": _drawn("furniture", 100, 240, "floor-lamp", "#f7d48a"),
    "couch": _drawn("furniture", 220, 136, "couch", "#c65d4b"),
    "armchair": _drawn("furniture", 160, 160, "armchair", "#4f8a83"),
    "table": _drawn("furniture", 220, 130, "table", "#b27a47"),
    "desk": _drawn("furniture", 280, 140, "desk", "#dcb482"),
    "bookshelf": _drawn("furniture", 180, 260, "bookshelf", "#7a5033"),
    "bench": _drawn("place-other", 220, 120, "bench", "#a8713f"),
    "fence": _drawn("place-other", 260, 90, "fence", "#f8f4ea"),
    "pumpkin": _drawn("food-vegetable", 160, 122, "pumpkin", "#ec8225"),
    "bottle": _drawn("dishware", 90, 260, "bottle", "#2f8f5b"),
    "vase": _drawn("dishware", 120, 150, "vase", "#4f86b5"),
    "mug": _drawn("dishware", 150, 130, "mug", "#e0604c"),
    "coffee-above": _drawn("dishware", 150, 130, "coffee-above", "#f8f4ee"),
    "waterfall": _drawn("place-geographic", 240, 300, "waterfall", "#a9dcf2"),
    "iceberg": _drawn("place-geographic", 300, 190, "iceberg", "#cfeaf7"),
    "bowl": _drawn("dishware", 170, 94, "bowl", "#ece6da"),
    "teacup": _drawn("drink", 180, 118, "teacup", "#f3eee4"),
    "perfume": _drawn("dishware", 130, 200, "perfume", "#e79aae"),
    "pizza-whole": _drawn("food-prepared", 200, 200, "pizza-whole", "#f6c95a"),
    "sandcastle": _drawn("place-building", 200, 150, "sandcastle", "#e3c184"),
    "knight": _drawn("person", 152, 210, "knight", "#aab4bf"),
    "whiteboard": _drawn("office", 240, 200, "whiteboard", "#fbfcfd"),
    "picnic-blanket": _drawn("household", 320, 110, "picnic-blanket", "#d8443d"),
    "paper-plane": _drawn("transport-air", 200, 120, "paper-plane", "#f4f2ec"),
    "paper-crane": _drawn("animal-bird", 200, 170, "paper-crane", "#f3efe6"),
    "beret": _drawn("clothing", 140, 68, "beret", "#b8322f"),
    "beanie": _drawn("clothing", 130, 96, "beanie", "#d8503f"),
    "party-hat": _drawn("clothing", 100, 134, "party-hat", "#7a4fc0"),
    "cowboy-hat": _drawn("clothing", 180, 94, "cowboy-hat", "#b07d49"),
    "wizard-hat": _drawn("clothing", 160, 168, "wizard-hat", "#4a3f8f"),
    "sign-board": _drawn("office", 200, 194, "sign-board", "#b98a58"),
    "circle": _drawn("shape", 100, 100, "circle", "#3f78b5"),
    "square": _drawn("shape", 100, 100, "square", "#3f78b5"),
    "triangle": _drawn("shape", 115, 100, "triangle", "#3f78b5"),
    "rectangle": _drawn("shape", 160, 100, "rectangle", "#3f78b5"),
    "oval": _drawn("shape", 160, 100, "oval", "#3f78b5"),
    "hexagon": _drawn("shape", 116, 100, "hexagon", "#3f78b5"),
    "cube": _drawn("shape", 120, 128, "cube", "#3f78b5"),
    "sphere": _drawn("shape", 100, 100, "sphere", "#3f78b5"),
    "beach-ball": _drawn("sport", 120, 120, "beach-ball", "#e8453c"),
    "pedestal": _drawn("furniture", 200, 90, "pedestal", "#e6dfd4"),
    "cafe-table": _drawn("place-other", 240, 130, "cafe-table", "#e9e2d4"),
    "diploma": _drawn("book-paper", 150, 76, "diploma", "#f5e9cc"),
    "check-mark": _drawn("office", 120, 100, "check-mark", "#2fa356"),
    "windowsill": _drawn("furniture", 320, 386, "windowsill", "#f6f1e6"),
    "easel": _drawn("household", 150, 220, "easel", "#8a5a35"),
    "scarf": _drawn("clothing", 140, 110, "scarf", "#d8403a"),
}

_CODED: Final[Mapping[str, Callable[[str], Figure]]] = {
    "tree": tree,
    "cherry-tree": lambda _: tree("tree~spring"),
} | dict.fromkeys(PEOPLE, person)
"""Drawn by code: base name -> what draws the whole name, look included."""

DRAWN: Final = frozenset((*FIGURES, *_CODED))
"""Base names of everything drawn by hand."""


@lru_cache(maxsize=256)
def figure_of(name: str) -> Figure | None:
    """The hand-drawn thing of that name, look included; None for an icon."""
    base, _, look = name.partition("~")
    if base in _CODED:
        return _CODED[base](name)
    if look == "bust" and base in BUSTS:
        return _bust(base)
    if look == "asleep" and base in SLEEPERS:
        return sleeper(base)
    if look == "held" and base in _ON_STRINGS:
        return _ON_STRINGS[base]
    return FIGURES.get(base)


_HELD_BALLOON: Final = Figure(
    kind="event",
    width=92,
    height=230,
    main="#f44336",
    elements='<path d="M52 116C46 150 60 180 50 228" fill="none" stroke="#5c6670" stroke-width="2.500"/>',
    head="balloon",
    head_x=-18,
    head_y=0,
    head_scale=1.0,
)


_FLOWN_KITE: Final = Figure(
    kind="event",
    width=250,
    height=330,
    main="#3f51b5",
    elements='<path d="M3 327C60 300 96 210 150 96" fill="none" stroke="#5c6670" stroke-width="2"/>',
    head="kite",
    head_x=122,
    head_y=-4,
    head_scale=1.0,
)
_ON_STRINGS: Final = {"balloon": _HELD_BALLOON, "kite": _FLOWN_KITE}


def _bust(base: str) -> Figure:
    """An animal's head and shoulders."""
    sitting = FIGURES.get(base)
    head, fur = BUSTS[base]
    coat = Colour.parse(fur)
    fills = {"fur": fur, "chest": str(coat.lighter(0.1)), "haunch": str(coat.lighter(-0.07))}
    if sitting is not None:
        fills |= {"chest": sitting.fills["chest"]}
    return replace(
        _drawn("animal-mammal", 180, 180, "bust", fur), fills=fills, head=head, head_x=10, head_y=-8, head_scale=1.25
    )


BUSTS: Final[Mapping[str, tuple[str, str]]] = {
    name: (figure.head, figure.main)
    for name, figure in FIGURES.items()
    if figure.head is not None and figure.kind == "animal-mammal"
} | {
    "tiger": ("tiger-face", "#f29a2e"),
    "cat": ("cat-face", "#fcb72b"),
    "horse": ("horse-face", "#b9744a"),
    "cow": ("cow-face", "#f2f2ef"),
    "monkey": ("monkey-face", "#8d5f48"),
    "mouse": ("mouse-face", "#b9bec3"),
    "pig": ("pig-face", "#f5b7b4"),
    "rabbit": ("rabbit-face", "#e8e6e3"),
    "dragon": ("dragon-face", "#56a04a"),
}
"""Animals with a face to come close to -> its icon and the colour of its coat."""
