"""Answers too long for one read, which leave their connection without the HTTP client's help, on both event loops."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import pybase64
import pytest
import uvloop
from PIL import Image
from tests.certificates import Authority
from tests.engines.upstream.emulator import Emulator, Script, emulating
from tests.engines.upstream.enforcement import KEY

from limner.clock import SystemClock
from limner.engine import Finished
from limner.engines.upstream.engine import UpstreamEngine
from limner.engines.upstream.settings import UpstreamSettings
from limner.errors import EngineFailed
from limner.job import ImageRequest, Kind

Run = Callable[[Coroutine[Any, Any, None]], None]

WISH: Final = ImageRequest(kind=Kind.GENERATION, model="served", prompt="an apple")
EITHER_LOOP: Final = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])


def _noise() -> bytes:
    buffer = BytesIO()
    Image.fromarray(np.random.default_rng(7).integers(0, 256, (600, 600, 3), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


PICTURE: Final = _noise()
"""A megabyte that nothing makes smaller; a read takes a quarter of it at most."""
BODY: Final = json.dumps({"created": 1, "data": [{"b64_json": pybase64.b64encode_as_string(PICTURE)}]}).encode()


async def behind(stack: AsyncExitStack, script: Script, **settings: Any) -> tuple[UpstreamEngine, Emulator]:
    """An engine in front of an emulated server."""
    server = await stack.enter_async_context(emulating("openai", script, settings.pop("tls", None)))
    written = {"base_url": server.url, "key": KEY, **settings}
    engine = UpstreamEngine(UpstreamSettings.model_validate(written), SystemClock())
    stack.push_async_callback(engine.close)
    return engine, server


async def drawn(engine: UpstreamEngine) -> bytes:
    """The picture of one run."""
    [last] = [event async for event in engine.run(WISH)]
    assert isinstance(last, Finished)
    return last.pictures[0].blob.read()


@EITHER_LOOP
@pytest.mark.parametrize("body", [BODY, PICTURE], ids=["json", "png"])
def test_a_long_answer_comes_whole_and_its_connection_is_used_again(run: Run, body: bytes) -> None:
    """Byte for byte, one after another."""
    script = Script(body=body, headers={"Content-Type": "image/png" if body is PICTURE else "application/json"})

    async def asking() -> None:
        async with AsyncExitStack() as stack:
            engine, server = await behind(stack, script)
            for _ in range(3):
                assert await drawn(engine) == PICTURE
            assert server.runner is not None
            assert server.runner.server is not None
            assert len(server.runner.server.connections) == 1

    run(asking())


@EITHER_LOOP
def test_a_long_answer_comes_whole_through_tls(run: Run, tmp_path: Path) -> None:
    """Several at once, each its own."""
    authority = Authority(tmp_path)

    async def asking() -> None:
        async with AsyncExitStack() as stack:
            context = authority.server("127.0.0.1")
            engine, _ = await behind(stack, Script(body=BODY), tls=context, ca_file=authority.file)
            for _ in range(2):
                assert await asyncio.gather(*(drawn(engine) for _ in range(4))) == [PICTURE] * 4

    run(asking())


@EITHER_LOOP
@pytest.mark.parametrize(
    ("script", "code"),
    [
        (Script(body=BODY, cut_at=len(BODY) // 2), "answer_cut"),
        (Script(body=BODY, cut_at=len(BODY)), "answer_cut"),
        (Script(body=BODY, stall_at=len(BODY) // 2), "too_slow"),
        (Script(body=BODY, drip_at=len(BODY) // 2), "too_slow"),
    ],
    ids=["cut", "cut-late", "silent", "dripping"],
)
def test_a_long_answer_that_does_not_come_whole_fails(run: Run, script: Script, code: str) -> None:
    """Cut off in its middle or shortly before its end, silent, or too slow in all: never a part of a picture."""

    async def asking() -> None:
        async with AsyncExitStack() as stack:
            engine, _ = await behind(stack, script, silence_timeout_s=0.3, timeout_s=1)
            with pytest.raises(EngineFailed) as failure:
                await drawn(engine)
            assert failure.value.upstream is not None
            assert failure.value.upstream.code == code

    run(asking())


@EITHER_LOOP
def test_a_long_answer_may_take_its_time_while_it_moves(run: Run) -> None:
    """Silence is what is too long, not the answer: its last bytes come one by one."""

    async def asking() -> None:
        async with AsyncExitStack() as stack:
            engine, _ = await behind(stack, Script(body=BODY, drip_at=len(BODY) + 40), silence_timeout_s=0.2)
            assert await drawn(engine) == PICTURE

    run(asking())
