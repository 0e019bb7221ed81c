"""What was read of each gateway, what it comes to beside the others, and the tables of it. Pure."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from bench.crowd import Outcome
from bench.figures import rounded
from bench.gateways.scenarios import ALL_NAMES, Name, Scenario

_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One gateway under one scenario in one round. cpu_s, peak_bytes: none where there is no process to ask."""

    outcome: Outcome
    cpu_s: float | None
    peak_bytes: int | None
    held_max: int


class Measure(Enum):
    """A figure of a reading: its name in tables, its unit and how it is computed."""

    CPU = ("processor time", "ms", lambda reading: _ms(reading.cpu_s) / reading.outcome.asked)
    THROUGHPUT = ("throughput", "/s", lambda reading: len(reading.outcome.latencies_s) / reading.outcome.taken_s)
    P50 = ("p50", "ms", lambda reading: _ms(reading.outcome.latency_s(0.5)))
    P99 = ("p99", "ms", lambda reading: _ms(reading.outcome.latency_s(0.99)))
    PEAK = ("peak memory", "MB", lambda reading: (reading.peak_bytes or 0) / _MEGABYTE)

    def __init__(self, about: str, unit: str, of: Callable[[Reading], float]) -> None:
        self.about = about
        self.unit = unit
        self.of = of


@dataclass(frozen=True, slots=True)
class Spread:
    """Several rounds of a figure."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """What is judged."""
        return statistics.median(self.values)

    def __str__(self) -> str:
        if len(self.values) == 1:
            return rounded(self.median)
        return f"{rounded(self.median)} ({rounded(min(self.values))} to {rounded(max(self.values))})"


@dataclass(slots=True)
class Readings:
    """Everything that was measured, round by round. others_shares: of one core, used by other programs meanwhile."""

    rounds: dict[tuple[str, Name], list[Reading]] = field(default_factory=lambda: defaultdict(list))
    starts_s: dict[Name, list[float]] = field(default_factory=lambda: defaultdict(list))
    idle_bytes: dict[Name, list[int]] = field(default_factory=lambda: defaultdict(list))
    others_shares: list[float] = field(default_factory=list)

    def started(self, name: Name, *, start_s: float, idle_bytes: int) -> None:
        """A gateway answered after `start_s`, and used `idle_bytes` before anybody asked for a picture."""
        self.starts_s[name].append(start_s)
        self.idle_bytes[name].append(idle_bytes)

    def took(self, scenario: str, name: Name, reading: Reading) -> None:
        """One more round."""
        self.rounds[scenario, name].append(reading)

    def spread(self, scenario: str, name: Name, measure: Measure) -> Spread | None:
        """None where it was not measured."""
        rounds = self.rounds.get((scenario, name))
        return Spread(tuple(map(measure.of, rounds))) if rounds else None

    def ratio(self, scenario: str, name: Name, to: Name, measure: Measure) -> Spread | None:
        """How many times the other's figure, each round beside its own."""
        return self._beside(scenario, name, to, lambda ours, theirs: measure.of(ours) / measure.of(theirs))

    def added_ms(self, scenario: str, name: Name) -> Spread | None:
        """Latency beyond that without a gateway, median, each round beside its own."""
        return self._beside(
            scenario, name, Name.DIRECT, lambda ours, direct: Measure.P50.of(ours) - Measure.P50.of(direct)
        )

    def errors(self, scenario: str, name: Name) -> int:
        """Bad answers in all rounds."""
        return sum(sum(reading.outcome.errors.values()) for reading in self.rounds.get((scenario, name), ()))

    def _beside(self, scenario: str, name: Name, other: Name, of: Callable[[Reading, Reading], float]) -> Spread | None:
        ours, theirs = self.rounds.get((scenario, name)), self.rounds.get((scenario, other))
        return Spread(tuple(map(of, ours, theirs))) if ours and theirs else None


def _ms(seconds: float | None) -> float:
    return float("nan") if seconds is None else seconds * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is promised of one figure of Limner's. bound: the most it may be, or the least where `least` says so.

    of: the figure of a gateway; to: the one it is judged by, absolute without one.
    """

    about: str
    unit: str
    bound: float
    of: Callable[[Readings, Name], Spread | None]
    ratio: Callable[[Readings], Spread | None] | None = None
    to: str = ""
    least: bool = False
    errors_in: str = ""

    def judged(self, readings: Readings) -> Spread | None:
        """What is compared with the bound."""
        return self.ratio(readings) if self.ratio else self.of(readings, Name.LIMNER)

    def missed(self, readings: Readings) -> bool:
        """Whether the promise is broken; one that was not measured is not."""
        judged = self.judged(readings)
        if judged is None:
            return False
        over = judged.median < self.bound if self.least else judged.median > self.bound
        return over or bool(self.errors_in and readings.errors(self.errors_in, Name.LIMNER))

    def row(self, readings: Readings) -> tuple[str, ...]:
        """Cells: what, each gateway's figure, the ratio, the promise and whether it is kept."""
        figures = [self.of(readings, name) for name in ALL_NAMES]
        cells = [f"{rounded(figure.median)} {self.unit}" if figure else "" for figure in figures]
        ratio = self.ratio(readings) if self.ratio else None
        bound = f"{'at least' if self.least else 'at most'} {self.bound:g} {self.to or self.unit}"
        return self.about, *cells, f"{ratio} x" if ratio else "", f"{bound}: {self._verdict(readings)}"

    def _verdict(self, readings: Readings) -> str:
        if self.judged(readings) is None:
            return "not measured"
        errors = readings.errors(self.errors_in, Name.LIMNER) if self.errors_in else 0
        failed = f", {errors} errors" if errors else ""
        return f"**missed**{failed}" if self.missed(readings) else "met"


def _figure(scenario: str, measure: Measure) -> Callable[[Readings, Name], Spread | None]:
    return lambda readings, name: readings.spread(scenario, name, measure)


def _ratio(scenario: str, measure: Measure, to: Name) -> Callable[[Readings], Spread | None]:
    return lambda readings: readings.ratio(scenario, Name.LIMNER, to, measure)


def _cpu_by_nginx(about: str, scenario: str, bound: float) -> Target:
    return Target(
        about=f"processor time, {about}",
        unit="ms",
        bound=bound,
        of=_figure(scenario, Measure.CPU),
        ratio=_ratio(scenario, Measure.CPU, Name.NGINX),
        to="x nginx",
    )


TARGETS: Final = (
    _cpu_by_nginx("2 MB", "generations-2m", 2.5),
    _cpu_by_nginx("8 MB", "generations-8m", 2.5),
    Target(
        about="processor time, 50 KB",
        unit="ms",
        bound=1.5,
        of=_figure("generations-50k", Measure.CPU),
    ),
    Target(
        about="throughput, 50 KB",
        unit="/s",
        bound=10,
        of=_figure("generations-50k", Measure.THROUGHPUT),
        ratio=_ratio("generations-50k", Measure.THROUGHPUT, Name.LITELLM),
        to="x LiteLLM",
        least=True,
    ),
    _cpu_by_nginx("edit, 2 MB", "edits-2m", 3),
    _cpu_by_nginx("2 MB, TLS to the upstream", "generations-2m-tls", 2.5),
    _cpu_by_nginx("edit, 2 MB, TLS to the upstream", "edits-2m-tls", 3),
    Target(
        about="added latency, p50, 2 MB, one in flight",
        unit="ms",
        bound=4,
        of=lambda readings, name: readings.added_ms("one-2m", name),
    ),
    Target(
        about="peak memory, 1000 in flight answered at once, 2 MB",
        unit="MB",
        bound=700,
        of=_figure("burst-1000", Measure.PEAK),
        errors_in="burst-1000",
    ),
    Target(
        about="start to first answer",
        unit="s",
        bound=2,
        of=lambda readings, name: Spread(tuple(readings.starts_s[name])) if readings.starts_s.get(name) else None,
    ),
    Target(
        about="idle memory",
        unit="MB",
        bound=120,
        of=lambda readings, name: (
            Spread(tuple(count / _MEGABYTE for count in readings.idle_bytes[name]))
            if readings.idle_bytes.get(name)
            else None
        ),
    ),
)


def targets_table(readings: Readings) -> str:
    """Every target that was measured."""
    head = ("what", *ALL_NAMES, "ratio", "target")
    return _table(head, (target.row(readings) for target in TARGETS if target.judged(readings)))


def details_table(readings: Readings, scenarios: Sequence[Scenario]) -> str:
    """Every figure of every gateway, the median of the rounds; ratios with the lowest and the highest."""
    head = ("load", "gateway", "per second", "CPU ms", "x nginx", "p50 ms", "added ms", "p99 ms", "peak MB", "errors")
    return _table(head, _details(readings, scenarios))


def _details(readings: Readings, scenarios: Sequence[Scenario]) -> Iterable[tuple[str, ...]]:
    for scenario in scenarios:
        for name in scenario.gateways:
            if (scenario.name, name) not in readings.rounds:
                continue
            direct = name is Name.DIRECT
            rounds = readings.rounds[scenario.name, name]
            cells = {measure: rounded(statistics.median(map(measure.of, rounds))) for measure in Measure}
            over_nginx = readings.ratio(scenario.name, name, Name.NGINX, Measure.CPU)
            added = readings.added_ms(scenario.name, name)
            held = min(reading.held_max for reading in rounds)
            yield (
                scenario.about if held in {0, scenario.answer.together} else f"{scenario.about}; {held} held at once",
                name,
                cells[Measure.THROUGHPUT],
                "" if direct else cells[Measure.CPU],
                str(over_nginx) if over_nginx and name not in {Name.DIRECT, Name.NGINX} else "",
                cells[Measure.P50],
                rounded(added.median) if added and not direct else "",
                cells[Measure.P99],
                "" if direct else cells[Measure.PEAK],
                str(readings.errors(scenario.name, name)),
            )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
