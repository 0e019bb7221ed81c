"""The whole application goes on where a part of it fails."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from limner.admin import create_key
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
        while clock.sleepers < 3:  # everything in the background has had its first round
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
        admin = await create_key(storage.keys, "admin", admin=True, by=SERVER, clock=clock)
    config = load(environ={"LIMNER_SERVER__DATA": str(data), "LIMNER_SERVER__AUTH": "off"})
    async with (
        application(config, clock) as running,
        httpx.AsyncClient(transport=httpx.ASGITransport(running.asgi), base_url="http://limner") as client,
    ):
        for headers in ({}, {"authorization": f"Bearer {admin.secret}"}):
            assert (await client.get("/openai/v1/models", headers=headers)).status_code == 200
            assert (await client.get("/limner/v1/keys", headers=headers)).status_code == 403
