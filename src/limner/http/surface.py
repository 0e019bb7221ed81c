"""What the HTTP surface needs from the rest of Limner, and the limits it keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from limner.accounts import AccountRegister
from limner.blobs import BlobStore
from limner.claims import Repeat
from limner.clock import Clock
from limner.contract.catalog import Catalog
from limner.contract.draft import Draft, TaskDraft
from limner.errors import Allowance
from limner.files import FileStore
from limner.http.spool import Room
from limner.job import Answer, PartialAnswer, Strictness
from limner.joining import JobView
from limner.keys import Key, KeyRegister, KeyRing
from limner.ledger import Auditor, Till
from limner.prices import PriceBook
from limner.statement import Statement
from limner.tasks import Task
from limner.trail import Trail
from limner.usage import UsageStore

MIB = 1024 * 1024


class Waiter(Protocol):
    """A request that waits for a job: its own, or the one it means when it was sent before."""

    @property
    def job_id(self) -> str:
        """The job's id."""
        ...

    @property
    def report_text(self) -> str:
        """The `limner-parameters` header: known before the first event, final after the last."""
        ...

    @property
    def allowances(self) -> tuple[Allowance, ...]:
        """What admission has left of the key's rates: known before the first event."""
        ...

    def events(self) -> AsyncIterator[PartialAnswer | Answer]:
        """Unfinished pictures as they come, then the answer. Raises the LimnerError that ended the job or the waiting.

        No end comes after `leave` or `hand_off` but that of the waiting.
        """
        ...

    def leave(self) -> None:
        """The client has gone."""
        ...

    def hand_off(self) -> None:
        """The client is told to come back: `events` raises what tells it."""
        ...


class Gateway(Protocol):
    """Takes checked drafts and returns what waits for their jobs."""

    @property
    def stopping(self) -> bool:
        """Whether no more jobs are taken."""
        ...

    async def submit(
        self,
        key: Key,
        draft: Draft,
        *,
        request_id: str,
        strictness: Strictness,
        on_done: Callable[[], None],
        repeat: Repeat,
        deadline_s: float | None = None,
    ) -> Waiter:
        """Admit a job; `on_done` is called once its uploaded files are no longer needed, also when this raises.

        repeat: what the request says of having been sent before. deadline_s: how long the caller will wait, where that
        is known. To be cancelled when the client goes: then a job that was only to be admitted costs nothing.
        """
        ...

    async def look_up(self, account_id: str, job_id: str) -> JobView | None:
        """One of the account's jobs, or None."""
        ...


class Submitted(Protocol):
    """A task that was taken in."""

    @property
    def task_id(self) -> str:
        """Its id."""
        ...

    @property
    def report_text(self) -> str:
        """The `limner-parameters` header: as planned."""
        ...

    @property
    def allowances(self) -> tuple[Allowance, ...]:
        """What is left of the key's rates."""
        ...


class Tasks(Protocol):
    """Takes tasks in and tells where they stand."""

    async def submit(
        self,
        key: Key,
        task: TaskDraft,
        sent: bytes,
        *,
        request_id: str,
        repeat: Repeat,
        is_there: Callable[[], bool],
    ) -> Submitted:
        """Have a task admitted, or find the one that a request sent before means. sent: the body it was read from.

        is_there: whether its client is. Raises the LimnerError that refuses it.
        """
        ...

    async def find(self, account_id: str, task_id: str) -> Task:
        """One of the account's tasks. Raises NotFound."""
        ...

    async def answer(self, task: Task) -> Answer | None:
        """What a completed task's engine drew, or None when it is no longer kept, or never was."""
        ...

    async def cancel(self, account_id: str, task_id: str) -> Task:
        """Take a task back. Raises NotFound, and Conflict once it has begun."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a request may cost before it is known to be any good. Every breach has its error.

    json_bytes_max: room for three data URLs of OpenAI's own limit of 20 MiB each; it is held in memory. form_bytes_max:
    sixteen pictures of 30 MiB; it is spooled to disk. file_bytes_max: OpenAI's 50 MB a file. text_bytes_max: twice the
    longest prompt in UTF-8. parts_max: every field of the contract, eighteen pictures and as many extras again.
    body_idle_s and body_total_s: how long the next bytes, and the whole body, may take. linger_s: how long the rest of
    a refused body is read and dropped, so that the client gets to see the refusal; nginx's `lingering_time` is 30.
    keepalive_s: silence in an event stream before a comment is sent; common proxies cut at 60. handoff_after_s: how
    long a plain answer is waited for before its client is told to ask again, or None.
    """

    json_bytes_max: int = 64 * MIB
    form_bytes_max: int = 512 * MIB
    file_bytes_max: int = 50 * MIB
    text_bytes_max: int = MIB // 4
    parts_max: int = 100
    body_idle_s: float = 30.0
    body_total_s: float = 600.0
    linger_s: float = 10.0
    keepalive_s: float = 15.0
    handoff_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What administrators work with.

    ring: of the keys of this process, to be told of changes.
    """

    accounts: AccountRegister
    keys: KeyRegister
    till: Till
    auditor: Auditor
    trail: Trail
    ring: KeyRing


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """Everything the HTTP layer is given; it has no other state.

    authenticate: the key for the secret a caller sent (None: none was sent), as the database has it; raises
    NotAuthenticated. recognise: the same, believing for some seconds what was found: for what an admission checks
    again. strictness: the server's rule where a key has none of its own. spool_folder: where uploads wait for their
    job; must exist.
    upload_room: memory where small ones wait instead. link_secret: signs links to results, and cursors; at least 32
    bytes, the same at every gateway of an installation.
    public_url: the server's address as callers see it, without a trailing slash; None takes each request's own.
    not_ready: what keeps the server from taking jobs, in words for the operator; empty when nothing does.
    allowed_origins: web pages that may call the API from a browser.
    """

    gateway: Gateway
    tasks: Tasks
    office: Office
    authenticate: Callable[[str | None], Awaitable[Key]]
    recognise: Callable[[str | None], Awaitable[Key]]
    catalog: Catalog
    files: FileStore
    results: BlobStore
    usage: UsageStore
    statement: Statement
    prices: PriceBook
    clock: Clock
    spool_folder: Path
    upload_room: Room
    link_secret: bytes
    not_ready: Callable[[], Awaitable[tuple[str, ...]]]
    version: str
    strictness: Strictness = Strictness.LIMNER
    limits: Limits = field(default_factory=Limits)
    public_url: str | None = None
    link_lifetime_s: int = 3600
    allowed_origins: tuple[str, ...] = ()

    def strictness_for(self, key: Key) -> Strictness:
        """The rule a key follows."""
        return key.strictness or self.strictness
