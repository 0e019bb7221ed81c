"""A small client of the Images API, as the command line uses it; sends what the official SDKs send.

Works with Limner and with OpenAI itself. Knows the wire from the caller's side and nothing of the server's parts. A
streamed and a plain answer end in the same event, so callers follow one path.
"""

from __future__ import annotations

import asyncio
import io
import mimetypes
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

import aiohttp
import orjson
import pybase64
from yarl import URL

from limner import __version__
from limner.job import Json

TIMEOUT_S: Final = 600.0
"""As long as the official SDKs wait for an answer."""
CONNECT_TIMEOUT_S: Final = 5.0
_STATUS_OK: Final = 200
_EVENT_STREAM: Final = "text/event-stream"
_END_OF_STREAM: Final = b"[DONE]"
"""Some servers end a stream so; OpenAI's image streams end after the completed event."""


class ClientError(Exception):
    """A request that brought no picture, in a sentence fit for a terminal.

    status: of the answer, or None when there was none. code, param, request_id: from the answer, where it had them.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.param = param
        self.request_id = request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialPicture:
    """An unfinished picture: encoded bytes in the format asked for. Index counts from 0."""

    index: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What a request brought: encoded bytes, and what the answer said of them, None where it said nothing.

    usage: as on the wire. parameters: Limner's account of what became of each parameter.
    """

    pictures: tuple[bytes, ...]
    size: str | None = None
    quality: str | None = None
    output_format: str | None = None
    usage: Mapping[str, Any] | None = None
    request_id: str | None = None
    parameters: str | None = None


Drawn: TypeAlias = PartialPicture | Pictures


class ImagesClient:
    """Asks one server for pictures with one key; an async context manager.

    base_url: with its version, such as `http://127.0.0.1:8000/openai/v1`. timeout_s: for a whole request.
    """

    def __init__(self, base_url: str, api_key: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=CONNECT_TIMEOUT_S)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=self._timeout, headers={"User-Agent": f"Limner/{__version__}"})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def generate(self, fields: Mapping[str, Json]) -> AsyncGenerator[Drawn, None]:
        """Draw `fields["prompt"]`: partial pictures if `fields` asks for a stream, then the finished ones.

        fields: parameters by their wire names. Raises ClientError.
        """
        body = orjson.dumps(dict(fields))
        async for drawn in self._drawn("/images/generations", body, "application/json"):
            yield drawn

    async def edit(
        self, fields: Mapping[str, Json], images: Sequence[Path], mask: Path | None = None
    ) -> AsyncGenerator[Drawn, None]:
        """Change the pictures in the files `images`, like `generate`. Raises ClientError, and OSError for a file."""
        name = "image" if len(images) == 1 else "image[]"
        files = [(name, image) for image in images] + ([("mask", mask)] if mask else [])
        body, content_type = await asyncio.to_thread(_form, fields, files)
        async for drawn in self._drawn("/images/edits", body, content_type):
            yield drawn

    async def ready(self) -> bool:
        """Whether the server says that it takes requests."""
        url = URL(self._base_url).origin() / "readyz"
        try:
            async with self._session.get(url) as answer:
                return answer.status == _STATUS_OK
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _drawn(self, path: str, body: bytes, content_type: str) -> AsyncGenerator[Drawn, None]:
        headers = {
            "Authorization": f"Bearer {self._api_key}",
            "Accept": "application/json",
            "Content-Type": content_type,
        }
        url = self._base_url + path
        # As a file, because aiohttp warns of large bytes.
        async with (
            _told_plainly(self._base_url),
            self._session.post(url, data=io.BytesIO(body), headers=headers) as answer,
        ):
            if answer.status != _STATUS_OK:
                raise _refusal(await answer.read(), answer)
            if answer.content_type == _EVENT_STREAM:
                async for drawn in _streamed(answer):
                    yield drawn
            else:
                yield await self._plain(answer)

    async def _plain(self, answer: aiohttp.ClientResponse) -> Pictures:
        found = _table(await answer.read(), answer)
        items = [item for item in found.get("data") or [] if isinstance(item, dict)]
        pictures = [await self._picture(item, answer) for item in items]
        if not pictures:
            raise _unreadable(answer)
        return _pictures(found, tuple(pictures), answer)

    async def _picture(self, item: Mapping[str, Any], answer: aiohttp.ClientResponse) -> bytes:
        if isinstance(item.get("b64_json"), str):
            return _decoded(item, answer)
        if not isinstance(item.get("url"), str):
            raise _unreadable(answer)
        # A link carries its own permission; the key stays with the server it belongs to.
        async with self._session.get(URL(self._base_url).join(URL(item["url"]))) as linked:
            if linked.status != _STATUS_OK:
                raise ClientError(f"The link to the picture answered {linked.status}.", status=linked.status)
            return await linked.read()


@asynccontextmanager
async def _told_plainly(base_url: str) -> AsyncIterator[None]:
    """Turn failures of the connection into sentences."""
    try:
        yield
    except aiohttp.InvalidURL as error:
        raise ClientError(f"{base_url} is no address of a server.") from error
    except aiohttp.ClientConnectorError as error:
        raise ClientError(f"Cannot reach {base_url}: is the server running?") from error
    except TimeoutError as error:
        raise ClientError(f"{base_url} did not answer in time.") from error
    except aiohttp.ClientError as error:
        raise ClientError(f"The connection to {base_url} broke before the picture was complete.") from error


async def _streamed(answer: aiohttp.ClientResponse) -> AsyncGenerator[Drawn, None]:
    """The events of a stream. Raises ClientError for an error in it, and when it ends unfinished."""
    decoder = EventDecoder()
    async for chunk in answer.content.iter_any():
        for data in decoder.feed(chunk):
            event = _table(data, answer)
            name = event.get("type", "")
            if isinstance(event.get("error"), dict):
                raise _refusal(data, answer)
            if name.endswith(".partial_image"):
                yield PartialPicture(index=int(event.get("partial_image_index", 0)), data=_decoded(event, answer))
            elif name.endswith(".completed"):
                yield _pictures(event, (_decoded(event, answer),), answer)
                return
    raise ClientError("The stream ended before the picture was complete.", request_id=_request_id(answer))


class EventDecoder:
    """Server-sent events, however the bytes are cut: gives the data of each event (WHATWG HTML, section 9.2)."""

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of every event that `chunk` completes."""
        events: list[bytes] = []
        *ended, rest = chunk.split(b"\n")
        for end in ended:
            # Pictures are lines of megabytes in many chunks: joined once, at their end.
            line = b"".join((*self._line, end)).removesuffix(b"\r")
            self._line = []
            if line.startswith(b"data:"):
                self._data.append(line.removeprefix(b"data:").removeprefix(b" "))
            elif not line and self._data:
                events.append(b"\n".join(self._data))
                self._data = []
        self._line.append(rest)
        return [event for event in events if event != _END_OF_STREAM]


def _form(fields: Mapping[str, Json], files: Sequence[tuple[str, Path]]) -> tuple[bytes, str]:
    """A multipart body and its content type: text parts first, then files, as the Python SDK orders them."""
    boundary = secrets.token_hex(16)
    chunks: list[bytes] = []
    for name, value in fields.items():
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        chunks.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode())
    for name, path in files:
        filename = path.name.replace('"', "%22")
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        chunks += [f"{head}Content-Type: {media_type}\r\n\r\n".encode(), path.read_bytes(), b"\r\n"]
    chunks.append(f"--{boundary}--\r\n".encode())
    return b"".join(chunks), f"multipart/form-data; boundary={boundary}"


def _pictures(found: Mapping[str, Any], pictures: tuple[bytes, ...], answer: aiohttp.ClientResponse) -> Pictures:
    return Pictures(
        pictures=pictures,
        size=found.get("size"),
        quality=found.get("quality"),
        output_format=found.get("output_format"),
        usage=found.get("usage"),
        request_id=_request_id(answer),
        parameters=answer.headers.get("limner-parameters"),
    )


def _table(data: bytes, answer: aiohttp.ClientResponse) -> dict[str, Any]:
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _unreadable(answer) from error
    if not isinstance(found, dict):
        raise _unreadable(answer)
    return found


def _decoded(found: Mapping[str, Any], answer: aiohttp.ClientResponse) -> bytes:
    try:
        return pybase64.b64decode(found.get("b64_json") or "", validate=True)
    except (TypeError, ValueError) as error:
        raise _unreadable(answer) from error


def _refusal(data: bytes, answer: aiohttp.ClientResponse) -> ClientError:
    """The error of an answer, or of an event, in OpenAI's envelope; the bare status when it is in no envelope."""
    try:
        error = orjson.loads(data)["error"]
        message, code, param = error["message"], error.get("code"), error.get("param")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        message, code, param = f"The server answered {answer.status} {answer.reason or ''}".rstrip() + ".", None, None
    return ClientError(message, status=answer.status, code=code, param=param, request_id=_request_id(answer))


def _unreadable(answer: aiohttp.ClientResponse) -> ClientError:
    return ClientError(
        "The answer is none of the Images API: does the base URL end in /v1?",
        status=answer.status,
        request_id=_request_id(answer),
    )


def _request_id(answer: aiohttp.ClientResponse) -> str | None:
    return answer.headers.get("x-request-id")
