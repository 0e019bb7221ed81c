"""The whole application goes on where a part of it fails."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from tests.postgres import postgres_server

from limner import admin
from limner.app import HOUSEKEEPING_S, application
from limner.clock import ManualClock
from limner.config import load
from limner.storage import open_storage
from limner.trail import SERVER


async def test_housekeeping_that_fails_does_not_end_the_server(
    tmp_path: Path, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """A database that is away when old results are to be forgotten is told in the log; when it is back all is well."""
    config = load(environ={"LIMNER_SERVER__DATA": str(tmp_path / "data")})
    async with (
        application(config, clock) as running,
        httpx.AsyncClient(transport=httpx.ASGITransport(running.asgi), base_url="http://limner") as client,
    ):
        while clock.sleepers < 4:  # everything in the background has had its first round
            await asyncio.sleep(0)
        with closing(sqlite3.connect(tmp_path / "data" / "limner.db")) as database:
            database.execute("ALTER TABLE jobs RENAME TO elsewhere")
            clock.advance(HOUSEKEEPING_S)
            said = ""
            async with asyncio.timeout(10):
                while "housekeeping.failed" not in said:
                    await asyncio.sleep(0)
                    said += capsys.readouterr().out
            database.execute("ALTER TABLE elsewhere RENAME TO jobs")
        assert (await client.get("/readyz")).status_code == 200


async def test_nobody_administers_a_server_that_asks_for_no_keys(tmp_path: Path, clock: ManualClock) -> None:
    """Every caller is the same one there, and that one is no administrator, whatever key is shown."""
    data = tmp_path / "data"
    async with open_storage(data, clock) as storage:
        root = await admin.create_key(storage.keys, "admin", admin=True, by=SERVER, clock=clock)
    config = load(environ={"LIMNER_SERVER__DATA": str(data), "LIMNER_SERVER__AUTH": "off"})
    async with (
        application(config, clock) as running,
        httpx.AsyncClient(transport=httpx.ASGITransport(running.asgi), base_url="http://limner") as client,
    ):
        for headers in ({}, {"authorization": f"Bearer {root.secret}"}):
            assert (await client.get("/openai/v1/models", headers=headers)).status_code == 200
            assert (await client.get("/limner/v1/keys", headers=headers)).status_code == 403


async def test_without_its_database_the_server_asks_callers_to_come_again(tmp_path: Path, clock: ManualClock) -> None:
    """Whatever an endpoint needs it for: a key, an admission or an answer. The probes tell that the process lives."""
    generation = ("POST", "/v1/images/generations", {"prompt": "a fox"})
    asked: list[tuple[str, str, object]] = [
        generation,
        ("GET", "/v1/organization/costs?start_time=1", None),
        ("GET", "/v1/models", None),
        ("GET", "/v1/files", None),
        ("GET", "/limner/v1/jobs/req_a", None),
        ("GET", "/limner/v1/trail", None),
        ("POST", "/limner/v1/accounts", {"name": "studio"}),
        ("GET", "/api-user/credits", None),
        ("POST", "/api-user/usage/search", {}),
        ("POST", "/api-user/points/search", {}),
    ]
    with postgres_server() as postgres:
        data = str(tmp_path / "data")
        config = load(environ={"LIMNER_SERVER__DATA": data, "LIMNER_SERVER__DATABASE": postgres.create()})
        async with open_storage(config.server.data, clock, database=config.server.database_address) as storage:
            known, new = [
                (await admin.create_key(storage.keys, name, admin=True, by=SERVER, clock=clock)).secret for name in "ab"
            ]
        async with (
            application(config, clock) as running,
            httpx.AsyncClient(transport=httpx.ASGITransport(running.asgi), base_url="http://limner") as client,
        ):
            # The clock stands still: this key is remembered from now on, by what is admitted.
            assert (await client.get("/v1/models", headers={"authorization": f"Bearer {known}"})).status_code == 200
            await asyncio.to_thread(postgres.stop)
            # At once, as each of them waits for it a while.
            answers = await asyncio.gather(
                *(
                    client.request(method, path, json=body, headers={"authorization": f"Bearer {key}"})
                    for key in (known, new)
                    for method, path, body in asked
                )
            )
            for answer in answers:
                assert (answer.status_code, answer.json()["error"]["code"]) == (503, "server_is_overloaded"), answer.url
                assert (answer.headers["retry-after"], answer.headers["x-should-retry"]) == ("5", "true")
            assert [(await client.get(probe)).status_code for probe in ("/healthz", "/readyz")] == [200, 503]
            await asyncio.to_thread(postgres.start)
            method, path, body = generation
            answer = await client.request(method, path, json=body, headers={"authorization": f"Bearer {new}"})
            assert answer.status_code == 200
            assert (await client.get("/readyz")).status_code == 200
