"""Programs in node/, run with the official Node.js SDK.

Node and npm come from the wheel, whatever the machine has: the SDK needs Node 22.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

NODE_FOLDER: Final = Path(__file__).with_name("node")
_BIN: Final = Path(sys.executable).parent
_PROGRAM_S_MAX: Final = 120
_INSTALL_S_MAX: Final = 300


def install() -> None:
    """Install the SDK as package-lock.json has it, unless it is there. One process at a time, the others wait."""
    # npm leaves a lock of its own beside what it installed.
    lock, installed = NODE_FOLDER / "package-lock.json", NODE_FOLDER / "node_modules" / ".package-lock.json"
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            _run("npm", "ci", timeout_s=_INSTALL_S_MAX)


def node(*arguments: str | Path, **environment: str) -> str:
    """What node printed. Raises AssertionError with it when the program failed."""
    return _run("node", *arguments, timeout_s=_PROGRAM_S_MAX, **environment)


def _run(command: str, *arguments: str | Path, timeout_s: float, **environment: str) -> str:
    done = subprocess.run(
        [_BIN / command, *arguments],
        cwd=NODE_FOLDER,
        env={**os.environ, "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stdout)
    return done.stdout
