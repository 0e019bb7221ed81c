"""The admission of a job: one transaction that checks what it may cost and do, holds the worst case, and stores it."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from limner.accounts import check_credit
from limner.errors import Defect
from limner.keys import check_good, key_refused, user_blocked
from limner.ledger import Admission, Admitted, EntryKind, after
from limner.limits import KeyLimits, Meter, admitted, allowances
from limner.storage import claims as claiming
from limner.storage import tasks
from limner.storage.entries import METERED, add_entry, set_meter
from limner.storage.prepared import Prepared
from limner.storage.settlement import state_of
from limner.storage.tables import accounts, blocked_users, jobs, key_secrets, keys, meters

_LIMITS: Final = tuple(keys.c[field.name] for field in fields(KeyLimits))
_BLOCKED: Final = (
    select(blocked_users.c.user)
    .where(
        blocked_users.c.key_id == keys.c.id,
        blocked_users.c.user.in_([bindparam("user"), bindparam("safety_identifier")]),
    )
    .exists()
)
_ACCOUNT: Final = (accounts.c.balance_nusd, accounts.c.credit_limit_nusd, accounts.c.closed_at_s)
_KEY: Final = Prepared(
    select(*_ACCOUNT, keys.c.revoked_at_s, keys.c.expires_at_s, _BLOCKED, *_LIMITS, *METERED)
    .select_from(keys)
    .join(accounts, accounts.c.id == keys.c.account_id)
    .join(meters, meters.c.key_id == keys.c.id)
    .where(keys.c.id == bindparam("key"), keys.c.account_id == bindparam("account"))
)
_HINT: Final = select(key_secrets.c.hint).where(
    key_secrets.c.key_id == bindparam("key"), key_secrets.c.expires_at_s.is_(None)
)
_INSERT_JOB: Final = Prepared(insert(jobs))


def admit(connection: Connection, admission: Admission, gateway_id: str, now_s: float) -> Admitted:
    """Admit a job at a gateway; see `limner.ledger.Ledger.admit`."""
    job, request, claim = admission.job, admission.job.request, admission.claim
    if claim is not None and claim.returning:
        meant = claiming.find_or_reserve(connection, claim, job.id, now_s)
        if meant is not None:
            return Admitted(instead=meant)
    asked = {
        "key": job.key_id,
        "account": job.account_id,
        "user": request.user,
        "safety_identifier": request.safety_identifier,
    }
    key = _KEY.run(connection, asked)
    if key is None:
        raise key_refused("")
    balance_nusd, credit_limit_nusd, closed_at_s, revoked_at_s, expires_at_s, blocked, *rest = key
    check_good(
        lambda: connection.scalar(_HINT, {"key": job.key_id}) or "",
        revoked_at_s=revoked_at_s,
        expires_at_s=expires_at_s,
        account_closed=closed_at_s is not None,
        now_s=now_s,
    )
    if blocked:
        raise user_blocked()
    check_credit(balance_nusd - admission.hold_nusd, admission.hold_nusd, credit_limit_nusd)
    limits, meter = KeyLimits(*rest[: len(_LIMITS)]), Meter(*rest[len(_LIMITS) :])
    meter = admitted(meter, limits, hold_nusd=admission.hold_nusd, images=request.n, now_s=job.admitted_at_s)
    set_meter(connection, job.key_id, meter)
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
        after(state_of(connection, job.id), EntryKind.HOLD)
        raise Defect(f"job {job.id} breaks the rules of its table") from error
    add_entry(
        connection,
        account_id=job.account_id,
        kind=EntryKind.HOLD,
        amount_nusd=-admission.hold_nusd,
        balance_before_nusd=balance_nusd,
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
