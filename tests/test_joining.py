"""A request that was sent before gets the job it means: under way, ended, or running in another process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.drilled import DrilledEngine, DrilledLedger
from tests.house import CATALOG, PLAIN, House, answer, house, housing

from limner import admin
from limner.attempts import Bounds
from limner.blobs import Blob
from limner.claims import IDEMPOTENCY_S, REFUSAL_S_MAX, RETRY_S_MAX, Repeat
from limner.contract.answers import images_body
from limner.engine import Engine
from limner.errors import (
    Conflict,
    DatabaseAway,
    EngineFailed,
    EngineUnavailable,
    HandedOff,
    LimnerError,
    ModerationBlocked,
    Overloaded,
)
from limner.job import Answer, PartialAnswer
from limner.joining import POLL_S, Joined
from limner.record import Outcome
from limner.run import HANDOFF_GRACE_S
from limner.trail import SERVER

SECOND = Repeat(retries=1)
THIRD = Repeat(retries=2)
ONCE = Repeat(idempotency_key="order-7")
STREAM = '{"prompt":"a fox","size":"1024x1024","quality":"low","stream":true,"partial_images":1}'


def gated(**ability: object) -> DrilledEngine:
    """An engine that draws nothing yet."""
    engine = DrilledEngine(able=dict(ability))
    engine.gate.clear()
    return engine


async def outcome(run: Joined) -> Answer | LimnerError:
    """The end of what a request waits for."""
    try:
        return await answer(run)
    except LimnerError as error:
        return error


def body(result: Answer | LimnerError) -> bytes:
    """What the caller gets."""
    assert isinstance(result, Answer)
    return b"".join(images_body(result, CATALOG["gpt-image-2"]))


async def paid_once(home: House, outcome: Outcome = Outcome.DELIVERED) -> None:
    """One job, and the account has paid for it."""
    assert [record.outcome for record in home.records] == [outcome]
    assert await home.balance_nusd() == -home.records[0].charge_nusd < 0


# Jobs under way.


async def test_a_retry_waits_for_the_job_under_way(tmp_path: Path) -> None:
    """The client's time is up, it asks again, and gets the picture that was begun for it: one job, one charge."""
    engine = gated()
    async with house(tmp_path, engine) as home:
        first = await home.submit()
        await home.until(lambda: engine.running == 1)
        first.leave()
        second = await home.submit(repeat=SECOND)
        engine.gate.set()
        assert isinstance(await answer(second), Answer)
        assert second.job_id == first.job_id
        await paid_once(home)
        assert len(home.done) == 2
    assert engine.runs == 1


async def test_several_wait_for_one_job(tmp_path: Path) -> None:
    """The server may not have noticed yet that the first connection is dead: both get the answer."""
    engine = gated()
    async with house(tmp_path, engine) as home:
        first, second = await home.submit(), await home.submit(repeat=SECOND)
        engine.gate.set()
        assert body(await outcome(first)) == body(await outcome(second))
        await paid_once(home)


async def test_a_retry_of_a_stream_sees_what_comes_from_then_on(tmp_path: Path) -> None:
    """Unfinished pictures reach all who wait at the time."""
    engine = gated(partial_images=True)
    async with house(tmp_path, engine) as home:
        first, second = await home.submit(STREAM), await home.submit(STREAM, repeat=SECOND)
        engine.gate.set()
        for run in (first, second):
            kinds = [type(event) async for event in run.events()]
            assert kinds == [PartialAnswer, Answer]


async def test_a_job_has_left_only_with_the_last_of_its_requests(tmp_path: Path) -> None:
    """One of two goes: delivered. Both go: stored."""
    for leaving, expected in ((1, Outcome.DELIVERED), (2, Outcome.STORED)):
        engine = gated()
        async with house(tmp_path / str(leaving), engine) as home:
            runs = [await home.submit(), await home.submit(repeat=SECOND)]
            await home.until(lambda engine=engine: engine.running == 1)  # type: ignore[misc]  # its type is engine's
            for run in runs[:leaving]:
                run.leave()
            engine.gate.set()
            await home.recorded()
            await paid_once(home, expected)


async def test_a_queued_job_is_cancelled_only_when_nobody_waits_for_it(tmp_path: Path) -> None:
    """It stays in the queue for the second request when the first one goes."""
    engine = gated()
    engine.concurrency = 1
    async with house(tmp_path, engine) as home:
        await home.submit('{"prompt":"another"}')
        first = await home.submit()
        second = await home.submit(repeat=SECOND)
        first.leave()
        engine.gate.set()
        assert isinstance(await answer(second), Answer)
        third = await home.submit()
        third.leave()
        await home.recorded(3)
        assert [record.outcome for record in home.records] == [
            Outcome.DELIVERED, Outcome.DELIVERED, Outcome.CANCELLED,
        ]  # fmt: skip


@pytest.mark.parametrize("repeat", [SECOND, ONCE])
async def test_a_retry_does_not_wait_for_a_job_that_is_being_cancelled(tmp_path: Path, repeat: Repeat) -> None:
    """Its client left during its admission; what comes back finds it on its way out, and is a job of its own."""
    ledger = DrilledLedger()
    engine = gated()
    async with house(tmp_path, engine, ledger=ledger.before) as home:
        ledger.admissions.clear()
        ledger.settlements.clear()
        leaving = asyncio.create_task(home.submit(repeat=replace(repeat, retries=1)))
        await home.until(lambda: ledger.admitting == 1)
        leaving.cancel()
        ledger.admissions.set()
        await home.until(lambda: ledger.settling == 1)
        returning = asyncio.create_task(home.submit(repeat=replace(repeat, retries=2)))
        await home.until(lambda: returning.done() or repeat is ONCE)
        ledger.settlements.set()
        engine.gate.set()
        assert isinstance(await answer(await returning), Answer)
        assert [record.outcome for record in home.records] == [Outcome.CANCELLED, Outcome.DELIVERED]
        assert await home.balance_nusd() == -home.records[1].charge_nusd


async def test_a_retry_joins_whatever_the_queue_is_like(tmp_path: Path) -> None:
    """It needs no place of its own: a full queue does not refuse it."""
    engine = gated()
    engine.concurrency = 1
    async with house(tmp_path, engine, waiting_max=0) as home:
        first = await home.submit()
        with pytest.raises(Overloaded):
            await home.submit(repeat=Repeat())
        await home.until(lambda: engine.running == 1)
        second = await home.submit(repeat=SECOND)
        engine.gate.set()
        assert second.job_id == first.job_id
        await answer(second)


async def test_a_retry_makes_the_job_as_patient_as_itself(tmp_path: Path) -> None:
    """Attempts go on while the newest of the callers waits, though the first one's time is up."""
    engine = DrilledEngine(endings=[EngineUnavailable("Not now.")])
    async with house(tmp_path, engine) as home:
        await home.submit(deadline_s=0.6)
        await home.until(lambda: home.clock.sleepers > 0)
        second = await home.submit(repeat=SECOND, deadline_s=60)
        assert isinstance(await home.ended(second), Answer)
    assert engine.runs == 2


# Jobs that have ended.


async def test_a_retry_gets_the_stored_answer_again(tmp_path: Path) -> None:
    """The same bytes, from the store, for nothing: no second job, entry or usage row."""
    async with house(tmp_path) as home:
        asked = '{"prompt":"a fox","size":"1536x1024","quality":"low","n":2,"safety_identifier":"u-1","sparkle":1}'
        first = await home.submit(asked)
        given = body(await answer(first))
        entries = (await home.storage.ledger.add_up(home.key.account_id)).entries
        home.clock.advance(RETRY_S_MAX)
        second = await home.submit(asked, repeat=SECOND)
        assert body(await answer(second)) == given
        assert (second.job_id, second.report_text) == (first.job_id, first.report_text)
        await paid_once(home)
        assert (await home.storage.ledger.add_up(home.key.account_id)).entries == entries


async def test_what_was_stored_without_its_client_is_there_for_the_retry(tmp_path: Path) -> None:
    """It left while the picture was drawn, and comes back after it was finished."""
    engine = gated()
    async with house(tmp_path, engine) as home:
        first = await home.submit()
        await home.until(lambda: engine.running == 1)
        first.leave()
        engine.gate.set()
        await home.recorded()
        assert isinstance(await answer(await home.submit(repeat=THIRD)), Answer)
        await paid_once(home, Outcome.STORED)


@pytest.mark.parametrize(
    ("asked", "repeat"),
    [
        (PLAIN, Repeat(retries=0)),
        (PLAIN, Repeat()),
        ('{"prompt":"a fox","size":"1024x1024","quality":"medium"}', SECOND),
        ('{"prompt":"a fox","size":"1024x1024","quality":"low","sparkle":1}', SECOND),
    ],
    ids=["a first request", "no count", "other field", "an unknown parameter more"],
)
async def test_other_requests_are_jobs_of_their_own(tmp_path: Path, asked: str, repeat: Repeat) -> None:
    """The same prompt sent twice on purpose is two pictures, and a retry of something else is something else."""
    async with house(tmp_path) as home:
        await answer(await home.submit())
        await answer(await home.submit(asked, repeat=repeat))
        assert len(home.records) == 2


async def test_a_retry_with_another_key_is_another_request(tmp_path: Path) -> None:
    """Also within the account: keys stand for programs, which do not repeat each other's requests."""
    async with house(tmp_path) as home:
        new = await admin.create_key(home.storage.keys, "other", by=SERVER, clock=home.clock)
        await answer(await home.submit())
        await answer(await home.submit(repeat=SECOND, key=new.key))
        await answer(await home.submit(repeat=Repeat(idempotency_key="a")))
        await answer(await home.submit(repeat=Repeat(idempotency_key="a"), key=new.key))
        assert len(home.records) == 4


async def test_field_order_and_defaults_make_no_other_request(tmp_path: Path) -> None:
    """What counts is what was asked, not how it was written."""
    async with house(tmp_path) as home:
        await answer(await home.submit('{"prompt":"a fox","quality":"low","x":{"a":1,"b":2}}'))
        again = '{"x":{"b":2,"a":1},"n":1,"quality":"low","model":"gpt-image-2","size":"auto","prompt":"a fox"}'
        await answer(await home.submit(again, repeat=SECOND))
        await paid_once(home)


async def test_a_job_that_ended_badly_is_not_repeated_to_a_retry(tmp_path: Path) -> None:
    """It runs anew: that is what a retry is for."""
    engine = DrilledEngine(endings=[EngineFailed("Image generation failed")])
    async with house(tmp_path, engine) as home:
        assert isinstance(await outcome(await home.submit()), EngineFailed)
        assert isinstance(await outcome(await home.submit(repeat=SECOND)), Answer)
        assert [record.outcome for record in home.records] == [Outcome.FAILED, Outcome.DELIVERED]


async def test_a_retry_that_comes_late_is_a_job_of_its_own(tmp_path: Path) -> None:
    """No client waits for so long; somebody has set the count by hand."""
    async with house(tmp_path) as home:
        await answer(await home.submit())
        home.clock.advance(RETRY_S_MAX + 1)
        await answer(await home.submit(repeat=SECOND))
        assert len(home.records) == 2


async def test_forgotten_pictures_are_drawn_again(tmp_path: Path) -> None:
    """A retry gets its picture also when the stored one has gone, by the rules or without the database's knowledge."""
    async with house(tmp_path) as home:
        await answer(await home.submit())
        await home.storage.expire(1e9, 0)
        await answer(await home.submit(repeat=SECOND))
        await home.storage.blobs.delete(home.records[1].blob_keys[0])
        await answer(await home.submit(repeat=THIRD))
        assert len(home.records) == 3


class Vanishing:
    """A store whose pictures are removed between being looked for and being read."""

    def __init__(self, folder: Path) -> None:
        self._missing = folder / "missing"

    async def write(self, key: str, blob: Blob) -> None:
        """Take it."""

    async def read(self, key: str, media_type: str) -> Blob | None:
        """A file that has just gone."""
        return Blob.from_file(self._missing, 1, media_type)

    async def delete(self, key: str) -> None:
        """It has gone."""


async def test_pictures_that_go_while_they_are_read_are_drawn_again(tmp_path: Path) -> None:
    """Housekeeping may come in between."""
    async with house(tmp_path, blobs=Vanishing(tmp_path)) as home:
        await answer(await home.submit())
        await answer(await home.submit(repeat=SECOND))
        assert len(home.records) == 2


# Which of several.


async def test_each_of_two_identical_requests_gets_its_own_again(tmp_path: Path) -> None:
    """Two pictures were asked for on purpose: however their retries come, both are handed out."""
    engine = gated()
    async with house(tmp_path, engine) as home:
        first = [await home.submit() for _ in range(2)]
        await home.until(lambda: engine.running == 2)
        for run in first:
            run.leave()
        second = [await home.submit(repeat=SECOND) for _ in range(2)]
        second[0].leave()
        third = await home.submit(repeat=THIRD)
        assert third.job_id == second[0].job_id
        engine.gate.set()
        await asyncio.gather(answer(second[1]), answer(third))
        assert {run.job_id for run in second} == {run.job_id for run in first}
    assert engine.runs == 2


async def test_a_retry_gets_the_job_that_nobody_waits_for(tmp_path: Path) -> None:
    """Of two identical ones the client of the older has gone; the newer one's is still there."""
    engine = gated()
    async with house(tmp_path, engine) as home:
        older, newer = await home.submit(), await home.submit()
        await home.until(lambda: engine.running == 2)
        older.leave()
        again = await home.submit(repeat=SECOND)
        engine.gate.set()
        await asyncio.gather(answer(newer), answer(again))
        assert again.job_id == older.job_id


async def test_a_refused_request_does_not_get_its_twins_picture(tmp_path: Path) -> None:
    """Of two identical requests one is refused for load: its retry is a picture of its own, the other's is not."""
    engine = gated()
    engine.concurrency = 1
    async with house(tmp_path, engine, waiting_max=0) as home:
        first = await home.submit()
        with pytest.raises(Overloaded):
            await home.submit()
        with pytest.raises(Overloaded):
            await home.submit(repeat=SECOND)
        engine.gate.set()
        await answer(first)
        assert (await home.submit(repeat=THIRD)).job_id != first.job_id
        await home.recorded(2)
        again = await home.submit(repeat=THIRD)
        assert again.job_id == first.job_id


async def test_a_retry_that_was_refused_unseen_does_not_take_up_anothers_refusal(tmp_path: Path) -> None:
    """It means its own job, which nobody waits for; whoever was refused still does not get a twin's picture."""
    ledger = DrilledLedger()
    engine = gated()
    engine.concurrency = 2
    async with house(tmp_path, engine, waiting_max=0, ledger=ledger.before) as home:
        left = await home.submit(repeat=THIRD)
        twin = await home.submit()
        with pytest.raises(Overloaded):
            await home.submit()
        left.leave()
        ledger.blind = True
        with pytest.raises(DatabaseAway):
            await home.submit(repeat=Repeat(retries=3))
        ledger.blind = False
        with pytest.raises(Overloaded):
            await home.submit(repeat=SECOND)
        assert (await home.submit(repeat=Repeat(retries=4))).job_id == left.job_id
        engine.gate.set()
        await answer(twin)


async def test_a_refusal_is_forgotten_after_a_while(tmp_path: Path) -> None:
    """No retry came for it."""
    engine = gated()
    engine.concurrency = 1
    async with house(tmp_path, engine, waiting_max=0) as home:
        first = await home.submit()
        with pytest.raises(Overloaded):
            await home.submit()
        engine.gate.set()
        await answer(first)
        home.clock.advance(REFUSAL_S_MAX + 1)
        await home.storage.expire(1e9, 10**12)
        assert (await home.submit(repeat=SECOND)).job_id == first.job_id


async def test_a_failed_job_does_not_lead_its_retry_to_a_twin(tmp_path: Path) -> None:
    """Nor does one that was cancelled in the queue: the twin's caller is still there."""
    engine = DrilledEngine(endings=[None, EngineFailed("Image generation failed")], concurrency=1)
    async with house(tmp_path, engine) as home:
        twin = await home.submit()
        await answer(twin)
        assert isinstance(await outcome(await home.submit()), EngineFailed)
        engine.gate.clear()
        anew = await home.submit(repeat=SECOND)
        queued = await home.submit()
        queued.leave()
        await home.recorded(3)
        engine.gate.set()
        after = await home.submit(repeat=SECOND)
        await asyncio.gather(answer(anew), answer(after))
        assert len({twin.job_id, anew.job_id, queued.job_id, after.job_id}) == 4


# Idempotency keys.


async def test_an_idempotency_key_joins_and_replays_whatever_the_count(tmp_path: Path) -> None:
    """Any caller gets the one job its key stands for."""
    engine = gated()
    async with house(tmp_path, engine) as home:
        runs = [
            await home.submit(repeat=repeat) for repeat in (ONCE, ONCE, Repeat(retries=1, idempotency_key="order-7"))
        ]
        engine.gate.set()
        bodies = {body(await outcome(run)) for run in runs}
        home.clock.advance(IDEMPOTENCY_S - 1)
        bodies.add(body(await outcome(await home.submit(repeat=ONCE))))
        assert len(bodies) == 1
        await paid_once(home)


async def test_requests_with_one_idempotency_key_at_the_same_time_are_one_job(tmp_path: Path) -> None:
    """The database decides which of them it is."""
    engine = gated()
    async with house(tmp_path, engine) as home:
        runs = await asyncio.gather(*(home.submit(repeat=ONCE) for _ in range(5)))
        engine.gate.set()
        assert len({body(await outcome(run)) for run in runs}) == 1
        await paid_once(home)
        assert len(home.done) == 5
    assert engine.runs == 1


async def test_an_idempotency_key_stands_for_one_content(tmp_path: Path) -> None:
    """Another request with it is a conflict that no retry mends, while it is remembered."""
    async with house(tmp_path) as home:
        await answer(await home.submit(repeat=ONCE))
        with pytest.raises(Conflict) as refused:
            await home.submit('{"prompt":"a cat"}', repeat=ONCE)
        assert (refused.value.code, refused.value.retryable) == ("idempotency_key_reused", False)
        home.clock.advance(IDEMPOTENCY_S)
        await answer(await home.submit('{"prompt":"a cat"}', repeat=ONCE))
        assert len(home.records) == 2


async def test_an_idempotency_key_whose_job_failed_is_free_for_the_same_request(tmp_path: Path) -> None:
    """Nothing was paid, so it runs anew; but the key stands for its content still."""
    engine = DrilledEngine(endings=[EngineFailed("Image generation failed")])
    async with house(tmp_path, engine) as home:
        assert isinstance(await outcome(await home.submit(repeat=ONCE)), EngineFailed)
        with pytest.raises(Conflict):
            await home.submit('{"prompt":"a cat"}', repeat=ONCE)
        given = body(await outcome(await home.submit(repeat=ONCE)))
        assert body(await outcome(await home.submit(repeat=ONCE))) == given
        assert [record.outcome for record in home.records] == [Outcome.FAILED, Outcome.DELIVERED]


async def test_an_idempotency_key_never_pays_twice(tmp_path: Path) -> None:
    """When its pictures are no longer kept its caller is told so, instead of being charged for others."""
    async with house(tmp_path) as home:
        await answer(await home.submit(repeat=ONCE))
        await home.storage.blobs.delete(home.records[0].blob_keys[0])
        with pytest.raises(Conflict) as lost:
            await home.submit(repeat=ONCE)
        await home.storage.expire(1e9, 0)
        with pytest.raises(Conflict) as forgotten:
            await home.submit(repeat=ONCE)
        assert lost.value.code == forgotten.value.code == "idempotency_answer_expired"
        await paid_once(home)


async def test_a_retry_without_the_key_does_not_find_what_was_asked_with_it(tmp_path: Path) -> None:
    """The SDKs send the same headers again: whoever comes without is somebody else."""
    async with house(tmp_path) as home:
        await answer(await home.submit(repeat=Repeat(retries=0, idempotency_key="a")))
        await answer(await home.submit(repeat=SECOND))
        assert len(home.records) == 2


async def test_used_up_keys_are_forgotten(tmp_path: Path) -> None:
    """Housekeeping removes what stands for nothing any more."""
    async with house(tmp_path) as home:
        await answer(await home.submit(repeat=ONCE))
        home.clock.advance(IDEMPOTENCY_S)
        assert await home.storage.ledger.expire_claims() == 1
        assert await home.storage.ledger.expire_claims() == 0


async def test_a_key_that_was_revoked_claims_nothing_new(tmp_path: Path) -> None:
    """What admission refuses is told to a request sent before as to any other, and the key stands for nothing."""
    async with house(tmp_path) as home:
        await admin.revoke_key(home.storage.keys, home.key.id, by=SERVER, clock=home.clock)
        for _ in range(2):
            error = await outcome(await home.submit(repeat=ONCE))
            assert isinstance(error, LimnerError)
            assert error.code == "invalid_api_key"
        assert home.records == []


# Hand-off.


async def test_a_handed_off_job_waits_for_its_client(tmp_path: Path) -> None:
    """Told to come back, the client counts as there for a while: its place in the queue is kept."""
    engine = gated()
    engine.concurrency = 1
    async with house(tmp_path, engine) as home:
        await home.submit('{"prompt":"another"}')
        first = await home.submit()
        first.hand_off()
        error = await outcome(first)
        assert isinstance(error, HandedOff)
        assert error.retryable
        home.clock.advance(HANDOFF_GRACE_S - 1)
        engine.gate.set()
        second = await home.submit(repeat=SECOND)
        assert second.job_id == first.job_id
        assert isinstance(await answer(second), Answer)


async def test_a_handed_off_job_is_finished_though_nobody_comes_back(tmp_path: Path) -> None:
    """It was running: stored, and charged once."""
    engine = gated()
    async with house(tmp_path, engine) as home:
        run = await home.submit()
        await home.until(lambda: engine.running == 1)
        run.hand_off()
        home.clock.advance(HANDOFF_GRACE_S)
        engine.gate.set()
        await home.recorded()
        await paid_once(home, Outcome.STORED)


async def test_a_handed_off_job_in_the_queue_is_not_drawn_for_nobody(tmp_path: Path) -> None:
    """When its turn comes after the time its client is waited for, it is cancelled at no cost."""
    engine = gated()
    engine.concurrency = 1
    async with house(tmp_path, engine) as home:
        other = await home.submit('{"prompt":"another"}')
        (await home.submit()).hand_off()
        home.clock.advance(HANDOFF_GRACE_S)
        engine.gate.set()
        await answer(other)
        await home.recorded(2)
        assert {record.outcome for record in home.records} == {Outcome.DELIVERED, Outcome.CANCELLED}
    assert engine.runs == 1


# Other processes.


@asynccontextmanager
async def two_gateways(folder: Path, engine: Engine) -> AsyncIterator[Sequence[House]]:
    """Two gateways on one database, as two processes would be."""
    bounds = Bounds(job_timeout_s=600, jobs_waiting_max=10)
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(house(folder, engine))
        second = await stack.enter_async_context(
            housing(first.storage, {"engine0": engine}, first.key, first.clock, bounds=bounds)
        )
        second.jobs = 1000
        yield first, second


async def test_a_job_of_another_process_is_waited_for(tmp_path: Path) -> None:
    """Its row tells when it has ended; the answer is the same."""
    engine = gated()
    async with two_gateways(tmp_path, engine) as (one, other):
        first = await one.submit()
        await one.until(lambda: engine.running == 1)
        second = await other.submit(repeat=SECOND)
        waiting = asyncio.ensure_future(outcome(second))
        await one.until(lambda: one.clock.sleepers == 1)
        engine.gate.set()
        given = body(await outcome(first))
        one.clock.advance(POLL_S)
        assert body(await waiting) == given
        assert (second.job_id, second.report_text) == (first.job_id, first.report_text)
        assert (len(one.records), len(other.records)) == (1, 0)


@pytest.mark.parametrize(("ending", "expected"), [("leave", "client has left"), ("hand_off", "Send the same request")])
async def test_waiting_for_another_process_ends_with_the_client(tmp_path: Path, ending: str, expected: str) -> None:
    """A client that goes, or is told to come back, ends the waiting at once and nothing else."""
    engine = gated()
    async with two_gateways(tmp_path, engine) as (one, other):
        first = await one.submit()
        await one.until(lambda: engine.running == 1)
        second = await other.submit(repeat=SECOND)
        waiting = asyncio.ensure_future(outcome(second))
        await one.until(lambda: one.clock.sleepers == 1)
        for _ in range(2):
            getattr(second, ending)()
        error = await waiting
        assert isinstance(error, LimnerError)
        assert expected in error.message
        engine.gate.set()
        assert isinstance(await answer(first), Answer)


@pytest.mark.parametrize("code", ["moderation_blocked", "server_is_overloaded"])
async def test_a_job_that_ends_badly_elsewhere_is_asked_for_again(tmp_path: Path, code: str) -> None:
    """A refusal by moderation is told as one; anything else is worth another try, which finds out anew."""
    engine = gated()
    engine.endings = [ModerationBlocked("no") if code == "moderation_blocked" else EngineFailed("no")]
    async with two_gateways(tmp_path, engine) as (one, other):
        first = await one.submit()
        await one.until(lambda: engine.running == 1)
        waiting = asyncio.ensure_future(outcome(await other.submit(repeat=SECOND)))
        await one.until(lambda: one.clock.sleepers == 1)
        engine.gate.set()
        await outcome(first)
        one.clock.advance(POLL_S)
        error = await waiting
        assert isinstance(error, LimnerError)
        assert error.code == code


# Looking up.


async def test_a_job_can_be_looked_up_from_its_admission_on(tmp_path: Path) -> None:
    """Its account sees how far it has come, and the answer while it is kept; others see nothing."""
    engine = gated()
    engine.concurrency = 1
    async with house(tmp_path, engine) as home:
        running, queued = await home.submit(), await home.submit('{"prompt":"another"}')
        await home.until(lambda: engine.running == 1)
        account = home.key.account_id
        views = [await home.gateway.look_up(account, run.job_id) for run in (running, queued)]
        assert [view is not None and view.started_at_s is not None for view in views] == [True, False]
        engine.gate.set()
        given = body(await outcome(running))
        view = await home.gateway.look_up(account, running.job_id)
        assert view is not None
        assert view.job.record == home.records[0]
        assert view.answer is not None
        assert body(view.answer) == given
        assert await home.gateway.look_up("other", running.job_id) is None
        await home.storage.expire(1e9, 0)
        view = await home.gateway.look_up(account, running.job_id)
        assert view is not None
        assert view.answer is None
