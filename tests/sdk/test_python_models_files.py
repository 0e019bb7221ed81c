"""The official Python SDK lists models and keeps files on a running server."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest
from tests.serving import Server


def test_models_are_listed_and_found(client: openai.OpenAI) -> None:
    """Each listed model can be retrieved and is the same object."""
    models = {model.id: model for model in client.models.list()}
    assert {"gpt-image-2", "scripted-fast"} <= models.keys()
    for name, model in models.items():
        assert client.models.retrieve(name) == model
        assert model.object == "model"


def test_a_file_is_kept_listed_read_and_deleted(client: openai.OpenAI, picture_files: Path) -> None:
    """The life of a file through the SDK."""
    data = (picture_files / "photo.webp").read_bytes()
    made = client.files.create(file=("photo.webp", data, "image/webp"), purpose="vision")
    assert (made.filename, made.bytes, made.purpose, made.object) == ("photo.webp", len(data), "vision", "file")
    assert client.files.retrieve(made.id) == made
    assert made.id in {file.id for file in client.files.list()}
    assert client.files.content(made.id).read() == data
    assert client.files.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(made.id)


def test_a_file_may_expire(client: openai.OpenAI, picture_files: Path) -> None:
    """`expires_after` becomes a time in the answer."""
    made = client.files.create(
        file=picture_files / "photo.png", purpose="vision", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert made.expires_at == made.created_at + 3600


def test_files_need_a_key(server: Server) -> None:
    """Without a key there are no files."""
    with (
        openai.OpenAI(api_key="sk-limner-" + "0" * 38, base_url=server.base_url) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.files.list()


async def test_the_asynchronous_client_lists_models(async_client: openai.AsyncOpenAI) -> None:
    """Paged as the SDK expects it."""
    assert "gpt-image-2" in [model.id async for model in async_client.models.list()]
