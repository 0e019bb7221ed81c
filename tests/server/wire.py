"""HTTP by hand: bodies and sockets no client library would make, and what every answer to them must look like."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field

from tests.serving import Server

PATIENCE_S = 30.0
BOUNDARY = "limner-test-boundary"
FORM_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
ERROR_KEYS = ["message", "type", "param", "code"]
Value = object


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One HTTP response. Header names are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Value]:
        """The body as a JSON object."""
        document = json.loads(self.body)
        assert isinstance(document, dict)
        return document

    @property
    def error(self) -> dict[str, Value]:
        """The envelope's content, once its form has been checked."""
        document = self.document
        assert list(document) == ["error"], document
        error = document["error"]
        assert isinstance(error, dict)
        assert list(error)[:4] == ERROR_KEYS
        assert isinstance(error["message"], str)
        assert isinstance(error["type"], str)
        assert self.headers["content-type"] == "application/json"
        assert self.headers["x-request-id"].startswith("req_")
        return error


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a form; `filename` and `media_type` are left out of its head when None."""

    name: str
    content: bytes
    filename: str | None = None
    media_type: str | None = None

    def encoded(self) -> bytes:
        """The part with the boundary before it."""
        disposition = f'Content-Disposition: form-data; name="{self.name}"'
        if self.filename is not None:
            disposition += f'; filename="{self.filename}"'
        lines = [f"--{BOUNDARY}", disposition]
        if self.media_type is not None:
            lines.append(f"Content-Type: {self.media_type}")
        return "\r\n".join([*lines, "", ""]).encode() + self.content + b"\r\n"


FORM_END = f"--{BOUNDARY}--\r\n".encode()


def form(*parts: Part) -> bytes:
    """A multipart body."""
    return b"".join(part.encoded() for part in parts) + FORM_END


def picture(content: bytes, name: str = "image", media_type: str = "image/png") -> Part:
    """A file part."""
    return Part(name=name, content=content, filename="picture", media_type=media_type)


def text(name: str, content: str) -> Part:
    """A text part, as the Python SDK sends them."""
    return Part(name=name, content=content.encode())


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody with a key who talks to `server`. Each method opens a connection of its own."""

    server: Server
    key: str = field(repr=False)

    def head(self, method: str, path: str, headers: dict[str, str]) -> bytes:
        """A request up to its body."""
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.server.port}",
            f"Authorization: Bearer {self.key}",
        ]
        return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode("latin-1")

    def request(self, method: str, path: str, content: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        """Send a whole request and read the answer."""
        length = {"Content-Length": str(len(content))} if method != "GET" else {}
        return self.send([self.head(method, path, {**length, **(headers or {})}), content])

    def post_json(self, path: str, content: Value) -> Answer:
        """POST a document, or bytes that pretend to be one."""
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.request("POST", f"/openai/v1{path}", raw, {"Content-Type": "application/json"})

    def post_form(self, path: str, *parts: Part) -> Answer:
        """POST a multipart form."""
        return self.request("POST", f"/openai/v1{path}", form(*parts), {"Content-Type": FORM_TYPE})

    def send(self, pieces: Iterable[bytes]) -> Answer:
        """Send bytes as they are, until the server has heard enough, and read what it answers."""
        with self.connected() as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass  # It stopped listening: its answer may still be there to read.
            return read_answer(connection)

    def connected(self) -> socket.socket:
        """A bare connection, for the caller to close."""
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE_S)


def read_answer(connection: socket.socket) -> Answer:
    """The next response on a connection."""
    with closing(http.client.HTTPResponse(connection)) as response:
        response.begin()
        body = response.read()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(status=response.status, headers=headers, body=body)
