"""Jobs looked up, and their results forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.storage.jobs import HOLD_NUSD, Jobs

from limner.blobs import Blob
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
    """A round that breaks off in between is done again by the next one: nothing is left that no row knows of."""

    class Broken:
        """A store that forgets nothing."""

        async def delete(self, key: str) -> None:
            """Fail as a disk does."""
            raise OSError(5, "Input/output error")

    await storage.ledger.admit(jobs.admission("req_a"))
    await storage.ledger.settle(jobs.record("req_a"))
    clock.advance(10)
    with pytest.raises(OSError, match="Input/output"):
        await replace(storage, blobs=Broken()).expire(5, BYTES_MAX)  # type: ignore[arg-type]  # all that is asked of it
    assert await storage.expire(5, BYTES_MAX) == 2


async def test_expired_uploads_go_in_the_same_round(storage: Storage, clock: ManualClock) -> None:
    """One call removes whatever is past its time, uploads too."""
    blob = Blob.from_bytes(b"picture", "image/png")
    await storage.files.create(
        NewFile(account_id=DEFAULT_ACCOUNT, filename="a", purpose="vision", blob=blob, expires_after_s=5)
    )
    clock.advance(10)
    assert await storage.expire(9, BYTES_MAX) == 1
