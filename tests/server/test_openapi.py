"""The served OpenAPI document is true: answers match it, and requests made up from it find no server error."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from schemathesis import GenerationMode
from tests.server.described import problems
from tests.server.made_up import defects
from tests.server.wire import FORM_TYPE, Answer, Caller, form, picture, text
from tests.serving import Server, scripted, serving

EXAMPLES_PER_OPERATION = 40
ENGINE = "small"
"""Fuzzing asks for many sizes and formats; one engine that answers at once serves every model."""
FAILING = "scripted-failing"
CONFIG = f"""
{scripted(small="", failing='fail = "error"')}

[models."gpt-image-2"]
route = ["{ENGINE}"]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without an engine that takes time."""
    with serving(tmp_path_factory.mktemp("openapi"), CONFIG) as running:
        yield running


@pytest.fixture(scope="module")
def caller(server: Server) -> Caller:
    """Somebody with a key for it, which may read all there is."""
    return Caller(server=server, key=server.key("reader", "--admin"))


@pytest.fixture(scope="module")
def document(caller: Caller) -> dict[str, Any]:
    """The document as served."""
    answer = caller.request("GET", "/openai/v1/openapi.json")
    assert answer.status == 200
    return answer.document


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A small PNG."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "PNG")
    return out.getvalue()


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    """Its version, and every reference leads somewhere."""
    assert document["openapi"].startswith("3.1.")
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        at: Any = document
        for step in reference.split("/"):
            at = at[step.replace("~1", "/").replace("~0", "~")]


def done_task(caller: Caller, query: str) -> Answer:
    """A task looked up once it is completed."""
    sent = caller.request("POST", "/openai/images", b'{"prompt": "x"}', {"Content-Type": "application/json"})
    path = f"/openai/tasks?taskId={sent.document['taskId']}{query}"
    caller.server.until(lambda: caller.request("GET", path).document["status"] == "completed")
    return caller.request("GET", path)


def test_every_answer_is_as_described(caller: Caller, document: dict[str, Any], photo: bytes) -> None:
    """Good and bad answers of every endpoint validate against the schema of their status and media type."""
    upload = caller.post_form("/files", picture(photo, "file"), text("purpose", "vision"))
    file_id = str(upload.document["id"])
    as_json = {"Content-Type": "application/json"}
    generations, edits, variations = "/images/generations", "/images/edits", "/images/variations"
    usage, costs, today = (
        "/organization/usage/images",
        "/organization/costs",
        f"?start_time={int(time.time()) - 86_400}",
    )
    searches = "/api-user/usage/search", "/api-user/points/search"
    plain = Caller(server=caller.server, key=caller.server.key("plain"))
    answers = [
        ("POST", "/files", upload),
        ("POST", "/files", caller.post_form("/files", text("purpose", "vision"))),
        ("GET", "/files", caller.request("GET", "/openai/v1/files")),
        ("GET", "/files/{file_id}", caller.request("GET", f"/openai/v1/files/{file_id}")),
        ("GET", "/files/{file_id}", caller.request("GET", "/openai/v1/files/nothing")),
        ("GET", "/models", caller.request("GET", "/openai/v1/models")),
        ("GET", "/models/{model}", caller.request("GET", "/openai/v1/models/gpt-image-2")),
        ("GET", "/models/{model}", caller.request("GET", "/openai/v1/models/nothing")),
        ("POST", generations, caller.post_json(generations, {"prompt": "x", "n": 2, "safety_identifier": "s"})),
        ("POST", generations, caller.post_json(generations, {"prompt": "x", "stream": True})),
        ("POST", generations, caller.post_json(generations, {"prompt": ""})),
        ("POST", generations, caller.post_json(generations, {"prompt": "x", "model": FAILING})),
        ("POST", generations, Caller(server=caller.server, key="sk-wrong").post_json(generations, {"prompt": "x"})),
        ("POST", edits, caller.post_form(edits, picture(photo), text("prompt", "x"))),
        ("POST", edits, caller.post_json(edits, {"prompt": "x", "images": [{"file_id": file_id}]})),
        ("POST", edits, caller.post_form(edits, text("prompt", "x"))),
        ("POST", edits, caller.request("POST", f"/openai/v1{edits}", form()[:-5], {"Content-Type": FORM_TYPE})),
        ("POST", variations, caller.post_form(variations, picture(photo))),
        ("GET", usage, caller.request("GET", f"/openai/v1{usage}?start_time=0")),
        ("GET", usage, caller.request("GET", f"/openai/v1{usage}{today}&group_by=model,size,source,user_id")),
        ("GET", usage, caller.request("GET", f"/openai/v1{usage}")),
        ("GET", usage, plain.request("GET", f"/openai/v1{usage}{today}")),
        ("GET", costs, caller.request("GET", f"/openai/v1{costs}{today}&group_by=line_item,api_source")),
        ("GET", "/api-user/credits", caller.request("GET", "/api-user/credits")),
        ("GET", "/api-user/services", caller.request("GET", "/api-user/services")),
        ("GET", "/api-user/services", caller.request("GET", f"/api-user/services?key={plain.key}")),
        ("POST", searches[0], caller.request("POST", searches[0], b'{"limit":1}')),
        ("POST", searches[0], caller.request("POST", searches[0], b'{"limit":0}')),
        ("POST", searches[1], caller.request("POST", searches[1])),
        ("POST", searches[1], caller.request("POST", searches[1], b"[]")),
        ("POST", "/images", caller.request("POST", "/openai/images", b'{"prompt": "x"}', as_json)),
        ("POST", "/images", caller.request("POST", "/openai/images", b'{"prompt": ""}', as_json)),
        ("GET", "/tasks", caller.request("GET", "/openai/tasks?taskId=nothing")),
        ("GET", "/tasks", caller.request("GET", "/openai/tasks")),
        *[("GET", "/tasks", done_task(caller, query)) for query in ("", "&resultFormat=url")],
        ("DELETE", "/files/{file_id}", caller.request("DELETE", f"/openai/v1/files/{file_id}")),
    ]
    found = [problem for method, path, answer in answers for problem in problems(document, method, path, answer)]
    assert not found


def base_of(path: str) -> str:
    """What stands before a path of the document."""
    if path.startswith("/api-user/"):
        return ""
    return "/openai" if path in {"/images", "/tasks"} else "/openai/v1"


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_made_up_requests_are_answered_as_described(
    caller: Caller, document: dict[str, Any], mode: GenerationMode
) -> None:
    """Requests that fit the document, and requests that do not, get described answers, none of them a defect."""
    # Whoever may ask for the model that is told to fail gets errors of the server that are none of ours.
    asked = json.loads(re.sub(f'"{FAILING}", |, "{FAILING}"', "", json.dumps(document)))
    assert FAILING not in json.dumps(asked)
    assert not defects(caller, asked, mode, base_of=base_of, examples=EXAMPLES_PER_OPERATION)
    assert "Traceback" not in caller.server.log()
