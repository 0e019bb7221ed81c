"""Uploaded files: a row in the database, the content beside it as a blob."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, bindparam, delete, func, insert, or_, select, tuple_
from sqlalchemy.exc import SQLAlchemyError

from limner.blobs import Blob, BlobStore
from limner.clock import Clock
from limner.errors import LimnerError
from limner.files import (
    FileLimits,
    Listing,
    NewFile,
    Page,
    StoredFile,
    check_room,
    check_size,
    clean_filename,
    new_file_id,
)
from limner.storage.database import Database
from limner.storage.removal import remove
from limner.storage.tables import files

EXPIRE_BATCH: Final = 1_000
"""Expired files removed in one transaction, so that jobs being admitted wait for milliseconds only."""

_UNEXPIRED: Final = or_(files.c.expires_at_s.is_(None), files.c.expires_at_s > bindparam("now_s"))
_KEPT: Final = select(
    func.count().label("files"), func.coalesce(func.sum(files.c.size_bytes), 0).label("stored_bytes")
).where(files.c.account_id == bindparam("account"), _UNEXPIRED)
_FIND: Final = select(files).where(
    files.c.id == bindparam("file"), files.c.account_id == bindparam("account"), _UNEXPIRED
)
_EXPIRED: Final = select(files.c.id).where(files.c.expires_at_s <= bindparam("now_s")).limit(EXPIRE_BATCH)


class SqlFileStore:
    """Keeps uploaded files; see `limner.files.FileStore`. blobs: a place for their content alone."""

    def __init__(self, database: Database, blobs: BlobStore, clock: Clock, limits: FileLimits | None = None) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._limits = limits or FileLimits()

    async def create(self, new: NewFile) -> StoredFile:
        """Store a file, content and row. Raises TooLarge or LimitReached beyond a limit; then nothing is stored."""
        check_size(new.blob.size_bytes, self._limits)
        now_s = self._clock.now_s()
        kept_s = self._limits.expires_after_s if new.expires_after_s is None else new.expires_after_s
        file = StoredFile(
            id=new_file_id(),
            account_id=new.account_id,
            filename=clean_filename(new.filename),
            purpose=new.purpose,
            media_type=new.blob.media_type,
            size_bytes=new.blob.size_bytes,
            created_at_s=now_s,
            expires_at_s=None if kept_s is None else now_s + kept_s,
        )
        # Content first: a row without content would be a file that cannot be read.
        await self._blobs.write(file.id, new.blob)
        try:
            await self._database.write(lambda connection: _insert(connection, file, self._limits))
        except (LimnerError, SQLAlchemyError):
            # Not when the caller is cancelled: the row may well be written after that.
            await self._blobs.delete(file.id)
            raise
        return file

    async def find(self, account_id: str, file_id: str) -> StoredFile | None:
        """One of the account's files, or None."""
        values = {"file": file_id, "account": account_id, "now_s": self._clock.now_s()}
        row = await self._database.read(lambda connection: connection.execute(_FIND, values).one_or_none())
        return _file(row) if row is not None else None

    async def content(self, account_id: str, file_id: str) -> Blob | None:
        """The content of one of the account's files, or None when it has no such file."""
        file = await self.find(account_id, file_id)
        return await self._blobs.read(file.id, file.media_type) if file else None

    async def page(self, listing: Listing) -> Page:
        """A page of the account's files. One whose `after` names no file of the account is empty."""
        now_s = self._clock.now_s()
        rows = await self._database.read(
            lambda connection: connection.execute(_listed(listing), {"now_s": now_s}).all()
        )
        return Page(tuple(_file(row) for row in rows[: listing.limit]), has_more=len(rows) > listing.limit)

    async def delete(self, account_id: str, file_id: str) -> bool:
        """Remove a file, row and content. Tells whether there was one."""
        if await self.find(account_id, file_id) is None:
            return False
        # Content first: what cannot be deleted just now still has a row, by which it is deleted later.
        await self._blobs.delete(file_id)
        await self._forget([file_id])
        return True

    async def expire(self) -> int:
        """Remove up to EXPIRE_BATCH files past their time and return how many; call again until there are none.

        Files whose content cannot be deleted just now are left for another time.
        """
        now_s = self._clock.now_s()
        expired = await self._database.read(lambda connection: list(connection.scalars(_EXPIRED, {"now_s": now_s})))
        gone = await remove(self._blobs, expired)
        if gone:
            await self._forget(gone)
        return len(gone)

    async def _forget(self, file_ids: Collection[str]) -> None:
        await self._database.write(lambda connection: connection.execute(delete(files).where(files.c.id.in_(file_ids))))


def _insert(connection: Connection, file: StoredFile, limits: FileLimits) -> None:
    kept = connection.execute(_KEPT, {"account": file.account_id, "now_s": file.created_at_s}).one()
    check_room(file.size_bytes, limits, files=kept.files, stored_bytes=int(kept.stored_bytes))
    connection.execute(
        insert(files),
        {
            "id": file.id,
            "account_id": file.account_id,
            "filename": file.filename,
            "purpose": file.purpose,
            "media_type": file.media_type,
            "size_bytes": file.size_bytes,
            "created_at_s": file.created_at_s,
            "expires_at_s": file.expires_at_s,
        },
    )


def _listed(listing: Listing) -> Select[Any]:
    """One row more than asked for, which tells whether there is a further page."""
    place = tuple_(files.c.created_at_s, files.c.id)
    statement = select(files).where(files.c.account_id == listing.account_id, _UNEXPIRED).limit(listing.limit + 1)
    if listing.purpose is not None:
        statement = statement.where(files.c.purpose == listing.purpose)
    if listing.after is not None:
        last = (
            select(files.c.created_at_s, files.c.id)
            .where(and_(files.c.id == listing.after, files.c.account_id == listing.account_id))
            .scalar_subquery()
        )
        statement = statement.where(place < last if listing.newest_first else place > last)
    if listing.newest_first:
        return statement.order_by(files.c.created_at_s.desc(), files.c.id.desc())
    return statement.order_by(files.c.created_at_s, files.c.id)


def _file(row: Row[Any]) -> StoredFile:
    return StoredFile(
        id=row.id,
        account_id=row.account_id,
        filename=row.filename,
        purpose=row.purpose,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        created_at_s=row.created_at_s,
        expires_at_s=row.expires_at_s,
    )
