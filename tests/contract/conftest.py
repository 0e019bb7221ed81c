"""What the contract's tests share: a catalog with every family, and ways to send one request in either encoding."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from limner.blobs import Blob
from limner.contract.catalog import Catalog, Delivery, Model
from limner.contract.draft import Draft, Part
from limner.contract.families import known_models
from limner.contract.parse import parse_form, parse_json
from limner.job import Kind, Strictness

PNG = b"\x89PNG\r\n\x1a\nnot much of one"
Send = Callable[[str, Any, Strictness], Draft]
"""Endpoint, fields of a JSON body or [name, value] of each part, rules -> draft."""

_KINDS = {
    "generations": Kind.GENERATION,
    "edits_json": Kind.EDIT,
    "edits_form": Kind.EDIT,
    "variations": Kind.VARIATION,
}


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """OpenAI's models and, as an operator may declare them, one of each retired family."""
    own = (
        Model(id="own-dall-e-2", family="dall-e-2", created_s=1, delivery=Delivery.URL),
        Model(id="own-dall-e-3", family="dall-e-3", created_s=1, delivery=Delivery.B64_JSON),
    )
    return {**known_models(), **{model.id: model for model in own}}


@pytest.fixture(scope="session")
def send(catalog: Catalog) -> Send:
    """Parse one request."""

    def parse(to: str, sent: Any, strictness: Strictness = Strictness.LIMNER) -> Draft:
        if isinstance(sent, Mapping):
            return parse_json(_KINDS[to], json.dumps(_expanded(sent)).encode(), catalog, strictness)
        return parse_form(_KINDS[to], [_part(*given) for given in sent], catalog, strictness)

    return parse


@pytest.fixture(scope="session")
def golden() -> Callable[[str], bytes]:
    """The bytes of a golden answer; its first line says where it was observed and is left out."""

    def read(name: str) -> bytes:
        source, _, body = (Path(__file__).parent / "golden" / f"{name}.golden").read_bytes().partition(b"\n")
        assert source.startswith(b"# ")
        return body

    return read


def _expanded(value: Any) -> Any:
    """`value` with `{"repeat": [text, times, rest]}` written out, which keeps golden files short."""
    if isinstance(value, Mapping):
        if set(value) == {"repeat"}:
            text, times, rest = value["repeat"]
            return text * times + rest
        return {name: _expanded(member) for name, member in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_expanded(member) for member in value]
    return value


def _part(name: str, value: str | Mapping[str, str]) -> Part:
    if isinstance(value, str):
        return Part(name=name, text=value)
    blobs = {
        "png": Blob.from_bytes(PNG, "image/png"),
        "wav": Blob.from_bytes(b"RIFF", "audio/wav"),
        "empty": Blob.from_bytes(b"", "application/octet-stream"),
        "huge": Blob.from_file(Path("never-read.png"), 50 * 1024 * 1024 + 1, "image/png"),
    }
    blob = blobs[value["file"]]
    filename = "" if value["file"] == "empty" else "picture.png"
    return Part(name=name, filename=filename, content_type=blob.media_type, blob=blob)
