"""The organization endpoints: OpenAI's shapes over jobs that were really accounted for, for admins alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.http.accounts import DAY_S, MIDNIGHT_S, Accounts, accounts_of, with_history
from tests.storage.jobs import CHARGE_NUSD

from limner.clock import ManualClock
from limner.http.surface import Surface
from limner.storage import Storage

IMAGES, COSTS = "/organization/usage/images", "/organization/costs"


@pytest.fixture
async def found(surface: Surface, storage: Storage, clock: ManualClock) -> Accounts:
    """Accounts with a history."""
    return await with_history(await accounts_of(surface, storage, clock))


@pytest.fixture
async def admin(found: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    """A client with an admin's key."""
    async with found.client(found.admin) as client:
        yield client


def images(**changed: Any) -> dict[str, Any]:
    """A result of images with nothing told apart."""
    return {
        "object": "organization.usage.images.result",
        "images": 0,
        "num_model_requests": 0,
        "size": None,
        "source": None,
        "project_id": None,
        "user_id": None,
        "api_key_id": None,
        "model": None,
        **changed,
    }


async def test_a_page_has_openais_shape(admin: httpx.AsyncClient) -> None:
    """Buckets end where days do, the first begins where it was asked to, and one without usage is empty."""
    start_s = MIDNIGHT_S - DAY_S - 100
    response = await admin.get(IMAGES, params={"start_time": start_s})
    assert response.status_code == 200
    assert response.json() == {
        "object": "page",
        "data": [
            {"object": "bucket", "start_time": start_s, "end_time": start_s + 100, "results": []},
            {
                "object": "bucket",
                "start_time": MIDNIGHT_S - DAY_S,
                "end_time": MIDNIGHT_S,
                "results": [images(images=2, num_model_requests=1)],
            },
            {
                "object": "bucket",
                "start_time": MIDNIGHT_S,
                "end_time": MIDNIGHT_S + DAY_S,
                "results": [images(images=4, num_model_requests=3)],
            },
        ],
        "has_more": False,
        "next_page": None,
    }


async def test_costs_are_what_accounts_were_charged(admin: httpx.AsyncClient) -> None:
    """In dollars, by line item and with its number of pictures when that is asked for."""
    response = await admin.get(COSTS, params={"start_time": MIDNIGHT_S, "group_by": "line_item,project_id,api_source"})
    [bucket] = response.json()["data"]
    assert bucket["results"][0] == {
        "object": "organization.costs.result",
        "amount": {"value": CHARGE_NUSD / 1e9, "currency": "usd"},
        "line_item": "gpt-image-1",
        "project_id": "default",
        "user_id": None,
        "api_key_id": None,
        "api_source": "unlabeled",
        "quantity": 2,
        "quantity_unit": "images",
    }
    told = [(result["line_item"], result["project_id"], result["amount"]["value"]) for result in bucket["results"]]
    assert told == [
        ("gpt-image-1", "default", 0.211),
        ("gpt-image-2", "acct_other", 1e-9),
        ("gpt-image-2", "default", 0),
    ]
    plain = (await admin.get(COSTS, params={"start_time": MIDNIGHT_S})).json()["data"][0]["results"]
    assert [(result["quantity"], result["quantity_unit"], result["api_source"]) for result in plain] == [(None,) * 3]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("model", ["gpt-image-1", "gpt-image-2"]),
        ("size", [None, "1024x1024", "1024x1536"]),
        ("source", ["image.edit", "image.generation"]),
        ("project_id", ["acct_other", "default"]),
        ("user_id", [None, "ann"]),
    ],
)
async def test_each_grouping_is_told_in_its_field(admin: httpx.AsyncClient, name: str, told: list[str | None]) -> None:
    """The rest stays null."""
    response = await admin.get(IMAGES, params={"start_time": MIDNIGHT_S, "group_by[]": name})
    [bucket] = response.json()["data"]
    assert [result[name] for result in bucket["results"]] == told
    others = {"model", "size", "source", "project_id", "user_id", "api_key_id"} - {name}
    assert {result[other] for result in bucket["results"] for other in others} == {None}


async def test_usage_is_grouped_by_key(admin: httpx.AsyncClient, found: Accounts) -> None:
    """By its id, which a filter takes again."""
    query: dict[str, Any] = {"start_time": MIDNIGHT_S, "group_by": "api_key_id", "api_key_ids": [found.theirs.key.id]}
    [bucket] = (await admin.get(IMAGES, params=query)).json()["data"]
    assert bucket["results"] == [images(images=2, num_model_requests=1, api_key_id=found.theirs.key.id)]


@pytest.mark.parametrize(
    ("query", "requests"),
    [
        ({"models": ["gpt-image-1", "nope"]}, 1),
        ({"models[]": ["gpt-image-1", "gpt-image-2"]}, 3),
        ({"models[0]": "gpt-image-1"}, 1),
        ({"sizes": "1024x1024,1x1"}, 1),
        ({"sources": "image.edit"}, 1),
        ({"sources": "image.variation"}, 0),
        ({"project_ids": "default"}, 2),
        ({"user_ids": "ann"}, 1),
        ({"unheard_of": "1"}, 3),
    ],
)
async def test_usage_can_be_of_a_part(admin: httpx.AsyncClient, query: dict[str, Any], requests: int) -> None:
    """Each filter narrows it; what is not known is ignored."""
    [bucket] = (await admin.get(IMAGES, params={"start_time": MIDNIGHT_S, **query})).json()["data"]
    assert sum(result["num_model_requests"] for result in bucket["results"]) == requests


@pytest.mark.parametrize(("width", "width_s", "default"), [("1m", 60, 60), ("1h", 3600, 24), ("1d", DAY_S, 7)])
async def test_pages_have_openais_lengths(admin: httpx.AsyncClient, width: str, width_s: int, default: int) -> None:
    """As many buckets as are the default of their width, and a cursor to the rest."""
    page = (await admin.get(IMAGES, params={"start_time": MIDNIGHT_S - 40 * DAY_S, "bucket_width": width})).json()
    assert len(page["data"]) == default
    assert {bucket["end_time"] - bucket["start_time"] for bucket in page["data"]} == {width_s}
    assert page["has_more"] is True


@pytest.mark.parametrize("width", ["1m", "1h"])
async def test_shorter_buckets_add_up_to_the_day(admin: httpx.AsyncClient, width: str) -> None:
    """Followed page by page, every picture comes once; the page size may change on the way."""
    query: dict[str, Any] = {
        "start_time": MIDNIGHT_S - 7200, "end_time": MIDNIGHT_S + 100, "bucket_width": width, "group_by": "model",
    }  # fmt: skip
    results, ends, page = [], [query["start_time"]], None
    for limit in (1, 50, 100):
        answer = (await admin.get(IMAGES, params=query | {"limit": limit} | ({"page": page} if page else {}))).json()
        for bucket in answer["data"]:
            assert bucket["start_time"] == ends[-1]
            ends.append(bucket["end_time"])
            results += bucket["results"]
        page = answer["next_page"]
        if page is None:
            break
    assert ends[-1] == MIDNIGHT_S + 100
    assert sum(result["images"] for result in results) == 6
    assert sum(result["num_model_requests"] for result in results) == 4


async def test_a_time_to_come_has_no_buckets(admin: httpx.AsyncClient) -> None:
    """Nothing has happened then."""
    page = (await admin.get(IMAGES, params={"start_time": MIDNIGHT_S + 9 * DAY_S})).json()
    assert (page["data"], page["has_more"], page["next_page"]) == ([], False, None)


@pytest.mark.parametrize(
    ("path", "query", "param", "code"),
    [
        (IMAGES, {}, "start_time", "missing_required_parameter"),
        (IMAGES, {"start_time": "yesterday"}, "start_time", "invalid_type"),
        (IMAGES, {"start_time": "1.5"}, "start_time", "invalid_type"),
        (IMAGES, {"start_time": "-1"}, "start_time", "integer_below_min_value"),
        (IMAGES, {"start_time": "9" * 5000}, "start_time", "integer_above_max_value"),
        (IMAGES, {"start_time": ["1", "2"]}, "start_time", "duplicate_parameter"),
        (IMAGES, {"start_time": "5", "end_time": "5"}, "end_time", "invalid_value"),
        (IMAGES, {"start_time": "5", "end_time": "4"}, "end_time", "invalid_value"),
        (IMAGES, {"start_time": "0", "bucket_width": "1w"}, "bucket_width", "invalid_value"),
        (IMAGES, {"start_time": "0", "bucket_width": "1d", "limit": "32"}, "limit", "integer_above_max_value"),
        (IMAGES, {"start_time": "0", "bucket_width": "1h", "limit": "169"}, "limit", "integer_above_max_value"),
        (IMAGES, {"start_time": "0", "bucket_width": "1m", "limit": "1441"}, "limit", "integer_above_max_value"),
        (IMAGES, {"start_time": "0", "limit": "0"}, "limit", "integer_below_min_value"),
        (IMAGES, {"start_time": "0", "group_by": "model,colour"}, "group_by", "invalid_value"),
        (IMAGES, {"start_time": "0", "group_by": "line_item"}, "group_by", "invalid_value"),
        (IMAGES, {"start_time": "0", "sizes": "big"}, "sizes", "invalid_value"),
        (IMAGES, {"start_time": "0", "sizes": "0x0"}, "sizes", "invalid_value"),
        (IMAGES, {"start_time": "0", "sources": "image.upscale"}, "sources", "invalid_value"),
        (IMAGES, {"start_time": "0", "models": ""}, "models", "empty_string"),
        (IMAGES, {"start_time": "0", "models": "a\0b"}, "models", "invalid_value"),
        (IMAGES, {"start_time": "0", "models": "m" * 257}, "models", "string_above_max_length"),
        (IMAGES, {"start_time": "0", "models": ["m"] * 101}, "models", "array_above_max_length"),
        (IMAGES, {"start_time": "0", "page": "2"}, "page", "invalid_value"),
        (IMAGES, {"start_time": "0", "page": "\u00e9"}, "page", "invalid_value"),
        (IMAGES, {"start_time": "0", "page": "x" * 1025}, "page", "string_above_max_length"),
        (COSTS, {"start_time": "0", "bucket_width": "1h"}, "bucket_width", "invalid_value"),
        (COSTS, {"start_time": "0", "limit": "181"}, "limit", "integer_above_max_value"),
        (COSTS, {"start_time": "0", "group_by": "model"}, "group_by", "invalid_value"),
    ],
)
async def test_a_bad_query_names_what_is_wrong(
    admin: httpx.AsyncClient, path: str, query: dict[str, Any], param: str, code: str
) -> None:
    """In OpenAI's envelope, whatever was sent."""
    response = await admin.get(path, params=query)
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    assert len(error["message"]) < 500


async def test_a_cursor_belongs_to_its_question(admin: httpx.AsyncClient) -> None:
    """Neither another query, nor the other endpoint, nor a changed letter gets anywhere with it."""
    query: dict[str, Any] = {"start_time": MIDNIGHT_S - 40 * DAY_S, "group_by": "project_id"}
    page = (await admin.get(IMAGES, params=query)).json()["next_page"]
    assert (await admin.get(IMAGES, params=query | {"page": page})).status_code == 200
    forged = [
        (IMAGES, query | {"page": page, "start_time": MIDNIGHT_S - 39 * DAY_S}),
        (IMAGES, query | {"page": page, "models": "gpt-image-2"}),
        (COSTS, query | {"page": page}),
        (IMAGES, query | {"page": page[:-1]}),
        (IMAGES, query | {"page": ("B" if page[0] == "A" else "A") + page[1:]}),
        (IMAGES, query | {"page": page + "AAAA"}),
    ]
    for path, changed in forged:
        response = await admin.get(path, params=changed)
        assert (response.status_code, response.json()["error"]["param"]) == (400, "page")


@pytest.mark.parametrize("path", [IMAGES, COSTS])
async def test_only_admins_may_ask(found: Accounts, path: str) -> None:
    """Another key gets OpenAI's refusal, none at all the usual one."""
    async with found.client(found.ours) as client:
        response = await client.get(path, params={"start_time": 0})
        assert response.status_code == 403
        assert response.json()["error"]["message"].startswith(
            "You have insufficient permissions for this operation. Missing scopes: api.usage.read."
        )
        assert response.headers["x-should-retry"] == "false"
    async with found.client(None) as client:
        assert (await client.get(path, params={"start_time": 0})).status_code == 401


async def test_the_same_answers_under_v1(admin: httpx.AsyncClient) -> None:
    """As every endpoint of OpenAI's."""
    for path in (IMAGES, COSTS):
        here = await admin.get(path, params={"start_time": MIDNIGHT_S})
        there = await admin.get(f"http://limner.test/v1{path}", params={"start_time": MIDNIGHT_S})
        assert (there.status_code, there.content) == (200, here.content)
