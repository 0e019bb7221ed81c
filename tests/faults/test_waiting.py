"""What callers are told to wait for, and whether it is true: nobody is asked before, and somebody is asked then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.engines.upstream.emulator import Emulator, Script, emulating
from tests.faults.drill import FAILING, OTHER, Drill, Stage
from tests.faults.faults import refusing

Servers = tuple[Emulator, Emulator]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def behind(drill: Drill, failing: Script, other: Script | None = None) -> AsyncIterator[tuple[Stage, Servers]]:
    """A route to one emulated server, or two."""
    async with emulating("openai", failing) as first, emulating("openai", other) as second:
        urls = {FAILING: first.url} | ({OTHER: second.url} if other else {})
        async with drill.stage(urls) as stage:
            yield stage, (first, second)


@pytest.mark.parametrize(
    ("said", "out_s", "told"),
    [
        ("0.25", 0.25, "1"),
        ("7", 7, "7"),
        ("59.5", 59.5, "60"),
        ("61", 61, "60"),
        ("3600", 3600, "60"),
        ("86400", 3600, "60"),
    ],
)
async def test_a_wait_is_kept_inwards_and_told_outwards(drill: Drill, said: str, out_s: float, told: str) -> None:
    """Until the time the server asked for is over, at most an hour; callers hear of a minute at most."""
    async with behind(drill, refusing(429, None, Retry_After=said)) as (stage, servers):
        first = await stage.ask()
        assert (first.status, first.headers["retry-after"]) == (503, told)
        assert float(first.headers["retry-after-ms"]) == min(max(out_s, 1), 60) * 1000
        servers[0].script = Script()
        drill.clock.advance(out_s - 0.125)
        early = await stage.ask()
        assert (early.status, early.headers["retry-after"], early.drew) == (503, "1", ())
        drill.clock.advance(0.125)
        late = await stage.ask()
        assert (late.status, late.drew) == (200, (FAILING,))


@pytest.mark.parametrize("said", ["-5", "nan", "inf", "soon", "Thu, 01 Jan 2015 00:00:00 GMT", "1e300"])
async def test_no_word_of_a_server_makes_callers_wait_longer_than_a_minute(drill: Drill, said: str) -> None:
    """Whatever stands in its `retry-after`."""
    async with behind(drill, refusing(429, None, Retry_After=said)) as (stage, _):
        seen = await stage.ask()
        assert seen.status == 503
        assert 0 <= float(seen.headers.get("retry-after", 0)) <= 60


async def test_with_every_engine_out_the_wait_is_for_the_first_that_is_tried_again(drill: Drill) -> None:
    """503 without a hold; when the time is over the engine that comes back first draws, and not the other."""
    waits = refusing(429, None, Retry_After="40"), refusing(503, None, Retry_After="20")
    async with behind(drill, *waits) as (stage, servers):
        first = await stage.ask()
        assert (first.drew, first.headers["retry-after"], first.entries) == (
            (FAILING, OTHER),
            "20",
            ("hold", "release"),
        )
        drill.clock.advance(12)
        again = await stage.ask()
        assert (again.status, again.headers["retry-after"], again.drew, again.entries) == (503, "8", (), ())
        assert again.error is not None
        assert (again.error["type"], again.error["code"]) == ("service_unavailable_error", "server_is_overloaded")
        for server in servers:
            server.script = Script()
        drill.clock.advance(8)
        assert (await stage.ask()).drew == (OTHER,)
        drill.clock.advance(20)
        assert (await stage.ask()).drew == (FAILING,)


async def test_nobody_is_told_to_wait_while_an_engine_takes_jobs(drill: Drill) -> None:
    """One engine failed, which is tried again at once; that the other asked to be left alone is its own affair."""
    async with behind(drill, refusing(500), refusing(429, None, Retry_After="40")) as (stage, servers):
        first = await stage.ask()
        assert (first.status, first.drew, first.headers["x-should-retry"]) == (503, (FAILING, OTHER), "true")
        assert "retry-after" not in first.headers
        servers[0].script = Script()
        assert (await stage.ask()).drew == (FAILING,)


@pytest.mark.parametrize(("first", "told"), [(500, "true"), (429, "true"), (401, "false")])
async def test_another_try_may_help_when_it_may_on_any_engine(drill: Drill, first: int, told: str) -> None:
    """A key that the last engine refuses says nothing of those before it."""
    async with behind(drill, refusing(first), refusing(401)) as (stage, _):
        seen = await stage.ask()
        assert (seen.status, seen.headers["x-should-retry"]) == (503, told)
        assert "retry-after" not in seen.headers


async def test_a_cool_down_is_told_to_the_second(drill: Drill) -> None:
    """After five failures in a row the engine is tried again when callers were told so, and a picture makes it well."""
    async with behind(drill, refusing(500)) as (stage, servers):
        for _ in range(5):
            assert (await stage.ask()).status == 500
        assert (await stage.ask()).headers["retry-after"] == "30"
        drill.clock.advance(29)
        assert (await stage.ask()).headers["retry-after"] == "1"
        servers[0].script = Script()
        drill.clock.advance(1)
        well = await stage.ask()
        assert (well.status, well.drew, well.failures) == (200, (FAILING,), 0)


@pytest.mark.parametrize("status", [401, 402, 404, 429, 503])
async def test_a_probe_is_no_news_of_a_server_that_answered(drill: Drill, status: int) -> None:
    """One that refuses pictures but lists its models stays out for its cool-down; one nobody reached comes back."""
    async with behind(drill, refusing(status)) as (stage, _):
        for _ in range(5):
            await stage.ask()
        await stage.home.gateway.probe_silent()
        assert (await stage.ask()).headers["retry-after"] == "30"


async def test_a_probe_brings_back_a_server_that_nobody_reached(drill: Drill) -> None:
    """As soon as it listens again, before its cool-down is over."""
    async with emulating("openai") as server, drill.stage({FAILING: server.url}) as stage:
        await server.kill()
        for _ in range(2):
            await stage.ask()
        assert (await stage.ask()).headers["retry-after"] == "30"
        await stage.home.gateway.probe_silent()
        assert (await stage.ask()).headers["retry-after"] == "30"
        await server.listen()
        await stage.home.gateway.probe_silent()
        assert (await stage.ask()).drew == (FAILING,)
