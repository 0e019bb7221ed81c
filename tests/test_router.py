"""Routes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from limner.clock import ManualClock
from limner.engine import Ability
from limner.engines.scripted import ScriptedEngine, ScriptedSettings
from limner.errors import InvalidRequest
from limner.job import ImageRequest, Kind
from limner.router import Route, candidates

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
    assert candidates(ROUTE, engines, wish(Kind.GENERATION)) == ("first", "second")


def test_an_engine_that_cannot_serve_the_request_is_passed_over() -> None:
    """An edit goes to the engine that edits."""
    engines = {"first": engine(Kind.GENERATION), "second": engine(*Kind)}
    assert candidates(ROUTE, engines, wish(Kind.EDIT)) == ("second",)


def test_a_request_nobody_can_serve_is_refused() -> None:
    """The caller learns that the model does not do this here."""
    engines = {"first": engine(Kind.GENERATION), "second": engine(Kind.GENERATION)}
    with pytest.raises(InvalidRequest, match="does not support image edits") as refusal:
        candidates(ROUTE, engines, wish(Kind.EDIT))
    assert refusal.value.param == "model"
