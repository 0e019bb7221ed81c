"""Things drawn by hand because the icon set lacks them or shows only their heads.

Each is made of SVG files in `drawings/`, feet on the lower edge of their box, with an icon for the face where there is
one. In a drawing, `fill="{fur}"` is a colour the table below fills in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final

from limner.engines.sketch.art import icon_svg
from limner.engines.sketch.colour import Colour

HEAD_SCALE: Final = 0.93
"""Size of an icon used as a head."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A hand-drawn thing, `width` by `height` in its own units.

    kind: as of an icon. parts: drawings laid over one another. main: the colour that a prompt's colour replaces.
    fills: name in the drawings -> colour. head: the icon drawn over them, its box's corner at (head_x, head_y).
    """

    kind: str
    width: float
    height: float
    parts: tuple[str, ...]
    main: str
    fills: Mapping[str, str] = field(default_factory=dict)
    head: str | None = None
    head_x: float = 0.0
    head_y: float = 0.0

    def body(self) -> str:
        """Its SVG elements, head included."""
        body = "".join(_drawing(part) for part in self.parts)
        for name, colour in self.fills.items():
            body = body.replace(f"{{{name}}}", colour)
        if self.head is None:
            return body
        place = f"translate({self.head_x} {self.head_y}) scale({HEAD_SCALE})"
        return f'{body}<g transform="{place}">{icon_svg(self.head)}</g>'


@cache
def _drawing(name: str) -> str:
    """The elements of a file in `drawings/`, without its outer tag."""
    text = (resources.files("limner.engines.sketch") / "drawings" / f"{name}.svg").read_text(encoding="utf-8")
    return text.partition(">")[2].rpartition("</svg>")[0]


def _sitting(head: str, fur: str, chest: str, paw: str, tail: str | None, tip: str = "#fff3e6") -> Figure:
    """An animal sitting up, facing us."""
    fills = {"fur": fur, "chest": chest, "haunch": str(Colour.parse(fur).lighter(-0.07)), "paw": paw, "tip": tip}
    parts = ("sitting",) if tail is None else (tail, "sitting")
    return Figure("animal-mammal", 166, 198, parts, fur, fills, head, 15, -6)


def _standing(head: str, coat: str, legs: str, *, robe: bool = False, hand: str = "#fcc21b") -> Figure:
    """A person standing, facing us. robe: the coat reaches the feet."""
    sleeve = str(Colour.parse(coat).lighter(-0.06))
    fills = {"coat": coat, "legs": legs, "sleeve": sleeve, "hand": hand, "shoes": "#3b3230"}
    return Figure("person", 152, 210, ("standing", "robe" if robe else "coat"), coat, fills, head, 17, -8)


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
    "zombie": _standing("zombie", "#f08030", "#5a5560", hand="#7fa05a"),
    "robot": Figure("person", 160, 218, ("robot-body",), "#9fb0bc", head="robot", head_x=22, head_y=-4),
    "astronaut-figure": Figure("person", 148, 198, ("astronaut-figure",), "#f4f7fa"),
    "hot-air-balloon": Figure("sky-craft", 160, 194, ("hot-air-balloon",), "#e2463f"),
    "cabin": Figure("place-building", 210, 170, ("cabin",), "#8a5a35"),
    "windmill": Figure("place-building", 160, 220, ("windmill",), "#a94436"),
    "floor-lamp": Figure("furniture", 100, 240, ("floor-lamp",), "#f7d48a"),
    "couch": Figure("furniture", 220, 136, ("couch",), "#c65d4b"),
    "pumpkin": Figure("food-vegetable", 160, 122, ("pumpkin",), "#ec8225"),
}
