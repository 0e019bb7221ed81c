"""Open stores, a key and its jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.installation import installed
from tests.storage.jobs import Jobs
from tests.storage.openers import Connector, Opener

from limner.admin import create_key
from limner.clock import ManualClock
from limner.keys import Key
from limner.storage import Storage, open_backend, open_storage
from limner.trail import SERVER


@pytest.fixture
def opener(address: str | None, tmp_path: Path, clock: ManualClock) -> Opener:
    """Opens the same stores every time it is called, on each database in turn."""
    return lambda: open_storage(installed(tmp_path / "data"), clock, database=address)


@pytest.fixture
def connector(address: str | None, tmp_path: Path) -> Connector:
    """Connects to the same database every time it is called, each kind in turn. It may lack Limner's tables."""
    return lambda: open_backend(tmp_path, address)


@pytest.fixture
async def storage(opener: Opener) -> AsyncIterator[Storage]:
    """Open, empty stores."""
    async with opener() as opened:
        yield opened


@pytest.fixture
async def key(storage: Storage, clock: ManualClock) -> Key:
    """A key of the default account."""
    return (await create_key(storage.keys, "tests", by=SERVER, clock=clock)).key


@pytest.fixture
def jobs(key: Key, clock: ManualClock) -> Jobs:
    """Jobs of `key`."""
    return Jobs(key, clock)
