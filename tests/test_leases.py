"""Who is taken for dead."""

from __future__ import annotations

from limner.leases import BEAT_S, LEASE_S, Watch


def looks(watch: Watch, beats: dict[str, int], seconds: float, since_s: float = 0.0) -> list[tuple[str, ...]]:
    """What a watch says each beat while `beats` stay as they are."""
    return [watch.silent(beats, since_s + step * BEAT_S) for step in range(int(seconds / BEAT_S) + 1)]


def test_a_gateway_that_stands_still_for_a_lease_is_dead() -> None:
    """Not a beat earlier, and for as long as it stands still."""
    seen = looks(Watch(), {"gw_a": 7}, LEASE_S + BEAT_S)
    assert seen == [()] * int(LEASE_S / BEAT_S) + [("gw_a",)] * 2


def test_a_gateway_that_counts_lives() -> None:
    """Each step of its count begins a new lease."""
    watch = Watch()
    assert not any(watch.silent({"gw_a": beat // 5}, beat * BEAT_S) for beat in range(100))


def test_a_pause_of_the_watcher_starts_all_leases_anew() -> None:
    """After the database, or the watcher, was away, nobody is blamed for the silence."""
    watch = Watch()
    looks(watch, {"gw_a": 7}, LEASE_S - BEAT_S)
    assert watch.silent({"gw_a": 7}, 10 * LEASE_S) == ()
    assert looks(watch, {"gw_a": 7}, LEASE_S, since_s=10 * LEASE_S)[-1] == ("gw_a",)


def test_what_is_gone_is_forgotten() -> None:
    """A gateway that comes back under the same count has a whole lease."""
    watch = Watch()
    looks(watch, {"gw_a": 7}, LEASE_S - BEAT_S)
    assert watch.silent({}, LEASE_S) == ()
    assert watch.silent({"gw_a": 7}, LEASE_S + BEAT_S) == ()
