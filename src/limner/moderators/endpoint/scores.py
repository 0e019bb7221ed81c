"""What a `/moderations` server answers, and the verdict it amounts to. Pure.

Source: OpenAI API reference, moderations: `results`, each with `flagged`, `categories` and `category_scores`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import orjson

from limner.job import Json, Moderation

CATEGORIES_MAX: Final = 64
"""OpenAI's have 13; an answer's categories go into a refusal."""
_CATEGORY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_/ -]{0,63}")


class NoJudgement(Exception):
    """The answer says nothing that can be relied on. Its message is for the log and repeats nothing of the answer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Scores, above 0 and at most 1, from which any category is refused. LOW goes by its own alone."""

    auto: float
    low: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether one question's content is refused, and the categories that are the reason."""

    refused: bool
    categories: frozenset[str]


def judgement(body: bytes, level: Moderation, limits: Limits) -> Judgement:
    """What the answer `body` to one question says at `level`.

    Raises NoJudgement for anything that is not a result for each input, with a score from 0 to 1 for each category; one
    that is flagged needs none at AUTO.
    """
    try:
        answer: Json = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NoJudgement("it is no JSON") from error
    results = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(results, list) or not results:
        raise NoJudgement("it has no results")
    found = [_of(result, level, limits) for result in results]
    return Judgement(any(one.refused for one in found), frozenset().union(*(one.categories for one in found)))


def _of(result: Json, level: Moderation, limits: Limits) -> Judgement:
    if not isinstance(result, dict) or not isinstance(result.get("flagged"), bool):
        raise NoJudgement("a result does not say whether it is flagged")
    flagged = level is Moderation.AUTO and result["flagged"] is True
    written = result.get("category_scores")
    scores = _scores(written) if written or not flagged else dict[str, float]()
    limit = limits.low if level is Moderation.LOW else limits.auto
    over = {name for name, score in scores.items() if score >= limit}
    named = _flagged_names(result.get("categories")) if flagged else set[str]()
    return Judgement(bool(over) or flagged, frozenset(filter(_CATEGORY.fullmatch, over | named)))


def _scores(written: Json) -> dict[str, float]:
    if not isinstance(written, dict) or len(written) > CATEGORIES_MAX:
        raise NoJudgement("a result has no scores")
    scores = dict[str, float]()
    for name, score in written.items():
        # Some servers leave out, as null, what their model does not judge.
        if score is None:
            continue
        if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
            raise NoJudgement("a score is not from 0 to 1")
        scores[name] = score
    if not scores:
        raise NoJudgement("a result has no scores")
    return scores


def _flagged_names(categories: Json) -> set[str]:
    if not isinstance(categories, dict) or len(categories) > CATEGORIES_MAX:
        return set()
    return {name for name, flagged in categories.items() if flagged is True}
