"""The places for blobs: one line in SHELVES adds another, and every test of a store of blobs runs on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.storage.object_server import ACCOUNT, BUCKET, REGION, SECRET, ObjectServer, serving_objects

from limner.blobs import BlobStore
from limner.storage.bucket import Bucket, open_bucket
from limner.storage.local_blobs import LocalBlobs

PREFIX: Final = "limner"
SERVICE_ACCOUNT: Final = '{"disable_oauth": true, "client_email": "", "private_key": "", "private_key_id": ""}'
"""Key of an account that nobody asks for, as Google's emulators have it."""


@dataclass(frozen=True)
class Shelf:
    """A place for blobs, and what a test sees of it from outside. keys: what is stored there."""

    blobs: BlobStore
    keys: Callable[[], list[str]]


def bucket(scheme: str, server: ObjectServer, timeout_s: float = 20.0) -> Bucket:
    """The server's bucket, as a store of one kind."""
    settings: dict[str, Any] = {
        "s3": {"region": REGION, "account": ACCOUNT, "secret": SECRET},
        "gs": {"secret": SERVICE_ACCOUNT},
        "az": {"account": ACCOUNT, "secret": SECRET},
    }[scheme]
    return Bucket(url=f"{scheme}://{BUCKET}/{PREFIX}", endpoint=server.url, timeout_s=timeout_s, **settings)


@asynccontextmanager
async def _folder(folder: Path) -> AsyncIterator[Shelf]:
    blobs = LocalBlobs(folder)
    yield Shelf(blobs, lambda: [path.name.replace("~", "/") for path in folder.iterdir()])
    await blobs.close()


@asynccontextmanager
async def _bucket(scheme: str, folder: Path) -> AsyncIterator[Shelf]:
    prefix = f"{PREFIX}/results/"
    with serving_objects() as server:
        blobs = open_bucket(bucket(scheme, server), "results", folder)
        yield Shelf(blobs, lambda: [key.removeprefix(prefix) for key in server.objects if key.startswith(prefix)])


SHELVES: Mapping[str, Callable[[Path], AbstractAsyncContextManager[Shelf]]] = {
    "folder": _folder,
    "s3": partial(_bucket, "s3"),
    "gs": partial(_bucket, "gs"),
    "az": partial(_bucket, "az"),
}
