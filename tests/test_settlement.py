"""The settlement table of ARCHITECTURE.md, row by row: what each end of a job leaves in the ledger.

The table is the law, so each row asks for everything at once: the entries with their balances, the account, the key's
meter, the job's row and the usage row.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import RowMapping, select
from tests.drilled import DrilledEngine
from tests.house import PLAIN, House, answer, house

from limner import admin
from limner.errors import EngineFailed, LimnerError, ModerationBlocked
from limner.record import Outcome
from limner.storage import DEFAULT_ACCOUNT, open_storage
from limner.storage.gateways import GONE
from limner.storage.tables import entries, jobs, meters, usage
from limner.trail import SERVER

TWO = '{"prompt":"a fox","size":"1024x1024","quality":"low","n":2}'
CREDIT_NUSD = 10**9
COST_NUSD = 7
MARKUP_BP = 1_000


async def rows(home: House, table: Any) -> list[RowMapping]:
    """All of a table, in order of its first column."""
    return await home.storage.database.read(
        lambda connection: list(connection.execute(select(table).order_by(table.c[0])).mappings())
    )


async def deliver(home: House, _engine: DrilledEngine) -> None:
    """Two pictures, delivered."""
    await answer(await home.submit(TWO))


async def leave_the_queue(home: House, engine: DrilledEngine) -> None:
    """The client goes while its job waits behind another."""
    engine.gate.clear()
    ahead, run = await home.submit(), await home.submit()
    await home.until(lambda: engine.running == 1)
    run.leave()
    await home.until(lambda: bool(home.records))
    engine.gate.set()
    await answer(ahead)


async def leave_while_it_runs(home: House, engine: DrilledEngine) -> None:
    """The client goes while its picture is drawn."""
    engine.gate.clear()
    run = await home.submit()
    await home.until(lambda: engine.running == 1)
    run.leave()
    engine.gate.set()
    await home.until(lambda: bool(home.records))


async def be_refused(home: House, engine: DrilledEngine) -> None:
    """One of two pictures is drawn, the other one refused."""
    engine.endings = [None, ModerationBlocked("no")]
    await fail(home, ModerationBlocked, TWO)


async def fail_everywhere(home: House, engine: DrilledEngine) -> None:
    """The only engine of the route fails, and its upstream wants money."""
    engine.endings = [EngineFailed("no", cost_nusd=COST_NUSD)] * 10
    await fail(home, EngineFailed)


async def deliver_too_few(home: House, engine: DrilledEngine) -> None:
    """One of two pictures is drawn, and the other never."""
    engine.endings = [None, *[EngineFailed("no")] * 10]
    await fail(home, EngineFailed, TWO)


async def fail(home: House, error: type[LimnerError], body: str = PLAIN) -> None:
    """A job that ends with an error."""
    with pytest.raises(error):
        await home.ended(await home.submit(body))


@dataclass(frozen=True)
class Row:
    """A row of the table. costs: whether the operator's cost is recorded."""

    happened: Callable[[House, DrilledEngine], Awaitable[None]]
    outcome: Outcome
    costs: bool


TABLE = {
    "delivered": Row(deliver, Outcome.DELIVERED, costs=True),
    "client left while queued": Row(leave_the_queue, Outcome.CANCELLED, costs=False),
    "client left while running": Row(leave_while_it_runs, Outcome.STORED, costs=True),
    "refused by moderation": Row(be_refused, Outcome.REFUSED, costs=True),
    "every engine on the route failed": Row(fail_everywhere, Outcome.FAILED, costs=True),
    "fewer than n pictures in the end": Row(deliver_too_few, Outcome.FAILED, costs=True),
}


@pytest.mark.parametrize("row", list(TABLE.values()), ids=list(TABLE))
async def test_each_end_of_a_job_leaves_what_the_table_says(tmp_path: Path, row: Row) -> None:
    """A hold and one entry that resolves it; a charge when the table charges; the cost when the table records it."""
    engine = DrilledEngine(cost_nusd=COST_NUSD, concurrency=1)
    async with house(tmp_path, engine) as home:
        accounts = home.storage.accounts
        await admin.change_account(
            accounts,
            DEFAULT_ACCOUNT,
            lambda terms: replace(terms, credit_limit_nusd=0, markup_bp=MARKUP_BP),
            by=SERVER,
            clock=home.clock,
        )
        await admin.credit_account(home.storage.ledger, DEFAULT_ACCOUNT, CREDIT_NUSD, by=SERVER, clock=home.clock)
        home.key = (await admin.list_keys(home.storage.keys))[0]
        await row.happened(home, engine)
        record = next(record for record in home.records if record.outcome is row.outcome)
        assert (record.charge_nusd > 0, record.cost_nusd > 0) == (row.outcome.charged, row.costs)
        await assert_settled(home, record.job_id, row.outcome, record.charge_nusd, record.cost_nusd)


async def assert_settled(home: House, job_id: str, outcome: Outcome, charge_nusd: int, cost_nusd: int) -> None:
    """Entries, account, meter, job and usage all say the same of one job, and the whole ledger adds up."""
    [job] = [job for job in await rows(home, jobs) if job["id"] == job_id]
    hold_nusd = job["hold_nusd"]
    assert 0 <= charge_nusd <= hold_nusd
    assert (job["outcome"], job["charge_nusd"], job["cost_nusd"]) == (outcome, charge_nusd, cost_nusd)
    assert (job["markup_bp"], bool(job["price_book"])) == (MARKUP_BP, True)
    lines = await rows(home, entries)
    hold, end = [line for line in lines if line["job_id"] == job_id]
    assert (hold["kind"], hold["amount_nusd"], hold["resolves"]) == ("hold", -hold_nusd, None)
    assert (end["kind"], end["amount_nusd"]) == (
        "settle" if outcome.charged else "release",
        hold_nusd - charge_nusd,
    )
    assert (end["resolves"], end["reason"], end["price_book"]) == (hold["id"], outcome.value, job["price_book"])
    assert [line["balance_before_nusd"] for line in lines[1:]] == [line["balance_after_nusd"] for line in lines[:-1]]
    [used] = [used for used in await rows(home, usage) if used["job_id"] == job_id]
    assert (used["outcome"], used["images"]) == (outcome, job["n"] if outcome.charged else 0)
    assert (used["charge_nusd"], used["cost_nusd"]) == (charge_nusd, cost_nusd)
    charged_nusd = sum(used["charge_nusd"] for used in await rows(home, usage))
    assert await home.balance_nusd() == CREDIT_NUSD - charged_nusd
    [meter] = await rows(home, meters)
    assert (meter["spent_nusd"], meter["jobs_running"]) == (charged_nusd, 0)


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "died"])
async def test_a_gateway_that_ends_under_a_job_costs_the_account_nothing(tmp_path: Path, *, killed: bool) -> None:
    """Stopping releases the hold at once; after a death the next start does."""

    class Stop(Exception):
        """The application ends."""

    engine = DrilledEngine(cost_nusd=COST_NUSD)
    engine.gate.clear()
    with pytest.raises(ExceptionGroup):
        async with house(tmp_path, engine) as home:
            await admin.change_account(
                home.storage.accounts,
                DEFAULT_ACCOUNT,
                lambda terms: replace(terms, markup_bp=MARKUP_BP),
                by=SERVER,
                clock=home.clock,
            )
            await admin.credit_account(home.storage.ledger, DEFAULT_ACCOUNT, CREDIT_NUSD, by=SERVER, clock=home.clock)
            home.key = (await admin.list_keys(home.storage.keys))[0]
            run = await home.submit()
            await home.until(lambda: engine.running == 1)
            if killed:
                # What a dead gateway leaves behind: an open hold, found by the next start on the same data.
                assert len(await home.storage.ledger.release_jobs_of(home.storage.gateway_id, GONE)) == 1
            raise Stop
    async with open_storage(tmp_path, home.clock) as storage:
        assert await storage.recovery.begin(alone=True) == 0
        home.storage = storage
        await assert_settled(home, run.job_id, Outcome.INTERRUPTED, 0, 0)
