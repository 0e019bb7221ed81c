"""The grammar of one clause of an edit's prompt: rules, each a pattern that must match all of it, and a builder.

The first rule that matches and whose builder does not decline wins; the order of `_RULES` is part of the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from limner.engines.sketch import edit_builders as build
from limner.engines.sketch.edit_builders import any_of
from limner.engines.sketch.edit_steps import Step
from limner.engines.sketch.edit_words import (
    COLUMNS,
    ROWS,
    SETTINGS,
    SHADES,
    STYLES,
    TONE_ADJECTIVES,
    TONE_NOUNS,
    TONE_VERBS,
    WEATHERS,
)
from limner.engines.sketch.vocabulary import COLOURS

_Builder: TypeAlias = Callable[[re.Match[str]], Sequence[Step] | None]

TARGET: Final = (
    r"(?:it|this|that|them|him|her|everything|(?:the|this|that|my|its|his|all|all the) [a-z][a-z' -]{0,40}?)"
    r"(?: of (?:the|this|my) (?:image|picture|photo|photograph|scene|shot))?"
)
"""The thing a clause is about, as people name it."""


def steps_by_rule(clause: str) -> Sequence[Step] | None:
    """The steps a clause in lower case asks for, or None when no rule takes it."""
    for pattern, builder in _RULES:
        match = pattern.fullmatch(clause)
        steps = builder(match) if match else None
        if steps is not None:
            return steps
    return None


_DEGREE: Final = (
    r"(?:(?:very|much|a lot|lots|far|way|really|extremely|significantly|dramatically|slightly|somewhat|a bit|a little"
    r"|a touch|subtly|gently|more|less|even|by half|(?:by )?\d{1,3} ?%|(?:by )?\d{1,3} percent)(?: |$))+"
)
_IMAGE: Final = r"(?:the |this |my )?(?:image|picture|photo|photograph|frame|canvas|scene|shot|page|it)"
_PLACE_WORD: Final = any_of({*ROWS, *COLUMNS, *SETTINGS})
_PLACE: Final = (
    r"(?:in|on|at|to|into|onto|near|along|towards|across|over) (?:the |its )?(?:very |far )?"
    rf"(?P<place>{_PLACE_WORD}(?:[ -]{_PLACE_WORD})*)(?:[ -]?(?:hand|side|corner|edge|half|part|third|area))*"
    rf"(?: of {_IMAGE})?"
)
_COLOUR: Final = rf"(?P<colour>(?:{any_of(SHADES)} )*{any_of(COLOURS)})"
_WEATHER: Final = rf"(?P<weather>{any_of(WEATHERS)})"
_CHANGE: Final = (
    r"(?:make|turn|convert|change|transform|render|set|redraw|repaint|redo|recreate|reimagine|restyle|stylise|stylize|draw"
    r"|paint|show|put|apply|give|use)"
)
_STYLE_TAIL: Final = (
    r"(?: (?:style|styled|painting|drawing|sketch|art|artwork|illustration|picture|image|version|effect|filter|look"
    r"|aesthetic|print|photo|photograph|portrait|book|poster|design|scene|character))*"
)
_REMOVE: Final = r"(?:remove|delete|erase|cut out|cut away|drop|clear|strip|get rid of|take out|take away)"
_BACKGROUND: Final = r"(?:the |its |this )?(?:background|backdrop)"
_LETTER: Final = r"(?:write|print|letter|type|add|put|place|overlay|draw|insert|include|caption|engrave|inscribe)"


def _letters(colour: str) -> str:
    """A pattern of how letters are to look, its colour in the group of that name."""
    return (
        r"(?: in(?: (?:an?|big|bold|large|small|huge|tiny|capital)\b,?)*"
        rf"(?: {_COLOUR.replace('colour', colour, 1)})?(?: (?:letters|text|type|font|lettering|capitals))?)?"
    )


_LETTERED: Final = rf"{_letters('colour')}(?: {_PLACE})?{_letters('colour_after')}"


def _rule(pattern: str, builder: _Builder) -> tuple[re.Pattern[str], _Builder]:
    return re.compile(pattern), builder


_RULES: Final = (
    _rule(rf"{_REMOVE} {_BACKGROUND}(?: from .+)?", build.cut_out),
    _rule(r"(?:posteri[sz]e|pixelate)(?: (?:it|the (?:whole )?(?:image|picture|photo)))?", build.manner),
    _rule(
        r"(?:add|apply|put|draw)(?: an?)?(?: thin| thick| wide| simple)?(?: (?P<colour>"
        rf"(?:{any_of(SHADES)} )*{any_of(COLOURS)}))? (?:border|frame)(?: (?:around|to|on) .+)?",
        build.border,
    ),
    _rule(
        rf"(?:keep |leave )?only (?:keep |leave )?(?P<target>{TARGET}) in colou?r",
        build.only,
    ),
    _rule(
        rf"(?:make|turn) (?:everything|all|{_IMAGE}) (?P<tone>{any_of(TONE_ADJECTIVES)})"
        rf" (?:except|but|apart from|except for) (?P<target>{TARGET})",
        build.all_but,
    ),
    _rule(
        rf"(?:make|turn) (?:everything|all|{_IMAGE}) (?:except|but|apart from|except for) (?P<target>{TARGET})"
        rf" (?P<tone>{any_of(TONE_ADJECTIVES)})",
        build.all_but,
    ),
    _rule(
        rf"(?:make|render) {_BACKGROUND} transparent|(?:with |on |give it )?(?:an? )?transparent background",
        build.cut_out,
    ),
    _rule(r"(?:isolate|extract|cut out) (?:the|this|that) [a-z ]+", build.cut_out),
    _rule(r"(?:replace|swap|exchange) (?:the|its|this) sky (?:with|to|for|into|by) (?P<scene>.+)", build.new_sky),
    _rule(
        rf"(?:replace|change|swap|exchange|fill) {_BACKGROUND} (?:with|to|for|into|by) (?P<scene>.+)", build.backdrop
    ),
    _rule(rf"(?:make|set|turn|put|colou?r|paint) {_BACKGROUND}(?: to| into| be| as)? (?P<scene>.+)", build.backdrop),
    _rule(
        rf"(?:(?:put|place|set|show|give) {TARGET} )?(?:(?:with|on|against|use|add) )?"
        r"(?P<scene>an? .+? (?:background|backdrop))",
        build.backdrop,
    ),
    _rule(
        rf"(?:{_CHANGE}(?: {TARGET})? )?(?:(?:look |feel )?(?:like|as if|as though|to|into|in|at|under) )?"
        r"(?:(?:it's|it is|it was|it were|(?:it was |it were )?(?:taken|shot|photographed) (?:in|at|on)"
        r"|from (?:day|night|summer|winter)(?:time)? to) )?"
        rf"(?:an? |the )?{_WEATHER}"
        r"(?: (?:scene|time|version|light|sky|lighting|weather|season|colou?rs|landscape|atmosphere|mood|day|outside"
        r"|picture|image|photo))*",
        build.weather,
    ),
    _rule(
        rf"(?:{_CHANGE} )?(?:it )?(?:from )?(?:the )?(?:day|night|summer|winter)(?:time)? (?:to|into)"
        rf" {_WEATHER}(?:time)?",
        build.weather,
    ),
    _rule(
        rf"(?:add|with|let it|cover {TARGET} (?:in|with))(?: (?:some|falling|heavy|light|a lot of|lots of|a bit of))*"
        rf" {_WEATHER}(?: (?:to|in|into|over) the (?:sky|scene|air|background))?",
        build.weather,
    ),
    _rule(
        rf"(?:(?:place|put|set|move|show|transport|take|send) (?:{TARGET} )?)?"
        r"(?:on|in|at|into|onto|to|inside|against|in front of) (?P<scene>.+)",
        build.onto_scene,
    ),
    _rule(
        rf"(?:{_CHANGE} )?(?:(?P<target>{TARGET}) )?(?:(?:to|into|in|look|appear|be|as) )?(?:an? )?"
        rf"(?P<degree>{_DEGREE})?(?P<tone>{any_of(TONE_ADJECTIVES)})"
        r"(?: (?:image|picture|photo|version|style|tones?|colou?rs?|filter|effect))?",
        build.tone_adjective,
    ),
    _rule(
        rf"(?P<degree>{_DEGREE})?(?P<verb>{any_of(TONE_VERBS)})(?: (?P<target>{TARGET}|colou?rs))?"
        rf"(?: (?P<after>{_DEGREE}))?",
        build.tone_verb,
    ),
    _rule(
        r"(?P<verb>increase|raise|boost|more|higher|add|add more|add some|up|turn up|enhance|improve|decrease|reduce"
        r"|lower|less|drop|turn down|apply|remove)(?: (?:the|its|an?|some|all|all the))?"
        rf"(?: (?:image|colou?r|soft|subtle|dark))? (?P<tone>{any_of(TONE_NOUNS)})"
        rf"(?: (?:of|in|to|from) (?P<target>{TARGET}))?(?: (?P<after>{_DEGREE}))?",
        build.tone_noun,
    ),
    _rule(
        rf"(?:make|turn|colou?r|recolou?r|paint|dye|tint|change|set|render|tone) (?P<target>{TARGET})"
        rf"(?: (?:to|into|in|be|be in))? (?:an? )?{_COLOUR}(?: colou?r)?",
        build.recolour,
    ),
    _rule(rf"(?:change|set|switch) (?:the )?colou?r of (?P<target>{TARGET}) (?:to|into) {_COLOUR}", build.recolour),
    _rule(
        rf"(?:change|replace|swap|turn|recolou?r) (?P<target>(?:the |all |all the )?(?:{any_of(SHADES)} )*"
        rf"{any_of(COLOURS)})(?: colou?rs?| parts| areas)? (?:with|to|into|by|for) {_COLOUR}",
        build.recolour,
    ),
    _rule(rf"(?:(?:add|apply|give it|with|use) )?(?:an? )?{_COLOUR} (?:tint|tone|filter|hue|cast)", build.recolour),
    _rule(
        rf"(?:make|render) (?P<target>{TARGET})(?: (?P<times>\d) times)?(?: {_DEGREE})? ?"
        r"(?P<how>bigger|larger|smaller|tinier|huge)",
        build.rescale,
    ),
    _rule(
        rf"(?:move|shift) (?P<target>{TARGET})(?: over)? (?:to|towards|into|up|down)(?: the)?"
        rf" (?P<place>{_PLACE_WORD}(?:[ -]{_PLACE_WORD})*)(?:[ -]?(?:hand|side|corner|edge|half|part))*"
        rf"(?: of {_IMAGE})?",
        build.move,
    ),
    _rule(rf"(?:duplicate|double|clone|repeat|copy) (?P<target>{TARGET})", build.again),
    _rule(rf"(?:turn|flip|rotate) {TARGET} upside[- ]down", build.upside_down),
    _rule(
        rf"(?P<verb>rotate|turn|spin)(?: {TARGET})?(?: by)?(?: (?P<degrees>\d{{1,3}})(?: ?degrees?| ?deg| ?°)?)?"
        r"(?: (?:to the |to )?(?P<way>clockwise|anti-?clockwise|counter-?clockwise|left|right))?",
        build.turn,
    ),
    _rule(
        rf"(?:flip|mirror|reflect)(?: {TARGET})?"
        r"(?: (?P<way>horizontally|vertically|horizontal|vertical|left to right|top to bottom|upside[- ]down))?",
        build.flip,
    ),
    _rule(
        rf"(?:crop|zoom in|zoom)(?: (?:it|{_IMAGE}))?(?: (?:to|on|into|around|in on|in to))?(?: the)?"
        rf"(?: (?P<part>.+?))?(?: of {_IMAGE})?",
        build.crop,
    ),
    _rule(
        rf"(?:crop|zoom in|zoom|focus|trim)(?: (?:it|{_IMAGE}))?(?: (?:tightly|closely|close|tight|down))?"
        rf" (?:to|on|into|around|in on|in to)(?: just| only)? (?P<target>{TARGET}|[a-z]+)(?: only| alone)?",
        build.crop_to,
    ),
    _rule(
        rf"{_REMOVE} (?P<target>{TARGET})(?: (?:from|in|on|off|out of) (?P<rest>[a-z ]+?))?(?: completely| entirely)?",
        build.remove,
    ),
    _rule(
        rf"(?:{_CHANGE} )?(?:{TARGET} )?(?:look )?(?:(?:like|into|as|to|in|with|as if it were) )?(?:the style of )?"
        rf"(?:an? |the )?(?P<style>{any_of(STYLES)}){_STYLE_TAIL}"
        rf"(?: (?:in the style of|like|by)(?: an?| the)? {any_of(STYLES)})?",
        build.restyle,
    ),
    _rule(
        rf"{_LETTER}(?: it| {_IMAGE})?(?: with)?(?: (?:the|an?|some))?(?: (?:big|bold|large|small))?"
        r"(?: (?:text|words?|caption|title|heading|headline|slogan|message|letters))?"
        r"(?: (?:saying|that says|that reads|reading))?"
        rf":? (?P<text>§\d+){_LETTERED}",
        build.write,
    ),
    _rule(rf"(?:write|caption it)(?: (?:the|a))?(?: (?:text|words?|message))? (?P<text>.+?){_LETTERED}", build.write),
    _rule(
        rf"(?:replace|swap|exchange|turn|transform|change|convert) (?P<target>{TARGET}) (?:with|for|by|into|to)"
        r" (?P<subject>(?:an? |two |three |some )?.+)",
        build.swap,
    ),
    _rule(
        r"(?:add|put|place|draw|insert|include|paint|introduce) (?P<subject>.+?)(?: sitting| standing| lying| resting)?"
        r" (?P<relation>next to|beside|near|by|alongside|on top of|onto|on|to) (?P<target>"
        rf"{TARGET})",
        build.add_near,
    ),
    _rule(
        r"(?P<verb>add|put|place|draw|insert|include|paint|introduce|give (?:it|him|her|them|me)|with)(?: in)?"
        rf" (?P<subject>.+?)(?: {_PLACE})?(?: (?:to|in|into|on|onto) {_IMAGE})?",
        build.add,
    ),
)
