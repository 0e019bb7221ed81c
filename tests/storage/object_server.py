"""An object store on a real socket, that speaks as much of S3, Google's XML API and Azure Blob as our stores need.

Written from the services' own documentation. It checks S3's signatures, refuses a second object where it is asked to,
and fails as it is told. It runs in threads, since some of its callers are processes and commands.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

ACCOUNT: Final = "AKLIMNERTESTS"
SECRET: Final = base64.b64encode(b"the secret of an object store").decode()
REGION: Final = "eu-limner-1"
BUCKET: Final = "pictures"
_METADATA: Final = ("x-amz-meta-", "x-goog-meta-", "x-ms-meta-")


class Trouble(Enum):
    """What goes wrong with a request."""

    FORBIDDEN = auto()
    """403: the credentials lack the permission."""
    SLOW_DOWN = auto()
    """503, as S3 does when it is asked too often."""
    STALL = auto()
    """Nothing is answered."""
    CUT = auto()
    """The connection is closed, and nothing was done."""
    UNANSWERED = auto()
    """It is done, and the connection is closed before an answer."""
    HALF = auto()
    """The connection is closed within the answer's body."""
    LOSE = auto()
    """200, and nothing was done."""


@dataclass(frozen=True)
class Stored:
    """An object."""

    data: bytes
    headers: Mapping[str, str]

    @property
    def etag(self) -> str:
        """Of its content."""
        return f'"{hashlib.md5(self.data, usedforsecurity=False).hexdigest()}"'


@dataclass
class Upload:
    """An object that comes in parts. headers: of the object it will be."""

    headers: Mapping[str, str]
    parts: dict[str, bytes] = field(default_factory=dict)


@dataclass
class ObjectServer:
    """A running server with one bucket.

    objects: by key. uploads: unfinished ones by key. asked: method and target of every request. troubles: of the coming
    requests, one each; trouble: of all after them. released: to be set for what stalls to go.
    """

    port: int = 0
    objects: dict[str, Stored] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    troubles: list[Trouble | None] = field(default_factory=list)
    trouble: Trouble | None = None
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    connections: set[socket.socket] = field(default_factory=set)
    http: ThreadingHTTPServer | None = None
    tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        """Its endpoint."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def next_trouble(self) -> Trouble | None:
        """What goes wrong with the request that has just come."""
        return self.troubles.pop(0) if self.troubles else self.trouble

    def listen(self) -> None:
        """Take connections, on the port it had if it was killed."""
        handler = type("Handler", (_Handler,), {"store": self})
        self.http = _Http(("127.0.0.1", self.port), handler)
        self.port = self.http.server_port
        if self.tls:
            self.http.socket = self.tls.wrap_socket(self.http.socket, server_side=True)
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def kill(self) -> None:
        """Go away in the middle of whatever is under way: connections are closed, new ones are refused."""
        assert self.http is not None, "only what runs can be killed"
        self.released.set()
        self.http.shutdown()
        self.http.server_close()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.http = None


@contextmanager
def serving_objects(tls: ssl.SSLContext | None = None) -> Iterator[ObjectServer]:
    """A server with an empty bucket. tls: what it speaks TLS with."""
    server = ObjectServer(tls=tls)
    server.listen()
    try:
        yield server
    finally:
        if server.http is not None:
            server.kill()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients leave, and connections are cut on purpose."""


class _Handler(BaseHTTPRequestHandler):
    store: ClassVar[ObjectServer]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.store.connections.add(self.connection)

    def finish(self) -> None:
        self.store.connections.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its base's name
        """Say nothing."""

    def any_method(self) -> None:
        """Answer one request, or fail as told."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.store.lock:
            self.store.asked.append(f"{self.command} {self.path}")
            trouble = self.store.next_trouble()
        if trouble is Trouble.STALL:
            self.store.released.wait()
        if trouble in {Trouble.STALL, Trouble.CUT}:
            self.close_connection = True
            return
        if trouble in _REFUSALS:
            self.answer(*_REFUSALS[trouble])
            return
        if trouble is Trouble.LOSE:
            self.answer(200, b"", {"etag": '"lost"'})
            return
        with self.store.lock:
            status, answer, headers = self.carried_out(body)
        if trouble is Trouble.UNANSWERED:
            self.close_connection = True
            return
        self.answer(status, answer, headers, half=trouble is Trouble.HALF)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = any_method  # noqa: N815  its base's names

    def answer(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None, *, half: bool = False
    ) -> None:
        """Send an answer. half: of its body only."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if half else body)
        if half:
            self.close_connection = True

    def carried_out(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        """Do what is asked: status, body and headers of the answer."""
        target = urlsplit(self.path)
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        bucket, _, key = unquote(target.path).lstrip("/").partition("/")
        if not self.may(target.path, query, body):
            return 403, _fault("SignatureDoesNotMatch"), {}
        if bucket != BUCKET:
            return 404, _fault("NoSuchBucket"), {}
        if query.get("comp") == "batch":
            return self.batch(body)
        upload = self.of_upload(key, query, body)
        if upload is not None:
            return upload
        match self.command:
            case "PUT":
                return self.put(key, body)
            case "GET" | "HEAD":
                return self.get(key)
            case "DELETE":
                gone = self.store.objects.pop(key, None)
                return (204, b"", {}) if gone or "x-amz-date" in self.headers else (404, _fault("NoSuchKey"), {})
        return 405, _fault("MethodNotAllowed"), {}

    def put(self, key: str, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        """PUT of an object."""
        once = self.headers.get("if-none-match") == "*" or self.headers.get("x-goog-if-generation-match") == "0"
        if once and key in self.store.objects:
            return 412, _fault("PreconditionFailed"), {}
        self.store.objects[key] = Stored(body, self.kept_headers())
        return 200, b"", {"etag": self.store.objects[key].etag}

    def get(self, key: str) -> tuple[int, bytes, dict[str, str]]:
        """GET or HEAD of an object, or of a range of it."""
        found = self.store.objects.get(key)
        if found is None:
            return 404, _fault("NoSuchKey"), {}
        headers = {"etag": found.etag, "last-modified": formatdate(usegmt=True), **found.headers}
        headers["x-goog-generation"] = "1"
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range") or "")
        if asked is None:
            return 200, found.data, headers
        first, last = int(asked[1]), min(int(asked[2] or len(found.data)), len(found.data) - 1)
        headers["content-range"] = f"bytes {first}-{last}/{len(found.data)}"
        return 206, found.data[first : last + 1], headers

    def of_upload(self, key: str, query: Mapping[str, str], body: bytes) -> tuple[int, bytes, dict[str, str]] | None:
        """A step of an upload in parts, None when it is none: of S3 and Google by an id, of Azure by blocks."""
        uploads, azure = self.store.uploads, "comp" in query
        if not azure and not {"uploads", "uploadId"} & set(query):
            return None
        if "uploads" in query or azure:
            uploads.setdefault(key, Upload(self.kept_headers()))
        if "uploads" in query:
            told = f"<InitiateMultipartUploadResult><UploadId>{key}</UploadId></InitiateMultipartUploadResult>"
            return 200, told.encode(), {}
        if key not in uploads:
            return 404, _fault("NoSuchUpload"), {}
        part = query.get("partNumber") or query.get("blockid")
        if part is not None:
            uploads[key].parts[part] = body
            return 201 if azure else 200, b"", {"etag": f'"{part}"'}
        upload = uploads.pop(key)
        if self.command == "DELETE":
            return 204, b"", {}
        names = re.findall(rb"<(?:Latest|Uncommitted|PartNumber)>(.*?)<", body)
        whole = b"".join(upload.parts[name.decode()] for name in names)
        self.store.objects[key] = Stored(whole, self.kept_headers() if azure else upload.headers)
        told = "<CompleteMultipartUploadResult><ETag>whole</ETag></CompleteMultipartUploadResult>"
        return 201 if azure else 200, told.encode(), {"etag": '"whole"'}

    def batch(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        """Azure's way to delete: parts with one DELETE each (Azure, "Blob Batch")."""
        told = []
        for number, path in re.findall(rb"Content-ID: (\d+)\r\n.*?DELETE (\S+) HTTP", body, re.DOTALL):
            key = unquote(urlsplit(path.decode()).path).lstrip("/").partition("/")[2]
            status = "202 Accepted" if self.store.objects.pop(key, None) else "404 The specified blob does not exist."
            head = f"--all\r\nContent-Type: application/http\r\nContent-ID: {number.decode()}\r\n\r\n"
            told.append(f"{head}HTTP/1.1 {status}\r\nx-ms-version: 2023-11-03\r\n\r\n\r\n")
        return 202, ("".join(told) + "--all--\r\n").encode(), {"content-type": "multipart/mixed; boundary=all"}

    def kept_headers(self) -> dict[str, str]:
        """Type and metadata, which are answered with the object."""
        kept = {name.lower(): value for name, value in self.headers.items() if name.lower().startswith(_METADATA)}
        kind = self.headers.get("x-ms-blob-content-type") or self.headers.get("content-type")
        return kept | ({"content-type": kind} if kind else {})

    def may(self, path: str, query: Mapping[str, str], body: bytes) -> bool:
        """Whether the request is signed with our secret (Amazon S3, "Signature Version 4"); of Azure the account."""
        signed = self.headers.get("authorization") or ""
        if "x-ms-version" in self.headers:
            return signed.startswith(f"SharedKey {ACCOUNT}:")
        if "x-amz-date" not in self.headers:
            return True  # Google's emulators do not ask who it is either.
        parts = dict(re.findall(r"(\w+)=([^,\s]+)", signed))
        day = self.headers["x-amz-date"][:8]
        scope = f"{day}/{REGION}/s3/aws4_request"
        names = parts.get("SignedHeaders", "").split(";")
        digest = self.headers["x-amz-content-sha256"]
        asked = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(query.items()))
        lines = "".join(f"{name}:{(self.headers[name] or '').strip()}\n" for name in names)
        request = "\n".join((self.command, quote(unquote(path)), asked, lines, ";".join(names), digest))
        text = "\n".join(
            ("AWS4-HMAC-SHA256", self.headers["x-amz-date"], scope, hashlib.sha256(request.encode()).hexdigest())
        )
        key = f"AWS4{SECRET}".encode()
        for step in (*scope.split("/"), text):
            key = hmac.digest(key, step.encode(), "sha256")
        if "x-amz-security-token" in self.headers:
            return False  # Our account's key is for good, not for a session.
        genuine = parts.get("Credential") == f"{ACCOUNT}/{scope}" and parts.get("Signature") == key.hex()
        return genuine and hashlib.sha256(body).hexdigest() == digest


def _fault(code: str) -> bytes:
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>As told.</Message></Error>'.encode()


_REFUSALS: Final[Mapping[Trouble | None, tuple[int, bytes]]] = {
    Trouble.FORBIDDEN: (403, _fault("AccessDenied")),
    Trouble.SLOW_DOWN: (503, _fault("SlowDown")),
}
