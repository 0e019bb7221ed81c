"""The application as a whole: routes, methods, models, probes, cross-origin rules, and paths nobody serves."""

from __future__ import annotations

import logging

import httpx
import pytest
from tests.http.scripted import PNG, client_of

from limner.errors import MethodNotAllowed
from limner.http.refusal import refusal
from limner.http.surface import Surface
from limner.job import Strictness


@pytest.mark.parametrize("path", ["/nope", "/images/foo", "/", "/images/generations/"])
async def test_an_unknown_route_is_told_in_the_envelope(client: httpx.AsyncClient, path: str) -> None:
    """A path that leads nowhere is a 404 that repeats the request line."""
    response = await client.post(path)
    assert response.status_code == 404
    error = response.json()["error"]
    assert error["message"] == f"Invalid URL (POST /openai/v1{path})"
    assert error["type"] == "invalid_request_error"
    assert response.headers["x-should-retry"] == "false"


async def test_an_endless_path_is_not_repeated_whole(client: httpx.AsyncClient) -> None:
    """An answer does not grow with its request."""
    response = await client.get("/" + "x" * 5000)
    assert len(response.json()["error"]["message"]) < 300


@pytest.mark.parametrize("path", ["/nope", "/images/variations"])
async def test_strict_rules_answer_unknown_routes_as_the_live_api_does(surface: Surface, path: str) -> None:
    """Under OpenAI's rules an unknown route, the retired one too, is a 404 with an empty body."""
    async with client_of(surface, strictness=Strictness.OPENAI) as client:
        response = await client.post(path, files={"image": ("a.png", PNG, "image/png")})
    assert response.status_code == 404
    assert response.content == b""
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/images/generations", "POST, OPTIONS"),
        ("PUT", "/files", "GET, POST, HEAD, OPTIONS"),
        ("POST", "/models", "GET, HEAD, OPTIONS"),
    ],
)
async def test_another_method_is_refused_with_those_that_exist(
    client: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    """A known path with a wrong method is a 405 with `Allow`."""
    response = await client.request(method, path)
    assert response.status_code == 405
    assert response.json()["error"]["message"] == f"Invalid method for URL ({method} /openai/v1{path})"
    assert response.headers["allow"] == allowed


async def test_options_lists_the_methods(client: httpx.AsyncClient) -> None:
    """OPTIONS is answered without a key and without a body."""
    response = await client.options("/files")
    assert response.status_code == 204
    assert response.headers["allow"] == "GET, POST, HEAD, OPTIONS"


async def test_head_is_get_without_a_body(client: httpx.AsyncClient) -> None:
    """A probe with HEAD gets the status and the headers of GET."""
    response = await client.head("http://limner.test/healthz")
    assert response.status_code == 200
    assert response.headers["content-length"] == "15"


async def test_models_are_listed_in_openais_shape(client: httpx.AsyncClient) -> None:
    """Each model of the catalog is listed, and can be asked for alone."""
    listing = (await client.get("/models")).json()
    assert listing["object"] == "list"
    assert [model["id"] for model in listing["data"]] == ["gpt-image-2", "dall-e-3"]
    one = (await client.get("/models/gpt-image-2")).json()
    assert one == listing["data"][0]


@pytest.mark.parametrize("model_id", ["gpt-9", "org/model"])
async def test_an_unknown_model_is_not_found(client: httpx.AsyncClient, model_id: str) -> None:
    """A name the catalog lacks is a 404 with OpenAI's code, slashes in it or not."""
    response = await client.get(f"/models/{model_id}")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "model_not_found"


async def test_the_description_is_served_without_a_key(surface: Surface) -> None:
    """openapi.json names the address it was asked at, or the public one when there is one."""
    async with client_of(surface) as client:
        del client.headers["authorization"]
        document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert document["servers"][0]["url"] == "http://limner.test/openai/v1"
    async with client_of(surface, public_url="https://pictures.example") as client:
        document = (await client.get("/openapi.json")).json()
    assert document["servers"][0]["url"] == "https://pictures.example/openai/v1"


async def test_probes_tell_alive_from_ready(surface: Surface) -> None:
    """/healthz answers always; /readyz says why jobs cannot be taken."""

    async def missing() -> tuple[str, ...]:
        return ("no engine can be reached",)

    async with client_of(surface) as client:
        assert (await client.get("http://limner.test/healthz")).json() == {"status": "ok"}
        ready = await client.get("http://limner.test/readyz")
        assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    async with client_of(surface, not_ready=missing) as client:
        assert (await client.get("http://limner.test/healthz")).status_code == 200
        response = await client.get("http://limner.test/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "reasons": ["no engine can be reached"]}


async def test_other_origins_are_refused_unless_allowed(surface: Surface) -> None:
    """No page may call the API from a browser until the operator names its origin."""
    asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
    async with client_of(surface) as client:
        response = await client.options("/images/generations", headers=asked)
        assert "access-control-allow-origin" not in response.headers
    async with client_of(surface, allowed_origins=("https://app.example",)) as client:
        response = await client.options("/images/generations", headers=asked)
        assert response.headers["access-control-allow-origin"] == "https://app.example"
        response = await client.get("/models", headers={"origin": "https://app.example"})
        assert "x-request-id" in response.headers["access-control-expose-headers"]


async def test_what_is_logged_of_a_refusal_holds_nothing_the_caller_sent(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Prompts and values stay out of the log; the id, the status and the field stay in."""
    caplog.set_level(logging.DEBUG)
    await client.post("/images/generations", json={"prompt": "secret", "model": "gpt-image-2", "quality": "hush"})
    told = capsys.readouterr().out + caplog.text
    assert "secret" not in told
    assert "hush" not in told


def test_a_refusal_lists_the_allowed_methods() -> None:
    """`Allow` is part of every 405 (RFC 9110, section 15.5.6)."""
    answer = refusal(MethodNotAllowed("Invalid method.", allowed=("GET", "HEAD")), "req_1")
    assert answer.headers["allow"] == "GET, HEAD"
    assert int(answer.headers["content-length"]) == len(answer.body)
