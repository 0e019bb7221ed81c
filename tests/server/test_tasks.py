"""Tasks of a server that is killed: what waited is drawn by the next one, once, and its end is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.receiver import receiving
from tests.server.test_crash import assert_the_books_are_right, outcomes, rows
from tests.server.wire import Caller
from tests.serving import Server, scripted

CONFIG = scripted(single="concurrency = 1\ndelay_s = 1.0") + '[webhooks]\nhosts = ["127.0.0.1"]\n'


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own."""
    own = Server(tmp_path, CONFIG)
    own.start()
    yield own
    own.kill()


def submit(caller: Caller, **wish: Any) -> str:
    """Submit a task and give its id."""
    body = json.dumps({"model": "scripted-single", "prompt": "x", **wish}).encode()
    answer = caller.request("POST", "/openai/images", body, {"Content-Type": "application/json"})
    assert answer.status == 200, answer.body
    return str(answer.document["taskId"])


def look(caller: Caller, task_id: str) -> dict[str, Any]:
    """What is told of a task."""
    document: dict[str, Any] = caller.request("GET", f"/openai/tasks?taskId={task_id}").document
    return document


async def test_tasks_survive_a_server_that_is_killed(server: Server) -> None:
    """The one being drawn has failed and costs nothing, those that waited are drawn and charged once, all are told."""
    async with receiving() as receiver:
        caller = Caller(server=server, key=server.key("patient"))
        drawn = submit(caller, webhook=receiver.url)
        server.until(lambda: look(caller, drawn)["status"] == "processing")
        waiting = [submit(caller, webhook=receiver.url) for _ in range(2)]
        assert {look(caller, task_id)["status"] for task_id in waiting} == {"pending"}
        server.kill()

        server.start()

        def drawn_after_all() -> bool:
            return all(look(caller, task_id)["status"] == "completed" for task_id in waiting)

        await asyncio.to_thread(server.until, drawn_after_all)
        lost = look(caller, drawn)
        assert (lost["status"], lost["errorCode"]) == ("failed", "interrupted")
        await receiver.until(lambda: receiver.answered == 3)
        told = {json.loads(got.body)["taskId"]: json.loads(got.body)["status"] for got in receiver.received}
        assert told == {drawn: "failed", waiting[0]: "completed", waiting[1]: "completed"}
    assert dict(outcomes(server)) == {"interrupted": 3, "stored": 2}
    assert rows(server, "SELECT count(*) FROM tasks WHERE request_kept AND began_at_s IS NULL") == [(0,)]
    assert_the_books_are_right(server)
    server.stop()
