"""What the torture's callers ask for."""

from __future__ import annotations

from torture.wishes import KEYS, LEAVING, TAKEN_BACK, TASKS, wish


def test_the_same_seed_wishes_the_same() -> None:
    """A run can be repeated, and another seed asks for something else."""
    assert [wish(1, number) for number in range(50)] == [wish(1, number) for number in range(50)]
    assert wish(1, 0) != wish(2, 0)


def test_every_kind_of_wish_comes_up() -> None:
    """Streams, edits, several pictures, tasks, other keys, and as many that leave or are taken back as should."""
    wishes = [wish(1, number) for number in range(2000)]
    assert {(one.stream, one.edit) for one in wishes} == {(a, b) for a in (True, False) for b in (True, False)}
    assert {one.n for one in wishes} == {1, 2}
    assert {one.key for one in wishes} == set(KEYS)
    tasks = [one for one in wishes if one.task]
    assert {(one.edit, one.stream) for one in tasks} == {(True, False), (False, False)}
    assert abs(len(tasks) / len(wishes) - TASKS) < 0.03
    taken_back = sum(one.taken_back_after_s is not None for one in tasks) / len(tasks)
    assert abs(taken_back - TAKEN_BACK) < 0.1
    assert all(one.task for one in wishes if one.taken_back_after_s is not None)
    leaving = sum(one.leaves_after_s is not None for one in wishes) / len(wishes)
    assert abs(leaving - LEAVING) < 0.05
