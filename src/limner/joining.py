"""Joining: a request that was sent before gets the job it means, under way here, under way elsewhere, or ended.

Keeps the runs of this process by their ids and by their content. Which job a request means is decided in the database
(`Ledger.claim`); knows nothing of engines, and of money only that none of this costs any.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import structlog

from limner import exactness
from limner.blobs import Blob, BlobStore
from limner.claims import Claim, answer_gone
from limner.clock import Clock
from limner.errors import Allowance, Defect, LimnerError, ModerationBlocked, Overloaded, handed_off
from limner.job import Answer, PartialAnswer
from limner.ledger import Ledger
from limner.record import JobRecord, JobStore, Outcome, StoredJob
from limner.run import Run, Waiter

_log = structlog.get_logger(__name__)

POLL_S: Final = 0.5
"""How often the row of a job is read that runs in another process: a read by its key, a tenth of a millisecond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job as its owner may see it. started_at_s, parameters: as far as it has come. answer: while it is retained."""

    job: StoredJob
    started_at_s: float | None
    parameters: str
    answer: Answer | None


class Joining:
    """The runs of this process, and the way back to every job."""

    def __init__(self, ledger: Ledger, jobs: JobStore, blobs: BlobStore, clock: Clock) -> None:
        self._ledger = ledger
        self._jobs = jobs
        self._blobs = blobs
        self._clock = clock
        self._runs: dict[str, Run] = {}
        self._alike: defaultdict[bytes, set[str]] = defaultdict(set)

    def enter(self, run: Run, claim: Claim) -> None:
        """Let a run be found, until `leave`."""
        self._runs[run.job.id] = run
        self._alike[claim.fingerprint].add(run.job.id)

    def leave(self, run: Run, claim: Claim) -> None:
        """The run has ended, and all who wait for it have been told."""
        del self._runs[run.job.id]
        alike = self._alike[claim.fingerprint]
        alike.discard(run.job.id)
        if not alike:
            del self._alike[claim.fingerprint]

    def knowing(self, claim: Claim) -> Claim:
        """The claim with what this process knows of the jobs it may mean."""
        alike = self._alike.get(claim.fingerprint, ())
        return replace(claim, unattended=frozenset(job_id for job_id in alike if not self._runs[job_id].attended))

    async def rejoin(self, claim: Claim, account_id: str, until_s: float | None) -> Joined | None:
        """Wait for the job that a request means, or None when it means none and is to have a job of its own.

        until_s: how long the request will wait. Raises what `Ledger.claim` does.
        """
        while (job_id := await self._ledger.claim(self.knowing(claim))) is not None:
            joined = await self.join(job_id, claim, account_id, until_s)
            if joined is not None:
                return joined
        return None

    async def join(self, job_id: str, claim: Claim, account_id: str, until_s: float | None) -> Joined | None:
        """Wait for a job that was claimed, or None when it is cancelled, has ended badly or its pictures have gone.

        A task's is told whatever has become of it.

        Raises Conflict for an idempotency key whose answer has gone.
        """
        run = self._runs.get(job_id)
        if run is not None:
            if not run.lapsed:
                return run.join(claim, until_s)
            if not claim.of_task:
                return None
        if claim.of_task:
            return Elsewhere(job_id, account_id, self)
        job = await self._jobs.find(account_id, job_id)
        assert job is not None, "a claimed job is one of the key's account"
        if job.record is None:
            return Elsewhere(job_id, account_id, self)
        answer = await self.answer(job.record)
        if answer is not None:
            return Replay(job_id, job.record.parameters, answer)
        if job.record.outcome.charged and claim.repeat.idempotency_key is not None:
            raise answer_gone()
        return None

    async def look_up(self, account_id: str, job_id: str) -> JobView | None:
        """One of the account's jobs, or None."""
        job = await self._jobs.find(account_id, job_id)
        if job is None:
            return None
        if job.record is not None:
            return JobView(
                job=job,
                started_at_s=job.record.started_at_s,
                parameters=job.record.parameters,
                answer=await self.answer(job.record),
            )
        run = self._runs.get(job_id)
        return JobView(
            job=job,
            started_at_s=run.started_at_s if run else None,
            parameters=run.report_text if run else "",
            answer=None,
        )

    async def answer(self, record: JobRecord) -> Answer | None:
        """The answer of an ended job, or None when it has none or its pictures are no longer kept."""
        if not record.answerable:
            return None
        blobs = [await self._in_memory(record, key) for key in record.blob_keys]
        if not all(blobs):
            _log.warning("job.pictures_gone", job_id=record.job_id)
            return None
        told, size, quality, background = record.told, record.size, record.quality, record.background
        assert told is not None, "what was charged was answered"
        assert size is not None
        assert quality is not None
        assert background is not None
        return Answer(
            blobs=tuple(blob for blob in blobs if blob),
            revised_prompts=told.revised_prompts,
            created_s=told.created_s,
            size=size,
            quality=quality,
            background=background,
            output_format=record.output_format,
            usage=record.usage,
            report=exactness.report_of(record.parameters),
            safety_identifier=told.safety_identifier,
        )

    async def _in_memory(self, record: JobRecord, key: str) -> Blob | None:
        media_type = record.output_format.media_type
        blob = await self._blobs.read(key, media_type)
        if blob is None or not blob.in_file:
            return blob
        try:
            return Blob.from_bytes(await asyncio.to_thread(blob.read), media_type)
        except FileNotFoundError:  # forgotten between the two
            return None

    async def ended(self, account_id: str, job_id: str) -> JobRecord:
        """The record of a job that runs in another process, once it has ended."""
        while True:
            job = await self._jobs.find(account_id, job_id)
            assert job is not None, "jobs are never deleted"
            if job.record is not None:
                return job.record
            await self._clock.sleep(POLL_S)


class Replay:
    """A request whose job has ended: its answer is there."""

    def __init__(self, job_id: str, report_text: str, answer: Answer) -> None:
        self.job_id = job_id
        self.report_text = report_text
        self.allowances: tuple[Allowance, ...] = ()
        self._answer = answer

    async def events(self) -> AsyncIterator[PartialAnswer | Answer]:
        """The answer."""
        yield self._answer

    def leave(self) -> None:
        """Nobody is told."""

    def hand_off(self) -> None:
        """Nobody is told: there is nothing to wait for."""


class Elsewhere:
    """A request that waits for a job which runs in another process."""

    def __init__(self, job_id: str, account_id: str, joining: Joining) -> None:
        self.job_id = job_id
        self.report_text = ""
        self.allowances: tuple[Allowance, ...] = ()
        self._account_id = account_id
        self._joining = joining
        self._over: asyncio.Future[LimnerError] = asyncio.get_running_loop().create_future()

    async def events(self) -> AsyncIterator[PartialAnswer | Answer]:
        """The answer, once it is stored. Raises an error that says what to do when there will be none."""
        ending = asyncio.ensure_future(self._joining.ended(self._account_id, self.job_id))
        try:
            await asyncio.wait((ending, self._over), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ending.cancel()
        if self._over.done():
            raise self._over.result()
        record = ending.result()
        answer = await self._joining.answer(record)
        if answer is None:
            raise _ended_badly(record)
        self.report_text = record.parameters
        yield answer

    def leave(self) -> None:
        """The client has gone. The other process cannot be told, and has seen its own client go."""
        self._end(Defect("The client has left."))

    def hand_off(self) -> None:
        """The client is told to come back."""
        self._end(handed_off())

    def _end(self, error: LimnerError) -> None:
        if not self._over.done():
            self._over.set_result(error)


Joined: TypeAlias = Waiter | Replay | Elsewhere
"""A request that waits for a job, wherever that is."""


def _ended_badly(record: JobRecord) -> LimnerError:
    """What is told of a job that ended elsewhere: its own error is known there alone, and a next try finds out anew."""
    if record.outcome is Outcome.REFUSED:
        return ModerationBlocked("Your request was rejected by the safety system.")
    return Overloaded("The job ended before there was a picture. Please send the request again.", retry_after_s=POLL_S)
