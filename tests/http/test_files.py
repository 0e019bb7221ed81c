"""The file endpoints: uploading, listing, reading and deleting, each account for itself."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from tests.http.scripted import KEY, PNG, client_of

from limner.clock import ManualClock
from limner.http.surface import Limits, Surface
from limner.keys import Key

UPLOAD = {"file": ("fox.png", PNG, "image/png")}


async def test_an_upload_is_answered_with_openais_file_object(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """A file has an id, its size, name, purpose and times."""
    response = await client.post(
        "/files",
        data={"purpose": "vision", "expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"},
        files=UPLOAD,
    )
    assert response.status_code == 200
    body = response.json()
    assert body["object"] == "file"
    assert body["bytes"] == len(PNG)
    assert body["filename"] == "fox.png"
    assert body["purpose"] == "vision"
    assert body["expires_at"] == body["created_at"] + 3600 == int(clock.now_s()) + 3600


async def test_a_file_can_be_read_listed_and_deleted(client: httpx.AsyncClient) -> None:
    """What was uploaded comes back byte for byte, until it is deleted."""
    file_id = (await client.post("/files", data={"purpose": "vision"}, files=UPLOAD)).json()["id"]
    assert (await client.get(f"/files/{file_id}")).json()["id"] == file_id
    content = await client.get(f"/files/{file_id}/content")
    assert content.content == PNG
    assert content.headers["content-disposition"] == "attachment; filename*=UTF-8''fox.png"
    assert "sandbox" in content.headers["content-security-policy"]
    listing = (await client.get("/files", params={"purpose": "vision", "limit": 1})).json()
    assert [file["id"] for file in listing["data"]] == [file_id]
    assert listing["has_more"] is False
    deleted = await client.delete(f"/files/{file_id}")
    assert deleted.json() == {"id": file_id, "object": "file", "deleted": True}
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        assert (await client.request(method, f"/files/{file_id}{path}")).status_code == 404


async def test_another_accounts_file_is_not_there(client: httpx.AsyncClient, surface: Surface) -> None:
    """An id of somebody else's file is as good as none."""
    file_id = (await client.post("/files", data={"purpose": "vision"}, files=UPLOAD)).json()["id"]

    async def somebody_else(_secret: str | None) -> Key:
        return replace(KEY, account_id="acct_2")

    async with client_of(surface, authenticate=somebody_else) as other:
        assert (await other.get(f"/files/{file_id}")).status_code == 404
        assert (await other.get("/files")).json()["data"] == []


async def test_a_large_upload_leaves_nothing_in_the_spool(client: httpx.AsyncClient, surface: Surface) -> None:
    """A file's content is the store's; what was spooled on the way goes with the request."""
    data = PNG + b"x" * 300_000
    response = await client.post("/files", data={"purpose": "vision"}, files={"file": ("a.png", data, "image/png")})
    assert response.json()["bytes"] == len(data)
    assert list(surface.spool_folder.iterdir()) == []


async def test_an_upload_over_the_limit_is_refused(surface: Surface) -> None:
    """A file has the size limit of every other upload."""
    async with client_of(surface, limits=Limits(file_bytes_max=4)) as client:
        response = await client.post("/files", data={"purpose": "vision"}, files=UPLOAD)
    assert response.status_code == 413
    assert response.json()["error"]["param"] == "file"


@pytest.mark.parametrize(
    ("data", "files", "param"),
    [
        ({"purpose": "vision"}, {"other": ("a", b"x")}, "file"),
        ({}, UPLOAD, "purpose"),
        ({"purpose": "nonsense"}, UPLOAD, "purpose"),
    ],
)
async def test_a_bad_upload_names_what_is_wrong(
    client: httpx.AsyncClient, data: dict[str, str], files: dict[str, tuple[str, bytes]], param: str
) -> None:
    """A missing file and a missing or unknown purpose are told as such."""
    response = await client.post("/files", data=data, files=files)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == param


async def test_an_upload_that_is_no_form_is_refused(client: httpx.AsyncClient) -> None:
    """Files come as multipart and nothing else."""
    response = await client.post("/files", json={"purpose": "vision"})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "unsupported_content_type"


async def test_a_bad_page_is_refused(client: httpx.AsyncClient) -> None:
    """A limit that is no number is told as such."""
    response = await client.get("/files", params={"limit": "many"})
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "limit"


@pytest.mark.parametrize("path", ["/files", "/files/file-1", "/files/file-1/content", "/models", "/models/gpt-image-2"])
async def test_a_key_is_needed_everywhere(client: httpx.AsyncClient, path: str) -> None:
    """No endpoint of the API answers without a key."""
    del client.headers["authorization"]
    assert (await client.get(path)).status_code == 401
