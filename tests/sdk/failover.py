"""The show of a route that survives its engines: both official SDKs, two upstreams that are killed, and sketch.

A real `limner serve`; the upstreams are emulated servers on real sockets. One is killed in the middle of a stream whose
first picture the caller has seen, the other in the middle of an answer. `python -m tools.show_failover` prints it.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import openai
from openai import AsyncOpenAI
from PIL import Image
from sqlalchemy import select
from tests.engines.upstream.emulator import Emulator, Script, emulating
from tests.engines.upstream.enforcement import KEY
from tests.sdk.nodejs import NODE_FOLDER, node
from tests.serving import Server

from limner.clock import SystemClock
from limner.ledger import Audit
from limner.storage import DEFAULT_ACCOUNT, Storage, open_storage
from limner.storage.tables import entries, jobs

ASKED: Final[Mapping[str, Any]] = {
    "model": "gpt-image-2",
    "prompt": "a lighthouse",
    "size": "1024x1024",
    "quality": "low",
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One call: what its caller got, and what the ledger has of it."""

    caller: str
    call: str
    answer: str
    engine: str
    outcome: str
    charge_nusd: int


@dataclass
class Show:
    """Everything that happened. tell: gets each line of it as it happens."""

    server: Server
    storage: Storage
    upstreams: tuple[Emulator, Emulator]
    pictures: Path
    client: AsyncOpenAI
    key: str
    tell: Callable[[str], None]
    steps: list[Step] = field(default_factory=list)

    async def play(self) -> None:
        """All well; one upstream killed mid-stream; the other killed mid-body; all that is left is sketch."""
        first, second = self.upstreams
        self.tell("Everything is well.")
        await self._python(*CALLS)
        await self._node()
        self.tell("The first upstream is killed in the middle of a stream.")
        first.script = Script(stall_at=0, after_events=1)
        await self._noted("Python", "stream", self._cut_off(first))
        await self._python("generate")
        await self._node()
        self.tell("The second upstream is killed in the middle of an answer.")
        second.script = Script(stall_at=5000)
        killing = asyncio.ensure_future(_killed_once_stopped(second))
        await self._python("generate")
        await killing
        await self._python("inpaint")
        await self._node()

    async def audit(self) -> Audit:
        """The account, added up."""
        return await self.storage.ledger.add_up(DEFAULT_ACCOUNT)

    async def entries(self) -> list[tuple[str, int]]:
        """Kind and amount of every entry, in order."""
        statement = select(entries.c.kind, entries.c.amount_nusd).order_by(entries.c.id)
        return await self.storage.database.read(
            lambda connection: [(row.kind, row.amount_nusd) for row in connection.execute(statement)]
        )

    async def _python(self, *calls: str) -> None:
        for call in calls:
            await self._noted("Python", call, CALLS[call](self.client, self.pictures))

    async def _node(self) -> None:
        printed = await asyncio.to_thread(
            node,
            NODE_FOLDER / "four_calls.mjs",
            OPENAI_BASE_URL=self.server.base_url,
            OPENAI_API_KEY=self.key,
            LIMNER_PICTURES=str(self.pictures),
        )
        for line in printed.splitlines():
            told = json.loads(line)
            await self._note("Node.js", told["call"], ", ".join(told["pictures"]))

    async def _noted(self, caller: str, call: str, answer: Awaitable[str]) -> None:
        await self._note(caller, call, await answer)

    async def _note(self, caller: str, call: str, answer: str) -> None:
        """Put a call beside its job: they come in the same order, one at a time."""
        statement = select(jobs).order_by(jobs.c.admitted_at_s).offset(len(self.steps)).limit(1)
        job = await self.storage.database.read(lambda connection: connection.execute(statement).one())
        step = Step(
            caller=caller,
            call=call,
            answer=answer,
            engine=job.engine,
            outcome=job.outcome,
            charge_nusd=job.charge_nusd,
        )
        self.steps.append(step)
        paid = f"${step.charge_nusd / 10**9:.6f}"
        self.tell(f"  {caller:8} {call:9} {answer:56} {step.engine:7} {step.outcome:10} {paid}")

    async def _cut_off(self, upstream: Emulator) -> str:
        """What the caller of a stream gets whose upstream is killed once a picture has been shown."""
        seen = list[str]()
        stream = await self.client.images.generate(**ASKED, stream=True, partial_images=2)
        try:
            async for event in stream:
                seen.append(_picture(event.b64_json))
                await upstream.kill()
        except openai.APIError as error:
            seen.append(str(error.code))
        return ", ".join(seen)


async def _killed_once_stopped(upstream: Emulator) -> None:
    await upstream.stopped.wait()
    await upstream.kill()


async def _generate(client: AsyncOpenAI, _pictures: Path) -> str:
    return _pictures_of(await client.images.generate(**ASKED))


async def _edit(client: AsyncOpenAI, pictures: Path) -> str:
    return _pictures_of(await client.images.edit(**ASKED, image=pictures / "photo.png"))


async def _inpaint(client: AsyncOpenAI, pictures: Path) -> str:
    """Every pixel that the mask covers must be the caller's."""
    answer = await client.images.edit(**ASKED, image=pictures / "photo.png", mask=pictures / "mask.png")
    assert answer.data
    with Image.open(pictures / "mask.png") as mask, Image.open(pictures / "photo.png") as photo:
        covered = np.asarray(mask.convert("RGBA"))[..., 3] == 255
        before = np.asarray(photo.convert("RGB"))[covered]
    with Image.open(BytesIO(b64decode(answer.data[0].b64_json or ""))) as drawn:
        after = np.asarray(drawn.convert("RGB"))[covered]
    assert (before == after).all()
    return _pictures_of(answer)


async def _stream(client: AsyncOpenAI, _pictures: Path) -> str:
    stream = await client.images.generate(**ASKED, stream=True, partial_images=2)
    return ", ".join([_picture(event.b64_json) async for event in stream])


CALLS: Final[Mapping[str, Callable[[AsyncOpenAI, Path], Awaitable[str]]]] = {
    "generate": _generate,
    "edit": _edit,
    "inpaint": _inpaint,
    "stream": _stream,
}


@asynccontextmanager
async def showing(folder: Path, pictures: Path, tell: Callable[[str], None]) -> AsyncIterator[Show]:
    """The stage of a show: upstreams, server and clients. pictures: a folder with photo.png and mask.png."""
    async with AsyncExitStack() as stack:
        upstreams = [await stack.enter_async_context(emulating("openai")) for _ in range(2)]
        server = Server(folder, _config(*(upstream.url for upstream in upstreams)))
        await asyncio.to_thread(server.start)
        stack.callback(server.kill)
        key = await asyncio.to_thread(server.key, "show")
        client = await stack.enter_async_context(AsyncOpenAI(api_key=key, base_url=server.base_url, timeout=60))
        storage = await stack.enter_async_context(open_storage(server.data, SystemClock()))
        yield Show(server, storage, (upstreams[0], upstreams[1]), pictures, client, key, tell)
        await asyncio.to_thread(server.stop)


def _config(first_url: str, second_url: str) -> str:
    upstreams = "".join(
        f"""
[engines.{name}]
kind = "upstream"
base_url = "{url}"
key = "{KEY}"
"""
        for name, url in (("first", first_url), ("second", second_url))
    )
    return f"""
[limits]
engine_failures_max = 2
{upstreams}
[engines.sketch]

[models."gpt-image-2"]
route = ["first", "second", "sketch"]
"""


def _pictures_of(answer: Any) -> str:
    return ", ".join(_picture(item.b64_json) for item in answer.data)


def _picture(text: str | None) -> str:
    with Image.open(BytesIO(b64decode(text or "", validate=True))) as image:
        image.load()
        return f"{image.width}x{image.height} {str(image.format).lower()}"
