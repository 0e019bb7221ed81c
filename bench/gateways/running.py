"""Starts what is measured and what it is measured with: gateways on their core, the stand-in on the load's."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.gateways import upstream
from bench.gateways.peers import KEY, LITELLM_ENVIRONMENT, limner_config, litellm_config, nginx_config, program
from bench.gateways.scenarios import Name
from tests.processes import Processes, free_port, on_core
from tests.serving import Server

LOAD_CORE: Final = 0
GATEWAY_CORE: Final = 1
_START_S_MAX: Final = 120.0
_STOP_S_MAX: Final = 10.0
_POLL_S: Final = 0.02
_LOG_CHARS_SHOWN: Final = 2000

_SPIN: Final = """
import os
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while os.getppid() == {parent}:
    for _ in range(1_000_000):
        pass
"""


class PeerFailed(RuntimeError):
    """A gateway did not start. Holds the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """The running stand-in. certificate: the only one that signs for it."""

    port: int
    tls_port: int
    certificate: Path

    def url(self, *, tls: bool) -> str:
        """Its address, without a path."""
        return f"https://127.0.0.1:{self.tls_port}" if tls else f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A gateway that answers. prefix: of its paths. processes: none where there is no gateway. start_s: until ready."""

    name: Name
    port: int
    prefix: str
    key: str
    processes: Processes | None
    start_s: float


@contextmanager
def stand_in(folder: Path) -> Iterator[Upstream]:
    """The stand-in upstream, on the load's core."""
    certificate, key = _certificate(folder)
    running = Upstream(port=free_port(), tls_port=free_port(), certificate=certificate)
    command = [sys.executable, "-m", "bench.gateways.upstream", running.port, running.tls_port, certificate, key]
    with _process(command, folder / "upstream.log", core=LOAD_CORE) as process:
        _until(lambda: _answers(running.port, "/"), process, folder / "upstream.log")
        yield running


@contextmanager
def awake_cores() -> Iterator[None]:
    """Keep both cores from going idle: a virtual machine's idle core takes milliseconds to come back.

    The loops run at idle priority and give way to everything else.
    """
    command = [sys.executable, "-c", _SPIN.format(parent=os.getpid())]
    spinners = []
    for core in (LOAD_CORE, GATEWAY_CORE):
        with on_core(core):
            spinners.append(subprocess.Popen(command))
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


def gateway(name: Name, folder: Path, to: Upstream, *, tls: bool) -> AbstractContextManager[Running]:
    """One that is started on its core, and stopped at the end. `folder` is made and gets all it writes."""
    folder.mkdir()
    return _STARTERS[name](folder, to, tls)


@contextmanager
def _direct(_folder: Path, to: Upstream, tls: bool) -> Iterator[Running]:  # noqa: FBT001  one signature for all of them
    assert not tls, "the load speaks no TLS"
    yield Running(name=Name.DIRECT, port=to.port, prefix="/v1", key=upstream.KEY, processes=None, start_s=0.0)


@contextmanager
def _nginx(folder: Path, to: Upstream, tls: bool) -> Iterator[Running]:  # noqa: FBT001
    port, config = free_port(), folder / "nginx.conf"
    config.write_text(nginx_config(folder, port, to.url(tls=tls)))
    command = [program(Name.NGINX), "-e", folder / "error.log", "-p", folder, "-c", config]
    with _started(Name.NGINX, command, port, folder, probe="/") as running:
        yield running


@contextmanager
def _bare(folder: Path, to: Upstream, tls: bool) -> Iterator[Running]:  # noqa: FBT001
    port = free_port()
    command = [sys.executable, "-m", "bench.gateways.bare", port, to.url(tls=tls), KEY, upstream.KEY]
    with _started(Name.BARE, [*command, *[to.certificate] * tls], port, folder, probe="/") as running:
        yield running


@contextmanager
def _litellm(folder: Path, to: Upstream, tls: bool) -> Iterator[Running]:  # noqa: FBT001
    port, config = free_port(), folder / "litellm.yaml"
    config.write_text(litellm_config(to.url(tls=tls)))
    command = [program(Name.LITELLM), "--config", config, "--host", "127.0.0.1", "--port", port]
    environment = {**LITELLM_ENVIRONMENT, "OPENAI_API_BASE": f"{to.url(tls=tls)}/v1", "OPENAI_API_KEY": upstream.KEY}
    with _started(Name.LITELLM, command, port, folder, probe="/health/liveliness", environment=environment) as running:
        yield running


@contextmanager
def _limner(folder: Path, to: Upstream, tls: bool) -> Iterator[Running]:  # noqa: FBT001
    server = Server(folder, limner_config(to.url(tls=tls)), {"SSL_CERT_FILE": str(to.certificate)} if tls else {})
    with on_core(GATEWAY_CORE):
        begun_s = time.perf_counter()
        server.start()
        start_s = time.perf_counter() - begun_s
    try:
        yield Running(
            name=Name.LIMNER,
            port=server.port,
            prefix="/openai/v1",
            key=server.key("bench"),
            processes=Processes(server.pid),
            start_s=start_s,
        )
    except BaseException:
        server.kill()
        raise
    server.stop()


_STARTERS: Final[Mapping[Name, Callable[[Path, Upstream, bool], AbstractContextManager[Running]]]] = {
    Name.DIRECT: _direct,
    Name.NGINX: _nginx,
    Name.BARE: _bare,
    Name.LITELLM: _litellm,
    Name.LIMNER: _limner,
}


@contextmanager
def _started(
    name: Name,
    command: Sequence[object],
    port: int,
    folder: Path,
    *,
    probe: str,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    log = folder / "log"
    begun_s = time.perf_counter()
    with _process(command, log, core=GATEWAY_CORE, environment=environment) as process:
        _until(lambda: _answers(port, probe), process, log)
        start_s = time.perf_counter() - begun_s
        yield Running(name=name, port=port, prefix="/v1", key=KEY, processes=Processes(process.pid), start_s=start_s)


@contextmanager
def _process(
    command: Sequence[object], log: Path, *, core: int, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out, on_core(core):
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **(environment or {})},
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    until_s = time.monotonic() + _START_S_MAX
    while not ready():
        if process.poll() is not None or time.monotonic() > until_s:
            raise PeerFailed(f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-_LOG_CHARS_SHOWN:]}")
        time.sleep(_POLL_S)


def _answers(port: int, path: str) -> bool:
    """Whether there is any answer but a server's own failure."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs for itself, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key
