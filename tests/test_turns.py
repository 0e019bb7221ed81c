"""Places at an engine."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.errors import Overloaded
from limner.turns import Turns


async def test_a_free_place_is_taken_at_once() -> None:
    """Nobody waits while there is room."""
    assert await Turns(1, 0).enter()


async def test_places_are_passed_on_in_order() -> None:
    """First come, first served."""
    turns = Turns(1, 2)
    turns.enter()
    second, third = turns.enter(), turns.enter()
    turns.done()
    assert (second.done(), third.done()) == (True, False)
    turns.done()
    assert third.result()


async def test_a_full_queue_refuses() -> None:
    """One more than `waiting_max` is told to come back later, and the queue is as it was."""
    turns = Turns(1, 1)
    turns.enter()
    waiting = turns.enter()
    with pytest.raises(Overloaded) as refusal:
        turns.enter()
    assert refusal.value.retry_after_s
    turns.done()
    assert waiting.result()


async def test_leaving_the_queue_lets_the_next_one_in() -> None:
    """Whoever left is told so, and takes no place."""
    turns = Turns(1, 2)
    turns.enter()
    leaver, next_one = turns.enter(), turns.enter()
    turns.leave(leaver)
    assert await leaver is False
    turns.done()
    assert await next_one


async def test_leaving_after_the_turn_has_come_changes_nothing() -> None:
    """A place that was given stays taken until `done`."""
    turns = Turns(1, 1)
    turn = turns.enter()
    turns.leave(turn)
    assert await turn
    assert not turns.enter().done()


async def test_giving_up_returns_a_place_that_was_taken() -> None:
    """A turn that has come goes to the next in the queue."""
    turns = Turns(1, 1)
    taken, waiting = turns.enter(), turns.enter()
    turns.give_up(taken)
    assert waiting.result()
    turns.give_up(waiting)
    assert turns.enter().done()


async def test_giving_up_while_waiting_leaves_the_queue() -> None:
    """A turn that has not come is out of the queue."""
    turns = Turns(1, 1)
    turns.enter()
    waiting = turns.enter()
    turns.give_up(waiting)
    assert waiting.result() is False
    assert not turns.enter().done()


async def test_a_further_place_waits_among_the_jobs_but_is_not_one_of_them() -> None:
    """It overtakes nobody, is never refused, and takes no job's room in the queue."""
    turns, came = Turns(1, 2), list[str]()

    async def further() -> None:
        async with turns.place():
            came.append("further")

    turns.enter()
    earlier = turns.enter()
    helper = asyncio.create_task(further())
    await asyncio.sleep(0)
    later = turns.enter()
    with pytest.raises(Overloaded):
        turns.enter()
    turns.done()
    await asyncio.sleep(0)
    assert (earlier.done(), came, later.done()) == (True, [], False)
    turns.done()
    await helper
    assert (came, later.done()) == (["further"], True)


@pytest.mark.parametrize("came", [False, True])
async def test_a_further_place_nobody_wants_any_more_is_given_back(came: bool) -> None:  # noqa: FBT001  a parameter
    """Whether its turn has come or not, giving up leaves the places and the queue as they were."""
    turns = Turns(1, 1)
    turns.enter()

    async def further() -> None:
        async with turns.place():
            raise AssertionError("nobody wants it")

    helper = asyncio.create_task(further())
    await asyncio.sleep(0)
    if came:
        turns.done()
    helper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await helper
    if not came:
        turns.done()
    assert turns.enter().done()
    assert not turns.enter().done()


@given(st.integers(1, 4), st.lists(st.sampled_from(["enter", "done", "leave"]), max_size=60))
def test_never_more_turns_than_places(places: int, steps: list[str]) -> None:
    """At most `places` turns are under way and nobody waits beside a free one, whatever the order of events."""

    async def play() -> None:
        turns, running, waiting = Turns(places, 1000), 0, 0
        queue: list[asyncio.Future[bool]] = []
        for step in steps:
            if step == "enter":
                queue.append(turns.enter())
            elif step == "leave" and queue:
                turns.leave(queue[-1])
            elif step == "done" and any(turn.done() and turn.result() for turn in queue):
                queue.remove(next(turn for turn in queue if turn.done() and turn.result()))
                turns.done()
            running = sum(turn.done() and turn.result() for turn in queue)
            waiting = sum(not turn.done() for turn in queue)
            assert running <= places
            assert not waiting or running == places

    asyncio.run(play())
