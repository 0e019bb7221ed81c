"""Rows and blobs: the contracts of the ledger, keys, files and blobs kept in a database, on disk or in a bucket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from limner.blobs import BlobStore
from limner.clock import Clock
from limner.files import FileLimits
from limner.storage.bucket import Bucket, open_bucket
from limner.storage.database import Closed, Database
from limner.storage.files import SqlFileStore
from limner.storage.folder import (
    DataInUse,
    database_path,
    lock_data,
    make_folder,
    results_path,
    spool_path,
    uploads_path,
)
from limner.storage.jobs import SqlJobStore
from limner.storage.keys import SqlKeyStore
from limner.storage.ledger import SqlLedger
from limner.storage.local_blobs import LocalBlobs
from limner.storage.schema import DatabaseTooNew, bring_up_to_date
from limner.storage.tables import DEFAULT_ACCOUNT
from limner.storage.usage import SqlUsageStore

__all__ = ["DEFAULT_ACCOUNT", "Bucket", "DataInUse", "DatabaseTooNew", "Storage", "lock_data", "open_storage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Every store of one installation, and the database under them. blobs holds delivered pictures."""

    ledger: SqlLedger
    keys: SqlKeyStore
    files: SqlFileStore
    jobs: SqlJobStore
    usage: SqlUsageStore
    blobs: BlobStore
    database: Database
    clock: Clock

    async def answers(self) -> bool:
        """Whether the database still answers a question."""
        try:
            return await self.database.read(lambda connection: connection.scalar(select(1)) == 1)
        except (SQLAlchemyError, Closed):
            return False

    async def expire(self, result_age_s: float) -> int:
        """Remove results older than `result_age_s` and files past their own time; return how many went.

        To be called from time to time. Jobs, entries and usage stay.
        """
        before_s = self.clock.now_s() - result_age_s
        while await self.jobs.forget_results(before_s):
            pass
        # An object store is not searched for what is old.
        removed = await self.blobs.expire(result_age_s) if isinstance(self.blobs, LocalBlobs) else 0
        while expired := await self.files.expire():
            removed += expired
        return removed


@asynccontextmanager
async def open_storage(
    data: Path, clock: Clock, file_limits: FileLimits | None = None, bucket: Bucket | None = None
) -> AsyncIterator[Storage]:
    """Open the stores in the folder `data`, making it, its database and the default account when they are missing.

    bucket: where pictures and uploaded files are kept; None keeps them in the folder, too. Any number of processes may
    open a folder; a server also takes `lock_data`. Raises DatabaseTooNew for a database that a newer Limner has
    changed, OSError for a folder or a bucket that cannot be used.
    """
    make_folder(data)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(database_path(data)))
        await database.write(lambda connection: bring_up_to_date(connection, clock.now_s()))
        results, uploads = (
            open_bucket(bucket, folder.name, spool_path(data)) if bucket else _local(folder, clock, stack)
            for folder in (results_path(data), uploads_path(data))
        )
        yield Storage(
            ledger=SqlLedger(database, clock),
            keys=SqlKeyStore(database),
            files=SqlFileStore(database, uploads, clock, file_limits),
            jobs=SqlJobStore(database),
            usage=SqlUsageStore(database),
            blobs=results,
            database=database,
            clock=clock,
        )


def _local(folder: Path, clock: Clock, stack: AsyncExitStack) -> LocalBlobs:
    """Blobs in a folder, closed with the stack."""
    blobs = LocalBlobs(folder, clock)
    stack.push_async_callback(blobs.close)
    return blobs
