"""`limner up` and `limner serve` as programs: real sockets, real signals."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.processes import free_port
from typer.testing import Result

from limner.keys import well_formed

Limner = Callable[..., Result]

SCRIPTED = {"LIMNER_ENGINES__SCRIPTED__KIND": "scripted"}
STARTED_WITHIN_S = 30
POLL_S = 0.02


@pytest.fixture
def port() -> int:
    """A port that is free now."""
    return free_port()


@contextmanager
def running(folder: Path, *arguments: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """`limner` as a program of its own, ended at the end whatever happens."""
    command = [sys.executable, "-c", "from limner.cli import main; main()", *arguments]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | SCRIPTED | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def output_until(process: subprocess.Popen[str], words: str) -> str:
    """Everything on standard output up to the line with `words`."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError(f"ended without {words!r}: {''.join(lines)}\n{process.stderr and process.stderr.read()}")


def stopped(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    """Exit code and the rest of standard error after a signal."""
    process.send_signal(number)
    _, rest = process.communicate(timeout=STARTED_WITHIN_S)
    return process.returncode, rest


def test_up_makes_a_key_and_a_picture_and_ends_cleanly(folder: Path, port: int) -> None:
    """A first start has everything to go on with; Ctrl-C ends it with exit code 0 and no traceback."""
    with running(folder, "up", "--port", str(port)) as process:
        shown = output_until(process, "open(")
        code, rest = stopped(process, signal.SIGINT)
    assert (code, "Traceback" in rest) == (0, False)
    key_file, picture = folder / "data" / "first-key", folder / "data" / "first-picture.png"
    secret = key_file.read_text().strip()
    assert well_formed(secret)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert picture.read_bytes().startswith(b"\x89PNG")
    lines = shown.splitlines()
    for line in (
        f"  base URL   http://127.0.0.1:{port}/openai/v1",
        f"  key        {secret}",
        "  picture    data/first-picture.png",
        f"  reference  http://127.0.0.1:{port}/docs",
        f'    base_url="http://127.0.0.1:{port}/openai/v1",',
        f'    api_key="{secret}",',
    ):
        assert line in lines


def test_up_keeps_its_key_and_its_picture(folder: Path, port: int) -> None:
    """A second start shows the same key and draws nothing anew."""
    seen = []
    for _ in range(2):
        with running(folder, "up", "--port", str(port)) as process:
            output_until(process, "open(")
            assert stopped(process, signal.SIGINT)[0] == 0
        picture = folder / "data" / "first-picture.png"
        seen.append(((folder / "data" / "first-key").read_text(), picture.stat().st_mtime_ns))
    assert seen[0] == seen[1]


def test_up_invents_no_second_key(limner: Limner, folder: Path, port: int) -> None:
    """With keys that are not known to it, it serves, and says where keys come from."""
    limner("keys", "create", "mine")
    with running(folder, "up", "--port", str(port)) as process:
        shown = output_until(process, "open(")
        stopped(process, signal.SIGINT)
    assert "one of yours: `limner keys list` names them" in shown
    assert "none yet: there is no key to draw with" in shown
    assert not (folder / "data" / "first-key").exists()


def test_up_tells_of_a_first_picture_that_failed(folder: Path, port: int) -> None:
    """An engine that fails does not stop the server; the sentence stands where the picture would."""
    settings = {
        "LIMNER_ENGINES__SCRIPTED__FAIL": "error",
        "LIMNER_SERVER__AUTH": "off",
        "LIMNER_MODELS__HOUSE__PRICE": "free",
    }
    with running(folder, "up", "--port", str(port), **settings) as process:
        shown = output_until(process, "open(")
        code, _ = stopped(process, signal.SIGINT)
    assert code == 0
    assert "  picture    Image generation failed" in shown
    assert '    api_key="any-key",' in shown
    assert 'model="house"' in shown
    assert not (folder / "data" / "first-key").exists()


def test_up_needs_a_known_port(limner: Limner) -> None:
    """Port 0 would leave nobody knowing where the server is."""
    result = limner("up", "--port", "0")
    assert (result.exit_code, result.stderr.startswith("error: port 0 takes any free port")) == (1, True)


def test_serve_runs_until_it_is_told_to_stop(folder: Path, port: int) -> None:
    """SIGTERM, as a supervisor sends it, ends the server with exit code 0."""
    with running(folder, "serve", "--port", str(port)) as process:
        wait_until_listening(port)
        code, rest = stopped(process, signal.SIGTERM)
    assert (code, "Traceback" in rest) == (0, False)


def wait_until_listening(port: int) -> None:
    """Return when somebody takes connections at `port`."""
    deadline_s = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < deadline_s:
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(POLL_S)
    raise AssertionError(f"nobody listens at {port}")


def test_a_taken_port_is_told(limner: Limner) -> None:
    """The refusal names the address and the way out, before anything is made."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = limner("serve", "--port", port)
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: cannot listen on 127.0.0.1 port {port}: another program listens there already: stop it, or choose "
        "another port with --port\n"
    )


@pytest.mark.parametrize(
    ("host", "words"),
    [("203.0.113.1", "this machine has no such address"), ("no such host", "is no address of this machine")],
)
def test_an_address_that_is_not_ours_is_told(limner: Limner, port: int, host: str, words: str) -> None:
    """A mistyped host is a sentence, not a traceback."""
    result = limner("serve", "--host", host, "--port", port)
    assert (result.exit_code, words in result.stderr) == (1, True)


def test_a_data_folder_in_use_is_told(limner: Limner, folder: Path, port: int) -> None:
    """Two servers on one folder would release each other's jobs: the second is refused."""
    with running(folder, "up", "--port", str(port)) as process:
        output_until(process, "open(")
        result = limner("serve", "--port", free_port(), **SCRIPTED)
        stopped(process, signal.SIGINT)
    assert result.exit_code == 1
    assert "is using data" in result.stderr
