"""A server that speaks OpenAI's `/moderations` on a real socket: it refuses what the real one refuses.

Written from OpenAI's API reference and reports of its refusals. It keeps what it was asked, and misbehaves as told.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

import pybase64
from aiohttp import web
from PIL import Image

KEY = "sk-operators-moderation-key"
MODEL = "omni-moderation-latest"
CATEGORIES = ("harassment", "hate", "self-harm", "self-harm/intent", "sexual", "sexual/minors", "violence")
IMAGES_MAX = 1
DATA_URL = "data:image/jpeg;base64,"


class Refused(Exception):
    """The real server would answer this."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": "invalid_request_error", "param": "input", "code": code}}


@dataclass
class Asked:
    """One question. picture_px: width and height of its picture, or None."""

    headers: Mapping[str, str]
    text: str | None
    picture_px: tuple[int, int] | None


@dataclass
class Script:
    """What it says and what goes wrong.

    scores: of a text or picture that has the word or the colour's name, else all are near nought; flagged from 0.5 on.
    result: overrides fields of each result. status, body, headers: answered instead. stall: nothing is answered before
    the end. endless: the answer never ends. cut: the connection is cut within the answer.
    """

    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    stall: bool = False
    endless: bool = False
    cut: bool = False


class Emulator:
    """One server. `url` is its base once it runs."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.paths: list[str] = []
        self.models_status = 200
        self.released = asyncio.Event()
        self.url = ""

    async def models(self, request: web.Request) -> web.Response:
        """GET /models."""
        self.paths.append(request.path)
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"error": {"message": f"Incorrect API key provided: {KEY}"}}, status=401)
        return web.json_response({"object": "list", "data": []}, status=self.models_status)

    async def moderations(self, request: web.Request) -> web.StreamResponse:
        """POST /moderations."""
        self.paths.append(request.path)
        try:
            asked, scores = self._read(request, await request.read())
        except Refused as refused:
            return web.json_response(refused.body, status=refused.status)
        self.asked.append(asked)
        if self.script.stall:
            await self.released.wait()
        body = self.script.body
        if body is None:
            body = json.dumps({"id": "modr-1", "model": MODEL, "results": [self._result(scores)]}).encode()
        headers = {"Content-Type": "application/json", **self.script.headers}
        response = web.StreamResponse(status=self.script.status, headers=headers)
        if not self.script.endless:
            response.content_length = len(body)
        await response.prepare(request)
        if self.script.cut:
            await response.write(body[: len(body) // 2])
            assert request.transport is not None
            request.transport.abort()
            return response
        await response.write(body)
        while self.script.endless:
            await response.write(bytes(65536))
        return response

    def _read(self, request: web.Request, body: bytes) -> tuple[Asked, dict[str, float]]:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            raise Refused(401, "invalid_api_key", f"Incorrect API key provided: {KEY}")
        if request.content_type != "application/json":
            raise Refused(400, "unsupported_content_type", "Unsupported content type")
        fields = json.loads(body)
        if set(fields) != {"model", "input"} or fields["model"] != MODEL:
            raise Refused(404, "model_not_found", "The model does not exist")
        if not isinstance(fields["input"], list) or not fields["input"]:
            raise Refused(400, "invalid_type", "Invalid input")
        texts = [part["text"] for part in fields["input"] if part["type"] == "text"]
        urls = [part["image_url"]["url"] for part in fields["input"] if part["type"] == "image_url"]
        if len(texts) + len(urls) != len(fields["input"]) or not all(text.strip() for text in texts):
            raise Refused(400, "invalid_value", "Invalid input")
        if len(urls) > IMAGES_MAX:
            raise Refused(400, "too_many_images", f"Number of images ({len(urls)}) exceeds maximum of {IMAGES_MAX}")
        pictures = [_picture(url) for url in urls]
        seen = " ".join(texts) + "".join(" red" for picture in pictures if _is_red(picture))
        scores = dict.fromkeys(CATEGORIES, 0.001)
        for word, found in self.script.scores.items():
            scores |= found if word in seen else {}
        text = texts[0] if texts else None
        return Asked(request.headers, text, pictures[0].size if pictures else None), scores

    def _result(self, scores: dict[str, float]) -> dict[str, Any]:
        categories = {name: score >= 0.5 for name, score in scores.items()}
        return {
            "flagged": any(categories.values()),
            "categories": categories,
            "category_scores": scores,
            "category_applied_input_types": {name: ["text"] for name in scores},
            **self.script.result,
        }


@asynccontextmanager
async def emulating(script: Script | None = None) -> AsyncIterator[Emulator]:
    """A running server."""
    emulator = Emulator(replace(script or Script()))
    application = web.Application(client_max_size=2**30)
    application.router.add_get("/v1/models", emulator.models)
    application.router.add_post("/v1/moderations", emulator.moderations)
    runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    emulator.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield emulator
    finally:
        emulator.script.endless = False
        emulator.released.set()
        await runner.cleanup()


def _picture(url: str) -> Image.Image:
    if not url.startswith(DATA_URL):
        raise Refused(400, "invalid_image_url", "Invalid image")
    return Image.open(BytesIO(pybase64.b64decode(url.removeprefix(DATA_URL), validate=True))).convert("RGB")


def _is_red(picture: Image.Image) -> bool:
    red, green, blue = picture.resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]  # an RGB picture has three
    return red > 200 and green < 60 and blue < 60
