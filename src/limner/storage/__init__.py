"""Rows and files: the contracts of the ledger, keys, files and blobs kept in a database and on disk."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from limner.clock import Clock
from limner.files import FileLimits
from limner.storage.accounts import SqlAccountStore
from limner.storage.database import Closed, Database
from limner.storage.files import SqlFileStore
from limner.storage.folder import (
    DataInUse,
    database_path,
    journal_path,
    lock_data,
    make_folder,
    results_path,
    uploads_path,
)
from limner.storage.gateways import SqlGateways
from limner.storage.jobs import Results, SqlJobStore
from limner.storage.journal import Journal
from limner.storage.keys import SqlKeyStore
from limner.storage.ledger import SqlLedger
from limner.storage.local_blobs import LocalBlobs
from limner.storage.recovery import Recovery
from limner.storage.schema import DatabaseTooNew, bring_up_to_date
from limner.storage.tables import DEFAULT_ACCOUNT
from limner.storage.tasks import SqlTaskStore
from limner.storage.usage import SqlUsageStore

__all__ = ["DEFAULT_ACCOUNT", "DataInUse", "DatabaseTooNew", "Storage", "lock_data", "open_storage"]

_GATEWAY_ID_PREFIX: Final = "gw_"
_GATEWAY_ID_BYTES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Every store of one data folder, and the database under them. blobs holds delivered pictures.

    gateway_id: whose jobs the ledger admits, another one each time the stores are opened.
    """

    ledger: SqlLedger
    accounts: SqlAccountStore
    keys: SqlKeyStore
    files: SqlFileStore
    jobs: SqlJobStore
    usage: SqlUsageStore
    tasks: SqlTaskStore
    blobs: LocalBlobs
    recovery: Recovery
    database: Database
    clock: Clock
    gateway_id: str

    async def answers(self) -> bool:
        """Whether the database still answers a question."""
        try:
            return await self.database.read(lambda connection: connection.scalar(select(1)) == 1)
        except (SQLAlchemyError, Closed):
            return False

    async def expire(self, result_age_s: float, result_bytes_max: int) -> int:
        """Remove what is past its time; return how many pictures went.

        Results go when they are older than `result_age_s`, and the oldest of them while all take more than
        `result_bytes_max`. To be called from time to time. Jobs, entries and usage stay.
        """
        before_s = self.clock.now_s() - result_age_s
        removed = 0
        while results := await self.jobs.results_before(before_s):
            removed += await self._remove(results)
        while results := await self.jobs.results_beyond(result_bytes_max):
            removed += await self._remove(results)
        while expired := await self.files.expire():
            removed += expired
        while await self.ledger.expire_claims():
            pass
        return removed

    async def _remove(self, results: Results) -> int:
        for key in results.blob_keys:
            await self.blobs.delete(key)
        await self.jobs.forget(results)
        return len(results.blob_keys)


@asynccontextmanager
async def open_storage(data: Path, clock: Clock, file_limits: FileLimits | None = None) -> AsyncIterator[Storage]:
    """Open the stores in the folder `data`, making it, its database and the default account when they are missing.

    Any number of processes may open a folder; a server also takes `lock_data`. Raises DatabaseTooNew for a database
    that a newer Limner has changed, OSError for a folder that cannot be used.
    """
    make_folder(data)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(database_path(data)))
        await database.write(lambda connection: bring_up_to_date(connection, clock.now_s()))
        results, uploads = LocalBlobs(results_path(data), clock), LocalBlobs(uploads_path(data), clock)
        stack.push_async_callback(results.close)
        stack.push_async_callback(uploads.close)
        gateway_id = _GATEWAY_ID_PREFIX + secrets.token_hex(_GATEWAY_ID_BYTES)
        ledger = SqlLedger(database, Journal(journal_path(data)), clock, gateway_id)
        yield Storage(
            ledger=ledger,
            accounts=SqlAccountStore(database),
            keys=SqlKeyStore(database),
            files=SqlFileStore(database, uploads, clock, file_limits),
            jobs=SqlJobStore(database),
            usage=SqlUsageStore(database),
            tasks=SqlTaskStore(database, clock),
            blobs=results,
            recovery=Recovery(SqlGateways(database), ledger, results, clock, gateway_id),
            database=database,
            clock=clock,
            gateway_id=gateway_id,
        )
