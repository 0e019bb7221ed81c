"""The official Python SDK reads usage and costs that equal `limner usage` and the entries of the ledger."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.admin.organization.usage_costs_response import UsageCostsResponse
from openai.types.admin.organization.usage_images_response import UsageImagesResponse
from tests.serving import LIMNER, Server

DAY_S = 86_400


@pytest.fixture(scope="session")
def admin_key(server: Server) -> str:
    """A key that administers the server."""
    return server.key("organization", "--admin")


@pytest.fixture
def admin(server: Server, admin_key: str) -> Iterator[openai.OpenAI]:
    """A client with it."""
    with openai.OpenAI(api_key=admin_key, admin_api_key=admin_key, base_url=server.base_url, max_retries=0) as client:
        yield client


def limner(server: Server, *words: str) -> Any:
    """What a command of `limner` says in JSON."""
    command = [LIMNER, *words, "--json", "--data", str(server.data)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout)


def test_usage_through_the_low_level_client_equals_the_ledger(server: Server, admin: openai.OpenAI) -> None:
    """Pictures and money of one key come to the same in the API, on the command line and in the entries."""
    with openai.OpenAI(api_key=server.key("billed"), base_url=server.base_url) as client:
        client.images.generate(model="scripted-fast", prompt="a fox", n=2, size="1024x1024", user="ann")
        client.images.generate(model="scripted-fast", prompt="a fox", size="1536x1024")
    [key_id] = [key["id"] for key in limner(server, "keys", "list") if key["name"] == "billed"]
    query: dict[str, Any] = {"start_time": int(time.time()) - DAY_S, "api_key_ids": [key_id], "group_by": ["size"]}
    usage: Any = admin.get("/organization/usage/images", cast_to=object, options={"params": query})
    results = [result for bucket in usage["data"] for result in bucket["results"]]
    assert [(result["size"], result["images"], result["num_model_requests"]) for result in results] == [
        ("1024x1024", 2, 1),
        ("1536x1024", 1, 1),
    ]
    query["group_by"] = ["api_key_id"]
    costs: Any = admin.get("/organization/costs", cast_to=object, options={"params": query})
    [cost] = [result for bucket in costs["data"] for result in bucket["results"]]
    [line] = limner(server, "usage", "--by", "key", "--key", "billed")
    entries = limner(server, "entries", "--key", "billed")
    assert line["images"] == sum(result["images"] for result in results) == 3
    assert cost["amount"]["value"] == pytest.approx(float(line["charge_usd"]), abs=1e-12)
    assert -sum(float(entry["amount_usd"]) for entry in entries) == pytest.approx(float(line["charge_usd"]), abs=1e-12)
    assert float(line["charge_usd"]) > 0


def test_the_sdks_own_admin_methods_read_the_same(admin: openai.OpenAI) -> None:
    """Their types fit, and lists arrive as the SDK writes them."""
    usage = admin.admin.organization.usage.images(
        start_time=int(time.time()) - DAY_S,
        bucket_width="1h",
        limit=30,
        group_by=["model", "source", "user_id"],
        models=["scripted-fast"],
        sources=["image.generation"],
    )
    assert type(usage) is UsageImagesResponse
    found = [result for bucket in usage.data for result in bucket.results]
    assert {result.object for result in found} == {"organization.usage.images.result"}
    costs = admin.admin.organization.usage.costs(start_time=int(time.time()) - DAY_S, group_by=["line_item"], limit=180)
    assert type(costs) is UsageCostsResponse
    assert all(type(result).__name__.endswith("CostsResult") for bucket in costs.data for result in bucket.results)


def test_another_key_may_not_read_the_organization(client: openai.OpenAI) -> None:
    """The SDK raises what it raises at OpenAI."""
    with pytest.raises(openai.PermissionDeniedError, match=r"Missing scopes: api\.usage\.read"):
        client.get("/organization/usage/images", cast_to=object, options={"params": {"start_time": 0}})
