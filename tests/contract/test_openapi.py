"""The OpenAPI document: valid, complete, and true to what is answered and accepted."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import pytest
import schemathesis
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types
from schemathesis.core.result import Ok

from limner.blobs import Blob
from limner.contract.answers import images_body
from limner.contract.catalog import Catalog, Delivery
from limner.contract.credits import POINTS_SEARCH, USAGE_SEARCH
from limner.contract.envelope import error_body
from limner.contract.families import known_models
from limner.contract.fields import FIELDS, Endpoint, Shape
from limner.contract.files import deleted_body, file_body, files_body
from limner.contract.models import model_body, models_body
from limner.contract.openapi import document
from limner.contract.organization import COSTS, IMAGES
from limner.contract.sse import completed_event, error_event, partial_event
from limner.errors import CallerError, LimnerError, MethodNotAllowed, ModerationBlocked
from limner.files import Page, StoredFile
from limner.job import Answer, Background, Format, Kind, PartialAnswer, Quality, Size, Usage

URL = "https://limner.example/openai/v1"
BLOB = Blob.from_bytes(b"picture", "image/png")
ANSWER = Answer(
    blobs=(BLOB,),
    revised_prompts=("a cat",),
    created_s=1790000000,
    size=Size(1024, 1024),
    quality=Quality.LOW,
    background=Background.OPAQUE,
    output_format=Format.PNG,
    usage=Usage(text_input_tokens=1, image_output_tokens=2),
    report={},
    safety_identifier="who",
)
FILE = StoredFile(
    id="file-a", account_id="a", filename="a.png", purpose="vision", media_type="image/png", size_bytes=1,
    created_at_s=1.0, expires_at_s=None,
)  # fmt: skip


@pytest.fixture(scope="module")
def described(catalog: Catalog) -> dict[str, Any]:
    """The document of a catalog with every family."""
    return document(catalog, server_url=URL, version="1.2.3")


def check(described: Mapping[str, Any], name: str, body: bytes | str) -> None:
    """Hold an answer against a component."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
    Draft202012Validator(schema).validate(json.loads(body))


def accepts(described: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> bool:
    """Whether a value satisfies a schema of the document."""
    return bool(Draft202012Validator({**schema, "components": described["components"]}).is_valid(value))


def body_schema(described: Mapping[str, Any], path: str, media_type: str) -> dict[str, Any]:
    """The schema of a request body."""
    return cast("dict[str, Any]", described["paths"][path]["post"]["requestBody"]["content"][media_type]["schema"])


def test_schemathesis_reads_every_operation(described: dict[str, Any]) -> None:
    """The document is valid OpenAPI 3.1, and every operation has the name the SDKs have for it."""
    results = list(schemathesis.openapi.from_dict(described).get_all_operations())
    operations = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(operations) == len(results)
    assert {operation.definition.raw["operationId"] for operation in operations} == {
        "images.generate", "images.edit", "images.createVariation", "models.list", "models.retrieve", "files.list",
        "files.create", "files.retrieve", "files.delete", "files.content", "usage.images", "usage.costs",
        "credits.retrieve", "services.list", "usage.search", "points.search",
        "tasks.create", "tasks.retrieve", "tasks.cancel",
    }  # fmt: skip


def test_no_reference_leads_nowhere(described: dict[str, Any]) -> None:
    """Every `$ref` is a component of the document."""
    for reference in references(described):
        assert reference.startswith("#/components/")
        found: Any = described
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert found


def references(value: Any) -> Iterator[str]:
    """Every `$ref` in a document."""
    if isinstance(value, Mapping):
        if "$ref" in value:
            yield value["$ref"]
        for member in value.values():
            yield from references(member)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for member in value:
            yield from references(member)


def test_every_field_is_described(described: dict[str, Any]) -> None:
    """Each endpoint's body lists the fields that endpoint parses, with their descriptions."""
    bodies = {
        Endpoint.GENERATIONS: body_schema(described, "/images/generations", "application/json"),
        Endpoint.EDITS_JSON: body_schema(described, "/images/edits", "application/json"),
        Endpoint.EDITS_FORM: body_schema(described, "/images/edits", "multipart/form-data"),
        Endpoint.VARIATIONS: body_schema(described, "/images/variations", "multipart/form-data"),
    }
    for endpoint, schema in bodies.items():
        for field in FIELDS:
            name = "svg[model]" if field.shape is Shape.SVG and endpoint is Endpoint.EDITS_FORM else field.name
            assert (name in schema["properties"]) == (endpoint in field.where)
            if name in schema["properties"]:
                assert schema["properties"][name]["description"] == field.description


def test_an_image_can_be_asked_for_under_a_key_of_its_own(described: dict[str, Any]) -> None:
    """The header is described as it is checked, wherever a picture is bought."""
    for path in ("/images/generations", "/images/edits", "/images/variations"):
        [parameter] = described["paths"][path]["post"]["parameters"]
        assert (parameter["name"], parameter["in"], parameter.get("required")) == ("Idempotency-Key", "header", None)
        for sent, good in (
            ("a", True),
            ("a b", True),
            ("x" * 255, True),
            ("x" * 256, False),
            ("", False),
            (" a", False),
        ):
            assert accepts(described, parameter["schema"], sent) is good


def test_answers_validate(described: dict[str, Any], catalog: Catalog) -> None:
    """What this server says is what the document says it says."""
    check(described, "Images", b"".join(images_body(ANSWER, catalog["gpt-image-2"])))
    check(described, "LegacyImages", b"".join(images_body(ANSWER, catalog["own-dall-e-3"])))
    check(
        described, "LegacyImages", b"".join(images_body(ANSWER, catalog["own-dall-e-2"], Delivery.URL, ["https://x/0"]))
    )
    check(described, "ModelList", models_body(catalog))
    check(described, "Model", model_body("gpt-image-2", catalog))
    check(described, "File", file_body(FILE))
    check(described, "FileList", files_body(Page((FILE,), has_more=False)))
    check(described, "FileDeleted", deleted_body("file-a"))


def test_every_argument_is_described(described: dict[str, Any]) -> None:
    """What reads the ledger lists the arguments it parses, with their descriptions."""
    for path, arguments in (("/organization/usage/images", IMAGES.arguments), ("/organization/costs", COSTS.arguments)):
        parameters = described["paths"][path]["get"]["parameters"]
        assert [(parameter["name"], parameter["description"]) for parameter in parameters] == [
            (argument.name, argument.description) for argument in arguments
        ]
    for path, arguments in (("/api-user/usage/search", USAGE_SEARCH), ("/api-user/points/search", POINTS_SEARCH)):
        reference = body_schema(described, path, "application/json")["$ref"].rpartition("/")[2]
        properties = described["components"]["schemas"][reference]["properties"]
        assert {name: schema["description"] for name, schema in properties.items()} == {
            argument.name: argument.description for argument in arguments
        }


def test_the_credits_surface_stands_at_the_root(described: dict[str, Any]) -> None:
    """Beside OpenAI's paths, and with either header for the key."""
    for path, item in described["paths"].items():
        if path.startswith("/api-user/"):
            assert item["servers"] == [{"url": "https://limner.example"}]
            [operation] = [item[method] for method in ("get", "post") if method in item]
            assert operation["security"] == [{"bearer": []}, {"apiKey": []}]


@pytest.mark.parametrize(("kind", "name"), [(Kind.GENERATION, "ImageGeneration"), (Kind.EDIT, "ImageEdit")])
def test_events_validate(kind: Kind, name: str, described: dict[str, Any]) -> None:
    """Each event's data satisfies the component its stream names."""
    partial = PartialAnswer(
        index=0, blob=BLOB, created_s=1, size=Size(1, 1), quality=Quality.LOW, background=Background.OPAQUE,
        output_format=Format.PNG,
    )  # fmt: skip
    check(described, f"{name}PartialImageEvent", data_of(b"".join(partial_event(kind, partial))))
    check(described, f"{name}CompletedEvent", data_of(b"".join(completed_event(kind, ANSWER))))
    check(described, "ErrorEvent", data_of(error_event(ModerationBlocked("m"), "req_1")))


def data_of(event: bytes) -> bytes:
    """An event's data."""
    return event.split(b"data: ")[1]


def leaves(root: type[LimnerError]) -> Iterator[type[LimnerError]]:
    """A class and all its descendants."""
    yield root
    for child in root.__subclasses__():
        yield from leaves(child)


@pytest.mark.parametrize("kind", list(leaves(LimnerError)), ids=lambda kind: kind.__name__)
def test_every_error_is_described(kind: type[LimnerError], described: dict[str, Any]) -> None:
    """The status of each class in the tree has a response, and its envelope validates."""
    error = MethodNotAllowed("m", allowed=("POST",)) if kind is MethodNotAllowed else kind("m")
    assert str(error.status) in described["components"]["responses"]
    assert str(error.status) in described["paths"]["/images/generations"]["post"]["responses"]
    check(described, "Error", error_body(error, "req_1"))


DATA_URL = "data:image/png;base64," + base64.b64encode(b"p").decode()
GENERATION, EDIT = "/images/generations", "/images/edits"


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        (GENERATION, {"prompt": "p"}),
        (GENERATION, {"prompt": "p", "model": None, "size": None, "quality": "hd", "seed": 1, "style": 5, "user": 7}),
        (GENERATION, {"prompt": "p", "size": "1536x864", "frame_count": "many", "svg": [], "complexity": 0}),
        (EDIT, {"prompt": "p", "images": [{"image_url": DATA_URL}, {"file_id": "f", "detail": "low"}], "mask": None}),
        (EDIT, {"prompt": "p", "images": [{"file_id": "f"}], "mask": {"file_id": "m"}, "input_fidelity": "x"}),
    ],
)
def test_what_the_lenient_rules_take_validates(path: str, sent: Any, described: dict[str, Any], send: Any) -> None:
    """A request this server serves satisfies the document."""
    assert accepts(described, body_schema(described, path, "application/json"), sent)
    send("generations" if path == GENERATION else "edits_json", sent)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        (GENERATION, {}),
        (GENERATION, {"prompt": ""}),
        (GENERATION, {"prompt": None}),
        (GENERATION, {"prompt": "p", "n": 0}),
        (GENERATION, {"prompt": "p", "n": "1"}),
        (GENERATION, {"prompt": "p", "model": "nope"}),
        (GENERATION, {"prompt": "p", "size": "big"}),
        (GENERATION, {"prompt": "p", "quality": "ultra"}),
        (GENERATION, {"prompt": "p", "stream": 1}),
        (EDIT, {"prompt": "p"}),
        (EDIT, {"prompt": "p", "images": []}),
        (EDIT, {"prompt": "p", "images": [{}]}),
        (EDIT, {"prompt": "p", "images": [{"file_id": "f", "image_url": DATA_URL}]}),
        (EDIT, {"prompt": "p", "images": [{"image_url": "ftp://x"}]}),
    ],
)
def test_what_is_refused_does_not_validate(path: str, sent: Any, described: dict[str, Any], send: Any) -> None:
    """The document promises no more than is served."""
    assert not accepts(described, body_schema(described, path, "application/json"), sent)
    with pytest.raises(CallerError):
        send("generations" if path == GENERATION else "edits_json", sent)


def test_samples_speak_to_this_server(described: dict[str, Any]) -> None:
    """Each image operation has curl, Python and Node.js, at the address the document was asked for."""
    for path in ("/images/generations", "/images/edits", "/images/variations"):
        samples = described["paths"][path]["post"]["x-codeSamples"]
        assert [sample["lang"] for sample in samples] == ["curl", "python", "javascript"]
        assert all(URL in sample["source"] for sample in samples)
    python = described["paths"]["/images/edits"]["post"]["x-codeSamples"][1]["source"]
    compile(python, "sample", "exec")


def test_a_catalog_without_dall_e_promises_one_shape() -> None:
    """The older shape is described only where a model answers in it."""
    described = document(known_models(), server_url=URL, version="1")
    answer = described["paths"]["/images/generations"]["post"]["responses"]["200"]["content"]["application/json"]  # type: ignore[index, call-overload]  # reading JSON
    assert answer == {"schema": {"$ref": "#/components/schemas/Images"}}


def test_a_model_that_is_not_served_is_no_default(catalog: Catalog) -> None:
    """A server without gpt-image-2 does not promise it."""
    own = {"own-dall-e-2": catalog["own-dall-e-2"]}
    described: Any = document(own, server_url=URL, version="1")
    assert "default" not in body_schema(described, "/images/generations", "application/json")["properties"]["model"]
