"""A surface with a gateway that can be told what happens, and clients that speak to it in process or over a socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from limner.blobs import Blob
from limner.claims import Repeat
from limner.clock import ManualClock
from limner.contract.catalog import Catalog, Delivery, Model
from limner.contract.draft import Attached, Draft, TaskDraft
from limner.contract.tasks import no_such_task
from limner.errors import Allowance, Defect, LimnerError, NotAuthenticated, Overloaded, handed_off
from limner.files import Listing, NewFile, Page, StoredFile
from limner.http.serve import Listener, StoppableServer, server_for
from limner.http.server import build_app
from limner.http.surface import Office, Submitted, Surface
from limner.job import Answer, Background, Format, PartialAnswer, Quality, Size, Strictness, Usage
from limner.joining import JobView
from limner.keys import Key, KeyRing
from limner.storage import Storage
from limner.tasks import Task

SECRET = "sk-limner-test"
AUTH = {"authorization": f"Bearer {SECRET}"}
KEY = Key(
    id="key_1",
    account_id="acct_1",
    name="test",
    admin=False,
    strictness=None,
    strict=False,
    hint="sk-limner-********test",
    created_at_s=0.0,
    revoked_at_s=None,
)
CATALOG: Catalog = {
    "gpt-image-2": Model(id="gpt-image-2", family="gpt-image-2", created_s=1_776_000_000),
    "dall-e-3": Model(id="dall-e-3", family="dall-e-3", created_s=1_700_000_000, delivery=Delivery.URL),
}
PNG = b"\x89PNG\r\n\x1a\n"


def office_of(storage: Storage, clock: ManualClock) -> Office:
    """What administrators work with, on real stores."""
    ring = KeyRing(storage.keys, clock)
    return Office(
        accounts=storage.accounts,
        keys=storage.keys,
        till=storage.ledger,
        auditor=storage.ledger,
        trail=storage.trail,
        ring=ring,
    )


def picture(data: bytes = PNG) -> Blob:
    """A blob that says it is a PNG."""
    return Blob.from_bytes(data, "image/png")


def partial(index: int) -> PartialAnswer:
    """An unfinished picture."""
    return PartialAnswer(
        index=index,
        blob=picture(),
        created_s=1_790_000_000,
        size=Size(1024, 1024),
        quality=Quality.LOW,
        background=Background.OPAQUE,
        output_format=Format.PNG,
    )


def answer(*blobs: Blob) -> Answer:
    """A finished answer; one small picture unless told otherwise."""
    blobs = blobs or (picture(),)
    return Answer(
        blobs=blobs,
        revised_prompts=(None,) * len(blobs),
        created_s=1_790_000_000,
        size=Size(1024, 1024),
        quality=Quality.LOW,
        background=Background.OPAQUE,
        output_format=Format.PNG,
        usage=Usage(text_input_tokens=7, image_output_tokens=196),
        report={},
    )


@dataclass
class ScriptedRun:
    """A waiting request whose events are put in by the test."""

    job_id: str
    report_text: str = "quality=honoured"
    allowances: tuple[Allowance, ...] = ()
    left: asyncio.Event = field(default_factory=asyncio.Event)
    script: asyncio.Queue[PartialAnswer | Answer | LimnerError] = field(default_factory=asyncio.Queue)

    async def events(self) -> AsyncIterator[PartialAnswer | Answer]:
        """What the test has put in, in order."""
        while True:
            event = await self.script.get()
            if isinstance(event, LimnerError):
                raise event
            yield event
            if isinstance(event, Answer):
                return

    def leave(self) -> None:
        """Remember it, and end."""
        self.left.set()
        self.script.put_nowait(Defect("The client has left."))

    def hand_off(self) -> None:
        """End."""
        self.script.put_nowait(handed_off())


class ScriptedGateway:
    """A gateway that takes every draft, remembers it with its uploaded bytes, and plays a script.

    script: what each run does; refuse: raised instead of admitting. answer_as: the job that a request is told to mean.
    views: jobs to look up, by account and id. admits: a gate that each submission waits for. asked, cancelled: once one
    was begun, and once one was cancelled there.
    """

    def __init__(self) -> None:
        self.stopping = False
        self.drafts: list[Draft] = []
        self.uploads: list[list[bytes]] = []
        self.spool_files: list[int] = []
        self.strictness: list[Strictness] = []
        self.deadlines_s: list[float | None] = []
        self.repeats: list[Repeat] = []
        self.views: dict[tuple[str, str], JobView] = {}
        self.runs: list[ScriptedRun] = []
        self.script: list[PartialAnswer | Answer | LimnerError] = [answer()]
        self.refuse: Exception | None = None
        self.submitted = asyncio.Event()
        self.admits = asyncio.Event()
        self.admits.set()
        self.asked = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.dones: list[Callable[[], None]] = []
        self.read_uploads = True
        self.report_text = "quality=honoured"
        self.allowances: tuple[Allowance, ...] = ()
        self.answer_as: str | None = None

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
    ) -> ScriptedRun:
        """Take a draft."""
        self.repeats.append(repeat)
        self.drafts.append(draft)
        self.deadlines_s.append(deadline_s)
        self.strictness.append(strictness)
        refs = [*draft.images, draft.mask, draft.markup]
        if self.read_uploads:
            self.uploads.append([ref.blob.read() for ref in refs if isinstance(ref, Attached)])
        self.asked.set()
        try:
            await self.admits.wait()
        except asyncio.CancelledError:
            on_done()
            self.cancelled.set()
            raise
        if self.refuse is not None:
            on_done()
            raise self.refuse
        self.dones.append(on_done)
        run = ScriptedRun(self.answer_as or request_id, self.report_text, self.allowances)
        for event in self.script:
            run.script.put_nowait(event)
        self.runs.append(run)
        self.submitted.set()
        return run

    async def look_up(self, account_id: str, job_id: str) -> JobView | None:
        """What the test has put in."""
        return self.views.get((account_id, job_id))


class NoTasks:
    """A backlog that takes nothing in. Tasks are tested with the real one: tests/test_tasks.py."""

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
        """Refuse it."""
        raise Overloaded("There is no room for tasks.")

    async def find(self, account_id: str, task_id: str) -> Task:
        """Find none."""
        raise no_such_task(task_id)

    async def answer(self, task: Task) -> Answer | None:
        """Know nothing."""
        return None

    async def cancel(self, account_id: str, task_id: str) -> Task:
        """Find none."""
        raise no_such_task(task_id)


class MemoryFiles:
    """A file store in memory, without limits or expiry."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._files: dict[str, tuple[StoredFile, bytes]] = {}

    async def create(self, new: NewFile) -> StoredFile:
        """Store a file."""
        now_s = self._clock.now_s()
        file = StoredFile(
            id=f"file-{len(self._files)}",
            account_id=new.account_id,
            filename=new.filename,
            purpose=new.purpose,
            media_type=new.blob.media_type,
            size_bytes=new.blob.size_bytes,
            created_at_s=now_s,
            expires_at_s=None if new.expires_after_s is None else now_s + new.expires_after_s,
        )
        self._files[file.id] = (file, new.blob.read())
        return file

    async def find(self, account_id: str, file_id: str) -> StoredFile | None:
        """One file."""
        file, _ = self._files.get(file_id, (None, b""))
        return file if file is not None and file.account_id == account_id else None

    async def content(self, account_id: str, file_id: str) -> Blob | None:
        """Its content."""
        file = await self.find(account_id, file_id)
        return None if file is None else Blob.from_bytes(self._files[file_id][1], file.media_type)

    async def page(self, listing: Listing) -> Page:
        """A page of them."""
        files = [
            file
            for file, _ in self._files.values()
            if file.account_id == listing.account_id and listing.purpose in {None, file.purpose}
        ]
        if listing.newest_first:
            files.reverse()
        ids = [file.id for file in files]
        start = ids.index(listing.after) + 1 if listing.after in ids else 0
        return Page(tuple(files[start : start + listing.limit]), has_more=len(files) > start + listing.limit)

    async def delete(self, account_id: str, file_id: str) -> bool:
        """Forget one."""
        found = await self.find(account_id, file_id) is not None
        if found:
            del self._files[file_id]
        return found


class MemoryResults:
    """A blob store in memory."""

    def __init__(self) -> None:
        self.blobs: dict[str, Blob] = {}

    async def write(self, key: str, blob: Blob) -> None:
        """Keep it."""
        self.blobs[key] = blob

    async def read(self, key: str, media_type: str) -> Blob | None:
        """What was kept."""
        return self.blobs.get(key)

    async def delete(self, key: str) -> None:
        """Forget it."""
        self.blobs.pop(key, None)


async def authenticate(secret: str | None) -> Key:
    """The one key there is."""
    if secret is None:
        raise NotAuthenticated("You didn't provide an API key.")
    if secret != SECRET:
        raise NotAuthenticated("Incorrect API key provided.", code="invalid_api_key")
    return KEY


async def nothing_missing() -> tuple[str, ...]:
    """The server is ready."""
    return ()


def client_of(surface: Surface, **changes: object) -> httpx.AsyncClient:
    """A client in process, for a surface with changes, with a key and OpenAI's base path."""
    app = build_app(replace(surface, **changes))  # type: ignore[arg-type]  # the test names fields of Surface
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://limner.test/openai/v1", headers=AUTH)


def spooled(surface: Surface) -> list[Path]:
    """Files that wait in the spool."""
    return [path for path in surface.spool_folder.rglob("*") if path.is_file()]


def server_of(surface: Surface, listener: Listener | None = None) -> StoppableServer:
    """A server for a surface, unstarted, that stops within a second unless told otherwise."""
    return server_for(build_app(surface), listener or Listener(stop_s=1), surface.clock)


@asynccontextmanager
async def listening(server: StoppableServer) -> AsyncIterator[int]:
    """A server on a free port of this machine, for as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(server.serve(sockets=[bound]))
            port: int = bound.getsockname()[1]
            try:
                yield port
            finally:
                server.stop()
                await serving
