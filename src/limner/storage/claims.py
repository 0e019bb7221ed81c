"""Claims in the database: which job a request means, decided and noted in one transaction.

Holds between any number of processes: whatever two of them decide about the same row, the second one's change finds the
row as the first one left it and does nothing. Nothing here runs for a first request without an `Idempotency-Key`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, delete, insert, not_, or_, select, text, update

from limner.claims import (
    IDEMPOTENCY_S,
    REFUSAL_S_MAX,
    RETRY_S_MAX,
    Candidate,
    Claim,
    answer_gone,
    in_order,
    other_content,
)
from limner.record import Outcome
from limner.storage.tables import idempotency, jobs, refusals
from limner.storage.tasks import TO_BE_REPLACED, WAITING

CANDIDATES_MAX: Final = 1_000
"""Identical jobs looked at: more than any key has retries of one request for at a time."""
EXPIRE_BATCH: Final = 1_000
"""Rows removed in one transaction, so that jobs being admitted wait for milliseconds only."""

_ENDED_BADLY: Final = ", ".join(f"'{outcome}'" for outcome in Outcome if not outcome.charged)

_CANDIDATES: Final = (
    select(jobs.c.id, jobs.c.outcome, jobs.c.retries, jobs.c.replayed, jobs.c.admitted_at_s)
    .where(
        jobs.c.fingerprint == bindparam("fingerprint"),
        jobs.c.key_id == bindparam("key"),
        or_(
            jobs.c.outcome.is_(None),
            and_(
                jobs.c.finished_at_s >= bindparam("since_s"),
                or_(jobs.c.outcome != Outcome.INTERRUPTED.value, TO_BE_REPLACED),
            ),
        ),
    )
    .order_by(jobs.c.admitted_at_s.desc())
    .limit(CANDIDATES_MAX)
)
_TAKE: Final = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"), jobs.c.retries < bindparam("by"))
    # What has ended is answered at once.
    .values(retries=bindparam("by"), replayed=jobs.c.outcome.is_not(None))
    .returning(jobs.c.id)
)
# The retry of a task's submission finds the task while another job is to take this one's place.
_HIDE: Final = update(jobs).where(jobs.c.id == bindparam("job"), not_(TO_BE_REPLACED)).values(fingerprint=None)
_replaced: Final = jobs.alias("replaced")
_OF_REPLACED: Final = select(_replaced).where(_replaced.c.id == bindparam("old"))
_TAKE_OVER: Final = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"))
    .values(
        fingerprint=_OF_REPLACED.with_only_columns(_replaced.c.fingerprint).scalar_subquery(),
        retries=_OF_REPLACED.with_only_columns(_replaced.c.retries).scalar_subquery(),
    )
)
_TAKE_OVER_KEY: Final = (
    update(idempotency)
    .where(idempotency.c.key_id == bindparam("key"), idempotency.c.job_id == bindparam("old"))
    .values(job_id=bindparam("job"))
)

_REFUSALS: Final = (
    select(refusals.c.id, refusals.c.retries, refusals.c.refused_at_s)
    .where(
        refusals.c.fingerprint == bindparam("fingerprint"),
        refusals.c.key_id == bindparam("key"),
        refusals.c.refused_at_s >= bindparam("since_s"),
    )
    .order_by(refusals.c.id.desc())
    .limit(CANDIDATES_MAX)
)
_NOTE_REFUSAL: Final = insert(refusals)
_TAKE_UP: Final = delete(refusals).where(refusals.c.id == bindparam("refusal")).returning(refusals.c.id)

_STANDS_FOR: Final = (
    select(
        idempotency.c.fingerprint,
        idempotency.c.job_id,
        jobs.c.outcome,
        jobs.c.blob_keys,
        TO_BE_REPLACED.label("to_be_replaced"),
    )
    .join(jobs, jobs.c.id == idempotency.c.job_id)
    .where(
        idempotency.c.key_id == bindparam("key"),
        idempotency.c.idempotency_key == bindparam("idempotency_key"),
        idempotency.c.expires_at_s > bindparam("now_s"),
    )
)
# The same words for both databases. A row that has expired, or whose job came to nothing, is written over. Not by
# EXISTS, for which PostgreSQL may read all jobs at once.
_RESERVE: Final = text(
    f"""
    INSERT INTO idempotency (key_id, idempotency_key, fingerprint, job_id, expires_at_s)
    VALUES (:key, :idempotency_key, :fingerprint, :job, :expires_at_s)
    ON CONFLICT (key_id, idempotency_key) DO UPDATE
    SET fingerprint = excluded.fingerprint, job_id = excluded.job_id, expires_at_s = excluded.expires_at_s
    WHERE idempotency.expires_at_s <= :now_s
    OR (
        idempotency.fingerprint = excluded.fingerprint
        AND (
            SELECT jobs.outcome IN ({_ENDED_BADLY}) AND NOT (
                jobs.outcome = '{Outcome.INTERRUPTED}'
                AND (SELECT tasks.id FROM tasks WHERE tasks.job_id = jobs.id AND {WAITING}) IS NOT NULL
            )
            FROM jobs WHERE jobs.id = idempotency.job_id
        )
    )
    RETURNING job_id
    """  # noqa: S608  made of our own words
)


def find(connection: Connection, claim: Claim, now_s: float) -> str | None:
    """The job that the request means, claimed for it, or None. Raises Conflict."""
    if claim.repeat.idempotency_key is not None:
        return _standing_for(connection, claim, now_s)
    return _by_content(connection, claim, now_s, last=False)


def find_or_reserve(connection: Connection, claim: Claim, job_id: str, now_s: float) -> str | None:
    """The job that the request means; or None, when it is to be `job_id`, which is admitted in the same transaction.

    Raises Conflict.
    """
    if claim.repeat.idempotency_key is None:
        return _by_content(connection, claim, now_s, last=True)
    reserved = connection.execute(
        _RESERVE,
        {
            "key": claim.key_id,
            "idempotency_key": claim.repeat.idempotency_key,
            "fingerprint": claim.fingerprint,
            "job": job_id,
            "expires_at_s": now_s + IDEMPOTENCY_S,
            "now_s": now_s,
        },
    ).one_or_none()
    return None if reserved is not None else _standing_for(connection, claim, now_s)


def columns(claim: Claim | None) -> dict[str, Any]:
    """The columns of a job's row by which it is found."""
    found_by_content = claim is not None and claim.found_by_content
    return {
        "fingerprint": claim.fingerprint if claim and found_by_content else None,
        "retries": claim.repeat.retries or 0 if claim else 0,
        "replayed": False,
    }


def hide(connection: Connection, job_id: str) -> None:
    """Let no retry find a job that came to nothing."""
    connection.execute(_HIDE, {"job": job_id})


def take_over(connection: Connection, key_id: str, old: str, job_id: str) -> None:
    """Let retries find a job where they would have found another, whose place it takes."""
    connection.execute(_TAKE_OVER, {"job": job_id, "old": old})
    connection.execute(_HIDE, {"job": old})
    connection.execute(_TAKE_OVER_KEY, {"key": key_id, "job": job_id, "old": old})


def note_refusals(connection: Connection, claims: Sequence[Claim], now_s: float, *, admitted: bool) -> None:
    """Remember requests that will be sent again and mean no job. admitted: whether they had one."""
    for claim in claims:
        if not admitted and _means_a_job(connection, claim, now_s):
            # It was refused before that was known, as while the database was away: its next sending finds the job.
            continue
        connection.execute(
            _NOTE_REFUSAL,
            {
                "key_id": claim.key_id,
                "fingerprint": claim.fingerprint,
                "retries": claim.repeat.retries,
                "refused_at_s": now_s,
            },
        )


def expire(connection: Connection, now_s: float) -> int:
    """Remove what stands for nothing any more, at most EXPIRE_BATCH of each kind; return how many there were."""
    old_keys = (
        select(idempotency.c.key_id, idempotency.c.idempotency_key)
        .where(idempotency.c.expires_at_s <= now_s)
        .limit(EXPIRE_BATCH)
    )
    old_refusals = select(refusals.c.id).where(refusals.c.refused_at_s < now_s - REFUSAL_S_MAX).limit(EXPIRE_BATCH)
    rows = connection.execute(old_keys).all()
    if rows:
        connection.execute(
            delete(idempotency).where(
                idempotency.c.key_id == bindparam("key"),
                idempotency.c.idempotency_key == bindparam("sent"),
                idempotency.c.expires_at_s <= now_s,
            ),
            [{"key": key_id, "sent": sent} for key_id, sent in rows],
        )
    return len(rows) + connection.execute(delete(refusals).where(refusals.c.id.in_(old_refusals))).rowcount


def _standing_for(connection: Connection, claim: Claim, now_s: float) -> str | None:
    row = connection.execute(
        _STANDS_FOR, {"key": claim.key_id, "idempotency_key": claim.repeat.idempotency_key, "now_s": now_s}
    ).one_or_none()
    if row is None:
        return None
    if row.fingerprint != claim.fingerprint:
        raise other_content()
    if row.outcome is not None and not Outcome(row.outcome).charged and not row.to_be_replaced:
        return None
    if row.blob_keys == "[]" and not claim.of_task:
        raise answer_gone()
    job_id: str = row.job_id
    return job_id


def _by_content(connection: Connection, claim: Claim, now_s: float, *, last: bool) -> str | None:
    """The job that a retry means. last: whether it is admitted otherwise, and so takes up the refusal it means."""
    retries = claim.repeat.retries or 0
    candidates = [*_jobs(connection, claim, now_s), *_refusals(connection, claim, now_s)]
    for candidate in in_order(candidates, retries):
        if candidate.is_refusal:
            if last:
                connection.execute(_TAKE_UP, {"refusal": candidate.id})
            return None
        # Another process may have been faster.
        if connection.scalar(_TAKE, {"job": candidate.id, "by": retries}) is not None:
            return str(candidate.id)
    return None


def _means_a_job(connection: Connection, claim: Claim, now_s: float) -> bool:
    """Whether a request that is refused means a job; takes up the refusal that it means instead, if any.

    An admission would have taken up the refusal before it; what was not admitted has it still.
    """
    candidates = [*_jobs(connection, claim, now_s), *_refusals(connection, claim, now_s)]
    for candidate in in_order(candidates, claim.repeat.retries or 0):
        if not candidate.is_refusal:
            return True
        if connection.scalar(_TAKE_UP, {"refusal": candidate.id}) is not None:
            break
    return False


def _jobs(connection: Connection, claim: Claim, now_s: float) -> Iterator[Candidate]:
    asked = {"fingerprint": claim.fingerprint, "key": claim.key_id, "since_s": now_s - RETRY_S_MAX}
    for row in connection.execute(_CANDIDATES, asked):
        running = row.outcome is None
        yield Candidate(
            id=row.id,
            retries=row.retries,
            since_s=row.admitted_at_s,
            abandoned=row.id in claim.unattended if running else row.outcome == Outcome.STORED and not row.replayed,
            running=running,
        )


def _refusals(connection: Connection, claim: Claim, now_s: float) -> Iterator[Candidate]:
    asked = {"fingerprint": claim.fingerprint, "key": claim.key_id, "since_s": now_s - REFUSAL_S_MAX}
    for row in connection.execute(_REFUSALS, asked):
        yield Candidate(id=row.id, retries=row.retries, since_s=row.refused_at_s, abandoned=True, is_refusal=True)
