"""Limner in front of Limner: what the one behind answers is what a caller of the one in front gets."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from typing import Any

import httpx
import numpy as np
import openai
import pytest
from PIL import Image
from tests.serving import Server, scripted, serving


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose engines are another server's models."""
    behind_config = scripted(good="partial_images = 2", blocked='fail = "moderation"', midway='fail = "midway"')
    words = tmp_path_factory.mktemp("words") / "list.txt"
    words.write_text("[sexual auto]\nnude\n")
    behind_config += f'[moderators.house]\nkind = "words"\nfile = "{words}"\n'
    behind_config += scripted(strict="") + 'moderator = "house"\n'
    behind_config += '[engines.sketch]\n[models."scripted-drawing"]\nroute = ["sketch"]\nprice = "free"\n'
    with serving(tmp_path_factory.mktemp("behind"), behind_config) as behind:
        key = behind.key("front")
        engines = "".join(
            f"""
[engines.{name}]
kind = "upstream"
dialect = "{"openai" if name == "drawing" else "limner"}"
base_url = "{behind.base_url}"
key = "{"wrong" if name == "stranger" else key}"
forward = ["{"seed" if name == "drawing" else "negative_prompt"}"]
{'formats = ["png", "jpeg", "webp", "gif", "svg"]' if name == "drawing" else ""}
model = "scripted-{name}"

[models."{name}"]
route = ["{name}"]
price = {{ like = "gpt-image-2" }}
"""
            for name in ("good", "blocked", "midway", "stranger", "strict", "drawing")
        )
        with serving(tmp_path_factory.mktemp("front"), engines) as running:
            yield running


@pytest.fixture(scope="module")
def client(front: Server) -> Iterator[httpx.Client]:
    """A caller of the one in front."""
    headers = {"Authorization": f"Bearer {front.key('caller')}"}
    with httpx.Client(base_url=front.base_url, headers=headers, timeout=60) as client:
        yield client


def ask(client: httpx.Client, model: str, **fields: Any) -> httpx.Response:
    """A generation."""
    return client.post("/images/generations", json={"model": model, "prompt": "an apple", **fields})


def test_a_picture_comes_through(client: httpx.Client) -> None:
    """With the size and format asked for, which the server behind had to bring about."""
    answer = ask(client, "good", size="1536x1024", output_format="webp", n=2, quality="low")
    body = answer.json()
    assert (answer.status_code, body["size"], body["quality"], len(body["data"])) == (200, "1536x1024", "low", 2)
    with Image.open(BytesIO(base64.b64decode(body["data"][0]["b64_json"]))) as image:
        assert (image.format, image.size) == ("WEBP", (1536, 1024))
    assert body["usage"]["output_tokens"] > 0


def test_an_edit_keeps_what_its_mask_covers(client: httpx.Client) -> None:
    """Through two servers, pixel for pixel."""
    base = np.random.default_rng(7).integers(0, 255, (1024, 1024, 3), np.uint8)
    mask = np.full((1024, 1024, 4), 255, np.uint8)
    mask[:300, :300, 3] = 0
    files = {"image": ("a.png", _png(base), "image/png"), "mask": ("m.png", _png(mask), "image/png")}
    answer = client.post("/images/edits", data={"model": "good", "prompt": "a sun"}, files=files)
    assert answer.status_code == 200
    with Image.open(BytesIO(base64.b64decode(answer.json()["data"][0]["b64_json"]))) as image:
        result = np.asarray(image.convert("RGB"))
    assert (result[300:] == base[300:]).all()
    assert (result[:300, :300] != base[:300, :300]).any()


def test_an_animation_keeps_its_frames(client: httpx.Client) -> None:
    """A server that is said to make them is asked for one, and its file is passed as it is."""
    answer = ask(client, "drawing", output_format="gif", frame_count=3, frame_duration_ms=50, size="1024x1024")
    with Image.open(BytesIO(base64.b64decode(answer.json()["data"][0]["b64_json"]))) as image:
        assert (image.format, image.size, image.info["duration"]) == ("GIF", (1024, 1024), 50)
        assert getattr(image, "n_frames", 1) == 3
    fates = answer.headers["limner-parameters"].split(", ")
    assert {"output_format=honoured", "frame_count=honoured", "frame_duration_ms=honoured"} <= set(fates)


def test_a_drawing_keeps_its_shapes(client: httpx.Client) -> None:
    """An SVG is no picture in an envelope when the server behind draws one."""
    answer = ask(client, "drawing", output_format="svg", size="1024x1024")
    body = answer.json()
    drawing = base64.b64decode(body["data"][0]["b64_json"])
    assert body["size"] == "1024x1024"
    assert b"<path" in drawing
    assert b"<image" not in drawing
    assert answer.headers["limner-parameters"] == "output_format=honoured, size=honoured"


def test_what_the_one_behind_makes_still_is_told_as_such(client: httpx.Client) -> None:
    """It is asked for the very format, and says itself that it has put a still into it."""
    answer = ask(client, "good", output_format="gif", frame_count=3)
    with Image.open(BytesIO(base64.b64decode(answer.json()["data"][0]["b64_json"]))) as image:
        assert (image.format, getattr(image, "n_frames", 1)) == ("GIF", 1)
    assert answer.headers["limner-parameters"] == "output_format=emulated, frame_count=ignored"


def test_a_stream_passes_event_by_event(client: httpx.Client) -> None:
    """Each unfinished picture, then the finished one."""
    answer = ask(client, "good", stream=True, partial_images=2)
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert [event["type"].partition(".")[2] for event in events] == ["partial_image", "partial_image", "completed"]
    assert [event.get("partial_image_index") for event in events] == [0, 1, None]


def test_what_the_one_behind_made_of_a_parameter_is_told(client: httpx.Client, front: Server) -> None:
    """The worse fate wins: to the one in front all of it was honoured. Its job's record says the same."""
    answer = ask(client, "good", size="1536x1024", quality="high", negative_prompt="rain", nonsense=1, user="me")
    told = "size=emulated, quality=honoured, user=honoured, negative_prompt=ignored, nonsense=ignored"
    assert answer.headers["limner-parameters"] == told
    with closing(sqlite3.connect(front.data / "limner.db")) as database:
        row = database.execute("SELECT parameters FROM jobs WHERE id = ?", [answer.headers["x-request-id"]]).fetchone()
    assert row == (told,)


def test_the_sdks_extra_body_reaches_who_understands_it(front: Server) -> None:
    """A seed makes the picture behind a server that is only said to speak OpenAI repeatable, in JSON and in a form."""
    with openai.OpenAI(base_url=front.base_url, api_key=front.key("sdk")) as sdk:
        base = _png(np.random.default_rng(7).integers(0, 255, (64, 64, 3), np.uint8))

        def generated(seed: int) -> str | None:
            answer = sdk.images.generate(model="drawing", prompt="a forest", quality="low", extra_body={"seed": seed})
            assert answer.data is not None
            return answer.data[0].b64_json

        def edited(seed: int) -> str | None:
            answer = sdk.images.edit(
                model="drawing", prompt="snow", image=("a.png", base), quality="low", extra_body={"seed": seed}
            )
            assert answer.data is not None
            return answer.data[0].b64_json

        for drawn in (generated, edited):
            assert drawn(7) == drawn(7) != drawn(8)


def test_an_edits_moderation_reaches_the_one_behind(client: httpx.Client) -> None:
    """Its forms take what OpenAI's do not, and it tells what became of it: a moderator there lets more pass."""
    picture = _png(np.zeros((64, 64, 3), np.uint8))
    fields = {"model": "strict", "prompt": "a nude", "size": "1024x1024"}
    files = {"image": ("a.png", picture, "image/png")}
    answer = client.post("/images/edits", data={**fields, "moderation": "low"}, files=files)
    assert (answer.status_code, "moderation=emulated" in answer.headers["limner-parameters"]) == (200, True)
    assert client.post("/images/edits", data=fields, files=files).json()["error"]["code"] == "moderation_blocked"


def test_a_streams_header_tells_it_too(client: httpx.Client) -> None:
    """As far as it is known when the first picture comes."""
    answer = ask(client, "good", size="1536x1024", stream=True, partial_images=2, negative_prompt="rain")
    assert "size=emulated" in answer.headers["limner-parameters"]
    assert "negative_prompt=ignored" in answer.headers["limner-parameters"]


def test_a_refusal_is_the_same_refusal(client: httpx.Client) -> None:
    """Stage and categories included."""
    answer = ask(client, "blocked")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "moderation_blocked")
    assert error["moderation_details"] == {"moderation_stage": "input", "categories": ["violence"]}


def test_a_failure_within_a_stream_ends_it(client: httpx.Client) -> None:
    """With the error as its last event."""
    answer = ask(client, "midway", stream=True, partial_images=2)
    last = json.loads([line for line in answer.text.splitlines() if line.startswith("data: ")][-1][6:])
    assert (last["type"], last["error"]["code"]) == ("error", "image_generation_failed")


def test_a_refused_key_is_the_operators_business(client: httpx.Client, front: Server) -> None:
    """The caller hears that the engine is unavailable, the operator why."""
    answer = ask(client, "stranger")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "server_is_overloaded")
    assert "key" not in answer.json()["error"]["message"]
    [line] = [line for line in front.log().splitlines() if "job.failed" in line and "stranger" in line]
    assert "'upstream_status': 401, 'upstream_code': 'invalid_api_key', 'upstream_request_id': 'req_" in line
    assert "http" not in line
    found = {engine["name"]: engine for engine in front.check()["engines"]}
    assert (found["good"]["reachable"], found["good"]["key_accepted"]) == (True, True)
    assert found["good"]["models_seen"][0] == "scripted-good"
    assert "scripted-drawing" in found["good"]["models_seen"]
    assert (found["stranger"]["reachable"], found["stranger"]["key_accepted"]) == (False, False)
    assert found["stranger"]["models_seen"] is None
    assert "refuses its key" in found["stranger"]["detail"]


def _png(pixels: np.ndarray[Any, Any]) -> bytes:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
