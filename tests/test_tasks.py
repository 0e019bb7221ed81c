"""Tasks as their callers see them: over HTTP, on real stores, with a receiver of webhooks on a real socket."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Message
from tests.house import CATALOG, LOCAL, House, housing
from tests.http.scripted import office_of
from tests.installation import installed
from tests.receiver import receiving
from tests.test_gateway import FullDisk

from limner import admin
from limner.attempts import Bounds
from limner.backlog import RESTARTS_AT_ONCE_MAX, WAITING_BYTES_MAX
from limner.blobs import Blob, BlobStore
from limner.clock import ManualClock
from limner.contract.parse import parse_task
from limner.courier import HttpCourier
from limner.engines.scripted import Failure, ScriptedEngine, ScriptedSettings
from limner.errors import DatabaseAway
from limner.http.server import build_app
from limner.http.spool import Room
from limner.http.surface import Surface
from limner.http.tasks import webhook_body
from limner.job import Strictness
from limner.joining import POLL_S
from limner.keys import KeyRing, KeyTerms
from limner.leases import BEAT_S, LEASE_S
from limner.limits import KeyLimits
from limner.outbox import Outbox
from limner.prices import PriceBook, published
from limner.record import Outcome
from limner.storage import Storage, open_storage
from limner.storage.folder import results_path
from limner.storage.local_blobs import LocalBlobs
from limner.tasks import TaskStatus, Ticket, request_key
from limner.trail import SERVER, Stamp
from limner.webhooks import PICTURES_BYTES_MAX

SUBMIT, TASKS = "/openai/images", "/openai/tasks"
HOUR_S = 3600
PLAIN = {"prompt": "a fox", "size": "1024x1024", "quality": "low"}


@dataclass
class Office:
    """A server, its caller, and what a test looks at afterwards."""

    home: House
    client: httpx.AsyncClient
    outbox: Outbox
    app: ASGIApp

    async def submit(self, headers: dict[str, str] | None = None, **wish: Any) -> str:
        """Submit a task and give its id."""
        response = await self.client.post(SUBMIT, json={**PLAIN, **wish}, headers=headers)
        assert response.status_code == 200, response.text
        assert set(response.json()) == {"taskId"}
        return str(response.json()["taskId"])

    async def abandon(self, headers: dict[str, str], leaving: asyncio.Event) -> None:
        """Submit a task and close the connection before the answer."""
        request = self.client.build_request("POST", SUBMIT, json=PLAIN, headers=headers)
        body = [request.read()]

        async def receive() -> Message:
            if body:
                return {"type": "http.request", "body": body.pop(), "more_body": False}
            await leaving.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            # Whoever has gone may be refused, but not be told an id.
            assert not leaving.is_set() or message.get("status") != 200, message

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": SUBMIT,
            "raw_path": SUBMIT.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": None,
            "server": None,
        }
        await self.app(scope, receive, send)

    async def abandoned(self, shelf: SlowShelf, *, retries: int) -> asyncio.Future[None]:
        """Submit a task and leave while its request is being kept; done when the server has answered nobody."""
        leaving = asyncio.Event()
        answering = asyncio.ensure_future(self.abandon({"x-stainless-retry-count": str(retries)}, leaving))
        await shelf.asked.wait()
        leaving.set()
        return answering

    async def look(self, task_id: str, **query: str) -> dict[str, Any]:
        """What is told of a task."""
        response = await self.client.get(TASKS, params={"taskId": task_id, **query})
        assert response.status_code == 200, response.text
        told: dict[str, Any] = response.json()
        return told

    async def cancel(self, task_id: str) -> httpx.Response:
        """Try to take it back."""
        return await self.client.delete(TASKS, params={"taskId": task_id})

    async def until(self, task_id: str, status: str) -> dict[str, Any]:
        """What is told of a task once it stands so."""
        async with asyncio.timeout(10):
            while (told := await self.look(task_id))["status"] != status:
                await asyncio.sleep(0.005)
        return told


class SlowShelf:
    """The results of a data folder, where writing waits to be told to go on."""

    def __init__(self, data: Path) -> None:
        self._blobs = LocalBlobs(results_path(data))
        self.asked = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def write(self, key: str, blob: Blob) -> None:
        """Once told to."""
        self.asked.set()
        await self.goes_on.wait()
        await self._blobs.write(key, blob)

    async def read(self, key: str, media_type: str) -> Blob | None:
        """As ever."""
        return await self._blobs.read(key, media_type)

    async def delete(self, key: str) -> None:
        """As ever."""
        await self._blobs.delete(key)


@asynccontextmanager
async def office(  # noqa: PLR0913  each has its default
    folder: Path,
    engine: ScriptedSettings,
    clock: ManualClock,
    *,
    job_timeout_s: float = HOUR_S,
    queue_timeout_s: float = HOUR_S,
    database: str | None = None,
    blobs: BlobStore | None = None,
    alone: bool = True,
) -> AsyncIterator[Office]:
    """A server on the stores in a folder; what runs when it is left is interrupted. database: one of several on it.

    alone: False while another uses the same folder.
    """
    async with AsyncExitStack() as stack:
        storage = await stack.enter_async_context(open_storage(installed(folder / "data"), clock, database=database))
        await storage.recovery.begin(alone=alone and database is None)
        secret = await _secret(storage, folder, clock)
        key = (await storage.keys.all())[0]
        bounds = Bounds(job_timeout_s=job_timeout_s, jobs_waiting_max=20, queue_timeout_s=queue_timeout_s)
        engines = {"engine": ScriptedEngine(engine, clock)}
        home = await stack.enter_async_context(housing(storage, engines, key, clock, bounds=bounds, blobs=blobs))
        surface = _surface(home, storage, folder, clock)
        app = build_app(surface)
        courier = HttpCourier(hosts=LOCAL)
        stack.push_async_callback(courier.close)
        posts = await stack.enter_async_context(asyncio.TaskGroup())
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app),
                base_url="http://limner.test",
                headers={"authorization": f"Bearer {secret}"},
            )
        )
        outbox = Outbox(
            store=storage.tasks,
            body=webhook_body(surface),
            courier=lambda: courier,
            secret=b"w" * 32,
            clock=clock,
            tasks=posts,
        )
        yield Office(home, client, outbox, app)
        await outbox.stop()
        await home.gateway.stop(0)


async def _secret(storage: Storage, folder: Path, clock: ManualClock) -> str:
    kept = folder / "key"
    if not kept.exists():
        kept.write_text((await admin.create_key(storage.keys, "test", by=SERVER, clock=clock)).secret)
    return kept.read_text()


def _surface(home: House, storage: Storage, folder: Path, clock: ManualClock) -> Surface:
    async def nothing_missing() -> tuple[str, ...]:
        return ()

    return Surface(
        gateway=home.gateway,
        tasks=home.backlog,
        office=office_of(storage, clock),
        authenticate=KeyRing(storage.keys, clock).authenticate_now,
        recognise=KeyRing(storage.keys, clock).authenticate,
        catalog=CATALOG,
        files=storage.files,
        results=storage.blobs,
        usage=storage.usage,
        statement=storage.statement,
        prices=PriceBook.load(published()),
        clock=clock,
        spool_folder=folder,
        upload_room=Room(0),
        link_secret=b"s" * 32,
        not_ready=nothing_missing,
        version="0.0.0",
    )


@pytest.fixture
async def quick(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Office]:
    """One whose engine answers at once."""
    async with office(tmp_path, ScriptedSettings(), clock) as one:
        yield one


@pytest.fixture
async def slow(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Office]:
    """One with a single place at an engine that takes a minute."""
    async with office(tmp_path, ScriptedSettings(concurrency=1, delay_s=60), clock) as one:
        yield one


def error(response: httpx.Response) -> tuple[int, str | None, str | None]:
    """Status, param and code of a refusal in OpenAI's envelope."""
    told = response.json()["error"]
    return response.status_code, told["param"], told["code"]


async def test_a_task_is_drawn_told_and_charged_once(quick: Office) -> None:
    """Its result is what an image request would have answered."""
    task_id = await quick.submit(n=2)
    told = await quick.until(task_id, "completed")
    assert set(told) == {
        "taskId", "status", "result", "errorMessage", "errorCode", "createdAt", "finishedAt", "traceId",
    }  # fmt: skip
    assert (told["taskId"], told["traceId"], told["errorMessage"], told["errorCode"]) == (task_id, task_id, None, None)
    assert told["createdAt"] == told["finishedAt"] == "2026-09-21T14:13:20.000Z"
    answer = await quick.client.post("/openai/v1/images/generations", json={**PLAIN, "n": 2})
    assert told["result"].keys() == answer.json().keys()
    assert all(base64.b64decode(picture["b64_json"]) for picture in told["result"]["data"])
    assert [record.outcome for record in quick.home.records] == [Outcome.STORED, Outcome.DELIVERED]
    assert await quick.home.balance_nusd() == -sum(record.charge_nusd for record in quick.home.records)


async def test_a_result_can_be_had_by_address(quick: Office) -> None:
    """The links lead to the pictures, without a key."""
    task_id = await quick.submit()
    told = await quick.until(task_id, "completed")
    [picture] = (await quick.look(task_id, resultFormat="url"))["result"]["data"]
    fetched = await quick.client.get(picture["url"])
    assert fetched.content == base64.b64decode(told["result"]["data"][0]["b64_json"])


async def test_a_task_changes_a_picture(quick: Office) -> None:
    """Given in the body, by itself."""
    drawn = await quick.until(await quick.submit(), "completed")
    image = "data:image/png;base64," + drawn["result"]["data"][0]["b64_json"]
    await quick.until(await quick.submit(image=image, prompt="add a hat"), "completed")
    assert quick.home.records[-1].kind.value == "edit"


async def test_refusals_come_before_a_task(quick: Office) -> None:
    """In OpenAI's envelope; nothing is held, kept or drawn."""
    post = quick.client.post
    assert error(await post(SUBMIT, json={})) == (400, "prompt", "missing_required_parameter")
    assert error(await post(SUBMIT, json={**PLAIN, "n": 11})) == (400, "n", "integer_above_max_value")
    assert error(await post(SUBMIT, json={**PLAIN, "image": "data:image/png;base64,AAAA"}))[0] == 400
    for webhook in ("https://10.0.0.1/", "https://localhost/x", "http://receiver.example/"):
        assert error(await post(SUBMIT, json={**PLAIN, "webhook": webhook})) == (400, "webhook", "invalid_value")
    large = "data:image/png;base64," + "A" * 40_000_000
    assert error(await post(SUBMIT, json={**PLAIN, "image": large})) == (400, "image", "string_above_max_length")
    assert error(await post(SUBMIT, data={"prompt": "x"})) == (400, None, "unsupported_content_type")
    assert error(await post(SUBMIT, json=PLAIN, headers={"authorization": ""}))[0] == 401
    assert await quick.home.balance_nusd() == 0
    assert quick.home.records == []


async def test_what_admission_refuses_is_no_task(quick: Office, clock: ManualClock) -> None:
    """A key that was revoked a moment ago is told at once, and nothing is kept of its request."""
    await quick.client.get("/openai/v1/models")
    await quick.home.storage.keys.revoke(quick.home.key.id, Stamp(SERVER, clock.now_s()))
    response = await quick.client.post(SUBMIT, json=PLAIN)
    assert error(response) == (401, None, "invalid_api_key")
    assert await quick.home.storage.blobs.read(request_key(response.headers["x-request-id"]), "") is None
    assert await quick.home.balance_nusd() == 0


async def test_a_task_that_is_none_is_not_found(quick: Office) -> None:
    """And a query has to name one."""
    assert error(await quick.client.get(TASKS)) == (400, "taskId", "missing_required_parameter")
    assert error(await quick.client.get(TASKS, params={"taskId": "req_x"})) == (404, "taskId", None)
    assert error(await quick.cancel("req_x")) == (404, "taskId", None)
    asked = await quick.client.get(TASKS, params={"taskId": "x", "resultFormat": "png"})
    assert error(asked) == (400, "resultFormat", "invalid_value")


async def test_a_task_is_its_accounts_own(slow: Office, clock: ManualClock) -> None:
    """To a key of another account it is as if it were not there, whatever that key may do; one of its own sees it."""
    await slow.submit()
    task_id = await slow.submit()
    storage = slow.home.storage
    await admin.create_account(storage.accounts, "other", by=SERVER, clock=clock)
    keys = [
        await admin.create_key(storage.keys, "stranger", account_id="other", admin=True, by=SERVER, clock=clock),
        await admin.create_key(storage.keys, "colleague", by=SERVER, clock=clock),
    ]
    strange, own = ({"authorization": f"Bearer {key.secret}"} for key in keys)
    for method in ("GET", "DELETE"):
        refused = await slow.client.request(method, TASKS, params={"taskId": task_id}, headers=strange)
        assert error(refused) == (404, "taskId", None)
    seen = await slow.client.get(TASKS, params={"taskId": task_id}, headers=own)
    assert seen.json()["status"] == "pending"


async def test_a_task_waits_is_processed_and_ends(slow: Office, clock: ManualClock) -> None:
    """Each is told of the one and the next."""
    first = await slow.submit()
    await slow.until(first, "processing")
    second = await slow.submit()
    told = await slow.look(second)
    assert (told["status"], told["result"], told["finishedAt"]) == ("pending", None, None)
    await slow.home.draw()
    await slow.until(first, "completed")
    await slow.until(second, "processing")
    await slow.home.draw()
    await slow.until(second, "completed")


async def test_a_waiting_task_can_be_cancelled_and_costs_nothing(slow: Office) -> None:
    """A second time changes nothing; a task that is drawn or has ended stays as it is."""
    first = await slow.submit()
    await slow.until(first, "processing")
    second = await slow.submit()
    for _ in range(2):
        response = await slow.cancel(second)
        assert (response.status_code, response.json()["status"]) == (200, "cancelled")
    assert error(await slow.cancel(first)) == (409, "taskId", "task_processing")
    await slow.home.draw()
    await slow.until(first, "completed")
    assert error(await slow.cancel(first)) == (409, "taskId", "task_ended")
    ends = {record.job_id: record for record in slow.home.records}
    assert (ends[second].outcome, ends[second].charge_nusd) == (Outcome.CANCELLED, 0)
    assert await slow.home.balance_nusd() == -ends[first].charge_nusd


async def test_a_task_that_fails_says_why(tmp_path: Path, clock: ManualClock) -> None:
    """With the words and the code of the envelope, and costs nothing."""
    async with office(tmp_path, ScriptedSettings(fail=Failure.ERROR), clock) as failing:
        told = await failing.until(await failing.submit(), "failed")
        assert told["errorCode"] == "image_generation_failed"
        assert told["errorMessage"]
        assert told["result"] is None
        assert await failing.home.balance_nusd() == 0


async def test_a_task_whose_time_is_up_says_so(tmp_path: Path, clock: ManualClock) -> None:
    """As a status of its own, and costs nothing."""
    stuck = ScriptedSettings(delay_s=60)
    async with office(tmp_path, stuck, clock, job_timeout_s=0.01) as late:
        told = await late.until(await late.submit(), "timeout")
        assert (told["errorCode"], told["errorMessage"]) == ("image_generation_failed", "Image generation timed out")
        assert await late.home.balance_nusd() == 0


async def test_a_result_that_is_no_longer_kept_is_told_as_gone(quick: Office, clock: ManualClock) -> None:
    """The task stays completed."""
    task_id = await quick.submit()
    await quick.until(task_id, "completed")
    clock.advance(HOUR_S)
    await quick.home.storage.expire(1, 10**12)
    told = await quick.look(task_id)
    assert (told["status"], told["result"], told["note"]) == ("completed", None, "The pictures are no longer kept.")


async def test_a_submission_sent_again_is_the_same_task(quick: Office) -> None:
    """By its Idempotency-Key or the SDKs' own count; an image request with the same content is another matter."""
    again = {"idempotency-key": "k"}
    first = await quick.submit(again)
    await quick.until(first, "completed")
    assert await quick.submit(again) == first
    counted = await quick.submit({"x-stainless-retry-count": "0"})
    assert await quick.submit({"x-stainless-retry-count": "1"}) == counted
    other = await quick.client.post(
        "/openai/v1/images/generations", json=PLAIN, headers={"x-stainless-retry-count": "1"}
    )
    assert other.headers["x-request-id"] not in {first, counted}
    assert len(quick.home.records) == 3


async def test_a_submission_that_comes_after_its_own_retry_is_withdrawn(tmp_path: Path, clock: ManualClock) -> None:
    """Its client has left, has sent it again and found its task: the delayed sending is neither drawn nor charged."""
    shelf = SlowShelf(tmp_path / "data")
    async with office(tmp_path, ScriptedSettings(concurrency=1, delay_s=60), clock, blobs=shelf) as slow:
        shelf.goes_on.set()
        task_id = await slow.submit({"x-stainless-retry-count": "0"})
        await slow.until(task_id, "processing")
        assert await slow.submit({"x-stainless-retry-count": "3"}) == task_id
        shelf.asked.clear()
        shelf.goes_on.clear()
        delayed = await slow.abandoned(shelf, retries=2)
        shelf.goes_on.set()
        await delayed
        await slow.home.until(lambda: len(slow.home.records) == 1)
        assert [record.outcome for record in slow.home.records] == [Outcome.CANCELLED]
        assert await slow.submit({"x-stainless-retry-count": "4"}) == task_id
        await slow.home.draw()
        await slow.until(task_id, "completed")
        assert [record.outcome.charged for record in slow.home.records] == [False, True]


async def test_a_task_whose_request_cannot_be_kept_is_not_drawn(tmp_path: Path, clock: ManualClock) -> None:
    """Its caller is told, and pays nothing; whoever waits behind it gets the engine."""
    async with office(tmp_path, ScriptedSettings(concurrency=1), clock, blobs=FullDisk()) as full:
        for _ in range(2):
            refused = await full.client.post(SUBMIT, json=PLAIN)
            assert (refused.status_code, refused.json()["error"]["type"]) == (500, "server_error")
        await full.home.until(lambda: len(full.home.records) == 2)
        assert {record.outcome for record in full.home.records} == {Outcome.CANCELLED}
        assert await full.home.balance_nusd() == 0


async def test_a_task_waits_for_its_turn_as_long_as_it_takes(tmp_path: Path, clock: ManualClock) -> None:
    """A request that came after it has been refused for want of a turn; nobody waits for the task, which is drawn."""
    slow = ScriptedSettings(concurrency=1, delay_s=60)
    async with office(tmp_path, slow, clock, queue_timeout_s=0.01) as busy:
        first = await busy.submit()
        await busy.until(first, "processing")
        second = await busy.submit()
        refused = await busy.client.post("/openai/v1/images/generations", json=PLAIN)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "server_is_overloaded")
        assert (await busy.look(second))["status"] == "pending"
        await busy.home.draw()
        await busy.until(second, "processing")
        await busy.home.draw()
        await busy.until(second, "completed")


async def test_a_request_is_not_kept_longer_than_needed(quick: Office) -> None:
    """Once an engine has begun nobody will begin again."""
    task_id = await quick.submit()
    await quick.until(task_id, "completed")
    blobs = quick.home.storage.blobs
    assert await blobs.read(request_key(task_id), "") is not None
    await quick.home.backlog.round()
    assert await blobs.read(request_key(task_id), "") is None


async def test_a_task_survives_its_server(tmp_path: Path, clock: ManualClock) -> None:
    """One that waited is drawn by the next server, once, under its own id; one that was drawn has failed."""
    slow = ScriptedSettings(concurrency=1, delay_s=60)
    async with office(tmp_path, slow, clock) as stopping:
        drawn = await stopping.submit()
        await stopping.until(drawn, "processing")
        waiting = await stopping.submit({"idempotency-key": "hare"}, prompt="a hare")
    async with office(tmp_path, ScriptedSettings(), clock) as restarted:
        assert (await restarted.look(waiting))["status"] == "pending"
        assert await restarted.submit({"idempotency-key": "hare"}, prompt="a hare") == waiting
        lost = await restarted.look(drawn)
        assert (lost["status"], lost["errorCode"]) == ("failed", "interrupted")
        assert await restarted.home.backlog.round() == 1
        told = await restarted.until(waiting, "completed")
        assert told["traceId"] != told["taskId"] == waiting
        assert await restarted.submit({"idempotency-key": "hare"}, prompt="a hare") == waiting
        assert await restarted.home.backlog.round() == 0
        [record] = restarted.home.records
        assert await restarted.home.balance_nusd() == -record.charge_nusd
        entries = (await restarted.client.post("/api-user/points/search", json={"taskId": waiting})).json()["data"]
        assert [entry["kind"] for entry in entries] == ["settle", "hold", "release", "hold"]


async def test_a_server_that_stops_hands_waiting_tasks_on_at_once(tmp_path: Path, clock: ManualClock) -> None:
    """It finishes what is being drawn and begins nothing else, which it could be interrupted in; no task is lost."""
    async with office(tmp_path, ScriptedSettings(concurrency=1, delay_s=60), clock) as stopping:
        drawn = await stopping.submit()
        await stopping.until(drawn, "processing")
        waiting = [await stopping.submit() for _ in range(2)]
        stop = asyncio.ensure_future(stopping.home.gateway.stop(HOUR_S))
        await stopping.home.until(lambda: len(stopping.home.records) == len(waiting))
        assert {record.outcome for record in stopping.home.records} == {Outcome.INTERRUPTED}
        assert {(await stopping.look(task_id))["status"] for task_id in waiting} == {"pending"}
        await stopping.home.draw()
        assert await stop == 0
        assert (await stopping.look(drawn))["status"] == "completed"
    async with office(tmp_path, ScriptedSettings(), clock) as restarted:
        assert await restarted.home.backlog.round() == len(waiting)
        for task_id in waiting:
            await restarted.until(task_id, "completed")


async def test_a_task_is_handed_on_only_once_its_request_is_kept(tmp_path: Path, clock: ManualClock) -> None:
    """A server that is told to stop in between waits for that; whoever takes the task's place has something to draw."""
    shelf = SlowShelf(tmp_path / "data")
    async with office(tmp_path, ScriptedSettings(), clock, blobs=shelf) as stopping:
        submitting = asyncio.ensure_future(stopping.submit({"idempotency-key": "hare"}))
        await shelf.asked.wait()
        stop = asyncio.ensure_future(stopping.home.gateway.stop(HOUR_S))
        async with office(tmp_path, ScriptedSettings(), clock, alone=False) as other:
            assert await other.home.backlog.round() == 0
            shelf.goes_on.set()
            task_id = await submitting
            assert await stop == 0
            assert await other.home.backlog.round() == 1
            await other.until(task_id, "completed")


async def test_a_request_that_is_kept_too_late_is_removed(tmp_path: Path, clock: ManualClock) -> None:
    """Its server stood still and was taken for dead; its client is told that there is no task."""
    shelf = SlowShelf(tmp_path / "data")
    async with office(tmp_path, ScriptedSettings(), clock, blobs=shelf) as still:
        submitting = asyncio.ensure_future(still.client.post(SUBMIT, json=PLAIN))
        await shelf.asked.wait()
        await still.home.storage.ledger.release_jobs_of(still.home.storage.gateway_id, 0)
        for _ in range(2):
            assert await still.home.backlog.round() == 0
        shelf.goes_on.set()
        refused = await submitting
        assert (refused.status_code, refused.headers["x-should-retry"]) == (503, "true")
        task_id = refused.headers["x-request-id"]
        assert (await still.look(task_id))["errorCode"] == "interrupted"
        await still.home.gateway.stop(HOUR_S)
        assert await shelf.read(request_key(task_id), "") is not None
        await still.home.backlog.round()
        assert await shelf.read(request_key(task_id), "") is None
        assert await still.home.balance_nusd() == 0


async def test_a_task_that_its_dead_server_told_nobody_of_is_not_restarted(tmp_path: Path, clock: ManualClock) -> None:
    """Its submission was delayed, its client has left, sent it again and got another task: one of them is drawn."""
    shelf = SlowShelf(tmp_path / "data")
    async with office(tmp_path, ScriptedSettings(), clock, blobs=shelf) as still:
        delayed = await still.abandoned(shelf, retries=2)
        async with office(tmp_path, ScriptedSettings(), clock, alone=False) as other:
            told = await other.submit({"x-stainless-retry-count": "2"})
            await other.until(told, "completed")
            assert await other.home.storage.ledger.release_jobs_of(still.home.storage.gateway_id, 0) == 1
            assert await other.home.backlog.round() == 0
            assert await other.submit({"x-stainless-retry-count": "3"}) == told
            [record] = other.home.records
            assert await other.home.balance_nusd() == -record.charge_nusd
        shelf.goes_on.set()
        await delayed


@pytest.mark.parametrize("dies", [False, True])
async def test_a_submission_sent_again_meanwhile_waits_until_it_is_known_whether_there_is_a_task(
    tmp_path: Path, clock: ManualClock, *, dies: bool
) -> None:
    """It is told the task's id once the server that has it will keep it, and to come again when that one died."""
    shelf = SlowShelf(tmp_path / "data")
    async with office(tmp_path, ScriptedSettings(), clock, blobs=shelf) as first:
        given_up = await first.abandoned(shelf, retries=0)
        async with office(tmp_path, ScriptedSettings(), clock, alone=False) as other:
            sleepers = clock.sleepers
            again = other.client.post(SUBMIT, json=PLAIN, headers={"x-stainless-retry-count": "1"})
            waiting = asyncio.ensure_future(again)
            await other.home.until(lambda: clock.sleepers > sleepers)
            if dies:
                await other.home.storage.ledger.release_jobs_of(first.home.storage.gateway_id, 0)
            else:
                shelf.goes_on.set()
                await given_up
            clock.advance(POLL_S)
            answer = await waiting
            assert answer.status_code == (503 if dies else 200)
            if dies:
                told = await other.submit({"x-stainless-retry-count": "2"})
            else:
                told = answer.json()["taskId"]
            await other.until(told, "completed")
            assert await other.home.backlog.round() == 0
            assert await other.home.balance_nusd() < 0
        shelf.goes_on.set()
        await given_up


async def test_a_picture_of_a_gateway_taken_for_dead_is_not_charged(slow: Office) -> None:
    """Its task was told as failed, and may have been submitted again."""
    task_id = await slow.submit()
    await slow.until(task_id, "processing")
    await slow.home.storage.ledger.release_jobs_of(slow.home.storage.gateway_id, 0)
    assert (await slow.look(task_id))["errorCode"] == "interrupted"
    await slow.home.draw()
    await slow.home.gateway.stop(HOUR_S)
    assert (await slow.look(task_id))["status"] == "failed"
    assert await slow.home.balance_nusd() == 0


@pytest.mark.parametrize("dies", [0, 1])
async def test_of_two_gateways_one_draws_and_tells_each_task_whichever_dies(
    tmp_path: Path, clock: ManualClock, postgres_address: str, dies: int
) -> None:
    """What waited at the dead one is drawn by the other, once, though the dead one wakes; each end is told once."""
    slow = ScriptedSettings(concurrency=1, delay_s=2 * LEASE_S)
    async with (
        receiving() as receiver,
        office(tmp_path, slow, clock, database=postgres_address) as first,
        office(tmp_path, slow, clock, database=postgres_address) as second,
    ):
        both = (first, second)
        begun, waiting = [], []
        for gateway in both:
            begun.append(await gateway.submit(webhook=receiver.url))
            await gateway.until(begun[-1], "processing")
            waiting.append(await gateway.submit(webhook=receiver.url))
        living = both[1 - dies]
        await _beat(clock, living, beats=int(LEASE_S / BEAT_S) + 1)
        lost = await living.look(begun[dies])
        assert (lost["status"], lost["errorCode"]) == ("failed", "interrupted")
        assert (await living.look(waiting[dies]))["status"] == "pending"
        for task_id in (begun[1 - dies], *waiting):
            while (await living.look(task_id))["status"] != "completed":
                await _beat(clock, *both)
        for _ in range(3):
            await asyncio.gather(*(gateway.outbox.round() for gateway in both))
        await receiver.until(lambda: receiver.answered == len(begun + waiting) and not any(map(_telling, both)))
        assert sum([await gateway.outbox.round() for gateway in both]) == 0
        told = {json.loads(got.body)["taskId"]: json.loads(got.body)["status"] for got in receiver.received}
        assert told == {begun[dies]: "failed", **dict.fromkeys([begun[1 - dies], *waiting], "completed")}
        assert len(receiver.received) == len(told)
        drawn = [record for gateway in both for record in gateway.home.records if record.outcome is Outcome.STORED]
        assert len(drawn) == len(told) - 1
        assert await living.home.balance_nusd() == -sum(record.charge_nusd for record in drawn)


async def _beat(clock: ManualClock, *alive: Office, beats: int = 1) -> None:
    """Time passes, and those that live do what they do each beat."""
    for _ in range(beats):
        clock.advance(BEAT_S)
        for gateway in alive:
            await gateway.home.storage.recovery.round()
            await gateway.home.backlog.round()


def _telling(gateway: Office) -> bool:
    return gateway.outbox.under_way > 0


async def test_a_task_waits_for_a_database_that_cannot_say_whether_it_may_begin(quick: Office) -> None:
    """It was not drawn, and another job takes its place."""

    async def may_begin() -> bool:
        raise database_away

    database_away = DatabaseAway("The database is away.")
    task_id, home = "req_" + "a" * 32, quick.home
    draft = parse_task(json.dumps(PLAIN).encode(), CATALOG, Strictness.LIMNER).draft
    ready = asyncio.Event()
    await home.gateway.submit(
        home.key,
        draft,
        request_id=task_id,
        strictness=Strictness.LIMNER,
        on_done=lambda: None,
        ticket=Ticket(task_id=task_id, by_address=False, webhook=None),
        may_begin=may_begin,
        ready=ready,
    )
    assert await home.storage.tasks.confirm(task_id)
    ready.set()
    await home.until(lambda: len(home.records) == 1)
    assert home.records[0].outcome is Outcome.INTERRUPTED
    assert (await quick.look(task_id))["status"] == "pending"
    assert [task.id for task in await home.storage.tasks.restartable(1)] == [task_id]
    assert await home.balance_nusd() == 0


async def test_a_task_whose_key_was_revoked_meanwhile_is_not_restarted(tmp_path: Path, clock: ManualClock) -> None:
    """It is admitted anew, and what refuses it then is why it failed."""
    async with office(tmp_path, ScriptedSettings(concurrency=1, delay_s=60), clock) as stopping:
        await stopping.until(await stopping.submit(), "processing")
        waiting = await stopping.submit()
    async with office(tmp_path, ScriptedSettings(), clock) as restarted:
        store, key = restarted.home.storage, restarted.home.key
        await store.keys.revoke(key.id, Stamp(SERVER, clock.now_s()))
        assert await restarted.home.backlog.round() == 0
        task = await restarted.home.backlog.find(key.account_id, waiting)
        assert task.failure is not None
        assert (task.status, task.failure.code) == (TaskStatus.FAILED, "invalid_api_key")
        assert await restarted.home.balance_nusd() == 0


async def test_tasks_that_have_to_wait_do_not_keep_others_from_being_restarted(
    tmp_path: Path, clock: ManualClock
) -> None:
    """However many there are of a key that may draw no more just now: whoever comes behind them gets a turn."""
    slow = ScriptedSettings(concurrency=1, delay_s=60)
    async with office(tmp_path, slow, clock) as stopping:
        await stopping.until(await stopping.submit(), "processing")
        for _ in range(RESTARTS_AT_ONCE_MAX + 1):
            await stopping.submit()
        keys = stopping.home.storage.keys
        other = await admin.create_key(keys, "other", by=SERVER, clock=clock)
        clock.advance(1)
        behind = await stopping.submit({"authorization": f"Bearer {other.secret}"})
        one_at_once = KeyTerms(limits=KeyLimits(jobs_at_once=1))
        await admin.change_key(keys, "test", lambda _: one_at_once, by=SERVER, clock=clock)
    async with office(tmp_path, slow, clock) as restarted:
        assert [await restarted.home.backlog.round() for _ in range(3)] == [1, 1, 0]
        assert (await restarted.look(behind))["traceId"] != behind


async def test_the_end_of_a_task_is_told_to_its_webhook(quick: Office) -> None:
    """With its picture, when that is small."""
    async with receiving() as receiver:
        task_id = await quick.submit(webhook=receiver.url + "/hook")
        told = await quick.until(task_id, "completed")
        assert await quick.outbox.round() == 1
        await receiver.until(lambda: receiver.answered == 1)
        assert json.loads(receiver.received[0].body) == told


async def test_a_webhook_is_not_sent_large_pictures(tmp_path: Path, clock: ManualClock) -> None:
    """It is told where to get them."""
    large = ScriptedSettings(picture_bytes=PICTURES_BYTES_MAX + 1)
    async with office(tmp_path, large, clock) as one, receiving() as receiver:
        task_id = await one.submit(webhook=receiver.url)
        await one.until(task_id, "completed")
        await one.outbox.round()
        await receiver.until(lambda: receiver.answered == 1)
        told = json.loads(receiver.received[0].body)
        assert (told["status"], told["result"]) == ("completed", None)
        assert f"/openai/tasks?taskId={task_id}" in told["note"]


async def test_no_more_requests_wait_in_memory_than_there_is_room_for(slow: Office) -> None:
    """One more is asked to come again; what was cancelled makes room."""
    filler = "x" * 50_000_000
    ids = [await slow.submit(filler=filler) for _ in range(WAITING_BYTES_MAX // len(filler))]
    refused = await slow.client.post(SUBMIT, json={**PLAIN, "filler": filler})
    assert error(refused) == (503, None, "server_is_overloaded")
    await slow.cancel(ids[-1])
    await slow.home.until(lambda: len(slow.home.records) == 1)
    await slow.submit(filler=filler)
