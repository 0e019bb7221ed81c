"""The settlement of a job: one transaction that stores how it ended, gives back what was held, and counts its usage."""

from __future__ import annotations

from typing import Any, Final

import orjson
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    bindparam,
    case,
    delete,
    insert,
    literal_column,
    select,
    update,
)

from limner.job import Usage
from limner.ledger import Abandoned, EntryKind, HoldState, after, resolution, resolution_amount_nusd
from limner.limits import Meter, charged, settled
from limner.record import JobRecord, Outcome
from limner.storage import claims as claiming
from limner.storage.entries import BALANCE_AND_METER, add_entry, set_meter
from limner.storage.gateways import forget
from limner.storage.jobs import interrupted_record
from limner.storage.prepared import Prepared, Row, run_all
from limner.storage.tables import entries, jobs, usage
from limner.storage.usage_sums import add_up, take_away
from limner.usage import MINUTE_S

_INSERT_USAGE: Final = Prepared(insert(usage))
_HOLD_OF_JOB: Final = (
    select(entries.c.id)
    # Written out, since the partial index on holds is only sure to be used for a constant.
    .where(entries.c.job_id == bindparam("job"), entries.c.kind == literal_column("'hold'"))
    .scalar_subquery()
)
_PRICE: Final[BindParameter[int]] = bindparam("price", type_=BigInteger)
_ENDING: Final = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"), jobs.c.account_id == bindparam("account"), jobs.c.key_id == bindparam("key"))
    # `charged_nusd`, with the hold that only the row knows.
    .values(charge_nusd=case((jobs.c.hold_nusd < _PRICE, jobs.c.hold_nusd), else_=_PRICE))
    .returning(
        jobs.c.hold_nusd,
        jobs.c.charge_nusd,
        jobs.c.admitted_at_s,
        _HOLD_OF_JOB.label("hold_id"),
    )
)
_RESOLVE: Final = Prepared(_ENDING.where(jobs.c.outcome.is_(None)))
_END_ABANDONED: Final = Prepared(_ENDING.where(jobs.c.outcome == literal_column("'interrupted'")))
_OUTCOME: Final = select(jobs.c.outcome).where(jobs.c.id == bindparam("job"))
_UNFINISHED: Final = (
    select(jobs)
    .where(jobs.c.outcome.is_(None), jobs.c.gateway_id == bindparam("gateway"))
    .order_by(jobs.c.admitted_at_s, jobs.c.id)
)


def settle(connection: Connection, record: JobRecord, now_s: float, *, late: bool) -> None:
    """Store how a job ended and resolve its hold; see `limner.ledger.Ledger.settle`."""
    price_nusd = record.charge_nusd if record.outcome.charged else 0
    verb = resolution(record.outcome.charged)
    ended = _end(connection, _RESOLVE, record, price_nusd)
    if ended is None:
        _charge_abandoned(connection, record, price_nusd, now_s, late=late)
        return
    (hold_nusd, charge_nusd, admitted_at_s, hold_id), balance_nusd, meter = ended
    meter = settled(meter, admitted_at_s=admitted_at_s, hold_nusd=hold_nusd, charge_nusd=charge_nusd)
    set_meter(connection, record.key_id, meter)
    add_entry(
        connection,
        account_id=record.account_id,
        kind=verb,
        amount_nusd=resolution_amount_nusd(hold_nusd, charge_nusd),
        balance_before_nusd=balance_nusd,
        reason=record.outcome.value,
        created_at_s=now_s,
        job_id=record.job_id,
        resolves=hold_id,
        price_book=record.price_book,
    )
    row = _usage_row(record, charge_nusd)
    _INSERT_USAGE.run(connection, row)
    add_up(connection, row)
    if not record.outcome.charged:
        claiming.hide(connection, record.job_id)


def release_jobs_of(connection: Connection, gateway_id: str, beats: int, now_s: float) -> int:
    """Release what jobs hold of a gateway that is dead; return how many. beats: see `gateways.forget`."""
    if not forget(connection, gateway_id, beats):
        return 0
    rows = connection.execute(_UNFINISHED, {"gateway": gateway_id}).all()
    for row in rows:
        settle(connection, interrupted_record(row, now_s), now_s, late=False)
    return len(rows)


def state_of(connection: Connection, job_id: str) -> HoldState:
    """What has become of a job's hold."""
    row = connection.execute(_OUTCOME, {"job": job_id}).one_or_none()
    if row is None:
        return HoldState.ABSENT
    if row.outcome is None:
        return HoldState.HELD
    if row.outcome == Outcome.INTERRUPTED:
        return HoldState.ABANDONED
    return after(HoldState.HELD, resolution(Outcome(row.outcome).charged))


def _charge_abandoned(connection: Connection, record: JobRecord, price_nusd: int, now_s: float, *, late: bool) -> None:
    """The end of a job that another gateway had ended before, taking ours for dead: if delivered, charged all the same.

    Raises Abandoned unless that is meant, AlreadyResolved or Defect for any other job that has no hold open.
    """
    state = state_of(connection, record.job_id)
    if state is HoldState.ABANDONED and record.outcome.charged and not late:
        raise Abandoned("another gateway has ended the job")
    # A client that has left may have come again meanwhile, and found no job to join: it would pay for two.
    delivered = record.outcome is Outcome.DELIVERED
    after(state, EntryKind.CHARGE if delivered else EntryKind.RELEASE)
    ended = _end(connection, _END_ABANDONED, record, price_nusd)
    assert ended is not None
    (_, charge_nusd, admitted_at_s, _), balance_nusd, meter = ended
    meter = charged(meter, admitted_at_s=admitted_at_s, charge_nusd=charge_nusd)
    set_meter(connection, record.key_id, meter)
    add_entry(
        connection,
        account_id=record.account_id,
        kind=EntryKind.CHARGE,
        amount_nusd=-charge_nusd,
        balance_before_nusd=balance_nusd,
        reason=f"{record.outcome} after its gateway was taken for dead",
        created_at_s=now_s,
        job_id=record.job_id,
        resolves=None,
        price_book=record.price_book,
    )
    interrupted = connection.execute(delete(usage).where(usage.c.job_id == record.job_id).returning(usage)).one()
    take_away(connection, interrupted._asdict())
    row = _usage_row(record, charge_nusd)
    _INSERT_USAGE.run(connection, row)
    add_up(connection, row)


def _end(connection: Connection, ending: Prepared, record: JobRecord, price_nusd: int) -> tuple[Row, int, Meter] | None:
    """End a job's row, and return it with the balance and the meter it finds; None where there is no such row."""
    owner = {"account": record.account_id, "key": record.key_id}
    ended, standing = run_all(
        connection,
        (ending, {"job": record.job_id, **owner, "price": price_nusd, **_ending(record)}),
        (BALANCE_AND_METER, owner),
    )
    if ended is None:
        return None
    assert standing is not None
    balance_nusd, *metered = standing
    return ended, balance_nusd, Meter(*metered)


def _ending(record: JobRecord) -> dict[str, Any]:
    """The columns of a job's row that its end fills in, beside its charge."""
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
        "cost_nusd": record.cost_nusd,
        "parameters": record.parameters,
        "error_code": record.error_code,
        "output_bytes": record.output_bytes,
        "blob_keys": orjson.dumps(record.blob_keys).decode(),
        "told": orjson.dumps(record.told).decode() if record.told else None,
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
