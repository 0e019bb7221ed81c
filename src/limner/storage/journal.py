"""Settlements that the database could not take, each a file of its own until it can.

A settlement is written here only when the database fails, so nothing of it has to be fast; it has to be on the disk
before anybody is told that it is done.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

import orjson
import structlog

from limner.record import JobRecord

_log = structlog.get_logger(__name__)

_WHOLE: Final = ".json"
_UNFINISHED: Final = ".unfinished"
_OWNER_FILE: Final = 0o600


class Journal:
    """Keeps records in `folder`, which exists."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def add(self, record: JobRecord) -> None:
        """Keep a job's end; it is on the disk when this returns. Raises OSError when the disk does not take it."""
        await asyncio.to_thread(self._write, record.job_id, orjson.dumps(record))

    async def records(self) -> tuple[JobRecord, ...]:
        """What is kept, the oldest first. A file that cannot be read stays, and is told in the log."""
        return await asyncio.to_thread(self._read)

    async def remove(self, job_id: str) -> None:
        """Forget a job's end, once it is settled."""
        await asyncio.to_thread(self._path(job_id).unlink, missing_ok=True)

    def _path(self, job_id: str) -> Path:
        return self._folder / (job_id + _WHOLE)

    def _write(self, job_id: str, text: bytes) -> None:
        path = self._path(job_id)
        unfinished = path.with_suffix(_UNFINISHED)
        with open(unfinished, "wb", opener=_for_its_owner) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # The name as well.
        finally:
            os.close(folder)

    def _read(self) -> tuple[JobRecord, ...]:
        paths = [path for path in self._folder.iterdir() if path.suffix == _WHOLE]
        if not paths:
            return ()
        # Loaded only where something had to be kept, which is next to never.
        from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415

        reader, records = TypeAdapter(JobRecord), []
        for path in paths:
            try:
                records.append(reader.validate_json(path.read_bytes()))
            except (OSError, ValidationError):
                _log.exception("journal.unreadable", file=path.name)
        return tuple(sorted(records, key=lambda record: record.finished_at_s))


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, _OWNER_FILE)
