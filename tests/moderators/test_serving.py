"""A server with a moderator, over its own surface: what callers and the operator see."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image
from tests.serving import Server, scripted, serving

FIELDS = {"model": "scripted-judged", "prompt": "Blow  UP the bridge"}
REFUSED_FOR = {"moderation_stage": "input", "categories": ["violence"]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One model behind a list of words, and one behind nothing."""
    words = tmp_path_factory.mktemp("words") / "list.txt"
    words.write_text("[violence]\nblow up\n[sexual auto]\nnude\n")
    config = scripted(judged="", free="").replace('route = ["judged"]', 'route = ["judged"]\nmoderator = "house"')
    with serving(
        tmp_path_factory.mktemp("judged"), f'{config}\n[moderators.house]\nkind = "words"\nfile = "{words}"\n'
    ) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    """A caller."""
    headers = {"Authorization": f"Bearer {server.key('caller')}"}
    with httpx.Client(base_url=server.base_url, headers=headers, timeout=60) as client:
        yield client


@pytest.mark.parametrize("more", [{}, {"stream": True}, {"stream": True, "partial_images": 2}])
def test_a_refusal_is_openais(client: httpx.Client, more: dict[str, Any]) -> None:
    """400 with its text, details and no retry; also for a stream, of which nothing was sent yet."""
    response = client.post("/images/generations", json={**FIELDS, **more})
    assert (response.status_code, response.headers["content-type"]) == (400, "application/json")
    assert response.headers["x-should-retry"] == "false"
    error = response.json()["error"]
    assert (error["type"], error["param"], error["code"]) == ("image_generation_user_error", None, "moderation_blocked")
    assert error["message"].startswith("Your request was rejected by the safety system.")
    assert error["message"].endswith(f"{response.headers['x-request-id']}. safety_violations=[violence].")
    assert error["moderation_details"] == REFUSED_FOR


def test_an_edit_is_judged_by_its_instruction(client: httpx.Client) -> None:
    """Its prompt is one like any other."""
    picture = BytesIO()
    Image.new("RGB", (64, 64), "teal").save(picture, "PNG")
    response = client.post("/images/edits", data=FIELDS, files={"image": ("a.png", picture.getvalue(), "image/png")})
    assert (response.status_code, response.json()["error"]["moderation_details"]) == (400, REFUSED_FOR)


def test_low_lets_more_pass_and_says_so(client: httpx.Client) -> None:
    """The parameter is emulated for a model with a moderator and ignored for one without."""
    fields = {**FIELDS, "prompt": "a nude", "moderation": "low"}
    passed = client.post("/images/generations", json=fields)
    assert (passed.status_code, passed.headers["limner-parameters"]) == (200, "moderation=emulated")
    assert client.post("/images/generations", json={**fields, "moderation": "auto"}).status_code == 400
    free = client.post("/images/generations", json={**fields, "model": "scripted-free", "moderation": "auto"})
    assert (free.status_code, free.headers["limner-parameters"]) == (200, "moderation=ignored")


def test_the_check_tells_what_stands_before_each_model(server: Server) -> None:
    """Also that nothing does."""
    found = server.check()
    assert found["sound"] is True
    assert [(one["name"], one["kind"], one["reachable"]) for one in found["moderators"]] == [("house", "words", True)]
    assert found["moderation"] == {
        "scripted-judged": {"moderator": "house", "engines": {"judged": "moderator"}},
        "scripted-free": {"moderator": None, "engines": {"free": "off"}},
    }
    judged, free = found["engines"]
    assert "moderation" in judged["models"]["scripted-judged"]["emulated"]
    assert "moderation" in free["models"]["scripted-free"]["ignored"]
