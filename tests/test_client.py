"""The client: what it puts on the wire, and what it makes of every answer."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from tests.processes import free_port

from limner.client import ClientError, Drawn, EventDecoder, ImagesClient, PartialPicture, Pictures

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

PNG = b"\x89PNG\r\n\x1a\n-first"
OTHER_PNG = b"\x89PNG\r\n\x1a\n-second"


def b64(data: bytes) -> str:
    """Base64 as it stands in an answer."""
    return base64.b64encode(data).decode()


@dataclass
class Api:
    """A server that answers what it is told to and keeps what it was asked."""

    answer: Handler
    asked: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    base_url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Keep the request, give the answer."""
        self.asked.append(request)
        self.bodies.append(await request.read())
        return await self.answer(request)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """A running server; a test sets its answer."""
    api = Api(answer=says({"created": 1, "data": [{"b64_json": b64(PNG)}]}))
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", api.handle)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    api.base_url = str(server.make_url("/openai/v1"))
    yield api
    await server.close()


def says(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Handler:
    """An answer of JSON, or of text when `body` is a str."""
    text = body if isinstance(body, str) else json.dumps(body)

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, content_type="application/json", headers=headers)

    return answer


def streams(*chunks: bytes) -> Handler:
    """An answer of server-sent events, a chunk at a time."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        return response

    return answer


def event(name: str, **facts: Any) -> bytes:
    """One event as OpenAI frames it."""
    return f"event: {name}\ndata: {json.dumps({'type': name, **facts})}\n\n".encode()


async def drawn(api: Api, **fields: Any) -> list[Drawn]:
    """Everything a generation brings."""
    async with (
        ImagesClient(api.base_url + "/", "sk-test") as client,
        aclosing(client.generate({"prompt": "x", **fields})) as events,
    ):
        return [item async for item in events]


async def test_a_generation_is_asked_for_as_the_sdks_do(api: Api) -> None:
    """Compact JSON under the base URL, with the key as a bearer."""
    await drawn(api, n=2, size="1024x1024")
    (request,) = api.asked
    assert (request.method, request.path) == ("POST", "/openai/v1/images/generations")
    assert request.headers["Authorization"] == "Bearer sk-test"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept"] == "application/json"
    assert json.loads(api.bodies[0]) == {"prompt": "x", "n": 2, "size": "1024x1024"}


async def test_a_plain_answer_is_one_event_with_everything_in_it(api: Api) -> None:
    """Pictures, the echoed parameters, usage and Limner's own report arrive together."""
    api.answer = says(
        {
            "created": 1,
            "data": [{"b64_json": b64(PNG)}, {"b64_json": b64(OTHER_PNG)}],
            "size": "1024x1024",
            "quality": "low",
            "output_format": "png",
            "usage": {"total_tokens": 5},
        },
        headers={"x-request-id": "req_1", "limner-parameters": "seed=ignored"},
    )
    assert await drawn(api) == [
        Pictures(
            pictures=(PNG, OTHER_PNG),
            size="1024x1024",
            quality="low",
            output_format="png",
            usage={"total_tokens": 5},
            request_id="req_1",
            parameters="seed=ignored",
        )
    ]


async def test_a_picture_behind_a_link_is_fetched_without_the_key(api: Api) -> None:
    """A link in the answer is followed, and the key is not sent along."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            return web.Response(body=PNG)
        return web.json_response({"created": 1, "data": [{"url": "/results/1.png"}]})

    api.answer = answer
    assert await drawn(api) == [Pictures(pictures=(PNG,))]
    assert "Authorization" not in api.asked[1].headers


async def test_a_dead_link_is_an_error(api: Api) -> None:
    """A link that answers anything but 200 brings no picture."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            return web.Response(status=404)
        return web.json_response({"created": 1, "data": [{"url": str(request.url.origin() / "gone")}]})

    api.answer = answer
    with pytest.raises(ClientError, match="The link to the picture answered 404"):
        await drawn(api)


async def test_a_stream_shows_partial_pictures_before_the_finished_one(api: Api) -> None:
    """Events come in order, whatever the cuts, comments and line ends between them."""
    partial = event("image_generation.partial_image", b64_json=b64(PNG), partial_image_index=0)
    done = event("image_generation.completed", b64_json=b64(OTHER_PNG), size="1024x1024", usage={"total_tokens": 9})
    whole = b": waiting\n\n" + partial + b'event: other\ndata: {"type":"other"}\n\n' + done.replace(b"\n", b"\r\n")
    api.answer = streams(*(whole[start : start + 7] for start in range(0, len(whole), 7)), b"data: [DONE]\n\n")
    assert await drawn(api, stream=True) == [
        PartialPicture(index=0, data=PNG),
        Pictures(pictures=(OTHER_PNG,), size="1024x1024", usage={"total_tokens": 9}),
    ]


async def test_an_error_in_a_stream_is_raised(api: Api) -> None:
    """What the server says in its error event is what the caller is told."""
    api.answer = streams(
        event("error", error={"message": "Image generation failed", "code": "image_generation_failed"})
    )
    with pytest.raises(ClientError, match="Image generation failed") as caught:
        await drawn(api, stream=True)
    assert caught.value.code == "image_generation_failed"


@pytest.mark.parametrize("chunks", [(), (event("image_generation.partial_image", b64_json=b64(PNG)),), (b"data: [",)])
async def test_a_stream_that_just_ends_is_an_error(api: Api, chunks: tuple[bytes, ...]) -> None:
    """No completed event means no picture, even when partial ones came."""
    api.answer = streams(*chunks)
    with pytest.raises(ClientError, match="ended before the picture was complete"):
        await drawn(api, stream=True)


async def test_a_broken_connection_is_told_plainly(api: Api) -> None:
    """A connection cut in the middle of an answer is a sentence, not a traceback."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: {")
        assert request.transport is not None
        request.transport.abort()
        return response

    api.answer = answer
    with pytest.raises(ClientError, match="broke before the picture was complete"):
        await drawn(api, stream=True)


async def test_a_refusal_keeps_what_the_envelope_says(api: Api) -> None:
    """Message, code, parameter, status and request id of an error answer survive."""
    api.answer = says(
        {"error": {"message": "Bad size.", "type": "invalid_request_error", "param": "size", "code": "invalid_value"}},
        400,
        {"x-request-id": "req_2"},
    )
    with pytest.raises(ClientError) as caught:
        await drawn(api)
    error = caught.value
    assert (error.message, error.status, error.code, error.param, error.request_id) == (
        "Bad size.",
        400,
        "invalid_value",
        "size",
        "req_2",
    )


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"error": "no"}', '{"error": {}}'])
async def test_a_refusal_in_no_envelope_tells_its_status(api: Api, body: str) -> None:
    """An error page of something in between is told by its status."""
    api.answer = says(body, 502)
    with pytest.raises(ClientError, match="The server answered 502 Bad Gateway"):
        await drawn(api)


@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        "[]",
        "{}",
        '{"data": null}',
        '{"data": [{}]}',
        '{"data": [3]}',
        '{"data": [{"b64_json": "?"}]}',
        '{"data": [{"b64_json": 3}]}',
    ],
)
async def test_an_answer_that_is_no_images_answer_is_an_error(api: Api, body: str) -> None:
    """A 200 without a readable picture is refused with a hint at the usual cause."""
    api.answer = says(body)
    with pytest.raises(ClientError, match="does the base URL end in /v1"):
        await drawn(api)


@pytest.mark.parametrize(
    ("base_url", "words"),
    [(f"http://127.0.0.1:{free_port()}/v1", "is the server running"), ("nowhere", "is no address of a server")],
    ids=["nobody listens", "no address"],
)
async def test_a_server_that_is_not_there_is_told_plainly(base_url: str, words: str) -> None:
    """Neither a refused connection nor a mistyped address ends in a traceback."""
    async with ImagesClient(base_url, "sk-test") as client, aclosing(client.generate({"prompt": "x"})) as events:
        with pytest.raises(ClientError, match=words):
            await anext(events)


async def test_a_server_that_never_answers_is_given_up(api: Api) -> None:
    """The deadline of a request is kept."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await request.content.wait_eof()
        while request.transport is not None and not request.transport.is_closing():
            await response.write(b": waiting\n\n")
        return response

    api.answer = answer
    async with (
        ImagesClient(api.base_url, "sk-test", timeout_s=0.05) as client,
        aclosing(client.generate({"prompt": "x"})) as events,
    ):
        with pytest.raises(ClientError, match="did not answer in time"):
            await anext(events)


async def test_an_edit_sends_text_first_and_names_its_files(api: Api, tmp_path: Path) -> None:
    """One picture is `image`, values are written as the SDKs write them, the type follows the name."""
    picture, mask = tmp_path / 'a "b".png', tmp_path / "mask.bin"
    picture.write_bytes(PNG)
    mask.write_bytes(OTHER_PNG)
    fields: dict[str, Any] = {"prompt": "größer\nzwei", "n": 2, "stream": False}
    async with (
        ImagesClient(api.base_url, "sk-test") as client,
        aclosing(client.edit(fields, [picture], mask)) as events,
    ):
        assert [item async for item in events] == [Pictures(pictures=(PNG,))]
    (request,) = api.asked
    assert request.path == "/openai/v1/images/edits"
    boundary = request.headers["Content-Type"].partition("boundary=")[2]
    parts = api.bodies[0].split(f"--{boundary}".encode())
    assert parts[1:] == [
        '\r\nContent-Disposition: form-data; name="prompt"\r\n\r\ngrößer\nzwei\r\n'.encode(),
        b'\r\nContent-Disposition: form-data; name="n"\r\n\r\n2\r\n',
        b'\r\nContent-Disposition: form-data; name="stream"\r\n\r\nfalse\r\n',
        b'\r\nContent-Disposition: form-data; name="image"; filename="a %22b%22.png"\r\n'
        b"Content-Type: image/png\r\n\r\n" + PNG + b"\r\n",
        b'\r\nContent-Disposition: form-data; name="mask"; filename="mask.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + OTHER_PNG + b"\r\n",
        b"--\r\n",
    ]


async def test_several_pictures_are_an_array(api: Api, tmp_path: Path) -> None:
    """Two pictures are two parts called `image[]`."""
    pictures = [tmp_path / "a.jpg", tmp_path / "b.webp"]
    for picture in pictures:
        picture.write_bytes(PNG)
    async with ImagesClient(api.base_url, "sk-test") as client, aclosing(client.edit({}, pictures)) as events:
        await anext(events)
    assert api.bodies[0].count(b'name="image[]"') == 2
    assert b"image/jpeg" in api.bodies[0]
    assert b"image/webp" in api.bodies[0]


async def test_a_large_picture_is_sent_whole(api: Api, tmp_path: Path) -> None:
    """Several megabytes go through, without a warning."""
    picture = tmp_path / "large.png"
    picture.write_bytes(bytes(5_000_000))
    async with ImagesClient(api.base_url, "sk-test") as client, aclosing(client.edit({}, [picture])) as events:
        await anext(events)
    assert len(api.bodies[0]) > 5_000_000


@pytest.mark.parametrize(("status", "ready"), [(200, True), (503, False)])
async def test_readiness_is_asked_at_the_servers_root(api: Api, status: int, ready: bool) -> None:  # noqa: FBT001  a table's column
    """`/readyz` decides, beside the API and not below it."""
    api.answer = says({}, status)
    async with ImagesClient(api.base_url, "sk-test") as client:
        assert await client.ready() is ready
    assert api.asked[0].path == "/readyz"


async def test_a_server_that_is_not_there_is_not_ready() -> None:
    """A refused connection is no error here."""
    async with ImagesClient(f"http://127.0.0.1:{free_port()}/v1", "sk-test") as client:
        assert await client.ready() is False


@given(
    st.lists(st.lists(st.text("ab: {}", min_size=1), min_size=1, max_size=3), max_size=4),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 9),
)
def test_events_are_the_same_however_the_bytes_are_cut(events: list[list[str]], end: str, step: int) -> None:
    """Every cut of a stream gives the same events, with lines of data joined by a line feed."""
    text = "".join(f": c{end}event: x{end}" + "".join(f"data: {line}{end}" for line in lines) + end for lines in events)
    data = text.encode()
    decoder = EventDecoder()
    found = [item for start in range(0, len(data), step) for item in decoder.feed(data[start : start + step])]
    assert found == ["\n".join(lines).encode() for lines in events]
