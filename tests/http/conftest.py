"""A surface with nothing behind it but fakes, and a client that speaks to it in process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.http.scripted import (
    CATALOG,
    MemoryFiles,
    MemoryResults,
    NoTasks,
    ScriptedGateway,
    authenticate,
    client_of,
    nothing_missing,
    office_of,
)
from tests.installation import installed

from limner.clock import ManualClock
from limner.files import FileStore
from limner.http.spool import Room
from limner.http.surface import Surface
from limner.prices import PriceBook, published
from limner.storage import Storage, open_storage


@pytest.fixture
def gateway() -> ScriptedGateway:
    """A gateway that answers one small picture unless told otherwise."""
    return ScriptedGateway()


@pytest.fixture
def files(clock: ManualClock) -> FileStore:
    """An empty file store."""
    return MemoryFiles(clock)


@pytest.fixture
def results() -> MemoryResults:
    """An empty store of results."""
    return MemoryResults()


@pytest.fixture
async def storage(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Storage]:
    """Real, empty stores, for what reads the ledger."""
    async with open_storage(installed(tmp_path / "data"), clock) as opened:
        yield opened


@pytest.fixture
def surface(
    gateway: ScriptedGateway,
    files: FileStore,
    results: MemoryResults,
    storage: Storage,
    clock: ManualClock,
    tmp_path: Path,
) -> Surface:
    """A surface with nothing behind it but fakes, and an empty ledger."""
    spool = tmp_path / "spool"
    spool.mkdir()
    return Surface(
        gateway=gateway,
        tasks=NoTasks(),
        office=office_of(storage, clock),
        authenticate=authenticate,
        recognise=authenticate,
        catalog=CATALOG,
        files=files,
        results=results,
        usage=storage.usage,
        statement=storage.statement,
        prices=PriceBook.load(published(), {"dall-e-3": {"per_image_usd": "0.04"}}),
        clock=clock,
        spool_folder=spool,
        upload_room=Room(0),
        link_secret=b"s" * 32,
        not_ready=nothing_missing,
        version="0.0.0",
    )


@pytest.fixture
async def client(surface: Surface) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the surface, in process."""
    async with client_of(surface) as client:
        yield client
