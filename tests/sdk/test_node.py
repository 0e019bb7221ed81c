"""The official Node.js SDK against a running server: each program in node/ is one test.

Node and npm come from the wheel, whatever the machine has: the SDK needs Node 22.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.serving import Server

NODE_FOLDER = Path(__file__).with_name("node")
PROGRAMS = sorted(NODE_FOLDER.glob("*.test.mjs"))
BIN = Path(sys.executable).parent
PROGRAM_S_MAX = 120
INSTALL_S_MAX = 300


def run(*command: str | Path, timeout_s: float, **environment: str) -> None:
    """Run a program in node/; what it printed is the failure's text."""
    done = subprocess.run(
        command,
        cwd=NODE_FOLDER,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if done.returncode:
        pytest.fail(done.stdout, pytrace=False)


@pytest.fixture(scope="session")
def sdk() -> None:
    """The SDK as package-lock.json has it, installed once; npm leaves a lock of its own beside what it installed."""
    lock, installed = NODE_FOLDER / "package-lock.json", NODE_FOLDER / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        run(BIN / "npm", "ci", timeout_s=INSTALL_S_MAX)


@pytest.mark.usefixtures("sdk")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name.removesuffix(".test.mjs"))
def test_the_node_sdk(server: Server, key: str, strict_key: str, picture_files: Path, program: Path) -> None:
    """Every assertion of the program holds."""
    run(
        BIN / "node",
        "--test",
        "--test-timeout=60000",
        program,
        timeout_s=PROGRAM_S_MAX,
        OPENAI_BASE_URL=server.base_url,
        OPENAI_API_KEY=key,
        LIMNER_STRICT_KEY=strict_key,
        LIMNER_PICTURES=str(picture_files),
    )
