"""What a matched clause of a prompt comes to: one builder of steps per kind of clause, named for what it builds.

A builder gets the match of a rule of `edit_grammar`; it declines with None when the words have the right form and yet
make no sense, so that a later rule may try.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from limner.engines.sketch.colour import BLACK, WHITE, Colour
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
from limner.engines.sketch.edit_words import (
    COLUMNS,
    ROWS,
    SETTINGS,
    SHADES,
    STYLES,
    TONE_ADJECTIVES,
    TONE_NOUNS,
    TONE_OPPOSITES,
    TONE_VERBS,
    WEATHERS,
    Region,
    Style,
    Tone,
)
from limner.engines.sketch.vocabulary import COLOURS, SCENES


def any_of(words: Iterable[str]) -> str:
    """A pattern of any of `words`, longer ones first."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))) + ")"


_WHOLE: Final = re.compile(
    r"it|this|that|everything|(?:(?:the|this|that|my|all the|its) )?(?:whole |entire |overall )?"
    r"(?:image|picture|photo|photograph|pic|scene|shot|drawing|painting|illustration|colou?rs?|tones?|lighting|light)"
)
_PARTS: Final[Mapping[Region, re.Pattern[str]]] = {
    Region.SKY: re.compile(r"(?:the |its )?(?:whole |entire )?sky"),
    Region.GREENERY: re.compile(
        r"(?:the |all the |all |its )?(?:grass|lawn|leaves|leaf|foliage|plants?|greenery|vegetation|trees?|bushes)"
    ),
    Region.LEFT: re.compile(r"(?:the |its )?left(?: hand)?(?: side| half| part)?"),
    Region.RIGHT: re.compile(r"(?:the |its )?right(?: hand)?(?: side| half| part)?"),
    Region.TOP: re.compile(r"(?:the |its )?(?:top|upper)(?: half| part)?"),
    Region.BOTTOM: re.compile(r"(?:the |its )?(?:bottom|lower|foreground)(?: half| part)?"),
}
"""Parts of a picture that can be told apart, by the words for all of them."""
_UNSEEN: Final = re.compile(
    r"\b(?:sky|clouds?|sun|moon|stars?|grass|lawn|leaf|leaves|trees?|bush(?:es)?|ground|floor|street|road|path|sand|snow|water"
    r"|sea|ocean|lake|river|mountains?|hills?|horizon|walls?|ceiling|table|desk|windows?|doors?|roof|eyes?|hair|lips|teeth"
    r"|nose|ears?|hands?|arms?|legs?|face|skin|beard|shirt|t-shirt|jacket|coat|suit|trousers|pants|shoes?|hat|cap|helmet"
    r"|dress|glasses|nails?|tail|wheels?|handle|spoon|saucer|shadows?|reflections?|text|letters|logo|watermark|sign|people"
    r"|crowd|others?|wrinkles|blemish(?:es)?|noise|grain|lights?|left|right|top|bottom|upper|lower|corner|foreground"
    r"|rest|frame|border|objects?|things?|colou?rs?)\b"
)
"""Parts that this illustrator cannot tell apart: it does not claim to have changed them."""

_OF_PICTURE: Final = re.compile(r" of (?:the|this|my) (?:image|picture|photo|photograph|scene|shot)$")
_ARTICLE: Final = re.compile(r"^(?:an?|the|this|that|my|its|all|some) ")
_SLIGHTLY: Final = re.compile(r"slight|bit|little|somewhat|touch|subtl|gentl|tad")
_PRONOUN: Final = re.compile(r"(?:it|him|her|them|this|that|these|those|me|us)\b")
_OWN: Final = re.compile(r"(?:the|this|that|my|his|her|its|their) ")
_RELATIONS_ON: Final = ("on", "onto", "on top of", "to")
_WORN_ABOVE: Final = re.compile(r"\b(?:hat|cap|crown|tiara|helmet|top hat|beret|bow|halo|bird|turban|headband)s?\b")
_PLAIN: Final = re.compile(r"^(?:plain|solid|flat|uniform|pure) | (?:background|backdrop|wall)$")
_KNOWN_SCENE: Final = re.compile(rf"\b{any_of(SCENES)}\b")
_REFERENCE: Final = re.compile(
    r"\b(?:first|second|third|other|1st|2nd|3rd|image|picture|photo) ?(?:\d|image|picture|photo|one)"
)
_NEAR_CROP: Final = re.compile(r"(?:it )?(?:tighter|tightly|closer|in|square|a square)?")
_SIDE: Final = re.compile(
    rf"(?:(?:{any_of({*ROWS, *COLUMNS})}|hand|side|corner|edge|part|third|area|very|far)(?:[ -]|$))+"
)
_HALVES: Final = {
    "left": Crop(0.0, 0.0, 0.5, 1.0),
    "right": Crop(0.5, 0.0, 1.0, 1.0),
    "top": Crop(0.0, 0.0, 1.0, 0.5),
    "upper": Crop(0.0, 0.0, 1.0, 0.5),
    "bottom": Crop(0.0, 0.5, 1.0, 1.0),
    "lower": Crop(0.0, 0.5, 1.0, 1.0),
}
_CROP_SHARE: Final = 0.62
"""Side of what "crop" keeps: near enough to be a crop, far enough to keep a subject."""


_DOWN: Final = ("decrease", "reduce", "lower", "less", "drop", "turn down", "remove")


def colour_of(words: str) -> Colour | None:
    """The colour `words` name, such as "dark red" or "teal", or None."""
    *shades, name = words.replace("coloured", "").replace("colored", "").split() or [""]
    if name not in COLOURS or any(shade not in SHADES for shade in shades):
        return None
    colour = COLOURS[name]
    for shade in shades:
        colour = colour.mix(WHITE if SHADES[shade] >= 0 else BLACK, abs(SHADES[shade]))
    return colour


def place_of(words: str) -> Place | None:
    """The place `words` name, such as "top left" or "sky", or None."""
    parts = [part for part in re.split(r"[\s-]+", words) if part]
    for part in parts:
        if part in SETTINGS:
            return Place(*SETTINGS[part])
    row = next((ROWS[part] for part in parts if part in ROWS), None)
    column = next(
        (COLUMNS[part] for part in parts if part in COLUMNS and (part not in ROWS or row == ROWS[part])), None
    )
    if row is None and column is None:
        return None
    return Place(column if column is not None else 0.5, row if row is not None else 0.62, 0.34)


def cut_out(_: re.Match[str]) -> Sequence[Step]:
    """The background away."""
    return (CutOut(),)


def backdrop(match: re.Match[str]) -> Sequence[Step] | None:
    """Another background: a plain colour, a scene, or none."""
    scene = _ARTICLE.sub("", match["scene"])
    if scene in ("transparent", "removed", "gone", "nothing"):
        return (CutOut(),)
    if scene in TONE_ADJECTIVES or scene.split()[-1] in TONE_ADJECTIVES:
        return None
    plain = _PLAIN.sub("", scene)
    return (Backdrop(colour_of(plain) or scene),)


def onto_scene(match: re.Match[str]) -> Sequence[Step] | None:
    """The subject in a scene of its own."""
    scene = _ARTICLE.sub("", match["scene"])
    # "on the table" is a place in this picture; "on a table" is another picture.
    if not _KNOWN_SCENE.search(scene):
        # "On the moon" is a scene, and "the moon" is none.
        scene = f"on the {scene}"
    return (Backdrop(scene),) if _KNOWN_SCENE.search(scene) and not place_of(match["scene"]) else None


def weather(match: re.Match[str]) -> Sequence[Step]:
    """Another weather."""
    return (ChangeWeather(WEATHERS[match["weather"]]),)


def _degree(words: str | None) -> float:
    if not words:
        return 1.0
    percent = re.search(r"(\d{1,3}) ?%", words)
    if percent or "half" in words:
        # A third more is what the bare word means.
        return min(3.0, max(0.1, (int(percent[1]) if percent else 50) / 33))
    return 0.5 if _SLIGHTLY.search(words) else 1.6


def _region(words: str | None) -> Region | None:
    """The part of the picture that `words` name; None for one that cannot be told apart."""
    words = _OF_PICTURE.sub("", words or "")
    if not words or _WHOLE.fullmatch(words):
        return Region.WHOLE
    if "background" in words or "backdrop" in words:
        return Region.BACKGROUND
    for region, pattern in _PARTS.items():
        if pattern.fullmatch(words):
            return region
    return None if _UNSEEN.search(words) else Region.SUBJECT


def _adjusted(tone: Tone | None, degree: str | None, target: str | None) -> Sequence[Step] | None:
    region = _region(target)
    return None if tone is None or region is None else (Adjust(tone, _degree(degree), region),)


def tone_adjective(match: re.Match[str]) -> Sequence[Step] | None:
    """A tone by what the picture is to be, such as "warmer"."""
    tone: Tone | None = TONE_ADJECTIVES[match["tone"]]
    degree = (match["degree"] or "").strip()
    if degree == "more":
        degree = ""
    if "less" in degree.split():
        tone, degree = TONE_OPPOSITES.get(TONE_ADJECTIVES[match["tone"]]), degree.replace("less", "").strip()
    return _adjusted(tone, degree, match["target"])


def tone_verb(match: re.Match[str]) -> Sequence[Step] | None:
    """A tone by what is to be done, such as "sharpen"."""
    return _adjusted(TONE_VERBS[match["verb"]], match["degree"] or match["after"], match["target"])


def tone_noun(match: re.Match[str]) -> Sequence[Step] | None:
    """A tone by its name, more or less of it."""
    tone: Tone | None = TONE_NOUNS[match["tone"]]
    if match["verb"] in _DOWN:
        tone = TONE_OPPOSITES.get(TONE_NOUNS[match["tone"]])
    return _adjusted(tone, match["after"], match["target"])


def recolour(match: re.Match[str]) -> Sequence[Step] | None:
    """A colour for all, for what had another colour, or for the background."""
    colour = colour_of(match["colour"])
    target = match.groupdict().get("target")
    assert colour is not None, "the rules let only colours through"
    named = _ARTICLE.sub("", target or "")
    source = colour_of(named) or colour_of(named.partition(" ")[0])
    if source is not None:
        return (Recolour(colour, source),)
    region = _region(target)
    if region is Region.BACKGROUND:
        return (Backdrop(colour),)
    return None if region is None else (Recolour(colour, region=region),)


def turn(match: re.Match[str]) -> Sequence[Step] | None:
    """A rotation, unless "turn" is about something else."""
    if not match["degrees"] and not match["way"] and match["verb"] == "turn":
        return None
    degrees = float(match["degrees"] or 90)
    way = match["way"] or ""
    return (Turn(-degrees if way.startswith(("anti", "counter")) or way.endswith("left") else degrees),)


def flip(match: re.Match[str]) -> Sequence[Step]:
    """A mirroring."""
    return (Flip(vertical=bool(match["way"]) and match["way"].startswith(("vert", "upside", "top"))),)


def upside_down(_: re.Match[str]) -> Sequence[Step]:
    """Half a rotation."""
    return (Turn(180.0),)


def crop(match: re.Match[str]) -> Sequence[Step] | None:
    """A part of the picture."""
    words = match["part"] or ""
    if "half" in words:
        side = next((name for name in _HALVES if name in words), None)
        return None if side is None else (_HALVES[side],)
    place = place_of(words) if _SIDE.fullmatch(words) else None
    if place is None and not _NEAR_CROP.fullmatch(words):
        return None
    # A row or a column alone says nothing of the other axis: its middle is kept.
    x, y = (place.x, place.y if any(row in words for row in ROWS) else 0.5) if place else (0.5, 0.5)
    left, top = (min(1 - _CROP_SHARE, max(0.0, middle - _CROP_SHARE / 2)) for middle in (x, y))
    return (Crop(left, top, left + _CROP_SHARE, top + _CROP_SHARE),)


def crop_to(match: re.Match[str]) -> Sequence[Step] | None:
    """The part of the picture in which something is to be seen."""
    region = _region(match["target"])
    return None if region in (None, Region.WHOLE, Region.BACKGROUND) else (CropTo(region),)


def remove(match: re.Match[str]) -> Sequence[Step] | None:
    """Something out of the picture."""
    named = _ARTICLE.sub("", match["target"])
    source = colour_of(named.partition(" ")[0])
    if match["rest"] and re.search(r"background|backdrop|distance|corner|left|right", match["rest"]):
        return None
    if source is not None:
        return (Remove(source=source),)
    return (Remove(),) if _region(match["target"]) is Region.SUBJECT else None


def new_sky(match: re.Match[str]) -> Sequence[Step]:
    """Another sky."""
    scene = _ARTICLE.sub("", match["scene"])
    colour = colour_of(re.sub(r" (?:sky|one)$", "", scene))
    return (Recolour(colour, region=Region.SKY),) if colour else (Backdrop(f"{scene} sky", Region.SKY),)


def restyle(match: re.Match[str]) -> Sequence[Step]:
    """A manner."""
    return (Restyle(STYLES[match["style"]]),)


def manner(match: re.Match[str]) -> Sequence[Step]:
    """A manner that is a verb."""
    return (Restyle(Style.PIXEL if match[0].startswith("pixel") else Style.POSTER),)


def write(match: re.Match[str]) -> Sequence[Step] | None:
    """A text."""
    place = place_of(match["place"]) if match["place"] else None
    named = match["colour"] or match["colour_after"]
    colour = colour_of(named) if named else None
    return (Write(match["text"], place, colour),)


def add_near(match: re.Match[str]) -> Sequence[Step] | None:
    """An object by the subject, or on it."""
    if not _is_subject(match["target"]) or _OWN.match(match["subject"]) or _PRONOUN.match(match["subject"]):
        return None
    subject = _ARTICLE.sub("", match["subject"])
    if match["relation"] in _RELATIONS_ON:
        return (Add(subject, Near.ON_TOP if _WORN_ABOVE.search(subject) else Near.ON),)
    return (Add(subject, Near.BESIDE),)


def swap(match: re.Match[str]) -> Sequence[Step] | None:
    """An object in the subject's place."""
    subject = match["subject"]
    if not _is_subject(match["target"]) or _REFERENCE.search(subject) or _OWN.match(subject):
        return None
    return (Swap(subject),)


def rescale(match: re.Match[str]) -> Sequence[Step] | None:
    """The subject larger or smaller."""
    if _region(match["target"]) is not Region.SUBJECT:
        return None
    times = match["times"]
    scale = float(times) if times else 1.35
    if match["how"] in ("smaller", "tinier"):
        scale = 1 / scale
    return (Rearrange(scale=min(3.0, max(0.2, scale))),)


def move(match: re.Match[str]) -> Sequence[Step] | None:
    """The subject elsewhere."""
    words = match["place"].split()
    column = next((COLUMNS[word] for word in words if word in COLUMNS), None)
    row = next((ROWS[word] for word in words if word in ROWS and word not in COLUMNS), None)
    if not _is_subject(match["target"]) or (column is None and row is None):
        return None
    return (Rearrange(x=column, y=row),)


def again(match: re.Match[str]) -> Sequence[Step] | None:
    """The subject a second time."""
    return (Rearrange(again=True),) if _is_subject(match["target"]) else None


def border(match: re.Match[str]) -> Sequence[Step]:
    """A plain border."""
    return (Border((colour_of(match["colour"]) if match["colour"] else None) or WHITE),)


def only(match: re.Match[str]) -> Sequence[Step] | None:
    """All but the subject without colour."""
    return (Adjust(Tone.GREY, region=Region.BACKGROUND),) if _is_subject(match["target"]) else None


def all_but(match: re.Match[str]) -> Sequence[Step] | None:
    """A tone for all but the subject."""
    if not _is_subject(match["target"]):
        return None
    return (Adjust(TONE_ADJECTIVES[match["tone"]], region=Region.BACKGROUND),)


def _is_subject(target: str) -> bool:
    return _region(target) is Region.SUBJECT or bool(_PRONOUN.fullmatch(target))


def add(match: re.Match[str]) -> Sequence[Step] | None:
    """An object, when it is a thing of its own rather than a picture or "it"."""
    subject = match["subject"]
    if _OWN.match(subject) and match["verb"] not in ("add", "draw", "insert", "include", "paint", "introduce"):
        return None
    if _PRONOUN.match(subject) or _REFERENCE.search(subject) or not re.sub(r"§\d+", "", subject).strip():
        return None
    return (Add(subject, place_of(match["place"]) if match["place"] else None),)
