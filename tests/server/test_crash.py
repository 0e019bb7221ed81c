"""A server that is killed, stopped or left by its clients: the ledger adds up and nothing is charged twice.

The database is read here as an accountant would, with SQL of our own rather than Limner's.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from tests.server.wire import Caller, read_answer
from tests.serving import Server, scripted

CLIENTS = 50
CONFIG = scripted(
    fast="",
    few="concurrency = 10\ndelay_s = 0.4",
    single="concurrency = 1\ndelay_s = 0.5",
    slow="delay_s = 600",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, to be ended as the test likes."""
    own = Server(tmp_path, CONFIG)
    own.start()
    yield own
    own.kill()


@pytest.fixture
def caller(server: Server) -> Caller:
    """Somebody with a key for it."""
    return Caller(server=server, key=server.key("accountant"))


def rows(server: Server, query: str) -> list[tuple[Any, ...]]:
    """What the database answers, read beside the server."""
    with closing(sqlite3.connect(f"file:{server.data / 'limner.db'}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(query).fetchall()


def outcomes(server: Server) -> Counter[str | None]:
    """How many jobs ended how; None: not yet."""
    return Counter(outcome for (outcome,) in rows(server, "SELECT outcome FROM jobs"))


def ask(caller: Caller, model: str, **wish: object) -> socket:
    """Send a request and leave its connection open, for the caller to read or close."""
    connection = caller.connected()
    body = json.dumps({"model": model, "prompt": "x", **wish}).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    connection.sendall(caller.head("POST", "/openai/v1/images/generations", headers) + body)
    return connection


def assert_the_books_are_right(server: Server) -> None:
    """Every hold is resolved once, every entry follows from the one before it, and the balance is their sum."""
    balance = 0
    resolved: Counter[int] = Counter()
    holds = set()
    for entry, kind, amount, before, after, resolves in rows(
        server,
        "SELECT id, kind, amount_nusd, balance_before_nusd, balance_after_nusd, resolves FROM entries ORDER BY id",
    ):
        assert (before, after) == (balance, balance + amount)
        balance = after
        if kind == "hold":
            holds.add(entry)
        if resolves is not None:
            resolved[resolves] += 1
    assert resolved == Counter(holds)
    assert rows(server, "SELECT balance_nusd FROM accounts") == [(balance,)]
    [(charged,)] = rows(server, "SELECT coalesce(sum(charge_nusd), 0) FROM jobs")
    assert balance == -charged
    assert rows(server, "SELECT count(*) FROM jobs WHERE outcome IS NULL") == [(0,)]
    assert rows(server, "SELECT coalesce(sum(charge_nusd), 0) FROM usage") == [(charged,)]


def test_a_killed_server_leaves_books_that_add_up(server: Server, caller: Caller) -> None:
    """Killed amid fifty requests, delivered jobs stay charged, the others cost nothing, and it serves on."""
    with ExitStack() as connections:
        for _ in range(CLIENTS):
            connections.enter_context(ask(caller, "scripted-few"))
        server.until(lambda: outcomes(server).total() == CLIENTS and outcomes(server)["delivered"] >= 10)
        server.kill()
    delivered = outcomes(server)["delivered"]
    assert outcomes(server)[None] > 0, "the test came too late"

    server.start()

    assert outcomes(server) == Counter({"delivered": delivered, "interrupted": CLIENTS - delivered})
    assert rows(server, "SELECT count(*) FROM jobs WHERE outcome = 'interrupted' AND charge_nusd <> 0") == [(0,)]
    assert rows(server, "SELECT count(*) FROM jobs WHERE outcome = 'delivered' AND charge_nusd = 0") == [(0,)]
    assert_the_books_are_right(server)
    assert server.check()["sound"]
    assert list((server.data / "spool").iterdir()) == []
    with closing(ask(caller, "scripted-fast")) as connection:
        assert read_answer(connection).status == 200
    server.stop()


def test_a_client_that_leaves_a_running_job_pays_for_it_once(server: Server, caller: Caller) -> None:
    """The picture is finished, stored and charged, as nobody knows whether the client will be back."""
    with closing(ask(caller, "scripted-single")):
        server.until(lambda: outcomes(server)[None] == 1)
    server.until(lambda: outcomes(server)["stored"] == 1)
    [(charge, keys)] = rows(server, "SELECT charge_nusd, blob_keys FROM jobs")
    assert charge > 0
    [key] = json.loads(keys)
    assert any(key.rpartition("/")[2] in file.name for file in (server.data / "results").rglob("*"))
    assert_the_books_are_right(server)
    server.stop()


def test_a_client_that_leaves_a_stream_pays_once(server: Server, caller: Caller) -> None:
    """After the first partial picture nothing is different."""
    with closing(ask(caller, "scripted-single", stream=True, partial_images=2)) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    server.until(lambda: outcomes(server)["stored"] == 1)
    assert_the_books_are_right(server)
    server.stop()


def test_a_client_that_leaves_the_queue_pays_nothing(server: Server, caller: Caller) -> None:
    """Its job is cancelled before an engine has seen it, and the next in the queue moves up."""
    first = ask(caller, "scripted-single")
    server.until(lambda: outcomes(server)[None] == 1)
    second = ask(caller, "scripted-single")
    server.until(lambda: outcomes(server)[None] == 2)
    third = ask(caller, "scripted-single")
    server.until(lambda: outcomes(server)[None] == 3)
    second.close()
    server.until(lambda: outcomes(server)["cancelled"] == 1)
    assert rows(server, "SELECT charge_nusd, started_at_s FROM jobs WHERE outcome = 'cancelled'") == [(0, None)]
    for connection in (first, third):
        with closing(connection):
            assert read_answer(connection).status == 200
    assert outcomes(server) == Counter({"delivered": 2, "cancelled": 1})
    assert_the_books_are_right(server)
    server.stop()


def test_a_server_told_to_stop_finishes_what_it_draws(server: Server, caller: Caller) -> None:
    """Requests under way are answered after SIGTERM, others asked to come again, and the process leaves well."""
    connections = [ask(caller, "scripted-single") for _ in range(4)]
    server.until(lambda: outcomes(server)[None] == 4)
    server.tell_to_stop()
    server.until(lambda: not server.ready())
    with closing(ask(caller, "scripted-single")) as late:
        refused = read_answer(late)
    assert (refused.status, refused.headers["x-should-retry"], refused.headers["retry-after"]) == (503, "true", "1")
    for connection in connections:
        with closing(connection):
            assert read_answer(connection).status == 200
    server.leave()
    assert outcomes(server) == Counter({"delivered": 4})
    assert_the_books_are_right(server)


def test_a_server_told_to_stop_twice_interrupts_what_it_draws(server: Server, caller: Caller) -> None:
    """Its callers are asked to come again and pay nothing; it leaves well, and the log tells of no defect."""
    with closing(ask(caller, "scripted-slow")) as connection:
        server.until(lambda: outcomes(server)[None] == 1)
        server.tell_to_stop()
        server.until(lambda: not server.ready())
        server.tell_to_stop()
        refused = read_answer(connection)
    assert (refused.status, refused.headers["x-should-retry"]) == (503, "true")
    server.leave()
    assert outcomes(server) == Counter({"interrupted": 1})
    assert rows(server, "SELECT charge_nusd FROM jobs") == [(0,)]
    assert_the_books_are_right(server)
    assert "Traceback" not in server.log()


def test_two_servers_cannot_share_a_data_folder(server: Server) -> None:
    """The second says so and ends; the first serves on."""
    rival = Server(server.data.parent, CONFIG)
    with pytest.raises(AssertionError, match="Another Limner server"):
        rival.start()
    assert server.ready()
