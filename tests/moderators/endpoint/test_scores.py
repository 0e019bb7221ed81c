"""What an answer of a `/moderations` server amounts to."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.job import Moderation
from limner.moderators.endpoint.scores import CATEGORIES_MAX, Judgement, Limits, NoJudgement, judgement

LIMITS = Limits(auto=0.5, low=0.9)
FINE = Judgement(refused=False, categories=frozenset())


def answer(*results: Any) -> bytes:
    """An answer with these results."""
    return json.dumps({"id": "modr-1", "results": list(results)}).encode()


def result(scores: dict[str, Any], *, flagged: bool = False) -> dict[str, Any]:
    """A result; a server that flags it flags all its categories."""
    return {"flagged": flagged, "categories": dict.fromkeys(scores, flagged), "category_scores": scores}


@pytest.mark.parametrize(
    ("score", "auto", "low"),
    [(0.49, False, False), (0.5, True, False), (0.89, True, False), (0.9, True, True), (1, True, True)],
)
def test_scores_are_held_against_the_level_s_limit(score: float, auto: bool, low: bool) -> None:  # noqa: FBT001
    """From the limit on a category is refused, and named."""
    body = answer(result({"violence": score, "hate": 0.1}))
    for level, refused in ((Moderation.AUTO, auto), (Moderation.LOW, low)):
        categories = frozenset({"violence"}) if refused else frozenset[str]()
        assert judgement(body, level, LIMITS) == Judgement(refused, categories)


def test_a_flag_refuses_at_auto_alone() -> None:
    """The server's own limits may be lower than ours: `auto` heeds its flag, `low` goes by scores."""
    body = answer(result({"violence": 0.2}, flagged=True))
    assert judgement(body, Moderation.AUTO, LIMITS) == Judgement(refused=True, categories=frozenset({"violence"}))
    assert judgement(body, Moderation.LOW, LIMITS) == FINE
    unnamed = {**result({"violence": 0.2}, flagged=True), "categories": None}
    assert judgement(answer(unnamed), Moderation.AUTO, LIMITS) == Judgement(refused=True, categories=frozenset())


@pytest.mark.parametrize("scores", [None, {}])
def test_a_flag_without_scores_is_heeded(scores: dict[str, Any] | None) -> None:
    """A server that says no more than yes or no has refused; where scores decide it has said nothing."""
    body = answer({**result({"violence": 0.2}, flagged=True), "category_scores": scores})
    assert judgement(body, Moderation.AUTO, LIMITS) == Judgement(refused=True, categories=frozenset({"violence"}))
    with pytest.raises(NoJudgement):
        judgement(body, Moderation.LOW, LIMITS)


def test_one_refused_result_is_enough() -> None:
    """A server that judges text and picture apart has a result for each."""
    found = judgement(answer(result({"hate": 0.1}), result({"sexual": 0.8})), Moderation.AUTO, LIMITS)
    assert found == Judgement(refused=True, categories=frozenset({"sexual"}))


def test_what_a_model_does_not_judge_is_left_out() -> None:
    """A null score is none."""
    assert judgement(answer(result({"hate": 0.1, "illicit": None})), Moderation.AUTO, LIMITS) == FINE


def test_only_names_that_can_be_told_are_told() -> None:
    """A server cannot write into our refusals: the request is refused, the name dropped."""
    found = judgement(
        answer(result({"violence\r\nx": 1.0, "x" * 65: 1.0, "self-harm/intent": 1.0})), Moderation.AUTO, LIMITS
    )
    assert found == Judgement(refused=True, categories=frozenset({"self-harm/intent"}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        answer(),
        b'{"results": {}}',
        answer("fine"),
        answer({}),
        answer({"flagged": False}),
        answer({"flagged": "no", "category_scores": {"hate": 0.1}}),
        answer({"flagged": False, "category_scores": {}}),
        answer({"flagged": False, "category_scores": {"hate": None}}),
        answer(result({"hate": "0.1"})),
        answer(result({"hate": True})),
        answer(result({"hate": -0.1})),
        answer(result({"hate": 1.1})),
        b'{"results": [{"flagged": false, "category_scores": {"hate": NaN}}]}',
        answer(result({f"c{i}": 0.1 for i in range(CATEGORIES_MAX + 1)})),
        answer(result({"hate": 0.1}), None),
    ],
)
def test_what_cannot_be_relied_on_is_no_judgement(body: bytes) -> None:
    """Neither allowed nor refused: a request is not drawn on the strength of garbage."""
    with pytest.raises(NoJudgement):
        judgement(body, Moderation.AUTO, LIMITS)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["results", "flagged", "categories", "category_scores", "hate"]), inner)
        ),
        max_leaves=12,
    )
)
def test_any_answer_is_judged_or_is_none(value: Any) -> None:
    """Nothing else leaves this module, whatever a server says."""
    with suppress(NoJudgement):
        judgement(json.dumps(value).encode(), Moderation.AUTO, LIMITS)
