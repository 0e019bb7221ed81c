"""The one record made of every job: log line, metrics, usage row and ledger entry all come from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from limner.errors import UpstreamFault
from limner.job import Background, Format, Kind, Quality, Size, Usage


class Outcome(StrEnum):
    """How a job ended; the rows of the settlement table."""

    DELIVERED = "delivered"
    STORED = "stored"
    """The client left while it ran: finished, stored, charged once."""
    CANCELLED = "cancelled"
    """The client left while it was queued."""
    REFUSED = "refused"
    """By moderation."""
    FAILED = "failed"
    """The engine failed, or answered fewer than n pictures."""
    INTERRUPTED = "interrupted"
    """The gateway stopped or died under it."""

    @property
    def charged(self) -> bool:
        """Whether the account pays for a job that ended so."""
        return self in {Outcome.DELIVERED, Outcome.STORED}


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedAttempt:
    """An attempt of a job that failed, for the operator. error_code: ours. upstream: what an upstream said, if any."""

    engine: str
    error_code: str
    upstream: UpstreamFault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an answer says that nothing else in its record does. revised_prompts: one for each picture."""

    created_s: int
    revised_prompts: tuple[str | None, ...]
    safety_identifier: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A job from admission to end. Times are Unix seconds, amounts nano-dollars. Holds no picture and no prompt.

    size, quality, background: as answered, or None when nothing was. error_code: the envelope's code or type of what
    ended it. parameters: the text of the `limner-parameters` header. blob_keys: where its pictures are stored, until
    they are forgotten, and what was told with them; where they may be, for a job that was not delivered. failures:
    attempts that failed before the last, and the last one too when the job did.
    """

    job_id: str
    account_id: str
    key_id: str
    kind: Kind
    model: str
    engine: str
    outcome: Outcome
    n: int
    size: Size | None
    quality: Quality | None
    background: Background | None
    output_format: Format
    stream: bool
    partial_images: int
    input_images: int
    has_mask: bool
    usage: Usage
    hold_nusd: int
    charge_nusd: int
    cost_nusd: int
    price_book: str
    parameters: str
    user: str | None
    error_code: str | None
    admitted_at_s: float
    started_at_s: float | None
    finished_at_s: float
    output_bytes: int
    blob_keys: tuple[str, ...]
    told: Told | None = None
    failures: tuple[FailedAttempt, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether it can be answered again."""
        return self.outcome.charged and bool(self.blob_keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredJob:
    """A job as stored: what was known at admission, and its record once it has ended."""

    job_id: str
    account_id: str
    key_id: str
    kind: Kind
    model: str
    n: int
    hold_nusd: int
    admitted_at_s: float
    record: JobRecord | None


def undelivered(record: JobRecord) -> JobRecord:
    """A job's record when its pictures, drawn and perhaps stored, may not be delivered: it failed, at the same cost."""
    if not record.outcome.charged:
        return record
    return replace(
        record,
        outcome=Outcome.FAILED,
        size=None,
        quality=None,
        background=None,
        usage=Usage(),
        charge_nusd=0,
        error_code="server_is_overloaded",
        output_bytes=0,
        blob_keys=(),
        told=None,
    )


class JobStore(Protocol):
    """Where jobs are looked up."""

    async def find(self, account_id: str, job_id: str) -> StoredJob | None:
        """One of the account's jobs, running or ended, or None."""
        ...


def result_key(job_id: str, index: int, output_format: Format) -> str:
    """Where the picture number `index` of a job is stored."""
    return f"{job_id}/{index}.{output_format}"
