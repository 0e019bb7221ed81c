"""The server over real sockets: bounds on headers, waiting and slow readers, refusals midway, leaving, stopping."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace

import pytest
from tests.http.scripted import SECRET, ScriptedGateway, answer, listening, partial, picture, server_of, spooled

from limner.http.protocol import ConnectionLimits
from limner.http.serve import Listener, run, serve
from limner.http.server import build_app
from limner.http.surface import Limits, Surface

KEY_LINE = f"Authorization: Bearer {SECRET}\r\n".encode()
JSON_LINE = b"Content-Type: application/json\r\n"


class Connection:
    """A raw connection to a server of this test."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Send bytes and wait until the kernel has them."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers, and a body of the announced length."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(head[0].split()[1]), headers, body

    async def ended(self) -> bool:
        """Whether the server closes the connection with nothing more to say."""
        try:
            return await self.reader.read() == b""
        except ConnectionResetError:
            return True

    async def close(self) -> None:
        """Leave."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Connection]:
    """A connection to a port of this machine, closed with the block."""
    connection = Connection(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield connection
    finally:
        await connection.close()


def post(path: str, body: bytes, *lines: bytes) -> bytes:
    """A whole POST request with a key."""
    head = f"POST /openai/v1{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n".encode()
    return head + KEY_LINE + b"".join(lines) + b"\r\n" + body


def generation(**fields: object) -> bytes:
    """A whole request for a picture."""
    body = json.dumps({"model": "gpt-image-2", "prompt": "a fox", **fields}).encode()
    return post("/images/generations", body, JSON_LINE)


def bounded(**limits: float) -> Listener:
    """A listener with small limits on its connections."""
    return Listener(stop_s=1, connections=replace(ConnectionLimits(), **limits))  # type: ignore[arg-type]


async def test_a_request_is_answered_and_the_connection_kept(surface: Surface) -> None:
    """Two requests on one connection, one of them in pieces of a byte, are both answered."""
    async with listening(server_of(surface)) as port, connected(port) as connection:
        for byte in generation():
            await connection.send(bytes([byte]))
        status, headers, _ = await connection.answer()
        assert status == 200
        assert "server" not in headers
        await connection.send(generation())
        assert (await connection.answer())[0] == 200


async def test_an_endless_header_is_refused(surface: Surface) -> None:
    """A header without an end is cut off at the limit, in the envelope, and not kept in memory."""
    async with listening(server_of(surface)) as port, connected(port) as connection:
        await connection.send(b"GET /healthz HTTP/1.1\r\nX-Long: ")
        for _ in range(8):
            await connection.send(b"x" * 65_536)
        status, headers, body = await connection.answer()
        assert status == 400
        assert "headers are too large" in json.loads(body)["error"]["message"]
        assert headers["connection"] == "close"
        assert headers["x-request-id"].startswith("req_")
        assert await connection.ended()


@pytest.mark.parametrize("line", [b"X-A: b\r\n", b"X-Long: " + b"x" * 2000 + b"\r\n"])
async def test_headers_without_number_are_refused(surface: Surface, line: bytes) -> None:
    """Many small headers count like one large one."""
    async with listening(server_of(surface, bounded(head_bytes_max=10_000))) as port, connected(port) as connection:
        await connection.send(b"GET /healthz HTTP/1.1\r\n" + line * (20_000 // len(line)))
        assert (await connection.answer())[0] == 400


async def test_an_endless_request_line_is_refused(surface: Surface) -> None:
    """A path counts as part of the head."""
    async with listening(server_of(surface, bounded(head_bytes_max=10_000))) as port, connected(port) as connection:
        for _ in range(12):
            await connection.send((b"GET /" if _ == 0 else b"") + b"x" * 1000)
        assert (await connection.answer())[0] == 400


async def test_endless_trailers_are_cut_off(surface: Surface) -> None:
    """Headers after a chunked body have the same limit; the request they belong to ends with its connection."""
    async with listening(server_of(surface, bounded(head_bytes_max=10_000))) as port, connected(port) as connection:
        head = b"POST /openai/v1/images/generations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        await connection.send(head + KEY_LINE + JSON_LINE + b"\r\n2\r\n{}\r\n0\r\n")
        await connection.send(b"X-Trailer: " + b"x" * 400_000)
        assert await connection.ended()


@pytest.mark.parametrize("nonsense", [b"\x16\x03\x01\x02\x00\x01\x00", b"\x00" * 200_000])
async def test_what_is_not_http_is_refused_in_the_envelope(surface: Surface, nonsense: bytes) -> None:
    """Even bytes that never were a request get an error every client can read."""
    async with listening(server_of(surface, bounded(head_bytes_max=1000))) as port, connected(port) as connection:
        await connection.send(nonsense)
        status, _, body = await connection.answer()
        assert status == 400
        assert json.loads(body)["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("start", [b"", b"GET /healthz HTTP/1.1\r\nHost:"])
async def test_headers_that_do_not_come_are_given_up(surface: Surface, start: bytes) -> None:
    """A connection may not sit idle before its first request, nor in the middle of one."""
    async with listening(server_of(surface, bounded(head_s=0.05))) as port, connected(port) as connection:
        await connection.send(start)
        assert (await connection.answer())[0] == 408


async def test_a_slow_answer_is_no_slow_head(surface: Surface, gateway: ScriptedGateway) -> None:
    """The time for headers does not run while a job is drawn."""
    gateway.script = []
    async with listening(server_of(surface, bounded(head_s=0.05))) as port, connected(port) as connection:
        await connection.send(generation())
        await gateway.submitted.wait()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.15):
                await connection.reader.read(1)
        gateway.runs[0].script.put_nowait(answer())
        assert (await connection.answer())[0] == 200


async def test_connections_over_the_limit_are_told_so(surface: Surface) -> None:
    """One connection too many gets a 503 and is closed; the others go on."""
    async with (
        listening(server_of(surface, bounded(connections_max=1))) as port,
        connected(port) as first,
    ):
        await first.send(generation())
        assert (await first.answer())[0] == 200
        async with connected(port) as second:
            assert (await second.answer())[0] == 503
        await first.send(generation())
        assert (await first.answer())[0] == 200


async def test_a_reader_that_stops_is_cut_off(surface: Surface, gateway: ScriptedGateway) -> None:
    """An answer nobody takes does not stay in memory for ever."""
    gateway.script = [answer(picture(b"x" * 30_000_000))]
    server = server_of(surface, bounded(write_stall_s=0.1))
    async with listening(server) as port:
        # A tiny buffer of the client's own makes the server's side fill up.
        connection = Connection(*await asyncio.open_connection("127.0.0.1", port, limit=1024))
        await connection.send(generation())
        await gateway.submitted.wait()
        async with asyncio.timeout(5):
            while server.server_state.connections:
                await asyncio.sleep(0)
        await connection.close()


async def test_a_large_answer_arrives_over_a_socket(surface: Surface, gateway: ScriptedGateway) -> None:
    """Thirty megabytes reach a client that reads, with their exact length."""
    gateway.script = [answer(picture(b"x" * 24_000_000))]
    async with listening(server_of(surface)) as port, connected(port) as connection:
        await connection.send(generation())
        status, _, body = await connection.answer()
        assert status == 200
        assert len(body) > 32_000_000


async def test_an_answer_leaves_in_one_piece(surface: Surface) -> None:
    """Its head does not arrive by itself: a client that reads once has all of a small answer."""
    async with listening(server_of(surface)) as port, connected(port) as connection:
        for _ in range(3):
            await connection.send(generation())
            head, _, body = (await connection.reader.read(65_536)).partition(b"\r\n\r\n")
            assert f"content-length: {len(body)}\r\n".encode() in head + b"\r\n"
            assert json.loads(body)["data"]


async def test_a_refusal_arrives_while_the_client_still_sends(surface: Surface) -> None:
    """A body over its limit is refused midway, and the client can read why although it has not stopped sending."""
    small = replace(surface, limits=Limits(json_bytes_max=100_000))
    async with listening(server_of(small)) as port, connected(port) as connection:
        head = b"POST /openai/v1/images/generations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        await connection.send(head + KEY_LINE + JSON_LINE + b"\r\n")
        for _ in range(200):
            await connection.send(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        status, headers, body = await connection.answer()
        assert status == 413
        assert headers["connection"] == "close"
        assert json.loads(body)["error"]["type"] == "invalid_request_error"
        await connection.send(b"0\r\n\r\n")
        assert await connection.ended()


async def test_an_unwanted_body_is_not_asked_for(surface: Surface) -> None:
    """A client that waits for `100 Continue` gets its 401 instead and never sends the body."""
    async with (
        listening(server_of(replace(surface, limits=Limits(linger_s=0.05)))) as port,
        connected(port) as connection,
    ):
        await connection.send(
            b"POST /openai/v1/images/edits HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
        )
        status, _, _ = await connection.answer()
        assert status == 401
        assert await connection.ended()


async def test_a_wanted_body_is_asked_for(surface: Surface) -> None:
    """A client that asks first, as curl does with larger bodies, is told to go on."""
    async with listening(server_of(surface)) as port, connected(port) as connection:
        head, _, body = generation().partition(b"\r\n\r\n")
        await connection.send(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert (await connection.answer())[0] == 100
        await connection.send(body)
        assert (await connection.answer())[0] == 200


@pytest.mark.parametrize("cut", [1, 150, 300, 1000])
async def test_a_request_that_offers_an_upgrade_is_served(surface: Surface, cut: int) -> None:
    """Java's client offers HTTP/2 on every first request; declining is not refusing."""
    async with listening(server_of(surface)) as port, connected(port) as connection:
        body = b'{"prompt":"a fox"}'
        offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n"
        request = post("/images/generations", body, JSON_LINE, offer)
        await connection.send(request[:cut])
        await asyncio.sleep(0)
        await connection.send(request[cut:])
        assert (await connection.answer())[0] == 200
        await connection.send(generation())
        assert (await connection.answer())[0] == 200


async def test_a_second_head_that_stalls_does_not_cut_the_first_answer(
    surface: Surface, gateway: ScriptedGateway
) -> None:
    """A pipelined request that never comes to its end costs its connection, but only after the one before it."""
    gateway.script = []
    async with listening(server_of(surface, bounded(head_s=0.05))) as port, connected(port) as connection:
        await connection.send(generation() + b"GET /healthz HTTP/1.1\r\nHost:")
        await gateway.submitted.wait()
        asyncio.get_running_loop().call_later(0.15, gateway.runs[0].script.put_nowait, answer())
        status, headers, _ = await connection.answer()
        assert status == 200
        assert headers["connection"] == "close"
        assert await connection.ended()


async def test_nonsense_behind_a_request_ends_it(surface: Surface, gateway: ScriptedGateway) -> None:
    """An answer under way cannot be followed by an error: the connection ends, and the job is told."""
    gateway.script = []
    async with listening(server_of(surface)) as port, connected(port) as connection:
        await connection.send(generation())
        await gateway.submitted.wait()
        await connection.send(b"\x00\x01\x02\x03")
        assert await connection.ended()
        async with asyncio.timeout(5):
            await gateway.runs[0].left.wait()


def test_programs_run_on_uvloop() -> None:
    """The faster event loop is what the server's figures were taken with."""
    kinds: list[str] = []

    async def main() -> None:
        kinds.append(type(asyncio.get_running_loop()).__module__)

    run(main())
    assert kinds == ["uvloop"]


async def test_a_tunnel_is_refused(surface: Surface) -> None:
    """The server is no proxy."""
    async with listening(server_of(surface)) as port, connected(port) as connection:
        await connection.send(b"CONNECT example.test:443 HTTP/1.1\r\nHost: example.test\r\n\r\n")
        assert (await connection.answer())[0] == 400


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_is_noticed(surface: Surface, gateway: ScriptedGateway, *, stream: bool) -> None:
    """When the client hangs up while its job is drawn, the job is told."""
    gateway.script = [partial(0)] if stream else []
    async with listening(server_of(surface)) as port, connected(port) as connection:
        await connection.send(generation(stream=stream))
        await gateway.submitted.wait()
        if stream:
            await connection.reader.readuntil(b"event: image_generation.partial_image")
        await connection.close()
        async with asyncio.timeout(5):
            await gateway.runs[0].left.wait()


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_during_admission_is_noticed(
    surface: Surface, gateway: ScriptedGateway, *, stream: bool
) -> None:
    """However long that takes, as it does while the database is away: nothing is admitted for it any more."""
    gateway.admits.clear()
    async with listening(server_of(surface)) as port, connected(port) as connection:
        await connection.send(generation(stream=stream))
        await gateway.asked.wait()
        await connection.close()
        async with asyncio.timeout(5):
            await gateway.cancelled.wait()
    assert gateway.runs == []


async def test_a_client_that_leaves_midway_through_its_upload_leaves_nothing(
    surface: Surface, gateway: ScriptedGateway
) -> None:
    """What was spooled of a body goes with the client."""
    async with listening(server_of(surface)) as port, connected(port) as connection:
        head = b"POST /openai/v1/images/edits HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n" + KEY_LINE
        part = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
        await connection.send(head + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n" + part)
        await connection.send(b"x" * 4_000_000)
        async with asyncio.timeout(5):
            while not spooled(surface):
                await asyncio.sleep(0)
            await connection.close()
            while list(surface.spool_folder.iterdir()):
                await asyncio.sleep(0)
    assert gateway.drafts == []


async def test_stopping_lets_a_request_finish(surface: Surface, gateway: ScriptedGateway) -> None:
    """A server that is told to stop takes no more connections and still answers who is waiting."""
    gateway.script = []
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(listening(server_of(surface, Listener(stop_s=5))))
        async with connected(port) as connection:
            await connection.send(generation())
            await gateway.submitted.wait()
            asyncio.get_running_loop().call_later(0.2, gateway.runs[0].script.put_nowait, answer())
            await stack.aclose()
            status, headers, _ = await connection.answer()
    assert status == 200
    assert headers["connection"] == "close"


async def test_a_request_that_does_not_finish_in_time_lets_its_job_know(
    surface: Surface, gateway: ScriptedGateway
) -> None:
    """When the time to stop is over, a waiting request counts as one whose client has left, and gets a 503."""
    gateway.script = []
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(listening(server_of(surface, Listener(stop_s=0))))
        async with connected(port) as connection:
            await connection.send(generation())
            await gateway.submitted.wait()
            await stack.aclose()
            async with asyncio.timeout(5):
                await gateway.runs[0].left.wait()
                status, headers, body = await connection.answer()
    assert (status, headers["x-should-retry"]) == (503, "true")
    assert json.loads(body)["error"]["message"] == "The server is shutting down. Please try again."


async def test_a_signal_stops_the_server(surface: Surface) -> None:
    """SIGTERM drains, ends `serve` in order and leaves the process alive for whatever closes after it."""
    drained, interrupted = asyncio.Event(), asyncio.Event()

    async def drain() -> None:
        drained.set()

    async def interrupt() -> None:
        interrupted.set()

    asyncio.get_running_loop().call_later(0.3, os.kill, os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(5):
        await serve(build_app(surface), Listener(port=0), surface.clock, drain=drain, interrupt=interrupt)
    assert drained.is_set()
    assert not interrupted.is_set()


async def test_a_second_signal_stops_at_once(surface: Surface) -> None:
    """Whoever asks twice does not wait for jobs under way, which are interrupted."""
    loop = asyncio.get_running_loop()
    interrupted = asyncio.Event()

    async def never() -> None:
        loop.call_soon(os.kill, os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()

    async def interrupt() -> None:
        interrupted.set()

    loop.call_later(0.3, os.kill, os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(5):
        await serve(build_app(surface), Listener(port=0), surface.clock, drain=never, interrupt=interrupt)
    assert interrupted.is_set()
