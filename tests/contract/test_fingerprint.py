"""Two requests have one fingerprint when they ask for the same, however they were encoded."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from limner.blobs import Blob
from limner.contract.draft import Draft, Part
from limner.contract.families import known_models
from limner.contract.fingerprint import fingerprint, has_files
from limner.contract.parse import parse_form, parse_json
from limner.job import Json, Kind, Strictness

PNG = b"\x89PNG and more"
BASE64 = "iVBORyBhbmQgbW9yZQ=="


def edit(**fields: Json) -> Draft:
    """An edit in JSON."""
    document = {"prompt": "a hat", "images": [{"file_id": "file-1"}], **fields}
    return parse_json(Kind.EDIT, orjson.dumps(document), known_models(), Strictness.LIMNER)


def form(*pictures: tuple[str, Blob], prompt: str = "a hat") -> Draft:
    """An edit in a form."""
    parts = [
        Part(name="prompt", text=prompt),
        *(Part(name=name, filename=f"{name}.png", content_type="image/png", blob=blob) for name, blob in pictures),
    ]
    return parse_form(Kind.EDIT, parts, known_models(), Strictness.LIMNER)


def png(data: bytes = PNG) -> Blob:
    """A file part's content."""
    return Blob.from_bytes(data, "image/png")


def test_a_picture_counts_by_its_bytes_wherever_they_lie(tmp_path: Path) -> None:
    """In memory, in a file, as base64 in JSON: the same request."""
    path = tmp_path / "picture"
    path.write_bytes(PNG)
    drafts = [
        form(("image", png())),
        form(("image[]", Blob.from_file(path, len(PNG), "image/png"))),
        edit(images=[{"image_url": f"data:image/png;base64,{BASE64}"}]),
    ]
    assert len({fingerprint(draft) for draft in drafts}) == 1
    assert all(has_files(draft) for draft in drafts)
    assert len(fingerprint(drafts[0])) == 32


@pytest.mark.parametrize(
    "other",
    [
        form(("image", png(b"\x89PNG and less"))),
        form(("image", png()), prompt="a cap"),
        form(("image", png()), ("mask", png())),
        form(("image", png()), ("image", png())),
        edit(),
    ],
    ids=["other bytes", "other prompt", "a mask", "another picture", "a file id"],
)
def test_other_pictures_are_another_request(other: Draft) -> None:
    """Each picture and its part in the request count."""
    assert fingerprint(other) != fingerprint(form(("image", png())))


@pytest.mark.parametrize(
    "other",
    [
        {"images": [{"file_id": "file-2"}]},
        {"images": [{"image_url": "https://example.com/file-1"}]},
        {"mask": {"file_id": "file-1"}},
        {"stream": True},
        {"user": "u"},
        {"sparkle": None, "glitter": 1},
    ],
    ids=str,
)
def test_every_field_counts(other: dict[str, Json]) -> None:
    """Named pictures by their names, parameters beyond the contract as well."""
    assert fingerprint(edit(**other)) != fingerprint(edit())
    assert not has_files(edit(**other))


def test_defaults_and_order_do_not_count() -> None:
    """Nor does what has no effect on what is asked for."""
    first = b'{"prompt":"a fox","seed":7,"nested":{"a":1,"b":2}}'
    second = b'{"nested":{"b":2,"a":1},"quality":"standard","n":1,"size":"auto","seed":7,"prompt":"a fox"}'
    drafts = [parse_json(Kind.GENERATION, body, known_models(), Strictness.LIMNER) for body in (first, second)]
    assert len({fingerprint(draft) for draft in drafts}) == 1
