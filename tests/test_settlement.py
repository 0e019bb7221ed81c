"""The settlement table of ARCHITECTURE.md, row by row: what each end of a job leaves in the ledger.

The table is the law, so each row asks for everything at once: the entries with their balances, the account, the key's
meter, the job's row, the usage row and the stored pictures. On each database.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import RowMapping, select
from tests.drilled import DrilledEngine
from tests.house import PLAIN, House, answer, house

from limner import admin
from limner.claims import Repeat
from limner.errors import EngineFailed, LimnerError, ModerationBlocked
from limner.job import Format
from limner.joining import Joined
from limner.ledger import LedgerUnavailable
from limner.record import Outcome, result_key
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


async def deliver(home: House, _engine: DrilledEngine) -> str:
    """Two pictures, delivered."""
    run = await home.submit(TWO)
    await answer(run)
    return run.job_id


async def leave_the_queue(home: House, engine: DrilledEngine) -> str:
    """The client goes while its job waits behind another."""
    engine.gate.clear()
    ahead, run = await home.submit(), await home.submit()
    await home.until(lambda: engine.running == 1)
    run.leave()
    await home.until(lambda: bool(home.records))
    engine.gate.set()
    await answer(ahead)
    return run.job_id


async def leave_while_it_runs(home: House, engine: DrilledEngine) -> str:
    """The client goes while its picture is drawn."""
    run = await drawing(home, engine)
    run.leave()
    engine.gate.set()
    await home.until(lambda: bool(home.records))
    return run.job_id


async def be_refused(home: House, engine: DrilledEngine) -> str:
    """One of two pictures is drawn, the other one refused."""
    engine.endings = [None, ModerationBlocked("no")]
    return await fail(home, ModerationBlocked, TWO)


async def fail_everywhere(home: House, engine: DrilledEngine) -> str:
    """The only engine of the route fails, and its upstream wants money."""
    engine.endings = [EngineFailed("no", cost_nusd=COST_NUSD)] * 10
    return await fail(home, EngineFailed)


async def deliver_too_few(home: House, engine: DrilledEngine) -> str:
    """One of two pictures is drawn, and the other never."""
    engine.endings = [None, *[EngineFailed("no")] * 10]
    return await fail(home, EngineFailed, TWO)


async def send_again(home: House, engine: DrilledEngine) -> str:
    """A retry while the picture is drawn, and another one for the answer that was stored."""
    run = await drawing(home, engine)
    joined = await home.submit(repeat=Repeat(retries=1))
    engine.gate.set()
    await answer(joined)
    replayed = await home.submit(repeat=Repeat(retries=2))
    await answer(replayed)
    assert {joined.job_id, replayed.job_id} == {run.job_id}
    assert len(await rows(home, jobs)) == 1
    return run.job_id


async def deliver_late(home: House, engine: DrilledEngine) -> str:
    """The gateway stands still until another ends its jobs, and its client has waited."""
    run = await given_up(home, engine)
    engine.gate.set()
    await answer(run)
    return run.job_id


async def draw_late_for_nobody(home: House, engine: DrilledEngine) -> str:
    """The same, but its client has lost patience."""
    run = await given_up(home, engine)
    run.leave()
    engine.gate.set()
    await home.until(lambda: home.done == [run.job_id])
    return run.job_id


async def settle_later(home: House, engine: DrilledEngine) -> str:
    """The database takes no settlement, and later it does."""
    async with settling_nothing(home):
        job_id = await deliver(home, engine)
    await home.storage.recovery.round()
    return job_id


async def settle_never(home: House, _engine: DrilledEngine) -> str:
    """It does not, and the journal has gone, too; later the hold is released."""
    journal = home.folder / "journal"
    journal.rmdir()
    async with settling_nothing(home):
        job_id = await fail(home, LedgerUnavailable)
    journal.mkdir()
    await home.storage.recovery.round()
    return job_id


async def drawing(home: House, engine: DrilledEngine) -> Joined:
    """A job whose picture is being drawn, until the engine's gate is opened."""
    engine.gate.clear()
    run = await home.submit()
    await home.until(lambda: engine.running == 1)
    return run


async def given_up(home: House, engine: DrilledEngine) -> Joined:
    """A job that is being drawn and was ended by a gateway that took its own for dead."""
    run = await drawing(home, engine)
    assert await home.storage.ledger.release_jobs_of(home.storage.gateway_id, GONE) == 1
    return run


async def fail(home: House, error: type[LimnerError], body: str = PLAIN) -> str:
    """A job that ends with an error."""
    run = await home.submit(body)
    with pytest.raises(error):
        await home.ended(run)
    return run.job_id


@asynccontextmanager
async def settling_nothing(home: House) -> AsyncIterator[None]:
    """Jobs are admitted, but a table is missing that each settlement writes to."""
    await execute(home, "ALTER TABLE usage RENAME TO usage_gone")
    yield
    await execute(home, "ALTER TABLE usage_gone RENAME TO usage")


async def execute(home: House, statement: str) -> None:
    """Run a statement of SQL."""
    await home.storage.database.write(lambda connection: connection.exec_driver_sql(statement))


@dataclass(frozen=True)
class Left:
    """What a job leaves. costs: whether the operator's cost is recorded. ends: the entries that follow the hold."""

    outcome: Outcome
    costs: bool
    ends: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A row of the table. happened: does it, and returns the job's id."""

    happened: Callable[[House, DrilledEngine], Awaitable[str]]
    left: Left


SETTLED = Left(Outcome.DELIVERED, costs=True, ends=("settle",))
STORED = Left(Outcome.STORED, costs=True, ends=("settle",))
CANCELLED = Left(Outcome.CANCELLED, costs=False, ends=("release",))
REFUSED = Left(Outcome.REFUSED, costs=True, ends=("release",))
FAILED = Left(Outcome.FAILED, costs=True, ends=("release",))
INTERRUPTED = Left(Outcome.INTERRUPTED, costs=False, ends=("release",))
CHARGED_LATE = Left(Outcome.DELIVERED, costs=True, ends=("release", "charge"))


TABLE = {
    "delivered": Row(deliver, SETTLED),
    "client left before it began: being admitted, or queued; of a task, before it knew the id": Row(
        leave_the_queue, CANCELLED
    ),
    "client left while running, or never waited: a task": Row(leave_while_it_runs, STORED),
    "refused by moderation": Row(be_refused, REFUSED),
    "every engine on the route failed": Row(fail_everywhere, FAILED),
    "fewer than n pictures in the end": Row(deliver_too_few, FAILED),
    "sent again: a retry, an `Idempotency-Key`, a hand-off": Row(send_again, SETTLED),
    "delivered after another gateway had taken its own for dead": Row(deliver_late, CHARGED_LATE),
    "the same, when its client has left and may have bought another": Row(draw_late_for_nobody, INTERRUPTED),
    "the ledger cannot be written when it is to be settled": Row(settle_later, SETTLED),
    "neither ledger nor journal can be written": Row(settle_never, FAILED),
}
"""By the first column; the row of gateways that end under a job has a test of its own, for it takes two of them."""
ENDED_UNDER_IT = "the gateway was stopped or died under it"


def test_every_row_of_the_table_is_tested() -> None:
    """What ARCHITECTURE.md says of settlement is what is tested here, row by row."""
    page = (Path(__file__).parents[1] / "ARCHITECTURE.md").read_text()
    lines = page.partition("| what happened | outcome |")[2].partition("\n\n")[0].splitlines()[2:]
    assert sorted(line.split(" | ")[0].removeprefix("| ") for line in lines) == sorted([*TABLE, ENDED_UNDER_IT])


@pytest.mark.parametrize("row", list(TABLE.values()), ids=list(TABLE))
async def test_each_end_of_a_job_leaves_what_the_table_says(
    tmp_path: Path, address: str | None, row: Row, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hold and what resolves it; a charge and the picture when the table charges; the cost when it records that."""
    engine = DrilledEngine(cost_nusd=COST_NUSD, concurrency=1)
    async with house(tmp_path, engine, database=address) as home:
        await open_for_business(home)
        job_id = await row.happened(home, engine)
        await assert_settled(home, job_id, row.left)
    assert ("Traceback" in capsys.readouterr().out) == (row.happened in {settle_later, settle_never})


async def open_for_business(home: House) -> None:
    """A prepaid account with a markup and money."""
    await admin.change_account(
        home.storage.accounts,
        DEFAULT_ACCOUNT,
        lambda terms: replace(terms, credit_limit_nusd=0, markup_bp=MARKUP_BP),
        by=SERVER,
        clock=home.clock,
    )
    await admin.credit_account(home.storage.ledger, DEFAULT_ACCOUNT, CREDIT_NUSD, by=SERVER, clock=home.clock)
    home.key = (await admin.list_keys(home.storage.keys))[0]


async def assert_settled(home: House, job_id: str, left: Left) -> None:
    """Entries, account, meter, job, usage and pictures all say the same of one job, and the whole ledger adds up."""
    [job] = [job for job in await rows(home, jobs) if job["id"] == job_id]
    hold_nusd, charge_nusd = job["hold_nusd"], job["charge_nusd"]
    assert 0 <= charge_nusd <= hold_nusd
    assert (job["outcome"], charge_nusd > 0, job["cost_nusd"] > 0) == (left.outcome, left.outcome.charged, left.costs)
    assert (job["markup_bp"], bool(job["price_book"])) == (MARKUP_BP, True)
    lines = await rows(home, entries)
    hold, *ends = [line for line in lines if line["job_id"] == job_id]
    assert (hold["kind"], hold["amount_nusd"], hold["resolves"]) == ("hold", -hold_nusd, None)
    assert tuple(end["kind"] for end in ends) == left.ends
    # The first resolves the hold; a charge that comes after it refers to none.
    assert [end["resolves"] for end in ends] == [hold["id"], None][: len(ends)]
    assert sum(end["amount_nusd"] for end in ends) == hold_nusd - charge_nusd
    assert left.outcome in ends[-1]["reason"]
    assert {end["price_book"] for end in ends} == {job["price_book"]}
    assert [line["balance_before_nusd"] for line in lines[1:]] == [line["balance_after_nusd"] for line in lines[:-1]]
    [used] = [used for used in await rows(home, usage) if used["job_id"] == job_id]
    assert (used["outcome"], used["images"]) == (left.outcome, job["n"] if left.outcome.charged else 0)
    assert (used["charge_nusd"], used["cost_nusd"]) == (charge_nusd, job["cost_nusd"])
    charged_nusd = sum(used["charge_nusd"] for used in await rows(home, usage))
    assert await home.balance_nusd() == CREDIT_NUSD - charged_nusd
    [meter] = await rows(home, meters)
    assert (meter["spent_nusd"], meter["jobs_running"]) == (charged_nusd, 0)
    pictures = [await home.storage.blobs.read(result_key(job_id, n, Format.PNG), "image/png") for n in range(job["n"])]
    assert all(pictures) if left.outcome.charged else not any(pictures)


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "died"])
async def test_a_gateway_that_ends_under_a_job_costs_the_account_nothing(
    tmp_path: Path, address: str | None, *, killed: bool
) -> None:
    """Stopping releases the hold at once; after a death another gateway does, or the next start."""

    class Stop(Exception):
        """The application ends."""

    engine = DrilledEngine(cost_nusd=COST_NUSD)
    with pytest.raises(ExceptionGroup):
        async with house(tmp_path, engine, database=address) as home:
            await open_for_business(home)
            run = await (given_up if killed else drawing)(home, engine)
            raise Stop
    async with open_storage(tmp_path, home.clock, database=address) as storage:
        assert await storage.recovery.begin(alone=True) == 0
        home.storage = storage
        await assert_settled(home, run.job_id, INTERRUPTED)
