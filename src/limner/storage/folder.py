"""The data folder: what lies in it, and the lock that gives it to one server at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_OWNER_ONLY: Final = 0o700
_OWNER_FILE: Final = 0o600
_LOCK: Final = "serve.lock"


class DataInUse(RuntimeError):
    """Another server has the data folder."""


def database_path(data: Path) -> Path:
    """The database's file."""
    return data / "limner.db"


def make_database_file(data: Path) -> Path:
    """The database's file, made empty when there is none.

    SQLite would make it readable to all; its journal gets the same permissions.
    """
    make_owner_file(database_path(data))
    return database_path(data)


def make_owner_file(path: Path) -> None:
    """An empty file for its owner's eyes only; one that exists keeps what it has."""
    path.touch(_OWNER_FILE)


def results_path(data: Path) -> Path:
    """The folder of delivered pictures."""
    return data / "results"


def uploads_path(data: Path) -> Path:
    """The folder of uploaded files."""
    return data / "uploads"


def spool_path(data: Path) -> Path:
    """The folder where a request's pictures wait for their job."""
    return data / "spool"


def make_folder(data: Path) -> None:
    """Make the data folder and what is in it, for the owner's eyes only: pictures, hashes of keys, who asked for what.

    What exists keeps its permissions. Raises OSError when it cannot be made.
    """
    for folder in (data, results_path(data), uploads_path(data), spool_path(data), journal_path(data)):
        folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)


def journal_path(data: Path) -> Path:
    """The folder of settlements that the database could not take."""
    return data / "journal"


@contextmanager
def lock_data(data: Path) -> Iterator[None]:
    """Have the data folder to ourselves while the block runs, making it when there is none.

    For a server: the command line may write beside one, but two servers would release each other's jobs. The system
    lets go of the lock when the process ends, however it ends. Raises DataInUse at once when another process has it.
    """
    make_folder(data)
    descriptor = os.open(data / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_FILE)
    try:
        _take(descriptor, data)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, data: Path) -> None:
    """Lock the open file and write into it who has it, for the message another server gives."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.read(descriptor, 32).decode(errors="replace") or "unknown"
        raise DataInUse(
            f"Another Limner server (process {owner}) is using {data}. Stop it, or give this one its own folder."
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
