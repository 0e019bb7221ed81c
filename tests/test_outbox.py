"""Webhooks over real sockets: signed, tried again by a schedule, never inside our network, by one gateway at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.receiver import Receiver, receiving
from tests.storage.jobs import Jobs

from limner.admin import create_key
from limner.clock import ManualClock
from limner.contract.tasks import task_body
from limner.courier import HttpCourier
from limner.outbox import AT_ONCE_MAX, Outbox
from limner.storage import DEFAULT_ACCOUNT, Storage, open_storage
from limner.tasks import Task, Ticket
from limner.trail import SERVER
from limner.webhooks import LEASE_S, RETRY_S, account_secret, signed_headers

SECRET = b"s" * 32
LOCAL = frozenset({"127.0.0.1"})


async def body(task: Task) -> bytes:
    """A delivery without pictures."""
    return b"".join(task_body(task, None))


@dataclass
class Post:
    """An outbox on real stores."""

    outbox: Outbox
    storage: Storage
    jobs: Jobs
    clock: ManualClock

    async def end(self, task_id: str, webhook: str) -> None:
        """Have a task admitted and completed."""
        ticket = Ticket(task_id=task_id, by_address=False, webhook=webhook)
        await self.storage.ledger.admit(replace(self.jobs.admission(task_id), ticket=ticket))
        assert await self.storage.tasks.confirm(task_id)
        await self.storage.ledger.settle(self.jobs.record(task_id))

    async def deliveries(self, task_id: str) -> int:
        """How often it was told or tried to be."""
        task = await self.storage.tasks.find(DEFAULT_ACCOUNT, task_id)
        assert task is not None
        return task.deliveries


@asynccontextmanager
async def posting(folder: Path, clock: ManualClock, courier: HttpCourier) -> AsyncIterator[Post]:
    """An outbox on the stores in a folder."""
    async with open_storage(folder, clock) as storage, asyncio.TaskGroup() as tasks:
        await storage.recovery.begin(alone=False)
        keys = await storage.keys.all()
        key = keys[0] if keys else (await create_key(storage.keys, "tests", by=SERVER, clock=clock)).key
        outbox = Outbox(
            store=storage.tasks, body=body, courier=lambda: courier, secret=SECRET, clock=clock, tasks=tasks
        )
        yield Post(outbox, storage, Jobs(key, clock), clock)
        await outbox.stop()
        await storage.recovery.leave()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Where webhooks lead."""
    async with receiving() as there:
        yield there


@pytest.fixture
async def courier() -> AsyncIterator[HttpCourier]:
    """One that may reach this machine."""
    one = HttpCourier(hosts=LOCAL)
    yield one
    await one.close()


@pytest.fixture
async def post(tmp_path: Path, clock: ManualClock, courier: HttpCourier) -> AsyncIterator[Post]:
    """An outbox that may reach this machine."""
    async with posting(tmp_path, clock, courier) as one:
        yield one


async def settled(post: Post) -> None:
    """Let what is under way be noted."""
    async with asyncio.timeout(10):
        while post.outbox.under_way:
            await asyncio.sleep(0.001)


async def test_the_end_of_a_task_is_posted_signed(post: Post, receiver: Receiver, clock: ManualClock) -> None:
    """The body says what a GET would, and its signature can be checked with the account's secret."""
    await post.end("req_" + "a" * 32, receiver.url + "/hook?who=me")
    assert await post.outbox.round() == 1
    await settled(post)
    [got] = receiver.received
    told = json.loads(got.body)
    assert (told["taskId"], told["status"]) == ("req_" + "a" * 32, "completed")
    assert got.path == "/hook"
    assert got.headers["content-type"] == "application/json"
    secret = account_secret(SECRET, DEFAULT_ACCOUNT)
    assert signed_headers(secret, "req_" + "a" * 32, got.body, clock.now_s()).items() <= got.headers.items()
    clock.advance(10 * max(RETRY_S))
    assert await post.outbox.round() == 0


async def test_a_receiver_that_fails_is_asked_again_by_the_schedule(
    post: Post, receiver: Receiver, clock: ManualClock
) -> None:
    """With the same delivery id and a new timestamp, until it takes it."""
    receiver.statuses = [500, 302, 404]
    await post.end("req_a", receiver.url)
    for pause_s in (0.0, *RETRY_S[:3]):
        if pause_s:
            clock.advance(pause_s - 1)
            assert await post.outbox.round() == 0
            clock.advance(1)
        assert await post.outbox.round() == 1
        await settled(post)
    assert len(receiver.received) == 4
    assert len({got.headers["limner-delivery"] for got in receiver.received}) == 1
    assert len({got.headers["limner-timestamp"] for got in receiver.received}) == 4
    clock.advance(10 * max(RETRY_S))
    assert await post.outbox.round() == 0


async def test_a_receiver_that_never_takes_it_is_left_alone_in_the_end(
    post: Post, receiver: Receiver, clock: ManualClock
) -> None:
    """After the last attempt of the schedule."""
    receiver.statuses = [503] * 100
    await post.end("req_a", receiver.url)
    for pause_s in (0.0, *RETRY_S, 10 * max(RETRY_S)):
        clock.advance(pause_s)
        await post.outbox.round()
        await settled(post)
    assert len(receiver.received) == len(RETRY_S) + 1


async def test_a_redirect_is_not_followed(post: Post, receiver: Receiver) -> None:
    """It could lead anywhere."""
    receiver.statuses = [307]
    receiver.location = receiver.url + "/elsewhere"
    await post.end("req_a", receiver.url + "/hook")
    await post.outbox.round()
    await settled(post)
    assert [got.path for got in receiver.received] == ["/hook"]


async def test_a_receiver_that_stalls_is_given_up(tmp_path: Path, clock: ManualClock, receiver: Receiver) -> None:
    """After its time, to be tried again; others are told meanwhile."""
    receiver.statuses = [Receiver.STALL]
    courier = HttpCourier(hosts=LOCAL, timeout_s=0.2)
    async with posting(tmp_path, clock, courier) as post:
        await post.end("req_a", receiver.url + "/slow")
        await post.outbox.round()
        await receiver.until(lambda: len(receiver.received) == 1)
        await post.end("req_b", receiver.url + "/quick")
        await post.outbox.round()
        await receiver.until(lambda: receiver.answered == 1)
        await settled(post)
        clock.advance(RETRY_S[0])
        await post.outbox.round()
        await settled(post)
        assert [got.path for got in receiver.received] == ["/slow", "/quick", "/slow"]
        assert await post.deliveries("req_a") == 2
    await courier.close()


async def test_no_more_are_under_way_than_there_are_places(tmp_path: Path, clock: ManualClock) -> None:
    """Receivers that stall cannot pile up."""
    courier = HttpCourier(hosts=LOCAL)
    async with receiving() as receiver, posting(tmp_path, clock, courier) as post:
        receiver.statuses = [Receiver.STALL] * AT_ONCE_MAX
        for number in range(AT_ONCE_MAX + 5):
            await post.end(f"req_{number}", receiver.url)
        assert await post.outbox.round() == AT_ONCE_MAX
        await receiver.until(lambda: len(receiver.received) == AT_ONCE_MAX)
        assert await post.outbox.round() == 0
        receiver.let_go()
        await settled(post)
        assert await post.outbox.round() == 5
        await settled(post)
    await courier.close()


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("https://127.0.0.1:{port}/", frozenset()),
        ("https://localhost:{port}/", frozenset()),
        ("http://127.0.0.1:{port}/", frozenset()),
        ("http://localhost:{port}/", LOCAL),
    ],
)
async def test_a_private_address_is_not_connected_to(
    tmp_path: Path, clock: ManualClock, address: str, hosts: frozenset[str]
) -> None:
    """Whatever a name leads to in the end; what was accepted at submission may lead elsewhere by now."""
    visits = 0

    def visited(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal visits
        visits += 1
        writer.close()

    courier = HttpCourier(hosts=hosts)
    async with await asyncio.start_server(visited, "127.0.0.1", 0) as server, posting(tmp_path, clock, courier) as post:
        port = server.sockets[0].getsockname()[1]
        await post.end("req_a", address.format(port=port))
        await post.outbox.round()
        await settled(post)
        assert visits == 0
        assert await post.deliveries("req_a") == 1
    await courier.close()


async def test_a_server_that_dies_while_it_delivers_delivers_again(
    tmp_path: Path, clock: ManualClock, courier: HttpCourier, receiver: Receiver
) -> None:
    """Once it is known to be gone, by whichever gateway looks first, and by that one alone."""
    receiver.statuses = [Receiver.STALL]
    async with posting(tmp_path, clock, courier) as one, posting(tmp_path, clock, courier) as other:
        async with posting(tmp_path, clock, courier) as dying:
            await dying.end("req_a", receiver.url)
            await dying.outbox.round()
            await receiver.until(lambda: len(receiver.received) == 1)
            clock.advance(10 * LEASE_S)
            assert await one.outbox.round() + await other.outbox.round() == 0
        assert sum(await asyncio.gather(one.outbox.round(), other.outbox.round())) == 1
        await settled(one)
        await settled(other)
    assert len(receiver.received) == 2
