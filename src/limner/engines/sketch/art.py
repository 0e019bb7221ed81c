"""The packed art: icons, their words and measures, and fonts. `tools/pack_art.py` wrote it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from io import BytesIO
from typing import Any, Final

from limner.imaging.sheet import Typeface

ICON_BOX_PX: Final = 128
"""Side of the square every icon is drawn in."""


@dataclass(frozen=True, slots=True)
class Icon:
    """What is known of an icon without opening it.

    kind: emojibase's subgroup, such as "animal-bird". box: left, top, right, bottom of its ink in a 128 by 128 square.
    hue: its main colour, 0 to 1, or -1 when it has none; light: that colour's lightness, 0 to 1.
    """

    name: str
    kind: str
    box: tuple[int, int, int, int]
    hue: float
    light: float


@cache
def icons() -> Mapping[str, Icon]:
    """Every icon by name."""
    return {
        name: Icon(name, facts["kind"], tuple(facts["box"]), facts["hue"], facts["light"])
        for name, facts in _index()["icons"].items()
    }


@cache
def icon_words() -> Mapping[str, str]:
    """Phrase in lower-case English -> icon name."""
    words: dict[str, str] = _index()["words"]
    return words


def foreign_words(language: str) -> Mapping[str, str]:
    """Phrase of another language, in lower case -> the English words that name the icon; none for one not packed."""
    return _foreign().get(language, {})


@cache
def _foreign() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = json.loads(
        (resources.files("limner.engines.sketch") / "art" / "words.json").read_text("utf-8")
    )
    return words


@lru_cache(maxsize=256)
def icon_svg(name: str) -> str:
    """The SVG elements of an icon, drawn for a 128 by 128 box. Raises KeyError for an icon that is not packed."""
    return _archive("icons").read(f"{name}.svg").decode()


@lru_cache(maxsize=64)
def font(face: str, weight: int, subset: str, size_px: int) -> Typeface:
    """One subset of a face at a size. Raises KeyError for one that is not packed."""
    return Typeface(font_file(face, weight, subset), size_px)


def font_file(face: str, weight: int, subset: str) -> bytes:
    """One subset of a face, a WOFF file. Raises KeyError for one that is not packed."""
    return _archive(face).read(f"{weight}-{subset}.woff")


@cache
def font_subsets(face: str, weight: int) -> tuple[str, ...]:
    """The subsets packed for a face."""
    names = _archive(face).namelist()
    return tuple(
        name.removeprefix(f"{weight}-").removesuffix(".woff") for name in names if name.startswith(str(weight))
    )


@cache
def _archive(stem: str) -> zipfile.ZipFile:
    data = (resources.files("limner.engines.sketch") / "art" / f"{stem}.zip").read_bytes()
    return zipfile.ZipFile(BytesIO(data))


@cache
def _index() -> dict[str, Any]:
    index: dict[str, Any] = json.loads(_archive("icons").read("index.json"))
    return index
