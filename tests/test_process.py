"""The memory of a server's process, in a process of its own: what is set here is set for good."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
from limner import process
process.keep_freed_memory()

def resident_bytes():
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * 4096

before = resident_bytes()
DRAWING
kept = resident_bytes() - before
process.give_memory_back()
print(kept, resident_bytes() - before)
"""

AT_ONCE = '[b"x" * 4_000_000 for _ in range(20)].clear()'
IN_THREADS = """
from threading import Barrier, Thread
together = Barrier(6)

def draw():
    picture = [b"x" * 4_000_000 for _ in range(4)]
    together.wait()

threads = [Thread(target=draw) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's")
@pytest.mark.parametrize("drawing", [AT_ONCE, IN_THREADS])
def test_freed_memory_is_kept_until_it_is_given_back(drawing: str) -> None:
    """Pictures of some megabytes find the memory of those before them; a quiet server returns that of all threads."""
    program = PROGRAM.replace("DRAWING", drawing)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    kept, left = map(int, done.stdout.split())
    assert kept > 70_000_000
    assert left < 20_000_000
