"""The served document of administration is true: answers match it, and made-up requests find no server error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from schemathesis import GenerationMode
from tests.server.described import problems
from tests.server.made_up import defects
from tests.server.wire import Answer, Caller
from tests.serving import Server, scripted, serving

EXAMPLES_PER_OPERATION = 15
PREFIX = "/limner/v1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an engine that answers at once."""
    with serving(tmp_path_factory.mktemp("admin"), scripted(fast="")) as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: Server) -> Caller:
    """Somebody who administers it."""
    return Caller(server=server, key=server.key("admin", "--admin"))


@pytest.fixture(scope="module")
def document(admin: Caller) -> dict[str, Any]:
    """The document as served, to anybody."""
    answer = Caller(server=admin.server, key="").request("GET", f"{PREFIX}/openapi.json")
    assert answer.status == 200
    return answer.document


def test_every_answer_is_as_described(admin: Caller, document: dict[str, Any]) -> None:
    """Good and bad answers of every operation validate against the schema of their status."""

    def ask(method: str, path: str, body: Any = None, key: str | None = None) -> Answer:
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        caller = Caller(server=admin.server, key=key or admin.key)
        return caller.request(method, PREFIX + path, content)

    made = ask("POST", "/keys", {"name": "user", "models": ["scripted-fast"], "budget_usd": "1", "labels": {"a": "b"}})
    user = str(made.document["secret"])
    picture = Caller(server=admin.server, key=user).post_json(
        "/images/generations", {"model": "scripted-fast", "prompt": "x", "user": "ann"}
    )
    assert picture.status == 200
    job = picture.headers["x-request-id"]
    answers = [
        ("POST", "/keys", made),
        ("POST", "/keys", ask("POST", "/keys", {"name": "user"})),
        ("POST", "/keys", ask("POST", "/keys", b"{")),
        ("POST", "/accounts", ask("POST", "/accounts", {"name": "studio", "markup_percent": "7.25"})),
        ("POST", "/accounts", ask("POST", "/accounts", {"name": "loose", "credit_limit_usd": None})),
        ("POST", "/accounts", ask("POST", "/accounts", {"name": "studio"})),
        ("GET", "/accounts", ask("GET", "/accounts?limit=1")),
        ("GET", "/accounts", ask("GET", "/accounts", key=user)),
        ("GET", "/accounts", ask("GET", "/accounts", key="sk-wrong")),
        ("GET", "/accounts/{account}", ask("GET", "/accounts/studio")),
        ("GET", "/accounts/{account}", ask("GET", "/accounts/nobody")),
        ("PATCH", "/accounts/{account}", ask("PATCH", "/accounts/studio", {"labels": None})),
        ("POST", "/accounts/{account}/credits", ask("POST", "/accounts/studio/credits", {"amount_usd": "5"})),
        ("GET", "/accounts/{account}/check", ask("GET", "/accounts/studio/check")),
        ("POST", "/accounts/{account}/close", ask("POST", "/accounts/studio/close")),
        ("GET", "/keys", ask("GET", "/keys")),
        ("GET", "/keys/{key}", ask("GET", "/keys/user")),
        ("PATCH", "/keys/{key}", ask("PATCH", "/keys/user", {"expires_at": 4_000_000_000, "jobs_at_once": 3})),
        ("POST", "/keys/{key}/block", ask("POST", "/keys/user/block", {"user": "ann"})),
        ("GET", "/keys/{key}/blocked", ask("GET", "/keys/user/blocked")),
        ("POST", "/keys/{key}/unblock", ask("POST", "/keys/user/unblock", {"user": "ann"})),
        ("POST", "/keys/{key}/unblock", ask("POST", "/keys/user/unblock", {"user": "ann"})),
        ("POST", "/keys/{key}/rotate", ask("POST", "/keys/user/rotate", {"overlap_s": 60})),
        ("GET", "/usage", ask("GET", "/usage?by=day,model,engine,key,account,source,size,user")),
        ("GET", "/usage", ask("GET", "/usage")),
        ("GET", "/entries", ask("GET", "/entries?keys=user")),
        ("GET", "/prices", ask("GET", "/prices?include_published=true&limit=1000")),
        ("POST", "/prices/quote", ask("POST", "/prices/quote", {"model": "scripted-fast", "input_sizes": ["64x64"]})),
        ("GET", "/trail", ask("GET", "/trail?limit=1000")),
        ("GET", "/jobs/{job_id}", ask("GET", f"/jobs/{job}", key=user)),
        ("GET", "/jobs/{job_id}", ask("GET", "/jobs/req_nothing")),
        ("POST", "/keys/{key}/revoke", ask("POST", "/keys/user/revoke")),
    ]
    assert {(method.lower(), path) for method, path, _ in answers} == {
        (method, path) for path, item in document["paths"].items() for method in item if method != "parameters"
    }
    found = [problem for method, path, answer in answers for problem in problems(document, method, path, answer)]
    assert not found
    assert 500 not in {answer.status for _, _, answer in answers}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_made_up_requests_are_answered_as_described(
    admin: Caller, document: dict[str, Any], mode: GenerationMode
) -> None:
    """Requests that fit the document, and requests that do not, get described answers, none of them a defect."""
    assert not defects(admin, document, mode, base_of=lambda _: PREFIX, examples=EXAMPLES_PER_OPERATION)
    assert "Traceback" not in admin.server.log()
