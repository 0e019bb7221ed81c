"""The ledger in the database: each method one transaction, and what could not be written kept for later.

Admission and settlement (`admission.py`, `settlement.py`) run for every job: their statements are built once, and
each asks all that it has to know of a usual job at once: a database that is a network away is waited for once.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import select

from limner.claims import Claim
from limner.clock import Clock
from limner.errors import DATABASE_RETRY_S, Defect, LimnerError
from limner.ledger import Admission, Admitted, Audit, LedgerUnavailable
from limner.record import JobRecord, undelivered
from limner.storage import claims as claiming
from limner.storage.admission import admit
from limner.storage.audit import audit
from limner.storage.database import Database
from limner.storage.entries import BALANCE, credit
from limner.storage.jobs import unstarted_record
from limner.storage.journal import Journal
from limner.storage.settlement import release_jobs_of, settle
from limner.storage.tables import accounts
from limner.trail import Stamp

_log = structlog.get_logger(__name__)


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
                lambda connection: admit(connection, admission, self._gateway_id, now_s), lasting=lasting
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
        await self._database.write(lambda connection: settle(connection, record, now_s, late=late))

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
        return await self._database.write(lambda connection: release_jobs_of(connection, gateway_id, beats, now_s))

    async def credit(
        self, account_id: str, amount_nusd: int, reason: str, stamp: Stamp, idempotency_key: str | None = None
    ) -> int:
        """Add to an account's balance, or take away, by an entry of its own and an act; return the balance.

        See `limner.ledger.Till`.
        """
        return await self._database.write(
            lambda connection: credit(connection, account_id, amount_nusd, reason, stamp, idempotency_key)
        )

    async def account_ids(self) -> tuple[str, ...]:
        """Every account there is."""
        return await self._database.read(
            lambda connection: tuple(connection.scalars(select(accounts.c.id).order_by(accounts.c.id)))
        )

    async def balance_nusd(self, account_id: str) -> int | None:
        """What an account has left, holds taken out; negative when more was spent than put in; None for no account."""
        return await self._database.read(lambda connection: connection.scalar(BALANCE, {"account": account_id}))

    async def add_up(self, account_id: str) -> Audit:
        """Check one account's ledger against itself, every entry of it. Slow for a long ledger."""
        return await self._database.read(lambda connection: audit(connection, account_id))


def _unavailable(verb: str, job_id: str | None) -> LedgerUnavailable:
    _log.error("ledger.unavailable", verb=verb, job_id=job_id, exc_info=True)
    return LedgerUnavailable(
        "The server is currently overloaded. Please try again later.", retry_after_s=DATABASE_RETRY_S
    )
