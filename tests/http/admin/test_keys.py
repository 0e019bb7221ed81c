"""Keys over HTTP: made, changed, rotated and revoked, with effect at once in the process that was told."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.http.accounts import Accounts

from limner.admin import create_key
from limner.keys import CACHE_TTL_S, well_formed
from limner.trail import SERVER

TERMS = {
    "models": ["b", "a"],
    "budget_usd": "10",
    "budget_day_usd": "1.5",
    "budget_month_usd": "0",
    "requests_per_minute": 1,
    "images_per_minute": 100_000,
    "jobs_at_once": 3,
    "expires_at": 4_000_000_000,
    "labels": {"team": "design"},
}


async def test_a_key_is_made_and_its_secret_told_once(admin: httpx.AsyncClient, found: Accounts) -> None:
    """The secret opens the door; nothing else ever tells it."""
    sent = {"name": "Ada", "account": "acct_other", "strictness": "openai", "strict": True, **TERMS}
    response = await admin.post("/keys", json=sent)
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    made = response.json()
    secret = made.pop("secret")
    assert well_formed(secret)
    assert made == {
        "object": "key",
        "id": made["id"],
        "name": "Ada",
        "account": "acct_other",
        "hint": made["hint"],
        "admin": False,
        "strictness": "openai",
        "strict": True,
        "models": ["a", "b"],
        "budget_usd": "10.0000",
        "budget_day_usd": "1.5000",
        "budget_month_usd": "0.0000",
        "requests_per_minute": 1,
        "images_per_minute": 100_000,
        "jobs_at_once": 3,
        "expires_at": 4_000_000_000,
        "labels": {"team": "design"},
        "spent_usd": "0.0000",
        "spent_day_usd": "0.0000",
        "spent_month_usd": "0.0000",
        "jobs_running": 0,
        "created_at": int(found.clock.now_s()),
        "revoked_at": None,
    }
    for path in ("/keys", "/keys/Ada", f"/keys/{made['id']}", "/trail"):
        answer = await admin.get(path)
        assert answer.status_code == 200
        assert secret not in answer.text
    assert (await admin.get(f"/keys/{made['id']}")).json() == made
    [act] = (await admin.get("/trail", params={"subjects": made["id"]})).json()["data"]
    assert (act["action"], act["actor"]) == ("key.created", found.admin.key.id)
    assert made["hint"] not in str(act)


async def test_a_change_leaves_what_it_does_not_name(admin: httpx.AsyncClient) -> None:
    """Null takes a limit away."""
    made = (await admin.post("/keys", json={"name": "Ada", **TERMS})).json()
    changed = (await admin.patch(f"/keys/{made['id']}", json={"budget_usd": "11", "models": None})).json()
    assert {name: value for name, value in changed.items() if value != made[name]} == {
        "budget_usd": "11.0000",
        "models": None,
    }
    cleared = (await admin.patch("/keys/Ada", json=dict.fromkeys(TERMS))).json()
    assert {name: cleared[name] for name in TERMS} == {**dict.fromkeys(TERMS), "labels": {}}
    acts = (await admin.get("/trail", params={"actions": "key.changed"})).json()["data"]
    assert acts[1]["details"] == {
        "before": {"models": ["a", "b"], "budget_usd": "10.0000"},
        "after": {"models": None, "budget_usd": "11.0000"},
    }
    assert acts[0]["details"]["before"]["expires_at"] == 4_000_000_000
    assert acts[0]["details"]["after"]["expires_at"] is None


async def test_a_change_counts_from_the_next_request_on(admin: httpx.AsyncClient, found: Accounts) -> None:
    """In the process that was told, whatever it remembers."""
    async with found.served_client(found.ours) as ours:
        assert len((await ours.get("/models")).json()["data"]) == 2
        await admin.patch(f"/keys/{found.ours.key.id}", json={"models": ["dall-e-3"]})
        assert [model["id"] for model in (await ours.get("/models")).json()["data"]] == ["dall-e-3"]


async def test_a_revoked_key_is_refused_at_once(admin: httpx.AsyncClient, found: Accounts) -> None:
    """Also where it was remembered as good; it stays in the list of those that are not."""
    async with found.served_client(found.ours) as ours:
        assert (await ours.get("/models")).status_code == 200
        revoked = (await admin.post(f"/keys/{found.ours.key.id}/revoke")).json()
        assert revoked["revoked_at"] == int(found.clock.now_s())
        assert (await ours.get("/models")).status_code == 401
    assert "ours" not in [key["name"] for key in (await admin.get("/keys")).json()["data"]]
    everything = (await admin.get("/keys", params={"include_revoked": "true"})).json()["data"]
    assert "ours" in [key["name"] for key in everything]
    assert (await admin.post(f"/keys/{found.ours.key.id}/revoke")).json() == revoked
    assert len((await admin.get("/trail", params={"actions": "key.revoked"})).json()["data"]) == 1


async def test_a_rotated_secret_ends_with_its_overlap(admin: httpx.AsyncClient, found: Accounts) -> None:
    """At once without one, and no sooner with one."""
    async with found.served_client(found.ours) as ours:
        assert (await ours.get("/models")).status_code == 200
        rotated = (await admin.post("/keys/ours/rotate", json={"overlap_s": 60})).json()
        assert (rotated["id"], rotated["name"]) == (found.ours.key.id, "ours")
        assert (await ours.get("/models")).status_code == 200
        found.clock.advance(60)
        assert (await ours.get("/models")).status_code == 401
        ours.headers["authorization"] = f"Bearer {rotated['secret']}"
        assert (await ours.get("/models")).status_code == 200
        await admin.post("/keys/ours/rotate")
        assert (await ours.get("/models")).status_code == 401


async def test_end_users_are_blocked_and_unblocked(admin: httpx.AsyncClient) -> None:
    """By the very characters that requests have."""
    users = ["ann", "a/b ?&=", "\u202e\x1b[31m", "=1+1"]
    for user in users:
        assert (await admin.post("/keys/ours/block", json={"user": user})).json()["name"] == "ours"
    page = (await admin.get("/keys/ours/blocked", params={"limit": 3})).json()
    rest = (await admin.get("/keys/ours/blocked", params={"limit": 3, "page": page["next_page"]})).json()
    assert sorted(line["user"] for line in [*page["data"], *rest["data"]]) == sorted(users)
    assert rest["next_page"] is None
    assert (await admin.post("/keys/ours/unblock", json={"user": "ann"})).status_code == 200
    again = await admin.post("/keys/ours/unblock", json={"user": "ann"})
    assert (again.status_code, again.json()["error"]["param"]) == (404, "user")
    kinds = [act["action"] for act in (await admin.get("/trail", params={"limit": 5})).json()["data"]]
    assert kinds == ["user.unblocked", *["user.blocked"] * 4]


async def test_keys_are_listed_by_account_and_page(admin: httpx.AsyncClient, found: Accounts) -> None:
    """Each once, the oldest first."""
    for number in range(4):
        await create_key(found.storage.keys, f"k{number}", by=SERVER, clock=found.clock)
    theirs = (await admin.get("/keys", params={"accounts": "acct_other"})).json()["data"]
    assert [key["name"] for key in theirs] == ["theirs"]
    ids: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    for _ in range(3):
        page = (await admin.get("/keys", params=query)).json()
        ids += [key["id"] for key in page["data"]]
        query["page"] = page["next_page"]
    assert page["next_page"] is None
    assert ids == [key.id for key in await found.storage.keys.all()]


async def test_what_cannot_be_is_refused(admin: httpx.AsyncClient, found: Accounts) -> None:
    """A name in use, an account that is not there or is closed, a time that has come, a key that is not there."""
    for body, status, param in (
        ({"name": "ours"}, 409, "name"),
        ({"name": "x", "account": "nobody"}, 404, "account"),
        ({"name": "x", "expires_at": int(found.clock.now_s())}, 400, "expires_at"),
        ({"name": "x", "models": []}, 400, "models"),
        ({"name": "x", "labels": {"a": "b\nc"}}, 400, "labels"),
        ({"name": "x", "labels": {str(number): "b" for number in range(17)}}, 400, "labels"),
    ):
        refused = await admin.post("/keys", json=body)
        assert (refused.status_code, refused.json()["error"]["param"]) == (status, param), body
    await admin.post("/accounts/acct_other/close")
    closed = await admin.post("/keys", json={"name": "x", "account": "acct_other"})
    assert (closed.status_code, closed.json()["error"]["param"]) == (409, "account")
    for method, path in (
        ("GET", "/keys/nobody"),
        ("PATCH", "/keys/nobody"),
        ("POST", "/keys/nobody/rotate"),
        ("POST", "/keys/nobody/revoke"),
        ("GET", "/keys/nobody/blocked"),
        ("GET", "/keys/a%00b"),
    ):
        assert (await admin.request(method, path)).status_code == 404, path
    await admin.post("/keys/ours/revoke")
    gone = await admin.post(f"/keys/{found.ours.key.id}/rotate")
    assert gone.status_code == 409


async def test_an_id_is_never_taken_for_another_keys_name(admin: httpx.AsyncClient, found: Accounts) -> None:
    """Not even when an older key was named like it."""
    await admin.post("/keys", json={"name": found.theirs.key.id})
    assert (await admin.get(f"/keys/{found.theirs.key.id}")).json()["name"] == "theirs"


@pytest.mark.parametrize("elsewhere", ["revoke", "expire", "rotate", "close"])
async def test_an_administrator_who_is_one_no_more_is_refused_at_once(
    admin: httpx.AsyncClient, found: Accounts, elsewhere: str
) -> None:
    """Also when another process took the right away: nothing an administrator does waits for a cache."""
    other = (await admin.post("/keys", json={"name": "deputy", "admin": True, "account": "acct_other"})).json()
    secret = {"authorization": f"Bearer {other['secret']}"}
    assert (await admin.get("/keys", headers=secret)).status_code == 200
    if elsewhere == "expire":
        await admin.patch("/keys/deputy", json={"expires_at": int(found.clock.now_s()) + 1})
        found.clock.advance(CACHE_TTL_S / 2)
    else:
        # As another process does it: straight in the database, of which this one is told nothing.
        statement = {
            "revoke": "UPDATE keys SET revoked_at_s = 1 WHERE name = 'deputy'",
            "rotate": f"UPDATE key_secrets SET expires_at_s = 1 WHERE key_id = '{other['id']}'",  # noqa: S608
            "close": "UPDATE accounts SET closed_at_s = 1 WHERE id = 'acct_other'",
        }[elsewhere]
        await found.storage.database.write(lambda connection: connection.exec_driver_sql(statement))
    assert (await admin.get("/keys", headers=secret)).status_code == 401
