"""The emulated upstream: speaks as OpenAI does, notes every call before it acts on it, and misbehaves by lot.

Runs as a process of its own, which may be killed at any moment; two of its addresses stand for two upstreams:

    python -m torture.upstream PORT DIARY SEED
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import secrets
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from torture.diary import Call, Diary, Fate
from torture.pictures import EDGE_PX, Mark, drawn

KEY: Final = "sk-upstream"
NAMES: Final = ("left", "right")
DRAWING_S: Final = (0.05, 0.4)
SLOWLY_S: Final = (1.0, 2.0)
STALL_S: Final = 6.0
"""Longer than the gateways wait."""
FATES: Final[Mapping[Fate, float]] = {
    Fate.DRAWN: 0.78,
    Fate.SLOW: 0.05,
    Fate.STALLED: 0.015,
    Fate.CUT: 0.03,
    Fate.HUNG_UP: 0.02,
    Fate.BUSY: 0.03,
    Fate.CLOSED: 0.005,
    Fate.FAILED: 0.03,
    Fate.REFUSED: 0.02,
    Fate.FEWER: 0.02,
}
"""With their shares."""
_USAGE: Final = {
    "input_tokens": 12,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 12},
    "output_tokens": 196,
    "output_tokens_details": {"image_tokens": 196, "text_tokens": 0},
    "total_tokens": 208,
}


class Upstream:
    """One life of the process."""

    def __init__(self, diary: Diary, seed: int) -> None:
        self._diary = diary
        self._seed = seed
        self._life = secrets.token_hex(4)
        self._asked: Counter[str] = Counter()

    async def models(self, _request: web.Request) -> web.Response:
        """GET /models, by which a gateway sees that somebody is there."""
        return web.json_response({"object": "list", "data": []})

    async def images(self, request: web.Request) -> web.StreamResponse:
        """POST of a generation or an edit."""
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return _error(401, "invalid_api_key")
        fields: Mapping[str, Any] = (
            await request.post() if request.content_type == "multipart/form-data" else await request.json()
        )
        ticket = str(fields["prompt"])
        self._asked[ticket] += 1
        lot = random.Random(f"{self._seed}/fate/{ticket}/{self._asked[ticket]}")
        [fate] = lot.choices(list(FATES), list(FATES.values()))
        call = Call(id=f"{self._life}-{self._asked.total()}", ticket=ticket, fate=fate)
        self._diary.note(call)
        return await self._act(request, fields, call, lot)

    async def _act(
        self, request: web.Request, fields: Mapping[str, Any], call: Call, lot: random.Random
    ) -> web.StreamResponse:
        await asyncio.sleep(lot.uniform(*(SLOWLY_S if call.fate is Fate.SLOW else DRAWING_S)))
        match call.fate:
            case Fate.BUSY:
                return _error(429, "rate_limit_exceeded")
            case Fate.CLOSED:
                return _error(429, "rate_limit_exceeded", {"retry-after": "1"})
            case Fate.FAILED:
                return _error(500, "server_error")
            case Fate.REFUSED:
                return _error(400, "moderation_blocked")
            case Fate.STALLED:
                await asyncio.sleep(STALL_S)
                return _hung_up(request)
            case Fate.HUNG_UP:
                return _hung_up(request)
            case _:
                return await self._send(request, fields, call)

    async def _send(self, request: web.Request, fields: Mapping[str, Any], call: Call) -> web.StreamResponse:
        """The pictures, or a part of them."""
        n = int(fields.get("n", 1)) - (call.fate is Fate.FEWER)
        texts = [base64.b64encode(drawn(Mark(call.ticket, call.id))).decode()] * n
        told = {"created": 1_790_000_000, "output_format": "png", "quality": "low", "size": f"{EDGE_PX}x{EDGE_PX}"}
        if str(fields.get("stream", "")).lower() == "true":
            family = "image_edit" if request.path.endswith("edits") else "image_generation"
            body, kind = _events(family, int(fields.get("partial_images", 0)), texts, told), "text/event-stream"
        else:
            document = {**told, "data": [{"b64_json": text} for text in texts], "usage": _USAGE}
            body, kind = json.dumps(document).encode(), "application/json"
        response = web.StreamResponse(headers={"Content-Type": kind, "x-request-id": call.id})
        response.content_length = len(body)
        await response.prepare(request)
        if call.fate is Fate.CUT:
            await response.write(body[: len(body) // 2])
            return _hung_up(request)
        await response.write(body)
        return response


def _events(family: str, partials: int, texts: list[str], told: Mapping[str, Any]) -> bytes:
    shown = base64.b64encode(drawn(Mark("unfinished", "picture"))).decode()
    events: list[dict[str, Any]] = [
        {"type": f"{family}.partial_image", "partial_image_index": index, "b64_json": shown, **told}
        for index in range(partials)
    ]
    events += [{"type": f"{family}.completed", "b64_json": text, "usage": _USAGE, **told} for text in texts]
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def _error(status: int, code: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"message": "No.", "code": code}}, status=status, headers=headers)


def _hung_up(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.StreamResponse()  # It has nowhere to go any more.


def _application(diary: Path, seed: int) -> web.Application:
    upstream = Upstream(Diary(diary), seed)
    application = web.Application()
    for name in NAMES:
        application.router.add_get(f"/{name}/v1/models", upstream.models)
        application.router.add_post(f"/{name}/v1/images/{{what}}", upstream.images)
    return application


if __name__ == "__main__":
    _port, _diary, _seed = sys.argv[1:]
    web.run_app(
        _application(Path(_diary), int(_seed)), host="127.0.0.1", port=int(_port), access_log=None, print=None,
        shutdown_timeout=0,
    )  # fmt: skip
