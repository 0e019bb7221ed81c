"""What administrators may send wrong, and who is no administrator: told in the envelope, and nothing is changed."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.http.accounts import Accounts

from limner.contract.admin.operations import OPERATIONS
from limner.http.admin import HANDLERS
from limner.http.admin.endpoint import BODY_BYTES_MAX
from limner.keys import new_secret
from limner.trail import ActQuery

FILLED = {"{account}": "default", "{key}": "ours"}


def address(path: str) -> str:
    """A path of the table with something in it that is there."""
    for name, value in FILLED.items():
        path = path.replace(name, value)
    return path


def test_every_operation_is_carried_out_by_something() -> None:
    """The table and the handlers name the same."""
    assert HANDLERS.keys() == {operation.id for operation in OPERATIONS}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
async def test_only_administrators_get_in(
    user: httpx.AsyncClient, nobody: httpx.AsyncClient, found: Accounts, operation: Any
) -> None:
    """No key and a bad one are a 401, a user's is a 403, before a byte of the body is looked at."""
    path = address(operation.path)
    before = len(await acts(found))
    for client, header, status, code in (
        (nobody, None, 401, None),
        (nobody, "Bearer nonsense", 401, "invalid_api_key"),
        (nobody, f"Bearer {new_secret()}", 401, "invalid_api_key"),
        (nobody, f"Basic {found.admin.secret}", 401, None),
        (user, None, 403, "insufficient_permissions"),
    ):
        headers = {} if header is None else {"authorization": header}
        response = await client.request(operation.method, path, headers=headers, content=b"{")
        error = response.json()["error"]
        assert (response.status_code, error["code"]) == (status, code), response.text
        assert response.headers["x-should-retry"] == "false"
    assert len(await acts(found)) == before


async def acts(found: Accounts) -> list[Any]:
    """Everything on the trail."""
    return list((await found.storage.trail.acts(ActQuery(), limit=1000)).acts)


@pytest.mark.parametrize("state", ["revoked", "expired"])
async def test_a_key_that_is_no_good_any_more_gets_nowhere(
    admin: httpx.AsyncClient, nobody: httpx.AsyncClient, found: Accounts, state: str
) -> None:
    """An administrator's as any other."""
    made = (await admin.post("/keys", json={"name": "deputy", "admin": True})).json()
    if state == "revoked":
        await admin.post("/keys/deputy/revoke")
    else:
        await admin.patch("/keys/deputy", json={"expires_at": int(found.clock.now_s()) + 1})
        found.clock.advance(1)
    refused = await nobody.get("/keys", headers={"authorization": f"Bearer {made['secret']}"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")


async def test_an_administrators_key_is_a_users_key_too(admin: httpx.AsyncClient, found: Accounts) -> None:
    """On the routes of users it acts for its own account alone: another's job is a 404."""
    assert (await admin.get("http://limner.test/openai/v1/models")).status_code == 200
    assert (await admin.get("http://limner.test/api-user/credits")).json()["accountId"] == "default"
    missing = await admin.get("/jobs/req_of_another")
    assert missing.status_code == 404


async def test_a_wrong_method_is_told(admin: httpx.AsyncClient) -> None:
    """With those the path has."""
    response = await admin.delete("/accounts/default")
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "PATCH", "OPTIONS"}


@pytest.mark.parametrize(
    ("method", "path", "body", "param"),
    [
        ("POST", "/accounts", {"name": "a", "budjet_usd": "5"}, "budjet_usd"),
        ("PATCH", "/accounts/default", {"balance_usd": "5"}, "balance_usd"),
        ("PATCH", "/accounts/default", {"credit_limit_nusd": 5}, "credit_limit_nusd"),
        ("POST", "/keys", {"name": "a", "budget_usd ": "5"}, "budget_usd "),
        ("PATCH", "/keys/ours", {"admin": True}, "admin"),
        ("PATCH", "/keys/ours", {"account": "acct_other"}, "account"),
        ("POST", "/keys/ours/rotate", {"overlap": 5}, "overlap"),
        ("POST", "/keys/ours/revoke", {"when": "later"}, "when"),
        ("POST", "/accounts/default/close", {"x" * 300: 1}, "x" * 200 + "..."),
    ],
)
async def test_a_name_that_is_not_known_is_refused(
    admin: httpx.AsyncClient, found: Accounts, method: str, path: str, body: Any, param: str
) -> None:
    """A mistyped budget that is ignored would be no budget."""
    before = await acts(found)
    response = await admin.request(method, path, json=body)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "unknown_parameter", param)
    assert await acts(found) == before


@pytest.mark.parametrize("path", [operation.path for operation in OPERATIONS if operation.lists])
async def test_a_filter_that_is_not_known_is_refused(admin: httpx.AsyncClient, path: str) -> None:
    """A mistyped filter would be a bill of everybody."""
    response = await admin.get(address(path), params={"acount": "studio"})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "acount")


@pytest.mark.parametrize(
    "amount",
    [
        5, 5.5, 1e300, -1, 10**30, True, None, [], {},
        "", " ", "5 ", "1e3", "0x10", "1_000", "1,5", "NaN", "Infinity", "-Infinity", "+5", ".5", "5.",
        "0.0000000001", "9223372036.854775808", "9" * 40, "\u0665", "5\n", "\u22125", "- 5", "--5",
    ],
    ids=repr,
)  # fmt: skip
async def test_an_amount_is_decimal_text_and_nothing_else(
    admin: httpx.AsyncClient, found: Accounts, amount: Any
) -> None:
    """No number that a reader may round, nothing beyond what the database holds, nothing finer than a nano-dollar."""
    before = await acts(found)
    response = await admin.post("/accounts/default/credits", json={"amount_usd": amount, "reason": "r"})
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, "amount_usd"), response.text
    assert len(error["message"]) < 500
    assert await acts(found) == before


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/keys/ours", "budget_usd", "-1"),
        ("/keys/ours", "budget_day_usd", "-0.000000001"),
        ("/keys/ours", "budget_month_usd", 5),
        ("/accounts/default", "credit_limit_usd", "-1"),
        ("/accounts/default", "markup_percent", "-1"),
        ("/accounts/default", "markup_percent", "10000.01"),
        ("/accounts/default", "markup_percent", "1.234"),
        ("/accounts/default", "markup_percent", 5),
        ("/accounts/default", "markup_percent", None),
        ("/accounts/default", "labels", ["a"]),
        ("/accounts/default", "labels", {"a": "\x1b[31m"}),
        ("/accounts/default", "labels", {"a": "\u202e"}),
        ("/accounts/default", "labels", {"": "a"}),
        ("/accounts/default", "labels", {"a": "x" * 201}),
        ("/keys/ours", "requests_per_minute", 0),
        ("/keys/ours", "requests_per_minute", 100_001),
        ("/keys/ours", "images_per_minute", 2**63),
        ("/keys/ours", "images_per_minute", 10**40),
        ("/keys/ours", "jobs_at_once", 1.0),
        ("/keys/ours", "jobs_at_once", "1"),
        ("/keys/ours", "jobs_at_once", True),
        ("/keys/ours", "expires_at", -1),
        ("/keys/ours", "expires_at", 1),
        ("/keys/ours", "expires_at", 10**12),
        ("/keys/ours", "expires_at", "2027-01-01"),
        ("/keys/ours", "models", "gpt-image-2"),
        ("/keys/ours", "models", []),
        ("/keys/ours", "models", [""]),
        ("/keys/ours", "models", ["a\x00"]),
        ("/keys/ours", "models", ["m"] * 101),
        ("/keys/ours", "models", ["m" * 257]),
    ],
    ids=repr,
)
async def test_terms_that_cannot_be_are_refused(
    admin: httpx.AsyncClient, found: Accounts, path: str, name: str, value: Any
) -> None:
    """By the name of the field, and nothing of the rest is changed either."""
    before = (await admin.get(path)).json()
    response = await admin.patch(path, json={"labels": {"new": "label"}, name: value})
    assert response.status_code == 400, response.text
    assert str(response.json()["error"]["param"]).startswith(name)
    assert (await admin.get(path)).json() == before


@pytest.mark.parametrize("name", ["", "  ", "a" * 65, "a\nb", "a\x00", "\x1b]0;x\x07", "\u202egnp.exe", "\ud7ff\u200b"])
async def test_a_keys_name_is_fit_to_list(admin: httpx.AsyncClient, name: str) -> None:
    """Nothing that could act on the terminal or the page it is shown on."""
    response = await admin.post("/keys", json={"name": name})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "name")


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[]", b'"name"', b"null", b"5", b'{"name": "a"} x', b"{'name': 'a'}", b'{"name": NaN}',
        b'\xff\xfe{"name": "a"}', b'{"name": "a\xff"}', b'{"name": "\\ud800"}', '{"name": "a"}'.encode("utf-16"),
        b"[" * 100_000, b'{"labels": ' * 990 + b"1" + b"}" * 990, b'\xef\xbb\xbf{"name": "a"}',
        b'{"name": "a", "labels": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
async def test_a_body_that_is_no_json_object_is_refused(admin: httpx.AsyncClient, found: Accounts, body: bytes) -> None:
    """Nor one that another reader could read otherwise."""
    before = await acts(found)
    response = await admin.post("/accounts", content=body)
    assert response.status_code == 400, response.text
    assert response.json()["error"]["type"] == "invalid_request_error"
    assert await acts(found) == before


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"name": "a", "credit_limit_usd": "5", "credit_limit_usd": "5000"}', "credit_limit_usd"),
        (b'{"name": "a", "n\\u0061me": "b"}', "name"),
        (b'{"name": "a", "labels": {"x": "1", "x": "2"}}', "x"),
    ],
)
async def test_a_name_that_comes_twice_is_refused(admin: httpx.AsyncClient, body: bytes, param: str) -> None:
    """Of two budgets nobody should have to guess which one counts."""
    response = await admin.post("/accounts", content=body)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "duplicate_parameter", param)


async def test_a_body_is_bounded(admin: httpx.AsyncClient) -> None:
    """Whether its length is announced or not."""
    large = json.dumps({"name": "a" * BODY_BYTES_MAX}).encode()
    assert (await admin.post("/accounts", content=large)).status_code == 413

    async def pieces() -> Any:
        for _ in range(BODY_BYTES_MAX // 1024 + 1):
            yield b" " * 1024

    assert (await admin.post("/accounts", content=pieces())).status_code == 413


@pytest.mark.parametrize("path", ["/usage", "/entries", "/trail"])
async def test_times_go_forward(admin: httpx.AsyncClient, path: str) -> None:
    """A span that ends before it begins is a mistake, not an empty bill."""
    for start_s, end_s in ((5, 5), (5, 4)):
        response = await admin.get(path, params={"start_time": start_s, "end_time": end_s})
        assert (response.status_code, response.json()["error"]["param"]) == (400, "end_time")
    for bad in ("-1", "1.5", "2027-01-01", "9" * 30, ""):
        response = await admin.get(path, params={"start_time": bad})
        assert (response.status_code, response.json()["error"]["param"]) == (400, "start_time"), bad


@pytest.mark.parametrize(
    "query",
    [
        {"by": "colour"},
        {"by": "day,hour"},
        {"by": ["minute", "day"]},
        {"limit": "0"},
        {"limit": "1001"},
        {"sizes": "big"},
        {"sources": "upscale"},
        {"models": ""},
        {"users": "a\0b"},
        {"page": "nonsense"},
        {"page": "x" * 1025},
    ],
    ids=repr,
)
async def test_a_bad_query_names_what_is_wrong(admin: httpx.AsyncClient, query: dict[str, Any]) -> None:
    """In the envelope."""
    response = await admin.get("/usage", params=query)
    assert (response.status_code, response.json()["error"]["param"]) == (400, next(iter(query)))


async def test_a_cursor_belongs_to_its_question(admin: httpx.AsyncClient) -> None:
    """Neither another list, nor another filter, nor another subject, nor a changed letter gets anywhere with it."""
    for name in ("a", "b", "c"):
        await admin.post("/accounts", json={"name": name})
        await admin.post("/keys/ours/block", json={"user": name})
        await admin.post("/keys/theirs/block", json={"user": name})
    page = (await admin.get("/accounts", params={"limit": 1})).json()["next_page"]
    assert (await admin.get("/accounts", params={"limit": 3, "page": page})).status_code == 200
    blocked = (await admin.get("/keys/ours/blocked", params={"limit": 1})).json()["next_page"]
    for path, query in (
        ("/keys", {"page": page}),
        ("/accounts", {"page": page, "include_closed": "true"}),
        ("/accounts", {"page": page[:-1]}),
        ("/accounts", {"page": ("B" if page[0] == "A" else "A") + page[1:]}),
        ("/accounts", {"page": page + "AAAA"}),
        ("/keys/theirs/blocked", {"page": blocked}),
        ("/trail", {"page": blocked}),
    ):
        response = await admin.get(path, params=query)
        assert (response.status_code, response.json()["error"]["param"]) == (400, "page"), (path, query)
