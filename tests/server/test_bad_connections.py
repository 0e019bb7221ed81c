"""Connections that do what no client library would do to a running server: it answers what it can and serves on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import pytest
from tests.server.wire import FORM_TYPE, Caller, form, picture, text
from tests.serving import scripted, serving

MIB = 1024 * 1024
GENERATIONS = "/images/generations"
EDITS = "/images/edits"
SCHEMA = "invalid_request_error"


def test_a_form_that_never_ends_is_cut_at_its_limit(caller: Caller) -> None:
    """A file part that goes on and on is refused at the limit, in little memory."""
    head = caller.head("POST", f"/openai/v1{EDITS}", {"Content-Type": FORM_TYPE, "Transfer-Encoding": "chunked"})
    piece = bytes(MIB)

    def pieces() -> Iterator[bytes]:
        first = picture(b"").encoded()[:-2]
        yield head
        yield b"%x\r\n%s\r\n" % (len(first), first)
        for _ in range(600):
            yield b"%x\r\n%s\r\n" % (len(piece), piece)

    caller.server.forget_memory_peak()
    before = caller.server.memory_bytes()
    answer = caller.send(pieces())
    assert answer.status == 413
    assert answer.error["param"] == "image"
    assert caller.server.memory_peak_bytes() - before < 64 * MIB


def test_a_body_that_stops_coming_is_given_up(tmp_path: Path) -> None:
    """After `body_timeout_s` the answer is 408."""
    with serving(tmp_path, f"[limits]\nbody_timeout_s = 0.5\n{scripted(fast='')}") as server:
        caller = Caller(server=server, key=server.key("slow"))
        head = caller.head("POST", f"/openai/v1{EDITS}", {"Content-Type": FORM_TYPE, "Content-Length": "100000"})
        answer = caller.send([head, picture(b"half a picture").encoded()])
    assert answer.status == 408
    assert answer.error["type"] == SCHEMA


def test_a_request_in_single_bytes_is_served(caller: Caller) -> None:
    """Head and body split wherever they can be."""
    body = json.dumps({"model": "scripted-fast", "prompt": "x"}).encode()
    head = caller.head(
        "POST", f"/openai/v1{GENERATIONS}", {"Content-Type": "application/json", "Content-Length": str(len(body))}
    )
    answer = caller.send(bytes([byte]) for byte in head + body)
    assert answer.status == 200


def test_a_form_in_small_chunks_is_served(caller: Caller, photo_png: bytes) -> None:
    """Chunk borders may fall anywhere, inside a boundary too."""
    body = form(text("model", "scripted-fast"), text("prompt", "x"), picture(photo_png[:50] + photo_png[50:]))
    head = caller.head("POST", f"/openai/v1{EDITS}", {"Content-Type": FORM_TYPE, "Transfer-Encoding": "chunked"})
    chunks = [body[at : at + 7] for at in range(0, 700, 7)] + [body[700:]]
    answer = caller.send([head, *(b"%x\r\n%s\r\n" % (len(part), part) for part in chunks), b"0\r\n\r\n"])
    assert answer.status == 200, answer.body[:300]


@pytest.mark.parametrize("line", ["X-Filler: %s\r\n" % ("f" * 1000), "f" * 1000], ids=["many", "one"])
def test_headers_without_end_are_refused(caller: Caller, line: str) -> None:
    """A head may not grow for ever, in lines or in one line."""
    start = f"POST /openai/v1{GENERATIONS} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode()
    caller.server.forget_memory_peak()
    before = caller.server.memory_bytes()
    answer = caller.send([start, *repeat(line.encode(), 20_000)])
    assert answer.status in {400, 431}
    assert caller.server.memory_peak_bytes() - before < 16 * MIB


@pytest.mark.parametrize(
    "start",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["TLS", "version", "no target", "length a word", "length negative", "two lengths", "both lengths"],
)
def test_what_is_not_http_is_refused(caller: Caller, start: bytes) -> None:
    """400 or 401, and the connection is closed."""
    answer = caller.send([start])
    assert answer.status in {400, 401}
    assert answer.headers.get("connection") == "close"


def test_a_broken_chunk_ends_the_connection(caller: Caller) -> None:
    """Framing lost in the middle of a body cannot be answered with certainty, only ended."""
    head = caller.head("POST", f"/openai/v1{EDITS}", {"Content-Type": FORM_TYPE, "Transfer-Encoding": "chunked"})
    with caller.connected() as connection:
        connection.sendall(head + b"xyz\r\n")
        assert b" 200 " not in connection.recv(1000)
        assert connection.recv(1000) == b""


def test_compressed_bodies_are_refused(caller: Caller) -> None:
    """A small body that unpacks to a large one is not unpacked."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = caller.request("POST", f"/openai/v1{GENERATIONS}", b"\x1f\x8b", headers)
    assert answer.status == 400
    assert answer.error["code"] == "unsupported_content_encoding"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Bearer ", None),
        ("Basic dXNlcjpwYXNz", None),
        ("Bearer sk-limner-\xff\xfe", "invalid_api_key"),
        ("Bearer " + "k" * 30_000, "invalid_api_key"),
        ("Bearer ' OR 1=1 --", "invalid_api_key"),
    ],
    ids=["empty", "basic", "bytes", "long", "SQL"],
)
def test_strange_keys_are_refused_before_the_body_is_read(caller: Caller, authorization: str, code: str | None) -> None:
    """401, with a body announced that never comes."""
    lines = [
        f"POST /openai/v1{EDITS} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: {authorization}",
        f"Content-Type: {FORM_TYPE}",
        "Content-Length: 1000000",
        "",
        "",
    ]
    answer = caller.send(["\r\n".join(lines).encode("latin-1")])
    assert answer.status == 401
    assert answer.error["code"] == code
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert len(answer.body) < 2000


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/openai/v1/images/generations", 405),
        ("DELETE", "/openai/v1/models", 405),
        ("BREW", "/openai/v1/models", 400),
        ("POST", "/openai/v1/images/nothing", 404),
        ("GET", "/openai/v1/files/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/openai/v1/files/%00", 404),
        ("GET", "/openai/v1/models/%ff%fe", 404),
        ("GET", "/static/../../../../etc/passwd", 404),
        ("GET", "/static/%2e%2e/%2e%2e/app.py", 404),
        ("GET", "/openai/v1/models/" + "m" * 10_000, 404),
        ("GET", "/openai/v1/files?limit=-1", 400),
        ("GET", "/openai/v1/files?limit=many", 400),
        ("GET", "/openai/v1/files?after=%27%20OR%201%3D1", 200),
    ],
)
def test_strange_paths_and_methods_lead_nowhere(caller: Caller, method: str, path: str, status: int) -> None:
    """Neither a file of the machine nor a traceback is to be had."""
    answer = caller.request(method, path)
    assert answer.status == status
    assert b"root:" not in answer.body
    assert len(answer.body) < 2000
