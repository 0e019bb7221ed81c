"""The sums that are kept are those that the rows make, whatever was settled and whatever is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from tests.storage.gate import together
from tests.storage.jobs import Jobs
from tests.storage.openers import DATABASES

from limner.admin import create_key
from limner.clock import ManualClock
from limner.job import Kind, Size, Usage
from limner.keys import Key
from limner.ledger import AlreadyResolved
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, Storage, open_storage, tables
from limner.storage.gateways import GONE
from limner.trail import SERVER
from limner.usage import DAY_S, HOUR_S, WIDTHS_S, Dimension, UsageFilter, UsageQuery, UsageRow, UsageSum

Named = tuple[tuple[str, Any], ...]
FIRST_S = 1_790_035_200 - DAY_S
TIMES = st.sampled_from([0, 0.5, 59.999, 60, HOUR_S - 1, HOUR_S, DAY_S - 0.25, DAY_S, DAY_S + HOUR_S, 2 * DAY_S])
SIZES = (Size(1024, 1024), Size(1536, 1024))
DIMENSIONS = [dimension for dimension in Dimension if dimension not in WIDTHS_S]
JOBS = st.lists(
    st.fixed_dictionaries(
        {
            "finished_at_s": TIMES.map(lambda late_s: FIRST_S + late_s),
            "model": st.sampled_from(["gpt-image-1", "gpt-image-2"]),
            "engine": st.sampled_from(["own", "cloud"]),
            "kind": st.sampled_from(Kind),
            "size": st.sampled_from(SIZES),
            "user": st.sampled_from([None, "ann", "=1+1"]),
            "outcome": st.sampled_from(Outcome),
            "charge_nusd": st.integers(0, 10**12),
            "cost_nusd": st.integers(0, 10**12),
            "n": st.integers(1, 10),
        }
    ),
    max_size=8,
)
QUERIES = st.builds(
    UsageQuery,
    by=st.tuples(
        st.lists(st.sampled_from(list(WIDTHS_S)), max_size=1), st.lists(st.sampled_from(DIMENSIONS), unique=True)
    ).map(lambda parts: (*parts[0], *parts[1])),
    where=st.builds(
        UsageFilter,
        since_s=st.none() | TIMES.map(lambda late_s: FIRST_S + late_s),
        until_s=st.none() | TIMES.map(lambda late_s: FIRST_S + late_s),
        models=st.sampled_from([(), ("gpt-image-1",)]),
        sources=st.sampled_from([(), (), (Kind.EDIT, Kind.VARIATION)]),
        sizes=st.sampled_from([(), (), SIZES[:1], SIZES]),
        users=st.sampled_from([(), (), ("ann",)]),
        engines=st.sampled_from([(), (), ("own",)]),
    ),
)


@dataclass
class Bench:
    """Stores that stay open from one example to the next, on a loop of their own."""

    storage: Storage
    clock: ManualClock
    runner: asyncio.Runner
    keys: int = 0

    async def new_key(self) -> Key:
        """A key that no example had before."""
        self.keys += 1
        return (await create_key(self.storage.keys, f"key {self.keys}", by=SERVER, clock=self.clock)).key

    async def settle(self, endings: list[dict[str, object]]) -> tuple[str, ...]:
        """Admit and settle a job for each ending, by two new keys in turn; return their ids."""
        keys = (await self.new_key(), await self.new_key())
        ledger = self.storage.ledger
        ids = [f"req_{keys[0].id}_{number}" for number in range(len(endings))]
        owners = [Jobs(keys[number % 2], self.clock) for number in range(len(endings))]
        await asyncio.gather(*(ledger.admit(jobs.admission(job_id)) for jobs, job_id in zip(owners, ids, strict=True)))
        records = [
            replace(jobs.record(job_id), **ending)  # type: ignore[arg-type]  # by name
            for jobs, job_id, ending in zip(owners, ids, endings, strict=True)
        ]
        records = [record if record.outcome.charged else replace(record, size=None) for record in records]
        await asyncio.gather(*(ledger.settle(record) for record in records))
        return tuple(key.id for key in keys)


@pytest.fixture(params=DATABASES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """Open stores, on each database in turn."""
    clock = ManualClock(FIRST_S)
    with asyncio.Runner() as runner:
        address = None if request.param == "sqlite" else request.getfixturevalue("postgres_address")
        opening = open_storage(tmp_path, clock, database=address)
        yield Bench(runner.run(opening.__aenter__()), clock, runner)
        runner.run(opening.__aexit__(None, None, None))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(endings=JOBS, queries=st.lists(QUERIES, min_size=1, max_size=6))
def test_sums_are_what_the_rows_make(bench: Bench, endings: list[dict[str, object]], queries: list[UsageQuery]) -> None:
    """Whichever spans, dimensions and conditions a question has, its sums are those of the single jobs."""

    async def settle_and_ask() -> None:
        keys = await bench.settle(endings)
        rows = (await bench.storage.usage.rows(UsageFilter(key_ids=keys), limit=100)).rows
        assert len(rows) == len(endings)
        for query in queries:
            asked = replace(query, where=replace(query.where, key_ids=keys))
            assert await bench.storage.usage.sums(asked) == expected(rows, query), query

    bench.runner.run(settle_and_ask())


async def test_a_settlement_that_fails_leaves_the_sums_of_its_batch_right(storage: Storage, jobs: Jobs) -> None:
    """What is settled beside it is added up once, and what was refused not at all."""
    for job_id in ("req_a", "req_b"):
        await storage.ledger.admit(jobs.admission(job_id))
    settlements = [storage.ledger.settle(jobs.record(job_id)) for job_id in ("req_a", "req_a", "req_b")]
    results = await together(storage.database, *settlements)
    assert isinstance(results[1], AlreadyResolved)
    assert [total.requests for total in await storage.usage.sums(UsageQuery())] == [2]
    assert (await storage.ledger.add_up(DEFAULT_ACCOUNT)).sound


async def test_a_job_charged_in_the_batch_that_ended_it_is_added_up_once(storage: Storage, jobs: Jobs) -> None:
    """Of its end that is taken back no sum is left, not even one of nothing."""
    await storage.ledger.admit(jobs.admission("req_a"))
    gateway_id = await storage.database.read(lambda connection: connection.scalar(select(tables.jobs.c.gateway_id)))
    assert isinstance(gateway_id, str)
    ended = storage.ledger.release_jobs_of(gateway_id, GONE)
    delivered = storage.ledger.settle(jobs.record("req_a"), late=True)
    assert await together(storage.database, ended, delivered) == [1, None]
    kept = select(tables.usage_sums.c.engine, tables.usage_sums.c.requests).order_by(tables.usage_sums.c.detailed)
    sums = await storage.database.read(lambda connection: connection.execute(kept).all())
    assert sums == [("", 1), ("", 1), ("sketch", 1)]
    assert (await storage.ledger.add_up(DEFAULT_ACCOUNT)).sound


def expected(rows: tuple[UsageRow, ...], query: UsageQuery) -> tuple[UsageSum, ...]:
    """The answer worked out from the rows alone."""
    meant = [row for row in rows if is_meant(row, query.where)]
    groups: dict[Named, list[UsageRow]] = {} if query.by else {(): []}
    for row in meant:
        groups.setdefault(tuple(named(row, dimension) for dimension in query.by), []).append(row)
    return tuple(added_up(key, groups[key]) for key in sorted(groups, key=order))


def is_meant(row: UsageRow, where: UsageFilter) -> bool:
    """Whether every condition holds."""
    return (
        (where.since_s is None or row.finished_at_s >= where.since_s)
        and (where.until_s is None or row.finished_at_s < where.until_s)
        and (not where.models or row.model in where.models)
        and (not where.sources or row.source in where.sources)
        and (not where.sizes or row.size in where.sizes)
        and (not where.engines or row.engine in where.engines)
        and (not where.users or row.user in where.users)
    )


def named(row: UsageRow, dimension: Dimension) -> tuple[str, Any]:
    """What a row has to say of a dimension, by the field of the sum."""
    if dimension in WIDTHS_S:
        width_s = WIDTHS_S[dimension]
        return "starts_at_s", int(row.finished_at_s // width_s * width_s)
    field = {Dimension.KEY: "key_id", Dimension.ACCOUNT: "account_id"}.get(dimension, dimension.value)
    return field, getattr(row, field)


def order(key: Named) -> list[tuple[bool, Any]]:
    """Nothing first, then by value."""
    return [(value is not None, value) for _, value in key]


def added_up(key: Named, rows: list[UsageRow]) -> UsageSum:
    """One line."""
    return UsageSum(
        **dict(key),
        requests=len(rows),
        images=sum(row.images for row in rows),
        usage=Usage(
            text_input_tokens=sum(row.usage.text_input_tokens for row in rows),
            image_output_tokens=sum(row.usage.image_output_tokens for row in rows),
        ),
        charge_nusd=sum(row.charge_nusd for row in rows),
        cost_nusd=sum(row.cost_nusd for row in rows),
    )
