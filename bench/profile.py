"""Where a running Limner spends its processor time under one of the loads of `bench.gateways`.

python -m bench.profile generations-2m [--seconds 10]

Prints functions by the time spent in themselves, C code they call included, and by the time spent in them with all
they call. Needs py-spy, which tools/bench_peers.sh installs; sampling slows the server, so the shares count alone.
"""

# ruff: noqa: A005  run as a module, never imported by a bare name

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.gateways.peers import INSTALLED
from bench.gateways.rounds import under_load
from bench.gateways.scenarios import SCENARIOS

SAMPLER: Final = INSTALLED / "profiler" / "bin" / "py-spy"
_SAMPLES_PER_S: Final = 250
_ROWS: Final = 30
_WAITING: Final = (
    "_worker (concurrent/futures/thread.py",
    "Batches._take (",
    "Condition.wait (",
    "wait (threading.py",
)
"""Where a thread waits for work; the sampler takes it for work."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Samples by function, of threads at work. own: in the function itself. within: in it or what it calls."""

    own: Counter[str]
    within: Counter[str]

    @classmethod
    def of(cls, folded: Iterable[str]) -> Profile:
        """From folded stacks: frames from the outermost in, divided by semicolons, a blank, and the samples."""
        own: Counter[str] = Counter()
        within: Counter[str] = Counter()
        for line in folded:
            stack, _, count = line.rpartition(" ")
            frames = stack.split(";")
            if frames[-1].startswith(_WAITING):
                continue
            own[frames[-1]] += int(count)
            within.update(dict.fromkeys(frames, int(count)))
        return cls(own, within)

    def table(self, samples: Counter[str], rows: int = _ROWS) -> str:
        """The functions with most of `samples`, as shares of the whole."""
        whole = self.own.total()
        return "\n".join(f"{count / whole:6.1%}  {name}" for name, count in samples.most_common(rows))


def main(words: Sequence[str]) -> int:
    """Sample one load, print the tables."""
    parser = argparse.ArgumentParser(prog="bench.profile", description=__doc__.partition("\n")[0])
    parser.add_argument("load", choices=[load.name for load in SCENARIOS])
    parser.add_argument("--seconds", type=int, default=10)
    found = parser.parse_args(words)
    if not SAMPLER.exists():
        print(f"there is no {SAMPLER}: run tools/bench_peers.sh", file=sys.stderr)
        return 1
    load = next(load for load in SCENARIOS if load.name == found.load)
    with tempfile.TemporaryDirectory(prefix="limner-profile-") as folder:
        stacks = Path(folder) / "stacks"
        with under_load(load) as running:
            used_s = running.cpu_s()
            command = [str(SAMPLER), "record", "--pid", str(running.pid), "--duration", str(found.seconds)]
            command += ["--rate", str(_SAMPLES_PER_S), "--format", "raw", "--output", str(stacks)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            used_s = running.cpu_s() - used_s
        profile = Profile.of(stacks.read_text().splitlines())
    print(f"{load.about}: {used_s / found.seconds:.0%} of a core, {profile.own.total()} samples")
    print("\nin the function itself\n" + profile.table(profile.own))
    print("\nwith what it calls\n" + profile.table(profile.within))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
