"""From what a server answered to finished pictures, or to an error of ours. Pure; results by address are left open.

Checks base64 and headers of pictures: call it in a worker thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Final

from limner.blobs import Blob, Text
from limner.engine import Finished, Partial, Picture
from limner.engines.upstream.dialect import SIZE_USUAL, Dialect
from limner.engines.upstream.document import Document, NotJson, parse
from limner.engines.upstream.refusals import BLOCKED, FAILED, NO_STATUS, moderation, refusal, told_by
from limner.errors import EngineFailed, LimnerError, ModerationBlocked
from limner.imaging.codec import UnreadableImage, inspect, sniff
from limner.imaging.svg import size_told
from limner.job import QUALITIES, Background, Format, ImageRequest, Json, Quality, Usage

_OK: Final = 200
_ITEMS: Final = ("data", "images")
_FILTERED: Final = "CONTENT_FILTERED"
"""Beside the bytes of a blurred or black picture. Source: Fireworks' and Stability's clients, 2026."""
_DATA_URL: Final = b"data:"
_TAIL_BYTES: Final = 1024
_SNIFFED_BYTES: Final = 512
_TOKENS_MAX: Final = 1_000_000
"""Of one request. Ten of the largest pictures from sixteen others take some three hundred thousand."""
_NUSD_MAX: Final = 10**15
"""A million dollars: no request costs as much."""
_ENDS: Final[Mapping[Format, bytes]] = {
    Format.PNG: b"IEND", Format.JPEG: b"\xff\xd9", Format.GIF: b"\0;", Format.SVG: b"</svg",
}  # fmt: skip
"""What a whole file has near its end. PNG section 11.2.5, JPEG (T.81) B.1.1.3, GIF89a sections 16 and 27."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came over the wire. headers: found by their lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes | bytearray

    @property
    def media_type(self) -> str:
        """What the body says it is."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Item:
    """One result: the picture, or the address it can be had from."""

    picture: Blob | str
    revised_prompt: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A good answer. told: its fields beside the pictures."""

    items: tuple[Item, ...]
    told: Mapping[str, Json]


def delivery(reply: Reply, dialect: Dialect, *, n: int, now_s: float) -> Delivery:
    """The results in `reply`. n: how many were asked for. Raises an engine's error when they are not there.

    A server may give more of them; the rest is dropped.
    """
    if reply.status == _OK and reply.media_type.startswith("image/"):
        if reply.headers.get("finish-reason", "").upper() == _FILTERED:
            raise ModerationBlocked(BLOCKED, stage="output")
        return Delivery((Item(_whole(Blob.from_bytes(bytes(reply.body), reply.media_type)), None),), {})
    try:
        document = parse(reply.body)
    except NotJson as error:
        document = Document(None, ())
        if reply.status == _OK:
            raise EngineFailed(FAILED) from error
    told = document.value
    if reply.status != _OK or not isinstance(told, dict) or told.get("error"):
        raise refusal(reply.status, reply.headers, told_by(told), dialect, now_s=now_s)
    results = next((value for key in _ITEMS if isinstance(value := told.get(key), list)), [])
    items = [result for result in results if isinstance(result, dict)]
    with paid_for(told, dialect):
        usable = tuple(item for result in items if (item := _item(result, document)) is not None)
        if len(usable) < n:
            raise _why_fewer(items)
    return Delivery(usable[:n], told)


@contextmanager
def paid_for(told: Mapping[str, Json], dialect: Dialect) -> Iterator[None]:
    """What a good answer says it cost stands in the error that its pictures end in. told: the answer's fields."""
    try:
        yield
    except LimnerError as error:
        error.cost_nusd = _cost_nusd(told, dialect)
        raise


def finished(
    blobs: Sequence[Blob],
    delivered: Delivery,
    request: ImageRequest,
    dialect: Dialect,
    *,
    ignored: tuple[str, ...] = (),
) -> Finished:
    """The last event, from the files of `delivered` and what it says beside them.

    Raises EngineFailed for a broken one.
    """
    told, pairs = delivered.told, zip(blobs, delivered.items, strict=True)
    return Finished(
        pictures=tuple(_picture(blob, told, request, item.revised_prompt) for blob, item in pairs),
        quality=_quality(told, request),
        usage=_usage(told.get("usage")) if dialect.tells_tokens else None,
        cost_nusd=_cost_nusd(told, dialect),
        ignored=ignored,
    )


def streamed(
    data: bytes, request: ImageRequest, dialect: Dialect, index: int, *, now_s: float
) -> Partial | Finished | None:
    """The event in `data`: an unfinished picture, numbered `index`, or the finished one; None for what is neither.

    Raises an engine's error for an event that tells of one, and EngineFailed for what is no event.
    """
    try:
        document = parse(data)
    except NotJson as error:
        raise EngineFailed(FAILED) from error
    told = document.value
    if not isinstance(told, dict):
        return None
    if told.get("error") or told.get("type") == "error":
        raise refusal(NO_STATUS, {}, told_by(told), dialect, now_s=now_s)
    kind = str(told.get("type", ""))
    if not kind.endswith((".partial_image", ".completed")):
        return None
    blob = _blob(document.base64(told.get("b64_json")))
    if blob is None:
        raise EngineFailed(FAILED)
    if kind.endswith(".completed"):
        return finished([blob], Delivery((Item(blob, None),), told), request, dialect)
    shown = _picture(blob, told, request)
    return Partial(
        index=index,
        blob=shown.blob,
        size=shown.size,
        quality=_quality(told, request),
        transparent=shown.transparent,
    )


def _picture(blob: Blob, told: Mapping[str, Json], request: ImageRequest, revised_prompt: str | None = None) -> Picture:
    """`blob` as a picture of its true size, whatever the answer says of it.

    Raises EngineFailed for a broken file, and for a drawing that was not asked for: it has no pixels to make the right
    picture from.
    """
    blob = _whole(blob)
    if blob.media_type == request.output_format.media_type == Format.SVG.media_type:
        size = size_told(blob.read()) or request.size or SIZE_USUAL
        return Picture(blob=blob, size=size, transparent=True, revised_prompt=revised_prompt)
    try:
        facts = inspect(blob)
    except UnreadableImage as error:
        raise EngineFailed(FAILED) from error
    background = told.get("background")
    transparent = facts.has_alpha and background != Background.OPAQUE.value
    return Picture(blob=blob, size=facts.size, transparent=transparent, revised_prompt=revised_prompt)


def _item(result: Mapping[str, Json], document: Document) -> Item | None:
    """The picture or address in one element of the answer's list; None when there is neither."""
    if result.get("respect_moderation") is False or result.get("error"):
        return None
    prompt = result.get("revised_prompt")
    url = result.get("url")
    found: Blob | str | None = _blob(document.base64(result.get("b64_json")))
    if found is None and isinstance(url, str) and url:
        found = _blob(url.encode("ascii", "replace")) if url.startswith(_DATA_URL.decode()) else url
    return None if found is None else Item(found, prompt if isinstance(prompt, str) else None)


def _why_fewer(items: list[dict[str, Json]]) -> LimnerError:
    """The error for an answer that lacks pictures: a refusal when one of its items says so."""
    if any(item.get("respect_moderation") is False for item in items):
        return ModerationBlocked(BLOCKED, stage="output")
    blocked = (moderation(told_by(item)) for item in items if item.get("error"))
    return next((error for error in blocked if error), EngineFailed(FAILED))


def _blob(text: Text | None) -> Blob | None:
    """A picture from base64 text or a data URL; None for none. Raises EngineFailed when the text does not decode.

    Decoding 2 MB to check it takes 0.15 ms and spares whoever stores the picture the same; unchecked, a stranger's text
    would stand in our own JSON.
    """
    if not text:
        return None
    if text[: len(_DATA_URL)] == _DATA_URL:
        text = bytes(text).partition(b",")[2]
    blob = Blob.from_base64(text, Format.PNG.media_type)
    try:
        blob.read()
    except ValueError as error:
        raise EngineFailed(FAILED) from error
    return blob


def _whole(blob: Blob) -> Blob:
    """`blob` under the media type its bytes show. Raises EngineFailed when it is no picture or was cut off."""
    data = blob.read()
    shown = sniff(data[:_SNIFFED_BYTES])
    if shown is None or (shown in _ENDS and _ENDS[shown] not in data[-_TAIL_BYTES:]):
        raise EngineFailed(FAILED)
    blob.media_type = shown.media_type
    return blob


def _quality(told: Mapping[str, Json], request: ImageRequest) -> Quality:
    said = told.get("quality")
    if isinstance(said, str) and said in QUALITIES:
        return Quality(said)
    return Quality.MEDIUM if request.quality is Quality.AUTO else request.quality


def _usage(told: Json) -> Usage | None:
    """OpenAI's usage, where it makes sense: an account may have to pay for it.

    Streams and older servers have no details of the output: it is then all pictures.
    """
    if not isinstance(told, dict):
        return None
    inputs, outputs = _count(told, "input_tokens"), _count(told, "output_tokens")
    if inputs is None or outputs is None or not 0 < inputs + outputs <= _TOKENS_MAX:
        return None
    image_in = min(_count(told.get("input_tokens_details"), "image_tokens") or 0, inputs)
    text_out = min(_count(told.get("output_tokens_details"), "text_tokens") or 0, outputs)
    return Usage(
        text_input_tokens=inputs - image_in,
        image_input_tokens=image_in,
        text_output_tokens=text_out,
        image_output_tokens=outputs - text_out,
    )


def _count(told: Json, key: str) -> int | None:
    value = told.get(key) if isinstance(told, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _cost_nusd(answer: Mapping[str, Json], dialect: Dialect) -> int | None:
    """What the answer says it cost, rounded up."""
    if dialect.cost is None:
        return None
    told: Json = dict(answer)
    for key in dialect.cost.path:
        told = told.get(key) if isinstance(told, dict) else None
    if not isinstance(told, int | float) or isinstance(told, bool) or not 0 <= told <= _NUSD_MAX / dialect.cost.nusd:
        return None
    return ceil(dialect.cost.nusd * told if isinstance(told, int) else float(dialect.cost.nusd) * told)
