"""What an edit's prompt asks for: sentences in, a list of steps out.

Precision before reach: a clause is understood when one rule of `edit_grammar` matches all of it, and otherwise not at
all, so that nobody's picture is changed by a word that happened to stand in a sentence about something else. Knows
English clauses; knows nothing of pixels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from limner.engines.sketch.edit_arrangement import Arrangement, read_arrangement
from limner.engines.sketch.edit_grammar import steps_by_rule
from limner.engines.sketch.edit_steps import Add, Step, Write


@dataclass(frozen=True, slots=True)
class Instruction:
    """The steps in order, and how several pictures come together first. understood: no clause was left over."""

    steps: tuple[Step, ...]
    understood: bool
    arrangement: Arrangement | None = None


PROMPT_CHARS_MAX: Final = 2_000
STEPS_MAX: Final = 12
"""More steps than this are no instruction for one picture, and each may take a second on a large one."""
CLAUSE_CHARS_MAX: Final = 200
"""Longer clauses are descriptions, not instructions; and patterns need time that grows faster than their text."""

_QUOTED: Final = re.compile(
    r"\"([^\"]+)\"|\u201c([^\u201d]+)\u201d|«([^»]+)»|\u2018([^\u2019]+)\u2019|(?<!\w)'([^']+)'(?!\w)"
)
_SHELVED: Final = re.compile(r"§(\d+)")
_VERB: Final = (
    r"(?:add|put|place|draw|insert|include|make|turn|change|remove|delete|erase|crop|rotate|flip|mirror|blur|sharpen"
    r"|brighten|darken|lighten|write|replace|convert|colou?r|recolou?r|paint|tint|increase|decrease|reduce|apply|give"
    r"|set|keep|leave|lower|raise|boost|swap|warm|cool|saturate|desaturate|invert|cut|zoom|do not|don't|print|overlay"
    r"|soften|dim|fill|move|duplicate)\b"
)
_COMMAND: Final = re.compile(rf"(?:{_VERB}|(?:get rid of|take|clear|drop|hide|fix|move|show|focus|edit|use|let)\b)")
_CLAUSE_END: Final = re.compile(
    rf"[.;!?]+(?:\s|$)|,?\s+(?:and then|then|but)\s+|,?\s+and\s+(?:also\s+)?(?={_VERB})|,\s*(?={_VERB})"
)
_POLITE: Final = re.compile(
    r"^(?:(?:please|can you|could you|would you|i want you to|i want to|i'd like you to|i'd like to|now|just|also|then"
    r"|and|let's|edit (?:the|this) (?:image|picture|photo)(?: to| so that)?)\b[ ,:]*)+|,? please$",
    re.IGNORECASE,
)
_KEEP: Final = re.compile(
    r"(?:(?:keep|leave)(?! only)|preserve|maintain|don't|do not|without|ensure|no other|nothing else|everything else"
    r"|the rest|all else|fill in the|fill the (?:gap|hole)|in high (?:quality|resolution)|high (?:quality|resolution)"
    r"|highly detailed|4k|8k|hd)\b"
)
_CLEARING: Final = re.compile(
    r"|(?:(?:remove|erase|delete|clear|clean|clean up|get rid of|take out|take away|hide|heal|wipe|drop|eliminate)\b"
    r"(?!.*\b(?:and|with|then|replace|add)\b).*)"
    r"|(?:fill(?: (?:in|it|this|the (?:hole|area|gap|mask)))*"
    r"(?:(?: with)? (?:the )?(?:background|surroundings|what is around it))?)"
    r"|(?:just |only )?(?:the |plain |empty )?(?:nothing|background|surroundings|blank|empty|none)(?: here| there)?"
)
_HOLE_WORDS: Final = re.compile(
    r"(?i)\b(?:(?:in|into|inside|within|to|at|on|over) )?(?:the |this )?(?:masked|transparent|marked|selected|erased"
    r"|empty) (?:area|region|part|hole|spot|place|space|section)s?\b|\b(?:in|inside|into) the (?:mask|hole|gap)\b"
    r"|\b(?:here|there)$"
)
_SWAP: Final = re.compile(r"(?i)(?:replace|swap|exchange|change|turn) .+? (?:with|for|by|into|to) (?P<subject>.+)")
_HOLE_VERB: Final = re.compile(
    r"(?i)^\s*(?:add|put|place|draw|insert|include|paint|introduce|fill(?: it| the (?:hole|gap|area))? with"
    r"|make it|replace(?: it)? with"
    r"|change(?: it)? (?:to|into)|turn(?: it)? into)\s+"
)


def parse(prompt: str, images_count: int = 1) -> Instruction:
    """What `prompt` asks for; no steps, and not understood, when it is a wish this illustrator cannot read."""
    texts: list[str] = []

    def shelve(match: re.Match[str]) -> str:
        texts.append(next(group for group in match.groups() if group is not None).strip())
        return f" §{len(texts) - 1} "

    sentence = " ".join(_QUOTED.sub(shelve, prompt).lower().replace("\u2019", "'").split())
    understood = True
    steps: list[Step] = []
    arrangement: Arrangement | None = None
    for clause in _CLAUSE_END.split(sentence[:PROMPT_CHARS_MAX]):
        arranged = read_arrangement(_tidy(clause), images_count) if len(clause) <= CLAUSE_CHARS_MAX else None
        if arranged is not None:
            arrangement = arrangement or arranged
            continue
        found = _steps_of(clause, texts)
        steps.extend(found or ())
        understood &= found is not None
    understood &= len(steps) <= STEPS_MAX
    return Instruction(tuple(steps[:STEPS_MAX]), understood and bool(steps or arrangement), arrangement)


def is_command(prompt: str) -> bool:
    """Whether `prompt` tells to do something, rather than what is to be seen."""
    return bool(_COMMAND.match(_tidy(prompt.lower()[:PROMPT_CHARS_MAX])))


def wants_nothing(prompt: str) -> bool:
    """Whether a masked edit's prompt asks to clear the hole: to leave what is around it, and nothing else."""
    return bool(_CLEARING.fullmatch(_tidy(prompt.lower()[:PROMPT_CHARS_MAX])))


def subject_of(prompt: str) -> str:
    """What a masked edit's prompt wants in the hole: `prompt` without its verb and without words for the hole."""
    wish = _HOLE_WORDS.sub(" ", _tidy(prompt[:PROMPT_CHARS_MAX]))
    swap = _SWAP.fullmatch(wish)
    if swap:
        wish = swap["subject"]
    return " ".join(_HOLE_VERB.sub("", wish).split()).strip(" .,") or prompt.strip()


def _steps_of(clause: str, texts: Sequence[str]) -> Sequence[Step] | None:
    clause = _tidy(clause)
    if len(clause) > CLAUSE_CHARS_MAX:
        return None
    if not clause or _KEEP.match(clause):
        return ()
    steps = steps_by_rule(clause)
    if steps is not None:
        return [_unshelved(step, texts) for step in steps]
    left, joint, right = clause.partition(" and ")
    if not joint:
        left, joint, right = clause.partition(", ")
    if not joint:
        return None
    # "make it brighter and warmer": each half must be a clause by itself.
    first, second = _steps_of(left, texts), _steps_of(right, texts)
    return None if first is None or second is None else [*first, *second]


def _unshelved(step: Step, texts: Sequence[str]) -> Step:
    """`step` with the quoted texts back in the places where `parse` left their numbers."""
    if isinstance(step, Write):
        return replace(step, text=_SHELVED.sub(lambda match: texts[int(match[1])], step.text))
    if isinstance(step, Add):
        return replace(step, subject=_SHELVED.sub(lambda match: f'"{texts[int(match[1])]}"', step.subject))
    return step


def _tidy(clause: str) -> str:
    return _POLITE.sub("", " ".join(clause.split())).strip(" ,.!?:")
