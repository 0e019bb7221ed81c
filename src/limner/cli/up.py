"""`limner up`, which is what `make run` runs."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from limner import admin
from limner.app import serve
from limner.cli.listening import run
from limner.cli.options import ConfigOption, DataOption, HostOption, PortOption
from limner.cli.settings import configuration
from limner.cli.terminal import fail, result_console
from limner.client import ClientError, ImagesClient, Pictures
from limner.clock import SystemClock
from limner.config import Auth, Config
from limner.contract.families import MODEL_DEFAULT
from limner.keys import secret_hash
from limner.storage import PATIENCE_S, Storage, open_storage

KEY_FILE: Final = "first-key"
PICTURE_FILE: Final = "first-picture.png"
PROMPT: Final = "A lake between mountains at sunset"
ANY_KEY: Final = "any-key"
"""What to send to a server with `auth = "off"`: the official SDKs insist on a key."""
KEY_UNKNOWN: Final = "YOUR_KEY"

_OWNER_ONLY: Final = 0o600
_READY_POLL_S: Final = 0.05
_REACHED_AT: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}  # noqa: S104 compared, not listened on
"""Addresses to listen on -> how an address in a URL reaches them from the same machine."""
_EXAMPLE: Final = """\
import base64
from openai import OpenAI

client = OpenAI(
    base_url="{base_url}",
    api_key="{key}",
)
answer = client.images.generate(model="{model}", prompt="A red fox in the snow")
open("fox.png", "wb").write(base64.b64decode(answer.data[0].b64_json))"""

app = typer.Typer(add_completion=False)


@app.command()
def up(
    *, host: HostOption = None, port: PortOption = None, data: DataOption = None, config: ConfigOption = None
) -> None:
    """Start a server with a first key and a first picture.

    This is what `make run` does. The data folder and an admin key are made when there are none; the key is kept in the
    folder, in the file first-key, which only its owner can read. Once the server is ready a first picture is drawn
    through the API and saved as first-picture.png, unless it is there already. Ctrl-C stops the server.
    """
    settings = configuration(config, host=host, port=port, data=data)
    if settings.server.port == 0:
        fail("port 0 takes any free port, and nobody would know which: choose one with --port")
    run(settings, lambda: _serve_and_welcome(settings))


@dataclass(frozen=True, slots=True)
class _Start:
    """What there is to start from. secret: None when there are keys but none that we know."""

    origin: str
    secret: str | None
    model: str
    data: Path

    @property
    def base_url(self) -> str:
        return f"{self.origin}/openai/v1"

    @property
    def picture(self) -> Path:
        return self.data / PICTURE_FILE


async def _serve_and_welcome(config: Config) -> None:
    data, database = config.server.data, config.server.database_address
    async with open_storage(data, SystemClock(), database=database, patience_s=PATIENCE_S) as storage:
        secret = await _secret(storage, config)
    host = _REACHED_AT.get(config.server.host, config.server.host)
    model = MODEL_DEFAULT if MODEL_DEFAULT in config.models else next(iter(config.models))
    start = _Start(f"http://{host}:{config.server.port}", secret, model, config.server.data)
    try:
        async with asyncio.TaskGroup() as tasks:
            welcome = tasks.create_task(_welcome(start))
            await serve(config)
            welcome.cancel()
    except ExceptionGroup as group:
        # Whichever failed has cancelled the other: there is one failure to tell.
        raise group.exceptions[0] from group


async def _secret(storage: Storage, config: Config) -> str | None:
    """A key to draw with: the one kept before, else a new one for a server that has none, else None."""
    if config.server.auth is Auth.OFF:
        return ANY_KEY
    file = config.server.data / KEY_FILE
    if file.is_file():
        kept = file.read_text(encoding="utf-8").strip()
        key = await storage.keys.find(secret_hash(kept))
        if key and key.revoked_at_s is None:
            return kept
    new = await admin.first_key_if_none(storage.keys, clock=storage.clock)
    if new is None:
        return None
    # A file left by an older database gives way. Made before it is written: at no moment can anybody else read it.
    file.unlink(missing_ok=True)
    file.touch(_OWNER_ONLY, exist_ok=False)
    file.write_text(new.secret + "\n", encoding="utf-8")
    return new.secret


async def _welcome(start: _Start) -> None:
    """Wait for the server, have it draw, and tell how to go on."""
    trouble = None
    async with ImagesClient(start.base_url, start.secret or KEY_UNKNOWN) as client:
        while not await client.ready():  # noqa: ASYNC110  asked as any caller would, over the socket
            await asyncio.sleep(_READY_POLL_S)
        if start.secret is None:
            trouble = "none yet: there is no key to draw with"
        elif not start.picture.exists():
            trouble = await _draw(client, start)
    _show(result_console(), start, trouble)


async def _draw(client: ImagesClient, start: _Start) -> str | None:
    """Draw the first picture through the API, and save it. Returns what went wrong."""
    try:
        async with aclosing(client.generate({"model": start.model, "prompt": PROMPT})) as drawn:
            async for answer in drawn:
                if isinstance(answer, Pictures):
                    await asyncio.to_thread(start.picture.write_bytes, answer.pictures[0])
    except ClientError as error:
        return error.message
    except OSError as error:
        return f"{start.picture}: {error.strerror}"
    return None


def _show(console: Console, start: _Start, trouble: str | None) -> None:
    """What there is and how to use it. Lines to copy stand alone: no border, no wrapping."""
    rows = {
        "base URL": start.base_url,
        "key": start.secret or "one of yours: `limner keys list` names them, `limner keys create NAME` makes another",
        "picture": trouble or str(start.picture),
        "reference": f"{start.origin}/docs",
    }
    console.print()
    console.print(Panel.fit("[bold]Limner is running.[/bold] Ctrl-C stops it.", box=box.ROUNDED, border_style="green"))
    console.print()
    for name, text in rows.items():
        colour = "red" if name == "picture" and trouble else "cyan"
        console.print(f"  {name:<11}[{colour}]{escape(text)}[/{colour}]", soft_wrap=True)
    if start.secret not in {None, ANY_KEY}:
        kept = escape(str(start.data / KEY_FILE))
        console.print(f"\n  The key is kept in {kept}, which only you can read.", soft_wrap=True)
    console.print("\n  Draw from Python, after `pip install openai`:\n", soft_wrap=True)
    example = _EXAMPLE.format(base_url=start.base_url, key=start.secret or KEY_UNKNOWN, model=start.model)
    console.print(f"[green]{escape(example)}[/green]\n", soft_wrap=True)
