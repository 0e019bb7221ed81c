"""A real `limner serve` on this machine: started on a free port, watched through /proc, stopped by its own pid.

For the tests that need a process rather than an application object, and for `bench/`. Knows Limner only by its command
line, its probes and its log; what it measures is what Linux says of the process.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

START_S_MAX: Final = 30.0
"""How long a start may take before it is called a failure; a busy two-core machine needs a few seconds."""
STOP_S_MAX: Final = 20.0
WAIT_S_MAX: Final = 20.0
POLL_S: Final = 0.02
LOG_CHARS_SHOWN: Final = 3000
LIMNER: Final = str(Path(sys.executable).with_name("limner"))
_CLOCK_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_KIBIBYTE: Final = 1024


class ServerFailed(AssertionError):
    """The server did not start, did not stop, or wrote a traceback. Holds the end of its log."""


class Server:
    """One server process and its data folder, which outlives it: `start` may follow `stop` or `kill`.

    config: the text of its limner.toml. `folder` gets the configuration, the log and the data.
    """

    def __init__(self, folder: Path, config: str) -> None:
        self.data = folder / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.base_url = f"{self.url}/openai/v1"
        self._config_file = folder / "limner.toml"
        self._config_file.write_text(config)
        self._log_file = folder / "server.log"
        self._log_file.touch()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None, "the server is not running"
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process and return once /readyz says yes. Raises ServerFailed when it does not."""
        command = [LIMNER, "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--data", str(self.data), "--config", str(self._config_file)]
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        until_s = time.monotonic() + START_S_MAX
        while not self.ready():
            if not self.running or time.monotonic() > until_s:
                self.kill()
                raise ServerFailed(f"the server did not start:\n{self.log()}")
            time.sleep(POLL_S)

    def ready(self) -> bool:
        """Whether /readyz answers 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        """Ask the process to stop and wait for it. Raises ServerFailed unless it left well and wrote no traceback."""
        process = self._process
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired as late:
            self.kill()
            raise ServerFailed(f"the server did not stop within {STOP_S_MAX:g} s:\n{self.log()}") from late
        self._process = None
        log, found, traceback = self.log().partition("Traceback")
        if status not in {0, -signal.SIGTERM} or found:
            said = (found + traceback)[:LOG_CHARS_SHOWN] or log[-LOG_CHARS_SHOWN:]
            raise ServerFailed(f"the server ended with {status} and wrote this:\n{said}")

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def key(self, name: str, *flags: str) -> str:
        """A new key, made with the command line."""
        command = [LIMNER, "keys", "create", name, "--data", str(self.data), *flags]
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_S_MAX, check=False)
        if done.returncode:
            raise ServerFailed(f"no key was made:\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def check(self) -> dict[str, Any]:
        """What `limner check --json` finds, server running or not."""
        command = [LIMNER, "check", "--json", "--data", str(self.data), "--config", str(self._config_file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_S_MAX, check=False)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def log(self) -> str:
        """Everything the process wrote so far."""
        return self._log_file.read_text(errors="replace")

    def until(self, condition: Callable[[], bool]) -> None:
        """Return once `condition` holds. Raises ServerFailed when it does not within `WAIT_S_MAX`."""
        until_s = time.monotonic() + WAIT_S_MAX
        while not condition():
            if time.monotonic() > until_s:
                raise ServerFailed(f"what was waited for did not happen:\n{self.log()[-LOG_CHARS_SHOWN:]}")
            time.sleep(POLL_S)

    def memory_bytes(self) -> int:
        """Memory in use now."""
        return self._status_bytes("VmRSS")

    def memory_peak_bytes(self) -> int:
        """The most memory used since the start or the last `forget_memory_peak`."""
        return self._status_bytes("VmHWM")

    def forget_memory_peak(self) -> None:
        """Count `memory_peak_bytes` from now on (proc(5), clear_refs, value 5)."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def cpu_s(self) -> float:
        """Processor time used so far, user and system."""
        return cpu_s_of(self.pid)

    def _status_bytes(self, name: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * _KIBIBYTE
        raise ServerFailed(f"/proc says nothing of {name}")


@contextmanager
def serving(folder: Path, config: str) -> Iterator[Server]:
    """A running server; stopped at the end, when it must leave well."""
    server = Server(folder, config)
    server.start()
    try:
        yield server
    except BaseException:
        server.kill()
        raise
    server.stop()


def scripted(**engines: str) -> str:
    """Configuration of scripted engines, each behind a model `scripted-NAME` at gpt-image-2's price.

    engines: name -> the rest of its table, one setting a line.
    """
    return "".join(
        f"""
[engines.{name}]
kind = "scripted"
{settings}

[models."scripted-{name}"]
route = ["{name}"]
price = {{ like = "gpt-image-2" }}
"""
        for name, settings in engines.items()
    )


def cpu_s_of(pid: int) -> float:
    """Processor time a process has used, user and system, all threads (proc(5), stat, fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS_PER_S


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
