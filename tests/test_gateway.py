"""The path of a job: each row of the settlement table, and who waits for whom.

The gateway runs on real SQLite and real files, with scripted engines and a clock that stands still.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.drilled import DrilledEngine, DrilledLedger, DrilledModerator
from tests.house import CATALOG, answer, house

from limner import admin
from limner.blobs import Blob
from limner.claims import Claim, Repeat
from limner.clock import ManualClock
from limner.contract.parse import parse_json
from limner.engine import Event, Finished, Picture
from limner.engines.scripted import ScriptedSettings
from limner.errors import (
    Defect,
    EngineFailed,
    EngineUnavailable,
    InvalidRequest,
    LimitReached,
    ModerationBlocked,
    NotAuthenticated,
    NotPermitted,
    Overloaded,
)
from limner.imaging.codec import inspect
from limner.job import Answer, Fate, Format, ImageRequest, Kind, PartialAnswer, Quality, Size, Strictness, Usage
from limner.keys import KeyTerms
from limner.ledger import Admission, Admitted, Ledger
from limner.money import marked_up
from limner.record import JobRecord, Outcome, result_key
from limner.storage import DEFAULT_ACCOUNT, open_storage
from limner.storage.gateways import GONE
from limner.trail import SERVER

CHARGE_LOW_NUSD = 196 * 30_000
"""196 image tokens at 30 dollars a million; the text tokens come on top."""


class BrokenLedger:
    """A ledger whose database has gone, either before or after a job was admitted."""

    def __init__(self, ledger: Ledger, *, admits: bool) -> None:
        self._ledger = ledger
        self._admits = admits

    async def claim(self, claim: Claim) -> str | None:
        """Look, as long as the database is there."""
        return await self._ledger.claim(claim)

    async def admit(self, admission: Admission) -> Admitted:
        """Admit, as long as the database is there."""
        if not self._admits:
            raise OSError(5, "Input/output error")
        return await self._ledger.admit(admission)

    async def note_refusals(self, claims: Sequence[Claim], *, admitted: bool) -> None:
        """Fail."""
        raise OSError(5, "Input/output error")

    async def settle(self, record: JobRecord, *, late: bool = False) -> None:
        """Fail."""
        raise OSError(5, "Input/output error")


class SlowLedger:
    """A ledger that settles, and takes its time to say so. written: once it has; answers: set to let it say so."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.written = asyncio.Event()
        self.answers = asyncio.Event()

    async def claim(self, claim: Claim) -> str | None:
        """Look as ever."""
        return await self._ledger.claim(claim)

    async def note_refusals(self, claims: Sequence[Claim], *, admitted: bool) -> None:
        """Note as ever."""
        await self._ledger.note_refusals(claims, admitted=admitted)

    async def admit(self, admission: Admission) -> Admitted:
        """Admit as ever."""
        return await self._ledger.admit(admission)

    async def settle(self, record: JobRecord, *, late: bool = False) -> None:
        """Settle, and wait."""
        await self._ledger.settle(record, late=late)
        self.written.set()
        await self.answers.wait()


class FullDisk:
    """A store that takes nothing."""

    async def write(self, key: str, blob: Blob) -> None:
        """Refuse as a full disk does."""
        raise OSError(28, "No space left on device")

    async def read(self, key: str, media_type: str) -> Blob | None:
        """Nothing is there."""
        return None

    async def delete(self, key: str) -> None:
        """Nothing is there."""


class Leased:
    """What a picture holds for as long as it lives."""


class LeasingEngine(DrilledEngine):
    """Gives each picture a lease, and knows which of them live."""

    def __init__(self) -> None:
        super().__init__()
        self.leases: list[weakref.ref[Leased]] = []

    async def run(self, request: ImageRequest) -> AsyncGenerator[Event, None]:
        """Draw as ever."""
        async for event in super().run(request):
            if isinstance(event, Finished):
                yield replace(event, pictures=tuple(map(self._leased, event.pictures)))
            else:
                yield event

    def _leased(self, picture: Picture) -> Picture:
        blob, lease = Blob.from_bytes(picture.blob.read(), picture.blob.media_type), Leased()
        blob.lease = lease
        self.leases.append(weakref.ref(lease))
        return replace(picture, blob=blob)


@pytest.mark.usefixtures("rings_stay")
async def test_a_picture_is_let_go_with_its_answer(tmp_path: Path) -> None:
    """Whoever waits for room to read the next answer into does not wait for what nobody needs any more."""
    engine = LeasingEngine()
    async with house(tmp_path, engine) as home:
        for _ in range(3):
            await answer(await home.submit())
        retried = await home.submit(repeat=Repeat(retries=1))
        await answer(retried)
        del retried
        await home.until(lambda: all(lease() is None for lease in engine.leases))
        assert len(engine.leases) > 0


async def test_a_delivered_picture_is_charged_and_stored(tmp_path: Path) -> None:
    """The account pays the price of what was delivered; the picture lies in the store; the hold is resolved."""
    async with house(tmp_path) as home:
        run = await home.submit()
        result = await answer(run)
        stored = await home.storage.blobs.read(result_key(run.job_id, 0, Format.PNG), "image/png")
        assert stored
        assert stored.read() == result.blobs[0].read()
        assert (result.size, result.quality, result.usage.image_output_tokens) == (Size(1024, 1024), Quality.LOW, 196)
        [record] = home.records
        assert record.outcome is Outcome.DELIVERED
        text_nusd = record.usage.text_input_tokens * 5_000
        assert record.charge_nusd == CHARGE_LOW_NUSD + text_nusd
        assert await home.balance_nusd() == -record.charge_nusd
        assert home.done == [run.job_id]


async def test_a_hold_covers_the_charge(tmp_path: Path) -> None:
    """While the job runs the worst case is out of the balance."""
    async with house(tmp_path, ScriptedSettings(delay_s=5)) as home:
        run = await home.submit('{"prompt":"a fox"}')
        await home.until(lambda: home.clock.sleepers > 0)
        held_nusd = -(await home.balance_nusd())
        home.clock.advance(5)
        await answer(run)
        assert held_nusd >= home.records[0].charge_nusd > 0


async def test_an_accounts_markup_is_held_and_charged(tmp_path: Path) -> None:
    """The account pays the price and its markup, and both the job and the ledger know it."""
    async with house(tmp_path) as home:
        await admin.change_account(
            home.storage.accounts,
            DEFAULT_ACCOUNT,
            lambda terms: replace(terms, markup_bp=1_000),
            by=SERVER,
            clock=home.storage.clock,
        )
        home.key = (await admin.list_keys(home.storage.keys))[0]
        await answer(await home.submit())
        [record] = home.records
        text_nusd = record.usage.text_input_tokens * 5_000
        assert record.charge_nusd == marked_up(CHARGE_LOW_NUSD + text_nusd, 1_000)
        assert record.hold_nusd > record.charge_nusd
        assert await home.balance_nusd() == -record.charge_nusd
        assert (
            await home.storage.database.read(lambda connection: connection.scalar(text("SELECT markup_bp FROM jobs")))
            == 1_000
        )


async def test_a_model_the_key_may_not_use_is_refused_before_anything_happens(tmp_path: Path) -> None:
    """No picture is fetched, nothing is held, and the request's files are given back."""
    async with house(tmp_path) as home:
        home.key = replace(home.key, terms=KeyTerms(models=frozenset({"gpt-image-1"})))
        with pytest.raises(NotPermitted) as refused:
            await home.submit()
        assert refused.value.code == "model_not_found"
        assert len(home.done) == 1
        assert (await home.storage.ledger.add_up(DEFAULT_ACCOUNT)).entries == 0


async def test_an_account_without_credit_gets_nothing_drawn(tmp_path: Path) -> None:
    """The refusal comes before the engine, and nothing is held."""
    async with house(tmp_path) as home:
        await admin.change_account(
            home.storage.accounts,
            DEFAULT_ACCOUNT,
            lambda terms: replace(terms, credit_limit_nusd=0),
            by=SERVER,
            clock=home.storage.clock,
        )
        with pytest.raises(LimitReached) as refused:
            await answer(await home.submit())
        assert refused.value.code == "credit_balance_exhausted"
        assert home.records == []
        assert await home.balance_nusd() == 0


async def test_a_price_beyond_the_hold_is_the_operators_to_pay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An engine that reports more tokens than were allowed for costs the account the hold, and the log says so."""
    async with house(tmp_path, DrilledEngine(usage=Usage(image_output_tokens=10**6))) as home:
        await answer(await home.submit())
        [record] = home.records
        assert record.charge_nusd == record.hold_nusd
        assert await home.balance_nusd() == -record.hold_nusd
    assert "job.price_above_hold" in capsys.readouterr().out


async def test_unfinished_pictures_come_before_the_answer(tmp_path: Path) -> None:
    """A stream is the same run: partial answers with resolved values, then the answer, each partial charged."""
    async with house(tmp_path) as home:
        run = await home.submit('{"prompt":"a fox","stream":true,"partial_images":2,"output_format":"webp"}')
        events = [event async for event in run.events()]
        partials = [event for event in events if isinstance(event, PartialAnswer)]
        assert [partial.index for partial in partials] == [0, 1]
        assert {inspect(partial.blob).format for partial in partials} == {Format.WEBP}
        assert all(partial.quality is not Quality.AUTO for partial in partials)
        last = events[-1]
        assert isinstance(last, Answer)
        assert last.usage.image_output_tokens == 1756 + 2 * 100


async def test_the_report_tells_what_became_of_each_parameter(tmp_path: Path) -> None:
    """Known and unknown parameters are both in the header and in the record."""
    async with house(tmp_path) as home:
        run = await home.submit('{"prompt":"a fox","size":"1536x1024","sparkle":1}')
        result = await answer(run)
        assert result.report["size"].fate is Fate.EMULATED
        assert result.report["sparkle"].fate is Fate.IGNORED
        assert "sparkle=ignored" in run.report_text
        assert home.records[0].parameters == run.report_text


async def test_leaving_the_queue_costs_nothing(tmp_path: Path) -> None:
    """A client that goes while its job waits cancels it: nothing is drawn and the hold is released."""
    async with house(tmp_path, ScriptedSettings(delay_s=5, concurrency=1)) as home:
        first, second = await home.submit(), await home.submit()
        await home.until(lambda: home.clock.sleepers > 0)
        second.leave()
        await home.until(lambda: bool(home.records))
        assert (home.records[0].job_id, home.records[0].outcome) == (second.job_id, Outcome.CANCELLED)
        await home.draw()
        await answer(first)
        assert await home.balance_nusd() == -home.records[1].charge_nusd


async def test_leaving_before_the_queue_was_reached_costs_nothing(tmp_path: Path) -> None:
    """A client that goes during admission is noticed as soon as the job would have to wait."""
    async with house(tmp_path, ScriptedSettings(delay_s=5, concurrency=1)) as home:
        first, second = await home.submit(), await home.submit()
        second.leave()
        await home.draw()
        await answer(first)
        await home.until(lambda: len(home.records) == 2)
        assert {record.outcome for record in home.records} == {Outcome.DELIVERED, Outcome.CANCELLED}


@pytest.mark.parametrize("retries", [0, 1])
async def test_leaving_during_a_long_admission_costs_nothing(tmp_path: Path, retries: int) -> None:
    """Though nobody knows yet what it comes to: the admission that comes through is released, nothing is judged."""
    ledger = DrilledLedger()
    engine, moderator = DrilledEngine(concurrency=1), DrilledModerator()
    async with house(tmp_path, engine, moderator=moderator, waiting_max=0, ledger=ledger.before) as home:
        ledger.admissions.clear()
        submitting = asyncio.create_task(home.submit(repeat=Repeat(retries=retries)))
        await home.until(lambda: ledger.admitting == 1)
        if submitting.done():
            submitting.result().leave()
        submitting.cancel()
        ledger.admissions.set()
        await home.until(lambda: bool(home.records))
        assert [record.outcome for record in home.records] == [Outcome.CANCELLED]
        assert await home.balance_nusd() == 0
        assert (engine.runs, moderator.asked, len(home.done)) == (0, [], 1)
        assert isinstance(await answer(await home.submit()), Answer)


async def test_leaving_a_running_job_still_charges_and_stores_it_once(tmp_path: Path) -> None:
    """The picture is finished without its client, stored, and paid."""
    async with house(tmp_path, ScriptedSettings(delay_s=5)) as home:
        run = await home.submit()
        await home.until(lambda: home.clock.sleepers > 0)
        run.leave()
        home.clock.advance(5)
        await home.until(lambda: bool(home.records))
        [record] = home.records
        assert record.outcome is Outcome.STORED
        assert await home.storage.blobs.read(record.blob_keys[0], "image/png")
        assert await home.balance_nusd() == -record.charge_nusd < 0


@pytest.mark.parametrize(
    ("fail", "error", "outcome"),
    [
        ("moderation", ModerationBlocked, Outcome.REFUSED),
        ("error", EngineFailed, Outcome.FAILED),
        ("unavailable", EngineUnavailable, Outcome.FAILED),
        ("fewer", EngineFailed, Outcome.FAILED),
        ("nothing", EngineFailed, Outcome.FAILED),
    ],
)
async def test_what_is_not_delivered_is_not_charged(
    tmp_path: Path, fail: str, error: type[Exception], outcome: Outcome
) -> None:
    """Refused, failed or short: the caller gets the error, the account pays nothing, the hold is released."""
    async with house(tmp_path, ScriptedSettings.model_validate({"fail": fail})) as home:
        run = await home.submit('{"prompt":"a fox","n":2}')
        with pytest.raises(error):
            await home.ended(run)
        assert home.records[0].outcome is outcome
        assert home.records[0].error_code
        assert await home.balance_nusd() == 0
        assert home.done == [run.job_id]


async def test_a_failing_engine_passes_the_job_on(tmp_path: Path) -> None:
    """The next engine of the route delivers, and the record names it."""
    async with house(tmp_path, ScriptedSettings.model_validate({"fail": "error"}), ScriptedSettings()) as home:
        await answer(await home.submit())
        assert home.records[0].engine == "engine1"


async def test_a_moderation_refusal_is_final(tmp_path: Path) -> None:
    """It is not tried again elsewhere."""
    async with house(tmp_path, ScriptedSettings.model_validate({"fail": "moderation"}), ScriptedSettings()) as home:
        with pytest.raises(ModerationBlocked):
            await answer(await home.submit())


async def test_no_second_engine_once_something_was_shown(tmp_path: Path) -> None:
    """After a partial picture another engine's picture would be a different one."""
    async with house(tmp_path, ScriptedSettings.model_validate({"fail": "midway"}), ScriptedSettings()) as home:
        run = await home.submit('{"prompt":"a fox","stream":true,"partial_images":1}')
        with pytest.raises(EngineFailed):
            await answer(run)
        assert home.records[0].engine == "engine0"


async def test_a_full_queue_refuses_without_a_hold(tmp_path: Path) -> None:
    """One job beyond the queue gets 503 and leaves no trace in the ledger."""
    async with house(tmp_path, ScriptedSettings(delay_s=5, concurrency=1), waiting_max=0) as home:
        first = await home.submit()
        with pytest.raises(Overloaded):
            await home.submit()
        assert len(home.done) == 1
        await home.draw()
        await answer(first)
        assert await home.balance_nusd() == -home.records[0].charge_nusd


async def test_a_revoked_key_is_refused_at_admission(tmp_path: Path) -> None:
    """Revoked between the check and the admission: nothing runs, nothing is held, and the place is free again."""
    async with house(tmp_path, ScriptedSettings(concurrency=1), waiting_max=0) as home:
        await admin.revoke_key(home.storage.keys, home.key.id, by=SERVER, clock=home.clock)
        for _ in range(2):
            with pytest.raises(NotAuthenticated):
                await answer(await home.submit())
        assert home.records == []
        assert await home.balance_nusd() == 0


async def test_an_engine_that_takes_too_long_has_failed(tmp_path: Path) -> None:
    """The job's time limit ends the attempt; nothing is charged."""
    async with house(tmp_path, ScriptedSettings(delay_s=5), job_timeout_s=0.01) as home:
        with pytest.raises(EngineFailed, match="timed out"):
            await answer(await home.submit())
        assert await home.balance_nusd() == 0


async def test_a_picture_that_cannot_be_stored_is_not_charged(tmp_path: Path) -> None:
    """A full disk is our failure: the caller gets a server error and pays nothing."""
    async with house(tmp_path, blobs=FullDisk()) as home:
        with pytest.raises(Defect):
            await answer(await home.submit())
        assert home.records[0].outcome is Outcome.FAILED
        assert await home.balance_nusd() == 0


async def test_a_job_that_was_given_up_for_dead_is_delivered_and_charged(tmp_path: Path) -> None:
    """A gateway that stood still so long that another released its hold delivers all the same, charged once."""
    async with house(tmp_path, ScriptedSettings(delay_s=5)) as home:
        run = await home.submit()
        await home.until(lambda: home.clock.sleepers > 0)
        assert await home.storage.ledger.release_jobs_of(home.storage.gateway_id, GONE)
        assert await home.balance_nusd() == 0
        home.clock.advance(5)
        await answer(run)
        assert await home.balance_nusd() == -home.records[0].charge_nusd < 0
        assert (await home.storage.ledger.add_up(DEFAULT_ACCOUNT)).faults == ()
        assert home.done == [run.job_id]


async def test_a_job_that_was_given_up_by_its_client_as_well_costs_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever asked may have asked another gateway again: the picture that nobody waits for is removed."""
    async with house(tmp_path, ScriptedSettings(delay_s=5)) as home:
        run = await home.submit()
        await home.until(lambda: home.clock.sleepers > 0)
        assert await home.storage.ledger.release_jobs_of(home.storage.gateway_id, GONE)
        run.leave()
        home.clock.advance(5)
        await home.until(lambda: home.done == [run.job_id])
        assert await home.balance_nusd() == 0
        assert await home.storage.blobs.read(result_key(run.job_id, 0, Format.PNG), "image/png") is None
    assert "Traceback" not in capsys.readouterr().out


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_gateway_that_stood_still_before_it_settled_charges_only_who_is_there(
    tmp_path: Path, address: str | None, *, leaves: bool
) -> None:
    """The picture stays for whoever waits, who pays for it; it goes when nobody does."""
    still = DrilledLedger()
    still.settlements.clear()
    async with house(tmp_path, ledger=still.before, database=address) as home:
        run = await home.submit()
        await home.until(lambda: still.settling == 1)
        async with open_storage(tmp_path, home.clock, database=address) as other:
            assert await other.recovery.begin(alone=True) == 1
        picture = result_key(run.job_id, 0, Format.PNG)
        if leaves:
            run.leave()
        still.settlements.set()
        await home.until(lambda: home.done == [run.job_id])
        stored = await home.storage.blobs.read(picture, "image/png")
        if leaves:
            assert (stored, home.records, await home.balance_nusd()) == (None, [], 0)
        else:
            result = await answer(run)
            assert stored is not None
            assert stored.read() == result.blobs[0].read()
            assert await home.balance_nusd() == -home.records[0].charge_nusd < 0


@pytest.mark.parametrize("set_by_s", [-7200.0, 7200.0])
async def test_a_clock_that_is_set_during_a_job_changes_nothing(
    tmp_path: Path, address: str | None, set_by_s: float
) -> None:
    """A job's time is measured, not read off the clock: it is drawn as ever, and charged once, after the one before."""
    async with house(tmp_path, ScriptedSettings(delay_s=5), database=address) as home:
        before = await home.submit()
        await home.until(lambda: home.clock.sleepers > 0)
        home.clock.set_by(set_by_s)
        home.clock.advance(4)
        after = await home.submit()
        await home.until(lambda: home.clock.sleepers > 1)
        home.clock.advance(1)
        await answer(before)
        assert [record.outcome for record in home.records] == [Outcome.DELIVERED]
        home.clock.advance(4)
        await answer(after)
        assert await home.balance_nusd() == -sum(record.charge_nusd for record in home.records) < 0
        first, second = home.records
        assert first.finished_at_s - first.admitted_at_s == 5 + set_by_s
        assert second.finished_at_s - second.admitted_at_s == 5


@pytest.mark.parametrize("admits", [True, False])
async def test_a_ledger_that_cannot_be_reached_is_told_as_a_server_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, admits: bool
) -> None:
    """The caller is not left waiting, the place is free again, and the log has the cause."""

    def broken(ledger: Ledger) -> Ledger:
        return BrokenLedger(ledger, admits=admits)

    async with house(tmp_path, ScriptedSettings(concurrency=1), waiting_max=0, ledger=broken) as home:
        for _ in range(2):
            with pytest.raises(Defect):
                await answer(await home.submit())
        assert len(home.done) == 2
    assert "Input/output error" in capsys.readouterr().out


async def test_a_refusal_is_told_though_it_cannot_be_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What refuses the request is the error its caller gets; the log has the other."""

    def broken(ledger: Ledger) -> Ledger:
        return BrokenLedger(ledger, admits=True)

    engine = DrilledEngine(concurrency=1)
    engine.gate.clear()
    async with house(tmp_path, engine, waiting_max=0, ledger=broken) as home:
        run = await home.submit()
        with pytest.raises(Overloaded):
            await home.submit()
        engine.gate.set()
        with pytest.raises(Defect):
            await answer(run)
    assert "job.refusal_not_noted" in capsys.readouterr().out


async def test_a_defect_of_an_engine_is_settled_like_any_failure(tmp_path: Path) -> None:
    """Even what no engine may raise ends in one settlement, and the engine goes on."""
    async with house(tmp_path, DrilledEngine(endings=[ZeroDivisionError()], concurrency=1), waiting_max=0) as home:
        with pytest.raises(Defect):
            await answer(await home.submit())
        assert home.records[0].outcome is Outcome.FAILED
        assert await home.balance_nusd() == 0
        await answer(await home.submit())


async def test_leaving_in_the_moment_the_turn_comes_draws_nothing(tmp_path: Path) -> None:
    """Before an engine has begun there is nothing to finish: the place goes to the next."""
    async with house(tmp_path, ScriptedSettings(delay_s=5, concurrency=1), waiting_max=0) as home:
        run = await home.submit()
        run.leave()
        await home.until(lambda: bool(home.records))
        assert [record.outcome for record in home.records] == [Outcome.CANCELLED]
        assert await home.balance_nusd() == 0
        second = await home.submit()
        await home.draw()
        await answer(second)


async def test_a_stopping_gateway_finishes_what_it_has_and_takes_no_more(tmp_path: Path) -> None:
    """Jobs under way are delivered; a new one is refused before anything is held, and asked to come again."""
    async with house(tmp_path, ScriptedSettings(delay_s=5)) as home:
        run = await home.submit()
        await home.until(lambda: home.clock.sleepers > 0)
        stopping = asyncio.create_task(home.gateway.stop(60))
        await home.until(lambda: home.gateway.stopping)
        with pytest.raises(Overloaded, match="shutting down") as refused:
            await home.submit()
        assert refused.value.retry_after_s == 1
        home.clock.advance(5)
        await answer(run)
        assert await stopping == 0
        assert [record.outcome for record in home.records] == [Outcome.DELIVERED]
        assert len(home.done) == 2


async def test_what_does_not_finish_while_a_gateway_stops_costs_nothing(tmp_path: Path) -> None:
    """Its caller is told to come again, whether its engine had begun or not."""
    async with house(tmp_path, ScriptedSettings(delay_s=5, concurrency=1)) as home:
        runs = [await home.submit(), await home.submit()]
        await home.until(lambda: home.clock.sleepers > 0)
        while (await home.storage.ledger.add_up(DEFAULT_ACCOUNT)).entries < 2:
            pass
        assert await home.gateway.stop(0) == 2
        for run in runs:
            with pytest.raises(Overloaded, match="shutting down"):
                await answer(run)
        assert [record.outcome for record in home.records] == [Outcome.INTERRUPTED] * 2
        assert await home.balance_nusd() == 0


async def test_a_gateway_that_stops_while_a_job_is_charged_delivers_it(tmp_path: Path) -> None:
    """However little time is left: whoever has paid is not told to come again."""
    slow: list[SlowLedger] = []

    def slowed(ledger: Ledger) -> Ledger:
        slow.append(SlowLedger(ledger))
        return slow[0]

    async with house(tmp_path, ledger=slowed) as home:
        run = await home.submit()
        await slow[0].written.wait()
        stopping = asyncio.create_task(home.gateway.stop(0))
        for _ in range(10):  # until it has lost its patience
            await asyncio.sleep(0)
        slow[0].answers.set()
        assert len((await answer(run)).blobs) == 1
        await stopping
        assert [record.outcome for record in home.records] == [Outcome.DELIVERED]
        assert await home.balance_nusd() == -home.records[0].charge_nusd < 0


async def test_a_stopping_application_interrupts_its_jobs(tmp_path: Path) -> None:
    """Cancelling the task group settles what was running as interrupted, at no cost."""

    class Stop(Exception):
        """The application ends."""

    with pytest.raises(ExceptionGroup) as ended:
        async with house(tmp_path, ScriptedSettings(delay_s=5)) as home:
            await home.submit()
            await home.until(lambda: home.clock.sleepers > 0)
            raise Stop
    assert ended.group_contains(Stop)
    assert [record.outcome for record in home.records] == [Outcome.INTERRUPTED]
    async with open_storage(tmp_path, ManualClock()) as storage:
        assert (await storage.ledger.add_up(DEFAULT_ACCOUNT)).balance_nusd == 0


async def test_pictures_are_checked_before_anything_is_held(tmp_path: Path) -> None:
    """A request whose files are no good leaves no job and gives its files back."""
    async with house(tmp_path) as home:
        body = b'{"prompt":"a fox","images":[{"image_url":"https://example.com/a.png"}]}'
        draft = parse_json(Kind.EDIT, body, CATALOG, Strictness.LIMNER)
        with pytest.raises(InvalidRequest, match="does not download"):
            await home.gateway.submit(
                home.key, draft, request_id="req_x", strictness=Strictness.LIMNER, on_done=lambda: home.done.append("x")
            )
        assert home.done == ["x"]
        assert await home.balance_nusd() == 0


@pytest.mark.parametrize("concurrency", [1, 2, 3])
async def test_the_calls_of_several_jobs_share_an_engines_places(tmp_path: Path, concurrency: int) -> None:
    """Jobs of many pictures side by side never run more calls than the engine takes, and never wait in a circle."""
    engine = DrilledEngine(concurrency=concurrency)
    engine.gate.clear()
    async with house(tmp_path, engine) as home:
        runs = [await home.submit('{"prompt":"a fox","quality":"low","n":4}') for _ in range(3)]
        await home.until(lambda: engine.running == concurrency)
        engine.gate.set()
        async with asyncio.timeout(30):
            assert [len((await answer(run)).blobs) for run in runs] == [4, 4, 4]
    assert (engine.runs, engine.running_max) == (12, concurrency)


async def test_a_job_of_many_pictures_uses_the_places_nobody_needs(tmp_path: Path) -> None:
    """Alone on an engine, its calls run side by side; when they are done every place is free again."""
    engine = DrilledEngine(concurrency=3)
    engine.gate.clear()
    async with house(tmp_path, engine, waiting_max=0) as home:
        run = await home.submit('{"prompt":"a fox","quality":"low","n":3}')
        await home.until(lambda: engine.running == 3)
        engine.gate.set()
        await answer(run)
        await home.until(lambda: engine.running == 0)
        for one in [await home.submit() for _ in range(3)]:
            await answer(one)


async def test_jobs_in_the_queue_of_a_stopping_application_are_interrupted(tmp_path: Path) -> None:
    """A job that is stopped while it waits leaves the queue, so that the one before it can be settled."""

    class Stop(Exception):
        """The application ends."""

    with pytest.raises(ExceptionGroup):
        async with house(tmp_path, ScriptedSettings(delay_s=5, concurrency=1)) as home:
            for _ in range(3):
                await home.submit()
            await home.until(lambda: home.clock.sleepers > 0)
            while (await home.storage.ledger.add_up(DEFAULT_ACCOUNT)).entries < 3:
                pass
            raise Stop
    assert [record.outcome for record in home.records] == [Outcome.INTERRUPTED] * 3
