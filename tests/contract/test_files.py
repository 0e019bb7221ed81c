"""The wire of uploaded files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from limner.blobs import Blob
from limner.contract.draft import Part
from limner.contract.files import deleted_body, file_body, files_body, listing_of, no_such_file, upload_of
from limner.errors import InvalidRequest
from limner.files import Listing, Page, StoredFile

PICTURE = Part(name="file", filename="a.png", blob=Blob.from_bytes(b"picture", "image/png"))
STORED = StoredFile(
    id="file-a",
    account_id="acc",
    filename="a.png",
    purpose="vision",
    media_type="image/png",
    size_bytes=12,
    created_at_s=1790000000.7,
    expires_at_s=None,
)


def parts(**texts: str) -> list[Part]:
    """An upload with these texts beside its file."""
    return [PICTURE, *(Part(name=name, text=text) for name, text in texts.items())]


def test_an_upload() -> None:
    """A file and what it is for, in any order of parts."""
    upload = upload_of([Part(name="purpose", text="vision"), PICTURE])
    assert (upload.filename, upload.purpose, upload.blob, upload.expires_after_s) == (
        "a.png",
        "vision",
        PICTURE.blob,
        None,
    )


def test_an_upload_that_expires() -> None:
    """As the SDKs write the nested object."""
    expiry = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    assert upload_of(parts(purpose="user_data", **expiry)).expires_after_s == 3600


def test_a_file_without_a_name_is_taken() -> None:
    """Its type alone can make a part a file."""
    nameless = Part(name="file", content_type="image/png", blob=Blob.from_bytes(b"p", "image/png"))
    assert upload_of([nameless, Part(name="purpose", text="vision")]).filename == ""


@pytest.mark.parametrize(
    ("sent", "param", "code"),
    [
        ([Part(name="purpose", text="vision")], "file", "missing_required_parameter"),
        (parts(), "purpose", "missing_required_parameter"),
        (parts(purpose="fun"), "purpose", "invalid_value"),
        (parts(**{"purpose[]": "vision"}), "purpose", "invalid_type"),
        (parts(purpose="vision", expires_after="1"), "expires_after", "invalid_type"),
        (
            parts(purpose="vision", **{"expires_after[seconds]": "3600"}),
            "expires_after[anchor]",
            "missing_required_parameter",
        ),
        (
            parts(purpose="vision", **{"expires_after[anchor]": "created_at"}),
            "expires_after[seconds]",
            "missing_required_parameter",
        ),
        (
            parts(purpose="vision", **{"expires_after[anchor]": "created_at", "expires_after[seconds]": "9"}),
            "expires_after[seconds]",
            "integer_below_min_value",
        ),
        (
            parts(purpose="vision", **{"expires_after[anchor]": "created_at", "expires_after[seconds][]": "9"}),
            "expires_after[seconds]",
            "invalid_type",
        ),
    ],
)
def test_a_bad_upload_is_refused(sent: list[Part], param: str, code: str) -> None:
    """By the name of the part."""
    with pytest.raises(InvalidRequest) as raised:
        upload_of(sent)
    assert (raised.value.param, raised.value.code) == (param, code)


def test_a_listing() -> None:
    """All of an account's files, newest first, unless the query says otherwise."""
    assert listing_of("acc", {}) == Listing(account_id="acc")
    query = {"limit": "2", "order": "asc", "after": "file-a", "purpose": "vision", "other": "x"}
    assert listing_of("acc", query) == Listing(
        account_id="acc", limit=2, newest_first=False, after="file-a", purpose="vision"
    )
    assert listing_of("acc", {"order": "desc"}).newest_first


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "10001"}, {"limit": "x"}, {"order": "up"}])
def test_a_bad_listing_is_refused(query: dict[str, Any]) -> None:
    """Ranges and orders as the reference has them."""
    with pytest.raises(InvalidRequest) as raised:
        listing_of("acc", query)
    assert raised.value.param == next(iter(query))


def test_the_bodies(golden: Callable[[str], bytes]) -> None:
    """One file, a page of them, an empty page and a deletion."""
    assert file_body(STORED) == golden("file.json")
    page = orjson.loads(files_body(Page((STORED, STORED), has_more=True)))
    assert page == {
        "object": "list",
        "data": [orjson.loads(file_body(STORED))] * 2,
        "first_id": "file-a",
        "last_id": "file-a",
        "has_more": True,
    }
    assert orjson.loads(files_body(Page((), has_more=False)))["first_id"] is None
    assert orjson.loads(deleted_body("file-a")) == {"id": "file-a", "object": "file", "deleted": True}


def test_an_expiry_is_told_in_whole_seconds() -> None:
    """Unix seconds, as every time on this wire."""
    expiring = StoredFile(
        id="f", account_id="a", filename="n", purpose="vision", media_type="image/png", size_bytes=1, created_at_s=1.5,
        expires_at_s=9.5,
    )  # fmt: skip
    assert orjson.loads(file_body(expiring))["expires_at"] == 9


def test_an_unknown_file_is_not_found() -> None:
    """In the words of OpenAI's file endpoints."""
    error = no_such_file("file-x")
    assert (error.status, error.message, error.param) == (404, "No such File object: file-x", "id")
