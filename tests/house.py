"""A gateway on a real database and real files, with scripted engines and a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.installation import installed

from limner import admin
from limner.attempts import Bounds
from limner.backlog import Backlog
from limner.blobs import BlobStore
from limner.claims import Repeat
from limner.clock import ManualClock
from limner.contract.catalog import Catalog, Delivery, Model
from limner.contract.draft import Draft
from limner.contract.parse import parse_json
from limner.engine import Engine
from limner.engines.scripted import ScriptedEngine, ScriptedSettings
from limner.gateway import Gateway
from limner.health import Tolerance
from limner.inputs import InputReader
from limner.job import Answer, Kind, Strictness
from limner.joining import Joined
from limner.keys import Key
from limner.ledger import Ledger
from limner.moderation import Moderator
from limner.prices import PriceBook, published
from limner.record import JobRecord
from limner.router import Route
from limner.storage import DEFAULT_ACCOUNT, Storage, open_storage
from limner.trail import SERVER

CATALOG: Catalog = {
    "gpt-image-2": Model(id="gpt-image-2", family="gpt-image-2", created_s=0, delivery=Delivery.B64_JSON)
}
FIRST = Repeat(retries=0)
"""What the official SDKs say of a request they send for the first time."""
LOCAL = frozenset({"127.0.0.1"})
"""Where webhooks may lead: the receivers of tests."""
PLAIN = '{"prompt":"a fox","size":"1024x1024","quality":"low"}'


@dataclass
class House:
    """A gateway and what a test looks at afterwards. folder: of its data, where it has one of its own."""

    gateway: Gateway
    backlog: Backlog
    storage: Storage
    clock: ManualClock
    key: Key
    records: list[JobRecord]
    folder: Path = field(default_factory=Path)
    done: list[str] = field(default_factory=list)
    jobs: int = 0

    async def submit(
        self,
        body: str = PLAIN,
        strictness: Strictness = Strictness.LIMNER,
        deadline_s: float | None = None,
        *,
        strict: bool = False,
        repeat: Repeat = FIRST,
        key: Key | None = None,
    ) -> Joined:
        """Send a generation, as the HTTP surface would. strict: whether the key is. key: another than the house's."""
        self.jobs += 1
        request_id = f"req_{self.jobs:032x}"
        draft: Draft = parse_json(Kind.GENERATION, body.encode(), CATALOG, strictness)
        return await self.gateway.submit(
            replace(key or self.key, strict=strict),
            draft,
            request_id=request_id,
            strictness=strictness,
            on_done=lambda: self.done.append(request_id),
            repeat=repeat,
            deadline_s=deadline_s,
        )

    async def balance_nusd(self) -> int:
        """The account's balance, after checking that its ledger adds up."""
        audit = await self.storage.ledger.add_up(DEFAULT_ACCOUNT)
        assert audit.faults == ()
        return audit.balance_nusd

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let everything run until `condition` holds."""
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.001)

    async def ended(self, run: Joined) -> Answer:
        """The answer of a job, or the error that ended it, with every pause on the way skipped."""
        ending = asyncio.ensure_future(answer(run))
        await self.until(lambda: ending.done() or self.clock.sleepers > 0)
        while not ending.done():
            self.clock.advance(1)
            await self.until(lambda: ending.done() or self.clock.sleepers > 0)
        return await ending

    async def recorded(self, jobs: int = 1) -> None:
        """Let so many jobs come to their end, with every pause on the way skipped."""
        async with asyncio.timeout(10):
            while len(self.records) < jobs:
                self.clock.advance(1)
                await asyncio.sleep(0.001)

    async def draw(self) -> None:
        """Let engines reach their delay, then let it pass."""
        await self.until(lambda: self.clock.sleepers > 0)
        self.clock.advance(60)


@asynccontextmanager
async def house(  # noqa: PLR0913  each has its default
    folder: Path,
    *engines: ScriptedSettings | Engine,
    waiting_max: int = 10,
    job_timeout_s: float = 600,
    queue_timeout_s: float = 600,
    blobs: BlobStore | None = None,
    tolerance: Tolerance | None = None,
    weights: tuple[int, ...] = (),
    moderator: Moderator | None = None,
    ledger: Callable[[Ledger], Ledger] = lambda ledger: ledger,
    prices: PriceBook | None = None,
    database: str | None = None,
) -> AsyncIterator[House]:
    """A gateway over scripted engines that all serve gpt-image-2, in the order given, with a moderator before them.

    database: as `open_storage` takes it.
    """
    clock = ManualClock()
    named: dict[str, Engine] = {
        f"engine{i}": ScriptedEngine(engine, clock) if isinstance(engine, ScriptedSettings) else engine
        for i, engine in enumerate(engines or (ScriptedSettings(),))
    }
    bounds = Bounds(
        job_timeout_s=job_timeout_s,
        jobs_waiting_max=waiting_max,
        queue_timeout_s=queue_timeout_s,
        tolerance=tolerance or Tolerance(),
    )
    async with open_storage(installed(folder), clock, database=database) as storage:
        new = await admin.create_key(storage.keys, "test", admin=False, strictness=None, by=SERVER, clock=clock)
        async with housing(
            storage,
            named,
            new.key,
            clock,
            bounds=bounds,
            weights=weights,
            moderator=moderator,
            blobs=blobs,
            ledger=ledger(storage.ledger),
            prices=prices,
        ) as home:
            home.folder = folder
            yield home


@asynccontextmanager
async def housing(  # noqa: PLR0913  the parts of a gateway, each by name
    storage: Storage,
    engines: Mapping[str, Engine],
    key: Key,
    clock: ManualClock,
    *,
    bounds: Bounds,
    weights: tuple[int, ...] = (),
    moderator: Moderator | None = None,
    blobs: BlobStore | None = None,
    ledger: Ledger | None = None,
    prices: PriceBook | None = None,
) -> AsyncIterator[House]:
    """A gateway over engines that all serve gpt-image-2, on stores that are there already."""
    records: list[JobRecord] = []
    async with asyncio.TaskGroup() as tasks:
        gateway = Gateway(
            engines=engines,
            moderators={"gpt-image-2": moderator} if moderator else {},
            routes={"gpt-image-2": Route(model="gpt-image-2", engines=tuple(engines), weights=weights)},
            inputs=InputReader(storage.files, None, verify=True, pixels_max=10_000_000),
            ledger=ledger or storage.ledger,
            jobs=storage.jobs,
            task_store=storage.tasks,
            blobs=blobs or storage.blobs,
            prices=prices or PriceBook.load(published()),
            clock=clock,
            bounds=bounds,
            tasks=tasks,
            sinks=(records.append,),
        )
        backlog = Backlog(
            gateway=gateway,
            store=storage.tasks,
            requests=blobs or storage.blobs,
            keys=storage.keys,
            catalog=CATALOG,
            clock=clock,
            strictness_for=lambda key: key.strictness or Strictness.LIMNER,
            hosts=LOCAL,
        )
        yield House(gateway, backlog, storage, clock, key, records)


async def answer(run: Joined) -> Answer:
    """The last event of a run."""
    events = [event async for event in run.events()]
    assert isinstance(events[-1], Answer)
    return events[-1]
