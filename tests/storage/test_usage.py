"""Usage summed, on every database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.storage.jobs import CHARGE_NUSD, Jobs

from limner.admin import create_key
from limner.clock import ManualClock
from limner.job import Usage
from limner.keys import Key
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.usage import DAY_S, Dimension, UsageQuery, UsageSum

MIDNIGHT_S = 1_790_035_200.0
"""22 September 2026, 00:00 UTC."""


@pytest.fixture
async def history(storage: Storage, clock: ManualClock, key: Key) -> Key:
    """Four jobs on two days, of two models and two keys, one of them failed; returns the second key."""
    other = (await create_key(storage.keys, "other", clock=clock)).key
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
        await storage.ledger.settle(replace(jobs.record(job_id, outcome), model=model))
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
    assert [(line.day, line.model, line.requests, line.images) for line in lines] == [
        ("2026-09-21", "gpt-image-1", 1, 2),
        ("2026-09-21", "gpt-image-2", 1, 2),
        ("2026-09-22", "gpt-image-2", 2, 2),
    ]
    assert {(line.engine, line.key_id, line.account_id) for line in lines} == {(None, None, None)}


async def test_every_dimension_can_be_asked_for(storage: Storage, history: Key) -> None:
    """Key, engine and account come by their own names."""
    lines = await storage.usage.sums(UsageQuery(by=(Dimension.KEY, Dimension.ENGINE, Dimension.ACCOUNT)))
    found = {(line.key_id == history.id, line.engine, line.account_id, line.requests) for line in lines}
    assert found == {(False, "sketch", DEFAULT_ACCOUNT, 2), (True, "sketch", DEFAULT_ACCOUNT, 2)}


async def test_sums_can_be_of_a_part(storage: Storage, history: Key) -> None:
    """Each condition narrows the sum; the start of a span belongs to it, its end does not."""
    queries = {
        UsageQuery(since_s=MIDNIGHT_S): 2,
        UsageQuery(until_s=MIDNIGHT_S): 2,
        UsageQuery(since_s=MIDNIGHT_S - DAY_S, until_s=MIDNIGHT_S + DAY_S): 4,
        UsageQuery(account_id=DEFAULT_ACCOUNT): 4,
        UsageQuery(account_id="other"): 0,
        UsageQuery(key_id=history.id): 2,
        UsageQuery(model="gpt-image-1"): 1,
    }
    for query, requests in queries.items():
        assert (await storage.usage.sums(query))[0].requests == requests, query
