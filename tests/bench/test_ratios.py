"""Ratios are of figures of the same round, judged by their median, and an error misses a target as a figure does."""

from __future__ import annotations

from dataclasses import replace

from bench.crowd import Outcome
from bench.gateways.ratios import TARGETS, Measure, Reading, Readings, Spread, details_table, targets_table
from bench.gateways.scenarios import SCENARIOS, Name

LOAD = "generations-2m"


def reading(cpu_ms: float, *, errors: int = 0, peak_mb: int = 100, latency_ms: float = 10) -> Reading:
    """Of ten requests within a second."""
    latencies_s = (latency_ms / 1000,) * (10 - errors)
    outcome = Outcome(taken_s=1, latencies_s=latencies_s, errors={"status 503": errors} if errors else {})
    return Reading(outcome=outcome, cpu_s=cpu_ms / 100, peak_bytes=peak_mb * 1_000_000, held_max=0)


def readings(load: str, **rounds: list[Reading]) -> Readings:
    """Rounds of one load, by gateway."""
    found = Readings()
    for name, each in rounds.items():
        for one in each:
            found.took(load, Name[name], one)
    return found


def test_each_round_is_compared_with_its_own() -> None:
    """The machine was twice as slow in the second round for both: that is no difference."""
    found = readings(LOAD, NGINX=[reading(1), reading(2), reading(1)], LIMNER=[reading(3), reading(6), reading(4)])
    ratio = found.ratio(LOAD, Name.LIMNER, Name.NGINX, Measure.CPU)
    assert ratio is not None
    assert (ratio.values, ratio.median, str(ratio)) == ((3, 3, 4), 3, "3.00 (3.00 to 4.00)")


def test_added_latency_is_beyond_the_direct_way() -> None:
    """What the load and the upstream take themselves is no gateway's fault."""
    found = readings("one-2m", DIRECT=[reading(0, latency_ms=4)], LIMNER=[reading(1, latency_ms=7)])
    added = found.added_ms("one-2m", Name.LIMNER)
    assert added is not None
    assert str(added) == "3.00"


def test_a_target_by_its_ratio() -> None:
    """The row has both figures, the ratio, and whether the promise is kept."""
    found = readings(LOAD, NGINX=[reading(1)], LIMNER=[reading(2.6)])
    target = next(target for target in TARGETS if target.judged(found))
    assert target.row(found) == (
        "processor time, 2 MB",
        "1.00 ms",
        "",
        "",
        "2.60 ms",
        "2.60 x",
        "at most 2.5 x nginx: **missed**",
    )
    assert target.missed(found)


def test_a_target_with_a_least() -> None:
    """More throughput than promised is no miss."""
    load = "generations-50k"
    slow = Reading(outcome=Outcome(taken_s=30, latencies_s=(1.0,) * 10, errors={}), cpu_s=1, peak_bytes=1, held_max=0)
    target = next(target for target in TARGETS if target.least)
    assert not target.missed(readings(load, LITELLM=[slow], LIMNER=[reading(1)]))
    assert target.missed(readings(load, LITELLM=[slow], LIMNER=[slow]))


def test_an_error_misses_the_target() -> None:
    """A burst that was not answered whole has no peak to be proud of."""
    found = readings("burst-1000", LIMNER=[reading(1, errors=2)])
    target = next(target for target in TARGETS if target.errors_in)
    assert target.missed(found)
    assert target.row(found)[-1] == "at most 700 MB: **missed**, 2 errors"


def test_what_was_not_measured_is_no_row() -> None:
    """A run without a peer or of one load tells what it has."""
    found = readings(LOAD, LIMNER=[reading(1)])
    assert targets_table(found).count("\n") == 1
    assert not any(target.missed(found) for target in TARGETS)
    assert details_table(found, SCENARIOS).splitlines()[2:] == [
        "| generations, 2 MB | Limner | 10.0 | 1.00 |  | 10.0 |  | 10.0 | 100 | 0 |"
    ]


def test_a_burst_that_was_not_held_whole_is_told() -> None:
    """What a gateway did not pass on in time was not in flight."""
    found = readings("burst-64", LITELLM=[replace(reading(1), held_max=64), replace(reading(1), held_max=48)])
    assert "answered at once, 2 MB; 48 held at once | LiteLLM" in details_table(found, SCENARIOS)


def test_rounds_are_told_with_their_extremes() -> None:
    """The median first."""
    assert str(Spread((3.0, 1.0, 2.0))) == "2.00 (1.00 to 3.00)"
