"""One ledger for the tests of a module here."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.faults.drill import Drill, drilling


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def drill(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Drill]:
    """One ledger for all faults of a module."""
    async with drilling(tmp_path_factory.mktemp("faults")) as opened:
        yield opened
