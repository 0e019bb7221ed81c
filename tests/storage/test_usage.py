"""Usage summed, on every database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.storage.jobs import CHARGE_NUSD, Jobs

from limner.admin import create_key
from limner.clock import ManualClock
from limner.job import Kind, Size, Usage
from limner.keys import Key
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.trail import SERVER
from limner.usage import DAY_S, EVERYTHING, Dimension, UsageFilter, UsageQuery, UsageRow, UsageSum

MIDNIGHT_S = 1_790_035_200
"""22 September 2026, 00:00 UTC."""


@pytest.fixture
async def history(storage: Storage, clock: ManualClock, key: Key) -> Key:
    """Four jobs on two days, of two models and two keys, one of them failed; returns the second key."""
    other = (await create_key(storage.keys, "other", by=SERVER, clock=clock)).key
    clock.advance(MIDNIGHT_S - 1 - clock.now_s())
    ends = (
        (key, "req_a", "gpt-image-2", Outcome.DELIVERED),
        (key, "req_b", "gpt-image-1", Outcome.DELIVERED),
        (other, "req_c", "gpt-image-2", Outcome.STORED),
        (other, "req_d", "gpt-image-2", Outcome.FAILED),
    )
    for owner, job_id, model, outcome in ends:
        jobs = Jobs(owner, clock)
        await storage.ledger.admit(jobs.admission(job_id))
        user = "ann" if job_id in {"req_a", "req_d"} else None
        await storage.ledger.settle(replace(jobs.record(job_id, outcome), model=model, user=user))
        if job_id == "req_b":
            clock.advance(1)
    return other


async def test_without_dimensions_there_is_one_sum(storage: Storage, history: Key) -> None:
    """Requests count whatever their end, pictures, tokens and charge only when delivered, cost always."""
    assert await storage.usage.sums(UsageQuery()) == (
        UsageSum(
            requests=4,
            images=6,
            usage=Usage(text_input_tokens=33, image_output_tokens=3 * 7024),
            charge_nusd=3 * CHARGE_NUSD,
            cost_nusd=4 * 7,
        ),
    )


async def test_nothing_sums_to_nothing(storage: Storage) -> None:
    """An empty database has a sum of zeros, and no lines when told apart."""
    assert await storage.usage.sums(UsageQuery()) == (
        UsageSum(requests=0, images=0, usage=Usage(), charge_nusd=0, cost_nusd=0),
    )
    assert await storage.usage.sums(UsageQuery(by=(Dimension.DAY,))) == ()


async def test_sums_are_told_apart_and_sorted(storage: Storage, history: Key) -> None:
    """Each dimension asked for is filled in, in UTC days, and orders the lines."""
    lines = await storage.usage.sums(UsageQuery(by=(Dimension.DAY, Dimension.MODEL)))
    assert [(line.starts_at_s, line.model, line.requests, line.images) for line in lines] == [
        (MIDNIGHT_S - DAY_S, "gpt-image-1", 1, 2),
        (MIDNIGHT_S - DAY_S, "gpt-image-2", 1, 2),
        (MIDNIGHT_S, "gpt-image-2", 2, 2),
    ]
    assert {(line.engine, line.key_id, line.account_id) for line in lines} == {(None, None, None)}


async def test_every_dimension_can_be_asked_for(storage: Storage, history: Key) -> None:
    """Each comes by its own name, end users and times included; a job without a picture has no size."""
    by = (
        Dimension.MINUTE, Dimension.MODEL, Dimension.KEY, Dimension.ACCOUNT, Dimension.ENGINE, Dimension.SOURCE,
        Dimension.SIZE, Dimension.USER,
    )  # fmt: skip
    lines = await storage.usage.sums(UsageQuery(by=by))
    assert [(line.starts_at_s, line.model, line.key_id == history.id, line.size, line.user) for line in lines] == [
        (MIDNIGHT_S - 60, "gpt-image-1", False, Size(1024, 1536), None),
        (MIDNIGHT_S - 60, "gpt-image-2", False, Size(1024, 1536), "ann"),
        (MIDNIGHT_S, "gpt-image-2", True, None, "ann"),
        (MIDNIGHT_S, "gpt-image-2", True, Size(1024, 1536), None),
    ]
    assert {(line.engine, line.account_id, line.source) for line in lines} == {
        ("sketch", DEFAULT_ACCOUNT, Kind.GENERATION)
    }


async def test_sums_can_be_of_a_part(storage: Storage, history: Key) -> None:
    """Each condition narrows the sum; the start of a span belongs to it, its end does not."""
    filters = {
        UsageFilter(since_s=MIDNIGHT_S): 2,
        UsageFilter(until_s=MIDNIGHT_S): 2,
        UsageFilter(since_s=MIDNIGHT_S - DAY_S, until_s=MIDNIGHT_S + DAY_S): 4,
        UsageFilter(since_s=MIDNIGHT_S, until_s=MIDNIGHT_S): 0,
        UsageFilter(since_s=MIDNIGHT_S + 1, until_s=MIDNIGHT_S): 0,
        UsageFilter(account_ids=(DEFAULT_ACCOUNT,)): 4,
        UsageFilter(account_ids=("other",)): 0,
        UsageFilter(key_ids=(history.id,)): 2,
        UsageFilter(models=("gpt-image-1",)): 1,
        UsageFilter(models=("gpt-image-1", "gpt-image-2")): 4,
        UsageFilter(engines=("sketch", "other")): 4,
        UsageFilter(sources=(Kind.EDIT,)): 0,
        UsageFilter(sources=(Kind.GENERATION, Kind.EDIT)): 4,
        UsageFilter(sizes=(Size(1, 1), Size(1024, 1536))): 3,
        UsageFilter(users=("ann",)): 2,
        UsageFilter(users=("ann", "bob"), models=("gpt-image-1",)): 0,
    }
    for where, requests in filters.items():
        assert (await storage.usage.sums(UsageQuery(where=where)))[0].requests == requests, where


async def test_jobs_are_listed_the_latest_first_page_by_page(storage: Storage, history: Key) -> None:
    """Each page goes on where the one before ended, and the last one says so."""
    found, after = [], None
    for _ in range(2):
        page = await storage.usage.rows(EVERYTHING, limit=2, after=after)
        found += [row.job_id for row in page.rows]
        after = page.end
    assert found == ["req_d", "req_c", "req_b", "req_a"]
    assert after is None


async def test_a_listed_job_is_told_whole(storage: Storage, history: Key, key: Key) -> None:
    """What usage keeps of a job is what its record said."""
    page = await storage.usage.rows(UsageFilter(users=("ann",), key_ids=(key.id,)), limit=5)
    assert page.rows == (
        UsageRow(
            job_id="req_a",
            account_id=DEFAULT_ACCOUNT,
            key_id=key.id,
            model="gpt-image-2",
            engine="sketch",
            source=Kind.GENERATION,
            size=Size(1024, 1536),
            user="ann",
            outcome=Outcome.DELIVERED,
            finished_at_s=MIDNIGHT_S - 1,
            images=2,
            usage=Usage(text_input_tokens=11, image_output_tokens=7024),
            charge_nusd=CHARGE_NUSD,
            cost_nusd=7,
        ),
    )
    failed = await storage.usage.rows(EVERYTHING, limit=5, outcomes=(Outcome.FAILED, Outcome.REFUSED))
    assert [row.job_id for row in failed.rows] == ["req_d"]
