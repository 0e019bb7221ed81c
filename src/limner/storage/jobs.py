"""Jobs in the database: looking one up, turning a row into its record, and forgetting old results."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeAlias

import orjson
from sqlalchemy import Connection, Row, Select, bindparam, func, literal_column, select, update

from limner.errors import UpstreamFault
from limner.job import Background, Format, Kind, Quality, Size, Usage
from limner.ledger import Admission
from limner.record import FailedAttempt, JobRecord, Outcome, StoredJob, Told, result_key
from limner.storage.database import Database
from limner.storage.tables import jobs

EXPIRE_BATCH: Final = 1_000
"""Results forgotten in one transaction, so that jobs being admitted wait for milliseconds only."""

_FIND: Final = select(jobs).where(jobs.c.id == bindparam("job"), jobs.c.account_id == bindparam("account"))
# Written out, since the partial index on results is only sure to be used for a constant.
_RETAINED: Final = jobs.c.blob_keys != literal_column("'[]'")
_OLDEST: Final = (
    select(jobs.c.id, jobs.c.blob_keys, jobs.c.output_bytes)
    .where(_RETAINED)
    .order_by(jobs.c.finished_at_s)
    .limit(EXPIRE_BATCH)
)
_RETAINED_BYTES: Final = select(func.coalesce(func.sum(jobs.c.output_bytes), 0)).where(_RETAINED)
_FORGET: Final = (
    update(jobs)
    .where(jobs.c.id.in_(bindparam("ids", expanding=True)))
    .values(blob_keys="[]", told=None, fingerprint=None)
)


Results: TypeAlias = Mapping[str, Collection[str]]
"""Stored pictures: id of a job -> the keys of its blobs."""


class SqlJobStore:
    """Looks jobs up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, account_id: str, job_id: str) -> StoredJob | None:
        """One of the account's jobs, running or ended, or None."""
        return await self._database.read(lambda connection: find_job(connection, account_id, job_id))

    async def results_before(self, before_s: float, but: Collection[str] = ()) -> Results:
        """The oldest results of jobs that ended before a time, of up to EXPIRE_BATCH jobs. but: not of these jobs."""
        old = _oldest(but).where(jobs.c.finished_at_s < before_s)
        return await self._database.read(lambda connection: _results(connection.execute(old).all()))

    async def results_beyond(self, bytes_max: int, but: Collection[str] = ()) -> Results:
        """The oldest results, so many that what is left is within `bytes_max`; further as `results_before`."""
        return await self._database.read(lambda connection: _results_beyond(connection, bytes_max, but))

    async def forget(self, job_ids: Collection[str]) -> None:
        """Let jobs have no results any more. The jobs stay, for the ledger refers to them.

        To be called once the blobs are deleted: rows are all that knows of blobs, so none may outlive its row's word.
        """
        await self._database.write(lambda connection: connection.execute(_FORGET, {"ids": job_ids}))


def _oldest(but: Collection[str]) -> Select[Any]:
    return _OLDEST.where(jobs.c.id.not_in(but)) if but else _OLDEST


def _results(rows: Sequence[Any]) -> Results:
    return {row.id: orjson.loads(row.blob_keys) for row in rows}


def _results_beyond(connection: Connection, bytes_max: int, but: Collection[str]) -> Results:
    excess_bytes = int(connection.scalar(_RETAINED_BYTES) or 0) - bytes_max
    going = []
    for row in connection.execute(_oldest(but)) if excess_bytes > 0 else ():
        if excess_bytes <= 0:
            break
        going.append(row)
        excess_bytes -= row.output_bytes
    return _results(going)


def find_job(connection: Connection, account_id: str, job_id: str) -> StoredJob | None:
    """One of the account's jobs, or None."""
    row = connection.execute(_FIND, {"job": job_id, "account": account_id}).one_or_none()
    return _stored(row) if row is not None else None


def interrupted_record(row: Row[Any], now_s: float) -> JobRecord:
    """The record of an unfinished job whose server died: nothing delivered, nothing charged.

    Its engine is empty: which one it ran on was known to that server alone. Its blobs are all that it may have written.
    """
    return JobRecord(
        **_admitted(row),
        engine="",
        outcome=Outcome.INTERRUPTED,
        size=None,
        quality=None,
        background=None,
        usage=Usage(),
        charge_nusd=0,
        cost_nusd=0,
        parameters="",
        error_code=None,
        started_at_s=None,
        finished_at_s=now_s,
        output_bytes=0,
        blob_keys=tuple(result_key(row.id, index, Format(row.output_format)) for index in range(row.n)),
    )


def unstarted_record(admission: Admission, now_s: float) -> JobRecord:
    """The record of a job of which nobody knows whether it was admitted: nothing was done for it."""
    job, request = admission.job, admission.job.request
    return JobRecord(
        job_id=job.id,
        account_id=job.account_id,
        key_id=job.key_id,
        kind=request.kind,
        model=request.model,
        engine="",
        outcome=Outcome.FAILED,
        n=request.n,
        size=None,
        quality=None,
        background=None,
        output_format=request.output_format,
        stream=request.stream,
        partial_images=0,
        input_images=len(request.images),
        has_mask=request.mask is not None,
        usage=Usage(),
        hold_nusd=admission.hold_nusd,
        charge_nusd=0,
        cost_nusd=0,
        price_book=admission.price_book,
        parameters="",
        user=request.safety_identifier or request.user,
        error_code="server_is_overloaded",
        admitted_at_s=job.admitted_at_s,
        started_at_s=None,
        finished_at_s=now_s,
        output_bytes=0,
        blob_keys=(),
    )


def _stored(row: Row[Any]) -> StoredJob:
    return StoredJob(
        job_id=row.id,
        account_id=row.account_id,
        key_id=row.key_id,
        kind=Kind(row.kind),
        model=row.model,
        n=row.n,
        hold_nusd=row.hold_nusd,
        admitted_at_s=row.admitted_at_s,
        record=_record(row) if row.outcome is not None else None,
    )


def _record(row: Row[Any]) -> JobRecord:
    return JobRecord(
        **_admitted(row),
        engine=row.engine,
        outcome=Outcome(row.outcome),
        size=Size(row.width_px, row.height_px) if row.width_px is not None else None,
        quality=Quality(row.quality) if row.quality is not None else None,
        background=Background(row.background) if row.background is not None else None,
        usage=Usage(
            text_input_tokens=row.text_input_tokens,
            image_input_tokens=row.image_input_tokens,
            text_output_tokens=row.text_output_tokens,
            image_output_tokens=row.image_output_tokens,
        ),
        charge_nusd=row.charge_nusd,
        cost_nusd=row.cost_nusd,
        parameters=row.parameters,
        error_code=row.error_code,
        started_at_s=row.started_at_s,
        finished_at_s=row.finished_at_s,
        output_bytes=row.output_bytes,
        blob_keys=tuple(orjson.loads(row.blob_keys)),
        told=_told(row.told),
        failures=tuple(_failure(failure) for failure in orjson.loads(row.failures or "[]")),
    )


def _told(text: str | None) -> Told | None:
    if text is None:
        return None
    told = orjson.loads(text)
    return Told(**{**told, "revised_prompts": tuple(told["revised_prompts"])})


def _failure(told: dict[str, Any]) -> FailedAttempt:
    upstream = told.pop("upstream")
    return FailedAttempt(**told, upstream=UpstreamFault(**upstream) if upstream else None)


def _admitted(row: Row[Any]) -> dict[str, Any]:
    """The fields of a record that are known from admission on."""
    return {
        "job_id": row.id,
        "account_id": row.account_id,
        "key_id": row.key_id,
        "kind": Kind(row.kind),
        "model": row.model,
        "n": row.n,
        "output_format": Format(row.output_format),
        "stream": row.stream,
        "partial_images": row.partial_images,
        "input_images": row.input_images,
        "has_mask": row.has_mask,
        "user": row.user,
        "hold_nusd": row.hold_nusd,
        "price_book": row.price_book,
        "admitted_at_s": row.admitted_at_s,
    }
