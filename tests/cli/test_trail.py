"""`limner trail`: who did what at the command line."""

from __future__ import annotations

import csv
import json
import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

Limner = Callable[..., Result]

ME = f"cli:{pwd.getpwuid(os.getuid()).pw_name}"


@pytest.fixture
def changed(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> Limner:
    """A command line at which an account was made, credited and closed, by somebody who says they are another."""
    monkeypatch.setenv("LOGNAME", "eve")
    monkeypatch.setenv("USER", "eve")
    for command in (
        ("accounts", "create", "studio", "--label", "note==1+1 [b]"),
        ("accounts", "set", "studio", "--markup", "5"),
        ("accounts", "credit", "studio", "-5", "--reason", "=cmd|x"),
        ("keys", "create", "Ada", "--account", "studio"),
        ("keys", "block", "Ada", "ann\x1b[31m\u202e"),
    ):
        result = limner(*command)
        assert result.exit_code == 0, result.output
    return limner


def lines(limner: Limner, *options: str) -> list[dict[str, Any]]:
    """The trail as a program reads it."""
    found: list[dict[str, Any]] = json.loads(limner("trail", "--json", *options).stdout)
    return found


def test_the_systems_user_is_told_not_the_environments(changed: Limner) -> None:
    """The latest first; a variable anyone can set is not believed."""
    found = lines(changed)
    assert [line["action"] for line in found] == [
        "user.blocked", "key.created", "account.credited", "account.changed", "account.created",
    ]  # fmt: skip
    assert {line["actor"] for line in found} == {ME}
    assert found[3]["details"] == {"before": {"markup_percent": "0"}, "after": {"markup_percent": "5"}}


def test_the_trail_is_narrowed(changed: Limner) -> None:
    """By subject, action, actor and day."""
    assert len(lines(changed, "--subject", "studio")) == 3
    assert len(lines(changed, "--action", "account.credited", "--action", "account.changed")) == 2
    assert len(lines(changed, "--actor", ME)) == 5
    assert lines(changed, "--actor", "cli:eve") == []
    assert lines(changed, "--until", "2020-01-01") == []
    assert len(lines(changed, "--since", "2020-01-01")) == 5
    assert changed("trail", "--until", "2020-01-01").stderr == "Nothing was changed in that time.\n"


def test_the_table_cannot_act_on_a_terminal(changed: Limner) -> None:
    """Whoever named an end user may have put escapes into the name; brackets are no colours."""
    shown = changed("trail").stdout
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[b]" in shown


def test_the_trail_as_a_spreadsheet_has_no_formulas(changed: Limner, folder: Path) -> None:
    """A line a change; details are one cell of JSON, which begins with a bracket and so is text."""
    assert changed("trail", "--csv", "trail.csv").stderr == "Lines written: 5.\n"
    with (folder / "trail.csv").open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert [line["action"] for line in found][-1] == "account.created"
    assert json.loads(found[2]["details"])["reason"] == "=cmd|x"
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in found for cell in line.values())
