"""Uploaded files, on every database."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from limner.blobs import Blob
from limner.clock import ManualClock
from limner.errors import LimitReached, TooLarge
from limner.files import FileLimits, Listing, NewFile, StoredFile
from limner.storage import DEFAULT_ACCOUNT, Storage
from limner.storage.files import SqlFileStore
from limner.storage.local_blobs import LocalBlobs

PIXELS = b"not really a picture"


def contents(folder: Path) -> list[str]:
    """Names of the files' contents in a folder."""
    return [path.name for path in folder.glob("file-*")]


def upload(name: str = "fox.png", *, expires_after_s: float | None = None, purpose: str = "vision") -> NewFile:
    """A small file."""
    return NewFile(
        account_id=DEFAULT_ACCOUNT,
        filename=name,
        purpose=purpose,
        blob=Blob.from_bytes(PIXELS, "image/png"),
        expires_after_s=expires_after_s,
    )


async def uploads(storage: Storage, clock: ManualClock, count: int) -> list[StoredFile]:
    """Files a second apart, the oldest first."""
    made = []
    for number in range(count):
        made.append(await storage.files.create(upload(f"{number}.png")))
        clock.advance(1)
    return made


async def test_a_file_comes_back_as_it_was_stored(storage: Storage, clock: ManualClock) -> None:
    """Row and content survive, under an id of OpenAI's shape."""
    file = await storage.files.create(upload("C:\\pictures\\fox.png"))
    assert file.id.startswith("file-")
    assert len(file.id) == len("file-") + 24
    assert (file.filename, file.purpose, file.size_bytes, file.media_type) == ("fox.png", "vision", 20, "image/png")
    assert (file.created_at_s, file.expires_at_s) == (clock.now_s(), None)
    assert await storage.files.find(DEFAULT_ACCOUNT, file.id) == file
    content = await storage.files.content(DEFAULT_ACCOUNT, file.id)
    assert content is not None
    assert (content.read(), content.media_type, content.size_bytes) == (PIXELS, "image/png", 20)


async def test_an_account_sees_only_its_own_files(storage: Storage) -> None:
    """Another account's file is as good as none, for every method."""
    file = await storage.files.create(upload())
    assert await storage.files.find("other", file.id) is None
    assert await storage.files.content("other", file.id) is None
    assert await storage.files.delete("other", file.id) is False
    assert (await storage.files.page(Listing(account_id="other"))).files == ()
    assert await storage.files.find(DEFAULT_ACCOUNT, file.id) == file


async def test_a_deleted_file_is_gone(storage: Storage, tmp_path: Path) -> None:
    """Deleting removes row and content, once."""
    file = await storage.files.create(upload())
    assert await storage.files.delete(DEFAULT_ACCOUNT, file.id) is True
    assert await storage.files.find(DEFAULT_ACCOUNT, file.id) is None
    assert await storage.files.content(DEFAULT_ACCOUNT, file.id) is None
    assert await storage.files.delete(DEFAULT_ACCOUNT, file.id) is False
    assert contents(tmp_path / "data" / "uploads") == []


async def test_an_expired_file_is_gone_for_every_method(storage: Storage, clock: ManualClock, tmp_path: Path) -> None:
    """From its time on a file cannot be seen, and the next round of expiry takes it from the disk."""
    file = await storage.files.create(upload(expires_after_s=60))
    kept = await storage.files.create(upload())
    assert file.expires_at_s == clock.now_s() + 60
    clock.advance(59)
    assert await storage.files.find(DEFAULT_ACCOUNT, file.id) == file
    clock.advance(1)
    assert await storage.files.find(DEFAULT_ACCOUNT, file.id) is None
    assert await storage.files.content(DEFAULT_ACCOUNT, file.id) is None
    assert await storage.files.delete(DEFAULT_ACCOUNT, file.id) is False
    assert (await storage.files.page(Listing(account_id=DEFAULT_ACCOUNT))).files == (kept,)
    assert await storage.files.expire() == 1
    assert await storage.files.expire() == 0
    assert contents(tmp_path / "data" / "uploads") == [kept.id]


@pytest.mark.parametrize("newest_first", [True, False])
async def test_pages_follow_one_another(storage: Storage, clock: ManualClock, *, newest_first: bool) -> None:
    """Walking the pages by `after` sees every file once, in order, and knows when it has come to the end."""
    made = await uploads(storage, clock, 5)
    expected = made[::-1] if newest_first else made
    after: str | None = None
    seen: list[StoredFile] = []
    for has_more in (True, True, False):
        page = await storage.files.page(
            Listing(account_id=DEFAULT_ACCOUNT, limit=2, newest_first=newest_first, after=after)
        )
        assert page.has_more is has_more
        seen += page.files
        after = page.files[-1].id
    assert seen == expected


async def test_files_of_the_same_moment_are_paged_too(storage: Storage) -> None:
    """Files with one time of upload are told apart by their ids, so that no page skips or repeats one."""
    made = {(await storage.files.create(upload())).id for _ in range(3)}
    first = await storage.files.page(Listing(account_id=DEFAULT_ACCOUNT, limit=2))
    second = await storage.files.page(Listing(account_id=DEFAULT_ACCOUNT, limit=2, after=first.files[-1].id))
    assert {file.id for file in (*first.files, *second.files)} == made
    assert not second.has_more


async def test_a_page_after_an_unknown_file_is_empty(storage: Storage) -> None:
    """A place in the list that does not exist has nothing behind it."""
    await storage.files.create(upload())
    page = await storage.files.page(Listing(account_id=DEFAULT_ACCOUNT, after="file-none"))
    assert (page.files, page.has_more) == ((), False)


async def test_a_list_can_be_of_one_purpose(storage: Storage) -> None:
    """Asking for a purpose leaves out the others."""
    await storage.files.create(upload(purpose="vision"))
    wanted = await storage.files.create(upload(purpose="user_data"))
    page = await storage.files.page(Listing(account_id=DEFAULT_ACCOUNT, purpose="user_data"))
    assert page.files == (wanted,)


async def test_a_file_over_the_limit_is_refused(storage: Storage, tmp_path: Path) -> None:
    """A file that is too large is refused by its size alone, before anything is written."""
    large = Blob.from_file(tmp_path / "never-read", FileLimits().file_bytes_max + 1, "image/png")
    with pytest.raises(TooLarge):
        await storage.files.create(NewFile(account_id=DEFAULT_ACCOUNT, filename="a", purpose="vision", blob=large))
    assert contents(tmp_path / "data" / "uploads") == []


async def test_a_full_account_takes_no_more(storage: Storage, clock: ManualClock, tmp_path: Path) -> None:
    """At the limit of files a further one is refused and leaves nothing behind; an expired one makes room."""
    few = SqlFileStore(storage.database, LocalBlobs(tmp_path), clock, FileLimits(files_max=2))
    await few.create(upload(expires_after_s=60))
    await few.create(upload())
    with pytest.raises(LimitReached) as refused:
        await few.create(upload())
    assert refused.value.code == "file_limit_reached"
    assert len(contents(tmp_path)) == 2
    clock.advance(61)
    await few.create(upload())


async def test_an_account_has_so_many_bytes(storage: Storage, clock: ManualClock, tmp_path: Path) -> None:
    """The bytes of all of an account's files count together."""
    small = SqlFileStore(storage.database, LocalBlobs(tmp_path), clock, FileLimits(account_bytes_max=2 * len(PIXELS)))
    first = await small.create(upload())
    await small.create(upload())
    with pytest.raises(LimitReached) as refused:
        await small.create(upload())
    assert refused.value.code == "file_storage_limit_reached"
    await small.delete(DEFAULT_ACCOUNT, first.id)
    await small.create(upload())


async def test_a_file_the_database_refuses_leaves_no_content(
    storage: Storage, clock: ManualClock, tmp_path: Path
) -> None:
    """When the row cannot be written the content goes again."""
    unknown = NewFile(account_id="nobody", filename="a", purpose="vision", blob=Blob.from_bytes(PIXELS, "image/png"))
    with pytest.raises(IntegrityError):
        await storage.files.create(unknown)
    assert contents(tmp_path / "data" / "uploads") == []
