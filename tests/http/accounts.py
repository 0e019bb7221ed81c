"""Jobs that were really accounted for, by two accounts, and clients with a key of each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
from sqlalchemy import insert
from tests.http.scripted import client_of
from tests.storage.jobs import Jobs

from limner.admin import NewKey, create_key
from limner.clock import ManualClock
from limner.http.surface import Surface
from limner.job import Kind, Size
from limner.keys import KeyRing
from limner.record import Outcome
from limner.storage import Storage
from limner.storage.tables import accounts
from limner.trail import SERVER

MIDNIGHT_S = 1_790_035_200
"""22 September 2026, 00:00 UTC."""
DAY_S = 86_400


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """The keys: of an admin, of the default account, and of another one."""

    admin: NewKey
    ours: NewKey
    theirs: NewKey
    surface: Surface
    storage: Storage
    clock: ManualClock

    @asynccontextmanager
    async def client(self, new: NewKey | None, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """A client with a key, at OpenAI's base path."""
        ring = KeyRing(self.storage.keys, self.clock)
        surface = replace(self.surface, authenticate=ring.authenticate_now, recognise=ring.authenticate)
        async with replace(self, surface=surface).served_client(new, **headers) as client:
            yield client

    @asynccontextmanager
    async def served_client(self, new: NewKey | None, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """The same, whose key the surface itself checks."""
        async with client_of(self.surface) as client:
            del client.headers["authorization"]
            client.headers.update(headers)
            if new is not None:
                client.headers["authorization"] = f"Bearer {new.secret}"
            yield client

    async def settle(self, job_id: str, new: NewKey, late_s: float, **record: object) -> None:
        """Admit and settle a job that ends `late_s` seconds past midnight."""
        jobs = Jobs(new.key, self.clock)
        await self.storage.ledger.admit(jobs.admission(job_id))
        ended = replace(jobs.record(job_id), finished_at_s=MIDNIGHT_S + late_s, **record)  # type: ignore[arg-type]
        await self.storage.ledger.settle(ended)


async def accounts_of(surface: Surface, storage: Storage, clock: ManualClock) -> Accounts:
    """Two accounts with a key each, and an admin's key."""
    clock.advance(MIDNIGHT_S - clock.now_s())
    other = {"id": "acct_other", "balance_nusd": 0, "created_at_s": 0.0}
    await storage.database.write(lambda connection: connection.execute(insert(accounts), other))
    return Accounts(
        admin=await create_key(storage.keys, "admin", admin=True, by=SERVER, clock=clock),
        ours=await create_key(storage.keys, "ours", by=SERVER, clock=clock),
        theirs=await create_key(storage.keys, "theirs", account_id="acct_other", by=SERVER, clock=clock),
        surface=surface,
        storage=storage,
        clock=clock,
    )


async def with_history(found: Accounts) -> Accounts:
    """Five jobs: three of ours on two days, one of them failed and two of ann's, and an edit of theirs."""
    await found.settle("req_a", found.ours, -2, user="ann")
    await found.settle("req_b", found.ours, 1, model="gpt-image-1", user="ann", size=Size(1024, 1024))
    await found.settle("req_c", found.ours, 2, outcome=Outcome.FAILED, size=None, error_code="image_generation_failed")
    await found.settle("req_d", found.theirs, 3, kind=Kind.EDIT, charge_nusd=1)
    found.clock.advance(3600)
    return found
