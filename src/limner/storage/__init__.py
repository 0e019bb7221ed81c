"""Rows and files: the contracts of the ledger, keys, files and blobs kept in a database and on disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from limner.clock import Clock
from limner.files import FileLimits
from limner.storage.backend import Backend, DatabaseUnusable
from limner.storage.database import Closed, Database
from limner.storage.files import SqlFileStore
from limner.storage.folder import DataInUse, lock_data, make_database_file, make_folder, results_path, uploads_path
from limner.storage.jobs import SqlJobStore
from limner.storage.keys import SqlKeyStore
from limner.storage.ledger import SqlLedger
from limner.storage.local_blobs import LocalBlobs
from limner.storage.schema import HEAD, DatabaseBehind, DatabaseTooNew, bring_up_to_date, require_up_to_date
from limner.storage.sqlite import SqliteBackend
from limner.storage.tables import DEFAULT_ACCOUNT
from limner.storage.usage import SqlUsageStore

__all__ = [
    "DEFAULT_ACCOUNT",
    "DataInUse",
    "DatabaseBehind",
    "DatabaseTooNew",
    "DatabaseUnusable",
    "Storage",
    "lock_data",
    "migrate",
    "open_storage",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Every store of one data folder, and the database under them.

    blobs holds delivered pictures. shared: whether other gateways may be on the database at the same time.
    """

    ledger: SqlLedger
    keys: SqlKeyStore
    files: SqlFileStore
    jobs: SqlJobStore
    usage: SqlUsageStore
    blobs: LocalBlobs
    database: Database
    shared: bool
    clock: Clock

    async def answers(self) -> bool:
        """Whether the database still answers a question."""
        try:
            return await self.database.read(lambda connection: connection.scalar(select(1)) == 1)
        except (SQLAlchemyError, Closed):
            return False

    async def release_interrupted(self) -> int:
        """At the start of a server: release the holds of jobs that died with the one before, and return how many.

        In a shared database an open job may well be another gateway's, drawing right now: none is released.
        """
        return 0 if self.shared else await self.ledger.release_interrupted()

    async def expire(self, result_age_s: float) -> int:
        """Remove results older than `result_age_s` and files past their own time; return how many went.

        To be called from time to time. Jobs, entries and usage stay.
        """
        before_s = self.clock.now_s() - result_age_s
        while await self.jobs.forget_results(before_s):
            pass
        removed = await self.blobs.expire(result_age_s)
        while expired := await self.files.expire():
            removed += expired
        return removed


@asynccontextmanager
async def open_storage(
    data: Path, clock: Clock, file_limits: FileLimits | None = None, *, database: str | None = None
) -> AsyncIterator[Storage]:
    """Open the stores in the folder `data`, making it, its database and the default account when they are missing.

    database: address of a PostgreSQL database; None has SQLite in the folder. Any number of processes may open the
    same; a server also takes `lock_data`. Raises DatabaseUnusable for a database that is of another version of Limner
    or cannot be reached, OSError for a folder that cannot be used.
    """
    make_folder(data)
    backend = open_backend(data, database)
    async with Database(backend) as opened:
        make_ready = require_up_to_date if backend.shared else bring_up_to_date
        await asyncio.to_thread(backend.alone, lambda connection: make_ready(connection, clock.now_s()))
        blobs = LocalBlobs(results_path(data), clock)
        yield Storage(
            ledger=SqlLedger(opened, clock),
            keys=SqlKeyStore(opened),
            files=SqlFileStore(opened, LocalBlobs(uploads_path(data), clock), clock, file_limits),
            jobs=SqlJobStore(opened),
            usage=SqlUsageStore(opened),
            blobs=blobs,
            database=opened,
            shared=backend.shared,
            clock=clock,
        )


@dataclass(frozen=True, slots=True)
class Migrated:
    """The versions of a database before and after. before: None when it was empty."""

    before: str | None
    now: str


def migrate(data: Path, database: str | None, clock: Clock) -> Migrated:
    """Bring the database to the version this program needs, while nobody else writes. Blocks.

    database: as at `open_storage`. Raises DatabaseUnusable for one that is ahead or cannot be reached.
    """
    make_folder(data)
    with closing(open_backend(data, database)) as backend:
        return Migrated(backend.alone(lambda connection: bring_up_to_date(connection, clock.now_s())), HEAD)


def open_backend(data: Path, database: str | None) -> Backend:
    """The database at the address `database`, or the folder's own. Raises DatabaseUnusable without the extra for it."""
    if database is None:
        return SqliteBackend(make_database_file(data))
    try:
        from limner.storage.postgres import PostgresBackend  # noqa: PLC0415  its driver is an extra
    except ImportError as error:
        raise DatabaseUnusable(
            "PostgreSQL needs a driver that is not installed: pip install 'limner[postgres]'."
        ) from error
    return PostgresBackend(database)
