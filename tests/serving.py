"""A real `limner serve` on this machine: started on a free port, watched through /proc, stopped by its own pid.

For the tests that need a process rather than an application object, and for `bench/`. Knows Limner only by its command
line, its probes and its log; what it measures is what Linux says of the process.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.processes import Processes, free_port

START_S_MAX: Final = 30.0
"""How long a start may take before it is called a failure; a busy two-core machine needs a few seconds."""
STOP_S_MAX: Final = 20.0
WAIT_S_MAX: Final = 20.0
POLL_S: Final = 0.02
LOG_CHARS_SHOWN: Final = 3000
LIMNER: Final = str(Path(sys.executable).with_name("limner"))


class ServerFailed(AssertionError):
    """The server did not start, did not stop, or wrote a traceback. Holds the end of its log."""


class Server:
    """One server process and its data folder, which outlives it: `start` may follow `stop` or `kill`.

    config: the text of its limner.toml. `folder` gets the configuration, the log and the data. environment: variables
    beside those of this process.
    """

    def __init__(self, folder: Path, config: str, environment: Mapping[str, str] | None = None) -> None:
        self.data = folder / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.base_url = f"{self.url}/openai/v1"
        self._config_file = folder / "limner.toml"
        self._config_file.write_text(config)
        self._log_file = folder / "server.log"
        self._log_file.touch()
        self._environment = {**os.environ, **(environment or {})}
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
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self._environment
            )
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
        if self._process is not None:
            self.tell_to_stop()
            self.leave()

    def tell_to_stop(self) -> None:
        """Ask the process to stop."""
        os.kill(self.pid, signal.SIGTERM)

    def leave(self) -> None:
        """Wait for a process that was asked to stop. Raises as `stop` does."""
        process = self._process
        assert process is not None, "the server is not running"
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
        return self.command("keys", "create", name, *flags)

    def command(self, *words: str) -> str:
        """What a command says of or does to the data folder. Raises ServerFailed when it fails."""
        command = [LIMNER, *words, "--data", str(self.data)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_S_MAX, check=False)
        if done.returncode:
            raise ServerFailed(f"limner {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
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
        return Processes(self.pid).memory_bytes()

    def memory_peak_bytes(self) -> int:
        """The most memory used since the start or the last `forget_memory_peak`."""
        return Processes(self.pid).memory_peak_bytes()

    def forget_memory_peak(self) -> None:
        """Count `memory_peak_bytes` from now on."""
        Processes(self.pid).forget_memory_peak()


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
