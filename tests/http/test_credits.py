"""The credits surface: each caller reads its own account and nobody else's."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from tests.http.accounts import MIDNIGHT_S, Accounts, accounts_of, with_history
from tests.http.scripted import PNG
from tests.storage.jobs import CHARGE_NUSD, HOLD_NUSD, Jobs

from limner.clock import ManualClock
from limner.http.surface import Surface
from limner.keys import new_secret
from limner.money import usd_text
from limner.storage import Storage

ROOT = "http://limner.test/api-user"
CREDITS, SERVICES, USAGE, POINTS = (
    f"{ROOT}/credits", f"{ROOT}/services", f"{ROOT}/usage/search", f"{ROOT}/points/search",
)  # fmt: skip
ALL = (("GET", CREDITS), ("GET", SERVICES), ("POST", USAGE), ("POST", POINTS))


@pytest.fixture
async def found(surface: Surface, storage: Storage, clock: ManualClock) -> Accounts:
    """Accounts with a history."""
    return await with_history(await accounts_of(surface, storage, clock))


@pytest.fixture
async def ours(found: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key of the default account."""
    async with found.client(found.ours) as client:
        yield client


async def test_an_account_is_told_what_it_has(ours: httpx.AsyncClient, found: Accounts, clock: ManualClock) -> None:
    """In dollars, as text; what a job under way holds is out of the balance."""
    await found.storage.ledger.admit(Jobs(found.ours.key, clock).admission("req_running"))
    response = await ours.get(CREDITS)
    assert response.status_code == 200
    assert response.headers["openai-organization"] == "default"
    assert response.json() == {
        "accountId": "default",
        "currency": "usd",
        "balance": usd_text(-2 * CHARGE_NUSD - HOLD_NUSD),
        "held": "0.3000",
        "spent": "0.4220",
    }


async def test_services_are_the_models_with_their_prices(ours: httpx.AsyncClient, surface: Surface) -> None:
    """By tokens or by picture, as the price book has them."""
    body = (await ours.get(SERVICES)).json()
    assert (body["currency"], body["priceBook"]) == ("usd", surface.prices.version)
    by_model = {service["model"]: service["price"] for service in body["services"]}
    assert list(by_model) == ["gpt-image-2", "dall-e-3"]
    assert by_model["dall-e-3"] == {"unit": "image", "image": "0.0400"}
    assert by_model["gpt-image-2"]["unit"] == "million_tokens"
    assert by_model["gpt-image-2"]["imageOutput"] == "30.0000"


async def test_jobs_are_found_the_latest_first(ours: httpx.AsyncClient, found: Accounts) -> None:
    """Without what is the operator's business: engine and cost."""
    body = (await ours.post(USAGE)).json()
    assert [line["taskId"] for line in body["data"]] == ["req_c", "req_b", "req_a"]
    assert (body["hasMore"], body["nextCursor"]) == (False, None)
    assert body["data"][1] == {
        "taskId": "req_b",
        "status": "completed",
        "model": "gpt-image-1",
        "source": "generation",
        "size": "1024x1024",
        "images": 2,
        "inputTokens": 11,
        "outputTokens": 7024,
        "charge": "0.2110",
        "keyId": found.ours.key.id,
        "user": "ann",
        "finishedAt": MIDNIGHT_S + 1,
    }
    assert (body["data"][0]["status"], body["data"][0]["size"], body["data"][0]["charge"]) == ("failed", None, "0.0000")


@pytest.mark.parametrize(
    ("asked", "tasks"),
    [
        ({"startTime": MIDNIGHT_S}, ["req_c", "req_b"]),
        ({"endTime": MIDNIGHT_S}, ["req_a"]),
        ({"models": ["gpt-image-1"]}, ["req_b"]),
        ({"sources": ["edit", "variation"]}, []),
        ({"statuses": ["failed", "cancelled"]}, ["req_c"]),
        ({"statuses": ["completed"], "users": ["ann"], "sizes": ["1024x1536"]}, ["req_a"]),
        ({"keyIds": ["key_of_somebody"]}, []),
        ({"models": None, "unheardOf": 1}, ["req_c", "req_b", "req_a"]),
    ],
)
async def test_jobs_can_be_narrowed(ours: httpx.AsyncClient, asked: dict[str, Any], tasks: list[str]) -> None:
    """Every condition must hold; what is not known is ignored, and null is left out."""
    body = (await ours.post(USAGE, json=asked)).json()
    assert [line["taskId"] for line in body["data"]] == tasks


@pytest.mark.parametrize(("path", "name"), [(USAGE, "taskId"), (POINTS, "id")])
async def test_searches_are_paged(ours: httpx.AsyncClient, path: str, name: str) -> None:
    """Each page goes on where the one before ended."""
    whole = [line[name] for line in (await ours.post(path)).json()["data"]]
    seen: list[Any] = []
    cursor = None
    while True:
        body = (await ours.post(path, json={"limit": 2, "cursor": cursor})).json()
        seen += [line[name] for line in body["data"]]
        cursor = body["nextCursor"]
        assert body["hasMore"] is (cursor is not None)
        if cursor is None:
            break
    assert seen == whole


async def test_entries_are_told_with_the_balance_before_and_after(ours: httpx.AsyncClient, clock: ManualClock) -> None:
    """A chain that anyone can check, the latest first."""
    lines = (await ours.post(POINTS)).json()["data"]
    assert [(line["kind"], line["taskId"]) for line in lines] == [
        ("release", "req_c"), ("hold", "req_c"), ("settle", "req_b"), ("hold", "req_b"), ("settle", "req_a"),
        ("hold", "req_a"),
    ]  # fmt: skip
    for later, earlier in pairwise(lines):
        assert later["balanceBefore"] == earlier["balanceAfter"]
    assert lines[4] == {
        "id": lines[4]["id"],
        "kind": "settle",
        "amount": "0.0890",
        "balanceBefore": "-0.3000",
        "balanceAfter": "-0.2110",
        "reason": "delivered",
        "taskId": "req_a",
        "createdAt": MIDNIGHT_S,
    }


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"kinds": ["hold"]}, 3),
        ({"taskId": "req_a"}, 2),
        ({"startTime": MIDNIGHT_S + 1}, 0),
        ({"endTime": MIDNIGHT_S + 1, "kinds": ["settle", "release"]}, 3),
        ({"taskId": "req_d"}, 0),
    ],
)
async def test_entries_can_be_narrowed(ours: httpx.AsyncClient, asked: dict[str, Any], count: int) -> None:
    """Another account's job has no entries here."""
    assert len((await ours.post(POINTS, json=asked)).json()["data"]) == count


async def test_another_account_sees_its_own_alone(found: Accounts) -> None:
    """Neither jobs nor entries nor money of ours, whatever is asked for."""
    async with found.client(found.theirs) as theirs:
        assert (await theirs.get(CREDITS)).json()["spent"] == "0.000000001"
        jobs = (await theirs.post(USAGE, json={"keyIds": [found.ours.key.id]})).json()
        assert jobs["data"] == []
        assert [line["taskId"] for line in (await theirs.post(USAGE)).json()["data"]] == ["req_d"]
        assert {line["taskId"] for line in (await theirs.post(POINTS)).json()["data"]} == {"req_d"}


@pytest.mark.parametrize("path", [USAGE, POINTS])
async def test_a_cursor_is_its_accounts_and_its_questions(found: Accounts, path: str) -> None:
    """Another account, another question or a changed letter gets nowhere with it."""
    async with found.client(found.ours) as ours, found.client(found.theirs) as theirs:
        cursor = (await ours.post(path, json={"limit": 1})).json()["nextCursor"]
        for client, asked in (
            (theirs, {"cursor": cursor}),
            (ours, {"cursor": cursor, "startTime": 0}),
            (ours, {"cursor": cursor[:-2]}),
            (ours, {"cursor": "made up"}),
        ):
            response = await client.post(path, json=asked)
            assert (response.status_code, response.json()["error"]["param"]) == (400, "cursor")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"{", None),
        (b"[]", None),
        (b'"text"', None),
        (PNG, None),
        (b"[" * 5000, None),
        (b'{"limit":0}', "limit"),
        (b'{"limit":101}', "limit"),
        (b'{"limit":"5"}', "limit"),
        (b'{"limit":true}', "limit"),
        (b'{"startTime":1.5}', "startTime"),
        (b'{"startTime":99999999999999999999999999}', "startTime"),
        (b'{"startTime":5,"endTime":5}', "endTime"),
        (b'{"cursor":5}', "cursor"),
        (b'{"cursor":""}', "cursor"),
    ],
)
@pytest.mark.parametrize("path", [USAGE, POINTS])
async def test_a_bad_search_names_what_is_wrong(
    ours: httpx.AsyncClient, path: str, body: bytes, param: str | None
) -> None:
    """In the envelope of every other error."""
    response = await ours.post(path, content=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"models": "gpt-image-2"}, "models"),
        ({"models": []}, "models"),
        ({"models": [1]}, "models"),
        ({"models": ["a\0b"]}, "models"),
        ({"sizes": ["big"]}, "sizes"),
        ({"statuses": ["done"]}, "statuses"),
        ({"sources": ["image.edit"]}, "sources"),
    ],
)
async def test_a_bad_condition_is_told(ours: httpx.AsyncClient, asked: dict[str, Any], param: str) -> None:
    """The type and the values are checked."""
    response = await ours.post(USAGE, content=json.dumps(asked))
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


async def test_an_endless_search_is_refused(ours: httpx.AsyncClient) -> None:
    """A body has its limit here, too."""
    assert (await ours.post(USAGE, content=b" " * 300_000)).status_code == 413


@pytest.mark.parametrize(("method", "url"), ALL)
async def test_a_key_comes_in_either_header(found: Accounts, method: str, url: str) -> None:
    """X-API-Key or Authorization; without one, or with a wrong one, nothing is told."""
    async with found.client(None) as client:
        assert (await client.request(method, url)).status_code == 401
        for name, value in (("x-api-key", found.ours.secret), ("authorization", f"Bearer {found.ours.secret}")):
            assert (await client.request(method, url, headers={name: value})).status_code == 200
        wrong = await client.request(method, url, headers={"x-api-key": new_secret()})
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize(("method", "url"), ALL)
@pytest.mark.parametrize("name", ["key", "api_key", "apiKey", "X-API-Key", "token", "access_token", "other", None])
async def test_a_key_in_the_address_is_refused_and_not_logged(
    found: Accounts,
    ours: httpx.AsyncClient,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    method: str,
    url: str,
    name: str | None,
) -> None:
    """Even beside a good header, under whatever name, or as a name."""
    caplog.set_level(logging.DEBUG, logger="limner")
    secret = found.ours.secret
    response = await ours.request(method, url, params={secret if name is None else name: secret})
    assert (response.status_code, response.json()["error"]["code"]) == (401, "api_key_in_query")
    assert secret not in response.text + capsys.readouterr().out + caplog.text
