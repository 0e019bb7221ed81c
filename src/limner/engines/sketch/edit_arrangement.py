"""How a prompt wants several input pictures brought together: sentences in, an arrangement out. No pixels here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from limner.engines.sketch.edit_builders import any_of, place_of
from limner.engines.sketch.edit_steps import Place


class Layout(StrEnum):
    """What becomes of the pictures beside the base."""

    INSETS = "insets"
    INTO = "into"
    BESIDE = "beside"
    COLLAGE = "collage"
    BLEND = "blend"
    COLOURS = "colours"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """base: index of the picture that the others are laid into. place: where, or None for wherever it suits."""

    layout: Layout
    base: int = 0
    place: Place | None = None


def read_arrangement(clause: str, count: int) -> Arrangement | None:
    """The arrangement of `count` pictures that a clause in lower case asks for, or None when it asks for none."""
    if count < 2:  # noqa: PLR2004 - one picture is in order already
        return None
    mentioned = [(match.start(), _number(match) % count) for match in _PICTURE.finditer(clause)]
    if len(mentioned) > 1 and _INTO.search(clause, mentioned[0][0], mentioned[-1][0] + 1):
        return Arrangement(Layout.INTO, mentioned[-1][1], _place_after(clause, mentioned[-1][0]))
    if len(mentioned) == 1 and _AS_GROUND.search(clause):
        return Arrangement(Layout.INTO, mentioned[0][1])
    for layout, pattern in _LAYOUTS:
        if pattern.search(clause):
            return Arrangement(layout)
    if len(mentioned) == 1 and _LAYING.match(clause):
        inner = mentioned[0][1]
        return Arrangement(Layout.INTO, 0 if inner else 1, _place_after(clause, mentioned[0][0]))
    return None


_ORDINALS: Final = {
    "first": 0,
    "1st": 0,
    "second": 1,
    "2nd": 1,
    "other": 1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "4th": 3,
    "last": -1,
}
_NUMBERS: Final = {"one": 0, "two": 1, "three": 2, "four": 3}
_NOUN: Final = r"(?:image|picture|photo|photograph|pic|input|reference|logo|one)"
_PICTURE: Final = re.compile(
    rf"\b(?:(?P<ordinal>{any_of(_ORDINALS)})(?: {_NOUN})?"
    rf"|{_NOUN} (?:number |no\.? |#)?(?P<number>\d{{1,2}}|{any_of(_NUMBERS)}))\b"
)
_INTO: Final = re.compile(r"\b(?:into|onto|in|on|over|inside|on top of|to)\b")
_LAYING: Final = re.compile(r"(?:put|place|insert|add|paste|overlay|lay|drop|embed|copy|include|use)\b")
_AS_GROUND: Final = re.compile(r"\b(?:as|for|with) (?:a |the |its )?(?:background|backdrop|ground)\b")
_LAYOUTS: Final = (
    (
        Layout.BESIDE,
        re.compile(
            r"\b(?:side by side|next to each other|beside each other|diptych|triptych|before and after|in a row)\b"
        ),
    ),
    (Layout.COLLAGE, re.compile(r"\b(?:collage|grid|mood ?board|contact sheet|montage|scrapbook)\b")),
    (Layout.BLEND, re.compile(r"\b(?:double exposure|blend|superimpose|cross-?fade|mix)\b")),
    (
        Layout.COLOURS,
        re.compile(
            r"\b(?:style|colou?rs?|palette|look|mood|lighting|tones?) (?:of|from) (?:the )?"
            rf"(?:{any_of(_ORDINALS)}|{_NOUN} (?:2|two))\b"
        ),
    ),
    (Layout.COLLAGE, re.compile(r"^(?:combine|merge|join|put together|arrange|assemble)\b|\btogether\b")),
)


def _number(match: re.Match[str]) -> int:
    if match["ordinal"]:
        return _ORDINALS[match["ordinal"]]
    return _NUMBERS[match["number"]] if match["number"] in _NUMBERS else max(1, int(match["number"])) - 1


def _place_after(clause: str, start: int) -> Place | None:
    found = re.search(
        r"\b(?:in|on|at|to) (?:the )?(?P<words>(?:[a-z]+[ -]){0,1}[a-z]+)(?: corner| side| half)?$", clause[start:]
    )
    return place_of(found["words"]) if found else None
