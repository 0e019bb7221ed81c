"""`limner keys`: making, listing and revoking."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import Result

from limner.keys import well_formed

Limner = Callable[..., Result]


def test_a_new_key_stands_alone_on_standard_output(limner: Limner, folder: Path) -> None:
    """The key can be taken by a script as it is; only its hash is stored."""
    result = limner("keys", "create", "laptop", "--data", "store")
    secret = result.stdout.strip()
    assert (result.exit_code, result.stderr, result.stdout) == (0, "", secret + "\n")
    assert well_formed(secret)
    assert not any(secret.encode() in file.read_bytes() for file in (folder / "store").rglob("*") if file.is_file())


def test_a_key_is_listed_by_all_but_its_secret(limner: Limner) -> None:
    """Name, id, last characters, rights and rules are shown; the secret is not."""
    made = json.loads(limner("keys", "create", "ops", "--admin", "--strictness", "openai", "--strict", "--json").stdout)
    listed = limner("keys", "list")
    for shown in ("ops", made["id"], made["key"][-4:], "admin, openai, strict"):
        assert shown in listed.stdout
    assert made["key"] not in listed.stdout
    [key] = json.loads(limner("keys", "list", "--json").stdout)
    assert {**made, **key} == {**key, "key": made["key"]}
    assert (key["spent_usd"], key["spent_day_usd"], key["spent_month_usd"]) == ("0.0000",) * 3


def test_a_revoked_key_is_listed_only_when_asked_for(limner: Limner) -> None:
    """Revoking by name or id hides the key; --all shows it with the day."""
    limner("keys", "create", "old")
    revoked = limner("keys", "revoke", "old")
    assert (revoked.exit_code, revoked.stdout) == (0, "")
    assert revoked.stderr.startswith("Revoked old (key_")
    assert "There is no key yet" in limner("keys", "list").stderr
    assert "revoked 20" in limner("keys", "list", "--all").stdout
    made = json.loads(limner("keys", "create", "new", "--json").stdout)
    assert json.loads(limner("keys", "revoke", made["id"], "--json").stdout)["revoked_at"] is not None


def test_a_keys_terms_are_set_and_changed(limner: Limner) -> None:
    """What is given changes, what is not stays; `none`, `all` and a label without a text take away."""
    limner("accounts", "create", "studio")
    wanted = ("--account", "studio", "--model", "b", "--model", "a", "--expires", "2099-01-31", "--label", "who=[b]Ada")
    made = json.loads(limner("keys", "create", "laptop", *wanted, "--json").stdout)
    assert (made["account"], made["models"], made["labels"]) == ("studio", ["a", "b"], {"who": "[b]Ada"})
    assert made["expires_at"] == "2099-01-31T00:00:00+00:00"
    assert "account studio, only a b, who=[b]Ada, expires 2099-01-31" in limner("keys", "list").stdout
    changed = json.loads(limner("keys", "set", "laptop", "--expires", "2098-01-01T12:00+02:00", "--json").stdout)
    assert (changed["expires_at"], changed["models"]) == ("2098-01-01T10:00:00+00:00", ["a", "b"])
    limner("keys", "set", "laptop", "--expires", "none", "--model", "all", "--label", "who=")
    [key] = json.loads(limner("keys", "list", "--json").stdout)
    assert (key["expires_at"], key["models"], key["labels"]) == (None, None, {})
    assert limner("keys", "set", "laptop").stderr.startswith("Changed laptop (key_")


def test_users_are_blocked_and_listed_safely(limner: Limner) -> None:
    """One a line, whatever is in their names; unblocking takes one away."""
    limner("keys", "create", "laptop")
    for user in ("[b]mallory", "eve\x1b[31m"):
        assert limner("keys", "block", "laptop", user).stderr.startswith("Blocked a user of laptop (key_")
    assert limner("keys", "blocked", "laptop").stdout == "[b]mallory\n'eve\\x1b[31m'\n"
    assert limner("keys", "unblock", "laptop", "[b]mallory").exit_code == 0
    assert json.loads(limner("keys", "blocked", "laptop", "--json").stdout) == ["eve\x1b[31m"]
    refused = limner("keys", "unblock", "laptop", "[b]mallory")
    assert (refused.exit_code, refused.stderr) == (1, "error: That user of 'laptop' is not blocked.\n")


def test_a_rotated_key_is_told_once_and_stays_the_same_key(limner: Limner) -> None:
    """Another secret, the same id."""
    made = json.loads(limner("keys", "create", "laptop", "--json").stdout)
    told = limner("keys", "rotate", "laptop", "--overlap", "1h")
    assert well_formed(told.stdout.strip())
    assert told.stdout.strip() != made["key"]
    [key] = json.loads(limner("keys", "list", "--json").stdout)
    assert (key["id"], key["hint"][-4:]) == (made["id"], told.stdout.strip()[-4:])
    renewed = json.loads(limner("keys", "rotate", made["id"], "--json").stdout)
    assert (renewed["id"], well_formed(renewed["key"])) == (made["id"], True)


def test_a_keys_limits_are_set_and_changed(limner: Limner) -> None:
    """Amounts are exact, what is not given stays, and `none` takes a limit away."""
    wanted = ("--budget", "10.000000001", "--budget-day", "2", "--budget-month", "5", "--jobs-at-once", "3")
    made = json.loads(limner("keys", "create", "laptop", *wanted, "--images-per-minute", "5", "--json").stdout)
    limits = {
        "budget_usd": "10.000000001",
        "budget_day_usd": "2.0000",
        "budget_month_usd": "5.0000",
        "requests_per_minute": None,
        "images_per_minute": 5,
        "jobs_at_once": 3,
    }
    assert {name: made[name] for name in limits} == limits
    shown = limner("keys", "list").stdout
    for words in (
        "$0.0000 of $10.000000001 in all, $0.0000 of $2.0000 today",
        "$0.0000 of $5.0000 this month",
        "5 images a minute, 3 jobs at once",
    ):
        assert words in " ".join(shown.split())
    changed = json.loads(
        limner("keys", "set", "laptop", "--budget-day", "none", "--requests-per-minute", "60", "--json").stdout
    )
    assert {name: changed[name] for name in limits} == limits | {"budget_day_usd": None, "requests_per_minute": 60}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "b", "--budget", "ten"), "not an amount of dollars"),
        (("create", "b", "--jobs-at-once", "many"), "not a whole number"),
        (("create", "b", "--expires", "tomorrow"), "not a day or a time"),
        (("create", "b", "--label", "bare"), "is not NAME=TEXT"),
        (("rotate", "laptop", "--overlap", "1w"), "not a span of time"),
    ],
)
def test_what_cannot_be_read_is_a_wrong_call(limner: Limner, arguments: tuple[str, ...], words: str) -> None:
    """Exit code 2, and nothing is done."""
    result = limner("keys", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in " ".join(result.stderr.replace("│", " ").split())


def test_refusals_are_one_line(limner: Limner) -> None:
    """A name in use, a name that is none and an unknown key end with exit code 1 and a sentence."""
    limner("keys", "create", "laptop")
    for arguments, words in (
        (("create", "laptop"), "There is a key named 'laptop' already"),
        (("create", " "), "A key's name has 1 to 64 printable characters"),
        (("revoke", "nobody"), "There is no key 'nobody'"),
        (("create", "other", "--budget", "-1"), "A budget is not negative"),
        (("set", "laptop", "--requests-per-minute", "0"), "A rate is between 1 and 100000"),
    ):
        result = limner("keys", *arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"error: {words}")
        assert result.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_used_is_told(limner: Limner, folder: Path) -> None:
    """A file where the data folder should be is named with the system's reason."""
    (folder / "taken").write_text("")
    result = limner("keys", "list", "--data", "taken")
    assert (result.exit_code, result.stderr) == (1, "error: taken: File exists\n")


def test_an_unsound_configuration_is_told_in_full(limner: Limner, folder: Path) -> None:
    """Every problem is a line of its own, before anything is opened."""
    (folder / "mine.toml").write_text("[server]\nprot = 1\nauth = 2\n")
    result = limner("keys", "list", "--config", "mine.toml")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "error: mine.toml: [server] auth is 2; it must be `keys` or `off`",
        "error: mine.toml: unknown setting `[server] prot`: did you mean `port`?",
    ]
    assert not (folder / "data").exists()


def test_the_configuration_names_the_data_folder(limner: Limner, folder: Path) -> None:
    """Without --data, keys go where the server of this configuration looks for them."""
    (folder / "limner.toml").write_text('[server]\ndata = "elsewhere"\n')
    limner("keys", "create", "laptop")
    assert (folder / "elsewhere" / "limner.db").exists()


def test_a_database_of_a_newer_limner_is_told(limner: Limner, folder: Path) -> None:
    """Nothing is guessed at: the sentence says what to do."""
    limner("keys", "create", "laptop")
    with closing(sqlite3.connect(folder / "data" / "limner.db")) as connection, connection:
        connection.execute("update alembic_version set version_num = '9999'")
    result = limner("keys", "list")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: The database is at version 9999")
