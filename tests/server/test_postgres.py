"""Gateways on PostgreSQL, over HTTP: one ledger for all of them, whatever becomes of connections and processes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import cycle
from pathlib import Path
from socket import socket
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from tests.fleet import fleet
from tests.postgres import PostgresServer, postgres_server
from tests.server.wire import Caller, picture, read_answer, text
from tests.serving import Server, scripted

LINKED = """
[models.linked]
route = ["fast"]
family = "dall-e-3"
price = { per_image_usd = "0.04" }
"""
CONFIG = scripted(fast="", slow="concurrency = 10\ndelay_s = 1.0") + LINKED


@pytest.fixture(scope="module")
def address(postgres: PostgresServer) -> str:
    """A database with nothing in it."""
    return postgres.create()


@pytest.fixture(scope="module")
def gateways(tmp_path_factory: pytest.TempPathFactory, address: str) -> Iterator[list[Server]]:
    """Three gateways on it."""
    with fleet(tmp_path_factory.mktemp("gateways"), address, CONFIG) as running:
        yield running


@pytest.fixture(scope="module")
def callers(gateways: list[Server]) -> list[Caller]:
    """Somebody at each gateway, all with the key that was made on the first."""
    key = gateways[0].key("everywhere")
    return [Caller(server=gateway, key=key) for gateway in gateways]


def rows(address: str, query: str) -> list[tuple[Any, ...]]:
    """What the database answers, asked as an accountant would."""
    with psycopg.connect(address) as connection:
        return connection.execute(query.encode()).fetchall()


def ask(caller: Caller, model: str) -> socket:
    """Send a request and leave its connection open, for the caller to read or close."""
    connection = caller.connected()
    body = json.dumps({"model": model, "prompt": "x"}).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    connection.sendall(caller.head("POST", "/openai/v1/images/generations", headers) + body)
    return connection


def assert_the_books_are_right(address: str) -> None:
    """Every job is delivered and charged once, every entry follows from the one before it, the balance is their sum."""
    [(jobs, charged)] = rows(
        address, "SELECT count(*) FILTER (WHERE outcome = 'delivered'), sum(charge_nusd) FROM jobs"
    )
    [(entries, resolved, total, broken)] = rows(
        address,
        "SELECT count(*), count(DISTINCT resolves), sum(amount_nusd), count(*) FILTER (WHERE balance_before_nusd <> "
        "before) FROM (SELECT *, lag(balance_after_nusd, 1, 0::bigint) OVER (ORDER BY id) AS before FROM entries) AS e",
    )
    assert rows(address, "SELECT count(*) FROM jobs") == [(jobs,)]
    assert (entries, resolved, total, broken) == (2 * jobs, jobs, -charged, 0)
    assert rows(address, "SELECT balance_nusd FROM accounts") == [(-charged,)]


def test_three_gateways_keep_one_ledger(gateways: list[Server], callers: list[Caller], address: str) -> None:
    """A key made on one works on all, and what all of them draw at once is one unbroken chain of entries."""
    with ExitStack() as connections:
        asked = [connections.enter_context(closing(ask(callers[n % 3], "scripted-fast"))) for n in range(30)]
        assert [read_answer(connection).status for connection in asked] == [200] * 30
    assert_the_books_are_right(address)
    assert gateways[1].check()["sound"]


def test_a_file_uploaded_to_one_gateway_is_read_at_another(callers: list[Caller]) -> None:
    """Where results and uploads lie in a folder that the gateways share, it does not matter which of them is asked."""
    drawn = b"\x89PNG\r\n\x1a\n"
    made = callers[0].post_form("/files", text("purpose", "vision"), picture(drawn, name="file")).document
    assert callers[1].request("GET", f"/openai/v1/files/{made['id']}/content").body == drawn


def test_a_link_of_one_gateway_is_served_by_another(callers: list[Caller]) -> None:
    """What one has signed is genuine to all."""
    answer = callers[0].post_json("/images/generations", {"model": "linked", "prompt": "x"})
    pictures: Any = answer.document["data"]
    [drawn] = pictures
    path = urlsplit(drawn["url"])._replace(scheme="", netloc="").geturl()
    assert [caller.request("GET", path).status for caller in callers] == [200] * 3


def test_a_page_of_one_gateway_leads_to_the_next_at_another(callers: list[Caller]) -> None:
    """Each page is asked of the next gateway, and together they have every entry once."""
    for caller in (*callers, callers[0]):
        caller.post_json("/images/generations", {"model": "scripted-fast", "prompt": "x"})
    seen: list[Any] = []
    asking: dict[str, Any] = {"limit": 2}
    for caller in cycle(callers):
        page: Any = caller.request("POST", "/api-user/points/search", json.dumps(asking).encode()).document
        seen += [entry["id"] for entry in page["data"]]
        if page["nextCursor"] is None:
            break
        asking["cursor"] = page["nextCursor"]
    assert len(seen) == len(set(seen)) > 2 * len(callers)


def test_jobs_outlive_their_connections_to_the_database(
    gateways: list[Server], callers: list[Caller], address: str
) -> None:
    """Connections ended by the server while jobs run are opened again, and every job is answered and charged once."""
    [(before,)] = rows(address, "SELECT count(*) FROM jobs")
    with ExitStack() as connections:
        asked = [connections.enter_context(closing(ask(callers[n % 3], "scripted-slow"))) for n in range(9)]
        gateways[0].until(lambda: rows(address, "SELECT count(*) FROM jobs") == [(before + 9,)])
        rows(address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'limner'")
        assert [read_answer(connection).status for connection in asked] == [200] * 9
    assert_the_books_are_right(address)


def test_a_gateway_waits_for_a_database_that_is_started_after_it(tmp_path: Path) -> None:
    """As when a machine starts both: it says so in its log, and is ready once the database is."""
    with postgres_server() as postgres:
        gateway = Server(tmp_path, CONFIG, {"LIMNER_SERVER__DATABASE": postgres.create()})
        postgres.stop()
        with ThreadPoolExecutor() as threads:
            starting = threads.submit(gateway.start)
            gateway.until(lambda: "database.awaited" in gateway.log())
            postgres.start()
            starting.result()
        gateway.stop()


def test_jobs_outlive_a_crash_of_the_database(tmp_path: Path) -> None:
    """A server killed while jobs run and started again has forgotten nothing: each job is answered and charged once.

    Whatever there is to say of it, each line of the log is JSON where that was asked for.
    """
    with postgres_server() as postgres:
        address = postgres.create()
        environment = {"LIMNER_SERVER__DATABASE": address, "LIMNER_SERVER__LOG_FORMAT": "json"}
        gateway = Server(tmp_path, CONFIG, environment)
        gateway.start()
        caller = Caller(server=gateway, key=gateway.key("patient"))
        with ExitStack() as connections:
            asked = [connections.enter_context(closing(ask(caller, "scripted-slow"))) for _ in range(5)]
            gateway.until(lambda: rows(address, "SELECT count(*) FROM jobs") == [(5,)])
            postgres.kill()
            postgres.start()
            assert [read_answer(connection).status for connection in asked] == [200] * 5
        assert_the_books_are_right(address)
        gateway.stop()
        assert [json.loads(line)["event"] for line in gateway.log().splitlines()]
