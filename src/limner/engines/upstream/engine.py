"""The engine, and the only place of this package that opens connections.

Every failure leaves here as one of ours, by the tables in `faults` for connections and `refusals` for answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

import structlog
from aiohttp import ClientResponse, ClientSession
from yarl import URL

from limner.blobs import Blob
from limner.clock import Clock
from limner.download import Downloader, DownloadFailed
from limner.engine import Event, Finished, Partial, Probe
from limner.engines.upstream.arrival import Arrival
from limner.engines.upstream.cost import reckoned
from limner.engines.upstream.dialect import MODELS_PATH
from limner.engines.upstream.events import EventReader
from limner.engines.upstream.faults import Answered, reason, sentence, translated
from limner.engines.upstream.refusals import FAILED
from limner.engines.upstream.request import Written, written
from limner.engines.upstream.response import Reply, delivery, finished, paid_for, streamed
from limner.engines.upstream.settings import UpstreamSettings
from limner.engines.upstream.transit import Lease, Transit
from limner.errors import EngineFailed, UpstreamFault
from limner.exactness import report_of
from limner.job import ImageRequest, Report
from limner.outbound import models_probe, session, trust

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")

_EVENT_STREAM: Final = "text/event-stream"
_REPORT: Final = "limner-parameters"
_DOWNLOAD_S: Final = 60.0
_OK: Final = 200
INLINE_BYTES_MAX: Final = 8 * 1024 * 1024
"""A longer answer is checked in a worker thread: for 8 MB it takes a millisecond."""
READ_AHEAD_BYTES: Final = 256 * 1024
"""What is taken from a connection at a time when nobody knows how much will come."""
ASSUMED_BYTES: Final = 2 * 1024 * 1024
"""Length of an answer that does not say: a picture of 1024x1024 in base64."""
UPLOAD_BYTES: Final = 2 * 1024 * 1024
"""As much of a file is read at a time: what an upload holds in memory, whatever the picture's size."""
_ERROR_BYTES_MAX: Final = 256 * 1024
"""More than any error says; a refusal is not read beyond it."""


class UpstreamEngine:
    """Asks one server. Its session is opened by the first request."""

    def __init__(self, settings: UpstreamSettings, clock: Clock) -> None:
        self._settings = settings
        self._dialect = settings.deviations
        self._price = settings.price
        self._clock = clock
        self._base = URL(settings.address)
        self._urls: dict[str, URL] = {}
        self._secret = settings.key.get_secret_value().strip() if settings.key else None
        # A name without a dot may be any word, such as `image`.
        names = [self._base.host] if self._base.host and "." in self._base.host else []
        self._secrets = tuple(filter(None, (self._secret, *names)))
        self._tls = trust(settings.ca_file)
        self._proxy = settings.proxy_address
        self._session: ClientSession | None = None
        self._transit = Transit(settings.transit_bytes_max)
        self._downloader = Downloader(
            bytes_max=settings.answer_bytes_max,
            timeout_s=_DOWNLOAD_S,
            hosts=frozenset({*settings.result_hosts, self._base.host or ""}),
            https_only=True,
            tls=self._tls,
            proxy=self._proxy,
        )
        self.ability = self._dialect.ability
        self.concurrency = settings.concurrency

    async def run(self, request: ImageRequest) -> AsyncGenerator[Event, None]:
        """Ask the server and give its events, or the one event a plain answer amounts to."""
        ends_at_s = asyncio.get_running_loop().time() + self._settings.timeout_s
        write = partial(written, request, self._dialect, model=self._settings.model)
        call = await asyncio.to_thread(write) if request.images else write()
        with translated():
            response = await self._sent(call, ends_at_s)
        answered = Answered(status=response.status, headers=response.headers, secrets=self._secrets)
        try:
            with translated(answered):
                if response.status == _OK and response.headers.get("Content-Encoding", "identity") != "identity":
                    # Not asked for, and could unpack to anything. A refusal's status says enough without its body.
                    raise EngineFailed(FAILED)
                told = self._told(response)
                if response.status == _OK and response.content_type == _EVENT_STREAM:
                    response.content.set_read_chunk_size(READ_AHEAD_BYTES)
                    async for event in self._streamed(response, request, ends_at_s):
                        yield await self._completed(event, request, told)
                    return
                last = await self._plain(response, call, request, ends_at_s)
        finally:
            # A whole answer's connection has gone back already; any other is of no further use.
            response.close()
        yield await self._completed(last, request, told)

    async def probe(self) -> Probe:
        """Ask for the list of models, and name the one that is asked for first if it is there."""
        probe = await models_probe(
            self._opened(),
            self._url(MODELS_PATH),
            name=f"{self._settings.dialect} at {self._base.host}",
            headers=self._headers(),
            timeout_s=self._settings.connect_timeout_s,
            why=lambda error: f": {sentence(error)}",
        )
        if probe.models is None:
            return probe
        return replace(probe, models=tuple(sorted(probe.models, key=lambda name: name != self._settings.model)))

    async def close(self) -> None:
        """Close every connection."""
        await self._downloader.close()
        if self._session is not None:
            await self._session.close()

    async def _sent(self, call: Written, ends_at_s: float) -> ClientResponse:
        """The answer's head. No timeout spans a yield, or it would strike whoever consumes the events."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout_at(min(ends_at_s, loop.time() + self._settings.first_byte_timeout_s)):
            return await self._opened().post(
                self._url(call.path),
                data=_sending(call.body),
                headers={
                    **self._headers(),
                    "Accept": call.accept,
                    "Content-Type": call.content_type,
                    "Content-Length": str(sum(map(_size_bytes, call.body))),
                },
                allow_redirects=False,
            )

    async def _whole(self, response: ClientResponse, ends_at_s: float) -> tuple[bytes | bytearray, Lease]:
        """The body of a plain answer, read once there is room for it."""
        length, content = response.content_length, response.content
        lease = await self._transit.enter(length or ASSUMED_BYTES)
        # Only now: what a connection reads ahead adds up when many answers wait.
        content.set_read_chunk_size(min(length or READ_AHEAD_BYTES, self._settings.answer_bytes_max))
        if response.status == _OK and length is not None and length <= self._settings.answer_bytes_max:
            if response.connection is not None and response.connection.protocol is not None:
                response.connection.protocol.resume_reading()
            if not content.is_eof() and content.exception() is None:
                return await self._arrived(response, length, ends_at_s), lease
            return content.read_nowait(), lease
        return b"".join([chunk async for chunk in self._chunks(response, ends_at_s)]), lease

    async def _arrived(self, response: ClientResponse, length: int, ends_at_s: float) -> bytearray:
        """A body of so many bytes that is on its way."""
        loop, content, begun = asyncio.get_running_loop(), response.content, response.content.read_nowait()
        body = bytearray(length)
        body[: len(begun)] = begun
        arrival = Arrival(response, memoryview(body)[len(begun) :])
        while not content.is_eof():
            before = arrival.left_bytes
            try:
                async with asyncio.timeout_at(min(ends_at_s, loop.time() + self._settings.silence_timeout_s)):
                    await content.wait_eof()
            except TimeoutError:
                if arrival.left_bytes == before or loop.time() >= ends_at_s:
                    raise
        return body

    async def _chunks(self, response: ClientResponse, ends_at_s: float) -> AsyncIterator[bytes]:
        """The body as it comes, within its bounds of bytes and time."""
        loop, left_bytes = asyncio.get_running_loop(), self._settings.answer_bytes_max
        if response.status != _OK:
            left_bytes = min(left_bytes, _ERROR_BYTES_MAX)
        while True:
            chunk = response.content.read_nowait()
            if not chunk:
                async with asyncio.timeout_at(min(ends_at_s, loop.time() + self._settings.silence_timeout_s)):
                    chunk = await response.content.readany()
            if not chunk:
                return
            left_bytes -= len(chunk)
            if left_bytes < 0:
                raise EngineFailed(FAILED)
            yield chunk

    async def _plain(
        self, response: ClientResponse, call: Written, request: ImageRequest, ends_at_s: float
    ) -> Finished:
        """The one event that a plain answer amounts to, once results given by address are here."""
        body, lease = await self._whole(response, ends_at_s)
        reply = Reply(status=response.status, headers=response.headers, body=body)
        delivered = await _checked(
            len(body), partial(delivery, reply, self._dialect, n=request.n, now_s=self._clock.now_s())
        )
        with paid_for(delivered.told, self._dialect):
            blobs = [
                item.picture if isinstance(item.picture, Blob) else await self._downloaded(item.picture, ends_at_s)
                for item in delivered.items
            ]
            size_bytes = 0
            for blob in blobs:
                blob.lease = lease
                size_bytes += blob.size_bytes
            return await _checked(
                size_bytes, partial(finished, blobs, delivered, request, self._dialect, ignored=call.ignored)
            )

    async def _downloaded(self, address: str, ends_at_s: float) -> Blob:
        """A result that is given by address, fetched at once and without the key."""
        try:
            async with asyncio.timeout_at(ends_at_s):
                data = await self._downloader.fetch(str(self._base.join(URL(address))))
        except TimeoutError as late:
            failed = EngineFailed(FAILED)
            failed.upstream = UpstreamFault(code=reason(late))
            raise failed from late
        except (DownloadFailed, ValueError) as failure:
            _log.warning("upstream.result_lost", reason=str(failure))
            raise EngineFailed(FAILED) from failure
        return Blob.from_bytes(data, "application/octet-stream")

    async def _streamed(
        self, response: ClientResponse, request: ImageRequest, ends_at_s: float
    ) -> AsyncIterator[Event]:
        """The server's own events, one by one. Raises EngineFailed when the finished picture does not come."""
        index = 0
        async for data in self._data(response, ends_at_s):
            event = await asyncio.to_thread(streamed, data, request, self._dialect, index, now_s=self._clock.now_s())
            if isinstance(event, Partial):
                index += 1
                if index > request.partial_images:
                    continue
            if event is not None:
                yield event
            if isinstance(event, Finished):
                return
        raise EngineFailed(FAILED)

    async def _data(self, response: ClientResponse, ends_at_s: float) -> AsyncIterator[bytes]:
        reader = EventReader()
        async for chunk in self._chunks(response, ends_at_s):
            for data in reader.feed(chunk):
                yield data
        for data in reader.rest():
            yield data

    async def _completed(self, event: Event, request: ImageRequest, told: Report) -> Event:
        """`event` with what its answer does not say. told: by another Limner, beside it."""
        if told:
            event = replace(event, told=told)
        if self._price is None or not isinstance(event, Finished):
            return event
        reckon = partial(reckoned, event, request, self._price)
        return await asyncio.to_thread(reckon) if request.images else reckon()

    def _told(self, response: ClientResponse) -> Report:
        """What another Limner says became of the parameters."""
        return report_of(", ".join(response.headers.getall(_REPORT, ()))) if self._dialect.tells_fates else {}

    def _url(self, path: str) -> URL:
        """An address of the server: one for each of its models at most, kept with what the client finds out of it."""
        if path not in self._urls:
            self._urls[path] = URL(f"{self._base}{path}").with_query(dict(self._dialect.query))
        return self._urls[path]

    def _headers(self) -> dict[str, str]:
        return {self._dialect.key_header: self._dialect.key_prefix + self._secret} if self._secret else {}

    def _opened(self) -> ClientSession:
        if self._session is None:
            self._session = session(
                tls=self._tls, proxy=self._proxy, connect_timeout_s=self._settings.connect_timeout_s
            )
        return self._session


async def _checked(size_bytes: int, check: Callable[[], _T]) -> _T:
    """What `check` makes of that many bytes, without a thread's help where that would cost more than the check."""
    return check() if size_bytes <= INLINE_BYTES_MAX else await asyncio.to_thread(check)


def _sending(body: tuple[bytes | Blob, ...]) -> bytes | AsyncIterator[bytes]:
    """A request's body as the client takes it."""
    match body:
        case (bytes() as whole,):
            return whole
        case _:
            return _pieces(body)


async def _pieces(body: tuple[bytes | Blob, ...]) -> AsyncIterator[bytes]:
    for part in body:
        if isinstance(part, bytes):
            yield part
            continue
        if not part.in_file:
            yield part.read()
            continue
        pieces = part.pieces(UPLOAD_BYTES)
        while piece := await asyncio.to_thread(next, pieces, b""):
            yield piece


def _size_bytes(part: bytes | Blob) -> int:
    return len(part) if isinstance(part, bytes) else part.size_bytes
