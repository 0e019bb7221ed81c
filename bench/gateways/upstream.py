"""The stand-in upstream: answers every request with one body made beforehand, as cheaply as Python can.

It answers as gpt-image does, a picture in base64 and the usage last, after a delay if it is told so. What it answers is
set by whoever measures, over HTTP, so that requests need not be looked into. Runs as a process of its own:

    python -m bench.gateways.upstream PORT TLS_PORT CERTIFICATE KEY
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import ssl
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, cast

import httptools
import uvloop
from bench.pictures import noisy_png

KEY: Final = "sk-upstream"
BACKLOG: Final = 4096
PATIENCE_S: Final = 10.0
_CONTROL: Final = "/answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What requests get. edge_px, base64_bytes: of the picture.

    together: above 1, so many requests are held until the last of them is there, and all answered `delay_s` later; when
    they do not come within ten seconds, those that are there.
    """

    edge_px: int
    base64_bytes: int
    delay_s: float = 0.0
    together: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the stand-in saw since it was last told what to answer. held_max: requests held at the same time."""

    asked: int
    held_max: int


def document(answer: Answer) -> bytes:
    """The body of an answer."""
    picture = base64.b64encode(noisy_png(answer.edge_px, answer.base64_bytes // 4 * 3)).decode()
    content = {
        "created": 1_763_800_000,
        "background": "opaque",
        "data": [{"b64_json": picture}],
        "output_format": "png",
        "quality": "medium",
        "size": f"{answer.edge_px}x{answer.edge_px}",
        "usage": {
            "input_tokens": 50,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": 50},
            "output_tokens": 1056,
            "output_tokens_details": {"image_tokens": 1056, "text_tokens": 0},
            "total_tokens": 1106,
        },
    }
    return json.dumps(content, separators=(",", ":")).encode()


def tell(port: int, answer: Answer) -> Told:
    """Say what the stand-in at `port` answers from now on. Returns what it saw until now."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("PUT", _CONTROL, json.dumps(asdict(answer)))
        return Told(**json.load(connection.getresponse()))
    finally:
        connection.close()


class _StandIn:
    """What all connections share."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int], bytes] = {}
        self.set(Answer(edge_px=1024, base64_bytes=50_000))

    def set(self, answer: Answer) -> Told:
        told = Told(asked=getattr(self, "_asked", 0), held_max=getattr(self, "_held_max", 0))
        self._answer, self._asked, self._held_max = answer, 0, 0
        self._held: list[_Connection] = []
        self._patience: asyncio.TimerHandle | None = None
        which = (answer.edge_px, answer.base64_bytes)
        if which not in self._made:
            self._made[which] = _response("200 OK", document(answer))
        self._response = self._made[which]
        return told

    def asked(self, connection: _Connection) -> None:
        """A whole request has arrived."""
        self._asked += 1
        if self._answer.together == 1:
            connection.answer(self._response)
            return
        self._held.append(connection)
        self._held_max = max(self._held_max, len(self._held))
        loop = asyncio.get_running_loop()
        if len(self._held) == 1:
            self._patience = loop.call_later(PATIENCE_S, self._release)
        if len(self._held) == self._answer.together:
            assert self._patience is not None
            self._patience.cancel()
            self._patience = loop.call_later(self._answer.delay_s, self._release)

    def _release(self) -> None:
        held, self._held = self._held, []
        for connection in held:
            connection.answer(self._response)


class _Connection(asyncio.Protocol):
    def __init__(self, stand_in: _StandIn) -> None:
        self._stand_in = stand_in

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own kind of it
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url, self._authorized, self._control = b"", False, bytearray()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"authorization":
            self._authorized = value == f"Bearer {KEY}".encode()
        elif name.lower() == b"expect":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        if self._url == _CONTROL.encode():
            self._control += body

    def on_message_complete(self) -> None:
        if self._url == _CONTROL.encode():
            told = self._stand_in.set(Answer(**json.loads(self._control)))
            self.answer(_response("200 OK", json.dumps(asdict(told)).encode()))
        elif not self._authorized:
            self.answer(_response("401 Unauthorized", b'{"error":{"message":"wrong upstream key"}}'))
        elif self._parser.get_method() == b"GET":  # a gateway looking whether anybody is there
            self.answer(_response("200 OK", b'{"object":"list","data":[]}'))
        else:
            self._stand_in.asked(self)

    def answer(self, response: bytes) -> None:
        """Send it; to a client that has left, do nothing."""
        if not self._transport.is_closing():
            self._transport.write(response)


def _response(status: str, body: bytes) -> bytes:
    lines = (
        f"HTTP/1.1 {status}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "x-request-id: req_0123456789abcdef",
        "openai-processing-ms: 12345",
        "",
        "",
    )
    return "\r\n".join(lines).encode() + body


async def _serve(port: int, tls_port: int, certificate: Path, key: Path) -> None:
    stand_in = _StandIn()
    loop = asyncio.get_running_loop()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    await loop.create_server(lambda: _Connection(stand_in), "127.0.0.1", port, backlog=BACKLOG)
    await loop.create_server(lambda: _Connection(stand_in), "127.0.0.1", tls_port, backlog=BACKLOG, ssl=context)
    await asyncio.Event().wait()


if __name__ == "__main__":
    _port, _tls_port, _certificate, _key = sys.argv[1:]
    uvloop.run(_serve(int(_port), int(_tls_port), Path(_certificate), Path(_key)))
