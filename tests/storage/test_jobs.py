"""Jobs looked up, and their results forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.storage.jobs import HOLD_NUSD, Jobs

from limner.blobs import Blob, BlobStore
from limner.clock import ManualClock
from limner.files import NewFile
from limner.job import ImageRequest, Kind
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.storage.gateways import GONE

BYTES_MAX = 1_000_000
"""More than these tests store."""


async def test_a_running_job_has_no_record_yet(storage: Storage, jobs: Jobs, clock: ManualClock) -> None:
    """From admission on a job can be looked up."""
    await storage.ledger.admit(jobs.admission("req_a"))
    job = await storage.jobs.find(DEFAULT_ACCOUNT, "req_a")
    assert job is not None
    assert (job.record, job.n, job.hold_nusd, job.admitted_at_s) == (None, 2, HOLD_NUSD, clock.now_s())


@pytest.mark.parametrize("outcome", list(Outcome))
async def test_an_ended_job_has_the_record_it_was_settled_with(storage: Storage, jobs: Jobs, outcome: Outcome) -> None:
    """Every field of a record survives the database, but for a charge that was not due."""
    await storage.ledger.admit(jobs.admission("req_a"))
    record = jobs.record("req_a", outcome)
    await storage.ledger.settle(record)
    job = await storage.jobs.find(DEFAULT_ACCOUNT, "req_a")
    assert job is not None
    assert job.record == (record if outcome.charged else replace(record, charge_nusd=0))


async def test_a_job_without_failures_has_none(storage: Storage, jobs: Jobs) -> None:
    """The usual case takes no room."""
    await storage.ledger.admit(jobs.admission("req_a"))
    await storage.ledger.settle(replace(jobs.record("req_a"), failures=()))
    job = await storage.jobs.find(DEFAULT_ACCOUNT, "req_a")
    assert job is not None
    assert job.record is not None
    assert job.record.failures == ()


async def test_the_user_of_a_job_is_its_safety_identifier_first(storage: Storage, jobs: Jobs) -> None:
    """A job interrupted before it ended still says on whose behalf it was asked for."""
    request = ImageRequest(kind=Kind.EDIT, model="gpt-image-2", prompt="", user="u", safety_identifier="s")
    await storage.ledger.admit(jobs.admission("req_a", request=request))
    await storage.ledger.release_jobs_of(storage.gateway_id, GONE)
    job = await storage.jobs.find(DEFAULT_ACCOUNT, "req_a")
    assert job is not None
    assert job.record is not None
    assert (job.record.kind, job.record.user) == (Kind.EDIT, "s")


async def test_an_account_sees_only_its_own_jobs(storage: Storage, jobs: Jobs) -> None:
    """Another account's job is as good as none."""
    await storage.ledger.admit(jobs.admission("req_a"))
    assert await storage.jobs.find("other", "req_a") is None
    assert await storage.jobs.find(DEFAULT_ACCOUNT, "req_b") is None


async def test_old_results_are_forgotten(storage: Storage, jobs: Jobs, clock: ManualClock) -> None:
    """Past their retention pictures go; jobs, younger results and the ledger stay."""
    for job_id in ("req_a", "req_b", "req_c", "req_young"):
        await storage.ledger.admit(jobs.admission(job_id))
        await storage.blobs.write(f"{job_id}/0.png", Blob.from_bytes(b"picture", "image/png"))
        if job_id == "req_c":
            await storage.ledger.settle(jobs.record("req_c"))
            clock.advance(100)
        else:
            await storage.ledger.settle(jobs.record(job_id))
    assert await storage.expire(50, BYTES_MAX) == 6
    kept = {}
    for job_id in ("req_a", "req_b", "req_c", "req_young"):
        job = await storage.jobs.find(DEFAULT_ACCOUNT, job_id)
        assert job is not None
        assert job.record is not None
        kept[job_id] = (len(job.record.blob_keys), await storage.blobs.read(f"{job_id}/0.png", "image/png") is not None)
    assert kept == {"req_a": (0, False), "req_b": (0, False), "req_c": (0, False), "req_young": (2, True)}
    assert (await storage.ledger.add_up(DEFAULT_ACCOUNT)).sound
    assert await storage.expire(50, BYTES_MAX) == 0


async def test_the_oldest_results_go_when_all_are_too_large(storage: Storage, jobs: Jobs, clock: ManualClock) -> None:
    """Until the rest is within the limit, and no more; what is left can still be read."""
    for job_id in ("req_a", "req_b", "req_c"):
        await storage.ledger.admit(jobs.admission(job_id))
        await storage.blobs.write(f"{job_id}/0.png", Blob.from_bytes(b"picture", "image/png"))
        await storage.ledger.settle(replace(jobs.record(job_id), blob_keys=(f"{job_id}/0.png",), output_bytes=100))
        clock.advance(1)
    assert await storage.expire(1e9, 300) == 0
    assert await storage.expire(1e9, 299) == 1
    assert await storage.blobs.read("req_a/0.png", "image/png") is None
    assert await storage.expire(1e9, 150) == 1
    assert await storage.blobs.read("req_b/0.png", "image/png") is None
    assert await storage.blobs.read("req_c/0.png", "image/png") is not None


async def test_pictures_of_jobs_that_came_to_nothing_go_as_well(
    storage: Storage, jobs: Jobs, clock: ManualClock
) -> None:
    """A server that died, or a disk that was full, may have left some behind: their rows know where."""
    for job_id in ("req_interrupted", "req_failed"):
        await storage.ledger.admit(jobs.admission(job_id))
        await storage.blobs.write(f"{job_id}/0.png", Blob.from_bytes(b"picture", "image/png"))
    await storage.ledger.settle(replace(jobs.record("req_failed", Outcome.FAILED), blob_keys=("req_failed/0.png",)))
    await storage.ledger.release_jobs_of(storage.gateway_id, GONE)
    clock.advance(10)
    await storage.expire(5, BYTES_MAX)
    for job_id in ("req_interrupted", "req_failed"):
        assert await storage.blobs.read(f"{job_id}/0.png", "image/png") is None


async def test_a_row_is_forgotten_only_after_its_blobs(storage: Storage, jobs: Jobs, clock: ManualClock) -> None:
    """A blob that cannot be deleted keeps its row, for the next round to try again, and stops nothing else."""
    stored = await ended(storage, jobs, clock, 4)
    stuck = replace(storage, blobs=Refusing(storage.blobs, "req_1/0.png"))
    clock.advance(10)
    assert await stuck.expire(5, BYTES_MAX) == 3
    assert await kept(storage, stored) == ["req_1/0.png"]
    assert await storage.expire(5, BYTES_MAX) == 1
    assert await kept(storage, stored) == []
    assert await storage.expire(5, BYTES_MAX) == 0


async def test_what_cannot_be_deleted_does_not_keep_others(storage: Storage, jobs: Jobs, clock: ManualClock) -> None:
    """While the oldest is stuck the next oldest go, until what is left is within its limit."""
    stored = await ended(storage, jobs, clock, 4)
    stuck = replace(storage, blobs=Refusing(storage.blobs, "req_0/0.png"))
    assert await stuck.expire(1e9, 200) == 2
    assert await kept(storage, stored) == ["req_0/0.png", "req_3/0.png"]


async def ended(storage: Storage, jobs: Jobs, clock: ManualClock, count: int) -> list[str]:
    """Keys of the results of jobs that ended a second apart, of 100 bytes by their rows."""
    keys = [f"req_{number}/0.png" for number in range(count)]
    for number, key in enumerate(keys):
        await storage.ledger.admit(jobs.admission(f"req_{number}"))
        await storage.blobs.write(key, Blob.from_bytes(b"picture", "image/png"))
        await storage.ledger.settle(replace(jobs.record(f"req_{number}"), blob_keys=(key,), output_bytes=100))
        clock.advance(1)
    return keys


async def kept(storage: Storage, keys: list[str]) -> list[str]:
    """Those of the blobs that are still there."""
    return [key for key in keys if await storage.blobs.read(key, "image/png")]


class Refusing:
    """A store of blobs that does not delete one of them."""

    def __init__(self, blobs: BlobStore, key: str) -> None:
        self._blobs = blobs
        self._key = key
        self.write, self.read = blobs.write, blobs.read

    async def delete(self, key: str) -> None:
        """Fail as a disk does, or as told."""
        if key == self._key:
            raise OSError(5, "Input/output error")
        await self._blobs.delete(key)


async def test_expired_uploads_go_in_the_same_round(storage: Storage, clock: ManualClock) -> None:
    """One call removes whatever is past its time, uploads too."""
    blob = Blob.from_bytes(b"picture", "image/png")
    await storage.files.create(
        NewFile(account_id=DEFAULT_ACCOUNT, filename="a", purpose="vision", blob=blob, expires_after_s=5)
    )
    clock.advance(10)
    assert await storage.expire(9, BYTES_MAX) == 1
