"""The composition root: one function builds the application from a configuration, another runs it.

The only place where adapters meet. What is opened here is closed here, in reverse order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Final

import structlog

from limner import __version__, admin, process, tokens
from limner.attempts import Bounds, probed
from limner.backlog import Backlog
from limner.clock import Clock, SystemClock
from limner.config import Auth, Config, RetentionSection
from limner.contract.catalog import Catalog, Model
from limner.contract.demands import demands
from limner.contract.families import FAMILIES, known_models
from limner.engine import Ability, Engine, Probe
from limner.engines import KINDS as ENGINE_KINDS
from limner.exactness import Survey, survey
from limner.files import FileLimits
from limner.gateway import Gateway
from limner.health import Tolerance
from limner.http.serve import ASGIApp, Listener
from limner.http.serve import serve as serve_http
from limner.http.server import build_app
from limner.http.spool import Room, sweep
from limner.http.surface import Limits, Office, Surface
from limner.http.tasks import webhook_body
from limner.inputs import Downloads, InputReader
from limner.keys import Key, KeyRing
from limner.leases import BEAT_S
from limner.ledger import Audit
from limner.moderation import Moderator
from limner.moderators import KINDS as MODERATOR_KINDS
from limner.outbox import Outbox
from limner.prices import PriceBook, published
from limner.router import Route
from limner.sinks.log import configure_logging, log_job
from limner.storage import PATIENCE_S, Bucket, Storage, lock_data, open_storage
from limner.storage.folder import results_path, spool_path
from limner.storage.probe import fault_of
from limner.storage.signing import LINKS, WEBHOOKS, signing_secret
from limner.trail import SERVER
from limner.webhooks import Courier

_log = structlog.get_logger(__name__)

HOUSEKEEPING_S: Final = 600.0
"""Between two rounds of removing what is older than its retention."""
TASKS_S: Final = 1.0
"""Between two looks at tasks: three reads that find nothing, mostly."""
PROBE_S: Final = 5.0
"""Between two rounds of probing engines that could not be reached."""
CREATED_S: Final = 1_776_729_600
"""When a model of the operator's own was made, which nobody says: 21 April 2026, the default model's day."""
OPEN_KEY_NAME: Final = "anyone"
"""The key that stands for every caller of a server that asks for none."""


@dataclass(frozen=True, slots=True)
class Application:
    """The whole server but its socket.

    drain: takes no more jobs and returns when none is under way. interrupt: the same, and ends those under way.
    """

    asgi: ASGIApp
    drain: Callable[[], Awaitable[None]]
    interrupt: Callable[[], Awaitable[None]]


@asynccontextmanager
async def application(config: Config, clock: Clock) -> AsyncIterator[Application]:
    """An application ready to take requests. Leaving it stops it in an orderly way.

    Raises DataInUse when another server has the data folder, DatabaseUnusable for a database of another version or one
    that does not answer, Unpriced for a model without a price, OSError for a folder or a bucket that cannot be used.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(lock_data(config.server.data))
        storage = await stack.enter_async_context(_storage(config, clock, patience_s=PATIENCE_S))
        await storage.recovery.begin(alone=not storage.shared)
        stack.push_async_callback(storage.recovery.leave)
        await asyncio.to_thread(sweep, spool_path(config.server.data))
        engines = await _engines(config, clock, stack)
        moderators = await _moderators(config, stack)
        downloads = await _downloads(config, stack)
        prices = price_book(config)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        gateway = Gateway(
            engines=engines,
            moderators={
                name: moderators[model.moderator]
                for name, model in config.models.items()
                if model.moderator is not None
            },
            routes={
                name: Route(model=name, engines=model.route, weights=model.weights)
                for name, model in config.models.items()
            },
            inputs=InputReader(
                storage.files,
                downloads,
                verify=config.server.verify_images,
                pixels_max=config.limits.image_pixels_max,
            ),
            ledger=storage.ledger,
            jobs=storage.jobs,
            task_store=storage.tasks,
            blobs=storage.blobs,
            prices=prices,
            clock=clock,
            bounds=_bounds(config),
            tasks=tasks,
            sinks=(log_job,),
        )
        catalog = _catalog(config)
        backlog = Backlog(
            gateway=gateway,
            store=storage.tasks,
            requests=storage.blobs,
            keys=storage.keys,
            catalog=catalog,
            clock=clock,
            strictness_for=lambda key: key.strictness or config.server.strictness,
            hosts=frozenset(config.webhooks.hosts),
        )
        surface = await _surface(config, storage, gateway, backlog, catalog, prices, clock)
        outbox = Outbox(
            store=storage.tasks,
            body=webhook_body(surface),
            courier=_courier(config, stack),
            secret=await signing_secret(storage.database, WEBHOOKS),
            clock=clock,
            tasks=tasks,
        )
        background = [
            tasks.create_task(_housekeeping(storage, config.retention, clock)),
            tasks.create_task(_probing(gateway, clock)),
            tasks.create_task(_recovering(storage, clock)),
            tasks.create_task(_keeping_tasks(backlog, outbox, clock)),
        ]
        tasks.create_task(_warm_up(engines, moderators))

        async def stop(limit_s: float) -> None:
            if interrupted := await gateway.stop(limit_s):
                _log.warning("stop.interrupted_jobs", jobs=interrupted)

        drain = partial(stop, config.limits.shutdown_s)
        yield Application(build_app(surface), drain, interrupt=partial(stop, 0))
        await drain()
        for task in background:
            task.cancel()
        await outbox.stop()


def open_log(config: Config) -> None:
    """Have the log written as configured; before anything else, for a start has things to tell, too."""
    configure_logging(level=config.server.log_level, as_json=config.server.log_format == "json")


async def serve(config: Config) -> None:
    """Run the server until SIGINT or SIGTERM. Raises what `application` raises, SystemExit for a taken address."""
    process.keep_freed_memory()
    clock = SystemClock()
    async with application(config, clock) as running:
        process.spare_the_collector()
        _log.info("server.listening", url=f"http://{config.server.host}:{config.server.port}/openai/v1")
        listener = Listener(host=config.server.host, port=config.server.port)
        await serve_http(running.asgi, listener, clock, drain=running.drain, interrupt=running.interrupt)


def price_book(config: Config) -> PriceBook:
    """The published prices with the operator's own. Raises Unpriced when a configured model has none."""
    own = {name: model.price for name, model in config.models.items() if model.price is not None}
    book = PriceBook.load(published(), own)
    book.require(config.models)
    return book


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCheck:
    """What a probe found of one engine, and what it does not do by itself of what its models' callers may ask.

    probe: what was found. surveys: by model, in the order they are written.
    """

    name: str
    kind: str
    probe: Probe
    ability: Ability
    surveys: Mapping[str, Survey]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeratorCheck:
    """What a probe found of one moderator."""

    name: str
    kind: str
    reachable: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsCheck:
    """What a probe found of the place where pictures are kept. place: a folder or the address of a bucket."""

    place: str
    usable: bool
    detail: str


class Moderated(StrEnum):
    """Who judges the requests that an engine gets."""

    ENGINE = "engine"
    MODERATOR = "moderator"
    OFF = "off"
    """Nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelModeration:
    """What stands before a model's engines. moderator: its name, or None. engines: by name, in the route's order."""

    moderator: str | None
    engines: Mapping[str, Moderated]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """Whether an installation is sound: all it needs reachable, every account's ledger adding up.

    moderation: by model.
    """

    engines: tuple[EngineCheck, ...]
    moderators: tuple[ModeratorCheck, ...]
    moderation: Mapping[str, ModelModeration]
    results: ResultsCheck
    audits: tuple[Audit, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return (
            all(engine.probe.reachable for engine in self.engines)
            and all(moderator.reachable for moderator in self.moderators)
            and self.results.usable
            and not any(audit.faults for audit in self.audits)
        )


async def check(config: Config) -> CheckReport:
    """Probe engines, moderators and the place of results, and add up every account.

    Draws nothing, has nothing judged and costs nothing; safe beside a running server.
    """
    price_book(config)
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        storage = await stack.enter_async_context(_storage(config, clock))
        engines = await _engines(config, clock, stack)
        moderators = await _moderators(config, stack)
        parts: list[tuple[str, Engine | Moderator]] = [*engines.items(), *moderators.items()]
        probes = await asyncio.gather(*(probed(name, part) for name, part in parts))
        results = await _results_check(config, storage)
        audits = [await storage.ledger.add_up(account) for account in await storage.ledger.account_ids()]
    return CheckReport(
        engines=tuple(
            EngineCheck(
                name=name,
                kind=config.engines[name].kind,
                probe=probe,
                ability=engine.ability,
                surveys={
                    model: survey(
                        demands(FAMILIES[settings.family]),
                        engine.ability,
                        moderated=settings.moderator is not None,
                    )
                    for model, settings in config.models.items()
                    if name in settings.route
                },
            )
            for (name, engine), probe in zip(engines.items(), probes[: len(engines)], strict=True)
        ),
        moderators=tuple(
            ModeratorCheck(name=name, kind=config.moderators[name].kind, reachable=probe.reachable, detail=probe.detail)
            for name, probe in zip(moderators, probes[len(engines) :], strict=True)
        ),
        moderation={
            name: ModelModeration(
                moderator=model.moderator,
                engines={engine: _moderated(model.moderator, engines[engine].ability) for engine in model.route},
            )
            for name, model in config.models.items()
        },
        results=results,
        audits=tuple(audits),
    )


async def _results_check(config: Config, storage: Storage) -> ResultsCheck:
    fault = await fault_of(storage.blobs)
    return ResultsCheck(
        place=config.results.store or str(results_path(config.server.data)),
        usable=fault is None,
        detail=fault or "a probe was written, read and deleted",
    )


def _moderated(moderator: str | None, ability: Ability) -> Moderated:
    if ability.moderates:
        return Moderated.ENGINE
    return Moderated.OFF if moderator is None else Moderated.MODERATOR


def _bounds(config: Config) -> Bounds:
    limits = config.limits
    return Bounds(
        job_timeout_s=limits.job_timeout_s,
        jobs_waiting_max=limits.jobs_waiting_max,
        queue_timeout_s=limits.queue_timeout_s,
        tolerance=Tolerance(failures_max=limits.engine_failures_max, cooldown_s=limits.engine_cooldown_s),
    )


async def _engines(config: Config, clock: Clock, stack: AsyncExitStack) -> Mapping[str, Engine]:
    """Every configured engine by name, closed with the stack."""
    engines: dict[str, Engine] = {}
    for name, engine in config.engines.items():
        built = await asyncio.to_thread(ENGINE_KINDS[engine.kind].build, engine.settings, clock)
        stack.push_async_callback(built.close)
        engines[name] = built
    return engines


async def _moderators(config: Config, stack: AsyncExitStack) -> Mapping[str, Moderator]:
    """Every configured moderator by name, closed with the stack."""
    moderators: dict[str, Moderator] = {}
    for name, moderator in config.moderators.items():
        built = await asyncio.to_thread(MODERATOR_KINDS[moderator.kind].build, moderator.settings)
        stack.push_async_callback(built.close)
        moderators[name] = built
    return moderators


async def _downloads(config: Config, stack: AsyncExitStack) -> Downloads | None:
    if not config.server.remote_images:
        return None
    # Its HTTP client takes 9 MB and 0.2 s: a server that does not download goes without.
    from limner.remote import RemoteImages  # noqa: PLC0415

    downloads = RemoteImages(bytes_max=config.limits.remote_bytes_max, timeout_s=config.limits.remote_timeout_s)
    stack.push_async_callback(downloads.close)
    return downloads


async def _housekeeping(storage: Storage, retention: RetentionSection, clock: Clock) -> None:
    """From time to time remove results and files past their time."""
    while True:
        try:
            await storage.expire(retention.results_s, retention.results_bytes_max)
        except Exception:  # noqa: BLE001  whatever a disk or a database raises
            # One that fails to forget is no reason to stop serving; the next round tries again.
            _log.exception("housekeeping.failed")
        await asyncio.to_thread(process.give_memory_back)
        await clock.sleep(HOUSEKEEPING_S)


async def _recovering(storage: Storage, clock: Clock) -> None:
    """Every beat show that we live, and end what dead gateways and a failing database left open."""
    failing = False
    while True:
        await clock.sleep(BEAT_S)
        try:
            await storage.recovery.round()
            failing = False
        except Exception:  # noqa: BLE001  whatever a database raises: the next beat tries again
            if not failing:
                _log.exception("recovery.failed")
            failing = True


async def _keeping_tasks(backlog: Backlog, outbox: Outbox, clock: Clock) -> None:
    """From time to time restart tasks that were left behind, and tell of those that have ended."""
    failing = False
    while True:
        try:
            await backlog.round()
            await outbox.round()
            failing = False
        except Exception:  # noqa: BLE001  whatever a database or a disk raises: the next round tries again
            if not failing:
                _log.exception("tasks.failed")
            failing = True
        await clock.sleep(TASKS_S)


def _courier(config: Config, stack: AsyncExitStack) -> Callable[[], Courier]:
    """What makes the courier when there is first something to post; it is closed with the stack."""

    def made() -> Courier:
        # Its HTTP client takes 9 MB and 0.2 s: a server without webhooks goes without.
        from limner.courier import HttpCourier  # noqa: PLC0415

        courier = HttpCourier(hosts=frozenset(config.webhooks.hosts))
        stack.push_async_callback(courier.close)
        return courier

    return made


async def _probing(gateway: Gateway, clock: Clock) -> None:
    """From time to time see whether engines that could not be reached are back."""
    while True:
        await clock.sleep(PROBE_S)
        await gateway.probe_silent()


async def _warm_up(engines: Mapping[str, Engine], moderators: Mapping[str, Moderator]) -> None:
    """Load what is slow the first time, beside the first requests, and tell of what cannot be reached."""
    await asyncio.to_thread(tokens.warm_up)
    for name, engine in engines.items():
        probe = await probed(name, engine)
        if not probe.reachable:
            _log.warning("engine.unreachable", engine=name, detail=probe.detail)
    for name, moderator in moderators.items():
        probe = await probed(name, moderator)
        if not probe.reachable:
            _log.warning("moderator.unreachable", moderator=name, detail=probe.detail)
    # What was needed only to start.
    await asyncio.to_thread(process.give_memory_back)


async def _surface(
    config: Config,
    storage: Storage,
    gateway: Gateway,
    backlog: Backlog,
    catalog: Catalog,
    prices: PriceBook,
    clock: Clock,
) -> Surface:
    limits, data = config.limits, config.server.data
    ring = KeyRing(storage.keys, clock)
    # Nobody administers a server that asks for no keys.
    anybody = None if config.server.auth is Auth.KEYS else await _anybody(storage, clock)

    async def not_ready() -> tuple[str, ...]:
        if gateway.stopping:
            return ("the server is stopping",)
        return () if await storage.answers() else ("the database does not answer",)

    return Surface(
        gateway=gateway,
        tasks=backlog,
        office=Office(
            accounts=storage.accounts,
            keys=storage.keys,
            till=storage.ledger,
            auditor=storage.ledger,
            trail=storage.trail,
            ring=ring,
        ),
        authenticate=anybody or ring.authenticate_now,
        recognise=anybody or ring.authenticate,
        catalog=catalog,
        files=storage.files,
        results=storage.blobs,
        usage=storage.usage,
        statement=storage.statement,
        prices=prices,
        clock=clock,
        spool_folder=spool_path(data),
        upload_room=Room(limits.upload_memory_bytes_max),
        link_secret=await signing_secret(storage.database, LINKS),
        not_ready=not_ready,
        version=__version__,
        strictness=config.server.strictness,
        limits=Limits(
            json_bytes_max=limits.json_body_bytes_max,
            form_bytes_max=limits.body_bytes_max,
            file_bytes_max=limits.image_bytes_max,
            parts_max=limits.parts_max,
            body_total_s=limits.body_timeout_s,
            keepalive_s=limits.keepalive_s,
            handoff_after_s=limits.handoff_after_s or None,
        ),
        public_url=config.server.public_url,
    )


async def _anybody(storage: Storage, clock: Clock) -> Callable[[str | None], Awaitable[Key]]:
    """Takes every caller for the same one, whatever secret they show."""
    keys = await admin.list_keys(storage.keys)
    anyone = next((key for key in keys if key.name == OPEN_KEY_NAME and key.revoked_at_s is None), None)
    if anyone is None:
        new = await admin.create_key(storage.keys, OPEN_KEY_NAME, by=SERVER, clock=clock)
        anyone = new.key
    known = anyone

    async def anybody(_secret: str | None) -> Key:
        return known

    return anybody


def _catalog(config: Config) -> Catalog:
    known = known_models()
    return {
        name: replace(known[name], family=model.family, delivery=model.delivery)
        if name in known
        else Model(id=name, family=model.family, created_s=CREATED_S, delivery=model.delivery)
        for name, model in config.models.items()
    }


def _storage(config: Config, clock: Clock, *, patience_s: float = 0.0) -> AbstractAsyncContextManager[Storage]:
    limits = FileLimits(
        file_bytes_max=config.limits.image_bytes_max,
        files_max=config.files.account_files_max,
        account_bytes_max=config.files.account_bytes_max,
        expires_after_s=config.files.expires_after_s or None,
    )
    return open_storage(
        config.server.data,
        clock,
        limits,
        database=config.server.database_address,
        bucket=_bucket(config),
        patience_s=patience_s,
    )


def _bucket(config: Config) -> Bucket | None:
    results = config.results
    if results.store is None:
        return None
    return Bucket(
        url=results.store,
        endpoint=results.endpoint,
        region=results.region,
        account=results.account,
        secret=results.secret.get_secret_value() if results.secret else None,
        ca_file=results.ca_file,
        proxy=results.proxy_address,
        timeout_s=results.timeout_s,
    )
