"""A strict key, from the command line to the answer."""

from __future__ import annotations

import httpx
import pytest
from tests.serving import Server

FIELDS = {"model": "scripted-fast", "prompt": "a fox", "quality": "low"}


@pytest.mark.parametrize("stream", [False, True])
def test_a_strict_key_is_refused_what_another_is_told(open_server: Server, open_key: str, stream: bool) -> None:  # noqa: FBT001
    """The same request: 400 in OpenAI's envelope for the one, a picture and a header for the other."""
    strict_key = open_server.key(f"strict-{stream}", "--strict")
    fields = {**FIELDS, "stream": stream, "style": "vivid"}

    def ask(key: str, **fields: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.post(f"{open_server.base_url}/images/generations", headers=headers, json=fields, timeout=60)

    refused = ask(strict_key, **fields)
    assert (refused.status_code, refused.headers["x-should-retry"]) == (400, "false")
    error = refused.json()["error"]
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", "style", "unsupported_parameter")
    told = ask(open_key, **fields)
    assert (told.status_code, "style=ignored" in told.headers["limner-parameters"]) == (200, True)
    assert ask(strict_key, **FIELDS).status_code == 200
