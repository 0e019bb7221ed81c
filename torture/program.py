"""A program of this machine that is started, watched and ended by its own pid."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


class Program:
    """One program, started again and again. All its lives write into one log."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, given: str = "") -> None:
        """Start it, with `given` on its standard input, and do not wait for anything."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log)
        assert process.stdin is not None
        process.stdin.write(given.encode())
        process.stdin.close()
        self._process = process

    @property
    def status(self) -> int | None:
        """How it ended, or None while it runs."""
        assert self._process is not None, f"{self.name} was never started"
        return self._process.poll()

    def kill(self) -> None:
        """End it at once, as a crash would; nothing when it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def tell_to_stop(self) -> None:
        """Ask it to stop."""
        self._tell(signal.SIGTERM)

    def freeze(self) -> None:
        """Let it stand still."""
        self._tell(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._tell(signal.SIGCONT)

    def _tell(self, number: signal.Signals) -> None:
        assert self._process is not None, f"{self.name} was never started"
        if self._process.poll() is None:
            os.kill(self._process.pid, number)
