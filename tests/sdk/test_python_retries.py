"""The official SDKs' own retries never buy a second picture."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from tests.sdk.conftest import Sent
from tests.sdk.nodejs import NODE_FOLDER, install, node
from tests.serving import Server, scripted, serving

SIZE = "1024x1024"


@pytest.fixture(scope="module")
def handing_off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for proxies that cut a call after half a second, with an engine that takes three times as long."""
    config = "[limits]\nhandoff_after_s = 0.4\n" + scripted(slow="delay_s = 1.5")
    with serving(tmp_path_factory.mktemp("handing-off"), config) as running:
        yield running


def jobs_of(server: Server, user: str) -> list[tuple[Any, ...]]:
    """Id, outcome and entries of an end user's jobs, and whether the account has paid, read beside the server."""
    query = """
        SELECT id, outcome, (SELECT count(*) FROM entries WHERE job_id = jobs.id), charge_nusd > 0
        FROM jobs WHERE user = ?
    """
    with closing(sqlite3.connect(f"file:{server.data / 'limner.db'}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(query, (user,)).fetchall()


def client_of(server: Server, key: str, sent: Sent, *, timeout_s: float, max_retries: int) -> openai.OpenAI:
    """The official client of somebody in a hurry."""
    return openai.OpenAI(
        api_key=key,
        base_url=server.base_url,
        timeout=timeout_s,
        max_retries=max_retries,
        http_client=openai.DefaultHttpxClient(event_hooks={"request": [sent.note]}, trust_env=False),
        _strict_response_validation=True,
    )


def test_a_timeout_shorter_than_the_engine_buys_one_picture(server: Server, key: str, sent: Sent) -> None:
    """The client gives up and asks again until the picture is there: one job, one hold, one charge."""
    user = f"hurried-{server.port}"
    with client_of(server, key, sent, timeout_s=0.5, max_retries=5) as client:
        answer = client.images.generate(model="scripted-slow", prompt="x", size=SIZE, user=user)
    assert answer.data
    assert answer.data[0].b64_json
    assert len(sent.requests) > 1
    assert sent.retry_counts == [str(count) for count in range(len(sent.requests))]
    [(job_id, outcome, entries, paid)] = jobs_of(server, user)
    assert answer._request_id == job_id
    assert (outcome in {"delivered", "stored"}, entries, paid) == (True, 2, True)


def test_an_upload_sent_again_is_the_same_request(server: Server, key: str, sent: Sent, photo_png: bytes) -> None:
    """Each attempt at an edit has a boundary of its own; what it asks for has not changed."""
    user = f"editing-{server.port}"
    with client_of(server, key, sent, timeout_s=0.5, max_retries=5) as client:
        answer = client.images.edit(model="scripted-slow", image=photo_png, prompt="x", size=SIZE, user=user)
    assert answer.data
    assert len({request.headers["content-type"] for request in sent.requests}) == len(sent.requests) > 1
    assert [paid for *_, paid in jobs_of(server, user)] == [True]


def test_a_stream_whose_answer_got_lost_is_its_completed_event(server: Server, key: str) -> None:
    """A retry of a stream that has ended shows the finished picture at once."""
    user = f"streaming-{server.port}"
    asked: dict[str, Any] = {"model": "scripted-fast", "prompt": "x", "size": SIZE, "user": user}
    with openai.OpenAI(api_key=key, base_url=server.base_url, timeout=60) as client:
        first = list(client.images.generate(**asked, stream=True, partial_images=1))
        headers = {"x-stainless-retry-count": "1"}
        [again] = client.images.generate(**asked, stream=True, partial_images=1, extra_headers=headers)
    assert [event.type for event in first] == ["image_generation.partial_image", "image_generation.completed"]
    assert again == first[-1]
    assert len(jobs_of(server, user)) == 1


def test_an_idempotency_key_holds_over_calls(server: Server, key: str) -> None:
    """A caller that repeats itself by its own key pays once; the key does not stand for another request."""
    user = f"ordering-{server.port}"
    headers = {"Idempotency-Key": user}
    with openai.OpenAI(api_key=key, base_url=server.base_url, timeout=60) as client:
        asked: dict[str, Any] = {"model": "scripted-fast", "size": SIZE, "user": user, "extra_headers": headers}
        first, again = (client.images.with_raw_response.generate(prompt="x", **asked) for _ in range(2))
        assert first.content == again.content
        assert first.request_id == again.request_id
        with pytest.raises(openai.ConflictError) as refused:
            client.images.generate(prompt="y", **asked)
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert refused.value.code == "idempotency_key_reused"
    assert len(jobs_of(server, user)) == 1


def test_a_handed_off_call_is_waited_for_by_the_sdk(handing_off: Server, sent: Sent) -> None:
    """Its caller notices nothing; without retries left it learns the job's id, and gets the answer there."""
    key = handing_off.key("python")
    with client_of(handing_off, key, sent, timeout_s=60, max_retries=8) as client:
        answer = client.images.generate(model="scripted-slow", prompt="x", size=SIZE, user="patient")
        assert answer.data
        assert len(sent.requests) > 1
        with pytest.raises(openai.InternalServerError) as refused:
            client.with_options(max_retries=0).images.generate(model="scripted-slow", prompt="x", user="gone")
    assert [(paid, outcome) for _, outcome, _, paid in jobs_of(handing_off, "patient")] == [(True, "delivered")]
    job_id = refused.value.request_id
    handing_off.until(lambda: jobs_of(handing_off, "gone")[0][1] is not None)
    assert jobs_of(handing_off, "gone") == [(job_id, "stored", 2, True)]
    told = httpx2.get(f"{handing_off.url}/limner/v1/jobs/{job_id}", headers={"authorization": f"Bearer {key}"}).json()
    assert (told["status"], len(told["answer"]["data"])) == ("stored", 1)


def test_the_node_sdk_comes_back_as_well(handing_off: Server, picture_files: Path) -> None:
    """After a timeout and after a hand-off; an edit it cannot send again is not handed off."""
    install()
    node(
        NODE_FOLDER / "retries.mjs",
        OPENAI_BASE_URL=handing_off.base_url,
        OPENAI_API_KEY=handing_off.key("node"),
        LIMNER_PICTURES=str(picture_files),
    )
    for user in ("node-hurried", "node-patient", "node-editing"):
        assert [paid for *_, paid in jobs_of(handing_off, user)] == [True]
