"""Servers of every dialect on a real socket: they refuse what the real ones refuse and read masks as those do.

Written from the servers' own documentation and not from our table, so that the two can contradict each other. An
emulator keeps what it was asked, and misbehaves as its script says.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
import pybase64
from aiohttp import web
from PIL import Image
from tests.engines.upstream.enforcement import (
    ADDRESSES_ONLY,
    BASES,
    ENFORCED,
    JSON_ONLY,
    KEY,
    MASKLESS,
    OPENAI_LIKE,
    PICTURES,
    WHITE_MASKS,
    Asked,
    Refused,
    anything,
)

from limner.blobs import Blob
from limner.imaging.codec import decode, encode, inspect
from limner.imaging.pixels import PIXELS_MAX, Pixels
from limner.job import COMPRESSION_DEFAULT, Format, Size

MARGIN_PX = 64
DRIP_S = 0.02
"""Between two bytes of an answer that drips."""
USAGE = {
    "input_tokens": 30,
    "output_tokens": 200,
    "total_tokens": 230,
    "input_tokens_details": {"text_tokens": 10, "image_tokens": 20},
    "output_tokens_details": {"text_tokens": 4, "image_tokens": 196},
}


@dataclass
class Script:
    """What goes wrong.

    status, body, headers: answered instead of a picture. cut_at, stall_at, drip_at: after so many bytes of the answer,
    its head included, the connection is closed, or nothing more comes, or the rest comes byte by byte and too slowly.
    after_events: those bytes are counted from the end of so many of a stream's events. endless: the answer never ends.
    keep: so many bytes of each picture are sent, in a well-formed answer. size, output_format, n: drawn whatever was
    asked for. urls: results are given by address; result: what goes wrong when one is fetched. told: overrides fields
    of a good answer; items: of each result.
    """

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    stall_at: int | None = None
    drip_at: int | None = None
    after_events: int = 0
    endless: bool = False
    keep: int | None = None
    size: Size | None = None
    output_format: Format | None = None
    n: int | None = None
    urls: bool = False
    result: Script | None = None
    told: dict[str, Any] = field(default_factory=dict)
    items: dict[str, Any] = field(default_factory=dict)


class Emulator:
    """One server. `url` is its base once it runs.

    stopped: set when an answer is held back or cut. released: to be set for what is held back to go.
    """

    def __init__(self, dialect: str, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.dialect = dialect
        self.base = BASES.get(dialect, "/v1")
        self.script = script
        self.asked: list[Asked] = []
        self.results: dict[str, bytes] = {}
        self.result_headers: list[Mapping[str, str]] = []
        self.stopped = asyncio.Event()
        self.released = asyncio.Event()
        self.key = KEY
        self.url = ""
        self.port = 0
        self._tls = tls
        self.models_status = 200
        self.models_list: Any = {"object": "list", "data": [{"id": "other"}, {"id": "gpt-image-2"}, {"id": "served"}]}
        self.runner: web.AppRunner | None = None

    async def kill(self) -> None:
        """Go away in the middle of whatever is under way: its connections are reset, new ones are refused."""
        assert self.runner is not None, "only what runs can be killed"
        assert self.runner.server is not None
        for site in [*self.runner.sites]:
            await site.stop()
        for connection in self.runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()
        self.released.set()

    async def listen(self) -> None:
        """Take connections, on the port it had if it was killed."""
        assert self.runner is not None
        await web.TCPSite(self.runner, "127.0.0.1", self.port, ssl_context=self._tls).start()
        self.port = self.runner.addresses[0][1]
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}{self.base}"

    async def models(self, request: web.Request) -> web.Response:
        """GET /models."""
        if not self._key_is_right(request):
            return web.json_response({"error": {"message": f"Incorrect API key: {KEY}"}}, status=401)
        return web.json_response(self.models_list, status=self.models_status)

    async def result(self, request: web.Request) -> web.StreamResponse:
        """A result by its address."""
        self.result_headers.append(request.headers)
        script, data = self.script.result or Script(), self.results.get(request.match_info["name"])
        if data is None:
            raise web.HTTPNotFound
        return await self._send(request, [data], script.status, {"Content-Type": "image/png", **script.headers}, script)

    async def images(self, request: web.Request) -> web.StreamResponse:
        """POST of anything."""
        try:
            asked = await self._read(request)
            self.asked.append(asked)
            if self.script.body is not None or self.script.status != 200:
                return await self._send(
                    request, [self.script.body or b""], self.script.status, self.script.headers, self.script
                )
            ENFORCED.get(self.dialect, anything)(asked)
        except Refused as refused:
            return web.json_response(refused.body, status=refused.status)
        pictures = await asyncio.to_thread(self._draw, asked)
        if _truth(asked.fields.get("stream")) and self.dialect in OPENAI_LIKE:
            chunks = self._events(asked, pictures[0])
            return await self._send(
                request, chunks, 200, {"Content-Type": "text/event-stream; charset=utf-8"}, self.script
            )
        if asked.headers.get("Accept", "").startswith("image/"):
            headers = {"Content-Type": asked.headers["Accept"], "finish-reason": "SUCCESS", **self.script.headers}
            return await self._send(request, [pictures[0].read()], 200, headers, self.script)
        body = json.dumps(self._answer(asked, pictures), indent=2).encode()
        return await self._send(
            request, [body], 200, {"Content-Type": "application/json", **self.script.headers}, self.script
        )

    def _key_is_right(self, request: web.Request) -> bool:
        if self.dialect.startswith("azure"):
            return request.headers.get("api-key") == self.key and "Authorization" not in request.headers
        return request.headers.get("Authorization") == f"Bearer {self.key}"

    async def _read(self, request: web.Request) -> Asked:
        if not self._key_is_right(request):
            raise Refused(401, {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}})
        images, mask, fields = list[bytes](), None, dict[str, Any]()
        if request.content_type == "multipart/form-data":
            if self.dialect in JSON_ONLY:
                raise Refused(415, {"error": "Expected request with `Content-Type: application/json`"})
            for name, value in (await request.post()).items():
                if not isinstance(value, web.FileField):
                    fields[name] = value
                    continue
                content = value.file.read()
                fields[name] = value.filename
                if name == WHITE_MASKS.get(self.dialect, "mask"):
                    mask = content
                elif name in PICTURES.get(self.dialect, {"image", "image[]"}):
                    images.append(content)
        else:
            fields = await request.json()
            images = [_embedded(text) for text in _texts_of_pictures(fields)]
        ignored = self.dialect in MASKLESS or mask is None
        return Asked(
            path=request.path,
            headers=request.headers,
            query=request.query,
            fields=fields,
            images=tuple(images),
            mask=mask,
            repainted=None if ignored else corner(self._repaint(mask or b"")),
        )

    def _repaint(self, mask: bytes) -> np.ndarray[Any, Any]:
        """Where this server paints, (H, W) bool."""
        if self.dialect in WHITE_MASKS:
            return np.asarray(Image.open(BytesIO(mask)).convert("L")) > 127
        return np.asarray(Image.open(BytesIO(mask)).convert("RGBA"))[..., 3] < 128

    def _draw(self, asked: Asked) -> list[Blob]:
        fields = asked.fields
        size = self.script.size or _size(fields) or (_size_of(asked.images[0]) if asked.images else Size(1024, 1024))
        if asked.path.endswith("/images/inpainting"):
            size = Size(512, 512)
        output_format = self.script.output_format or _format(
            asked, "jpeg" if self.dialect in {"xai", "seedream"} else "png"
        )
        blob = gradient(
            size,
            output_format,
            int(fields.get("output_compression", COMPRESSION_DEFAULT)),
            transparent=fields.get("background") == "transparent",
        )
        keeps = self.script.size is None and self.dialect != "localai"
        if asked.repainted is not None and asked.mask is not None and keeps:
            base = decode(Blob.from_bytes(asked.images[0], "image/png"), PIXELS_MAX).copy()
            base[self._repaint(asked.mask)] = (250, 200, 0, 255)
            blob = encode(base, output_format, COMPRESSION_DEFAULT, opaque=False)
        if self.script.keep is not None:
            blob = Blob.from_bytes(blob.read()[: self.script.keep], blob.media_type)
        asked_for = int(next((fields[name] for name in ("n", "num_images", "batch_size") if name in fields), 1))
        return [blob] * (asked_for if self.script.n is None else self.script.n)

    def _answer(self, asked: Asked, pictures: list[Blob]) -> dict[str, Any]:
        by_address = self.script.urls or self.dialect in ADDRESSES_ONLY or asked.path.endswith("/images/inpainting")
        data = [
            {**self._item(blob, index, by_address=by_address), **self.script.items}
            for index, blob in enumerate(pictures)
        ]
        if self.dialect.startswith("siliconflow"):
            return {"images": data, "timings": {"inference": 1.5}, "seed": 7, **self.script.told}
        if self.dialect not in OPENAI_LIKE:
            told = {"usage": {"prompt_tokens": 0}} if self.dialect == "sglang" else {}
            if self.dialect == "recraft":
                told = {"credits": 40}  # type: ignore[dict-item]  # another server, another shape
            if self.dialect == "xai":
                told = {"usage": {"cost_in_usd_ticks": 400_000_000}}
            return {"data": data, **told, **self.script.told}
        return {"created": 1_790_000_000, "data": data, "usage": USAGE, **_echo(asked.fields), **self.script.told}

    def _item(self, blob: Blob, index: int, *, by_address: bool) -> dict[str, Any]:
        if not by_address:
            return {"b64_json": str(blob.base64(), "ascii")}
        name = f"{len(self.results)}-{index}"
        self.results[name] = blob.read()
        return {"url": f"{self.url}/results/{name}"}

    def _events(self, asked: Asked, picture: Blob) -> list[bytes]:
        told = {"b64_json": str(picture.base64(), "ascii"), "created_at": 1_790_000_000, **_echo(asked.fields)}
        family = "image_edit" if asked.path.endswith("edits") else "image_generation"
        events: list[dict[str, Any]] = [
            {"type": f"{family}.partial_image", "partial_image_index": index, **told}
            for index in range(int(asked.fields.get("partial_images", 0)))
        ]
        events.append({"type": f"{family}.completed", **told, "usage": USAGE, **self.script.told})
        return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]

    async def _send(
        self, request: web.Request, chunks: list[bytes], status: int, headers: Mapping[str, str], script: Script
    ) -> web.StreamResponse:
        """Send `chunks`, as far as the script lets them go."""
        body = b"".join(chunks)
        headers = {"Content-Type": "application/json", **headers}
        if {script.cut_at, script.stall_at, script.drip_at} != {None}:
            head = _head(status, headers, len(body))
            passed = len(head) + sum(map(len, chunks[: script.after_events])) if script.after_events else 0
            return await self._send_some(request, head + body, passed, script)
        response = web.StreamResponse(status=status, headers=headers)
        if not script.endless:
            response.content_length = len(body)
        await response.prepare(request)
        await response.write(body)
        while script.endless and not self.released.is_set():
            await response.write(bytes(65536))
        return response

    async def _send_some(self, request: web.Request, wire: bytes, passed: int, script: Script) -> web.StreamResponse:
        """Send `wire`, head and body, byte for byte up to where it is to stop, counted from `passed` on."""
        transport = request.transport
        at = next(at for at in (script.cut_at, script.stall_at, script.drip_at) if at is not None) + passed
        if transport is not None:
            transport.write(wire[:at])
            self.stopped.set()
            for byte in wire[at:] if script.drip_at is not None else b"":
                if transport.is_closing():
                    break
                transport.write(bytes([byte]))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.released.wait(), DRIP_S)
            if script.cut_at is None:
                await self.released.wait()
            transport.close()
        return web.StreamResponse()  # It has nowhere to go any more.


@asynccontextmanager
async def emulating(
    dialect: str, script: Script | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Emulator]:
    """A running server of `dialect`."""
    emulator = Emulator(dialect, script or Script(), tls)
    application = web.Application(client_max_size=2**30)
    application.router.add_get(f"{emulator.base}/models", emulator.models)
    application.router.add_get(f"{emulator.base}/results/{{name}}", emulator.result)
    application.router.add_post(f"{emulator.base}{{path:.*}}", emulator.images)
    emulator.runner = runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    await emulator.listen()
    try:
        yield emulator
    finally:
        emulator.released.set()
        await runner.cleanup()


def corner(where: np.ndarray[Any, Any]) -> str:
    """The quarter of a picture with the most of `where`."""
    height, width = where.shape
    quarters = {
        f"{y}-{x}": where[rows, columns].mean()
        for y, rows in (("top", slice(None, height // 2)), ("bottom", slice(height // 2, None)))
        for x, columns in (("left", slice(None, width // 2)), ("right", slice(width // 2, None)))
    }
    return max(quarters, key=lambda name: float(quarters[name]))


@lru_cache(maxsize=32)
def gradient(size: Size, output_format: Format, compression: int, *, transparent: bool) -> Blob:
    """A picture with a plain white or see-through border."""
    y, x = np.mgrid[0 : size.height_px, 0 : size.width_px]
    pixels: Pixels = np.stack((x // 8, y // 8, (x + y) % 200, np.full_like(x, 255)), axis=-1).astype(np.uint8)
    border = np.ones(pixels.shape[:2], bool)
    border[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX] = False
    pixels[border] = (255, 255, 255, 0 if transparent else 255)
    return encode(pixels, output_format, compression, opaque=not transparent)


def _head(status: int, headers: Mapping[str, str], length: int) -> bytes:
    """An answer's status line and headers."""
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode()


def _echo(fields: Mapping[str, Any]) -> dict[str, Any]:
    background = fields.get("background")
    return {
        "background": "transparent" if background == "transparent" else "opaque",
        "output_format": fields.get("output_format", "png"),
        "quality": fields.get("quality", "high"),
        "size": fields.get("size", "1024x1024"),
    }


def _size(fields: Mapping[str, Any]) -> Size | None:
    if "width" in fields:
        return Size(int(fields["width"]), int(fields["height"]))
    if "aspect_ratio" in fields:
        width, height = map(int, fields["aspect_ratio"].split(":"))
        return Size(1024, 1024 * height // width)
    text = fields.get("size", fields.get("image_size"))
    if text is None:
        return None
    width, height = map(int, text.split("x"))
    return Size(width, height)


def _size_of(data: bytes) -> Size:
    return inspect(Blob.from_bytes(data, "image/png")).size


def _format(asked: Asked, usual: str) -> Format:
    """What the server encodes in: by a field of one name or another, or by the media type it is asked for."""
    accepted = asked.headers.get("Accept", "").removeprefix("image/")
    said = asked.fields.get("output_format", asked.fields.get("response_extension", usual)).replace("jpg", "jpeg")
    return Format(accepted) if accepted in set(Format) else Format(said)


def _texts_of_pictures(fields: Mapping[str, Any]) -> list[str]:
    names = ("image", "image2", "image3", "images", "image_url", "reference_images", "ref_images")
    found = [fields[name] for name in names if name in fields]
    texts = [one for some in found for one in (some if isinstance(some, list) else [some])]
    return [text["url"] if isinstance(text, dict) else text for text in texts]


def _embedded(text: str) -> bytes:
    return pybase64.b64decode(text.rpartition(",")[2], validate=True)


def _truth(value: Any) -> bool:
    return value in {True, "true"}
