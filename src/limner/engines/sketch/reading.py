"""From the words of a prompt to what is to be drawn.

A word in no table stays a word: it never becomes a wrong object. Knows the vocabulary and the names of the icons, not
how anything is drawn. Works in bounded time: only the beginning of a very long prompt is read.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from limner.engines.sketch import vocabulary
from limner.engines.sketch.colour import Colour
from limner.engines.sketch.languages import in_english
from limner.engines.sketch.lexicon import lexicon, singulars
from limner.engines.sketch.people import PEOPLE
from limner.engines.sketch.prompt import Prompt, Thing, Tie
from limner.engines.sketch.quoted import take_lettering
from limner.engines.sketch.relations import RELATIONS
from limner.engines.sketch.sprite import sprite
from limner.engines.sketch.wearing import animate, tie_of

TEXT_CHARS_MAX: Final = 4_000
"""How much of a prompt is read; what matters stands at its beginning."""
TOKENS_MAX: Final = 500
THINGS_MAX: Final = 8
COUNT_MAX: Final = 24
_PHRASE_WORDS_MAX: Final = 4
_PLANTATIONS: Final = frozenset(("field", "fields", "grove", "orchard"))
_FIELD_COUNT: Final = 9
"""How many a "sunflower field" has."""


@lru_cache(maxsize=256)
def read_prompt(text: str) -> Prompt:
    """Read a prompt. Any text is accepted."""
    clean = "".join(
        character if unicodedata.category(character)[0] != "C" else " " for character in text[:TEXT_CHARS_MAX]
    )
    lettering, rest = take_lettering(unicodedata.normalize("NFKC", clean))
    reading = _Reading()
    spoken = in_english(rest.casefold()).replace("'s", "").replace("-", " ")
    words = re.findall(r"[a-z0-9]+|[,.;:!?()\n]", spoken)[:TOKENS_MAX]
    position = 0
    while position < len(words):
        position += reading.take(words, position)
    return reading.prompt(lettering)


_DETERMINERS: Final = frozenset(
    ("the", "his", "her", "their", "my", "our", "your", "this", "that", "its", "and", "with", "of")
)
_BREAKS: Final = frozenset(",.;:!?()\n")
_PREPOSITIONS: Final = frozenset(
    ("in", "on", "at", "by", "over", "under", "near", "beside", "behind", "between", "around", "through", "into",
     "onto", "from", "to", "and", "or", "with", "above", "below", "against", "across", "along", "inside", "outside",
     "while")
)  # fmt: skip
_NEGATIONS: Final = frozenset(("no", "without", "not", "never", "minus"))
_TRADES: Final = frozenset(
    ("shop", "store", "company", "brand", "business", "club", "app", "startup", "industry", "market")
)
_ASIDES: Final = ("shape", "emblem")
"""Meanings that a word has besides another."""
_MARKS: Final = ("logo", "icon")
"""Layouts on which a trade's thing stands for it: a bicycle on the logo of a bicycle shop, but not in its street."""
_SEASON_MOODS: Final = {"spring": "fresh", "summer": "joy", "autumn": "warm", "winter": "cool"}
_GARMENTS: Final = frozenset(vocabulary.GARMENTS.values())
_METALS: Final = ("gold", "silver", "bronze", "copper")
"""Materials that are colours, too."""
_OWNERS: Final = frozenset(("his", "her", "its", "their", "my", "the"))
_PARTS: Final = {
    "shoulder": "shoulder", "head": "head", "back": "shoulder", "lap": "lap", "knee": "lap", "hand": "hand",
    "arm": "hand", "finger": "hand", "nose": "head",
}  # fmt: skip
"""Where on somebody else something may sit -> the tie it gets."""
_MADE: Final = frozenset(("made", "built", "carved", "out", "sculpted", "crafted"))
_STATUES: Final = tuple([word] for word in vocabulary.STATUES)
_FLYING: Final = frozenset(word for word, act in vocabulary.ACTS.items() if act == "flying")
_TOLD_WITHIN: Final = 6
"""How many words after a thing one may say what it does: "a girl in a red coat feeding ducks"."""
_AGAIN_WITHIN: Final = 2
"""How many words after a thing another name is of the same one: "a golden retriever puppy", "a bowl of soup"."""
_SIGNS: Final = ("sign", "signs")
_MADE_WITHIN: Final = 3
"""How many words after a thing its material may come: "a castle made of ice"."""
_ADJECTIVES_MAX: Final = 2
_EMPLOYED: Final = ("business", "corporate")
_BEFORE_SIDE: Final = frozenset(("on", "the", "to", "at", "in", "top", "bottom", "upper", "lower", "far", "its"))


def _among(name: str, about: str) -> str:
    """What a word of several things means beside another: glasses with wine, and mushrooms on pizza."""
    kind = sprite(about).kind if about else ""
    if name == "glasses" and kind in ("drink", "dishware", "food-prepared"):
        return "wine-glass"
    return "brown-mushroom" if name == "mushroom" and kind.startswith("food") else name


def _lone(word: str) -> str:
    return next((phrase for phrase, _ in singulars([word]) if phrase in vocabulary.SHAPES), word)


def _made_of(words: list[str], at: int) -> bool:
    """Whether "made of" or the like stands before a word."""
    return at > 1 and words[at - 1] in ("of", "from") and words[at - 2] in _MADE


def _names_thing(words: list[str], at: int) -> str:
    """The thing that is named here, or behind a few words that may describe it; "" for none."""
    for start in range(at, min(at + _ADJECTIVES_MAX + 1, len(words))):
        if words[start] in _BREAKS or words[start] in _PREPOSITIONS or words[start] in _DETERMINERS:
            return ""
        for length in range(_PHRASE_WORDS_MAX, 0, -1):
            for phrase, _ in singulars(words[start : start + length]):
                for table, value in lexicon().get(phrase, ()):
                    if table == "thing":
                        return value
    return ""


@dataclass(slots=True)
class _Reading:
    """The state of reading one prompt from left to right."""

    things: list[Thing] = field(default_factory=list)
    scenes: list[str] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)
    weather: set[str] = field(default_factory=set)
    colours: list[Colour] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    # Modifiers seen and not yet given to a thing.
    count: int | None = None
    colour: Colour | None = None
    size: float = 1.0
    places: set[str] = field(default_factory=set)
    relation: str | None = None
    looks: set[str] = field(default_factory=set)
    material: str | None = None
    statue: bool = False
    act: str | None = None
    # Things that an "and" joins to the one before them, which share its ties.
    joining: bool = False
    joined: set[int] = field(default_factory=set)
    since_thing: int = 99
    negated: int = 0

    def take(self, words: list[str], at: int) -> int:
        """Read what stands at a position; how many words that was."""
        self.since_thing += 1
        self.negated = max(0, self.negated - 1)
        word = words[at]
        if word in _BREAKS:
            self._loosen()
            self.relation = None
            self.since_thing = 99
            return 1
        self.joining = self.joining or word == "and"
        if word in _NEGATIONS:
            self.negated = 4
            return 1
        # A relation may begin a name, as "under the sea" does; a name of one word may begin a relation.
        for length in range(min(_PHRASE_WORDS_MAX, len(words) - at), 1, -1):
            if self._take_phrase(words, at, length):
                return length
        taken = self._take_relation(words, at)
        if taken or self._take_phrase(words, at, 1):
            return taken or 1
        if word in _PREPOSITIONS:
            self._loosen()
        return 1

    def _take_relation(self, words: list[str], at: int) -> int:
        """Read what one thing is to another, and does; how many words that was, 0 for none."""
        if words[at] == "on" and words[at + 1 : at + 2] and words[at + 1] in _OWNERS and len(words) > at + 2:
            part = _PARTS.get(words[at + 2].removesuffix("s"))
            if part is not None and self._perch(part):
                return 3
        for phrase, relation in RELATIONS:
            if relation == "of" and self.since_thing > 1:
                continue  # "a flock of birds" is no container
            if tuple(words[at : at + len(phrase)]) == phrase:
                self._loosen()
                if phrase[0] in vocabulary.ACTS and relation != "riding" and not self.negated:
                    self._do(vocabulary.ACTS[phrase[0]])
                self.relation = relation if self.things else None
                return len(phrase)
        return 0

    def _take_phrase(self, words: list[str], at: int, length: int) -> bool:
        for phrase, plural in singulars(words[at : at + length]):
            meaning = lexicon().get(phrase)
            if meaning is None:
                continue
            for table, value in meaning:
                if table in _ASIDES and not self.negated:
                    self.found.setdefault(table, value)
            for table, value in meaning:
                if table not in _ASIDES and self._accepts(table, words, at, length, plural=plural):
                    trade = table == "thing" and not _TRADES.isdisjoint(words[at + length : at + length + 1])
                    if not self.negated and not (trade and self.found.get("layout") not in _MARKS):
                        self._apply(table, value, words, at, plural=plural)
                    return True
            if all(table in _ASIDES for table, _ in meaning):
                return True
        return False

    def _accepts(self, table: str, words: list[str], at: int, length: int, *, plural: bool) -> bool:
        """Whether a word of several meanings has this one here."""
        word = words[at]
        if table in ("garment", "look after", "look before"):
            return self._accepts_look(table, words, at)
        if length > 1:
            return True
        match table:
            case "act":
                return self._accepts_act(words, at)
            case "material":
                return self._accepts_material(words, at)
            case "thing":
                return self._accepts_thing(words, at, plural=plural)
            case "layout":
                # "a mug with a logo on it" is no logo, "holding a sign" and "neon signs" are no sign's picture.
                return words[at + 1 : at + 2] != ["on"] and not (word in _SIGNS and (plural or self._holding()))
            case "scene":
                return word != "trees" or self.count is None
            case "place":
                sided = at > 0 and words[at - 1] in _BEFORE_SIDE
                if word == "background":
                    # "on a pastel background" is no place, "in the background" is.
                    return at == 0 or words[at - 1] in ("the", "in", "far", "distant")
                return sided or word not in ("left", "right", "top", "bottom", "upper", "lower")
            case _:
                return True

    def _accepts_look(self, table: str, words: list[str], at: int) -> bool:
        match table:
            case "garment":
                return self._dressed()
            case "look after":
                return self._person() is not None
            case _:
                return words[at] not in _EMPLOYED or _names_thing(words, at + 1) in PEOPLE

    def _accepts_act(self, words: list[str], at: int) -> bool:
        """Whether somebody does it: who is named next, as in "a sleeping cat", or who is spoken of."""
        before = words[at - 1] if at else ","
        if self._awaits(words, at):
            return True
        if self._subject() is None or self.since_thing > _TOLD_WITHIN or before in _DETERMINERS - {"and"}:
            return False
        return self._doer() is not None or words[at] in _FLYING

    def _awaits(self, words: list[str], at: int) -> bool:
        """Whether what is said here is said of the thing that follows."""
        described = self.count is not None or self.colour is not None or self.size != 1.0
        owned = at > 0 and words[at - 1] in _DETERMINERS - {"and"}
        return bool(_names_thing(words, at + 1)) and (not self.things or described or owned)

    def _holding(self) -> bool:
        return self.relation in ("holding", "with") and self._doer() is not None

    def _accepts_material(self, words: list[str], at: int) -> bool:
        if _made_of(words, at) or words[at] in vocabulary.COLOURS:
            return _made_of(words, at)  # a colour that nothing is made of is read as one
        return words[at + 1 : at + 2] in _STATUES or bool(_names_thing(words, at + 1))

    def _accepts_thing(self, words: list[str], at: int, *, plural: bool) -> bool:
        word = words[at]
        following = words[at + 1] if at + 1 < len(words) else ","
        if _lone(word) in vocabulary.SHAPES:
            described = self.count is not None or self.colour is not None or self.size != 1.0
            return described and following != "of" and (following in _BREAKS or following in _PREPOSITIONS)
        if word == "baby":
            # A "baby dragon" is small, and no baby.
            return not _names_thing(words, at + 1)
        if word == "couple":
            return following != "of"
        if word in vocabulary.COLOURS and not plural:
            # "an orange cat" is a colour, "an orange on a plate" is a fruit.
            return following in _BREAKS or following in _PREPOSITIONS
        return word not in vocabulary.VERBLIKE or plural or self._is_noun(words, at)

    def _person(self) -> int | None:
        """Index of the person spoken of last, or None when something else was."""
        index = self._subject()
        return index if index is not None and self.things[index].name in PEOPLE else None

    def _dressed(self) -> bool:
        return self.relation in ("wearing", "in", "with") and self._person() is not None

    def _subject(self) -> int | None:
        """Index of what a relation is about: the last thing that is not itself worn or held."""
        for index in range(len(self.things) - 1, -1, -1):
            tie = self.things[index].tie
            if tie is None or tie.kind not in ("worn", "held", "printed", "garnish"):
                return index
        return None

    def _is_noun(self, words: list[str], at: int) -> bool:
        if at == 0 or self.count is not None or self.colour is not None or self.size != 1.0:
            return True
        return any(word in _DETERMINERS or word in _BREAKS for word in words[max(0, at - 2) : at])

    def _apply(self, table: str, value: str, words: list[str], at: int, *, plural: bool) -> None:
        match table:
            case "thing":
                self._add(value, words, at, plural=plural)
            case "number" | "colour" | "size" | "place":
                self._modify(table, value)
                if table == "place":
                    self.relation = None
            case "scene" | "weather":
                if table == "weather":
                    self.weather.add(value)
                else:
                    self._enter(value, words[at])
                self._loosen()
                self.relation = None
            case "time" | "style" | "mood" | "layout" | "camera":
                self.found.setdefault(table, value)
            case "act":
                if self._awaits(words, at):
                    self.act = value
                else:
                    self._do(value)
            case "material" | "statue":
                self._make(table, value, words, at)
            case _:
                self._apply_rest(table, value)

    def _apply_rest(self, table: str, value: str) -> None:
        match table:
            case "season":
                self.found.setdefault("season", value)
                self.found.setdefault("mood", _SEASON_MOODS[value])
                if value == "winter":
                    self.weather.add("snow")
            case "nothing":
                self._loosen()
                self.relation = None
            case "look before":
                self.looks.add(value)
            case "look after" | "garment":
                self._dress(value)
            case _:
                self.flags.add(table)

    def _perch(self, part: str) -> bool:
        """Put the thing spoken of last on a part of somebody before it: "a parrot on his shoulder"."""
        last = len(self.things) - 1
        owner = next((at for at in range(last - 1, -1, -1) if animate(self.things[at].name)), None)
        if owner is None or self.things[last].tie is not None:
            return False
        self.things[last] = replace(self.things[last], tie=Tie(part, owner))
        return True

    def _make(self, table: str, value: str, words: list[str], at: int) -> None:
        """Say what a thing is made of: the one before, as in "a lion made of gold", or the next one."""
        made = table == "material" and _made_of(words, at)
        before = bool(self.things) and self.since_thing <= (_MADE_WITHIN if made else 1)
        if made and not before:
            self.found.setdefault("surface", vocabulary.MATERIALS[value])
            return
        if table == "material":
            material = vocabulary.MATERIALS[value]
            if before:
                self.things[-1] = replace(self.things[-1], material=material)
            else:
                self.material = material
        elif before:
            last = self.things[-1]
            known = next((kind for kind in _METALS if last.colour == vocabulary.COLOURS[kind]), "stone")
            self.things[-1] = replace(last, material=last.material or known)
        else:
            self.statue = True

    def _doer(self) -> int | None:
        """Index of who was spoken of last."""
        return next((at for at in range(len(self.things) - 1, -1, -1) if self._may_act(self.things[at])), None)

    @staticmethod
    def _may_act(thing: Thing) -> bool:
        return animate(thing.name) and (thing.tie is None or thing.tie.kind not in ("worn", "held"))

    def _do(self, act: str) -> None:
        """Let the one spoken of last do something, with all that an "and" joins to it."""
        at = self._subject()
        if at is not None and not animate(self.things[at].name) and act != "flying":
            at = self._doer()
        if act == "cooking":
            self.relation = "holding"
        while at is not None and self.things[at].act is None:
            self.things[at] = replace(self.things[at], act=act)
            at = at - 1 if at in self.joined and at else None

    def _material(self, name: str) -> str | None:
        """What the thing now named is made of."""
        if self.statue:
            return self.material or "stone"
        living = name in PEOPLE or sprite(name).kind.startswith(("animal", "plant", "food"))
        # A golden dog is golden; only its statue is of gold.
        return None if name in PEOPLE or (living and self.material in _METALS) else self.material

    def _modify(self, table: str, value: str) -> None:
        match table:
            case "number":
                self.count = min(COUNT_MAX, max(1, vocabulary.NUMBERS.get(value) or int(value)))
            case "colour":
                if self.colour is not None:
                    self.colours.append(self.colour)
                self.colour = vocabulary.COLOURS[value]
                self.material = vocabulary.MATERIALS.get(value, self.material)
            case "size":
                self.size = vocabulary.SIZES[value]
            case _:
                self._place(value)

    def _enter(self, scene: str, word: str) -> None:
        if word in _PLANTATIONS and self.since_thing == 1 and self.things[-1].count == 1:
            self.things[-1] = replace(self.things[-1], count=_FIELD_COUNT)
        if scene not in self.scenes:
            self.scenes.append(scene)

    def _add(self, name: str, words: list[str], at: int, *, plural: bool) -> None:
        subject = self._subject()
        about = self.things[subject].name if subject is not None else ""
        if self._stands_for_more(name, about, words[at]) or self._is_head(name, words[at]):
            return
        name = _among(name, about)
        known = next((thing for thing in self.things if thing.name == name), None)
        again = known is not None and self.count is None and at > 0 and words[at - 1] == "the"
        if not again and len(self.things) < THINGS_MAX:
            several = plural or (words[at] in vocabulary.COLLECTIVES and self.count is None)
            count = self.count if self.count is not None else (3 if several else 1)
            if self.count is None:
                count = 1 if name in vocabulary.DRAWN_SEVERAL else 2 if words[at] in vocabulary.IN_PAIRS else count
            if name == "person" and count == 1:
                count = next((vocabulary.GROUPS[word] for word in words[at : at + 2] if word in vocabulary.GROUPS), 1)
            if plural and self.count == 1:
                count = 3  # "a cat and dogs": the article was another's
            garment, shade = vocabulary.DRESSED.get(words[at], ("", None))
            worn = {garment} if garment else set()
            self.things.append(
                Thing(
                    name=name,
                    count=count,
                    colour=self.colour or (vocabulary.COLOURS[shade] if shade else None),
                    size=self.size,
                    places=frozenset(self.places),
                    looks=frozenset(self.looks | ({"family"} & {words[at]}) | worn) if name in PEOPLE else frozenset(),
                    material=self._material(name),
                    act=self.act or vocabulary.PERFORMERS.get(words[at].removesuffix("s")),
                )
            )
            if self.joining and self.relation is None:
                self.joined.add(len(self.things) - 1)
            if subject is not None:
                self._tie(subject, name)
            self.colour = None
        self.count, self.size, self.relation, self.joining, self.act = None, 1.0, None, False, None
        self._loosen()
        self.places.clear()
        self.looks.clear()
        self.since_thing = 0

    def _is_head(self, name: str, word: str) -> bool:
        """Whether it heads a name begun by the thing just before: "an owl feather" is a feather, and no owl."""
        if self.since_thing != 1 or self.count is not None or self.colour is not None or self.relation is not None:
            return False
        last = self.things[-1]
        if word == "player":
            self.things[-1] = replace(last, name=name, looks=frozenset(), material=None)
            self.things.append(replace(last, count=1, tie=Tie("held", len(self.things) - 1)))
        else:
            self.things[-1] = replace(last, name=name)
        self.since_thing = 0
        return True

    def _stands_for_more(self, name: str, about: str, word: str) -> bool:
        """Whether a thing's name says something of the place, or of the thing spoken of, instead of naming another."""
        if name == "person" and word in vocabulary.GROUPS and self.since_thing == 1 and self.count is None:
            last = self.things[-1]
            if last.name not in PEOPLE and animate(last.name):
                # "a penguin family": several of these, and no people.
                self.things[-1] = replace(last, count=max(last.count, vocabulary.GROUPS[word]))
                return True
        if self.relation == "of" and about == "person" and self.since_thing <= _AGAIN_WITHIN and animate(name):
            # "a family of bears": no people, either.
            self.things[-1] = replace(self.things[-1], name=name, looks=frozenset())
            self.relation, self.since_thing = None, 0
            return True
        inside = name in vocabulary.INTERIORS and self.relation == "in"
        if inside:
            self._enter("room", word)
        again = name == about and self.since_thing <= _AGAIN_WITHIN and self.count is None and not self.joining
        if inside or again or name in vocabulary.SHOWN_ALREADY.get(about, ()):
            self._loosen()
            self.relation = None
            return True
        return False

    def _tie(self, subject: int, name: str) -> None:
        """Relate the thing just added to the one spoken of before it."""
        new, before = len(self.things) - 1, self.things[-2]
        relation = self.relation
        if relation in ("wearing", "holding"):
            # "a snowman with a broom wearing a hat": only who can wear is meant.
            subject = next((at for at in range(subject, -1, -1) if animate(self.things[at].name)), subject)
        if (
            relation is None
            and before.tie is not None
            and before.tie.kind in ("worn", "garnish")
            and self.since_thing <= 3  # noqa: PLR2004 - "and a scarf"
        ):
            relation = "with"
        kind = tie_of(relation, self.things[subject].name, name) if relation else None
        if kind == "filling":
            self.things[new] = replace(self.things[new], tie=Tie("in", subject))
        elif kind in ("worn", "held", "printed", "garnish"):
            self.things[new] = replace(self.things[new], tie=Tie(kind, subject))
        elif kind is not None:
            # "A fox and a rabbit in a boat": both are in it.
            while self.things[subject].tie is None:
                self.things[subject] = replace(self.things[subject], tie=Tie(kind, new))
                if subject not in self.joined or subject == 0:
                    break
                subject -= 1

    def _dress(self, look: str) -> None:
        """Give a look, and a colour said with it, to the person spoken of last."""
        person = self._person()
        assert person is not None
        thing = self.things[person]
        if look in _GARMENTS and self.colour is not None:
            thing = replace(thing, colour=self.colour)
        self.count, self.colour, self.material = None, None, None
        self.things[person] = replace(thing, looks=thing.looks | {look})

    def _place(self, value: str) -> None:
        if self.things and self.since_thing <= 6:  # noqa: PLR2004 - "a cat sleeping in the far left corner"
            self.things[-1] = replace(self.things[-1], places=self.things[-1].places | {value})
        else:
            self.places.add(value)

    def _loosen(self) -> None:
        """A phrase ends: modifiers that found no thing describe the picture."""
        if self.colour is not None:
            self.colours.append(self.colour)
        self.count, self.colour, self.size = None, None, 1.0
        self.material, self.statue = None, False

    def _layout(self, lettering: tuple[str, ...]) -> str | None:
        layout = self.found.get("layout")
        # A sign that says nothing is a part of its street.
        return None if layout == "sign" and not lettering and (self.scenes or self.things) else layout

    def prompt(self, lettering: tuple[str, ...]) -> Prompt:
        """What was read."""
        self._loosen()
        return Prompt(
            things=tuple(self.things),
            scenes=tuple(self.scenes[:4]),
            time=self.found.get("time"),
            weather=frozenset(self.weather),
            season=self.found.get("season"),
            style=self.found.get("style"),
            mood=self.found.get("mood"),
            colours=tuple(dict.fromkeys(self.colours))[:4],
            lettering=lettering,
            alone="alone" in self.flags or self.found.get("layout") == "sticker",
            layout=self._layout(lettering),
            camera=self.found.get("camera"),
            shape=self.found.get("shape"),
            emblem=self.found.get("emblem"),
            surface=self.found.get("surface"),
        )
