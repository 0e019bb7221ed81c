"""The gateways under torture: real `limner serve` processes, each with its own port, folder and log."""

from __future__ import annotations

import http.client
import subprocess
import sys
from pathlib import Path
from typing import Final

from torture.program import Program
from torture.upstream import KEY, NAMES

LIMNER: Final = str(Path(sys.executable).with_name("limner"))
_PROBE_S_MAX: Final = 5.0
_COMMAND_S_MAX: Final = 60.0

_CONFIG: Final = """
[server]
log_format = "json"
{database}
[limits]
job_timeout_s = 12
shutdown_s = 2
# An upstream that is killed takes every call on it along: it is back in a second, and so are its jobs.
engine_failures_max = 20
engine_cooldown_s = 1

[models."gpt-image-2"]
route = {route}
"""
_ENGINE: Final = """
[engines.{name}]
kind = "upstream"
base_url = "http://127.0.0.1:{port}/{name}/v1"
key = "{key}"
concurrency = {places}
first_byte_timeout_s = 3
timeout_s = 6
"""


class Gateway(Program):
    """One of them. Its data folder outlives it, and has the links of `shared` in it. places: at each of its engines."""

    def __init__(
        self, folder: Path, port: int, upstream_port: int, *, address: str | None, shared: Path, places: int
    ) -> None:
        self.data = folder / "data"
        self.data.mkdir(parents=True)
        for path in shared.iterdir():
            (self.data / path.name).symlink_to(path)
        self.port = port
        self._config = folder / "limner.toml"
        engines = "".join(_ENGINE.format(name=engine, port=upstream_port, key=KEY, places=places) for engine in NAMES)
        database = "" if address is None else f'database = "{address}"\n'
        self._config.write_text(_CONFIG.format(database=database, route=list(NAMES)) + engines)
        command = [LIMNER, "serve", "--host", "127.0.0.1", "--port", str(port), *self._places()]
        super().__init__(folder.name, command, folder / "log")

    @property
    def base_url(self) -> str:
        """Before the paths of requests."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ready(self) -> bool:
        """Whether /readyz answers 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PROBE_S_MAX)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def order(self, *words: str) -> str:
        """What the command line answers to an operator."""
        command = [LIMNER, *words, *self._places()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_S_MAX, check=True)
        return done.stdout.strip()

    def _places(self) -> list[str]:
        return ["--data", str(self.data), "--config", str(self._config)]
