"""The colours of skin, for people drawn by code and for those of the icon set, who come in yellow."""

from __future__ import annotations

import re
from typing import Final

from limner.engines.sketch.colour import Colour

SKINS: Final = ("#f9d8bd", "#efc29b", "#d69d6c", "#a46b45", "#6f452d")

_ICON_SKIN: Final = re.compile(r"#(?:ffca2[68]|ffcb29|fec92[56]|fcc21b)\b", re.IGNORECASE)
_ICON_SHADE: Final = re.compile(
    r"#(?:e5960[0-9]|e59[57]0[0-9]|eda600|f0[9a][0-9e]0[0-7]|e89[de]07|f8ab1[67]|e3970a|ef9e01)\b", re.IGNORECASE
)
SKINNED: Final = frozenset(
    (
        "artist", "cook", "detective", "elf", "fairy", "farmer", "firefighter", "guard", "health-worker",
        "ballet-dancer", "mermaid", "merman", "pilot", "people-holding-hands", "person-biking", "person-climbing",
        "person-golfing", "person-in-lotus-position", "person-juggling", "person-mountain-biking",
        "person-rowing-boat", "person-surfing", "police-officer", "mage", "santa-claus", "scientist", "singer",
        "student", "superhero", "teacher", "construction-worker",
    )
)  # fmt: skip
"""Icons and figures of people whose skin is one of `SKINS`, too."""


def skinned(svg: str, tone: int) -> str:
    """An icon of somebody, whose skin is yellow, with a skin of `SKINS`."""
    skin = Colour.parse(SKINS[tone])
    return _ICON_SHADE.sub(str(skin.lighter(-0.09)), _ICON_SKIN.sub(str(skin), svg))
