"""The sums that are kept are those that the rows make, whatever was settled and whatever is asked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.storage.jobs import Jobs
from tests.storage.openers import OPENERS

from limner.admin import create_key
from limner.clock import ManualClock
from limner.job import Kind, Size, Usage
from limner.record import JobRecord, Outcome
from limner.storage import Storage
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
        sources=st.sampled_from([(), (Kind.EDIT, Kind.VARIATION)]),
        sizes=st.sampled_from([(), SIZES[:1], SIZES]),
        users=st.sampled_from([(), ("ann",)]),
    ),
)


@pytest.mark.parametrize("database", list(OPENERS))
@settings(max_examples=40, deadline=None)
@given(endings=JOBS, queries=st.lists(QUERIES, min_size=1, max_size=6))
def test_sums_are_what_the_rows_make(
    database: str, endings: list[dict[str, object]], queries: list[UsageQuery]
) -> None:
    """Whichever spans, dimensions and conditions a question has, its sums are those of the single jobs."""

    async def settle_and_ask() -> None:
        clock = ManualClock(FIRST_S)
        with TemporaryDirectory() as folder:
            async with OPENERS[database](Path(folder), clock) as storage:
                await settle(storage, clock, endings)
                rows = (await storage.usage.rows(UsageFilter(), limit=100)).rows
                assert len(rows) == len(endings)
                for query in queries:
                    assert await storage.usage.sums(query) == expected(rows, query), query

    asyncio.run(settle_and_ask())


async def settle(storage: Storage, clock: ManualClock, endings: list[dict[str, object]]) -> None:
    """Admit and settle a job for each ending, by two keys in turn."""
    owners = [Jobs((await create_key(storage.keys, name, clock=clock)).key, clock) for name in ("one", "two")]
    for number, ending in enumerate(endings):
        jobs = owners[number % 2]
        await storage.ledger.admit(jobs.admission(f"req_{number}"))
        record: JobRecord = replace(jobs.record(f"req_{number}"), **ending)  # type: ignore[arg-type]  # by name
        await storage.ledger.settle(record if record.outcome.charged else replace(record, size=None))


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
