"""Routes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from limner.clock import ManualClock
from limner.engine import Ability
from limner.engines.scripted import ScriptedEngine, ScriptedSettings
from limner.errors import InvalidRequest
from limner.job import ImageRequest, Kind
from limner.router import Route, by_loss, candidates, lot

ROUTE = Route(model="gpt-image-2", engines=("first", "second"))


def engine(*kinds: Kind) -> ScriptedEngine:
    """An engine that serves only `kinds`."""
    built = ScriptedEngine(ScriptedSettings(), ManualClock())
    ability: Ability = built.ability
    built.ability = replace(ability, kinds=frozenset(kinds))
    return built


def wish(kind: Kind) -> ImageRequest:
    """A request of a kind."""
    return ImageRequest(kind=kind, model="gpt-image-2", prompt="a fox")


def test_the_routes_order_is_kept() -> None:
    """Engines are tried as the operator wrote them."""
    engines = {"second": engine(*Kind), "first": engine(*Kind)}
    assert candidates(ROUTE, engines, wish(Kind.GENERATION), job_id="req_1", out=frozenset()) == ("first", "second")


def test_an_engine_that_cannot_serve_the_request_is_passed_over() -> None:
    """An edit goes to the engine that edits."""
    engines = {"first": engine(Kind.GENERATION), "second": engine(*Kind)}
    assert candidates(ROUTE, engines, wish(Kind.EDIT), job_id="req_1", out=frozenset()) == ("second",)


def test_a_request_nobody_can_serve_is_refused() -> None:
    """The caller learns that the model does not do this here."""
    engines = {"first": engine(Kind.GENERATION), "second": engine(Kind.GENERATION)}
    with pytest.raises(InvalidRequest, match="does not support image edits") as refusal:
        candidates(ROUTE, engines, wish(Kind.EDIT), job_id="req_1", out=frozenset())
    assert refusal.value.param == "model"


def test_an_engine_that_takes_no_jobs_comes_last() -> None:
    """Health outweighs the operator's order, and nothing else changes."""
    engines = {name: engine(*Kind) for name in "abcd"}
    route = Route(model="m", engines=("a", "b", "c", "d"))
    order = candidates(route, engines, wish(Kind.EDIT), job_id="req_1", out={"a", "c"})
    assert order == ("b", "d", "a", "c")


def test_weights_share_the_jobs_and_always_alike() -> None:
    """Each engine is first for its share of many jobs; the same job always gets the same order."""
    engines = {name: engine(*Kind) for name in ("small", "large")}
    route = Route(model="m", engines=("small", "large"), weights=(1, 3))
    orders = [candidates(route, engines, wish(Kind.EDIT), job_id=f"req_{i}", out=frozenset()) for i in range(2000)]
    firsts = Counter(order[0] for order in orders)
    assert all(set(order) == {"small", "large"} for order in orders)
    assert 1400 < firsts["large"] < 1600
    assert orders == [
        candidates(route, engines, wish(Kind.EDIT), job_id=f"req_{i}", out=frozenset()) for i in range(2000)
    ]


def test_who_falls_back_loses_as_little_as_can_be() -> None:
    """The first engine stays; behind it the fewest losses come first, equals as written, and those out at the end."""
    losses = {"a": 3, "b": 2, "c": 0, "d": 1, "e": 1, "f": 0}
    assert by_loss(tuple("abcdef"), losses, out={"f"}) == tuple("acdebf")


def test_lots_lie_between_nought_and_one() -> None:
    """Whatever the words, and no two lists of words are the same."""
    lots = [lot(str(i), str(j)) for i in range(30) for j in range(30)]
    assert all(0 < one < 1 for one in lots)
    assert len(set(lots)) == len(lots)
    assert lot("ab", "c") != lot("a", "bc")
