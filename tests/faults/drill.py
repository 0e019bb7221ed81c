"""A fault carried out: one request over HTTP against a failing upstream, alone on its route and with another behind it.

Everything is real but the servers that fail: the HTTP surface, the gateway, the ledger in SQLite, the engine and its
sockets. Only the clock is ours, and passes over the pauses between attempts.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import httpx
import structlog
from sqlalchemy import select
from tests.engines.upstream.emulator import Script, emulating
from tests.engines.upstream.enforcement import KEY
from tests.faults.faults import Fault
from tests.house import CATALOG, House, housing
from tests.http.scripted import office_of
from tests.installation import installed

from limner import admin
from limner.attempts import Bounds
from limner.blobs import Blob
from limner.clock import ManualClock, SystemClock
from limner.engine import Ability, Engine, Event, Probe
from limner.engines import KINDS
from limner.health import State, Tolerance
from limner.http.server import build_app
from limner.http.spool import Room
from limner.http.surface import Surface
from limner.imaging.codec import inspect
from limner.job import ImageRequest
from limner.keys import KeyRing
from limner.prices import PriceBook, published
from limner.record import JobRecord
from limner.storage import DEFAULT_ACCOUNT, Storage, open_storage
from limner.storage.tables import entries
from limner.trail import SERVER

FAILING: Final = "failing"
OTHER: Final = "other"
PAUSE_S_MAX: Final = 2.0
"""Longer than any pause between two attempts, shorter than anything else that waits by the clock."""
PLAIN: Final[Mapping[str, Any]] = {"prompt": "a fox", "size": "1024x1024", "output_format": "png"}


class PassingClock(ManualClock):
    """A clock on which short pauses are over at once, having taken their time."""

    async def sleep(self, duration_s: float) -> None:
        """Return at once from a pause; wait for `advance` like any other sleep if it is longer."""
        if duration_s > PAUSE_S_MAX:
            await super().sleep(duration_s)
        else:
            self.advance(duration_s)


@dataclass
class NotedEngine:
    """An engine whose runs are noted by its name, in the order they begin."""

    name: str
    engine: Engine
    runs: list[str]

    @property
    def ability(self) -> Ability:
        """The engine's own."""
        return self.engine.ability

    @property
    def concurrency(self) -> int:
        """The engine's own."""
        return self.engine.concurrency

    def run(self, request: ImageRequest) -> AsyncGenerator[Event, None]:
        """Note it, and run."""
        self.runs.append(self.name)
        return self.engine.run(request)

    async def probe(self) -> Probe:
        """The engine's own."""
        return await self.engine.probe()

    async def close(self) -> None:
        """Close the engine."""
        await self.engine.close()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What became of one request.

    error: the envelope's content, of the answer or of a stream's last event. pictures: of the answer, as "1024x1024
    png"; partials: unfinished ones before it. drew: the engines that ran, in order. entries: what the ledger has of it.
    failures, state, wait_s: of the failing engine afterwards. text: all that was sent, for what must not be in it.
    """

    status: int
    headers: Mapping[str, str]
    error: Mapping[str, Any] | None
    pictures: tuple[str, ...]
    partials: int
    drew: tuple[str, ...]
    entries: tuple[str, ...]
    charge_nusd: int
    record: JobRecord | None
    failures: int
    state: State
    wait_s: float
    text: str

    @property
    def runs(self) -> int:
        """Attempts at the failing engine."""
        return self.drew.count(FAILING)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A fault in both situations."""

    fault: Fault
    alone: Seen
    behind: Seen


@dataclass
class Stage:
    """A gateway with its HTTP surface, and what a request through it leaves behind."""

    home: House
    client: httpx.AsyncClient
    runs: list[str]

    async def ask(self, **fields: Any) -> Seen:
        """One generation, and everything that is to be seen of it."""
        audit = await self.home.storage.ledger.add_up(DEFAULT_ACCOUNT)
        before, rows = audit.balance_nusd, await self._entries()
        drawn, ended = len(self.runs), len(self.home.records)
        answer = await self.client.post("/images/generations", json={**PLAIN, **fields})
        audit = await self.home.storage.ledger.add_up(DEFAULT_ACCOUNT)
        assert (audit.faults, audit.held_nusd) == ((), 0)
        assert audit.balance_nusd == sum(amount for _, amount in await self._entries())
        assert len(self.home.records) <= ended + 1
        health, now_s = self.home.gateway.health(FAILING), self.home.clock.monotonic_s()
        told = _events(answer.text) if "event-stream" in answer.headers["content-type"] else [answer.json()]
        items = [
            item for body in told for item in body.get("data", [body]) if "partial_image" not in body.get("type", "")
        ]
        return Seen(
            status=answer.status_code,
            headers=answer.headers,
            error=told[-1].get("error"),
            pictures=tuple(_picture(item["b64_json"]) for item in items if "b64_json" in item),
            partials=sum(body.get("type", "").endswith("partial_image") for body in told),
            drew=tuple(self.runs[drawn:]),
            entries=tuple(kind for kind, _ in (await self._entries())[len(rows) :]),
            charge_nusd=before - audit.balance_nusd,
            record=self.home.records[-1] if len(self.home.records) > ended else None,
            failures=health.failures,
            state=health.state(now_s),
            wait_s=health.wait_s(now_s),
            text=f"{answer.headers}\n{answer.text}",
        )

    async def _entries(self) -> list[tuple[str, int]]:
        """Kind and amount of every entry of the account, in order."""
        statement = select(entries.c.kind, entries.c.amount_nusd).order_by(entries.c.id)
        return await self.home.storage.database.read(
            lambda connection: [(row.kind, row.amount_nusd) for row in connection.execute(statement)]
        )


@dataclass
class Drill:
    """One ledger for all faults. findings: what was seen so far, by what the fault says."""

    storage: Storage
    folder: Path
    clock: PassingClock
    secret: str
    key_id: str
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)

    async def finding(self, fault: Fault) -> Finding:
        """What comes of a fault, carried out the first time it is asked for."""
        name = (fault.group, fault.says)
        if name not in self.findings:
            alone = await self.seen(fault, other=False)
            self.findings[name] = Finding(fault=fault, alone=alone, behind=await self.seen(fault, other=True))
        return self.findings[name]

    async def seen(self, fault: Fault, *, other: bool) -> Seen:
        """Carry out a fault, with another engine behind the failing one or without."""
        async with AsyncExitStack() as stack:
            place = fault.place() if fault.place else _emulated(fault.script)
            urls = {FAILING: await stack.enter_async_context(place)}
            if other:
                urls[OTHER] = await stack.enter_async_context(_emulated(Script()))
            stage = await stack.enter_async_context(self.stage(urls, {FAILING: fault.settings}))
            with structlog.testing.capture_logs([structlog.processors.format_exc_info]) as logged:
                for _ in range(fault.earlier):
                    await stage.ask(**fault.fields)
                seen = await stage.ask(**fault.fields)
            defects = [line["exception"] for line in logged if "exception" in line]
            assert not defects, f"a fault of an upstream is no defect of ours:\n{defects[0]}"
            assert KEY not in str(logged)
            for secret in (KEY, "127.0.0.1", *urls.values()):
                assert secret not in seen.text
            return seen

    @asynccontextmanager
    async def stage(
        self, urls: Mapping[str, str], settings: Mapping[str, Mapping[str, Any]] | None = None
    ) -> AsyncIterator[Stage]:
        """A gateway of its own, whose one route leads to upstreams at `urls`, tried in that order."""
        runs: list[str] = []
        kind = KINDS["upstream"]
        engines = {
            name: NotedEngine(
                name,
                kind.build(
                    kind.settings.model_validate({"base_url": url, "key": KEY, **(settings or {}).get(name, {})}),
                    SystemClock(),
                ),
                runs,
            )
            for name, url in urls.items()
        }
        bounds = Bounds(job_timeout_s=60, jobs_waiting_max=10, tolerance=Tolerance())
        key = next(key for key in await self.storage.keys.all() if key.id == self.key_id)
        async with AsyncExitStack() as stack:
            for engine in engines.values():
                stack.push_async_callback(engine.close)
            home = await stack.enter_async_context(housing(self.storage, engines, key, self.clock, bounds=bounds))
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(build_app(self._surface(home))),
                base_url="http://limner.test/openai/v1",
                headers={"authorization": f"Bearer {self.secret}"},
            )
            yield Stage(home, await stack.enter_async_context(client), runs)

    def _surface(self, home: House) -> Surface:
        async def nothing_missing() -> tuple[str, ...]:
            return ()

        return Surface(
            gateway=home.gateway,
            tasks=home.backlog,
            office=office_of(self.storage, self.clock),
            authenticate=KeyRing(self.storage.keys, self.clock).authenticate_now,
            recognise=KeyRing(self.storage.keys, self.clock).authenticate,
            catalog=CATALOG,
            files=self.storage.files,
            results=self.storage.blobs,
            usage=self.storage.usage,
            statement=self.storage.statement,
            prices=PriceBook.load(published()),
            clock=self.clock,
            spool_folder=self.folder,
            upload_room=Room(0),
            link_secret=b"s" * 32,
            not_ready=nothing_missing,
            version="0.0.0",
        )


@asynccontextmanager
async def drilling(folder: Path) -> AsyncIterator[Drill]:
    """A ledger to carry out faults on."""
    clock = PassingClock()
    async with open_storage(installed(folder / "data"), clock) as storage:
        new = await admin.create_key(storage.keys, "test", admin=False, strictness=None, by=SERVER, clock=clock)
        yield Drill(storage, folder, clock, new.secret, new.key.id)


@asynccontextmanager
async def _emulated(script: Script) -> AsyncIterator[str]:
    async with emulating("openai", replace(script)) as server:
        yield server.url


def _events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def _picture(text: str) -> str:
    facts = inspect(Blob.from_bytes(b64decode(text, validate=True), "image/png"))
    return f"{facts.size} {facts.format}"
