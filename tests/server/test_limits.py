"""Keys with budgets and rates, and accounts with credit, from the command line to the answer."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.serving import Server

FIELDS = {"model": "scripted-fast", "prompt": "a fox", "quality": "low", "size": "1024x1024"}
FOR_ONE_USD = "0.007"
"""196 tokens at 30 dollars a million and a few of text: more than one picture, less than two."""


def ask(server: Server, key: str, **fields: object) -> httpx.Response:
    """One generation."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{server.base_url}/images/generations", headers=headers, json={**FIELDS, **fields}, timeout=60)


def told(refused: httpx.Response) -> tuple[int, str, str, str]:
    """Status, type and code of a refusal, and whether the SDKs are to try again."""
    error = refused.json()["error"]
    return refused.status_code, error["type"], error["code"], refused.headers["x-should-retry"]


@pytest.mark.parametrize(
    ("window", "code"),
    [
        ("--budget", "insufficient_quota"),
        ("--budget-day", "project_spend_limit_exceeded"),
        ("--budget-month", "project_spend_limit_exceeded"),
    ],
)
def test_parallel_calls_on_a_budget_for_one_buy_exactly_one(open_server: Server, window: str, code: str) -> None:
    """The others get OpenAI's quota refusal, which no SDK repeats; a stream is refused as plain JSON, too."""
    key = open_server.key(f"for-one{window}", window, FOR_ONE_USD)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(open_server, key), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [429] * 7
    for refused in (*[answer for answer in answers if answer.status_code == 429], ask(open_server, key, stream=True)):
        assert told(refused) == (429, "insufficient_quota", code, "false")
        assert "retry-after" not in refused.headers
    assert open_server.check()["sound"]


def test_rates_are_told_in_every_answer_and_when_they_are_used_up(open_server: Server) -> None:
    """The headers count down with each answer, plain or streamed, and a refusal says when to come back."""
    key = open_server.key("rated", "--requests-per-minute", "2", "--images-per-minute", "50")
    first = ask(open_server, key, n=3)
    assert first.headers["x-ratelimit-limit-requests"] == "2"
    assert first.headers["x-ratelimit-remaining-requests"] == "1"
    assert re.fullmatch(r"30s|29\.\d+s", first.headers["x-ratelimit-reset-requests"])
    assert first.headers["x-ratelimit-remaining-images"] == "47"
    second = ask(open_server, key, stream=True)
    assert (second.status_code, second.headers["x-ratelimit-remaining-requests"]) == (200, "0")
    refused = ask(open_server, key)
    assert told(refused) == (429, "requests", "rate_limit_exceeded", "true")
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"
    assert refused.headers["x-ratelimit-limit-images"] == "50"
    assert 0 < int(refused.headers["retry-after-ms"]) <= 30_000
    assert 0 < int(refused.headers["retry-after"]) <= 30
    assert "Rate limit reached" in refused.json()["error"]["message"]


def test_a_request_for_more_pictures_than_a_minute_has_is_not_repeated(open_server: Server) -> None:
    """Waiting would not help."""
    refused = ask(open_server, open_server.key("few", "--images-per-minute", "2"), n=3)
    assert told(refused) == (429, "images", "rate_limit_exceeded", "false")
    assert refused.headers["x-ratelimit-remaining-images"] == "2"
    assert "retry-after" not in refused.headers


def test_a_key_without_rates_has_no_such_headers(open_server: Server, open_key: str) -> None:
    """As the live API's image answers have none."""
    assert not [name for name in ask(open_server, open_key).headers if name.startswith("x-ratelimit")]


def test_a_key_is_kept_to_its_models(open_server: Server) -> None:
    """Another model is a 403 for the key, whether it exists in the list or not shown to it."""
    key = open_server.key("painter", "--model", "scripted-fast")
    assert told(ask(open_server, key, model="gpt-image-2")) == (
        403,
        "invalid_request_error",
        "model_not_found",
        "false",
    )
    assert ask(open_server, key).status_code == 200
    listing = httpx.get(f"{open_server.base_url}/models", headers={"Authorization": f"Bearer {key}"}).json()
    assert [model["id"] for model in listing["data"]] == ["scripted-fast"]


def test_a_blocked_end_user_is_refused(open_server: Server) -> None:
    """Whichever field names them; the key's other users go on."""
    key = open_server.key("shared")
    open_server.command("keys", "block", "shared", "mallory")
    for field in ("user", "safety_identifier"):
        refused = ask(open_server, key, **{field: "mallory"})
        assert told(refused) == (403, "invalid_request_error", "identifier_blocked", "false")
        assert ask(open_server, key, **{field: "alice"}).status_code == 200


def test_a_prepaid_account_draws_what_was_put_in(open_server: Server) -> None:
    """Nothing without credit, one picture for the price of one, nothing when it is spent, and nothing once closed."""
    open_server.command("accounts", "create", "studio")
    key = open_server.key("prepaid", "--account", "studio")
    exhausted = (429, "insufficient_quota", "credit_balance_exhausted", "false")
    assert told(ask(open_server, key)) == exhausted
    open_server.command("accounts", "credit", "studio", FOR_ONE_USD)
    answer = ask(open_server, key)
    assert (answer.status_code, answer.headers["openai-organization"]) == (200, "studio")
    assert told(ask(open_server, key)) == exhausted
    open_server.command("accounts", "close", "studio")
    assert told(ask(open_server, key)) == (401, "invalid_request_error", "account_deactivated", "false")
    assert open_server.check()["sound"]
