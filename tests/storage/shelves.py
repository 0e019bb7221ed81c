"""The places for blobs: one line in SHELVES adds another, and every test of a store of blobs runs on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from limner.blobs import BlobStore
from limner.storage.local_blobs import LocalBlobs


@dataclass(frozen=True)
class Shelf:
    """A place for blobs, and what a test sees of it from outside. keys: what is stored there."""

    blobs: BlobStore
    keys: Callable[[], list[str]]


@asynccontextmanager
async def _folder(folder: Path) -> AsyncIterator[Shelf]:
    blobs = LocalBlobs(folder)
    yield Shelf(blobs, lambda: [path.name.replace("~", "/") for path in folder.iterdir()])
    await blobs.close()


SHELVES: Mapping[str, Callable[[Path], AbstractAsyncContextManager[Shelf]]] = {
    "folder": _folder,
}
