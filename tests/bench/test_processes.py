"""What Linux says of processes is read right, for one that has started others, too."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.processes import Processes, Stat, family, free_port, on_core, status_bytes

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PARENT_AND_CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "a = b'x' * 64_000_000; print(flush=True); input()"])
child.wait()
"""


@pytest.fixture
def started() -> Iterator[subprocess.Popen[bytes]]:
    """A process whose child has taken 64 MB."""
    command = [sys.executable, "-c", PARENT_AND_CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        yield process
        process.stdin.write(b"\n")


def test_a_name_may_hold_blanks_and_brackets() -> None:
    """The fields of a stat line are counted from behind the name; ended children's time counts."""
    line = f"7 (a ) name (1 2) S 42 7 7 0 -1 0 0 0 0 0 {3 * TICKS_PER_S} {2 * TICKS_PER_S} {TICKS_PER_S} 0 20 0"
    assert Stat.of(line) == Stat(parent=42, cpu_s=6)


def test_memory_is_told_in_bytes() -> None:
    """/proc counts in kibibytes; what it does not name is nothing."""
    text = "Name:\tlimner\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n"
    assert (status_bytes(text, "VmHWM"), status_bytes(text, "VmSwap")) == (2048 * 1024, 0)


def test_a_family_has_all_descendants() -> None:
    """Children of children belong to it, other processes do not, and one that has ended has none."""
    stats = {1: Stat(0, 0), 5: Stat(1, 0), 6: Stat(5, 0), 7: Stat(6, 0), 8: Stat(1, 0)}
    assert sorted(family(5, stats)) == [5, 6, 7]
    assert family(9, stats) == []


def test_memory_of_what_a_process_started_counts(started: subprocess.Popen[bytes]) -> None:
    """A process is measured with its children."""
    processes = Processes(started.pid)
    assert processes.memory_bytes() > 64_000_000
    assert processes.memory_peak_bytes() >= processes.memory_bytes()
    assert processes.cpu_s() > 0


def test_what_is_started_inside_stays_on_its_core() -> None:
    """A child keeps the core it was started on; we get ours back."""
    before = os.sched_getaffinity(0)
    core = max(before)
    with on_core(core):
        told = subprocess.check_output([sys.executable, "-c", "import os; print(os.sched_getaffinity(0))"], text=True)
    assert told.strip() == str({core})
    assert os.sched_getaffinity(0) == before


def test_free_ports_are_told_once() -> None:
    """What has been told and not been used yet is not told again, nor is what somebody listens on."""
    with ExitStack() as listening:
        ports = [free_port() for _ in range(20)]
        for port in ports:
            listening.enter_context(socket.create_server(("127.0.0.1", port)))
        assert len(set(ports)) == len(ports)
        assert free_port() not in ports
