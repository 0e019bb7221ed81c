"""What the torture's callers ask for."""

from __future__ import annotations

from torture.wishes import KEYS, LEAVING, wish


def test_the_same_seed_wishes_the_same() -> None:
    """A run can be repeated, and another seed asks for something else."""
    assert [wish(1, number) for number in range(50)] == [wish(1, number) for number in range(50)]
    assert wish(1, 0) != wish(2, 0)


def test_every_kind_of_wish_comes_up() -> None:
    """Streams, edits, several pictures, other keys, and as many that leave as should."""
    wishes = [wish(1, number) for number in range(2000)]
    assert {(one.stream, one.edit) for one in wishes} == {(a, b) for a in (True, False) for b in (True, False)}
    assert {one.n for one in wishes} == {1, 2}
    assert {one.key for one in wishes} == set(KEYS)
    leaving = sum(one.leaves_after_s is not None for one in wishes) / len(wishes)
    assert abs(leaving - LEAVING) < 0.05
