"""`limner usage` and `limner check` over jobs that were really accounted for."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import Result

from limner import admin
from limner.clock import ManualClock
from limner.job import Background, Format, ImageRequest, Job, Kind, Quality, Size, Usage
from limner.ledger import Admission
from limner.record import JobRecord, Outcome
from limner.storage import open_storage

Limner = Callable[..., Result]

DAY_S = 86_400
SCRIPTED = {"LIMNER_ENGINES__SCRIPTED__KIND": "scripted"}


async def account(data: Path) -> None:
    """Two delivered jobs on two days, by two keys."""
    clock = ManualClock()
    async with open_storage(data, clock) as storage:
        for number, name in enumerate(("first", "second")):
            clock.advance(DAY_S)
            key = (await admin.create_key(storage.keys, name, clock=clock)).key
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
        user=None,
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


@pytest.mark.usefixtures("data")
def test_a_sound_installation_passes_the_check(limner: Limner) -> None:
    """Configuration, engines, the place of results and accounts have a line each, and the exit code is 0."""
    result = limner("check", **SCRIPTED)
    assert result.exit_code == 0
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert lines[:6] == [
        "ok  built-in settings engines: 1, models: 12",
        "ok  engine scripted scripted: scripted",
        "    generations edits variations, 1024x1024, png, 10 a call, qualities, partials",
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
