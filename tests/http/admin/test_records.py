"""Usage, entries, prices and the trail over HTTP: the same figures as everywhere else, page by page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest
from tests.http.accounts import MIDNIGHT_S, Accounts, with_history

from limner.admin import usage
from limner.usage import UsageFilter, UsageQuery


@pytest.fixture
async def history(found: Accounts) -> Accounts:
    """Accounts with jobs."""
    return await with_history(found)


async def pages(admin: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every line of a list, two at a time."""
    lines: list[dict[str, Any]] = []
    query["limit"] = 2
    while True:
        answer = await admin.get(path, params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["data"]) <= 2
        lines += page["data"]
        if page["next_page"] is None:
            return lines
        query["page"] = page["next_page"]


async def test_usage_is_added_up_as_it_is_asked_for(admin: httpx.AsyncClient, history: Accounts) -> None:
    """One line for all of it, or one for each of what is told apart; all say the same sum."""
    [whole] = await pages(admin, "/usage")
    assert whole == {
        "object": "usage",
        **dict.fromkeys(("start_time", "account", "key_id", "model", "engine", "source", "size", "user")),
        "requests": 4,
        "images": 6,
        "input_tokens": whole["input_tokens"],
        "output_tokens": whole["output_tokens"],
        "charge_usd": whole["charge_usd"],
        "cost_usd": whole["cost_usd"],
    }
    [line] = await usage(history.storage.usage, history.storage.keys, UsageQuery(where=UsageFilter()))
    assert Decimal(whole["charge_usd"]) * 10**9 == line.charge_nusd
    for by in (["day"], ["hour", "model"], ["account", "key", "user"], ["minute"], ["source", "size", "engine"]):
        lines = await pages(admin, "/usage", by=by)
        assert len(lines) > 1
        assert sum(Decimal(line["charge_usd"]) for line in lines) == Decimal(whole["charge_usd"])
        assert sum(line["requests"] for line in lines) == 4
    days = await pages(admin, "/usage", by="day,model", keys="ours")
    assert {line["start_time"] for line in days} == {MIDNIGHT_S - 86_400, MIDNIGHT_S}


async def test_the_entries_of_a_bill_add_up_to_its_usage(admin: httpx.AsyncClient, history: Accounts) -> None:
    """Job by job, each with its hold and what resolved it."""
    for query in ({}, {"keys": "ours"}, {"accounts": "acct_other"}, {"start_time": MIDNIGHT_S}):
        jobs = await pages(admin, "/entries", **query)
        [line] = await pages(admin, "/usage", **query)
        amounts = [Decimal(entry["amount_usd"]) for job in jobs for entry in job["entries"]]
        assert -sum(amounts) == Decimal(line["charge_usd"]) > 0
        assert len({job["job"] for job in jobs}) == len(jobs) == line["requests"]
        for job in jobs:
            hold, end = job["entries"]
            assert (hold["kind"], end["kind"]) in {("hold", "settle"), ("hold", "release")}
            for entry in (hold, end):
                assert Decimal(entry["balance_before_usd"]) + Decimal(entry["amount_usd"]) == Decimal(
                    entry["balance_after_usd"]
                )
    assert [job["job"] for job in await pages(admin, "/entries")] == ["req_a", "req_b", "req_c", "req_d"]


async def test_a_key_that_never_was_is_told(admin: httpx.AsyncClient, history: Accounts) -> None:
    """Rather than a bill of nothing."""
    for path in ("/usage", "/entries"):
        missing = await admin.get(path, params={"keys": "nobody"})
        assert (missing.status_code, missing.json()["error"]["param"]) == (404, "key")


async def test_prices_are_told_as_they_are_written(admin: httpx.AsyncClient) -> None:
    """Of the models that are served, or all that are published."""
    served = await pages(admin, "/prices")
    assert {line["model"] for line in served} == {"gpt-image-2", "dall-e-3"}
    own = next(line for line in served if line["model"] == "dall-e-3")
    assert own == {
        "object": "price",
        "model": "dall-e-3",
        "price": {"per_image_usd": "0.04"},
        "own": True,
        "source": None,
        "read_on": None,
    }
    everything = (await admin.get("/prices", params={"include_published": "true", "limit": 1000})).json()["data"]
    assert len(everything) > len(served)


async def test_a_job_is_quoted_before_it_is_sent(admin: httpx.AsyncClient) -> None:
    """Its hold and its charge, with the markup; what would be refused is refused."""
    sent = {"model": "dall-e-3", "n": 1, "size": "1024x1024", "markup_percent": "50", "prompt": "a fox"}
    quoted = (await admin.post("/prices/quote", json=sent)).json()
    assert (quoted["object"], quoted["charge"]["usd"], quoted["charge"]["markup_usd"]) == ("quote", "0.0600", "0.0200")
    edit = {"model": "gpt-image-2", "input_sizes": ["512x512"] * 16, "partial_images": 3, "prompt_tokens": 6400}
    dear = (await admin.post("/prices/quote", json=edit)).json()
    assert Decimal(dear["hold"]["usd"]) > Decimal(dear["charge"]["usd"]) > 0
    for body, param in (
        ({"model": "nope"}, "model"),
        ({"model": "gpt-image-2", "size": "1x1"}, "size"),
        ({"model": "gpt-image-2", "quality": "finest"}, "quality"),
        ({"model": "gpt-image-2", "prompt": "a", "prompt_tokens": 1}, "prompt_tokens"),
        ({"model": "gpt-image-2", "input_sizes": ["1x"]}, "input_sizes"),
        ({"model": "gpt-image-2", "n": 11}, "n"),
        ({}, "model"),
    ):
        refused = await admin.post("/prices/quote", json=body)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, param), body
    assert (await admin.get("/trail", params={"actors": "nobody"})).json()["data"] == []


async def test_the_trail_is_read_by_who_what_and_when(admin: httpx.AsyncClient, found: Accounts) -> None:
    """Page by page, the latest first."""
    found.clock.advance(10)
    for name in ("a", "b", "c"):
        await admin.post("/accounts", json={"name": name})
    whole = await pages(admin, "/trail")
    assert [act["subject"] for act in whole[:3]] == ["c", "b", "a"]
    assert [act["id"] for act in whole] == sorted((act["id"] for act in whole), reverse=True)
    now_s = int(found.clock.now_s())
    assert len(await pages(admin, "/trail", actors=found.admin.key.id)) == 3
    assert len(await pages(admin, "/trail", subjects=["a", "b"], start_time=now_s)) == 2
    assert await pages(admin, "/trail", start_time=now_s + 1) == []
    assert len(await pages(admin, "/trail", end_time=now_s)) == len(whole) - 3
