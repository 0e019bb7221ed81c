"""The image endpoints: who is let in, what is read, how answers, streams and errors go out, and what leaving does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from tests.http.scripted import PNG, ScriptedGateway, answer, client_of, partial, picture, spooled

from limner.clock import ManualClock
from limner.contract.draft import Attached
from limner.contract.rates import RATE_HEADERS
from limner.errors import Allowance, EngineFailed, EngineUnavailable, InvalidImageRequest, LimitReached
from limner.http.multipart import HELD_BYTES_MAX
from limner.http.spool import Room
from limner.http.surface import Limits, Surface
from limner.job import Kind, Strictness

GENERATION = {"model": "gpt-image-2", "prompt": "a fox"}
STREAM = {**GENERATION, "stream": True, "partial_images": 2}


async def test_a_generation_is_answered_in_openais_shape(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """A plain answer is JSON with its exact length, the picture in base64 and the report in a header."""
    response = await client.post("/images/generations", json=GENERATION)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert int(response.headers["content-length"]) == len(response.content)
    assert response.headers["limner-parameters"] == "quality=honoured"
    body = response.json()
    assert body["data"] == [{"b64_json": "iVBORw0KGgo="}]
    assert body["size"] == "1024x1024"
    assert gateway.drafts[0].request.prompt == "a fox"
    assert not gateway.runs[0].left.is_set()


async def test_the_same_endpoints_are_served_under_v1(surface: Surface) -> None:
    """A client that adds `/v1` to a host by itself finds everything there."""
    async with client_of(surface) as client:
        response = await client.post("http://limner.test/v1/images/generations", json=GENERATION)
    assert response.status_code == 200


async def test_every_answer_has_the_common_headers(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """Success or not, an answer has its id, OpenAI's version, its duration and `nosniff`; the id is the job's."""
    good = await client.post("/images/generations", json=GENERATION)
    bad = await client.post("/images/generations", json={"prompt": ""})
    for response in (good, bad):
        assert response.headers["x-request-id"].startswith("req_")
        assert len(response.headers["x-request-id"]) == 36
        assert response.headers["openai-version"] == "2020-10-01"
        assert response.headers["openai-processing-ms"] == "0"
        assert response.headers["openai-organization"] == "acct_1"
        assert response.headers["x-content-type-options"] == "nosniff"
    assert gateway.runs[0].job.id == good.headers["x-request-id"]
    assert good.headers["x-request-id"] != bad.headers["x-request-id"]


async def test_a_large_answer_arrives_whole(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """An answer larger than what is written at once is the same bytes in several pieces."""
    data = bytes(range(256)) * 12_000
    gateway.script = [answer(picture(data))]
    response = await client.post("/images/generations", json=GENERATION)
    assert len(response.content) == int(response.headers["content-length"])
    assert len(response.json()["data"][0]["b64_json"]) == len(data) // 3 * 4


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, None),
        (b"", None),
        (b"Bearer", None),
        (b"Bearer   ", None),
        (b"Basic dTpw", None),
        (b"Bearer nonsense", "invalid_api_key"),
        (b"Bearer schl\xfcssel", "invalid_api_key"),
    ],
)
async def test_without_a_good_key_nothing_is_served(
    surface: Surface, authorization: bytes | None, code: str | None
) -> None:
    """A request without a key, or with a bad one, is a 401 in the envelope, and its connection ends."""
    headers = {b"content-type": b"application/json", b"content-length": b"2"}
    if authorization is not None:
        headers[b"authorization"] = authorization
    async with client_of(surface) as client:
        del client.headers["authorization"]
        response = await client.post("/images/generations", content=b"{}", headers=headers)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == code
    assert response.headers["www-authenticate"] == 'Bearer realm="Limner"'
    assert response.headers["x-should-retry"] == "false"
    assert response.headers["connection"] == "close"


@pytest.mark.parametrize("authorization", ["bearer sk-limner-test", "BEARER    sk-limner-test  "])
async def test_odd_spacing_and_case_around_a_key_do_not_matter(surface: Surface, authorization: str) -> None:
    """The scheme is case-insensitive and any blanks may follow it."""
    async with client_of(surface) as client:
        client.headers["authorization"] = authorization
        response = await client.post("/images/generations", json=GENERATION)
    assert response.status_code == 200


async def test_a_bad_field_is_told_with_its_name(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """The contract's refusal reaches the caller as a 400 with all four keys, and no job is submitted."""
    response = await client.post("/images/generations", json={**GENERATION, "n": 11})
    assert response.status_code == 400
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["param"], error["code"]) == ("n", "integer_above_max_value")
    assert response.headers["x-should-retry"] == "false"
    assert gateway.drafts == []


async def test_what_is_not_json_is_told_in_openais_words(client: httpx.AsyncClient) -> None:
    """A JSON body that does not parse is a 400 with the live API's hint."""
    headers = {"content-type": "application/json"}
    response = await client.post("/images/generations", content=b"{nope", headers=headers)
    assert response.status_code == 400
    assert "could not parse the JSON body" in response.json()["error"]["message"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_another_content_type_is_refused(client: httpx.AsyncClient, content_type: str) -> None:
    """A body in no accepted encoding is a 400 that names what was sent and what is accepted."""
    headers = {"content-type": content_type} if content_type else {}
    response = await client.post("/images/generations", content=b"prompt=a", headers=headers)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "unsupported_content_type"
    assert f"'Content-Type: {content_type}'" in response.json()["error"]["message"]


async def test_a_compressed_body_is_refused(client: httpx.AsyncClient) -> None:
    """A gzip'd body is a clear 400, never unpacked."""
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    response = await client.post("/images/generations", content=b"\x1f\x8b", headers=headers)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "unsupported_content_encoding"


async def test_a_body_announced_too_large_is_refused_unread(surface: Surface, gateway: ScriptedGateway) -> None:
    """A Content-Length over the limit is a 413 at once."""
    async with client_of(surface, limits=Limits(json_bytes_max=10, linger_s=0.01)) as client:
        response = await client.post("/images/generations", json=GENERATION)
    assert response.status_code == 413
    assert "at most 10 bytes" in response.json()["error"]["message"]
    assert response.headers["x-should-retry"] == "false"
    assert gateway.drafts == []


async def test_a_stopping_server_takes_no_more_requests(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """Its callers are told to come again, whatever is in the body: it is not read."""
    gateway.stopping = True
    response = await client.post("/images/generations", content=b"{")
    assert (response.status_code, response.headers["x-should-retry"]) == (503, "true")
    assert (response.headers["retry-after"], response.json()["error"]["code"]) == ("1", "server_is_overloaded")
    assert gateway.drafts == []


async def test_a_chunked_body_is_counted_as_it_comes(surface: Surface) -> None:
    """Without a Content-Length the limit holds all the same."""

    async def body() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000

    async with client_of(surface, limits=Limits(json_bytes_max=5000)) as client:
        response = await client.post(
            "/images/generations", content=body(), headers={"content-type": "application/json"}
        )
    assert response.status_code == 413


async def test_a_body_that_stalls_is_given_up(surface: Surface) -> None:
    """A client that goes silent in the middle of its body gets a 408 it must not retry by itself."""

    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with client_of(surface, limits=Limits(body_idle_s=0.02, linger_s=0.02)) as client:
        response = await client.post(
            "/images/generations", content=body(), headers={"content-type": "application/json"}
        )
    assert response.status_code == 408
    assert response.headers["x-should-retry"] == "false"


async def test_a_body_that_never_ends_is_given_up(surface: Surface) -> None:
    """A client that keeps sending a little for ever runs into the total limit of time."""

    async def body() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0)

    async with client_of(surface, limits=Limits(body_total_s=0.05, linger_s=0.02)) as client:
        response = await client.post(
            "/images/generations", content=body(), headers={"content-type": "application/json"}
        )
    assert response.status_code == 408


async def test_an_edit_takes_a_form_in_any_order(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """Files may come before texts, names with brackets are lists, and the gateway gets the pictures in order."""
    response = await client.post(
        "/images/edits",
        data={"prompt": "a scarf"},
        files=[("image[]", ("a.png", PNG + b"1", "image/png")), ("image[]", ("b.png", PNG + b"2", "image/png"))],
    )
    assert response.status_code == 200
    assert gateway.uploads == [[PNG + b"1", PNG + b"2"]]
    assert gateway.drafts[0].request.kind is Kind.EDIT


async def test_an_edit_takes_json(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """The JSON form of an edit names its pictures by address, data URL or file id."""
    body = {**GENERATION, "images": [{"file_id": "file-1"}, {"image_url": "data:image/png;base64,iVBORw0KGgo="}]}
    response = await client.post("/images/edits", json=body)
    assert response.status_code == 200
    assert len(gateway.drafts[0].images) == 2
    assert isinstance(gateway.drafts[0].images[1], Attached)


async def test_a_variation_is_answered(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """The retired endpoint still answers under the lenient rules."""
    response = await client.post("/images/variations", files={"image": ("a.png", PNG, "image/png")})
    assert response.status_code == 200
    assert gateway.drafts[0].request.kind is Kind.VARIATION


async def test_a_large_json_body_is_parsed(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """A body too large to be parsed on the event loop is parsed all the same."""
    body = {**GENERATION, "images": [{"image_url": "data:image/png;base64," + "A" * 400_000}]}
    response = await client.post("/images/edits", json=body)
    assert response.status_code == 200
    assert len(gateway.uploads[0][0]) == 300_000


async def test_uploads_are_kept_until_the_job_is_done(
    client: httpx.AsyncClient, gateway: ScriptedGateway, surface: Surface
) -> None:
    """Spooled files outlive the request, and go when the gateway says that nothing needs them."""
    data = PNG + b"x" * 200_000
    await client.post("/images/edits", data={"prompt": "p"}, files={"image": ("a.png", data, "image/png")})
    assert gateway.uploads == [[data]]
    assert len(spooled(surface)) == 1
    gateway.dones[0]()
    gateway.dones[0]()
    assert list(surface.spool_folder.iterdir()) == []


async def test_small_uploads_stay_in_memory_while_there_is_room(gateway: ScriptedGateway, surface: Surface) -> None:
    """Until their jobs are done; what comes when the room is taken waits on disk."""
    data = PNG + b"x" * 200_000
    async with client_of(surface, upload_room=Room(500_000)) as client:
        for spooled_files in (0, 0, 1):
            await client.post("/images/edits", data={"prompt": "p"}, files={"image": ("a.png", data, "image/png")})
            assert len(spooled(surface)) == spooled_files
        gateway.dones[0]()
        await client.post("/images/edits", data={"prompt": "p"}, files={"image": ("a.png", data, "image/png")})
        assert len(spooled(surface)) == 1
    assert gateway.uploads == [[data]] * 4


async def test_large_uploads_wait_on_disk(gateway: ScriptedGateway, surface: Surface) -> None:
    """Whatever room there is."""
    data = PNG + b"x" * HELD_BYTES_MAX
    async with client_of(surface, upload_room=Room(10 * HELD_BYTES_MAX)) as client:
        await client.post("/images/edits", data={"prompt": "p"}, files={"image": ("a.png", data, "image/png")})
    assert len(spooled(surface)) == 1
    assert gateway.uploads == [[data]]


async def test_uploads_go_when_the_request_is_refused(client: httpx.AsyncClient, surface: Surface) -> None:
    """A form that does not parse leaves nothing on the disk."""
    data = PNG + b"x" * 200_000
    response = await client.post("/images/edits", data={"n": "x"}, files={"image": ("a.png", data, "image/png")})
    assert response.status_code == 400
    assert list(surface.spool_folder.iterdir()) == []


async def test_uploads_go_when_the_gateway_refuses(
    client: httpx.AsyncClient, gateway: ScriptedGateway, surface: Surface
) -> None:
    """A job that is not admitted needs no files either."""
    gateway.refuse = InvalidImageRequest("Invalid image file.", code="invalid_image_file")
    data = PNG + b"x" * 200_000
    response = await client.post("/images/edits", data={"prompt": "p"}, files={"image": ("a.png", data, "image/png")})
    assert response.json()["error"]["type"] == "image_generation_user_error"
    assert list(surface.spool_folder.iterdir()) == []


async def test_a_key_may_be_stricter_than_the_server(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """A key without a rule of its own follows the server's."""
    await client.post("/images/generations", json=GENERATION)
    assert gateway.strictness == [Strictness.LIMNER]


async def test_a_failing_engine_is_a_500_worth_retrying(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """An engine's failure says that another attempt may help."""
    gateway.script = [EngineFailed("Image generation failed")]
    response = await client.post("/images/generations", json=GENERATION)
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "image_generation_failed"
    assert response.headers["x-should-retry"] == "true"
    assert not gateway.runs[0].left.is_set()


@pytest.mark.parametrize(("delay_s", "seconds", "milliseconds"), [(0.2, "1", "200"), (3600.0, "60", "60000")])
async def test_a_delay_before_retrying_is_told_within_bounds(
    client: httpx.AsyncClient, gateway: ScriptedGateway, delay_s: float, seconds: str, milliseconds: str
) -> None:
    """`retry-after` is whole seconds rounded up, and never more than the SDKs honour."""
    gateway.refuse = LimitReached("Slow down.", code="rate_limit_exceeded", retry_after_s=delay_s)
    response = await client.post("/images/generations", json=GENERATION)
    assert response.status_code == 429
    assert response.headers["retry-after"] == seconds
    assert response.headers["retry-after-ms"] == milliseconds
    assert response.headers["x-should-retry"] == "true"


@pytest.mark.parametrize("stream", [False, True])
async def test_what_is_left_of_a_rate_is_told_with_the_answer(
    client: httpx.AsyncClient, gateway: ScriptedGateway, *, stream: bool
) -> None:
    """Three headers for each rate, in OpenAI's names and way to write a span."""
    gateway.allowances = (
        Allowance(dimension="requests", limit=60, remaining=59, reset_ms=1_000),
        Allowance(dimension="images", limit=10, remaining=8, reset_ms=362_500),
    )
    response = await client.post("/images/generations", json={**GENERATION, "stream": stream})
    assert {name: value for name, value in response.headers.items() if name.startswith("x-ratelimit")} == {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-limit-images": "10",
        "x-ratelimit-remaining-images": "8",
        "x-ratelimit-reset-images": "6m2.5s",
    }
    assert set(RATE_HEADERS) <= response.headers.keys()


async def test_an_exhausted_quota_is_not_retried(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """The SDKs would retry a 429 twice unless told not to."""
    gateway.refuse = LimitReached("You exceeded your current quota.")
    response = await client.post("/images/generations", json=GENERATION)
    assert response.headers["x-should-retry"] == "false"
    assert "retry-after" not in response.headers


def events_of(text: str) -> list[tuple[str, dict[str, object]]]:
    """The events of a stream: name and data; comments left out."""
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    pairs = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]
    return [(pair["event"], json.loads(pair["data"])) for pair in pairs]


async def test_a_stream_is_partials_and_then_one_answer(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """Events come in order, framed as the SDKs read them, and the stream ends after the finished picture."""
    gateway.script = [partial(0), partial(1), answer()]
    response = await client.post("/images/generations", json=STREAM)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["limner-parameters"] == "quality=honoured"
    assert "content-length" not in response.headers
    names = [name for name, _ in events_of(response.text)]
    assert names == [
        "image_generation.partial_image",
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    assert response.text.endswith("\n\n")
    assert not gateway.runs[0].left.is_set()


async def test_a_streamed_edit_names_its_events_so(client: httpx.AsyncClient) -> None:
    """Edits have event names of their own."""
    response = await client.post(
        "/images/edits", data={"prompt": "p", "stream": "true"}, files={"image": ("a.png", PNG, "image/png")}
    )
    assert [name for name, _ in events_of(response.text)] == ["image_edit.completed"]


async def test_an_error_before_the_first_event_is_plain(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """A stream that never began is an ordinary error, so that the SDK can retry it."""
    gateway.script = [EngineUnavailable("The engine is overloaded")]
    response = await client.post("/images/generations", json=STREAM)
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/json"


async def test_an_error_after_the_first_event_ends_the_stream(
    client: httpx.AsyncClient, gateway: ScriptedGateway
) -> None:
    """A later error is an event with the error nested, and the last one."""
    gateway.script = [partial(0), EngineFailed("Image generation failed")]
    response = await client.post("/images/generations", json=STREAM)
    assert response.status_code == 200
    name, data = events_of(response.text)[-1]
    assert name == "error"
    assert isinstance(data["error"], dict)
    assert data["error"]["code"] == "image_generation_failed"
    assert not gateway.runs[0].left.is_set()


async def test_a_silent_stream_is_kept_open(surface: Surface, gateway: ScriptedGateway, clock: ManualClock) -> None:
    """After each interval of silence the client gets a comment, which also brings it the headers."""
    gateway.script = []
    async with client_of(surface, limits=Limits(keepalive_s=10)) as client:
        asking = asyncio.ensure_future(client.post("/images/generations", json=STREAM))
        await gateway.submitted.wait()
        for _ in range(2):
            while clock.sleepers == 0:
                await asyncio.sleep(0)
            clock.advance(10)
            while clock.sleepers == 0:
                await asyncio.sleep(0)
        gateway.runs[0].script.put_nowait(answer())
        response = await asking
    assert response.text.startswith(": keepalive\n\n: keepalive\n\nevent: image_generation.completed\n")


async def test_a_defect_is_told_without_its_cause(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """A bug of ours is OpenAI's general server error; nothing of the exception reaches the caller."""
    gateway.refuse = ZeroDivisionError("secret detail")
    response = await client.post("/images/generations", json=GENERATION)
    assert response.status_code == 500
    assert "secret detail" not in response.text
    assert response.headers["x-request-id"] in response.json()["error"]["message"]
    assert response.headers["x-should-retry"] == "false"


async def test_no_report_is_no_header(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """A caller who sent nothing to report on gets no empty header."""
    gateway.report_text = ""
    response = await client.post("/images/generations", json=GENERATION)
    assert "limner-parameters" not in response.headers


async def test_partials_of_a_plain_request_are_not_sent(client: httpx.AsyncClient, gateway: ScriptedGateway) -> None:
    """A plain answer is the last of the same events, whatever came before it."""
    gateway.script = [partial(0), answer()]
    response = await client.post("/images/generations", json=GENERATION)
    assert len(response.json()["data"]) == 1


async def test_a_model_that_answers_urls_links_to_its_results(
    client: httpx.AsyncClient, gateway: ScriptedGateway, clock: ManualClock, surface: Surface
) -> None:
    """A dall-e answer has a signed address, good for an hour and for that picture only, without a key."""
    results = surface.results
    response = await client.post("/images/generations", json={"model": "dall-e-3", "prompt": "a fox"})
    url = response.json()["data"][0]["url"]
    job_id = response.headers["x-request-id"]
    assert url.startswith(f"http://limner.test/results/{job_id}/0.png?expires=")
    await results.write(f"{job_id}/0.png", picture())
    anybody = {"authorization": ""}
    fetched = await client.get(url, headers=anybody)
    assert fetched.content == PNG
    assert fetched.headers["content-type"] == "image/png"
    assert "sandbox" in fetched.headers["content-security-policy"]
    forged = await client.get(url.replace("/0.png", "/1.png"), headers=anybody)
    assert forged.status_code == 403
    unsigned = await client.get(f"http://limner.test/results/{job_id}/0.png", headers=anybody)
    assert unsigned.status_code == 403
    await results.delete(f"{job_id}/0.png")
    assert (await client.get(url, headers=anybody)).status_code == 404
    clock.advance(3601)
    assert (await client.get(url, headers=anybody)).status_code == 403


@pytest.mark.parametrize(
    ("headers", "deadline_s"),
    [
        ({"x-stainless-timeout": "45"}, 45.0),
        ({"x-stainless-timeout": "45", "x-stainless-read-timeout": "600"}, 45.0),
        ({"x-stainless-timeout": "600", "x-stainless-read-timeout": "45"}, 45.0),
        ({"x-stainless-timeout": "0", "x-stainless-read-timeout": "45"}, 45.0),
        ({"x-stainless-timeout": "0"}, None),
        ({"x-stainless-timeout": ""}, None),
    ],
)
async def test_nodes_patience_counts_as_pythons_does(
    client: httpx.AsyncClient, gateway: ScriptedGateway, headers: dict[str, str], deadline_s: float | None
) -> None:
    """Its SDK has another header for it; of two the shorter one is believed."""
    assert (await client.post("/images/generations", json=GENERATION, headers=headers)).status_code == 200
    assert gateway.deadlines_s == [deadline_s]


@pytest.mark.parametrize(
    ("told", "body", "deadline_s"),
    [
        ("600", GENERATION, 600.0),
        ("2.5", GENERATION, 2.5),
        ("600", STREAM, None),
        (None, GENERATION, None),
        ("soon", GENERATION, None),
        ("inf", GENERATION, None),
        ("nan", GENERATION, None),
        ("0", GENERATION, None),
        ("-1", GENERATION, None),
    ],
)
async def test_a_callers_own_patience_reaches_the_gateway(
    client: httpx.AsyncClient,
    gateway: ScriptedGateway,
    told: str | None,
    body: dict[str, object],
    deadline_s: float | None,
) -> None:
    """The SDK's read timeout bounds a plain answer; a stream's comments keep its reader; nonsense is nothing."""
    headers = {} if told is None else {"x-stainless-read-timeout": told}
    assert (await client.post("/images/generations", json=body, headers=headers)).status_code == 200
    assert gateway.deadlines_s == [deadline_s]
