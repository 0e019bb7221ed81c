"""Open stores, a key and its jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.storage.jobs import Jobs
from tests.storage.openers import OPENERS, Opener

from limner.admin import create_key
from limner.clock import ManualClock
from limner.keys import Key
from limner.storage import Storage


@pytest.fixture(params=list(OPENERS))
def opener(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Opener:
    """Opens the same stores every time it is called, on each database in turn."""
    return lambda: OPENERS[request.param](tmp_path / "data", clock)


@pytest.fixture
async def storage(opener: Opener) -> AsyncIterator[Storage]:
    """Open, empty stores."""
    async with opener() as opened:
        yield opened


@pytest.fixture
async def key(storage: Storage, clock: ManualClock) -> Key:
    """A key of the default account."""
    return (await create_key(storage.keys, "tests", clock=clock)).key


@pytest.fixture
def jobs(key: Key, clock: ManualClock) -> Jobs:
    """Jobs of `key`."""
    return Jobs(key, clock)
