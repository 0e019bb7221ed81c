"""The ledger in the database: admission and settlement, one transaction each, and the check that all adds up.

`admit` and `settle` run for every job: their statements are built once, and each asks the database to test and change
in one step (UPDATE … RETURNING), which is half the work of asking first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

import orjson
import structlog
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
from sqlalchemy.exc import IntegrityError

from limner.accounts import check_credit
from limner.claims import Claim
from limner.clock import Clock
from limner.errors import DATABASE_RETRY_S, Defect, InvalidRequest, LimnerError, NotFound
from limner.job import Json, Usage
from limner.keys import check_good, key_refused, user_blocked
from limner.ledger import (
    Abandoned,
    Admission,
    Admitted,
    Audit,
    EntryKind,
    HoldState,
    LedgerUnavailable,
    after,
    resolution,
    resolution_amount_nusd,
)
from limner.limits import KeyLimits, Meter, admitted, allowances, charged, settled
from limner.money import AMOUNT_NUSD_MAX, usd_text
from limner.record import JobRecord, Outcome, undelivered
from limner.storage import claims as claiming
from limner.storage import tasks
from limner.storage.audit import audit
from limner.storage.database import Database
from limner.storage.gateways import forget
from limner.storage.jobs import interrupted_record, unstarted_record
from limner.storage.journal import Journal
from limner.storage.prepared import Prepared
from limner.storage.tables import accounts, blocked_users, entries, jobs, key_secrets, keys, meters, usage
from limner.storage.trail import note
from limner.storage.usage_sums import add_up, take_away
from limner.trail import Action, Stamp
from limner.usage import MINUTE_S

_log = structlog.get_logger(__name__)

_ADD_TO_BALANCE: Final = Prepared(
    update(accounts)
    .where(accounts.c.id == bindparam("account"))
    .values(balance_nusd=accounts.c.balance_nusd + bindparam("amount"))
    .returning(accounts.c.balance_nusd, accounts.c.credit_limit_nusd, accounts.c.closed_at_s)
)
_LIMITS: Final = tuple(keys.c[field.name] for field in fields(KeyLimits))
_METERED: Final = tuple(meters.c[field.name] for field in fields(Meter))
_BLOCKED: Final = (
    select(blocked_users.c.user)
    .where(
        blocked_users.c.key_id == keys.c.id,
        blocked_users.c.user.in_([bindparam("user"), bindparam("safety_identifier")]),
    )
    .exists()
)
_KEY: Final = Prepared(
    select(keys.c.revoked_at_s, keys.c.expires_at_s, _BLOCKED, *_LIMITS, *_METERED)
    .join(meters, meters.c.key_id == keys.c.id)
    .where(keys.c.id == bindparam("key"), keys.c.account_id == bindparam("account"))
)
_METER: Final = Prepared(select(*_METERED).where(meters.c.key_id == bindparam("key")))
_SET_METER: Final = Prepared(update(meters).where(meters.c.key_id == bindparam("key")))
_HINT: Final = select(key_secrets.c.hint).where(
    key_secrets.c.key_id == bindparam("key"), key_secrets.c.expires_at_s.is_(None)
)
_BALANCE: Final = select(accounts.c.balance_nusd).where(accounts.c.id == bindparam("account"))
_INSERT_JOB: Final = Prepared(insert(jobs))
_INSERT_ENTRY: Final = Prepared(insert(entries).inline())
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
    .where(jobs.c.id == bindparam("job"))
    # `charged_nusd`, with the hold that only the row knows.
    .values(charge_nusd=case((jobs.c.hold_nusd < _PRICE, jobs.c.hold_nusd), else_=_PRICE))
    .returning(
        jobs.c.hold_nusd,
        jobs.c.charge_nusd,
        jobs.c.account_id,
        jobs.c.key_id,
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


class SqlLedger:
    """Accounts for every job; see `limner.ledger.Ledger`. gateway_id: where the jobs it admits run."""

    def __init__(self, database: Database, journal: Journal, clock: Clock, gateway_id: str) -> None:
        self._database = database
        self._journal = journal
        self._clock = clock
        self._gateway_id = gateway_id
        self._owed: list[JobRecord] = []

    async def claim(self, claim: Claim) -> str | None:
        """The id of the job that a request means, which has now been claimed, or None when there is none.

        Raises Conflict for an idempotency key that stands for another request, or for one whose answer is gone,
        DatabaseAway or LedgerUnavailable when the database cannot take it.
        """
        now_s = self._clock.now_s()
        try:
            return await self._database.write(lambda connection: claiming.find(connection, claim, now_s), lasting=False)
        except LimnerError:
            raise
        except Exception as error:
            raise _unavailable("claim", None) from error

    async def admit(self, admission: Admission) -> Admitted:
        """Store the job, and the task it draws, and hold the worst case, unless its request means another job.

        Raises NotAuthenticated when the key has become no good meanwhile, NotPermitted when it may draw no more for the
        job's end user, LimitReached when it may not do more or the account cannot pay for it, Defect when the job was
        admitted before, Conflict for one that was to take the place of a task's job and may not, and what `claim` does.
        Then nothing is held or counted.
        """
        now_s = self._clock.now_s()
        # A power cut ends the job, too, before anything of it was charged; a task is told to its caller before its end.
        lasting = admission.ticket is not None
        try:
            return await self._database.write(
                lambda connection: _admit(connection, admission, self._gateway_id, now_s), lasting=lasting
            )
        except LimnerError:
            raise
        except Exception as error:
            # A connection that broke may have committed: what may be held is to be released.
            self._owed.append(unstarted_record(admission, now_s))
            raise _unavailable("admit", admission.job.id) from error

    async def note_refusals(self, claims: Sequence[Claim], *, admitted: bool) -> None:
        """Remember for a while that these requests came to nothing, with a job or without one."""
        now_s = self._clock.now_s()
        await self._database.write(
            lambda connection: claiming.note_refusals(connection, claims, now_s, admitted=admitted), lasting=False
        )

    async def settle(self, record: JobRecord, *, late: bool = False) -> None:
        """Store how the job ended, write its usage row, and settle or release its hold.

        Charges `record.charge_nusd` when `record.outcome.charged`, else nothing, and never more than was held. A
        database that fails gets it later, from the journal: see `settle_kept`. Raises Abandoned for a job with pictures
        whose hold was given back when its gateway seemed dead; late: one that was delivered is charged all the same.
        Raises AlreadyResolved the second time, Defect when the job was never admitted, LedgerUnavailable when the
        journal cannot take it either: then nothing will be charged.
        """
        try:
            await self._write_settlement(record, late=late)
        except Defect:
            raise
        except Exception as error:  # noqa: BLE001  whatever a database raises when it cannot write
            _log.exception("ledger.settlement_kept", job_id=record.job_id)
            try:
                await self._journal.add(record)
            except OSError:
                self._owed.append(undelivered(record))
                raise _unavailable("settle", record.job_id) from error

    async def settle_kept(self) -> int:
        """Settle what could not be written when it was due, and return how many that were.

        To be called from time to time. Raises what the database raises while it still fails.
        """
        settled = 0
        for record in await self._journal.records():
            settled += await self._settle_late(record)
            await self._journal.remove(record.job_id)
        while self._owed:
            settled += await self._settle_late(self._owed[0])
            del self._owed[0]
        return settled

    async def _settle_late(self, record: JobRecord) -> bool:
        """Settle now, unless that was done or the job is unknown: then the failing write had been done, or not."""
        try:
            # What is kept was delivered, since its caller was not told otherwise.
            await self._write_settlement(record, late=True)
        except Defect as done:
            _log.info("ledger.nothing_to_settle", job_id=record.job_id, reason=done.message)
            return False
        _log.info("ledger.settled_late", job_id=record.job_id, outcome=record.outcome.value)
        return True

    async def _write_settlement(self, record: JobRecord, *, late: bool) -> None:
        now_s = self._clock.now_s()
        await self._database.write(lambda connection: _settle(connection, record, now_s, late=late))

    async def expire_claims(self) -> int:
        """Forget idempotency keys and refusals past their time, some at a time; return how many."""
        now_s = self._clock.now_s()
        return await self._database.write(lambda connection: claiming.expire(connection, now_s), lasting=False)

    async def release_jobs_of(self, gateway_id: str, beats: int) -> int:
        """Release the holds of all jobs under way at a gateway that is dead, and return how many.

        beats: its count when it was taken for dead, or GONE; nothing happens when it has counted since, or another
        gateway was first.
        """
        now_s = self._clock.now_s()
        return await self._database.write(lambda connection: _release_jobs_of(connection, gateway_id, beats, now_s))

    async def credit(self, account_id: str, amount_nusd: int, reason: str, stamp: Stamp) -> int:
        """Add to an account's balance, or take away, by an entry of its own and an act; return the balance.

        Raises NotFound when there is no such account, InvalidRequest when the balance would be too large to keep.
        """
        return await self._database.write(
            lambda connection: _credit(connection, account_id, amount_nusd, reason, stamp)
        )

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


def _unavailable(verb: str, job_id: str | None) -> LedgerUnavailable:
    _log.error("ledger.unavailable", verb=verb, job_id=job_id, exc_info=True)
    return LedgerUnavailable(
        "The server is currently overloaded. Please try again later.", retry_after_s=DATABASE_RETRY_S
    )


def _admit(connection: Connection, admission: Admission, gateway_id: str, now_s: float) -> Admitted:
    job, request, claim = admission.job, admission.job.request, admission.claim
    if claim is not None and claim.returning:
        meant = claiming.find_or_reserve(connection, claim, job.id, now_s)
        if meant is not None:
            return Admitted(instead=meant)
    # First, since whoever admits or settles a job of this account waits here for the others: what is read from now on
    # is what they have written.
    account = _ADD_TO_BALANCE.run(connection, {"account": job.account_id, "amount": -admission.hold_nusd})
    key = _KEY.run(
        connection,
        {
            "key": job.key_id,
            "account": job.account_id,
            "user": request.user,
            "safety_identifier": request.safety_identifier,
        },
    )
    if account is None or key is None:
        raise key_refused("")
    balance_nusd, credit_limit_nusd, closed_at_s = account
    revoked_at_s, expires_at_s, blocked, *rest = key
    check_good(
        lambda: connection.scalar(_HINT, {"key": job.key_id}) or "",
        revoked_at_s=revoked_at_s,
        expires_at_s=expires_at_s,
        account_closed=closed_at_s is not None,
        now_s=now_s,
    )
    if blocked:
        raise user_blocked()
    check_credit(balance_nusd, admission.hold_nusd, credit_limit_nusd)
    limits, meter = KeyLimits(*rest[: len(_LIMITS)]), Meter(*rest[len(_LIMITS) :])
    meter = admitted(meter, limits, hold_nusd=admission.hold_nusd, images=request.n, now_s=job.admitted_at_s)
    _set_meter(connection, job.key_id, meter)
    row = {
        "id": job.id,
        "account_id": job.account_id,
        "key_id": job.key_id,
        "gateway_id": gateway_id,
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
        "markup_bp": admission.markup_bp,
        "admitted_at_s": job.admitted_at_s,
        **claiming.columns(claim),
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
        balance_after_nusd=balance_nusd,
        reason=f"{request.kind} with {request.model}",
        created_at_s=now_s,
        job_id=job.id,
        resolves=None,
        price_book=admission.price_book,
    )
    if admission.ticket is not None:
        tasks.put(connection, admission, now_s)
        if admission.ticket.replaces is not None:
            claiming.take_over(connection, job.key_id, admission.ticket.replaces, job.id)
    return Admitted(allowances=allowances(meter, limits, job.admitted_at_s))


def _settle(connection: Connection, record: JobRecord, now_s: float, *, late: bool) -> None:
    price_nusd = record.charge_nusd if record.outcome.charged else 0
    verb = resolution(record.outcome.charged)
    held = _RESOLVE.run(connection, {"job": record.job_id, "price": price_nusd, **_ending(record)})
    if held is None:
        _charge_abandoned(connection, record, price_nusd, now_s, late=late)
        return
    hold_nusd, charge_nusd, account_id, key_id, admitted_at_s, hold_id = held
    amount_nusd = resolution_amount_nusd(hold_nusd, charge_nusd)
    account = _ADD_TO_BALANCE.run(connection, {"account": account_id, "amount": amount_nusd})
    assert account is not None
    # After the account's row, at which whoever else admits or settles waits.
    metered = _METER.run(connection, {"key": key_id})
    assert metered is not None
    meter = settled(Meter(*metered), admitted_at_s=admitted_at_s, hold_nusd=hold_nusd, charge_nusd=charge_nusd)
    _set_meter(connection, key_id, meter)
    _append(
        connection,
        account_id=account_id,
        kind=verb,
        amount_nusd=amount_nusd,
        balance_after_nusd=account[0],
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


def _charge_abandoned(connection: Connection, record: JobRecord, price_nusd: int, now_s: float, *, late: bool) -> None:
    """The end of a job that another gateway had ended before, taking ours for dead: if delivered, charged all the same.

    Raises Abandoned unless that is meant, AlreadyResolved or Defect for any other job that has no hold open.
    """
    state = _state(connection, record.job_id)
    if state is HoldState.ABANDONED and record.outcome.charged and not late:
        raise Abandoned("another gateway has ended the job")
    # A client that has left may have come again meanwhile, and found no job to join: it would pay for two.
    delivered = record.outcome is Outcome.DELIVERED
    after(state, EntryKind.CHARGE if delivered else EntryKind.RELEASE)
    ended = _END_ABANDONED.run(connection, {"job": record.job_id, "price": price_nusd, **_ending(record)})
    assert ended is not None
    _, charge_nusd, account_id, key_id, admitted_at_s, _ = ended
    account = _ADD_TO_BALANCE.run(connection, {"account": account_id, "amount": -charge_nusd})
    assert account is not None
    metered = _METER.run(connection, {"key": key_id})
    assert metered is not None
    meter = charged(Meter(*metered), admitted_at_s=admitted_at_s, charge_nusd=charge_nusd)
    _set_meter(connection, key_id, meter)
    _append(
        connection,
        account_id=account_id,
        kind=EntryKind.CHARGE,
        amount_nusd=-charge_nusd,
        balance_after_nusd=account[0],
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


def _credit(connection: Connection, account_id: str, amount_nusd: int, reason: str, stamp: Stamp) -> int:
    before_nusd = connection.scalar(_BALANCE, {"account": account_id})
    if before_nusd is None:
        raise NotFound(f"There is no account '{account_id}'.", param="account")
    if abs(before_nusd + amount_nusd) > AMOUNT_NUSD_MAX:
        raise InvalidRequest(f"The balance would be beyond ${usd_text(AMOUNT_NUSD_MAX)}.", param="amount_usd")
    account = _ADD_TO_BALANCE.run(connection, {"account": account_id, "amount": amount_nusd})
    assert account is not None
    balance_nusd: int = account[0]
    _append(
        connection,
        account_id=account_id,
        kind=EntryKind.CREDIT,
        amount_nusd=amount_nusd,
        balance_after_nusd=balance_nusd,
        reason=reason,
        created_at_s=stamp.at_s,
        job_id=None,
        resolves=None,
        price_book=None,
    )
    details: dict[str, Json] = {
        "before": {"balance_nusd": balance_nusd - amount_nusd},
        "after": {"balance_nusd": balance_nusd},
        "amount_nusd": amount_nusd,
        "reason": reason,
    }
    note(connection, stamp, Action.ACCOUNT_CREDITED, account_id, details)
    return balance_nusd


def _set_meter(connection: Connection, key_id: str, meter: Meter) -> None:
    _SET_METER.run(connection, {"key": key_id, **{column.name: getattr(meter, column.name) for column in _METERED}})


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


def _state(connection: Connection, job_id: str) -> HoldState:
    row = connection.execute(_OUTCOME, {"job": job_id}).one_or_none()
    if row is None:
        return HoldState.ABSENT
    if row.outcome is None:
        return HoldState.HELD
    if row.outcome == Outcome.INTERRUPTED:
        return HoldState.ABANDONED
    return after(HoldState.HELD, resolution(Outcome(row.outcome).charged))


def _release_jobs_of(connection: Connection, gateway_id: str, beats: int, now_s: float) -> int:
    if not forget(connection, gateway_id, beats):
        return 0
    rows = connection.execute(_UNFINISHED, {"gateway": gateway_id}).all()
    for row in rows:
        _settle(connection, interrupted_record(row, now_s), now_s, late=False)
    return len(rows)
