"""What an administrator does at one gateway, seen at another one of the same database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.postgres import PostgresServer
from tests.server.wire import Answer, Caller
from tests.serving import Server, scripted

GENERATIONS = "/images/generations"
PICTURE = {"model": "scripted-fast", "prompt": "x", "safety_identifier": "ann"}


@pytest.fixture(scope="module")
def gateways(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[list[Server]]:
    """Two gateways on one database; what is uploaded to or drawn by the one is not looked for at the other."""
    address = postgres.create()
    gateways = []
    for number in range(2):
        folder = tmp_path_factory.mktemp(f"gateway-{number}")
        gateways.append(Server(folder, scripted(fast=""), {"LIMNER_SERVER__DATABASE": address}))
        gateways[-1].start()
    yield gateways
    for gateway in gateways:
        gateway.stop()


@pytest.fixture(scope="module")
def admin(gateways: list[Server]) -> Caller:
    """An administrator at the first gateway."""
    return Caller(server=gateways[0], key=gateways[0].key("admin", "--admin"))


def ask(admin: Caller, method: str, path: str, body: Any = None) -> Answer:
    """One operation of the administrators' API."""
    content = b"" if body is None else json.dumps(body).encode()
    return admin.request(method, f"/limner/v1{path}", content)


def made(admin: Caller, server: Server, name: str, **terms: Any) -> tuple[str, Caller]:
    """A new key's id, and somebody who has it at a gateway that has seen it draw."""
    key = ask(admin, "POST", "/keys", {"name": name, **terms}).document
    caller = Caller(server=server, key=str(key["secret"]))
    assert caller.post_json(GENERATIONS, PICTURE).status == 200
    return str(key["id"]), caller


def drawn(admin: Caller, key_id: str) -> int:
    """How many jobs of a key there were."""
    lines = ask(admin, "GET", f"/usage?keys={key_id}").document["data"]
    assert isinstance(lines, list)
    return int(lines[0]["requests"])


def test_a_revoked_key_draws_no_more_at_any_gateway(gateways: list[Server], admin: Caller) -> None:
    """From the very next request on, though the other gateway has seen it to be good a moment ago; nor may it look."""
    key_id, caller = made(admin, gateways[1], "revoked")
    once = {"Content-Type": "application/json", "Idempotency-Key": "fox"}
    for _ in range(2):
        assert caller.request("POST", f"/openai/v1{GENERATIONS}", json.dumps(PICTURE).encode(), once).status == 200
    assert ask(admin, "POST", f"/keys/{key_id}/revoke").status == 200
    assert caller.request("POST", f"/openai/v1{GENERATIONS}", json.dumps(PICTURE).encode(), once).status == 401
    assert caller.request("GET", "/openai/v1/models").status == 401
    refused = caller.post_json(GENERATIONS, PICTURE)
    assert (refused.status, refused.error["code"]) == (401, "invalid_api_key")
    assert drawn(admin, key_id) == 2


def test_a_closed_account_draws_no_more_at_any_gateway(gateways: list[Server], admin: Caller) -> None:
    """Nor does any of its keys."""
    ask(admin, "POST", "/accounts", {"name": "studio", "credit_limit_usd": None})
    key_id, caller = made(admin, gateways[1], "closed", account="studio")
    assert ask(admin, "POST", "/accounts/studio/close").status == 200
    refused = caller.post_json(GENERATIONS, PICTURE)
    assert (refused.status, refused.error["code"]) == (401, "account_deactivated")
    assert drawn(admin, key_id) == 1


def test_a_budget_and_a_blocked_user_count_at_every_gateway_at_once(gateways: list[Server], admin: Caller) -> None:
    """They are read in the transaction that admits a job."""
    key_id, caller = made(admin, gateways[1], "limited")
    assert ask(admin, "POST", f"/keys/{key_id}/block", {"user": "ann"}).status == 200
    assert caller.post_json(GENERATIONS, PICTURE).error["code"] == "identifier_blocked"
    assert ask(admin, "POST", f"/keys/{key_id}/unblock", {"user": "ann"}).status == 200
    assert ask(admin, "PATCH", f"/keys/{key_id}", {"budget_usd": "0"}).status == 200
    assert caller.post_json(GENERATIONS, PICTURE).error["code"] == "insufficient_quota"
    assert drawn(admin, key_id) == 1


def test_an_administrator_revoked_at_one_gateway_is_none_at_the_other(gateways: list[Server], admin: Caller) -> None:
    """At once, though no admission checks the key of an administrator."""
    key = ask(admin, "POST", "/keys", {"name": "deputy", "admin": True}).document
    deputy = Caller(server=gateways[1], key=str(key["secret"]))
    assert ask(deputy, "GET", "/trail").status == 200
    assert ask(admin, "POST", "/keys/deputy/revoke").status == 200
    assert ask(deputy, "POST", "/accounts", {"name": "loot"}).status == 401
    assert ask(admin, "GET", "/accounts/loot").status == 404


def test_text_that_postgres_cannot_hold_is_refused(admin: Caller) -> None:
    """Before it comes to the database."""
    for path in ("/accounts/a%00b", "/accounts/%FF", "/keys/a%00b", "/keys/a%00b/blocked", "/accounts/a%00b/check"):
        assert ask(admin, "GET", path).status == 404, path
    for path in ("/trail?subjects=a%00b", "/usage?users=a%00b", "/entries?engines=a%00b", "/keys?accounts=a%00b"):
        assert ask(admin, "GET", path).status == 400, path
    for path, body in (
        ("/accounts", {"name": "a\0"}),
        ("/keys", {"name": "a\0"}),
        ("/keys/admin/block", {"user": "\0"}),
    ):
        assert ask(admin, "POST", path, body).status == 400, path


def test_the_command_line_and_http_leave_one_trail(gateways: list[Server], admin: Caller) -> None:
    """Each under its own name, in one order."""
    ask(admin, "POST", "/accounts", {"name": "one"})
    gateways[1].command("accounts", "credit", "one", "5")
    found = ask(admin, "GET", "/trail?subjects=one").document["data"]
    assert isinstance(found, list)
    assert [act["action"] for act in found] == ["account.credited", "account.created"]
    assert found[0]["actor"].startswith("cli:")
    assert found[1]["actor"].startswith("key_")
    told = json.loads(gateways[1].command("trail", "--json", "--subject", "one"))
    assert [(line["actor"], line["action"]) for line in told] == [(act["actor"], act["action"]) for act in found]
