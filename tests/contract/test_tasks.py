"""Tasks on the wire: one endpoint for new pictures and changed ones, by the tables of both."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from limner.contract.catalog import Catalog, Delivery
from limner.contract.draft import Attached, FileId, RemoteUrl, TaskDraft
from limner.contract.fields import IMAGE_URL_CHARS_MAX, Endpoint
from limner.contract.parse import parse_task
from limner.contract.schemas import SCHEMAS, request_schema
from limner.contract.tasks import result_format_of
from limner.errors import CallerError, InvalidRequest
from limner.job import Fate, Kind, Quality, Strictness

DATA_URL = "data:image/png;base64," + base64.b64encode(b"p").decode()
HOOK = "https://receiver.example/hook"
Read = Callable[..., TaskDraft]


@pytest.fixture
def read(catalog: Catalog) -> Read:
    """Parse the fields of a task."""

    def parse(strictness: Strictness = Strictness.LIMNER, **sent: Any) -> TaskDraft:
        return parse_task(json.dumps(sent).encode(), catalog, strictness)

    return parse


def refused(read: Read, strictness: Strictness = Strictness.LIMNER, **sent: Any) -> CallerError:
    """Why a task is refused."""
    with pytest.raises(CallerError) as error:
        read(strictness, **sent)
    return error.value


def test_without_a_picture_a_task_makes_a_new_one(read: Read) -> None:
    """With every field that generations have but the stream's."""
    task = read(prompt="a fox", n=10, size="1536x864", quality="hd", image=None, seed=7)
    request = task.draft.request
    assert (request.kind, request.prompt, request.n, str(request.size)) == (Kind.GENERATION, "a fox", 10, "1536x864")
    assert (request.quality, request.extra, task.webhook) == (Quality.HIGH, {"seed": 7}, None)


@pytest.mark.parametrize(
    ("image", "kinds", "params"),
    [
        (DATA_URL, [Attached], ["image"]),
        ("https://pictures.example/a.png", [RemoteUrl], ["image"]),
        ([DATA_URL], [Attached], ["image[0]"]),
        ([DATA_URL, "https://p.example/a"], [Attached, RemoteUrl], ["image[0]", "image[1]"]),
        ({"file_id": "file-a"}, [FileId], ["image.file_id"]),
        ([{"image_url": DATA_URL}, DATA_URL], [Attached, Attached], ["image[0].image_url", "image[1]"]),
    ],
)
def test_with_pictures_a_task_changes_them(read: Read, image: Any, kinds: list[type], params: list[str]) -> None:
    """One by itself or several in a list, each by address, in the body or as an edit names it."""
    draft = read(prompt="add a hat", image=image, mask=DATA_URL).draft
    assert draft.request.kind is Kind.EDIT
    assert [type(picture) for picture in draft.images] == kinds
    assert [picture.param for picture in draft.images] == params
    assert draft.mask is not None
    assert draft.mask.param == "mask"


@pytest.mark.parametrize(
    ("sent", "param", "code"),
    [
        ({}, "prompt", "missing_required_parameter"),
        ({"prompt": "p", "n": 11}, "n", "integer_above_max_value"),
        ({"prompt": "p", "model": "nope"}, "model", "invalid_value"),
        ({"prompt": "p", "size": "big"}, "size", "invalid_value"),
        ({"prompt": "p", "image": ""}, "image", "empty_string"),
        ({"prompt": "p", "image": []}, "image", "empty_array"),
        ({"prompt": "p", "image": [DATA_URL] * 17}, "image", "array_above_max_length"),
        ({"prompt": "p", "image": ["ftp://x"]}, "image[0]", "invalid_value"),
        ({"prompt": "p", "image": 5}, "image", "invalid_type"),
        ({"prompt": "p", "image": "data:image/png;base64,!"}, "image", "invalid_image_file"),
        ({"prompt": "p", "image": DATA_URL, "mask": 5}, "mask", "invalid_type"),
        ({"prompt": "p", "mask": DATA_URL}, "image", "missing_required_parameter"),
        ({"prompt": "p", "images": [DATA_URL]}, "images", "invalid_value"),
        ({"prompt": "p", "webhook": 5}, "webhook", "invalid_type"),
        ({"prompt": "p", "webhook": ""}, "webhook", "empty_string"),
        ({"prompt": "p", "webhook": HOOK + "x" * 2048}, "webhook", "string_above_max_length"),
    ],
)
def test_refusals_are_those_of_the_image_endpoints(read: Read, sent: Any, param: str, code: str) -> None:
    """With the name under which the task has it."""
    error = refused(read, **sent)
    assert (error.status, error.param, error.code) == (400, param, code)


def test_a_picture_of_30_mb_in_a_data_url_is_refused(read: Read) -> None:
    """OpenAI's limit for an address is the task's."""
    error = refused(read, prompt="p", image="data:image/png;base64," + "A" * 40_000_000)
    assert (error.status, error.param, error.code) == (400, "image", "string_above_max_length")
    assert str(IMAGE_URL_CHARS_MAX) in error.message


@pytest.mark.parametrize("name", ["stream", "partial_images"])
def test_a_task_has_no_stream(read: Read, name: str) -> None:
    """What only a stream has is told as unknown, or refused where the live rules hold."""
    draft = read(prompt="p", **{name: 1}).draft
    assert draft.unknown == (name,)
    assert not draft.request.stream
    assert draft.request.partial_images == 0
    assert refused(read, Strictness.OPENAI, model="gpt-image-2", prompt="p", **{name: 1}).code == "unknown_parameter"


def test_the_webhook_is_no_parameter_of_the_picture(read: Read) -> None:
    """It is accepted under either rules, and nothing is told of it."""
    for strictness in Strictness:
        task = read(strictness, model="gpt-image-2", prompt="p", webhook=HOOK)
        assert (task.webhook, task.draft.unknown, task.draft.given) == (HOOK, (), ())
    assert read(prompt="p", webhook=None).webhook is None


def test_dall_e_models_deliver_by_address(read: Read) -> None:
    """As they do everywhere, unless asked otherwise; others never do by themselves."""
    assert read(prompt="p", model="own-dall-e-2").draft.delivery is Delivery.URL
    assert read(prompt="p", model="own-dall-e-2", response_format="b64_json").draft.delivery is Delivery.B64_JSON
    draft = read(prompt="p", response_format="url").draft
    assert (draft.delivery, draft.told["response_format"].fate) == (Delivery.B64_JSON, Fate.IGNORED)


def test_a_query_says_how_pictures_are_delivered() -> None:
    """In the words of `response_format`."""
    assert result_format_of({}) is None
    assert result_format_of({"resultFormat": "url"}) is Delivery.URL
    with pytest.raises(InvalidRequest, match="'url'"):
        result_format_of({"resultFormat": "png"})


@pytest.mark.parametrize(
    "sent",
    [
        {"prompt": "p"},
        {"prompt": "p", "image": DATA_URL, "mask": "https://p.example/m.png", "n": 3},
        {"prompt": "p", "image": [DATA_URL, {"file_id": "f"}], "webhook": HOOK, "extra": 1},
        {"prompt": "p", "image": None, "webhook": None, "model": None},
    ],
)
def test_what_is_taken_satisfies_the_schema(catalog: Catalog, read: Read, sent: Any) -> None:
    """The document promises it."""
    read(**sent)
    assert accepts(catalog, sent)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"prompt": "p", "image": []},
        {"prompt": "p", "image": "ftp://x"},
        {"prompt": "p", "mask": DATA_URL},
        {"prompt": "p", "webhook": ""},
        {"prompt": "p", "n": 11},
    ],
)
def test_what_is_refused_does_not_satisfy_the_schema(catalog: Catalog, read: Read, sent: Any) -> None:
    """The document promises no more than is served."""
    refused(read, **sent)
    assert not accepts(catalog, sent)


def accepts(catalog: Catalog, sent: Any) -> bool:
    """Whether a body satisfies the schema of tasks."""
    schema = {**request_schema(Endpoint.TASKS, catalog), "components": {"schemas": SCHEMAS}}
    return bool(Draft202012Validator(schema).is_valid(sent))
