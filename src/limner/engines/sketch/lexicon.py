"""Every phrase sketch knows, with its meanings: the vocabulary and the names of the icons in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from limner.engines.sketch import vocabulary
from limner.engines.sketch.art import icon_words

_IRREGULAR: Final = {
    "mice": "mouse", "geese": "goose", "wolves": "wolf", "men": "man", "women": "woman", "leaves": "leaf",
    "knives": "knife", "loaves": "loaf", "oxen": "ox", "cacti": "cactus", "octopi": "octopus", "children": "child",
    "calves": "calf", "elves": "elf",
}  # fmt: skip


def singulars(words: list[str]) -> Iterator[tuple[str, bool]]:
    """The phrase as it stands, then as the plural of others: (phrase, whether it was a plural)."""
    phrase, last = " ".join(words), words[-1]
    head = phrase[: len(phrase) - len(last)]
    yield phrase, phrase in lexicon() and last.endswith("s") and phrase[:-1] in lexicon()
    if last in _IRREGULAR:
        yield head + _IRREGULAR[last], True
    for ending, singular in (("ies", "y"), ("es", ""), ("s", "")):
        if last.endswith(ending) and len(last) > len(ending) + 1:
            yield head + last.removesuffix(ending) + singular, True


@cache
def lexicon() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Phrase -> its meanings, likeliest first, as (table, value)."""
    meanings: dict[str, list[tuple[str, str]]] = {}
    for shape, phrases in (("wide", vocabulary.LANDSCAPE), ("tall", vocabulary.PORTRAIT)):
        for phrase in phrases:
            meanings.setdefault(phrase, []).append(("shape", shape))
    for phrase in vocabulary.SUBJECT_ALONE:
        meanings.setdefault(phrase, []).append(("alone", phrase))
    for phrase, symbol in vocabulary.EMBLEMS.items():
        meanings.setdefault(phrase, []).append(("emblem", symbol))
    tables: tuple[tuple[str, Mapping[str, str]], ...] = (
        ("nothing", vocabulary.UNDRAWN),
        ("act", vocabulary.ACTS),
        ("material", dict(zip(vocabulary.MATERIALS, vocabulary.MATERIALS, strict=True))),
        ("layout", vocabulary.LAYOUTS),
        ("style", vocabulary.STYLES),
        ("garment", vocabulary.GARMENTS),
        ("look before", vocabulary.LOOKS_BEFORE),
        ("look after", vocabulary.LOOKS_AFTER),
        ("camera", vocabulary.CAMERAS),
        ("season", vocabulary.SEASONS),
        ("time", vocabulary.TIMES),
        ("weather", vocabulary.WEATHERS),
        ("scene", vocabulary.SCENES),
        ("thing", vocabulary.SYNONYMS),
        ("thing", {"sign": "sign-board"}),
        ("thing", vocabulary.ALLOWED_ANYWAY),
        ("thing", {phrase: name for phrase, name in icon_words().items() if _names_a_thing(phrase)}),
        ("mood", vocabulary.MOODS),
        ("place", vocabulary.POSITIONS),
    )
    for table, entries in tables:
        for phrase, value in entries.items():
            meanings.setdefault(phrase, []).append((table, value))
    keyed: tuple[tuple[str, Mapping[str, object]], ...] = (
        ("colour", vocabulary.COLOURS),
        ("statue", dict.fromkeys(vocabulary.STATUES)),
        ("size", vocabulary.SIZES),
        ("number", vocabulary.NUMBERS),
        ("number", dict.fromkeys(map(str, range(1, 1001)))),
    )
    for table, keys in keyed:
        for phrase in keys:
            meanings.setdefault(phrase, []).append((table, phrase))
    return {phrase: tuple(found) for phrase, found in meanings.items()}


def _names_a_thing(phrase: str) -> bool:
    """Whether an icon is drawn for its name: not for verbs, and not for people who do what `people.py` can draw."""
    words = set(phrase.split())
    enacted = words & {"man", "woman", "person"} and words & vocabulary.ACTS.keys()
    return phrase not in vocabulary.NOT_OBJECTS and phrase not in vocabulary.ACTS and not enacted
