"""Clients of the administrators' API, with an admin's key, a user's, and none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from tests.http.accounts import Accounts, accounts_of

from limner.clock import ManualClock
from limner.http.surface import Surface
from limner.storage import Storage

BASE_URL = "http://limner.test/limner/v1"


@pytest.fixture
async def found(surface: Surface, storage: Storage, clock: ManualClock) -> Accounts:
    """Two accounts, a key of each, and an admin's; callers and administrators share a ring, as they do when served."""
    ring = surface.office.ring
    served = replace(surface, authenticate=ring.authenticate_now, recognise=ring.authenticate)
    return await accounts_of(served, storage, clock)


@pytest.fixture
async def admin(found: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    """A client with an admin's key."""
    async with found.served_client(found.admin) as client:
        client.base_url = BASE_URL
        yield client


@pytest.fixture
async def user(found: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a user's key."""
    async with found.served_client(found.ours) as client:
        client.base_url = BASE_URL
        yield client


@pytest.fixture
async def nobody(found: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with found.served_client(None) as client:
        client.base_url = BASE_URL
        yield client
