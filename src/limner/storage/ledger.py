"""The ledger in the database: admission and settlement, one transaction each, and the check that all adds up.

`admit` and `settle` run for every job: their statements are built once, and each asks the database to test and change
in one step (UPDATE … RETURNING), which is half the work of asking first.
"""

from __future__ import annotations

from sqlite3 import IntegrityError
from typing import Any, Final

import orjson
from sqlalchemy import Connection, bindparam, insert, literal_column, select, update

from limner.clock import Clock
from limner.errors import Defect
from limner.job import Usage
from limner.keys import key_refused
from limner.ledger import (
    Admission,
    Audit,
    EntryKind,
    HoldState,
    after,
    resolution,
    resolution_amount_nusd,
)
from limner.record import JobRecord, Outcome
from limner.storage.audit import audit
from limner.storage.database import Database
from limner.storage.jobs import interrupted_record
from limner.storage.prepared import Prepared
from limner.storage.tables import accounts, entries, jobs, keys, usage
from limner.storage.usage_sums import add_up
from limner.usage import MINUTE_S

_ADDING: Final = (
    update(accounts)
    .where(accounts.c.id == bindparam("account"))
    .values(balance_nusd=accounts.c.balance_nusd + bindparam("amount"))
    .returning(accounts.c.balance_nusd)
)
_ADD_TO_BALANCE: Final = Prepared(_ADDING)
_ADD_TO_BALANCE_OF_KEY: Final = Prepared(
    _ADDING.where(
        select(keys.c.id)
        .where(keys.c.id == bindparam("key"), keys.c.account_id == accounts.c.id, keys.c.revoked_at_s.is_(None))
        .exists()
    )
)
_HINT: Final = select(keys.c.hint).where(keys.c.id == bindparam("key"))
_BALANCE: Final = select(accounts.c.balance_nusd).where(accounts.c.id == bindparam("account"))
_INSERT_JOB: Final = Prepared(insert(jobs))
_INSERT_ENTRY: Final = Prepared(insert(entries))
_INSERT_USAGE: Final = Prepared(insert(usage))
_HOLD_OF_JOB: Final = (
    select(entries.c.id)
    # Written out, since the partial index on holds is only sure to be used for a constant.
    .where(entries.c.job_id == bindparam("job"), entries.c.kind == literal_column("'hold'"))
    .scalar_subquery()
)
_RESOLVE: Final = Prepared(
    update(jobs)
    .where(jobs.c.id == bindparam("job"), jobs.c.outcome.is_(None))
    .returning(jobs.c.hold_nusd, jobs.c.account_id, _HOLD_OF_JOB.label("hold_id"))
)
_OUTCOME: Final = select(jobs.c.outcome).where(jobs.c.id == bindparam("job"))
_UNFINISHED: Final = select(jobs).where(jobs.c.outcome.is_(None)).order_by(jobs.c.admitted_at_s, jobs.c.id)


class SqlLedger:
    """Accounts for every job; see `limner.ledger.Ledger`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def admit(self, admission: Admission) -> None:
        """Store the job and hold the worst case.

        Raises NotAuthenticated when the key was revoked meanwhile, Defect when the job was admitted before.
        """
        now_s = self._clock.now_s()
        # A power cut ends the job, too, before anything of it was charged.
        await self._database.write(lambda connection: _admit(connection, admission, now_s), lasting=False)

    async def settle(self, record: JobRecord) -> None:
        """Store how the job ended, write its usage row, and settle or release its hold.

        Charges `record.charge_nusd` when `record.outcome.charged`, else nothing. Raises AlreadyResolved
        the second time, Defect when the job was never admitted.
        """
        now_s = self._clock.now_s()
        await self._database.write(lambda connection: _settle(connection, record, now_s))

    async def release_interrupted(self) -> int:
        """Release the holds of all jobs without an end and return how many there were.

        For the start of a server that has the data folder to itself: whatever job is still open then died with the
        server before it.
        """
        now_s = self._clock.now_s()
        return await self._database.write(lambda connection: _release_interrupted(connection, now_s))

    async def account_ids(self) -> tuple[str, ...]:
        """Every account there is."""
        return await self._database.read(
            lambda connection: tuple(connection.scalars(select(accounts.c.id).order_by(accounts.c.id)))
        )

    async def balance_nusd(self, account_id: str) -> int | None:
        """What an account has left, holds taken out; negative when more was spent than put in; None for no account."""
        return await self._database.read(lambda connection: connection.scalar(_BALANCE, {"account": account_id}))

    async def add_up(self, account_id: str) -> Audit:
        """Check one account's ledger against itself, every entry of it. Slow for a long ledger."""
        return await self._database.read(lambda connection: audit(connection, account_id))


def _admit(connection: Connection, admission: Admission, now_s: float) -> None:
    job, request = admission.job, admission.job.request
    balance = _ADD_TO_BALANCE_OF_KEY.run(
        connection, {"account": job.account_id, "key": job.key_id, "amount": -admission.hold_nusd}
    )
    if balance is None:
        raise key_refused(connection.scalar(_HINT, {"key": job.key_id}) or "")
    row = {
        "id": job.id,
        "account_id": job.account_id,
        "key_id": job.key_id,
        "kind": request.kind.value,
        "model": request.model,
        "n": request.n,
        "output_format": request.output_format.value,
        "stream": request.stream,
        "partial_images": request.partial_images,
        "input_images": len(request.images),
        "has_mask": request.mask is not None,
        "user": request.safety_identifier or request.user,
        "hold_nusd": admission.hold_nusd,
        "price_book": admission.price_book,
        "admitted_at_s": job.admitted_at_s,
    }
    try:
        _INSERT_JOB.run(connection, row)
    except IntegrityError as error:
        after(_state(connection, job.id), EntryKind.HOLD)
        raise Defect(f"job {job.id} breaks the rules of its table") from error
    _append(
        connection,
        account_id=job.account_id,
        kind=EntryKind.HOLD,
        amount_nusd=-admission.hold_nusd,
        balance_after_nusd=balance[0],
        reason=f"{request.kind} with {request.model}",
        created_at_s=now_s,
        job_id=job.id,
        resolves=None,
        price_book=admission.price_book,
    )


def _settle(connection: Connection, record: JobRecord, now_s: float) -> None:
    charge_nusd = record.charge_nusd if record.outcome.charged else 0
    verb = resolution(record.outcome.charged)
    held = _RESOLVE.run(connection, {"job": record.job_id, **_ending(record, charge_nusd)})
    if held is None:
        after(_state(connection, record.job_id), verb)  # raises: only a hold can be ended
    assert held is not None
    hold_nusd, account_id, hold_id = held
    amount_nusd = resolution_amount_nusd(hold_nusd, charge_nusd)
    balance = _ADD_TO_BALANCE.run(connection, {"account": account_id, "amount": amount_nusd})
    assert balance is not None
    _append(
        connection,
        account_id=account_id,
        kind=verb,
        amount_nusd=amount_nusd,
        balance_after_nusd=balance[0],
        reason=record.outcome.value,
        created_at_s=now_s,
        job_id=record.job_id,
        resolves=hold_id,
        price_book=record.price_book,
    )
    row = _usage_row(record, charge_nusd)
    _INSERT_USAGE.run(connection, row)
    add_up(connection, row)


def _append(connection: Connection, *, amount_nusd: int, balance_after_nusd: int, **columns: Any) -> None:
    before_nusd = balance_after_nusd - amount_nusd
    _INSERT_ENTRY.run(
        connection,
        {
            "amount_nusd": amount_nusd,
            "balance_before_nusd": before_nusd,
            "balance_after_nusd": balance_after_nusd,
            **columns,
        },
    )


def _ending(record: JobRecord, charge_nusd: int) -> dict[str, Any]:
    """The columns of a job's row that its end fills in."""
    return {
        "outcome": record.outcome.value,
        "finished_at_s": record.finished_at_s,
        "started_at_s": record.started_at_s,
        "engine": record.engine,
        "partial_images": record.partial_images,
        "width_px": record.size.width_px if record.size else None,
        "height_px": record.size.height_px if record.size else None,
        "quality": record.quality.value if record.quality else None,
        "background": record.background.value if record.background else None,
        **_token_columns(record.usage),
        "charge_nusd": charge_nusd,
        "cost_nusd": record.cost_nusd,
        "parameters": record.parameters,
        "error_code": record.error_code,
        "output_bytes": record.output_bytes,
        "blob_keys": orjson.dumps(record.blob_keys).decode(),
        "failures": orjson.dumps(record.failures).decode() if record.failures else None,
    }


def _usage_row(record: JobRecord, charge_nusd: int) -> dict[str, Any]:
    return {
        "job_id": record.job_id,
        "account_id": record.account_id,
        "key_id": record.key_id,
        "model": record.model,
        "engine": record.engine,
        "outcome": record.outcome.value,
        "kind": record.kind.value,
        "width_px": record.size.width_px if record.size else 0,
        "height_px": record.size.height_px if record.size else 0,
        "user": record.user,
        "minute": int(record.finished_at_s // MINUTE_S),
        "finished_at_s": record.finished_at_s,
        "images": record.n if record.outcome.charged else 0,
        **_token_columns(record.usage if record.outcome.charged else Usage()),
        "charge_nusd": charge_nusd,
        "cost_nusd": record.cost_nusd,
    }


def _token_columns(tokens: Usage) -> dict[str, int]:
    return {
        "text_input_tokens": tokens.text_input_tokens,
        "image_input_tokens": tokens.image_input_tokens,
        "text_output_tokens": tokens.text_output_tokens,
        "image_output_tokens": tokens.image_output_tokens,
    }


def _state(connection: Connection, job_id: str) -> HoldState:
    row = connection.execute(_OUTCOME, {"job": job_id}).one_or_none()
    if row is None:
        return HoldState.ABSENT
    if row.outcome is None:
        return HoldState.HELD
    return after(HoldState.HELD, resolution(Outcome(row.outcome).charged))


def _release_interrupted(connection: Connection, now_s: float) -> int:
    rows = connection.execute(_UNFINISHED).all()
    for row in rows:
        _settle(connection, interrupted_record(row, now_s), now_s)
    return len(rows)
