"""`limner usage` and `limner check` over jobs that were really accounted for."""

from __future__ import annotations

import asyncio
import csv
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from tests.cli.conftest import Api
from typer.testing import Result

from limner import admin
from limner.cli.spreadsheet import harmless
from limner.clock import ManualClock
from limner.job import Background, Format, ImageRequest, Job, Kind, Quality, Size, Usage
from limner.ledger import Admission
from limner.record import JobRecord, Outcome
from limner.storage import open_storage
from limner.trail import SERVER

Limner = Callable[..., Result]

DAY_S = 86_400
SCRIPTED = {"LIMNER_ENGINES__SCRIPTED__KIND": "scripted"}


async def account(data: Path) -> None:
    """Two delivered jobs on two days, by two keys."""
    clock = ManualClock()
    async with open_storage(data, clock) as storage:
        for number, name in enumerate(("first", "second")):
            clock.advance(DAY_S)
            key = (await admin.create_key(storage.keys, name, by=SERVER, clock=clock)).key
            request = ImageRequest(kind=Kind.GENERATION, model=f"model-{number}", prompt="x")
            job = Job(
                id=f"req_{number}",
                account_id=key.account_id,
                key_id=key.id,
                request=request,
                admitted_at_s=clock.now_s(),
            )
            await storage.ledger.admit(Admission(job=job, hold_nusd=30_000_000, price_book="book"))
            await storage.ledger.settle(record(job))


def record(job: Job) -> JobRecord:
    """How a job of one picture ended."""
    return JobRecord(
        job_id=job.id,
        account_id=job.account_id,
        key_id=job.key_id,
        kind=Kind.GENERATION,
        model=job.request.model,
        engine="scripted",
        outcome=Outcome.DELIVERED,
        n=1,
        size=Size(1024, 1024),
        quality=Quality.LOW,
        background=Background.OPAQUE,
        output_format=Format.PNG,
        stream=False,
        partial_images=0,
        input_images=0,
        has_mask=False,
        usage=Usage(text_input_tokens=10, image_output_tokens=1_000),
        hold_nusd=30_000_000,
        charge_nusd=20_000_000,
        cost_nusd=5_000_000,
        price_book="book",
        parameters="",
        user="=cmd()",
        error_code=None,
        admitted_at_s=job.admitted_at_s,
        started_at_s=job.admitted_at_s,
        finished_at_s=job.admitted_at_s,
        output_bytes=1,
        blob_keys=(),
    )


@pytest.fixture
def data(folder: Path) -> Path:
    """A data folder with two jobs."""
    asyncio.run(account(folder / "data"))
    return folder / "data"


@pytest.mark.usefixtures("data")
def test_usage_is_told_by_day_model_and_key_with_a_total(limner: Limner) -> None:
    """A line for each, with the key's name instead of its id, and sums at the foot."""
    lines = [line.split() for line in limner("usage").stdout.splitlines()]
    assert lines[0] == ["day", "model", "key", "requests", "images", "tokens", "charge", "cost"]
    assert lines[1][1:] == ["model-0", "first", "1", "1", "1,010", "0.0200", "0.0050"]
    assert lines[2][1:] == ["model-1", "second", "1", "1", "1,010", "0.0200", "0.0050"]
    assert lines[3] == ["total", "2", "2", "2,020", "0.0400", "0.0100"]


@pytest.mark.usefixtures("data")
def test_usage_in_json_has_whole_numbers_and_exact_dollars(limner: Limner) -> None:
    """Dollars are text, so that no reader rounds them; --by chooses what is told apart."""
    assert json.loads(limner("usage", "--by", "engine", "--json").stdout) == [
        {
            "engine": "scripted",
            "requests": 2,
            "images": 2,
            "input_tokens": 20,
            "output_tokens": 2_000,
            "charge_usd": "0.0400",
            "cost_usd": "0.0100",
        }
    ]
    several = [word for name in ("hour", "source", "size", "user") for word in ("--by", name)]
    [first, _] = json.loads(limner("usage", *several, "--json").stdout)
    assert [first[name] for name in ("hour", "source", "size", "user")] == [
        "2026-09-22T14:00Z",
        "generation",
        "1024x1024",
        "=cmd()",
    ]
    by_account = json.loads(limner("usage", "--by", "account", "--by", "model", "--json").stdout)
    assert [(line["account"], line["model"]) for line in by_account] == [("default", "model-0"), ("default", "model-1")]


@pytest.mark.usefixtures("data")
def test_since_and_until_are_whole_days(limner: Limner) -> None:
    """The last day counts to its end; a time without jobs says so, and is an empty list in JSON."""
    days = [line["day"] for line in json.loads(limner("usage", "--by", "day", "--json").stdout)]
    only_first = json.loads(limner("usage", "--by", "day", "--until", days[0], "--json").stdout)
    only_second = json.loads(limner("usage", "--by", "day", "--since", days[1], "--json").stdout)
    assert [[line["day"] for line in lines] for lines in (only_first, only_second)] == [[days[0]], [days[1]]]
    nothing = limner("usage", "--since", "2999-01-01")
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (0, "", "Nothing was drawn in that time.\n")
    assert limner("usage", "--since", "soon").exit_code == 2


@pytest.mark.parametrize(
    ("option", "value", "requests"),
    [
        ("--key", "first", 1),
        ("--account", "default", 2),
        ("--account", "other", 0),
        ("--model", "model-1", 1),
        ("--engine", "scripted", 2),
        ("--source", "edit", 0),
        ("--size", "1024x1024", 2),
        ("--user", "=cmd()", 2),
    ],
)
@pytest.mark.usefixtures("data")
def test_usage_can_be_of_a_part(limner: Limner, option: str, value: str, requests: int) -> None:
    """Each option narrows it."""
    lines = json.loads(limner("usage", "--by", "account", option, value, "--json").stdout)
    assert sum(line["requests"] for line in lines) == requests


@pytest.mark.usefixtures("data")
def test_usage_called_wrongly_is_told(limner: Limner) -> None:
    """An unknown key fails; a size that is none, or two dimensions of time, are wrong calls."""
    unknown = limner("usage", "--key", "nobody")
    assert (unknown.exit_code, unknown.stderr) == (
        1,
        "error: There is no key 'nobody'. `limner keys list` shows those there are.\n",
    )
    assert limner("usage", "--size", "big").exit_code == 2
    assert limner("usage", "--by", "day", "--by", "hour").exit_code == 2


@pytest.mark.usefixtures("data")
def test_usage_is_exported_as_csv(limner: Limner, folder: Path) -> None:
    """With every digit, for a file or for standard output, and with no text left that a spreadsheet would run."""
    told = limner("usage", "--by", "day", "--by", "user", "--csv", "usage.csv")
    assert (told.exit_code, told.stdout, told.stderr) == (0, "", "Lines written: 2.\n")
    lines = list(csv.DictReader((folder / "usage.csv").read_text().splitlines()))
    assert lines == list(
        csv.DictReader(limner("usage", "--by", "day", "--by", "user", "--csv", "-").stdout.split("\n"))
    )
    assert list(lines[0].values()) == ["2026-09-22", "'=cmd()", "1", "1", "10", "1000", "0.0200", "0.0050"]
    nowhere = limner("usage", "--csv", "no/such/file")
    assert (nowhere.exit_code, nowhere.stderr) == (1, "error: no/such/file: No such file or directory\n")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_text_that_would_be_a_formula_is_defused(start: str) -> None:
    """Whatever a spreadsheet takes for one; numbers, negative ones too, stay numbers."""
    assert harmless(f"{start}1+1") == f"'{start}1+1"
    assert [harmless(cell) for cell in ("1+1", "", None, -1, Decimal("-0.5"))] == ["1+1", "", None, -1, Decimal("-0.5")]


@pytest.mark.usefixtures("data")
def test_the_entries_of_a_key_add_up_to_its_usage(limner: Limner) -> None:
    """A bill gone through entry by entry comes to what usage says was charged."""
    entries = list(csv.DictReader(limner("entries", "--key", "first", "--csv", "-").stdout.split("\n")))
    assert [(entry["kind"], entry["amount_usd"], entry["job"]) for entry in entries] == [
        ("hold", "-0.0300", "req_0"),
        ("settle", "0.0100", "req_0"),
    ]
    [usage] = json.loads(limner("usage", "--by", "key", "--key", "first", "--json").stdout)
    assert sum(Decimal(entry["amount_usd"]) for entry in entries) == -Decimal(usage["charge_usd"])
    assert {entry["user"] for entry in entries} == {"'=cmd()"}


@pytest.mark.usefixtures("data")
def test_entries_are_shown_with_their_sum(limner: Limner) -> None:
    """A line for each entry with the balance before and after; the same in JSON."""
    shown = [line.split() for line in limner("entries", "--until", "2026-09-22").stdout.splitlines()]
    assert shown[1][1:] == ["first", "model-0", "1", "hold", "req_0", "-0.0300", "0.0000", "-0.0300"]
    assert shown[2][1:] == ["first", "model-0", "2", "settle", "req_0", "0.0100", "-0.0300", "-0.0200"]
    assert shown[3] == ["total", "-0.0200"]
    lines = json.loads(limner("entries", "--json").stdout)
    assert [line["amount_usd"] for line in lines] == ["-0.0300", "0.0100", "-0.0300", "0.0100"]
    assert lines[3]["balance_after_usd"] == "-0.0400"
    nothing = limner("entries", "--since", "2999-01-01")
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (0, "", "No job ended in that time.\n")


@pytest.mark.usefixtures("data")
def test_a_sound_installation_passes_the_check(limner: Limner) -> None:
    """Configuration, engines, the place of results and accounts have a line each, and the exit code is 0."""
    result = limner("check", **SCRIPTED)
    assert result.exit_code == 0
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert lines[:6] == [
        "ok  built-in settings engines: 1, models: 12",
        "ok  engine scripted scripted: scripted",
        "    generations edits variations, 1024x1024, png, 10 a call, inputs: 16, qualities, partials",
        "ok  results data/results a probe was written, read and deleted",
        "ok  account default entries: 4, balance: -0.0400 USD",
        "",
    ]
    facts = json.loads(limner("check", "--json", **SCRIPTED).stdout)
    assert facts["sound"] is True
    assert facts["accounts"] == [
        {"id": "default", "balance_usd": "-0.0400", "held_usd": "0.0000", "entries": 4, "faults": []}
    ]


def test_the_check_tells_what_engines_do_not_do_by_themselves(limner: Limner) -> None:
    """A group of models that fare alike has a line; in JSON every model has its own."""
    result = limner("check", **SCRIPTED)
    assert "scripted  gpt-image-1 gpt-image-1-mini gpt-image-1.5 and 3 more " in result.stdout
    assert "emulated: mask, size, background, output_format, output_compression" in result.stdout
    [engine] = json.loads(limner("check", "--json", **SCRIPTED).stdout)["engines"]
    assert engine["ability"].startswith("generations edits variations, 1024x1024, png")
    assert len(engine["models"]) == 12
    assert engine["models"]["gpt-image-2.6-flare"] == {
        "emulated": ["mask", "size", "background", "output_format", "output_compression"],
        "adapted": ["quality"],
        "ignored": ["markup", "moderation", "input_fidelity", "complexity", "frame_count", "frame_duration_ms", "svg"],
        "refused": [],
    }


def test_the_check_says_that_nothing_moderates(limner: Limner) -> None:
    """Off is the default, and said for every model."""
    lines = limner("check", **SCRIPTED).stdout.splitlines()
    heading = next(index for index, line in enumerate(lines) if "moderation before an engine draws" in line)
    assert lines[heading + 1].split("  ")[0] == "gpt-image-1 gpt-image-1-mini gpt-image-1.5 and 9 more"
    assert lines[heading + 1].split()[-1] == "off"


def test_the_check_tells_what_moderates_before_each_engine(limner: Limner, folder: Path) -> None:
    """A model whose engines differ has a line for each of them, and the moderator one of its own."""
    (folder / "list.txt").write_text("[violence]\nblow up\n")
    (folder / "limner.toml").write_text(
        '[engines.scripted]\n[engines.cloud]\nkind = "upstream"\nbase_url = "http://127.0.0.1:9"\n'
        '[moderators.house]\nkind = "words"\nfile = "list.txt"\n'
        '[models.gpt-image-2]\nroute = ["cloud", "scripted"]\nmoderator = "house"\n'
        '[models."gpt-image-1.5"]\nroute = ["cloud"]\n'
    )
    shown = limner("check").stdout
    assert "ok  moderator house words: list.txt, terms: 1" in shown
    lines = [line.rstrip().split("  ")[-1].strip() for line in shown.splitlines()]
    assert lines[-3:] == ["cloud: by the engine itself", "scripted: moderator house", "by the engine itself"]


def test_the_check_tells_of_the_key_and_the_models_seen(limner: Limner, folder: Path, api: Api) -> None:
    """Those that are called so here come first, as there may be hundreds; JSON has them all."""
    api.body = {"data": [{"id": name} for name in ("a", "b", "c", "gpt-image-2")]}
    (folder / "limner.toml").write_text(
        f'[engines.cloud]\nkind = "upstream"\nbase_url = "{api.base_url}"\nkey = "sk-1"\n'
    )
    lines = limner("check").stdout.splitlines()
    assert lines[1] == "ok  engine cloud upstream: openai at 127.0.0.1 answers and accepts its key"
    assert lines[2].rstrip() == "    models seen: gpt-image-2 a b and 1 more"
    [engine] = json.loads(limner("check", "--json").stdout)["engines"]
    assert (engine["key_accepted"], engine["models_seen"]) == (True, ["a", "b", "c", "gpt-image-2"])


def test_an_unreachable_engine_fails_the_check(limner: Limner) -> None:
    """The engine's own words are shown, and the exit code is 1."""
    result = limner("check", **SCRIPTED, LIMNER_ENGINES__SCRIPTED__FAIL="unavailable")
    assert result.exit_code == 1
    assert "bad engine scripted scripted: unavailable, as its settings say" in result.stdout


def test_a_ledger_that_does_not_add_up_fails_the_check(limner: Limner, data: Path) -> None:
    """A balance edited by hand is found and named."""
    with closing(sqlite3.connect(data / "limner.db")) as connection, connection:
        connection.execute("update accounts set balance_nusd = balance_nusd + 1")
    result = limner("check", **SCRIPTED)
    assert result.exit_code == 1
    assert "the balance is -39999999, the entries make -40000000" in result.stdout


def test_a_check_in_a_folder_that_cannot_be_used_is_told(limner: Limner, folder: Path) -> None:
    """The system's reason is passed on."""
    (folder / "taken").write_text("")
    result = limner("check", "--data", "taken", **SCRIPTED)
    assert (result.exit_code, result.stderr) == (1, "error: taken: File exists\n")
