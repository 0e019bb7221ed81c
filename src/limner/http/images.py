"""The image endpoints: authenticate, read, parse, submit, wait, answer.

One class for generations, edits and variations: they differ in one table. An ASGI app rather than a handler, because
sending to a client that has left does not fail: only `receive` tells.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Final

from starlette.types import Receive, Scope, Send

from limner.blobs import Text
from limner.contract.answers import images_body
from limner.contract.catalog import Delivery
from limner.contract.draft import Draft
from limner.contract.parse import MEDIA_TYPES, parse_form, parse_json, unsupported_content_type
from limner.contract.rates import rate_headers
from limner.contract.sse import KEEPALIVE, MEDIA_TYPE, completed_event, error_event, partial_event
from limner.errors import LimnerError, stopped
from limner.http.bearer import key_to_admit
from limner.http.bounds import BoundedBody
from limner.http.exchange import Exchange
from limner.http.links import Links
from limner.http.multipart import read_form
from limner.http.repeats import comes_back, repeat_of
from limner.http.spool import Spool
from limner.http.surface import MIB, Surface, Waiter
from limner.http.waiting import Client, Happening, Signal, Waiting, answer_of
from limner.job import Answer, Kind, PartialAnswer, Strictness

JSON: Final = "application/json"
FORM: Final = "multipart/form-data"
PATIENCE_HEADERS: Final = ("x-stainless-read-timeout", "x-stainless-timeout")
"""What the official SDKs tell of their timeouts, in seconds: Python's for reading, and Node's until the answer begins,
cut to whole ones and only when its user has set one (openai-python 3.52, openai-node 7.57, November 2026).
"""
WRITE_BYTES_MAX: Final = MIB
"""The most handed to the server at once: what a slow client leaves in its buffer beside the answer itself."""
JOIN_BYTES_MAX: Final = 64 * 1024
"""Smaller chunks are joined: copying so little costs less than another write."""
INLINE_BYTES_MAX: Final = 256 * 1024
"""A larger JSON body is parsed in a worker thread: it holds base64 pictures and takes milliseconds."""
STREAM_HEADERS: Final[Mapping[str, str]] = {
    "content-type": MEDIA_TYPE,
    "cache-control": "no-cache",
    # nginx holds back a response until its buffer is full unless told otherwise.
    "x-accel-buffering": "no",
}


class Images:
    """POST /images/generations, /images/edits or /images/variations, by its kind."""

    def __init__(self, kind: Kind, surface: Surface, links: Links) -> None:
        self._kind = kind
        self._surface = surface
        self._links = links

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises the LimnerError that refuses or ends it while nothing has been sent."""
        # Before the body: whoever has no key gets no disk, memory or parsing.
        key = await key_to_admit(scope, self._surface)
        if self._surface.gateway.stopping:
            raise stopped()
        strictness, exchange = self._surface.strictness_for(key), Exchange.of(scope)
        headers, repeat = exchange.headers, repeat_of(exchange.headers)
        spool = Spool(self._surface.spool_folder, self._surface.upload_room)
        try:
            draft = await self._draft(headers, receive, strictness, spool)
        except BaseException:
            spool.release()
            raise
        submission = self._surface.gateway.submit(
            key,
            draft,
            request_id=exchange.request_id,
            strictness=strictness,
            on_done=spool.release,
            repeat=repeat,
            # A stream's comments keep its reader waiting for as long as they come.
            deadline_s=None if draft.request.stream else _patience_s(headers),
        )
        async with Client(receive) as client:
            waiter = await client.submitted(submission)
            # Whoever waits for a job that is there already is told by which id it can be asked for.
            exchange.request_id = waiter.job_id
            if draft.request.stream:
                await self._stream(waiter, client, send)
            else:
                await self._plain(waiter, draft, scope, client, send)

    async def _draft(self, headers: Mapping[str, str], receive: Receive, strictness: Strictness, spool: Spool) -> Draft:
        """Read and parse the body."""
        limits, catalog = self._surface.limits, self._surface.catalog
        sent_type = headers.get("content-type", "")
        if media_type_of(self._kind, sent_type) == FORM:
            body = BoundedBody(headers, receive, limits, bytes_max=limits.form_bytes_max)
            parts = await read_form(body, sent_type, spool, limits, length=body.length)
            if any(part.blob is not None and part.blob.in_file for part in parts):
                return await asyncio.to_thread(parse_form, self._kind, parts, catalog, strictness)
            return parse_form(self._kind, parts, catalog, strictness)
        text = await BoundedBody(headers, receive, limits, bytes_max=limits.json_bytes_max).whole()
        if len(text) <= INLINE_BYTES_MAX:
            return parse_json(self._kind, text, catalog, strictness)
        return await asyncio.to_thread(parse_json, self._kind, text, catalog, strictness)

    async def _plain(self, waiter: Waiter, draft: Draft, scope: Scope, client: Client, send: Send) -> None:
        """Send the answer whole. Raises the LimnerError that came instead."""
        handoff_after_s = self._surface.limits.handoff_after_s if comes_back(Exchange.of(scope).headers) else None
        answer = await answer_of(waiter, client, self._surface.clock, handoff_after_s)
        urls: tuple[str, ...] = ()
        if draft.delivery is Delivery.URL:
            urls = self._links.of_answer(self._links.base_url(scope), waiter.job_id, answer)
        chunks = images_body(answer, draft.model, draft.delivery, urls)
        length = str(sum(map(len, chunks)))
        await _start(send, waiter, {"content-type": JSON, "content-length": length})
        await _send_all(send, chunks)
        await _finish(send)

    async def _stream(self, waiter: Waiter, client: Client, send: Send) -> None:
        """Send events as they come. Raises a LimnerError before the first of them, to be answered as plain JSON."""
        started, refused = False, None
        async with Waiting(waiter, client, self._surface.clock, self._surface.limits.keepalive_s) as waiting:
            while (happening := await waiting.next()) is not Signal.GONE:
                if isinstance(happening, LimnerError) and not started:
                    refused = happening
                    break
                if not started:
                    await _start(send, waiter, STREAM_HEADERS)
                    started = True
                await _send_all(send, self._event(happening, waiter.job_id))
                if isinstance(happening, Answer | LimnerError):
                    await _finish(send)
                    break
        if refused is not None:
            raise refused

    def _event(self, happening: Happening, request_id: str) -> Sequence[Text]:
        match happening:
            case PartialAnswer():
                return partial_event(self._kind, happening)
            case Answer():
                return completed_event(self._kind, happening)
            case LimnerError():
                return (error_event(happening, request_id),)
            case _:
                return (KEEPALIVE,)


def _patience_s(headers: Mapping[str, str]) -> float | None:
    """How long the caller waits for the first byte of an answer, or None when it does not say."""
    told = [patience_s for name in PATIENCE_HEADERS if (patience_s := _seconds(headers.get(name))) is not None]
    return min(told, default=None)


def _seconds(text: str | None) -> float | None:
    """The time in a header; None for what is no time or none at all, such as the half second that Node cuts to 0."""
    try:
        time_s = float(text or "nan")
    except ValueError:
        return None
    return time_s if isfinite(time_s) and time_s > 0 else None


def media_type_of(kind: Kind, content_type: str) -> str:
    """Which of the endpoint's encodings a body is in. Raises InvalidRequest for any other."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES[kind]:
        raise unsupported_content_type(kind, content_type)
    return media_type


async def _start(send: Send, waiter: Waiter, headers: Mapping[str, str]) -> None:
    told = {**headers, **rate_headers(waiter.allowances)}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
    if report_text := waiter.report_text:
        raw.append((b"limner-parameters", report_text.encode("ascii", "replace")))
    await send({"type": "http.response.start", "status": 200, "headers": raw})


async def _send_all(send: Send, chunks: Sequence[Text]) -> None:
    """Send chunks in order, each waiting until the client has taken most of those before it."""
    for piece in _pieces(chunks):
        await send({"type": "http.response.body", "body": piece, "more_body": True})


def _pieces(chunks: Sequence[Text]) -> Iterator[Text]:
    """The same bytes in pieces that are neither tiny nor huge."""
    small: list[Text] = []
    for chunk in chunks:
        if len(chunk) <= JOIN_BYTES_MAX:
            small.append(chunk)
            continue
        yield b"".join(small)
        small = []
        view = memoryview(chunk)
        for start in range(0, len(view), WRITE_BYTES_MAX):
            yield view[start : start + WRITE_BYTES_MAX]
    yield b"".join(small)


async def _finish(send: Send) -> None:
    await send({"type": "http.response.body", "body": b""})
