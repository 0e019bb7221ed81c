"""What the tests of the command line share: a runner, a working folder, and a server that answers as it is told."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from typer.testing import CliRunner, Result

from limner.cli import app

PNG = b"\x89PNG\r\n\x1a\n-drawn"


@dataclass
class Api:
    """A server in a thread of its own, since a command runs its own event loop.

    status, body, headers: the answer. A body of bytes is sent as server-sent events.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    base_url: str = ""

    @property
    def fields(self) -> dict[str, Any]:
        """The last request's JSON."""
        fields: dict[str, Any] = json.loads(self.requests[-1])
        return fields

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Keep the request, give the answer."""
        self.paths.append(request.path)
        self.keys.append(request.headers.get("Authorization"))
        self.requests.append(await request.read())
        if isinstance(self.body, bytes):
            return web.Response(body=self.body, content_type="text/event-stream", headers=self.headers)
        return web.json_response(self.body, status=self.status, headers=self.headers)


@pytest.fixture
def api() -> Iterator[Api]:
    """A running server that draws one small picture."""
    api = Api(body={"created": 1, "data": [{"b64_json": base64.b64encode(PNG).decode()}]})
    started, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()

    async def run() -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", api.handle)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        api.base_url = f"{site.name.replace(':0', f':{runner.addresses[0][1]}')}/v1"
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    started.wait()
    yield api
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and none of our variables in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("LIMNER_API_KEY", "LIMNER_BASE_URL", "LIMNER_CONFIG", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def limner(folder: Path) -> Callable[..., Result]:
    """Runs `limner` with arguments, in the empty folder."""
    return lambda *arguments, **environ: CliRunner().invoke(app, [str(item) for item in arguments], env=environ)
