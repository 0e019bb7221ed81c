"""Requests that were sent before, over HTTP: what their headers say, and what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from tests.http.scripted import ScriptedGateway, answer, client_of

from limner.claims import IDEMPOTENCY_KEY_CHARS_MAX, Repeat
from limner.clock import ManualClock
from limner.http.surface import Limits, Surface

GENERATION = {"model": "gpt-image-2", "prompt": "a fox"}
JOB = "req_" + "7" * 32


@pytest.mark.parametrize(
    ("headers", "repeat"),
    [
        ({}, Repeat()),
        ({"x-stainless-retry-count": "0"}, Repeat(retries=0)),
        ({"x-stainless-retry-count": "2"}, Repeat(retries=2)),
        ({"x-stainless-retry-count": "-1"}, Repeat()),
        ({"x-stainless-retry-count": "1.0"}, Repeat()),
        ({"x-stainless-retry-count": "²"}, Repeat()),
        ({"x-stainless-retry-count": "99999"}, Repeat()),
        ({"idempotency-key": "order 7"}, Repeat(idempotency_key="order 7")),
        (
            {"idempotency-key": "x" * IDEMPOTENCY_KEY_CHARS_MAX, "x-stainless-retry-count": "1"},
            Repeat(retries=1, idempotency_key="x" * IDEMPOTENCY_KEY_CHARS_MAX),
        ),
    ],
)
async def test_what_a_request_says_of_itself_reaches_the_gateway(
    client: httpx.AsyncClient, gateway: ScriptedGateway, headers: dict[str, str], repeat: Repeat
) -> None:
    """The SDKs' count and the caller's own key; a count that is none counts as none."""
    sent = {name.encode(): value.encode() for name, value in headers.items()}
    assert (await client.post("/images/generations", json=GENERATION, headers=sent)).status_code == 200
    assert gateway.repeats == [repeat]


@pytest.mark.parametrize("sent", ["", " ", "x" * (IDEMPOTENCY_KEY_CHARS_MAX + 1), "schlüssel", "a\tb"])
async def test_an_idempotency_key_that_is_none_is_refused(
    client: httpx.AsyncClient, gateway: ScriptedGateway, sent: str
) -> None:
    """Before the body is read, in the envelope, and no retry mends it."""
    response = await client.post("/images/generations", json=GENERATION, headers={b"idempotency-key": sent.encode()})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalid_value"
    assert response.headers["x-should-retry"] == "false"
    assert gateway.drafts == []


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_names_the_job_it_comes_from(
    client: httpx.AsyncClient, gateway: ScriptedGateway, *, stream: bool
) -> None:
    """A request that means a job which is there already is told that one's id."""
    gateway.answer_as = JOB
    response = await client.post("/images/generations", json={**GENERATION, "stream": stream})
    assert response.headers["x-request-id"] == JOB


# Hand-off.


@pytest.fixture
async def handing_off(surface: Surface, gateway: ScriptedGateway) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that answers after a minute at the latest, while jobs take for ever."""
    gateway.script = []
    gateway.answer_as = JOB
    async with client_of(surface, limits=Limits(handoff_after_s=60.0)) as client:
        yield client


async def waited(gateway: ScriptedGateway, clock: ManualClock, request: asyncio.Future[httpx.Response]) -> None:
    """Let a request wait for its job for a minute."""
    async with asyncio.timeout(5):
        await gateway.submitted.wait()
        for _ in range(20):
            await asyncio.sleep(0)
    clock.advance(60)
    async with asyncio.timeout(5):
        while not request.done() and not gateway.runs[0].script.empty():
            await asyncio.sleep(0)


async def test_a_long_wait_is_handed_off(
    handing_off: httpx.AsyncClient, gateway: ScriptedGateway, clock: ManualClock
) -> None:
    """The SDK is told to ask again at once, and which job it is."""
    headers = {"x-stainless-retry-count": "0"}
    request = asyncio.ensure_future(handing_off.post("/images/generations", json=GENERATION, headers=headers))
    await waited(gateway, clock, request)
    response = await request
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "job_running"
    assert (response.headers["x-should-retry"], response.headers["retry-after-ms"]) == ("true", "200")
    assert response.headers["x-request-id"] == JOB
    assert not gateway.runs[0].left.is_set()


@pytest.mark.parametrize(
    ("headers", "chunked", "stream"),
    [
        ({}, False, False),
        ({"x-stainless-retry-count": "0"}, True, False),
        ({"x-stainless-retry-count": "0"}, False, True),
    ],
    ids=["no SDK", "of unknown length", "a stream"],
)
async def test_who_would_not_come_back_is_not_handed_off(
    handing_off: httpx.AsyncClient,
    gateway: ScriptedGateway,
    clock: ManualClock,
    headers: dict[str, str],
    *,
    chunked: bool,
    stream: bool,
) -> None:
    """It waits for as long as it takes."""
    body = httpx.Request("POST", "http://x", json={**GENERATION, "stream": stream}).content

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    request = asyncio.ensure_future(
        handing_off.post(
            "/images/generations",
            content=pieces() if chunked else body,
            headers={**headers, "content-type": "application/json"},
        )
    )
    await waited(gateway, clock, request)
    gateway.runs[0].script.put_nowait(answer())
    assert (await request).status_code == 200


async def test_an_answer_in_time_is_not_handed_off(
    handing_off: httpx.AsyncClient, gateway: ScriptedGateway, clock: ManualClock
) -> None:
    """Nothing is left behind that would fire later."""
    gateway.script = [answer()]
    headers = {"x-stainless-retry-count": "3"}
    response = await handing_off.post("/images/generations", json=GENERATION, headers=headers)
    assert response.status_code == 200
    await asyncio.sleep(0)
    assert clock.sleepers == 0
