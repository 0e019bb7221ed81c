"""Everything that goes wrong between a job and an upstream, as data: what the server does, and what must come of it.

`says` is the only prose of the table in docs/reliability.md; the rest of each row is what `drill.py` observes.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import struct
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from tests.engines.upstream.emulator import Script, emulating
from tests.engines.upstream.enforcement import KEY, envelope

from limner.job import Format, Size

SHORT_S: Final = 0.15
"""A time limit that has to be waited for: long enough for everything else on a busy machine to be within it."""
ANSWER_BYTES_MAX: Final = 8_000_000
_PEM: Final = Path(__file__).with_name("self_signed.pem")
_HTML: Final = {"Content-Type": "text/html"}
_EVENTS: Final = {"Content-Type": "text/event-stream"}
_STREAM: Final = {"stream": True, "partial_images": 2}

Place = Callable[[], AbstractAsyncContextManager[str]]
"""Somewhere a base URL leads to."""


class Group(StrEnum):
    """The parts of the table."""

    CONNECTION = "Connection"
    TIME = "Time"
    ANSWER = "Answer"
    REFUSAL = "Refusal"
    STREAM = "Stream"
    OUT = "Left alone"


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What must hold after a fault.

    status, code: told to the caller; the code comes as a stream's last event where status is 200. wait_s: what
    `retry-after` says. again: whether the caller is told that another try may help, when the status is an error of
    ours. runs: attempts at the failing engine. next: whether another engine draws, where there is one. failures, out_s:
    of the failing engine afterwards.
    """

    status: int
    code: str | None = None
    wait_s: int | None = None
    again: bool = True
    runs: int = 1
    next: bool = True
    failures: int = 1
    out_s: int = 0


FAILED: Final = Ending(status=500, code="image_generation_failed")
UNWANTED: Final = Ending(status=500, code="image_generation_failed", failures=0)
UNTAKEN: Final = Ending(status=503, code="server_is_overloaded", runs=3, failures=3)
REFUSED: Final = Ending(status=503, code="server_is_overloaded", again=False)
BLOCKED: Final = Ending(status=400, code="moderation_blocked", next=False, failures=0)
DELIVERED: Final = Ending(status=200, next=False, failures=0)
BROKEN_OFF: Final = Ending(status=200, code="image_generation_failed", next=False)


def asked_for(wait_s: int) -> Ending:
    """An engine that asked to be left alone."""
    return Ending(status=503, code="server_is_overloaded", wait_s=min(wait_s, 60), out_s=wait_s)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that goes wrong. place: where the engine's base URL leads, instead of an emulator with `script`.

    fields: of the request beside prompt and model. settings: of the engine. earlier: requests made before the one that
    is looked at. bytes_max: of what may be held of an answer that would be much larger; 0 for the others.
    """

    group: Group
    says: str
    ends: Ending
    script: Script = field(default_factory=Script)
    place: Place | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    earlier: int = 0
    bytes_max: int = 0


@asynccontextmanager
async def nobody() -> AsyncIterator[str]:
    """A port that refuses connections: it is bound, so that nobody else listens there either."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/v1"


@asynccontextmanager
async def without_tls() -> AsyncIterator[str]:
    """A server that speaks HTTP where TLS is expected."""
    async with emulating("openai") as server:
        yield server.url.replace("http:", "https:")


@asynccontextmanager
async def unvouched() -> AsyncIterator[str]:
    """A server whose certificate nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_PEM)
    async with _listening(context) as port:
        yield f"https://127.0.0.1:{port}/v1"


@asynccontextmanager
async def mute() -> AsyncIterator[str]:
    """A server that takes connections and never says a word, where TLS is expected."""
    async with _listening(None) as port:
        yield f"https://127.0.0.1:{port}/v1"


@asynccontextmanager
async def redirecting() -> AsyncIterator[str]:
    """A server that sends everybody to another one, which must never hear of the request, let alone of the key."""
    async with emulating("openai") as elsewhere:
        script = Script(status=307, body=b"", headers={"Location": f"{elsewhere.url}/images/generations"})
        async with emulating("openai", script) as server:
            yield server.url
        assert elsewhere.asked == []


def babbling(first: bytes, again: bytes) -> Place:
    """A server that answers bytes of its own, the last of them for ever."""

    @asynccontextmanager
    async def place() -> AsyncIterator[str]:
        async with _listening(None, first, again) as port:
            yield f"http://127.0.0.1:{port}/v1"

    return place


@asynccontextmanager
async def _listening(context: ssl.SSLContext | None, first: bytes = b"", again: bytes = b"") -> AsyncIterator[int]:
    """A port whose server says `first`, then `again` and again, or holds the line when that is nothing."""
    over = asyncio.Event()

    async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        with suppress(ConnectionError):
            while again and not over.is_set():
                writer.write(again)
                await writer.drain()
        await over.wait()
        writer.transport.abort()

    server = await asyncio.start_server(hold, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        over.set()
        server.close()
        await server.wait_closed()


def refusing(status: int, body: Any = None, **headers: str) -> Script:
    """An answer with JSON in it instead of a picture."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Script(status=status, body=json.dumps(body if body is not None else {}).encode(), headers=named)


def picture_bomb() -> str:
    """A PNG of a few hundred bytes that says it has a thousand million pixels."""
    header = struct.pack(">IIBBBBB", 32_000, 32_000, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    framed = (struct.pack(">I", len(data)) + kind + data + _crc(kind + data) for kind, data in chunks)
    return b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(framed)).decode()


def _crc(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


def _event(**fields: Any) -> bytes:
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


_BLOCKED: Final = envelope(
    f"Your request was rejected, {KEY}",
    None,
    "moderation_blocked",
    moderation_details={"moderation_stage": "input", "categories": ["violence", KEY]},
)

FAULTS: Final = (
    Fault(group=Group.CONNECTION, says="refuses it", place=nobody, ends=UNTAKEN),
    Fault(group=Group.CONNECTION, says="speaks no TLS where it should", place=without_tls, ends=UNTAKEN),
    Fault(group=Group.CONNECTION, says="shows a certificate nobody vouches for", place=unvouched, ends=UNTAKEN),
    Fault(
        group=Group.CONNECTION,
        says="takes it and never finishes TLS",
        place=mute,
        settings={"connect_timeout_s": SHORT_S},
        ends=UNTAKEN,
    ),
    Fault(group=Group.CONNECTION, says="closes it without a word", script=Script(cut_at=0), ends=FAILED),
    Fault(group=Group.CONNECTION, says="closes it within the headers", script=Script(cut_at=30), ends=FAILED),
    Fault(group=Group.CONNECTION, says="closes it within the body", script=Script(cut_at=5000), ends=FAILED),
    Fault(
        group=Group.TIME,
        says="hangs before the headers",
        script=Script(stall_at=0),
        settings={"first_byte_timeout_s": SHORT_S},
        ends=FAILED,
    ),
    Fault(
        group=Group.TIME,
        says="hangs within the headers",
        script=Script(stall_at=30),
        settings={"first_byte_timeout_s": SHORT_S},
        ends=FAILED,
    ),
    Fault(
        group=Group.TIME,
        says="hangs within the body",
        script=Script(stall_at=5000),
        settings={"silence_timeout_s": SHORT_S},
        ends=FAILED,
    ),
    Fault(
        group=Group.TIME,
        says="drips the file at the address it answers, past `timeout_s`",
        script=Script(urls=True, result=Script(drip_at=400)),
        settings={"timeout_s": 2 * SHORT_S},
        ends=FAILED,
    ),
    Fault(
        group=Group.TIME,
        says="drips a byte at a time, past `timeout_s`",
        script=Script(drip_at=400),
        settings={"timeout_s": 2 * SHORT_S},
        ends=FAILED,
    ),
    Fault(
        group=Group.ANSWER,
        says="answers without end: more than `answer_bytes_max`",
        script=Script(endless=True),
        settings={"answer_bytes_max": ANSWER_BYTES_MAX},
        bytes_max=ANSWER_BYTES_MAX,
        ends=FAILED,
    ),
    Fault(
        group=Group.ANSWER,
        says="sends headers without end",
        place=babbling(b"HTTP/1.1 200 OK\r\n", b"X-Filler: " + b"f" * 1000 + b"\r\n"),
        bytes_max=ANSWER_BYTES_MAX,
        ends=FAILED,
    ),
    Fault(
        group=Group.ANSWER,
        says="sends a header line without end",
        place=babbling(b"HTTP/1.1 200 OK\r\nX-Filler: ", b"f" * 1000),
        bytes_max=ANSWER_BYTES_MAX,
        ends=FAILED,
    ),
    Fault(
        group=Group.ANSWER,
        says="says what is no HTTP",
        place=babbling(b"220 mail.example ESMTP\r\n", b"500 what?\r\n" * 1000),
        ends=FAILED,
    ),
    Fault(
        group=Group.ANSWER,
        says="answers a gzip bomb",
        script=Script(body=gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"}),
        bytes_max=ANSWER_BYTES_MAX,
        ends=FAILED,
    ),
    Fault(
        group=Group.ANSWER,
        says="answers a picture that says it has 1,024 million pixels",
        script=Script(items={"b64_json": picture_bomb()}),
        bytes_max=ANSWER_BYTES_MAX,
        ends=FAILED,
    ),
    Fault(group=Group.ANSWER, says="redirects to another host", place=redirecting, ends=FAILED),
    Fault(
        group=Group.ANSWER,
        says="answers an HTML page with status 502",
        script=Script(status=502, body=b"<html>Bad Gateway</html>", headers=_HTML),
        ends=FAILED,
    ),
    Fault(
        group=Group.ANSWER,
        says="answers an HTML page with status 200",
        script=Script(body=b"<html>Welcome</html>", headers=_HTML),
        ends=FAILED,
    ),
    Fault(
        group=Group.ANSWER,
        says="answers an error object with status 200",
        script=refusing(200, {"error": {"message": f"no, {KEY}"}}),
        ends=FAILED,
    ),
    Fault(group=Group.ANSWER, says="answers no picture", script=refusing(200, {"data": []}), ends=FAILED),
    Fault(
        group=Group.ANSWER,
        says="answers fewer pictures than asked for",
        script=Script(n=1),
        fields={"n": 2},
        ends=FAILED,
    ),
    Fault(
        group=Group.ANSWER, says="answers base64 that is none", script=Script(items={"b64_json": "@@@@"}), ends=FAILED
    ),
    Fault(
        group=Group.ANSWER,
        says="answers a file that is no picture",
        script=Script(items={"b64_json": "aGVsbG8="}),
        ends=FAILED,
    ),
    Fault(group=Group.ANSWER, says="answers half a picture", script=Script(keep=3000), ends=FAILED),
    Fault(
        group=Group.ANSWER,
        says="answers a picture of another size (640x512)",
        script=Script(size=Size(640, 512)),
        ends=DELIVERED,
    ),
    Fault(
        group=Group.ANSWER,
        says="answers a picture in another format (jpeg)",
        script=Script(output_format=Format.JPEG),
        ends=DELIVERED,
    ),
    Fault(
        group=Group.ANSWER,
        says="counts more tokens than any request takes",
        script=Script(told={"usage": {"input_tokens": 10**18, "output_tokens": 10**18}}),
        ends=DELIVERED,
    ),
    Fault(
        group=Group.ANSWER,
        says="answers the address of a picture inside our network",
        script=Script(items={"b64_json": None, "url": "https://169.254.169.254/latest"}),
        ends=FAILED,
    ),
    Fault(
        group=Group.ANSWER,
        says="answers the address of a picture that is gone",
        script=Script(items={"b64_json": None, "url": "results/gone"}),
        ends=FAILED,
    ),
    Fault(
        group=Group.ANSWER,
        says="answers the address of a file without end",
        script=Script(urls=True, result=Script(endless=True)),
        settings={"answer_bytes_max": ANSWER_BYTES_MAX},
        bytes_max=ANSWER_BYTES_MAX,
        ends=FAILED,
    ),
    Fault(
        group=Group.ANSWER,
        says="answers an address that leads inside our network",
        script=Script(urls=True, result=Script(status=302, headers={"Location": "http://169.254.169.254/latest"})),
        ends=FAILED,
    ),
    Fault(
        group=Group.ANSWER,
        says="answers an address where half a picture comes",
        script=Script(urls=True, result=Script(cut_at=5000)),
        ends=FAILED,
    ),
    Fault(
        group=Group.REFUSAL,
        says="401 for the operator's key",
        script=refusing(401, envelope(f"Incorrect API key provided: {KEY}", None, "invalid_api_key")),
        ends=REFUSED,
    ),
    Fault(
        group=Group.REFUSAL,
        says="400 for the operator's bill",
        script=refusing(400, envelope("Billing hard limit reached", None, "billing_hard_limit_reached")),
        ends=REFUSED,
    ),
    Fault(
        group=Group.REFUSAL,
        says="429 with `retry-after: 7`",
        script=refusing(429, envelope("Slow down", None, "rate_limit_exceeded"), Retry_After="7"),
        ends=asked_for(7),
    ),
    Fault(
        group=Group.REFUSAL,
        says="429 with `retry-after: 3600`",
        script=refusing(429, envelope("Slow down", None, "rate_limit_exceeded"), Retry_After="3600"),
        ends=asked_for(3600),
    ),
    Fault(
        group=Group.REFUSAL,
        says="429 with `retry-after: 0`",
        script=refusing(429, envelope("Slow down", None, "rate_limit_exceeded"), Retry_After="0"),
        ends=UNTAKEN,
    ),
    Fault(
        group=Group.REFUSAL,
        says="429 with a `retry-after` that is no time",
        script=refusing(429, None, Retry_After=f"Thu, 01 Jan {'9' * 20} 00:00:00 GMT"),
        ends=UNTAKEN,
    ),
    Fault(
        group=Group.REFUSAL,
        says="429 without `retry-after`",
        script=refusing(429, envelope("Slow down", None, "rate_limit_exceeded")),
        ends=UNTAKEN,
    ),
    Fault(group=Group.REFUSAL, says="400 by moderation", script=refusing(400, _BLOCKED), ends=BLOCKED),
    Fault(
        group=Group.REFUSAL,
        says="400 for a parameter of the caller's",
        script=refusing(400, envelope("Invalid value: 'high'.", "quality", "invalid_value")),
        ends=Ending(status=400, code="invalid_value", next=False, failures=0),
    ),
    Fault(
        group=Group.REFUSAL,
        says="400 without a word of what is wrong",
        script=refusing(400, {"detail": f"no, {KEY}"}),
        ends=UNWANTED,
    ),
    Fault(
        group=Group.REFUSAL,
        says="500 in its own envelope",
        script=refusing(500, envelope(f"Stack trace with {KEY}", None, None)),
        ends=FAILED,
    ),
    Fault(
        group=Group.STREAM,
        says="cuts it before an unfinished picture",
        script=Script(cut_at=5000),
        fields=_STREAM,
        ends=FAILED,
    ),
    Fault(
        group=Group.STREAM,
        says="cuts it after one",
        script=Script(cut_at=5000, after_events=1),
        fields=_STREAM,
        ends=BROKEN_OFF,
    ),
    Fault(
        group=Group.STREAM,
        says="hangs after one",
        script=Script(stall_at=0, after_events=1),
        settings={"silence_timeout_s": 3 * SHORT_S},
        fields=_STREAM,
        ends=BROKEN_OFF,
    ),
    Fault(
        group=Group.STREAM,
        says="begins it with half a picture",
        script=Script(keep=3000),
        fields=_STREAM,
        ends=FAILED,
    ),
    Fault(
        group=Group.STREAM,
        says="ends it well, without the finished picture",
        script=Script(body=b": hello\n\ndata: [DONE]\n\n", headers=_EVENTS),
        fields=_STREAM,
        ends=FAILED,
    ),
    Fault(
        group=Group.STREAM,
        says="sends an error event",
        script=Script(body=_event(type="error", error={"message": f"no, {KEY}", "code": None}), headers=_EVENTS),
        fields=_STREAM,
        ends=FAILED,
    ),
    Fault(
        group=Group.STREAM,
        says="sends an event that tells of moderation",
        script=Script(body=_event(type="error", **_BLOCKED), headers=_EVENTS),
        fields=_STREAM,
        ends=BLOCKED,
    ),
    Fault(
        group=Group.OUT,
        says="failed five times in a row before",
        script=refusing(500),
        earlier=5,
        ends=Ending(status=503, code="server_is_overloaded", wait_s=30, runs=0, failures=5, out_s=30),
    ),
    Fault(
        group=Group.OUT,
        says="asked for 7 s in answer to the request before",
        script=refusing(429, None, Retry_After="7"),
        earlier=1,
        ends=Ending(status=503, code="server_is_overloaded", wait_s=7, runs=0, failures=1, out_s=7),
    ),
)
