"""Many blobs removed at once."""

from __future__ import annotations

import asyncio

from limner.storage.removal import FAILURES_MAX, REMOVALS_AT_ONCE, remove

KEYS = [f"req_{number}/0.png" for number in range(5 * REMOVALS_AT_ONCE)]


class Shelf:
    """A store that deletes only when so many have asked for it, and fails for some. asked: in their order."""

    def __init__(self, together: int, *failing: str) -> None:
        self.asked: list[str] = []
        self.most = 0
        self._under_way = 0
        self._together = asyncio.Barrier(together)
        self._failing = failing

    async def delete(self, key: str) -> None:
        """Wait for others that do the same."""
        self.asked.append(key)
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        await self._together.wait()
        self._under_way -= 1
        if key in self._failing:
            raise OSError(5, "Input/output error")


async def removed(shelf: Shelf) -> set[str]:
    """Which of all are gone; who waits for others in vain fails."""
    async with asyncio.timeout(30):
        return await remove(shelf, KEYS)  # type: ignore[arg-type]  # all that is asked of it


async def test_blobs_are_removed_side_by_side() -> None:
    """As many as are allowed and no more."""
    shelf = Shelf(REMOVALS_AT_ONCE)
    assert await removed(shelf) == set(KEYS)
    assert sorted(shelf.asked) == sorted(KEYS)
    assert shelf.most == REMOVALS_AT_ONCE


async def test_one_that_cannot_be_removed_stops_no_other() -> None:
    """It is told apart from those that are gone."""
    shelf = Shelf(1, KEYS[0], KEYS[7])
    assert await removed(shelf) == set(KEYS) - {KEYS[0], KEYS[7]}


async def test_a_store_that_is_away_is_not_asked_for_all() -> None:
    """Otherwise each further one would wait for it."""
    shelf = Shelf(1, *KEYS)
    assert await removed(shelf) == set()
    assert len(shelf.asked) < FAILURES_MAX + REMOVALS_AT_ONCE
