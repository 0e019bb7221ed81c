"""Accounts over HTTP: made, changed, paid into, closed and added up, each change on the trail."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.http.accounts import Accounts, with_history


async def acts(admin: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    """The trail, the oldest first."""
    answer = await admin.get("/trail", params=query)
    assert answer.status_code == 200
    return list(reversed(answer.json()["data"]))


async def test_an_account_is_made_and_told_whole(admin: httpx.AsyncClient, found: Accounts) -> None:
    """With its terms, prepaid where none is said; nothing that was answered may be kept by a proxy."""
    sent = {"name": "studio", "credit_limit_usd": "12.50", "markup_percent": "7.5", "labels": {"team": "=1+1"}}
    response = await admin.post("/accounts", json=sent)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert response.json() == {
        "object": "account",
        "name": "studio",
        "balance_usd": "0.0000",
        "credit_limit_usd": "12.5000",
        "markup_percent": "7.5",
        "labels": {"team": "=1+1"},
        "created_at": int(found.clock.now_s()),
        "closed_at": None,
    }
    assert (await admin.get("/accounts/studio")).json() == response.json()
    plain = (await admin.post("/accounts", json={"name": "plain"})).json()
    assert (plain["credit_limit_usd"], plain["markup_percent"], plain["labels"]) == ("0.0000", "0", {})


async def test_a_change_leaves_what_it_does_not_name(admin: httpx.AsyncClient) -> None:
    """Null says that there is none."""
    await admin.post("/accounts", json={"name": "studio", "credit_limit_usd": "5", "labels": {"a": "b"}})
    changed = (await admin.patch("/accounts/studio", json={"markup_percent": "10000"})).json()
    assert (changed["credit_limit_usd"], changed["markup_percent"], changed["labels"]) == (
        "5.0000",
        "10000",
        {"a": "b"},
    )
    changed = (await admin.patch("/accounts/studio", json={"credit_limit_usd": None, "labels": None})).json()
    assert (changed["credit_limit_usd"], changed["markup_percent"], changed["labels"]) == (None, "10000", {})
    assert (await admin.patch("/accounts/studio")).json() == changed


async def test_blanks_around_a_label_are_left_out(admin: httpx.AsyncClient) -> None:
    """A line break at its end would break a list's line as one in its middle does."""
    made = (await admin.post("/accounts", json={"name": "studio", "labels": {" a ": "b\n"}})).json()
    assert made["labels"] == {"a": "b"}


async def test_money_is_put_in_and_corrected(admin: httpx.AsyncClient) -> None:
    """To the nano-dollar; the account adds up."""
    await admin.post("/accounts", json={"name": "studio"})
    assert (await admin.post("/accounts/studio/credits", json={"amount_usd": "0.000000001"})).status_code == 200
    paid = await admin.post("/accounts/studio/credits", json={"amount_usd": "50", "reason": "invoice 12"})
    assert paid.json()["balance_usd"] == "50.000000001"
    taken = await admin.post("/accounts/studio/credits", json={"amount_usd": "-5", "reason": "it was 45"})
    assert taken.json()["balance_usd"] == "45.000000001"
    assert (await admin.get("/accounts/studio/check")).json() == {
        "object": "account.check",
        "account": "studio",
        "sound": True,
        "balance_usd": "45.000000001",
        "held_usd": "0.0000",
        "entries": 3,
        "faults": [],
    }


async def test_money_that_is_sent_again_is_put_in_once(admin: httpx.AsyncClient) -> None:
    """By its `Idempotency-Key`; another amount under the same one is a conflict, and what is no key is refused."""
    await admin.post("/accounts", json={"name": "studio"})
    once, paid = {"Idempotency-Key": "invoice-12"}, {"amount_usd": "50", "reason": "invoice 12"}
    for _ in range(2):
        answer = await admin.post("/accounts/studio/credits", json=paid, headers=once)
        assert (answer.status_code, answer.json()["balance_usd"]) == (200, "50.0000")
    refused = await admin.post("/accounts/studio/credits", json=paid | {"amount_usd": "51"}, headers=once)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "idempotency_key_reused")
    refused = await admin.post("/accounts/studio/credits", json=paid, headers={"Idempotency-Key": "x" * 256})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_value")
    assert (await admin.get("/accounts/studio")).json()["balance_usd"] == "50.0000"


async def test_every_change_is_on_the_trail(admin: httpx.AsyncClient, found: Accounts) -> None:
    """By the id of the admin's key, with amounts as everywhere else; what was refused is not."""
    await admin.post("/accounts", json={"name": "studio"})
    await admin.patch("/accounts/studio", json={"credit_limit_usd": "1", "markup_percent": "2"})
    await admin.post("/accounts/studio/credits", json={"amount_usd": "3", "reason": "r"})
    await admin.post("/accounts/studio/credits", json={"amount_usd": "0"})
    await admin.post("/accounts/studio/close")
    told = await acts(admin, subjects="studio")
    assert {act["actor"] for act in told} == {found.admin.key.id}
    assert [(act["action"], act["details"]) for act in told] == [
        ("account.created", {"after": {"credit_limit_usd": "0.0000", "markup_percent": "0", "labels": {}}}),
        (
            "account.changed",
            {
                "before": {"credit_limit_usd": "0.0000", "markup_percent": "0"},
                "after": {"credit_limit_usd": "1.0000", "markup_percent": "2"},
            },
        ),
        (
            "account.credited",
            {
                "before": {"balance_usd": "0.0000"},
                "after": {"balance_usd": "3.0000"},
                "amount_usd": "3.0000",
                "reason": "r",
            },
        ),
        ("account.closed", {}),
    ]


async def test_a_closed_account_is_listed_on_request(admin: httpx.AsyncClient, found: Accounts) -> None:
    """And its keys are refused at once."""
    async with found.served_client(found.theirs) as theirs:
        assert (await theirs.get("/models")).status_code == 200
        closed = (await admin.post("/accounts/acct_other/close")).json()
        assert closed["closed_at"] == int(found.clock.now_s())
        refused = await theirs.get("/models")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "account_deactivated")
    names = [account["name"] for account in (await admin.get("/accounts")).json()["data"]]
    assert "acct_other" not in names
    everything = (await admin.get("/accounts", params={"include_closed": "true"})).json()["data"]
    assert "acct_other" in [account["name"] for account in everything]


async def test_a_list_is_read_page_by_page(admin: httpx.AsyncClient) -> None:
    """Each account once, whatever the page's length, also of those made in the same moment."""
    for number in range(5):
        await admin.post("/accounts", json={"name": f"a{number}"})
    whole = [account["name"] for account in (await admin.get("/accounts")).json()["data"]]
    names: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    for _ in range(10):
        page = (await admin.get("/accounts", params=query)).json()
        assert len(page["data"]) <= 2
        names += [account["name"] for account in page["data"]]
        assert page["has_more"] == (page["next_page"] is not None)
        if page["next_page"] is None:
            break
        query["page"] = page["next_page"]
    assert names == whole
    assert len(names) == 7


async def test_what_cannot_be_is_refused(admin: httpx.AsyncClient) -> None:
    """A name in use, an account that is not there, money out without a reason."""
    await admin.post("/accounts", json={"name": "studio"})
    twice = await admin.post("/accounts", json={"name": "studio"})
    assert (twice.status_code, twice.json()["error"]["param"]) == (409, "name")
    for method, path, body in (
        ("GET", "/accounts/nobody", None),
        ("PATCH", "/accounts/nobody", {"markup_percent": "1"}),
        ("POST", "/accounts/nobody/close", {}),
        ("POST", "/accounts/nobody/credits", {"amount_usd": "1"}),
        ("GET", "/accounts/nobody/check", None),
        ("GET", "/accounts/a%00b", None),
        ("GET", "/accounts/" + "a" * 300, None),
    ):
        missing = await admin.request(method, path, json=body)
        assert missing.status_code == 404, (method, path, missing.text)
        assert len(missing.json()["error"]["message"]) < 500
    taken = await admin.post("/accounts/studio/credits", json={"amount_usd": "-1"})
    assert (taken.status_code, taken.json()["error"]["param"]) == (400, "reason")
    beyond = {"amount_usd": "9223372036.854775807"}
    assert (await admin.post("/accounts/studio/credits", json=beyond)).status_code == 200
    over = await admin.post("/accounts/studio/credits", json={"amount_usd": "0.000000001"})
    assert (over.status_code, over.json()["error"]["param"]) == (400, "amount_usd")


async def test_a_ledger_that_does_not_add_up_is_told(admin: httpx.AsyncClient, found: Accounts) -> None:
    """As `limner check` tells it."""
    await with_history(found)

    def break_in(connection: Any) -> None:
        connection.exec_driver_sql("UPDATE accounts SET balance_nusd = balance_nusd + 1 WHERE id = 'default'")

    await found.storage.database.write(break_in)
    told = (await admin.get("/accounts/default/check")).json()
    assert told["sound"] is False
    assert any("the balance is" in fault for fault in told["faults"])


@pytest.mark.parametrize("name", ["", "Ada", "-a", "a b", "a" * 65, "\u00e4", "a\n", "a\r\nx: y", "a\x00", 5, None, []])
async def test_an_accounts_name_fits_a_header(admin: httpx.AsyncClient, name: Any) -> None:
    """Whatever else is sent is refused by its name."""
    response = await admin.post("/accounts", json={"name": name})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "name")
