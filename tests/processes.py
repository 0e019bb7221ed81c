"""What Linux says of processes: processor time and memory of one and of all it started, and the core they run on.

Source: proc(5), /proc/PID/stat, /proc/PID/status and /proc/PID/clear_refs; sched(7); ip(7).
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from secrets import randbelow
from typing import Final

_CLOCK_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_KIBIBYTE: Final = 1024
_KERNEL_THREADS: Final = 2
"""The process that started all of the kernel's own."""
_PROC: Final = Path("/proc")
_PORTS: Final = range(16_384, 32_768)
"""Below those that Linux gives to whoever asks for any, connections included; ip(7), ip_local_port_range."""
_TURNS: Final = count(randbelow(len(_PORTS)))
_AT_REST_POLL_S: Final = 0.2
_AT_REST_CPU_S: Final = 0.01
_AT_REST_S_MAX: Final = 4.0


@dataclass(frozen=True, slots=True)
class Stat:
    """A line of /proc/PID/stat: who started the process, and the processor time it and its ended children used."""

    parent: int
    cpu_s: float

    @classmethod
    def of(cls, text: str) -> Stat:
        """Fields are counted from behind the name, which may hold blanks and brackets."""
        fields = text.rpartition(")")[2].split()
        return cls(parent=int(fields[1]), cpu_s=sum(map(int, fields[11:15])) / _CLOCK_TICKS_PER_S)


def status_bytes(text: str, name: str) -> int:
    """What /proc/PID/status says of the memory called `name`; 0 where it has no such line, as of an ended process."""
    for line in text.splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * _KIBIBYTE
    return 0


def family(pid: int, stats: Mapping[int, Stat]) -> list[int]:
    """`pid` and all its descendants, as far as they are in `stats`."""
    members = [pid] if pid in stats else []
    for member in members:
        members += [child for child, stat in stats.items() if stat.parent == member]
    return members


class Processes:
    """A process and everything it started. Sums count memory that members share as often as they share it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def pids(self) -> list[int]:
        """All of them."""
        return family(self.pid, _stats())

    def cpu_s(self) -> float:
        """Processor time used so far, user and system, all threads."""
        stats = _stats()
        return sum(stats[pid].cpu_s for pid in family(self.pid, stats))

    def memory_bytes(self) -> int:
        """Memory in use now."""
        return self._status_bytes("VmRSS")

    def memory_peak_bytes(self) -> int:
        """The most memory used since the start or the last `forget_memory_peak`, each member at its own worst."""
        return self._status_bytes("VmHWM")

    def forget_memory_peak(self) -> None:
        """Count `memory_peak_bytes` from now on."""
        for pid in family(self.pid, _stats()):
            with suppress(ProcessLookupError):
                (_PROC / str(pid) / "clear_refs").write_text("5")

    def rest(self) -> None:
        """Return once next to no processor time is used: work left over from the last answer counts as its own."""
        until_s = time.monotonic() + _AT_REST_S_MAX
        before_s, now_s = -1.0, self.cpu_s()
        while now_s - before_s > _AT_REST_CPU_S and time.monotonic() < until_s:
            time.sleep(_AT_REST_POLL_S)
            before_s, now_s = now_s, self.cpu_s()

    def _status_bytes(self, name: str) -> int:
        return sum(status_bytes(_read(pid, "status"), name) for pid in family(self.pid, _stats()))


def is_running(pid: int) -> bool:
    """Whether there is such a process, and not only what its parent has not asked for yet."""
    return _read(pid, "stat").rpartition(")")[2].split()[:1] not in ([], ["Z"], ["X"])


def others_cpu_s() -> float:
    """Processor time used so far by all programs but this process and what it started."""
    stats = _stats()
    ours_and_the_kernels = {*family(os.getpid(), stats), *family(_KERNEL_THREADS, stats)}
    return sum(stat.cpu_s for pid, stat in stats.items() if pid not in ours_and_the_kernels)


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Whatever is started inside runs on this core alone, with all it starts itself."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago, and that nobody is given who asks for any.

    Each process takes them in their order from a start of its own, so that two of them hardly ever choose the same.
    """
    while True:
        port = _PORTS[next(_TURNS) % len(_PORTS)]
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _stats() -> dict[int, Stat]:
    found = ((int(entry.name), _read(int(entry.name), "stat")) for entry in _PROC.iterdir() if entry.name.isdigit())
    return {pid: Stat.of(text) for pid, text in found if text}


def _read(pid: int, name: str) -> str:
    """Empty for a process that has ended."""
    try:
        return (_PROC / str(pid) / name).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
