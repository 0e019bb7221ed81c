"""The peer: the least a Starlette app on uvicorn can do, answering a body made beforehand to every POST.

Started as a process of its own by `bench.measures`: python -m bench.peer PORT BODY_BYTES
"""

from __future__ import annotations

import sys
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def peer(body_bytes: int) -> Starlette:
    """An app that reads its request's JSON and answers `body_bytes` bytes."""
    body: Final = b'{"b64_json": "' + b"A" * (body_bytes - 16) + b'"}'

    async def answer(request: Request) -> Response:
        await request.json()
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/", answer, methods=["POST"])])


if __name__ == "__main__":
    uvicorn.run(peer(int(sys.argv[2])), host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
