"""Callers: they ask, wait, lose patience, ask again as the official SDKs do, or leave; each sending is noted.

Who submits a task has other wishes meanwhile, and asks for it until it has ended, or takes it back; what came of it is
noted once.

Runs as a process of its own, with what to do on its standard input:

    python -m torture.callers < ORDERS
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import Final

import uvloop
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, TCPConnector
from torture.bodies import body, marks, path
from torture.diary import Diary, End
from torture.seen import Seen
from torture.wishes import Wish, wish

HASTE: Final = 0.5
"""Of the SDKs' own pauses: a torture of minutes has to come to as many retries as a week."""
PAUSE_S: Final = 0.5
PAUSE_S_MAX: Final = 8.0
ASKED_S_MAX: Final = 60.0
LOOKS_S: Final = (0.1, 0.6)
"""Between two looks at a task."""
LATE_S_MAX: Final = 15.0
"""How long tasks are asked for after the last wish: what has become of the others by then is seen by their rows."""
LOOKING_S_MAX: Final = 60.0
"""How long a task is asked for: longer than it takes to notice that its gateway died."""
_OK: Final = 200
_CONFLICT: Final = 409
_AGAIN: Final = frozenset({408, 409, 429})
_SERVER_ERROR: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What the callers are to do.

    at_once: callers side by side, who take the next wish when they are through. keys: secrets by name.
    """

    wishes: int
    at_once: int
    seed: int
    bases: tuple[str, ...]
    keys: Mapping[str, str]
    diary: str

    @classmethod
    def read(cls, text: str) -> Orders:
        """From JSON."""
        found = json.loads(text)
        return cls(**{**found, "bases": tuple(found["bases"])})

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))


async def call_all(orders: Orders) -> None:
    """Have every wish sent by somebody."""
    wishes = (wish(orders.seed, number) for number in range(orders.wishes))
    async with ClientSession(
        connector=TCPConnector(limit=0), timeout=ClientTimeout(total=None), auto_decompress=False
    ) as session:
        callers = _Callers(session, orders)
        await asyncio.gather(*(callers.work(wishes) for _ in range(orders.at_once)))
        await callers.leave()


class _Callers:
    def __init__(self, session: ClientSession, orders: Orders) -> None:
        self._session = session
        self._keys = orders.keys
        self._bases = cycle(orders.bases)
        self._diary = Diary(Path(orders.diary))
        self._lot = random.Random(f"{orders.seed}/pauses")
        self._beside: set[asyncio.Task[None]] = set()

    async def work(self, wishes: Iterator[Wish]) -> None:
        for wanted in wishes:
            if wanted.task:
                self._beside.add(asyncio.create_task(self._pursue(wanted)))
            else:
                await self._pursue(wanted)

    async def leave(self) -> None:
        """Wait for tasks a little longer, then for none any more."""
        if self._beside:
            _, late = await asyncio.wait(self._beside, timeout=LATE_S_MAX)
            for pursuit in late:
                pursuit.cancel()
            await asyncio.gather(*(self._beside - late))
            await asyncio.gather(*late, return_exceptions=True)

    async def _pursue(self, wanted: Wish) -> None:
        try:
            async with asyncio.timeout(wanted.leaves_after_s):
                await self._fulfil(wanted)
        except TimeoutError:
            pass  # It left, and noted so.

    async def _fulfil(self, wanted: Wish) -> None:
        for retry in range(wanted.retries_max + 1):
            seen = Seen(wanted, retry)
            pause_s = await self._send(wanted, retry, seen)
            if pause_s is None:
                break
            if retry < wanted.retries_max:
                await asyncio.sleep(pause_s * HASTE)
        if seen.task is not None:
            await self._follow(wanted, Seen(wanted, retry, seen.task))

    async def _send(self, wanted: Wish, retry: int, seen: Seen) -> float | None:
        """Send once, and return how long the SDKs would wait before they send again; None when they would not."""
        try:
            async with asyncio.timeout(wanted.patience_s):
                pause_s = await self._ask(wanted, retry, seen)
        except TimeoutError:
            self._diary.note(seen.ended(End.IMPATIENT))
        except asyncio.CancelledError:
            self._diary.note(seen.ended(End.LEFT))
            raise
        except (ClientError, OSError, ValueError):
            self._diary.note(seen.ended(End.BROKEN))
        else:
            self._diary.note(seen.ended(seen.end))
            return pause_s
        # A stream that has begun is read by the SDK's user, who is told.
        return None if wanted.stream and seen.status == _OK else self._usual_pause_s(retry)

    async def _ask(self, wanted: Wish, retry: int, seen: Seen) -> float | None:
        headers = {**self._proof(wanted), **marks(wanted, retry)}
        async with self._session.post(next(self._bases) + path(wanted), headers=headers, **body(wanted)) as response:
            seen.status, seen.job = response.status, response.headers.get("x-request-id")
            await seen.read(response)
            return None if response.status == _OK else self._pause_s(response, retry)

    def _pause_s(self, response: ClientResponse, retry: int) -> float | None:
        """After an error. Source: openai-python 3.52, `_should_retry` and `_calculate_retry_timeout`."""
        should = response.headers.get("x-should-retry")
        again = response.status in _AGAIN or response.status >= _SERVER_ERROR
        if should == "false" or (should != "true" and not again):
            return None
        in_ms = response.headers.get("retry-after-ms")
        asked_s = float(in_ms) / 1000 if in_ms else float(response.headers.get("retry-after", "0"))
        return asked_s if 0 < asked_s <= ASKED_S_MAX else self._usual_pause_s(retry)

    def _usual_pause_s(self, retry: int) -> float:
        return min(PAUSE_S * 2.0**retry, PAUSE_S_MAX) * (1 - 0.25 * self._lot.random())

    async def _follow(self, wanted: Wish, seen: Seen) -> None:
        """Ask for a task until its end, and note that."""
        try:
            async with asyncio.timeout(LOOKING_S_MAX):
                await self._see_end(wanted, seen)
        except TimeoutError:
            self._diary.note(seen.ended(End.IMPATIENT))
        except asyncio.CancelledError:
            self._diary.note(seen.ended(End.LEFT))
            raise
        else:
            self._diary.note(seen.ended(seen.end))

    async def _see_end(self, wanted: Wish, seen: Seen) -> None:
        if wanted.taken_back_after_s is not None:
            await asyncio.sleep(wanted.taken_back_after_s)
            if await self._is_over("DELETE", wanted, seen):
                return
        over = False
        while not over:
            await asyncio.sleep(self._lot.uniform(*LOOKS_S))
            over = await self._is_over("GET", wanted, seen)

    async def _is_over(self, method: str, wanted: Wish, seen: Seen) -> bool:
        """Ask any gateway until one answers, and say whether the task has ended, as far as that tells."""
        while True:
            url = f"{next(self._bases)}/openai/tasks?taskId={seen.task}"
            asking = self._session.request(method, url, headers=self._proof(wanted))
            with suppress(ClientError, OSError, ValueError):
                async with asyncio.timeout(wanted.patience_s), asking as response:
                    if response.status < _SERVER_ERROR:
                        # What can no longer be taken back is waited for.
                        return response.status != _CONFLICT and await seen.read_task(response)
            await asyncio.sleep(self._lot.uniform(*LOOKS_S))

    def _proof(self, wanted: Wish) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._keys[wanted.key]}"}


if __name__ == "__main__":
    uvloop.run(call_all(Orders.read(sys.stdin.read())))
