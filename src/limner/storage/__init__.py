"""Rows and blobs: the contracts of the ledger, keys, files and blobs kept in a database, on disk or in a bucket."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from limner.blobs import BlobStore
from limner.clock import Clock
from limner.errors import DatabaseAway
from limner.files import FileLimits
from limner.storage.accounts import SqlAccountStore
from limner.storage.backend import Backend, DatabaseUnreached, DatabaseUnusable
from limner.storage.bucket import Bucket, open_bucket
from limner.storage.database import Closed, Database
from limner.storage.files import SqlFileStore
from limner.storage.folder import (
    DataInUse,
    journal_path,
    lock_data,
    make_database_file,
    make_folder,
    results_path,
    spool_path,
    uploads_path,
)
from limner.storage.gateways import SqlGateways
from limner.storage.jobs import Results, SqlJobStore
from limner.storage.journal import Journal
from limner.storage.keys import SqlKeyStore
from limner.storage.ledger import SqlLedger
from limner.storage.local_blobs import LocalBlobs
from limner.storage.recovery import Recovery
from limner.storage.removal import remove
from limner.storage.schema import HEAD, DatabaseBehind, DatabaseTooNew, bring_up_to_date, require_up_to_date
from limner.storage.sqlite import SqliteBackend
from limner.storage.statement import SqlStatement
from limner.storage.tables import DEFAULT_ACCOUNT
from limner.storage.tasks import SqlTaskStore
from limner.storage.trail import SqlTrail
from limner.storage.usage import SqlUsageStore

__all__ = [
    "DEFAULT_ACCOUNT",
    "PATIENCE_S",
    "Bucket",
    "DataInUse",
    "DatabaseBehind",
    "DatabaseTooNew",
    "DatabaseUnusable",
    "Storage",
    "lock_data",
    "migrate",
    "open_storage",
]

_log = structlog.get_logger(__name__)

PATIENCE_S: Final = 60.0
"""How long a server that starts waits for a database that is just being started, too: a minute is a long restart."""
PATIENCE_PAUSE_S: Final = 0.5
REFUSALS_MAX: Final = 2
"""How often in a row a database that is there may refuse us: the first time it may have died, and be there again."""
ANSWER_S: Final = 2.0
"""How long a database may take to say that it is there: who asks for it does not wait for one that is restarted."""
_GATEWAY_ID_PREFIX: Final = "gw_"
_GATEWAY_ID_BYTES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Every store of one installation, and the database under them.

    blobs holds delivered pictures. shared: whether other gateways may be on the database at the same time. gateway_id:
    whose jobs the ledger admits, another one each time the stores are opened.
    """

    ledger: SqlLedger
    accounts: SqlAccountStore
    keys: SqlKeyStore
    files: SqlFileStore
    jobs: SqlJobStore
    usage: SqlUsageStore
    statement: SqlStatement
    tasks: SqlTaskStore
    trail: SqlTrail
    blobs: BlobStore
    recovery: Recovery
    database: Database
    shared: bool
    clock: Clock
    gateway_id: str

    async def answers(self) -> bool:
        """Whether the database still answers a question, within ANSWER_S."""
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self.database.read(lambda connection: connection.scalar(select(1)) == 1)
        except (SQLAlchemyError, DatabaseAway, Closed, TimeoutError):
            return False

    async def expire(self, result_age_s: float, result_bytes_max: int) -> int:
        """Remove what is past its time; return how many pictures went.

        Results go when they are older than `result_age_s`, and the oldest of them while all take more than
        `result_bytes_max`. What cannot be deleted is left for the next time. To be called from time to time. Jobs,
        entries and usage stay.
        """
        before_s = self.clock.now_s() - result_age_s
        removed = await self._remove(partial(self.jobs.results_before, before_s))
        removed += await self._remove(partial(self.jobs.results_beyond, result_bytes_max))
        while expired := await self.files.expire():
            removed += expired
        while await self.ledger.expire_claims():
            pass
        return removed

    async def _remove(self, find: Callable[[Collection[str]], Awaitable[Results]]) -> int:
        """Remove what is found until that is nothing, or nothing of it can be removed just now.

        find: results but for those of jobs with these ids, which were tried before.
        """
        removed, stuck = 0, set[str]()
        while results := await find(stuck):
            gone = await remove(self.blobs, chain.from_iterable(results.values()))
            done = [job_id for job_id, keys in results.items() if gone.issuperset(keys)]
            if not done:
                break
            await self.jobs.forget(done)
            removed += sum(len(results[job_id]) for job_id in done)
            stuck.update(results.keys() - done)
        return removed


@asynccontextmanager
async def open_storage(
    data: Path,
    clock: Clock,
    file_limits: FileLimits | None = None,
    *,
    database: str | None = None,
    bucket: Bucket | None = None,
    patience_s: float = 0.0,
) -> AsyncIterator[Storage]:
    """Open the stores in the folder `data`, making it, its database and the default account when they are missing.

    database: address of a PostgreSQL database; None has SQLite in the folder. bucket: where pictures and uploaded files
    are kept; None keeps them in the folder, too. Any number of processes may open the same; a server also takes
    `lock_data`. patience_s: how long to wait for a database whose server is down or starting; what one that is there
    refuses is told at once. Raises DatabaseUnusable for a database that is of another version of Limner or cannot be
    reached, OSError for a folder or a bucket that cannot be used.
    """
    make_folder(data)
    backend = open_backend(data, database)
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(Database(backend))
        await _make_ready(backend, patience_s, clock)
        results, uploads = (
            open_bucket(bucket, folder.name, spool_path(data)) if bucket else _local(folder, stack)
            for folder in (results_path(data), uploads_path(data))
        )
        gateway_id = _GATEWAY_ID_PREFIX + secrets.token_hex(_GATEWAY_ID_BYTES)
        ledger = SqlLedger(opened, Journal(journal_path(data)), clock, gateway_id)
        yield Storage(
            ledger=ledger,
            accounts=SqlAccountStore(opened),
            keys=SqlKeyStore(opened),
            files=SqlFileStore(opened, uploads, clock, file_limits),
            jobs=SqlJobStore(opened),
            usage=SqlUsageStore(opened),
            statement=SqlStatement(opened),
            tasks=SqlTaskStore(opened, clock, gateway_id),
            trail=SqlTrail(opened),
            blobs=results,
            recovery=Recovery(SqlGateways(opened), ledger, clock, gateway_id),
            database=opened,
            shared=backend.shared,
            clock=clock,
            gateway_id=gateway_id,
        )


async def _make_ready(backend: Backend, patience_s: float, clock: Clock) -> None:
    """See to it that the database is of this version, waiting while there is none for as long as `patience_s`."""
    make_ready = require_up_to_date if backend.shared else bring_up_to_date
    until_s = clock.monotonic_s() + patience_s
    told, refusals = False, 0
    while True:
        try:
            await asyncio.to_thread(backend.alone, lambda connection: make_ready(connection, clock.now_s()))
        except DatabaseUnreached:
            if clock.monotonic_s() >= until_s:
                raise
            if not await asyncio.to_thread(backend.silent):
                refusals += 1
                if refusals == REFUSALS_MAX:
                    raise
                continue
        else:
            return
        refusals = 0
        if not told:
            _log.warning("database.awaited", patience_s=patience_s)
            told = True
        await clock.sleep(PATIENCE_PAUSE_S)


def _local(folder: Path, stack: AsyncExitStack) -> LocalBlobs:
    """Blobs in a folder, closed with the stack."""
    blobs = LocalBlobs(folder)
    stack.push_async_callback(blobs.close)
    return blobs


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
