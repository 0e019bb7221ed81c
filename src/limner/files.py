"""Uploaded files: what is kept of one, its limits, and the contract of the place that stores them.

Knows nothing of the wire, which calls a purpose or an order by OpenAI's names (API reference, Files).
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from typing import Final, Protocol

from limner.blobs import Blob
from limner.errors import LimitReached, TooLarge

FILENAME_CHARS_MAX: Final = 255
"""As long as a name in a file system may be."""
PAGE_FILES_MAX: Final = 10_000
"""OpenAI API reference, List files: between 1 and 10,000, which is also the default."""

_ID_PREFIX: Final = "file-"
_ID_CHARS: Final = 24
_ID_ALPHABET: Final = string.digits + string.ascii_letters
_FILENAME_DEFAULT: Final = "upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """What an account may keep.

    file_bytes_max: a file, as much as the Images API takes for one picture (OpenAI API reference, images/edits).
    files_max: files, one full page of their list. account_bytes_max: all of them together; two hundred of the largest
    kind, on a disk shared with everybody's results. expires_after_s: how long a file is kept whose caller did not say;
    None keeps it until it is deleted.
    """

    file_bytes_max: int = 50 * 1024 * 1024
    files_max: int = 10_000
    account_bytes_max: int = 10 * 1024 * 1024 * 1024
    expires_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """An uploaded file without its content. Times are Unix seconds; expires_at_s: None keeps it until deleted."""

    id: str
    account_id: str
    filename: str
    purpose: str
    media_type: str
    size_bytes: int
    created_at_s: float
    expires_at_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file to be stored. purpose: OpenAI's word, already checked. expires_after_s: None leaves it to FileLimits."""

    account_id: str
    filename: str
    purpose: str
    blob: Blob
    expires_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which of an account's files to list. after: id of the last file of the page before, or None for the first.

    limit: 1 to PAGE_FILES_MAX. newest_first: by time of upload, else the oldest first. purpose: None lists all.
    """

    account_id: str
    limit: int = PAGE_FILES_MAX
    newest_first: bool = True
    after: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some files of a list, and whether more follow."""

    files: tuple[StoredFile, ...]
    has_more: bool


class FileStore(Protocol):
    """Keeps uploaded files. An account sees only its own; an expired file is gone for every method."""

    async def create(self, new: NewFile) -> StoredFile:
        """Store a file, content and row. Raises TooLarge or LimitReached beyond a limit; then nothing is stored."""
        ...

    async def find(self, account_id: str, file_id: str) -> StoredFile | None:
        """One of the account's files, or None."""
        ...

    async def content(self, account_id: str, file_id: str) -> Blob | None:
        """The content of one of the account's files, or None when it has no such file."""
        ...

    async def page(self, listing: Listing) -> Page:
        """A page of the account's files. One whose `after` names no file of the account is empty."""
        ...

    async def delete(self, account_id: str, file_id: str) -> bool:
        """Remove a file, row and content. Tells whether there was one."""
        ...


def new_file_id() -> str:
    """A fresh id: `file-` and 24 characters of base 62, too many to guess."""
    return _ID_PREFIX + "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_CHARS))


def clean_filename(name: str) -> str:
    """`name` fit to be stored and shown: its last path component, without control characters, cut to the limit."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable())[:FILENAME_CHARS_MAX].strip() or _FILENAME_DEFAULT


def check_size(size_bytes: int, limits: FileLimits) -> None:
    """Raise TooLarge when a file is over the limit."""
    if size_bytes > limits.file_bytes_max:
        raise TooLarge(
            f"The file has {size_bytes} bytes; at most {limits.file_bytes_max} are allowed.",
            param="file",
            code="file_too_large",
        )


def check_room(size_bytes: int, limits: FileLimits, *, files: int, stored_bytes: int) -> None:
    """Raise LimitReached when an account that keeps `files` of `stored_bytes` has no room for `size_bytes` more."""
    if files >= limits.files_max:
        raise LimitReached(
            f"Your account keeps {files} files, as many as are allowed. Delete some and try again.",
            param="file",
            code="file_limit_reached",
        )
    if stored_bytes + size_bytes > limits.account_bytes_max:
        raise LimitReached(
            f"Your account keeps {stored_bytes} bytes of files; {size_bytes} more would pass the limit of "
            f"{limits.account_bytes_max}. Delete some files and try again.",
            param="file",
            code="file_storage_limit_reached",
        )
