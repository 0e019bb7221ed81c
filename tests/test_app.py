"""The whole application goes on where a part of it fails."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from limner.app import HOUSEKEEPING_S, application
from limner.clock import ManualClock
from limner.config import load


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
