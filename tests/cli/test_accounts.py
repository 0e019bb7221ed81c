"""`limner accounts`: making, crediting, changing and closing."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from typer.testing import Result

Limner = Callable[..., Result]


def test_an_account_is_listed_with_its_money_and_terms(limner: Limner) -> None:
    """What was made, put in and corrected stands in one line, and exactly in JSON."""
    limner("accounts", "create", "studio", "--markup", "12.5", "--label", "team=[red]design", "--label", "who=Ada")
    assert limner("accounts", "credit", "studio", "50").stderr == "studio has $50.0000 now.\n"
    assert limner("accounts", "credit", "studio", "-0.000000001", "--reason", "a slip").exit_code == 0
    shown = limner("accounts", "list").stdout
    for words in ("studio", "49.999999999", "prepaid", "12.5 %", "team=[red]design, who=Ada"):
        assert words in shown
    facts = {row["name"]: row for row in json.loads(limner("accounts", "list", "--json").stdout)}
    assert facts["default"]["credit_limit_usd"] is None
    assert facts["studio"] | {"created_at": ""} == {
        "name": "studio",
        "balance_usd": "49.999999999",
        "credit_limit_usd": "0.0000",
        "markup_percent": "12.5",
        "labels": {"team": "[red]design", "who": "Ada"},
        "created_at": "",
        "closed_at": None,
    }


def test_terms_are_changed_one_by_one(limner: Limner) -> None:
    """What is not given stays; `none` takes a limit away, and a label without a text goes."""
    limner("accounts", "create", "studio", "--credit-limit", "20", "--label", "a=1", "--label", "b=2")
    changed = json.loads(limner("accounts", "set", "studio", "--label", "a=", "--markup", "3", "--json").stdout)
    assert (changed["credit_limit_usd"], changed["markup_percent"], changed["labels"]) == ("20.0000", "3", {"b": "2"})
    changed = json.loads(limner("accounts", "set", "studio", "--credit-limit", "none", "--json").stdout)
    assert (changed["credit_limit_usd"], changed["markup_percent"]) == (None, "3")


def test_a_closed_account_is_listed_only_when_asked_for(limner: Limner) -> None:
    """It takes no more keys, and its day is shown."""
    limner("accounts", "create", "studio")
    assert limner("accounts", "close", "studio").stderr == "Closed studio.\n"
    assert "studio" not in limner("accounts", "list").stdout
    assert "closed 20" in limner("accounts", "list", "--all").stdout
    refused = limner("keys", "create", "late", "--account", "studio")
    assert (refused.exit_code, refused.stderr) == (1, "error: The account 'studio' is closed.\n")


def test_the_balance_after_a_credit_is_there_for_programs(limner: Limner) -> None:
    """Amounts are text, so that nothing rounds them."""
    told = json.loads(limner("accounts", "credit", "default", "0.1", "--json").stdout)
    assert told == {"account": "default", "amount_usd": "0.1000", "balance_usd": "0.1000"}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("create", "Ada"), 1, "An account's name has 1 to 64"),
        (("create", "default"), 1, "There is an account 'default' already"),
        (("create", "a", "--credit-limit", "-1"), 1, "A credit limit is not negative"),
        (("create", "a", "--credit-limit", "much"), 2, "not an amount of dollars"),
        (("create", "a", "--markup", "-1"), 2, "not a markup in percent"),
        (("create", "a", "--label", "bare"), 2, "is not NAME=TEXT"),
        (("credit", "default", "-1"), 1, "needs a reason"),
        (("credit", "default", "0.0000000001"), 2, "finer than a nano-dollar"),
        (("credit", "nobody", "1"), 1, "There is no account 'nobody'"),
        (("set", "nobody", "--markup", "1"), 1, "There is no account 'nobody'"),
        (("close", "nobody"), 1, "There is no account 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_told(limner: Limner, arguments: tuple[str, ...], code: int, words: str) -> None:
    """Nothing is half done: a sentence says what is wrong with which exit code."""
    result = limner("accounts", *arguments, "--data", "data")
    assert (result.exit_code, result.stdout) == (code, "")
    assert words in " ".join(result.stderr.replace("│", " ").split())
